// SPDX-License-Identifier: GPL-2.0-or-later
/* RFC 4180, but that a line ends as lines do here; one line a record, since no field holds a newline. */
#include "value.h"

void csv_header(struct style *style, struct buffer *buf)
{
	for (unsigned int i = 0; i < style->plan.count; i++) {
		if (i)
			put_char(buf, ',');
		put_text(buf, style->plan.columns[i].field->name);
	}
	put_char(buf, '\n');
}

/* What is not known is an empty field. */
void csv_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	uint64_t known = fields_known(style, attempt);

	for (unsigned int i = 0; i < style->plan.count; i++) {
		const struct plan_column *column = &style->plan.columns[i];
		size_t len;

		if (i)
			put_char(buf, ',');
		len = buf->len;
		if ((column->needs & known) != column->needs ||
		    !put_value(style, buf, attempt, &column->field->source, column, AS_CSV))
			buf->len = len;
	}
	put_char(buf, '\n');
}
