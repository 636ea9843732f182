// SPDX-License-Identifier: GPL-2.0-or-later
/* What ECS has in a form of its own. */
#include "fields.h"

#include <errno.h>
#include <sys/socket.h>

static struct span span_of(const char *text)
{
	return (struct span){*text ? (const uint8_t *)text : NULL, strlen(text)};
}

SPAN_GETTER(ecs_hostname)
{
	(void)attempt;
	return span_of(style->host.name);
}

WORD_GETTER(ecs_host_id)
{
	(void)attempt;
	return *style->host.machine_id ? style->host.machine_id : NULL;
}

WORD_GETTER(ecs_boot_id)
{
	(void)attempt;
	return *style->host.boot_id ? style->host.boot_id : NULL;
}

/* An address that text has without quotes: with the scope, where there is one. */
static void put_inet(struct buffer *buf, const struct address *address)
{
	put_char(buf, '"');
	put_inet_address(buf, address->family, address->addr);
	if (address->has_scope && address->scope_id) {
		put_char(buf, '%');
		put_unsigned(buf, address->scope_id);
	}
	put_char(buf, '"');
}

/* An IP address or the name of a UNIX socket; abstract ones begin with @. */
GETTER(ecs_address)
{
	const struct address *address = &attempt->address;
	uint8_t name[ADDR_MAX];

	(void)style;
	if (address->has_addr) {
		put_inet(buf, address);
		return true;
	}
	if (!address->path)
		return false;
	name[0] = '@';
	memcpy(name + address->abstract, address->path, address->path_len);
	put_json_string(buf, name, address->path_len + address->abstract);
	return true;
}

static bool is_denied(const struct result *result)
{
	return result->outcome == OUTCOME_FAILURE &&
	       (result->error == -EPERM || result->error == -EACCES || (result->has_verdict && result->verdict));
}

GETTER(ecs_type)
{
	(void)style;
	put_text(buf, attempt->disconnect ? "[\"connection\",\"end\"" : "[\"connection\",\"start\"");
	put_text(buf, is_denied(&attempt->result) ? ",\"denied\"]" : "]");
	return true;
}

/* What is under way, or was not waited for, is not known. */
WORD_GETTER(ecs_outcome)
{
	(void)style;
	return attempt->result.outcome == OUTCOME_SUCCESS   ? "success"
	       : attempt->result.outcome == OUTCOME_FAILURE ? "failure"
							    : "unknown";
}

GETTER(ecs_error)
{
	const struct result *result = &attempt->result;

	(void)style;
	put_text(buf, result->has_verdict && result->verdict ? "a security module refused the connect: "
							     : "connect failed: ");
	put_text(buf, ERRNO_NAME(failure_of(attempt)));
	return true;
}

/* Also for what ECS has no field for: the descriptor, the socket's type, families without one of their own. */
GETTER(ecs_message)
{
	char data[MESSAGE_MAX];
	struct buffer line = {.data = data, .size = sizeof(data)};

	(void)style;
	put_message(&line, attempt);
	put_json_string(buf, (const uint8_t *)data, line.len);
	return true;
}

GETTER(ecs_related)
{
	const struct result *result = &attempt->result;
	const char *before = "[\"", *between = "\",\"";

	(void)style;
	if (attempt->address.has_addr) {
		put_text(buf, before);
		put_inet_address(buf, attempt->address.family, attempt->address.addr);
		before = between;
	}
	if (result->has_local && !(attempt->address.has_addr && !memcmp(attempt->address.addr, result->local_addr,
									attempt->address.family == AF_INET ? 4 : 16))) {
		put_text(buf, before);
		put_inet_address(buf, attempt->address.family, result->local_addr);
		before = between;
	}
	put_text(buf, before == between ? "\"]" : "");
	return before == between;
}

WORD_GETTER(ecs_network_type)
{
	(void)style;
	return attempt->address.family == AF_INET ? "ipv4" : "ipv6";
}

/* What JSON has as flags. */
GETTER(ecs_tags)
{
	const char *before = "[\"", *between = "\",\"";
	size_t len = buf->len;

	(void)style;
	if (attempt->compat)
		put_listed(buf, &before, "compat", between);
	if (attempt->kernel)
		put_listed(buf, &before, "kernel", between);
	if (attempt->disconnect)
		put_listed(buf, &before, "disconnect", between);
	if (attempt->user_memory)
		put_listed(buf, &before, "user_memory", between);
	if (attempt->about.from == FROM_GONE)
		put_listed(buf, &before, "exe_gone", between);
	if (attempt->about.args_cut)
		put_listed(buf, &before, "args_cut", between);
	put_tags(buf, attempt->tags, &before, between);
	if (buf->len == len)
		return false;
	put_text(buf, "\"]");
	return true;
}
