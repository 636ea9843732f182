// SPDX-License-Identifier: GPL-2.0-or-later
#include "output.h"
void journal_attempt(struct style *style, struct buffer *buf, const struct attempt *attempt)
{
	render_attempt(style, buf, attempt);
}
