// SPDX-License-Identifier: GPL-2.0-or-later
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
