// SPDX-License-Identifier: GPL-2.0-or-later
/* Parts of an address that all formats write alike. */
#include "output.h"

#include <arpa/inet.h>
#include <sys/socket.h>

/* inet_ntop() formats IPv4 by sprintf(), which was two fifths of the reader's time; IPv6 has rules worth borrowing. */
void put_inet_address(struct buffer *buf, unsigned int family, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (family != AF_INET) {
		put_text(buf, inet_ntop(AF_INET6, addr, text, sizeof(text)));
		return;
	}
	for (int i = 0; i < 4; i++) {
		if (i)
			put_char(buf, '.');
		put_unsigned(buf, addr[i]);
	}
}

/* What has no name is shown by its number. */
static void put_name(struct buffer *buf, const char *name, const char *prefix, unsigned int number)
{
	if (name) {
		put_text(buf, name);
		return;
	}
	put_text(buf, prefix);
	put_unsigned(buf, number);
}

void put_family_name(struct buffer *buf, unsigned int family)
{
	put_name(buf, family_name(family), "AF_", family);
}

void put_type_name(struct buffer *buf, unsigned int type)
{
	put_name(buf, type_name(type), "SOCK_", type);
}
