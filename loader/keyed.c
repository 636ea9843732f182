// SPDX-License-Identifier: GPL-2.0-or-later
#include "keyed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As tcpconnect -c: who connects where, and how often. */
#define BY_SUMS (BY(BY_PID) | BY(BY_COMM) | BY(BY_ADDR) | BY(BY_PORT))
/* What stays the same from one run to the next. */
#define BY_BASELINE (BY(BY_COMM) | BY(BY_FAMILY) | BY(BY_ADDR) | BY(BY_PORT))

/* Rows of what was suppressed that standard error is told of. */
#define TOLD_ROWS  20
#define TOLD_BYTES (BUFFER_LINE_MAX + TOLD_ROWS * 2048)

static unsigned int columns(const struct options *options, unsigned int otherwise)
{
	return options->by ? options->by : otherwise;
}

unsigned int keyed_sums_by(const struct options *options)
{
	return options->count ? columns(options, BY_SUMS) : 0;
}

static int open_known(struct keyed *keyed, struct error *err)
{
	const struct options *options = keyed->options;

	if (baseline_read(&keyed->known, options->check, err))
		return -1;
	if (options->by && options->by != baseline_by(keyed->known))
		return error_set(err, STATUS_USAGE,
				 "--check %s: it goes by other columns than --by; leave --by out, or learn it anew",
				 options->check);
	return 0;
}

int keyed_open(struct keyed *keyed, const struct options *options, struct error *err)
{
	memset(keyed, 0, sizeof(*keyed));
	keyed->options = options;
	if (options->count && sums_open(&keyed->sums, keyed_sums_by(options), options->max_keys, err))
		return -1;
	if ((options->once || options->rate) &&
	    limiter_open(&keyed->limiter, columns(options, BY_SUMS), options->max_keys, options->rate, err))
		return -1;
	if (options->learn &&
	    baseline_open(&keyed->learnt, options->learn, columns(options, BY_BASELINE), options->max_keys, err))
		return -1;
	return options->check ? open_known(keyed, err) : 0;
}

void keyed_close(struct keyed *keyed)
{
	sums_close(keyed->sums);
	limiter_close(keyed->limiter);
	baseline_close(keyed->learnt);
	baseline_close(keyed->known);
}

unsigned int keyed_columns(const struct keyed *keyed)
{
	const struct options *options = keyed->options;
	unsigned int by = keyed_sums_by(options);

	if (keyed->limiter)
		by |= columns(options, BY_SUMS);
	if (keyed->learnt)
		by |= baseline_by(keyed->learnt);
	if (keyed->known)
		by |= baseline_by(keyed->known);
	return by;
}

const char *keyed_why_not_in_kernel(const struct options *options, bool filters_exact, bool atomics)
{
	if (!filters_exact)
		return "not all of these filters can be decided in the kernel";
	if (keyed_sums_by(options) & BY_IDENTITY)
		return "the kernel's keys hold no cgroup and no network namespace";
	if (options->max_events)
		return "-n stops at a certain attempt";
	if (!atomics)
		return "this kernel's programs can't add atomically";
	return NULL;
}

enum fate keyed_judge(struct keyed *keyed, const struct attempt *attempt)
{
	if (keyed->sums) {
		sums_add(keyed->sums, attempt);
		return FATE_COUNTED;
	}
	if (keyed->learnt && !baseline_add(keyed->learnt, attempt))
		keyed->unlearnt++;
	if (keyed->known && baseline_has(keyed->known, attempt))
		return FATE_KNOWN;
	keyed->violations += keyed->known != NULL;
	if (keyed->limiter && !limiter_passes(keyed->limiter, attempt))
		return FATE_SUPPRESSED;
	if (keyed->limiter && limiter_unlimited(keyed->limiter) && !keyed->told_unlimited) {
		keyed->told_unlimited = true;
		fprintf(stderr,
			"connsnoop: the table of --once or --rate is full with %llu keys: attempts of further ones are all shown; raise --max-keys or give fewer columns by --by\n",
			(unsigned long long)keyed->options->max_keys);
	}
	return FATE_SHOWN;
}

static void tell_full(struct keyed *keyed)
{
	if (!sums_other(keyed->sums) || keyed->told_full)
		return;
	keyed->told_full = true;
	fprintf(stderr,
		"connsnoop: the table is full with %llu keys: attempts of further ones are counted as other; raise --max-keys or give fewer columns by --by\n",
		(unsigned long long)keyed->options->max_keys);
}

void keyed_show_sums(struct keyed *keyed, bool last, struct style *style, struct sink *sink)
{
	const struct options *options = keyed->options;
	bool live = options->interval && style->format == FORMAT_TEXT && sink_is_terminal(sink);
	struct sums_view view = {
		.since_last = options->interval && !(live && last),
		.timed = options->interval && !(live && last),
		.total = live && last,
		.live = live && !last,
		.top = options->top,
	};

	tell_full(keyed);
	if (sums_show(keyed->sums, &view, style, sink))
		fprintf(stderr,
			"connsnoop: no memory for a table of all keys; what it would tell is in the next one\n");
}

void keyed_tell_suppressed(const struct keyed *keyed, const char *when, struct style *style)
{
	struct sink sink = {.fd = -1, .stop_fd = -1, .buffer = {.size = TOLD_BYTES}};
	struct style text = *style;

	if (!keyed->limiter || !limiter_suppressed(keyed->limiter))
		return;
	text.format = FORMAT_TEXT;
	sink.buffer.data = malloc(TOLD_BYTES);
	if (!sink.buffer.data)
		return;
	fprintf(stderr, "connsnoop: suppressed%s:\n", when);
	limiter_show(keyed->limiter, TOLD_ROWS, &text, &sink);
	fwrite(sink.buffer.data, 1, sink.buffer.len, stderr);
	free(sink.buffer.data);
}

void keyed_show_suppressed(const struct keyed *keyed, struct style *style, struct sink *sink)
{
	if (!keyed->limiter)
		return;
	if (style->format == FORMAT_JSON)
		limiter_show(keyed->limiter, 0, style, sink);
	else
		keyed_tell_suppressed(keyed, "", style);
}

int keyed_save(const struct keyed *keyed)
{
	struct error err;

	if (!keyed->learnt || !baseline_write(keyed->learnt, &err))
		return 0;
	fprintf(stderr, "connsnoop: %s\n", err.text);
	return -1;
}

void keyed_conclude(const struct keyed *keyed, const struct accounts *accounts)
{
	if (keyed->unlearnt)
		fprintf(stderr,
			"connsnoop: the baseline is full: %llu attempts of further keys are not in it; raise --max-keys (a million is the most) or give fewer columns by --by\n",
			(unsigned long long)keyed->unlearnt);
	if (keyed->learnt && accounts->lost)
		fprintf(stderr,
			"connsnoop: %llu attempts were lost, and may be missing in the baseline; raise --buffer-pages\n",
			(unsigned long long)accounts->lost);
	if (keyed->violations)
		fprintf(stderr, "connsnoop: %llu attempts are not in the baseline %s\n",
			(unsigned long long)keyed->violations, keyed->options->check);
	if (keyed->known && accounts->lost)
		fprintf(stderr,
			"connsnoop: %llu attempts were lost, and not held against the baseline; raise --buffer-pages\n",
			(unsigned long long)accounts->lost);
}

bool keyed_violated(const struct keyed *keyed, const struct accounts *accounts)
{
	return keyed->known && (keyed->violations || accounts->lost);
}
