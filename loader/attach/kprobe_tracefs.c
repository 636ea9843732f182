// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kprobe_events, the only way before 4.17. The file belongs to everybody: opening it with O_TRUNC deletes all probes of
 * all programs, and two who write at once have crashed old kernels, hence one write a probe, appended.
 */
#include "private.h"

#include "sys.h"
#include "tracefs.h"
#include "unique.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GROUP_PREFIX "connsnoop_"
#define EVENT_NAME   "connect"
#define EVENT_END    "/" EVENT_NAME

/*
 * "p:connsnoop_<pid>_<8 hex digits>/connect ...", with "r:" or "r4096:" for returns: ours, and nobody else's that happens to
 * begin alike.
 */
static bool is_ours(const char *line, char event[64])
{
	size_t kind = line[0] == 'p' ? 1 : line[0] == 'r' ? 1 + strspn(line + 1, "0123456789") : 0;
	const char *name = line + kind + 1, *at = name + strlen(GROUP_PREFIX);

	if (!kind || line[kind] != ':' || strncmp(name, GROUP_PREFIX, strlen(GROUP_PREFIX)) != 0 || *at == '0')
		return false;
	at += strspn(at, "0123456789");
	if (at[-1] == '_' || at[0] != '_' || strspn(at + 1, "0123456789abcdef") != 8 ||
	    strncmp(at + 9, EVENT_END " ", strlen(EVENT_END " ")) != 0)
		return false;
	at += 9 + strlen(EVENT_END);
	return snprintf(event, 64, "%.*s", (int)(at - name), name) < 64;
}

/* What is left stays until the next start of ours: worth more than one try, where memory or descriptors are short. */
#define REMOVE_TRIES 3

static void remove_event(int events, const char *event)
{
	char command[80];
	int length = snprintf(command, sizeof(command), "-:%s\n", event);

	for (int tries = 0; tries < REMOVE_TRIES; tries++) {
		if (sys_write(events, command, (size_t)length) >= 0)
			return;
	}
}

/*
 * Removes what a killed run left. The kernel knows who is alive: a probe that a perf event holds is EBUSY. A pid would
 * not do, since the owner may be in another PID namespace.
 */
static void remove_leftovers(int dir, int events)
{
	static const size_t size = 1 << 20;
	char *text = malloc(size), *line, *rest, event[64];

	if (!text)
		return;
	if (sys_read_file(dir, "kprobe_events", text, size) > 0) {
		for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
			if (is_ours(line, event))
				remove_event(events, event);
		}
	}
	free(text);
}

static int add_event(int events, const char *kind, const char *symbol, char event[64])
{
	char command[320];
	ssize_t result;
	int length;

	snprintf(event, 64, GROUP_PREFIX "%u_%08x/" EVENT_NAME, (unsigned int)getpid(), (unsigned int)unique_number());
	length = snprintf(command, sizeof(command), "%s:%s %s\n", kind, event, symbol);
	if (length >= (int)sizeof(command))
		return -ENAMETOOLONG;
	result = sys_write(events, command, (size_t)length);
	return result < 0 ? (int)result : 0;
}

static int attach_event(struct probe *probe, int dir, int prog)
{
	char group[64];
	struct perf_event_attr attr;
	int id;

	snprintf(group, sizeof(group), "%.*s", (int)strcspn(probe->event, "/"), probe->event);
	id = tracefs_event_id(dir, group, EVENT_NAME);
	if (id < 0)
		return id;
	memset(&attr, 0, sizeof(attr));
	attr.size = PERF_ATTR_SIZE_VER0;
	attr.type = PERF_TYPE_TRACEPOINT;
	attr.config = (uint64_t)id;
	attr.sample_period = 1;
	probe->fd = perf_attach(&attr, prog);
	return probe->fd < 0 ? probe->fd : 0;
}

/*
 * Between its creation and our perf event the probe is idle, and another connsnoop that starts just then takes it for a
 * leftover: ENOENT, and worth a second try under another name.
 */
int kprobe_tracefs_open(struct probe *probe, const char *kind, const char *symbol, int prog)
{
	int events, result = -ENOENT, dir = tracefs_open("kprobe_events", O_WRONLY | O_APPEND, &events);

	if (dir < 0)
		return dir;
	remove_leftovers(dir, events);
	for (int tries = 0; tries < 3 && result == -ENOENT; tries++) {
		result = add_event(events, kind, symbol, probe->event);
		if (result)
			break; /* ENOENT or, from 6.11 on, EINVAL: no such symbol */
		result = attach_event(probe, dir, prog);
		if (result)
			remove_event(events, probe->event);
	}
	sys_close(dir);
	if (result)
		sys_close(events);
	else
		probe->tracefs = events;
	return result;
}

void probe_close(struct probe *probe)
{
	if (probe->fd >= 0)
		sys_close(probe->fd);
	if (probe->tracefs >= 0) {
		remove_event(probe->tracefs, probe->event);
		sys_close(probe->tracefs);
	}
	if (probe->prog >= 0)
		sys_close(probe->prog);
	*probe = PROBE_CLOSED;
}

void probe_close_aside(struct probe *probe)
{
	/* an event of kprobe_events can't be removed before it is closed */
	if (probe->fd >= 0 && probe->tracefs < 0) {
		sys_close_aside(probe->fd);
		probe->fd = -1;
	}
	probe_close(probe);
}
