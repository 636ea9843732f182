// SPDX-License-Identifier: GPL-2.0-or-later
/* The native JSON's other objects; attempts are object.c's. */
#include "output.h"

#include "clock.h"

#include <string.h>

#define PUT(buf, literal) put_bytes(buf, literal, sizeof(literal) - 1)

void json_lost(struct buffer *buf, uint32_t cpu, uint64_t count)
{
	PUT(buf, "{\"event\":\"lost\",\"cpu\":");
	put_unsigned(buf, cpu);
	PUT(buf, ",\"count\":");
	put_unsigned(buf, count);
	PUT(buf, "}\n");
}

void json_health(struct buffer *buf, const struct finding_of_health *finding)
{
	PUT(buf, "{\"event\":\"health\",\"time\":\"");
	put_time(buf, clock_realtime());
	PUT(buf, "\",\"check\":\"");
	put_text(buf, finding->check);
	PUT(buf, "\",\"ok\":");
	put_text(buf, finding->good ? "true" : "false");
	PUT(buf, ",\"count\":");
	put_unsigned(buf, finding->count);
	PUT(buf, ",\"detail\":");
	put_json_string(buf, (const uint8_t *)finding->detail, strlen(finding->detail));
	PUT(buf, "}\n");
}

static void put_health(struct buffer *buf, const struct accounts *accounts)
{
	PUT(buf, ",\"canaries\":");
	put_unsigned(buf, accounts->canaries);
	PUT(buf, ",\"canaries_missed\":");
	put_unsigned(buf, accounts->canaries_missed);
	PUT(buf, ",\"gaps\":");
	put_unsigned(buf, accounts->gaps);
	PUT(buf, ",\"missed_hits\":");
	put_unsigned(buf, accounts->missed_hits);
	PUT(buf, ",\"broken_events\":");
	put_unsigned(buf, accounts->broken_events);
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
	if (accounts->watched)
		put_health(buf, accounts);
	PUT(buf, "}\n");
}
