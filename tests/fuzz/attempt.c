// SPDX-License-Identifier: GPL-2.0-or-later
/* Records of any content through decoding, a filter and all formats. The first byte chooses sizes and columns. */
#include "filter.h"
#include "output.h"
#include "strict_json.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char places[2][80] = {"kprobe:security_socket_connect", "proto:inet_stream_connect"};

static void check_json(const char *line, size_t len)
{
	if (len < 2 || line[len - 1] != '\n' || !json_valid(line, len - 1))
		abort();
}

/* One line, of which a terminal obeys nothing. */
static void check_text(const char *line, size_t len)
{
	if (len < 2 || line[len - 1] != '\n' || !utf8_valid(line, len))
		abort();
	for (size_t i = 0; i + 1 < len; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && (unsigned char)line[i + 1] < 0xa0))
			abort();
	}
}

static void render(struct style *style, const struct attempt *attempt)
{
	static char line[BUFFER_LINE_MAX];
	struct buffer buf = {.data = line, .size = sizeof(line)};

	for (enum format format = FORMAT_TEXT; format < FORMAT_COUNT; format++) {
		style->format = format;
		style->cache.text[0] = '\0';
		buf.len = 0;
		render_attempt(style, &buf, attempt);
		if (format == FORMAT_TEXT || format == FORMAT_CSV)
			check_text(buf.data, buf.len);
		else
			check_json(buf.data, buf.len);
	}
	buf.len = 0;
	journal_attempt(style, &buf, attempt);
}

/* What is learnt of a caller can hold any byte, too. */
static void tell_more(struct attempt *attempt, const uint8_t *data, size_t size, char *text)
{
	memcpy(text, data, size);
	text[size] = '\0';
	attempt->about = (struct about){.from = FROM_PROC,
					.exe = text,
					.args = text,
					.args_len = size,
					.args_cut = data[0] & 64,
					.user = text,
					.cgroup = text,
					.container = text,
					.runtime = text};
	attempt->domain = text;
	attempt->identity.parts = data[0] * 4U;
	attempt->result = (struct result){.outcome = data[0] % 5, .has_verdict = true, .error = -(int)data[size - 1]};
	attempt->result.has_local = attempt->result.has_protocol = data[0] & 128;
	attempt->tags = data[size - 1];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct filter filter;
	struct style style = {.places = places};
	struct attempt attempt;
	struct error err;
	uint8_t *record;
	char *text;
	size_t wanted;

	if (size < 1)
		return 0;
	if (!filter.families) {
		filter.families = FAMILIES_DEFAULT;
		if (prefixes_add(&filter.nets, "--net", "10.0.0.0/9,fe80::/10", &err) ||
		    patterns_add(&filter.paths, "--unix-path", "/run/*,@*", &err) ||
		    ranges_add(&filter.ports, "-P", "80,443", 65535, &err))
			abort();
	}
	wanted = data[0] & 1 ? EVENT_SIZE_LONG : data[0] & 2 ? EVENT_SIZE_INET : EVENT_SIZE_INET6;
	style.clock = data[0] & 32;
	style.since_start = data[0] & 4;
	style.user = data[0] & 8;
	/* Exactly as many bytes as the record has; what the input lacks is 0. */
	record = calloc(1, wanted);
	memcpy(record, data + 1, size - 1 < wanted ? size - 1 : wanted);
	if (!attempt_decode(&attempt, 0, record, wanted))
		abort();
	free(record);
	attempt.place &= 1; /* the tracer's to hold within its places */
	attempt.kernel = data[0] & 16;
	filter_passes(&filter, &attempt);
	text = malloc(size + 1);
	if (data[0] & 32)
		tell_more(&attempt, data, size, text);
	render(&style, &attempt);
	free(text);
	return 0;
}
