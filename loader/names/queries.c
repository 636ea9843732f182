// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Anybody can send a packet from port 53. The kernel drops what no socket waits for, but a packet socket sees it all the
 * same; so an answer counts only if its question came by. A set that is full forgets its oldest question.
 */
#include "private.h"

static uint64_t print_of(const struct queries *queries, const struct ends *ends, uint32_t number)
{
	struct {
		struct ends ends;
		uint32_t number;
	} key = {*ends, number};

	return secret_hash(&queries->secret, &key, sizeof(key)) | 1;
}

void queries_note(struct queries *queries, const struct ends *ends, uint32_t number, uint64_t time)
{
	uint64_t print = print_of(queries, ends, number);
	struct query *set = queries->set[(print >> 32) % QUERY_SETS], *oldest = set;

	for (struct query *query = set; query < set + QUERY_WAYS; query++) {
		if (query->print == print) {
			oldest = query;
			break;
		}
		if (query->time < oldest->time)
			oldest = query;
	}
	*oldest = (struct query){print, time};
}

/* A packet that passes several interfaces comes by several times, so the question stays. */
bool queries_asked(const struct queries *queries, const struct ends *ends, uint32_t number, uint64_t time)
{
	uint64_t print = print_of(queries, ends, number);
	const struct query *set = queries->set[(print >> 32) % QUERY_SETS];

	for (const struct query *query = set; query < set + QUERY_WAYS; query++) {
		if (query->print == print)
			return time < query->time + QUERY_LIFE;
	}
	return false;
}
