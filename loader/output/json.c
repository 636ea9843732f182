// SPDX-License-Identifier: GPL-2.0-or-later
/* The native JSON's other objects; attempts are object.c's. */
#include "output.h"

#define PUT(buf, literal) put_bytes(buf, literal, sizeof(literal) - 1)

void json_lost(struct buffer *buf, uint32_t cpu, uint64_t count)
{
	PUT(buf, "{\"event\":\"lost\",\"cpu\":");
	put_unsigned(buf, cpu);
	PUT(buf, ",\"count\":");
	put_unsigned(buf, count);
	PUT(buf, "}\n");
}

void json_summary(struct buffer *buf, const struct accounts *accounts)
{
	PUT(buf, "{\"event\":\"summary\",\"attempts\":");
	put_unsigned(buf, accounts->attempts);
	if (accounts->counting) {
		PUT(buf, ",\"counted\":");
		put_unsigned(buf, accounts->counted);
	} else {
		PUT(buf, ",\"shown\":");
		put_unsigned(buf, accounts->shown);
	}
	PUT(buf, ",\"filtered\":");
	put_unsigned(buf, accounts->filtered);
	if (accounts->limiting) {
		PUT(buf, ",\"suppressed\":");
		put_unsigned(buf, accounts->suppressed);
	}
	PUT(buf, ",\"lost\":");
	put_unsigned(buf, accounts->lost);
	PUT(buf, "}\n");
}
