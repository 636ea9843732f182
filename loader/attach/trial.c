// SPDX-License-Identifier: GPL-2.0-or-later
#include "private.h"

#include "clock.h"
#include "sys.h"
#include "unique.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

void trial_renew(struct trial *trial)
{
	uint64_t nonce = unique_number();

	memcpy(trial->addr.sin_zero, &nonce, sizeof(nonce));
}

/* Connecting a datagram socket only notes the peer: nothing is sent, and the hook is asked before that. */
int trial_prepare(struct trial *trial, struct error *err)
{
	memset(trial, 0, sizeof(*trial));
	trial->addr.sin_family = AF_INET;
	trial->addr.sin_port = htons(9);
	trial->addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	trial_renew(trial);
	trial->fd = sys_socket(AF_INET, SOCK_DGRAM, 0);
	if (trial->fd < 0)
		return error_set(
			err, error_status(-trial->fd, STATUS_FAILURE),
			"opening a socket for the self-test: socket(AF_INET, SOCK_DGRAM) says %s; it needs IPv4 and must be allowed to open a socket",
			ERRNO_NAME(-trial->fd));
	return 0;
}

/* Refused or not, it was an attempt. */
void trial_make(struct trial *trial)
{
	trial->before = clock_monotonic();
	trial->result = sys_connect(trial->fd, (const struct sockaddr *)&trial->addr, sizeof(trial->addr));
	trial->after = clock_monotonic();
}

uint64_t trial_nonce(const struct trial *trial)
{
	uint64_t nonce;

	memcpy(&nonce, trial->addr.sin_zero, sizeof(nonce));
	return nonce;
}

void trial_close(struct trial *trial)
{
	if (trial->fd >= 0)
		sys_close(trial->fd);
	trial->fd = -1;
}
