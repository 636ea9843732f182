// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the path of a cgroup says of a container, by the names that the programs which run them give. A name is taken
 * whole and exactly: what monitors a container (crio-conmon-ID.scope, libpod-conmon-ID.scope, lxc.monitor.NAME, nspawn's
 * "supervisor") is none, and 63 digits are no id. Of nested ones the innermost counts.
 */
#include "private.h"

#include <string.h>

#define ID_DIGITS   64
#define TASK_DIGITS 32
#define MACHINE_MAX 64 /* HOST_NAME_MAX, which machine names keep to */

/* One component of a path. */
struct name {
	const char *text;
	size_t len;
};

/* docker-ID.scope and the like under systemd; cri-o and podman use the prefix without it, too. */
static const struct {
	const char *prefix, *runtime;
} runtimes[] = {
	{"docker-", "docker"}, {"cri-containerd-", "containerd"}, {"nerdctl-", "containerd"},
	{"crio-", "cri-o"},    {"libpod-payload-", "podman"},	  {"libpod-", "podman"},
};

static bool is(struct name name, const char *text)
{
	return name.len == strlen(text) && !memcmp(name.text, text, name.len);
}

static bool take_prefix(struct name *name, const char *prefix)
{
	size_t len = strlen(prefix);

	if (name->len < len || memcmp(name->text, prefix, len) != 0)
		return false;
	name->text += len;
	name->len -= len;
	return true;
}

static bool take_suffix(struct name *name, const char *suffix)
{
	size_t len = strlen(suffix);

	if (name->len < len || memcmp(name->text + name->len - len, suffix, len) != 0)
		return false;
	name->len -= len;
	return true;
}

static size_t count_digits(struct name name, bool hex)
{
	size_t count = 0;

	while (count < name.len && ((name.text[count] >= '0' && name.text[count] <= '9') ||
				    (hex && name.text[count] >= 'a' && name.text[count] <= 'f')))
		count++;
	return count;
}

static bool is_id(struct name name)
{
	return name.len == ID_DIGITS && count_digits(name, true) == ID_DIGITS;
}

static bool set(struct container *container, const char *runtime, struct name id)
{
	if (id.len == 0 || id.len >= sizeof(container->id) || memchr(id.text, 0, id.len))
		return false;
	memcpy(container->id, id.text, id.len);
	container->id[id.len] = '\0';
	container->runtime = runtime;
	return true;
}

/*
 * SLICE:RUNTIME:ID: what a runtime was to hand to systemd, made into a cgroup as it stands where systemd was not asked
 * (containerd without SystemdCgroup).
 */
static bool find_triple(struct name name, struct container *container)
{
	const char *colon = memrchr(name.text, ':', name.len);
	struct name id, runtime;

	if (!colon)
		return false;
	id = (struct name){colon + 1, (size_t)(name.text + name.len - colon - 1)};
	runtime = (struct name){name.text, (size_t)(colon - name.text)};
	colon = memrchr(runtime.text, ':', runtime.len);
	if (!colon || !is_id(id))
		return false;
	runtime.len -= (size_t)(colon + 1 - runtime.text);
	runtime.text = colon + 1;
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		if (strlen(runtimes[i].prefix) == runtime.len + 1 &&
		    !memcmp(runtimes[i].prefix, runtime.text, runtime.len))
			return set(container, runtimes[i].runtime, id);
	}
	return set(container, NULL, id);
}

static bool find_by_id(struct name parent, struct name name, struct container *container)
{
	struct name rest;

	if (is_id(name))
		return set(container, is(parent, "docker") ? "docker" : NULL, name);
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		rest = name;
		if (!take_prefix(&rest, runtimes[i].prefix))
			continue;
		take_suffix(&rest, ".scope");
		if (is_id(rest))
			return set(container, runtimes[i].runtime, rest);
	}
	return find_triple(name, container);
}

/* Fargate's: /ecs/TASK/TASK-NUMBER. */
static bool find_task(struct name name, struct container *container)
{
	struct name number = {name.text + TASK_DIGITS + 1, name.len - TASK_DIGITS - 1};

	if (name.len < TASK_DIGITS + 2 || name.text[TASK_DIGITS] != '-' || count_digits(name, true) != TASK_DIGITS ||
	    count_digits(number, false) != number.len)
		return false;
	return set(container, NULL, name);
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A machine's name as systemd escapes it in a unit's (\x2d for a hyphen); false where the result is none. */
static bool unescape_machine(struct name name, struct container *container)
{
	size_t len = 0;

	for (size_t i = 0; i < name.len; i++) {
		char c = name.text[i];

		if (c == '\\') {
			if (name.len - i < 4 || name.text[i + 1] != 'x' || hex_value(name.text[i + 2]) < 0 ||
			    hex_value(name.text[i + 3]) < 0)
				return false;
			c = (char)(hex_value(name.text[i + 2]) << 4 | hex_value(name.text[i + 3]));
			i += 3;
		}
		if (len == MACHINE_MAX || !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
					    (c >= 'A' && c <= 'Z') || c == '-' || c == '_' || c == '.'))
			return false;
		container->id[len++] = c;
	}
	container->id[len] = '\0';
	container->runtime = "nspawn";
	return len > 0;
}

/* machined's scopes are also those of virtual machines and of libvirt's containers, which say so. */
static bool find_machine(struct name parent, struct name name, struct name child, struct container *container)
{
	struct container found;

	if (is(child, "supervisor"))
		return false;
	if (take_prefix(&name, "systemd-nspawn@")) {
		if (!take_suffix(&name, ".service"))
			return false;
	} else if (!is(parent, "machine.slice") || !take_prefix(&name, "machine-") || !take_suffix(&name, ".scope") ||
		   take_prefix(&name, "qemu\\x2d") || take_prefix(&name, "lxc\\x2d")) {
		return false;
	}
	if (!unescape_machine(name, &found))
		return false;
	*container = found;
	return true;
}

static bool find_lxc(struct name parent, struct name name, struct container *container)
{
	if (is(parent, "lxc") || is(parent, "lxc.payload") || take_prefix(&name, "lxc.payload."))
		return set(container, "lxc", name);
	return false;
}

/* The next component from `*at` on, empty at the end. What lies above our cgroup namespace is no name. */
static struct name next_name(const char **at, const char *end)
{
	struct name name = {*at, 0};

	while (*at < end) {
		const char *slash = memchr(*at, '/', (size_t)(end - *at));
		const char *stop = slash ? slash : end;

		name = (struct name){*at, (size_t)(stop - *at)};
		*at = slash ? slash + 1 : end;
		if (name.len && !is(name, ".."))
			return name;
	}
	name.len = 0;
	return name;
}

bool container_find(const char *path, size_t len, struct container *container)
{
	const char *at = path, *end = path + len;
	struct name parent = {path, 0}, name = next_name(&at, end), child;
	bool found = false, ecs = false;

	for (; name.len; parent = name, name = child) {
		child = next_name(&at, end);
		ecs |= is(name, "ecs");
		found |= find_lxc(parent, name, container) || find_by_id(parent, name, container) ||
			 find_machine(parent, name, child, container) || (ecs && find_task(name, container));
	}
	return found;
}
