// SPDX-License-Identifier: GPL-2.0-or-later
/* Columns for people: as the lines of events have them. */
#include "private.h"

#include <sys/socket.h>

int cells_of(unsigned int by, enum cell cells[CELLS])
{
	static const struct {
		unsigned int by;
		enum cell cell;
	} all[] = {
		{BY(BY_PID), CELL_PID},	      {BY(BY_TID), CELL_TID},	    {BY(BY_UID), CELL_USER},
		{BY(BY_COMM), CELL_COMM},     {BY(BY_TYPE), CELL_TYPE},	    {BY(BY_NETNS), CELL_NETNS},
		{BY(BY_CGROUP), CELL_CGROUP}, {BY(BY_FAMILY), CELL_FAMILY},
	};
	int count = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (by & all[i].by)
			cells[count++] = all[i].cell;
	}
	/* The widest comes last, where it makes no other column wide. */
	if (by & BY(BY_ADDR))
		cells[count++] = CELL_ADDRESS;
	else if (by & BY(BY_PORT))
		cells[count++] = CELL_PORT;
	return count;
}

const char *cell_title(enum cell cell, const struct style *style)
{
	static const char *const titles[CELLS] = {"PID",  "TID",   "UID",    "COMM", "FAMILY",
						  "TYPE", "NETNS", "CGROUP", "PORT", "ADDRESS"};

	return cell == CELL_USER && style->user ? "USER" : titles[cell];
}

/* Quoted where it could be taken for what the table itself says: (other). */
static void put_word(struct buffer *buf, const char *word, size_t len)
{
	if (is_plain((const uint8_t *)word, len) && word[0] != '(' && (word[0] != '-' || len > 1))
		put_bytes(buf, word, len);
	else
		put_quoted(buf, (const uint8_t *)word, len);
}

static void put_user(struct buffer *buf, uint32_t uid, const struct style *style)
{
	const char *name = style->user ? users_name(style->users, uid) : NULL;

	if (name)
		put_word(buf, name, strlen(name));
	else
		put_unsigned(buf, uid);
}

static void put_known(struct buffer *buf, bool known, uint64_t number)
{
	if (known)
		put_unsigned(buf, number);
	else
		put_char(buf, '-');
}

static void put_inet(struct buffer *buf, const struct key *key, const struct address *address, bool with_port)
{
	bool brackets = with_port && address->family == AF_INET6;

	if (brackets)
		put_char(buf, '[');
	if (address->has_addr)
		put_inet_address(buf, address->family, address->addr);
	else
		put_char(buf, '?');
	if (address->has_scope) {
		put_char(buf, '%');
		put_unsigned(buf, address->scope_id);
	}
	if (brackets)
		put_char(buf, ']');
	if (!with_port)
		return;
	put_char(buf, ':');
	if (key->known & KNOWN_PORT)
		put_unsigned(buf, key->port);
	else
		put_char(buf, '?');
}

static void put_address(struct buffer *buf, const struct key *key, bool with_port)
{
	struct address address;

	key_address(key, &address);
	if (address.fault)
		put_text(buf, "(unreadable)");
	else if (!address.has_family)
		put_text(buf, "(no family)");
	else if (address.family == AF_UNSPEC)
		put_text(buf, "disconnect");
	else if (address.family == AF_INET || address.family == AF_INET6)
		put_inet(buf, key, &address, with_port);
	else if (address.family == AF_UNIX)
		put_unix_address(buf, &address);
	else
		put_family_name(buf, address.family);
}

void put_cell(struct buffer *buf, enum cell cell, unsigned int by, const struct key *key, const struct style *style)
{
	switch (cell) {
	case CELL_PID:
		put_unsigned(buf, key->pid);
		break;
	case CELL_TID:
		put_unsigned(buf, key->tid);
		break;
	case CELL_USER:
		put_user(buf, key->uid, style);
		break;
	case CELL_COMM:
		put_word(buf, key->comm, strnlen(key->comm, COMM_SIZE));
		break;
	case CELL_FAMILY:
		if (key->known & KNOWN_FAMILY)
			put_family_name(buf, key->family);
		else
			put_char(buf, '-');
		break;
	case CELL_TYPE:
		if (key->known & KNOWN_TYPE)
			put_type_name(buf, key->type);
		else
			put_char(buf, '-');
		break;
	case CELL_NETNS:
		put_known(buf, key->known & KNOWN_NETNS, key->net_ns);
		break;
	case CELL_CGROUP:
		put_known(buf, key->known & KNOWN_CGROUP, key->cgroup_id);
		break;
	case CELL_PORT:
		put_known(buf, key->known & KNOWN_PORT, key->port);
		break;
	case CELL_ADDRESS:
	default:
		put_address(buf, key, by & BY(BY_PORT));
	}
}
