// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What OCSF's class Network Activity has in a form of its own. Its endpoints are an IP's: what else is connected to is in
 * "unmapped", and then the source, which is always this host, is the one endpoint that the class demands.
 */
#include "fields.h"

#include <errno.h>
#include <sys/socket.h>

enum activity { ACTIVITY_OPEN = 1, ACTIVITY_CLOSE = 2, ACTIVITY_FAIL = 4, ACTIVITY_REFUSE = 5 };

static enum activity activity_of(const struct attempt *attempt)
{
	int failure = failure_of(attempt);

	if (failure)
		return failure == ECONNREFUSED ? ACTIVITY_REFUSE : ACTIVITY_FAIL;
	return attempt->disconnect ? ACTIVITY_CLOSE : ACTIVITY_OPEN;
}

GETTER(ocsf_activity)
{
	(void)style;
	put_unsigned(buf, activity_of(attempt));
	return true;
}

GETTER(ocsf_type)
{
	(void)style;
	put_unsigned(buf, 400100 + activity_of(attempt));
	return true;
}

GETTER(ocsf_time)
{
	put_unsigned(buf, (attempt->time + (uint64_t)style->wall) / 1000000);
	return true;
}

GETTER(ocsf_start)
{
	put_unsigned(buf, (attempt->identity.start + (uint64_t)style->boot) / 1000000);
	return true;
}

/* Profiles that the attributes belong to: actor and device to the first, container and namespace_pid to the second. */
GETTER(ocsf_profiles)
{
	bool contained = attempt->about.container || attempt->identity.parts & IDENTITY_NS_PID;

	(void)style;
	put_text(buf, contained ? "[\"host\",\"container\"]" : "[\"host\"]");
	return true;
}

GETTER(ocsf_status)
{
	enum outcome outcome = attempt->result.outcome;

	(void)style;
	put_char(buf, outcome == OUTCOME_SUCCESS ? '1' : outcome == OUTCOME_FAILURE ? '2' : '0');
	return true;
}

WORD_GETTER(ocsf_status_detail)
{
	const struct result *result = &attempt->result;

	(void)style;
	if (result->has_verdict && result->verdict)
		return "refused by a security module";
	return result->outcome == OUTCOME_IN_PROGRESS ? "in progress"
	       : result->outcome == OUTCOME_UNKNOWN   ? "the return was not seen"
						      : NULL;
}

/* Outbound, or local. Of families without an address that is known here the direction is not known. */
GETTER(ocsf_direction)
{
	const struct address *address = &attempt->address;
	bool local = (address->has_family && address->family == AF_UNIX) || is_loopback(address);

	(void)style;
	put_char(buf, local ? '4' : address->has_addr ? '2' : '0');
	return true;
}

GETTER(ocsf_version)
{
	(void)style;
	put_char(buf, attempt->address.family == AF_INET ? '4' : '6');
	return true;
}

/* Of a sockaddr that ended behind the port. */
GETTER(ocsf_lone_port)
{
	(void)style;
	if (!attempt->address.has_addr)
		put_unsigned(buf, attempt->address.port);
	return !attempt->address.has_addr;
}

static bool is_alphanumeric(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* OCSF's hostname_t: labels of letters, digits and inner hyphens. */
static bool is_hostname(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool edge = i == 0 || i + 1 == len || name[i - 1] == '.' || name[i + 1] == '.';

		if (is_alphanumeric(name[i]))
			continue;
		if (edge || (name[i] != '-' && name[i] != '.'))
			return false;
	}
	return len > 0;
}

static struct span span_if(const char *name, bool wanted)
{
	size_t len = strnlen(name, BUFFER_NAME_MAX);

	return (struct span){is_hostname(name, len) == wanted ? (const uint8_t *)name : NULL, len};
}

static const char *own_name(const struct style *style)
{
	return *style->host.name ? style->host.name : "localhost";
}

/* Names that are no hostnames to OCSF (my_host, _dmarc.example.org) are in "name" instead. */
SPAN_GETTER(ocsf_hostname)
{
	(void)attempt;
	return span_if(own_name(style), true);
}

SPAN_GETTER(ocsf_nodename)
{
	(void)attempt;
	return span_if(own_name(style), false);
}

SPAN_GETTER(ocsf_domain)
{
	(void)style;
	return span_if(attempt->domain, true);
}

SPAN_GETTER(ocsf_odd_domain)
{
	(void)style;
	return span_if(attempt->domain, false);
}
