// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Namespaces: a task's struct points to struct nsproxy, which points to the namespaces, which hold their inode numbers;
 * its PID namespace hangs on struct pid, and its user namespace on struct cred. All of these paths are walked for two
 * tasks in different namespaces, whose inode numbers stat(2) told, and must end at the right number in both.
 */
#include "private.h"

/* How far into the structs is looked. struct pid_namespace begins with 2 KiB of a bitmap before 4.15. */
#define SPACE_BYTES   (7 * PEEK_BYTES)
#define NSPROXY_WORDS 10 /* a count and up to eight namespaces */
#define CRED_BYTES    PEEK_BYTES
#define USER_BYTES    (2 * PEEK_BYTES)
#define PID_BYTES     PEEK_BYTES
#define LEVELS_MAX    32 /* MAX_PID_NS_LEVEL */

/* The same struct of this process and of the child. */
struct pair {
	size_t self_size, child_size;
	uint8_t self[SPACE_BYTES], child[SPACE_BYTES];
};

static bool read_pair(struct study *study, struct pair *pair, uint64_t self, uint64_t child, size_t size)
{
	pair->self_size = peek_read(&study->peeker, self, pair->self, size);
	pair->child_size = peek_read(&study->peeker, child, pair->child, size);
	return pair->self_size == size && pair->child_size == size;
}

/* A pointer that differs between the two, but not between this process and its thread. */
static bool differs(const struct study *study, size_t at)
{
	uint64_t self = word_at(study->self.bytes, at), child = word_at(study->child.bytes, at);

	return is_pointer(self) && is_pointer(child) && self != child && word_at(study->thread.bytes, at) == self;
}

static size_t compared(const struct study *study)
{
	size_t size = study->self.size < study->child.size ? study->self.size : study->child.size;

	return (size < study->thread.size ? size : study->thread.size) & ~(WORD - 1);
}

/* Where both hold the numbers of their namespaces. Returns how many such places there are. */
static int find_inode(const struct study *study, const struct pair *pair, enum space space, uint32_t *found)
{
	uint32_t self = study->self.spaces[space], child = study->child.spaces[space];
	int count = 0;

	if (!self || !child || self == child)
		return 0;
	for (size_t at = 0; at + 4 <= pair->self_size && at + 4 <= pair->child_size; at += 4) {
		if (number_at(pair->self, at) == self && number_at(pair->child, at) == child) {
			*found = (uint32_t)at;
			count++;
		}
	}
	return count;
}

/* --- nsproxy --- */

struct members {
	uint32_t member[SPACES], inode[SPACES];
	int count[SPACES]; /* of places that fit */
	uint64_t self_pid_ns, child_pid_ns;
};

/* What is behind one member may be as long as it is: that it can't be read to its end is no reason against it. */
static void try_member(struct study *study, struct members *members, struct pair *pair, const uint64_t words[2],
		       size_t at)
{
	uint32_t inode = 0;

	read_pair(study, pair, words[0], words[1], SPACE_BYTES);
	for (enum space space = SPACE_UTS; space <= SPACE_PID; space++) {
		int count = find_inode(study, pair, space, &inode);

		if (!count)
			continue;
		members->count[space] += count;
		members->member[space] = (uint32_t)at;
		members->inode[space] = inode;
		if (space == SPACE_PID) {
			members->self_pid_ns = words[0];
			members->child_pid_ns = words[1];
		}
	}
}

/* 4 bytes, which as a part of a word look like a pointer where that need not be a large number. */
static bool begins_with_count(const uint8_t *bytes)
{
#ifdef __s390x__
	return number_at(bytes, 0);
#else
	return number_at(bytes, 0) && !is_pointer(word_at(bytes, 0));
#endif
}

/* It begins with a count, and all that follows points somewhere. */
static bool looks_like_nsproxy(const struct pair *pair)
{
	int pointers = 0;

	for (size_t at = WORD; at < 6 * WORD; at += WORD)
		pointers += is_pointer(word_at(pair->self, at)) && is_pointer(word_at(pair->child, at));
	return pointers >= 3 && begins_with_count(pair->self) && number_at(pair->child, 0);
}

/* Returns how many namespaces hang on it. */
static int try_nsproxy(struct study *study, struct members *members, struct pair *pair, size_t at)
{
	const size_t size = NSPROXY_WORDS * WORD;
	uint64_t words[NSPROXY_WORDS][2];
	int sum = 0;

	memset(members, 0, sizeof(*members));
	if (!read_pair(study, pair, word_at(study->self.bytes, at), word_at(study->child.bytes, at), size) ||
	    !looks_like_nsproxy(pair))
		return 0;
	for (size_t i = 0; i < NSPROXY_WORDS; i++) {
		words[i][0] = word_at(pair->self, WORD * i);
		words[i][1] = word_at(pair->child, WORD * i);
	}
	for (size_t i = 1; i < NSPROXY_WORDS; i++) {
		if (is_pointer(words[i][0]) && is_pointer(words[i][1]) && words[i][0] != words[i][1])
			try_member(study, members, pair, words[i], WORD * i);
	}
	for (enum space space = 0; space < SPACES; space++)
		sum += members->count[space];
	return sum;
}

static void keep_member(struct study *study, const struct members *members, enum space space, uint32_t part,
			enum learnt_at member)
{
	if (members->count[space] != 1)
		return;
	study->learnt->parts |= part;
	study->learnt->at[member] = members->member[space];
	study->learnt->at[member + 1] = members->inode[space];
}

static bool learn_nsproxy(struct study *study, struct pair *pair, struct members *members)
{
	struct members these;
	int found = 0;

	for (size_t at = 0; at < compared(study); at += WORD) {
		if (!differs(study, at) || !try_nsproxy(study, &these, pair, at))
			continue;
		*members = these;
		study->learnt->at[TASK_NSPROXY] = (uint32_t)at;
		found++;
	}
	if (found != 1)
		return false;
	keep_member(study, members, SPACE_UTS, IDENTITY_UTS_NS, NSPROXY_UTS);
	keep_member(study, members, SPACE_MNT, IDENTITY_MNT_NS, NSPROXY_MNT);
	keep_member(study, members, SPACE_NET, IDENTITY_NET_NS, NSPROXY_NET);
	return true;
}

/* --- struct pid --- */

/*
 * The child's numbers[], of {int nr; struct pid_namespace *ns}: the first entry is the initial namespace's, which calls it
 * by its tgid, and the last one its own's, where it is 1. Returns the level of the last, 0: not here.
 */
static uint32_t find_numbers(const struct study *study, const struct members *members, const uint8_t *pid, size_t at,
			     uint32_t step)
{
	if (number_at(pid, at) != study->child.tgid || !is_pointer(word_at(pid, at + WORD)))
		return 0;
	for (uint32_t level = 1; level <= LEVELS_MAX && at + level * step + 2 * WORD <= PID_BYTES; level++) {
		if (number_at(pid, at + level * step) == 1 &&
		    word_at(pid, at + level * step + WORD) == members->child_pid_ns)
			return level;
	}
	return 0;
}

/* This process's, one level up: it is called there what it calls itself. */
static bool confirm_numbers(const struct study *study, const struct members *members, const struct pair *pair,
			    size_t at, uint32_t step, uint32_t level)
{
	size_t own = at + (level - 1) * step;

	return number_at(pair->self, at) == study->self.tgid && number_at(pair->self, own) == study->pid &&
	       word_at(pair->self, own + WORD) == members->self_pid_ns &&
	       word_at(pair->self, at + WORD) == word_at(pair->child, at + WORD);
}

static int find_level(const struct pair *pair, size_t numbers, uint32_t level, uint32_t *found)
{
	int count = 0;

	for (size_t at = 0; at < numbers; at += 4) {
		if (number_at(pair->child, at) == level && number_at(pair->self, at) == level - 1) {
			*found = (uint32_t)at;
			count++;
		}
	}
	return count;
}

/* Whether these two are struct pid; and if so, where in them things are. */
static bool try_pid(const struct study *study, const struct members *members, const struct pair *pair,
		    struct learnt *learnt)
{
	int found = 0;

	for (size_t at = WORD; at + 4 * WORD <= PID_BYTES; at += WORD) {
		for (uint32_t step = 2 * WORD; step <= 4 * WORD; step += 2 * WORD) {
			uint32_t level = find_numbers(study, members, pair->child, at, step);

			if (!level || !confirm_numbers(study, members, pair, at, step, level) ||
			    find_level(pair, at, level, &learnt->at[PID_LEVEL]) != 1)
				continue;
			learnt->at[PID_NUMBERS] = (uint32_t)at;
			learnt->at[PID_STEP] = step;
			found++;
		}
	}
	return found == 1;
}

static void learn_pids(struct study *study, struct pair *pair, const struct members *members)
{
	struct learnt found = *study->learnt;
	int count = 0;

	for (size_t at = 0; at < compared(study); at += WORD) {
		uint64_t self = word_at(study->self.bytes, at), child = word_at(study->child.bytes, at);

		/* Not the pointers of lists into the struct itself, nor what all three share. */
		if (!is_pointer(self) || !is_pointer(child) || self == child ||
		    child - study->child.address < TASK_BYTES || word_at(study->thread.bytes, at) == self ||
		    !read_pair(study, pair, self, child, PID_BYTES) || !try_pid(study, members, pair, &found))
			continue;
		found.at[TASK_THREAD_PID] = (uint32_t)at;
		count++;
	}
	if (count != 1)
		return;
	found.at[PID_INUM] = members->inode[SPACE_PID];
	found.parts |= IDENTITY_PID_NS | IDENTITY_NS_PID;
	*study->learnt = found;
}

/* --- struct cred --- */

/*
 * Behind a count of 4 or (6.7) 8 bytes: real, saved, effective and file-system ids, each of user and group. They are the
 * initial user namespace's; in another one ours are not, and the struct has to do without.
 */
static bool looks_like_cred(const struct study *study, const uint8_t *cred)
{
	return !study->initial_ids || !memcmp(cred + 4, study->ids, sizeof(study->ids)) ||
	       !memcmp(cred + 8, study->ids, sizeof(study->ids));
}

static int try_cred(struct study *study, struct pair *pair, size_t at, struct learnt *found)
{
	uint8_t self[CRED_BYTES], child[CRED_BYTES];
	int count = 0;

	if (!read_pair(study, pair, word_at(study->self.bytes, at), word_at(study->child.bytes, at), CRED_BYTES) ||
	    !looks_like_cred(study, pair->self))
		return 0;
	memcpy(self, pair->self, sizeof(self));
	memcpy(child, pair->child, sizeof(child));
	for (size_t member = 0; member < CRED_BYTES && member < study->cred_size; member += WORD) {
		uint64_t words[2] = {word_at(self, member), word_at(child, member)};
		uint32_t inode = 0;
		int places;

		if (!is_pointer(words[0]) || !is_pointer(words[1]) || words[0] == words[1])
			continue;
		read_pair(study, pair, words[0], words[1], USER_BYTES);
		places = find_inode(study, pair, SPACE_USER, &inode);
		if (!places)
			continue;
		found->at[CRED_USER] = (uint32_t)member;
		found->at[USER_INUM] = inode;
		count += places;
	}
	return count;
}

/* real_cred, and behind it cred, which is another one only while the kernel acts in somebody else's name. */
static void learn_cred(struct study *study, struct pair *pair)
{
	struct learnt found = *study->learnt;
	int count = 0;

	for (size_t at = 0; at < compared(study); at += WORD) {
		int places = differs(study, at) ? try_cred(study, pair, at, &found) : 0;

		if (!places)
			continue;
		if (places > 1 || count > 1 || (count && at != found.at[TASK_CRED] + WORD))
			return;
		if (!count++)
			found.at[TASK_CRED] = (uint32_t)at;
	}
	if (!count)
		return;
	found.parts |= IDENTITY_USER_NS;
	*study->learnt = found;
}

void learn_spaces(struct study *study)
{
	struct members members = {0};
	struct pair pair;
	bool nsproxy = learn_nsproxy(study, &pair, &members);

	if (nsproxy && members.count[SPACE_PID] == 1)
		learn_pids(study, &pair, &members);
	if (study->wanted & IDENTITY_USER_NS)
		learn_cred(study, &pair);
}
