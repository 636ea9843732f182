// SPDX-License-Identifier: GPL-2.0-or-later
/* What the table says of addresses and sockets. */
#include "fields.h"

#include <sys/socket.h>

GETTER(get_family)
{
	(void)style;
	put_family_name(buf, attempt->address.family);
	return true;
}

GETTER(get_addr)
{
	(void)style;
	put_inet_address(buf, attempt->address.family, attempt->address.addr);
	return true;
}

SPAN_GETTER(get_path)
{
	(void)style;
	return (struct span){attempt->address.path, attempt->address.path_len};
}

GETTER(get_raw)
{
	(void)style;
	put_hex(buf, attempt->address.raw, attempt->address.raw_len);
	return true;
}

GETTER(get_type)
{
	(void)style;
	put_type_name(buf, attempt->type);
	return true;
}

GETTER(get_local_addr)
{
	(void)style;
	put_inet_address(buf, attempt->address.family, attempt->result.local_addr);
	return true;
}

GETTER(get_protocol)
{
	(void)style;
	put_protocol_name(buf, attempt->result.protocol);
	return true;
}

GETTER(get_protocol_number)
{
	(void)style;
	put_unsigned(buf, attempt->result.protocol);
	return true;
}

bool is_loopback(const struct address *address)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}, one[16] = {[15] = 1};

	if (!address->has_addr)
		return false;
	if (address->family == AF_INET)
		return address->addr[0] == 127;
	return !memcmp(address->addr, one, sizeof(one)) ||
	       (!memcmp(address->addr, mapped, sizeof(mapped)) && address->addr[12] == 127);
}
