// SPDX-License-Identifier: GPL-2.0-or-later
/* The lists of filters, from the command line to sets. */
#include "filter.h"

#include "sys.h"
#include "users.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A cgroup's path may be that long. */
#define WORD_MAX      4096
#define LIST_FILE_MAX (16 * 1024 * 1024)

/* The next word of a comma-separated list; false at its end. */
static bool next_word(const char **list, char word[WORD_MAX])
{
	size_t len = strcspn(*list, ",");

	if (!**list)
		return false;
	memcpy(word, *list, len);
	word[len] = '\0';
	*list += len;
	*list += **list == ',';
	return true;
}

/* Whether all words fit next_word's buffer. */
static bool words_fit(const char *list)
{
	for (size_t len; *list; list += len + (list[len] == ',')) {
		len = strcspn(list, ",");
		if (len >= WORD_MAX)
			return false;
	}
	return true;
}

static int out_of_memory(const char *name, struct error *err)
{
	return error_set(err, STATUS_FAILURE, "%s: out of memory", name);
}

/* Room for one more; doubled, so that lists of thousands are not copied for each word. */
static void *grow(void *array, size_t count, size_t size)
{
	return count & (count - 1) ? array : reallocarray(array, count ? 2 * count : 1, size);
}

/* What separates words becomes a comma, and comments become nothing. */
static void make_list(char *text)
{
	char *to = text;

	for (char *from = text; *from; from++) {
		if (*from == '#')
			from += strcspn(from, "\n") - (from[strcspn(from, "\n")] == '\0');
		else if (*from > ' ' && *from != ',')
			*to++ = *from;
		else if (to > text && to[-1] != ',')
			*to++ = ',';
	}
	while (to > text && to[-1] == ',')
		to--;
	*to = '\0';
}

static int read_list(const char *name, const char *path, char **file, struct error *err)
{
	int fd = sys_openat(AT_FDCWD, path, O_RDONLY, 0);
	ssize_t got = fd;
	size_t size = 0;

	*file = fd < 0 ? NULL : malloc(LIST_FILE_MAX + 1);
	if (fd >= 0 && !*file) {
		sys_close(fd);
		return out_of_memory(name, err);
	}
	while (fd >= 0 && size < LIST_FILE_MAX) {
		got = sys_read(fd, *file + size, LIST_FILE_MAX - size);
		if (got <= 0)
			break;
		size += (size_t)got;
	}
	if (fd >= 0)
		sys_close(fd);
	if (got < 0)
		return error_set(err, STATUS_USAGE, "%s: reading the list in %s: the kernel says %s; check the name",
				 name, path, ERRNO_NAME((int)-got));
	if (size == LIST_FILE_MAX || memchr(*file, '\0', size))
		return error_set(err, STATUS_USAGE, "%s: %s is no list: it %s", name, path,
				 size == LIST_FILE_MAX ? "has more than 16 MB" : "has NUL bytes");
	(*file)[size] = '\0';
	make_list(*file);
	return 0;
}

/*
 * Steps over the '!', if any, and makes sure that it goes with what the set holds already. Where a file may hold the list
 * (`file` is not NULL) it is read into *file, the caller's to free.
 */
static int begin_list(const char *name, const char **list, char **file, bool empty, bool *negated, struct error *err)
{
	bool this = **list == '!';

	*list += this;
	if (file && **list == '@') {
		if (read_list(name, *list + 1, file, err))
			return -1;
		*list = *file;
	}
	if (!**list)
		return error_set(err, STATUS_USAGE, "%s takes a list, and this one is empty; see --help", name);
	if (!words_fit(*list))
		return error_set(err, STATUS_USAGE, "%s: a word of the list is longer than %d bytes", name,
				 WORD_MAX - 1);
	if (!empty && *negated != this)
		return error_set(err, STATUS_USAGE, "%s is given both with and without !; give one of them", name);
	*negated = this;
	return 0;
}

static int compare_ranges(const void *a, const void *b)
{
	const struct range *left = a, *right = b;

	return left->first < right->first ? -1 : left->first > right->first;
}

/* Sorted, and what touches becomes one, so that a search can halve. */
static void settle_ranges(struct ranges *ranges)
{
	size_t kept = 0;

	if (!ranges->count)
		return;
	qsort(ranges->range, ranges->count, sizeof(*ranges->range), compare_ranges);
	for (size_t i = 1; i < ranges->count; i++) {
		struct range *last = &ranges->range[kept], *this = &ranges->range[i];

		if (this->first <= last->last)
			last->last = this->last > last->last ? this->last : last->last;
		else
			ranges->range[++kept] = *this;
	}
	ranges->count = kept + 1;
}

static int append_range(struct ranges *ranges, const char *name, uint32_t first, uint32_t last, struct error *err)
{
	struct range *grown = grow(ranges->range, ranges->count, sizeof(*grown));

	if (!grown)
		return out_of_memory(name, err);
	ranges->range = grown;
	grown[ranges->count++] = (struct range){first, last};
	return 0;
}

static bool parse_number(const char *text, char **end, uint32_t max, uint32_t *value)
{
	unsigned long long number;

	errno = 0;
	number = strtoull(text, end, 10);
	*value = (uint32_t)number;
	return *text >= '0' && *text <= '9' && !errno && number <= max;
}

static bool parse_range(const char *word, uint32_t max, uint32_t *first, uint32_t *last)
{
	char *end;

	if (!parse_number(word, &end, max, first))
		return false;
	*last = *first;
	if (*end == '-' && !parse_number(end + 1, &end, max, last))
		return false;
	return *end == '\0' && *first <= *last;
}

/* One word that is no number, as one; -1 with err where it means nothing. */
typedef int (*resolve_word)(void *context, const char *name, const char *word, uint32_t *value, struct error *err);

static int ranges_add_words(struct ranges *ranges, const char *name, const char *text, uint32_t max,
			    resolve_word resolve, void *context, struct error *err)
{
	char word[WORD_MAX], *file = NULL;
	uint32_t first, last;
	int result = begin_list(name, &text, &file, !ranges->count, &ranges->negated, err);

	while (!result && next_word(&text, word)) {
		if (!parse_range(word, max, &first, &last)) {
			result = resolve(context, name, word, &first, err);
			last = first;
		}
		if (!result)
			result = append_range(ranges, name, first, last, err);
	}
	settle_ranges(ranges);
	free(file);
	return result;
}

static int resolve_nothing(void *context, const char *name, const char *word, uint32_t *value, struct error *err)
{
	*value = *(const uint32_t *)context;
	return error_set(err, STATUS_USAGE, "%s takes numbers up to %u and ranges like 1-9, not \"%s\"", name, *value,
			 word);
}

int ranges_add(struct ranges *ranges, const char *name, const char *text, uint32_t max, struct error *err)
{
	return ranges_add_words(ranges, name, text, max, resolve_nothing, &max, err);
}

static int resolve_user(void *context, const char *name, const char *word, uint32_t *value, struct error *err)
{
	struct users **users = context;

	*users = *users ? *users : users_read("/etc/passwd");
	if (!users_uid(*users, word, value))
		return 0;
	return error_set(err, STATUS_USAGE, "%s: there is no user \"%s\" in /etc/passwd; give the number", name, word);
}

int ranges_add_users(struct ranges *ranges, const char *name, const char *text, struct error *err)
{
	struct users *users = NULL;
	int result = ranges_add_words(ranges, name, text, UINT32_MAX, resolve_user, &users, err);

	users_free(users);
	return result;
}

static int resolve_type(void *context, const char *name, const char *word, uint32_t *value, struct error *err)
{
	int type = type_number(word);

	(void)context;
	if (type < 0)
		return error_set(err, STATUS_USAGE,
				 "%s takes socket types like stream, dgram, raw and seqpacket, not \"%s\"", name, word);
	*value = (uint32_t)type;
	return 0;
}

int ranges_add_types(struct ranges *ranges, const char *name, const char *text, struct error *err)
{
	return ranges_add_words(ranges, name, text, UINT32_MAX, resolve_type, NULL, err);
}

static int resolve_namespace(void *context, const char *name, const char *word, uint32_t *value, struct error *err)
{
	struct stat st;

	(void)context;
	if (stat(word, &st))
		return error_set(
			err, STATUS_USAGE,
			"%s: looking at %s: the kernel says %s; give an inode number or a file like /proc/PID/ns/net",
			name, word, ERRNO_NAME(errno));
	*value = (uint32_t)st.st_ino;
	return 0;
}

int ranges_add_namespaces(struct ranges *ranges, const char *name, const char *text, struct error *err)
{
	return ranges_add_words(ranges, name, text, UINT32_MAX, resolve_namespace, NULL, err);
}

static void clear_host_bits(struct prefix *prefix)
{
	for (unsigned int bit = prefix->bits; bit < 128; bit++)
		prefix->addr[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static bool parse_prefix(char *word, struct prefix *prefix)
{
	char *slash = strchr(word, '/'), *end;
	uint32_t bits, most;

	if (slash)
		*slash = '\0';
	*prefix = (struct prefix){.addr = {[10] = 0xff, [11] = 0xff}};
	if (inet_pton(AF_INET, word, prefix->addr + 12) == 1)
		prefix->v4 = true;
	else if (inet_pton(AF_INET6, word, prefix->addr) != 1)
		return false;
	most = prefix->v4 ? 32 : 128;
	bits = most;
	if (slash) {
		*slash = '/';
		if (!parse_number(slash + 1, &end, most, &bits) || *end)
			return false;
	}
	prefix->bits = (uint8_t)(bits + (prefix->v4 ? 96 : 0));
	clear_host_bits(prefix);
	return true;
}

static int compare_prefixes(const void *a, const void *b)
{
	const struct prefix *left = a, *right = b;
	int order = right->v4 - left->v4;

	order = order ? order : memcmp(left->addr, right->addr, sizeof(left->addr));
	return order ? order : left->bits - right->bits;
}

static bool is_within(const struct prefix *inner, const struct prefix *outer)
{
	struct prefix cut = *inner;

	cut.bits = outer->bits;
	clear_host_bits(&cut);
	return inner->v4 == outer->v4 && inner->bits >= outer->bits && !memcmp(cut.addr, outer->addr, sizeof(cut.addr));
}

/* Sorted, without what another holds already, so that a search can halve. */
static void settle_prefixes(struct prefixes *prefixes)
{
	size_t kept = 0;

	if (!prefixes->count)
		return;
	qsort(prefixes->prefix, prefixes->count, sizeof(*prefixes->prefix), compare_prefixes);
	for (size_t i = 1; i < prefixes->count; i++) {
		if (!is_within(&prefixes->prefix[i], &prefixes->prefix[kept]))
			prefixes->prefix[++kept] = prefixes->prefix[i];
	}
	prefixes->count = kept + 1;
	prefixes->v4_count = 0;
	while (prefixes->v4_count < prefixes->count && prefixes->prefix[prefixes->v4_count].v4)
		prefixes->v4_count++;
}

int prefixes_add(struct prefixes *prefixes, const char *name, const char *text, struct error *err)
{
	struct prefix prefix, *grown;
	char word[WORD_MAX], *file = NULL;
	int result = begin_list(name, &text, &file, !prefixes->count, &prefixes->negated, err);

	while (!result && next_word(&text, word)) {
		if (!parse_prefix(word, &prefix)) {
			result = error_set(err, STATUS_USAGE,
					   "%s takes addresses and prefixes like 10.0.0.0/8 or fe80::/10, not \"%s\"",
					   name, word);
			break;
		}
		grown = grow(prefixes->prefix, prefixes->count, sizeof(*grown));
		if (!grown) {
			result = out_of_memory(name, err);
			break;
		}
		prefixes->prefix = grown;
		grown[prefixes->count++] = prefix;
	}
	settle_prefixes(prefixes);
	free(file);
	return result;
}

int patterns_add(struct patterns *patterns, const char *name, const char *text, struct error *err)
{
	char word[WORD_MAX], **grown;

	if (begin_list(name, &text, NULL, !patterns->count, &patterns->negated, err))
		return -1;
	while (next_word(&text, word)) {
		grown = grow(patterns->pattern, patterns->count, sizeof(*grown));
		if (!grown)
			return out_of_memory(name, err);
		patterns->pattern = grown;
		grown[patterns->count] = strdup(word);
		if (!grown[patterns->count])
			return out_of_memory(name, err);
		patterns->count++;
	}
	return 0;
}

static void patterns_free(struct patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		free(patterns->pattern[i]);
	free(patterns->pattern);
}

void filter_free(struct filter *filter)
{
	free(filter->pids.range);
	free(filter->uids.range);
	free(filter->ports.range);
	free(filter->types.range);
	free(filter->netns.range);
	free(filter->nets.prefix);
	patterns_free(&filter->comms);
	patterns_free(&filter->paths);
	patterns_free(&filter->cgroups);
}
