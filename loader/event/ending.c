// SPDX-License-Identifier: GPL-2.0-or-later
#include "attempt.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Inside the kernel a call that a signal interrupted ends with one of these (include/linux/errno.h). */
#define ERESTARTSYS	      512
#define ERESTARTNOINTR	      513
#define ERESTARTNOHAND	      514
#define ERESTART_RESTARTBLOCK 516

static int seen_by_caller(int result)
{
	switch (-result) {
	case ERESTARTSYS:
	case ERESTARTNOINTR:
	case ERESTARTNOHAND:
	case ERESTART_RESTARTBLOCK:
		return -EINTR;
	default:
		return result;
	}
}

/* Raw sockets have their protocol's number there, and ping sockets an identifier. */
static bool has_ports(const struct attempt *attempt, const struct ending *ending)
{
	if (ending->flags & ENDING_PROTOCOL)
		return ending->protocol != IPPROTO_ICMP && ending->protocol != IPPROTO_ICMPV6 &&
		       attempt->type != SOCK_RAW;
	return attempt->has_type && attempt->type == SOCK_STREAM;
}

/* By the family of the address that was connected to: an IPv6 socket may be connected to an IPv4 address. */
static bool local_address(struct result *result, const struct attempt *attempt, const struct ending *ending)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	uint16_t family = attempt->address.has_family ? attempt->address.family : AF_UNSPEC;

	memset(result->local_addr, 0, sizeof(result->local_addr));
	if (family == AF_INET && ending->family == AF_INET)
		memcpy(result->local_addr, ending->local_addr, 4);
	else if (family == AF_INET6 && ending->family == AF_INET6)
		memcpy(result->local_addr, ending->local_addr, 16);
	else if (family == AF_INET && ending->family == AF_INET6 && !memcmp(ending->local_addr, mapped, 12))
		memcpy(result->local_addr, ending->local_addr + 12, 4);
	else
		return false;
	return true;
}

void attempt_conclude(struct attempt *attempt, const struct ending *ending)
{
	struct result *result = &attempt->result;

	memset(result, 0, sizeof(*result));
	result->outcome = OUTCOME_UNKNOWN;
	if (!ending)
		return;
	result->error = seen_by_caller(ending->result);
	result->outcome = ending->result == 0		   ? OUTCOME_SUCCESS
			  : ending->result == -EINPROGRESS ? OUTCOME_IN_PROGRESS
							   : OUTCOME_FAILURE;
	result->ns = ending->time > ending->began ? ending->time - ending->began : 0;
	result->has_verdict = ending->flags & ENDING_VERDICT;
	result->verdict = result->has_verdict ? ending->verdict : 0;
	if (ending->family != AF_INET && ending->family != AF_INET6)
		return;
	result->has_local = ending->flags & ENDING_LOCAL && ending->local_port && has_ports(attempt, ending) &&
			    local_address(result, attempt, ending);
	result->local_port = result->has_local ? ending->local_port : 0;
	/* MPTCP's number, 262, has no place in 8 bits. */
	result->has_protocol = ending->flags & ENDING_PROTOCOL && ending->protocol && ending->protocol <= UINT8_MAX;
	result->protocol = result->has_protocol ? (uint8_t)ending->protocol : 0;
}
