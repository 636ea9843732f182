// SPDX-License-Identifier: GPL-2.0-or-later
/* loader/identity/container.c: paths of cgroups as they are met, and such as only look like them. */
#include "test.h"

#include "identity/private.h"

#define A    "4f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970"
#define B    "31cb02944da7a12196a193cf0e0f6c226d7c453a1db62e65ba98287593a2ee30"
#define TASK "08f7e8d6c5b4a3928170f6e5d4c3b2a1"

static const struct {
	const char *path, *runtime, *id; /* id NULL: no container */
} rows[] = {
	/* docker: cgroupfs, systemd, in docker, with a parent of the user's choice, rootless, of kubelet */
	{"/docker/" A, "docker", A},
	{"/system.slice/docker-" A ".scope", "docker", A},
	{"/docker/" A "/docker/" B, "docker", B},
	{"/docker/" A "/init", "docker", A},
	{"/docker/" A "/system.slice/cron.service", "docker", A},
	{"/my-parent/" A, NULL, A},
	{"/" A, NULL, A},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" A ".scope", "docker", A},
	{"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod045b1e35_7f13.slice/docker-" A ".scope",
	 "docker", A},
	{"/system.slice:docker:" A, "docker", A},
	/* containerd: systemd, cgroupfs, kubelet's path as it stands, nerdctl */
	{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-poddd1bf9d1.slice/cri-containerd-" A ".scope",
	 "containerd", A},
	{"/kubepods/besteffort/pod74ba62da-1a3d-11e7-bb11-080027cb0e22/" A, NULL, A},
	{"/kubepods/besteffort/podf8a694f2-7c08-11e9-98da-000c29077430/" A "/kube-proxy", NULL, A},
	{"/kubelet/kubepods/besteffort/pod1/" A, NULL, A},
	{"/system.slice/containerd.service/kubepods-burstable-pod22fd933a.slice:cri-containerd:" A, "containerd", A},
	{"/system.slice/nerdctl-" A ".scope", "containerd", A},
	/* a kind cluster: the node is a docker container, the pod one in it */
	{"/docker/" A "/kubelet/kubepods/burstable/pod0b/" B, NULL, B},
	/* cri-o, and its monitor, which runs outside */
	{"/kubepods.slice/kubepods-pod1.slice/crio-" A ".scope", "cri-o", A},
	{"/kubepods.slice/kubepods-pod1.slice/crio-" A ".scope/container", "cri-o", A},
	{"/kubepods/besteffort/pod1/crio-" A, "cri-o", A},
	{"/kubepods.slice/kubepods-pod1.slice/crio-conmon-" A ".scope", NULL, NULL},
	{"/kubepods/besteffort/pod1/crio-conmon-" A, NULL, NULL},
	/* podman: system, pod, cgroupfs, --cgroups=split, and monitors */
	{"/machine.slice/libpod-" A ".scope", "podman", A},
	{"/machine.slice/libpod-" A ".scope/container", "podman", A},
	{"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" A ".scope", "podman", A},
	{"/machine.slice/machine-libpod_pod_" B ".slice/libpod-" A ".scope", "podman", A},
	{"/machine.slice/machine-libpod_pod_" B ".slice", NULL, NULL},
	{"/libpod_parent/libpod-" A, "podman", A},
	{"/libpod_parent/libpod-" A "/ctr", "podman", A},
	{"/system.slice/nginx.service/libpod-payload-" A, "podman", A},
	{"/system.slice/nginx.service/runtime", NULL, NULL},
	{"/libpod_parent/conmon", NULL, NULL},
	{"/machine.slice/libpod-conmon-" A ".scope", NULL, NULL},
	/* nspawn: by hand, as a service, the part that stays outside; libvirt's use the same slice */
	{"/machine.slice/machine-web.scope", "nspawn", "web"},
	{"/machine.slice/machine-my\\x2dbox.scope/payload/init.scope", "nspawn", "my-box"},
	{"/machine.slice/systemd-nspawn@my-box.service/payload/system.slice/ssh.service", "nspawn", "my-box"},
	{"/machine.slice/systemd-nspawn@my-box.service", "nspawn", "my-box"},
	{"/machine.slice/systemd-nspawn@my-box.service/payload/docker/" A, "docker", A},
	{"/machine.slice/systemd-nspawn@my-box.service/supervisor", NULL, NULL},
	{"/machine.slice/machine-web.scope/supervisor", NULL, NULL},
	{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope", NULL, NULL},
	{"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator", NULL, NULL},
	{"/machine.slice/machine-lxc\\x2d123\\x2dname.scope", NULL, NULL},
	{"/machine.slice/machine-bad\\x2", NULL, NULL},
	{"/machine.slice/machine-bad\\x2.scope", NULL, NULL},
	{"/machine.slice/machine-bad\\x2f.scope", NULL, NULL},
	{"/machine.slice/machine-bad\\x00.scope", NULL, NULL},
	{"/machine.slice/machine-two words.scope", NULL, NULL},
	{"/machine.slice/machine-.scope", NULL, NULL},
	{"/machine.slice/machine-" A ".scope", "nspawn", A},
	{"/machine.slice/machine-" A "5.scope", NULL, NULL},
	{"/elsewhere/machine-web.scope", NULL, NULL},
	{"/machine.slice/systemd-nspawn@.service", NULL, NULL},
	{"/machine.slice/systemd-nspawn@x.scope", NULL, NULL},
	/* lxc: 1 to 3, proxmox, 4, unprivileged, a development version, monitors */
	{"/lxc/web", "lxc", "web"},
	{"/lxc/101/ns/system.slice/postfix.service", "lxc", "101"},
	{"/lxc.payload.web/system.slice/ssh.service", "lxc", "web"},
	{"/lxc.payload/web", "lxc", "web"},
	{"/user.slice/user-1000.slice/session-1.scope/lxc/a b", "lxc", "a b"},
	{"/lxc.payload.c1/docker/" A, "docker", A},
	{"/lxc.monitor.web", NULL, NULL},
	{"/lxc.monitor/101", NULL, NULL},
	{"/lxc", NULL, NULL},
	{"/lxc/", NULL, NULL},
	{"/lxc.payload.", NULL, NULL},
	{"/lxc.pivot", NULL, NULL},
	/* Fargate: the container's name is the task's and a number */
	{"/ecs/" TASK "/" TASK "-2704173913", NULL, TASK "-2704173913"},
	{"/ecs/cluster/" TASK "/" A, NULL, A},
	{"/" TASK "/" TASK "-2704173913", NULL, NULL},
	{"/ecs/" TASK "/" TASK "-", NULL, NULL},
	{"/ecs/" TASK "/" TASK "-27x", NULL, NULL},
	{"/ecs/" TASK "/" TASK, NULL, NULL},
	/* seen from a cgroup namespace: what is above it is two dots for each step */
	{"/", NULL, NULL},
	{"/../docker-" A ".scope", "docker", A},
	{"/../../../docker/" A, "docker", A},
	{"/../lxc/web", "lxc", "web"},
	{"/../..", NULL, NULL},
	{"/lxc/..", NULL, NULL},
	{"/docker/../" A, "docker", A},
	/* garage: nothing of a container */
	{"/init.scope", NULL, NULL},
	{"/system.slice/docker.service", NULL, NULL},
	{"/system.slice/docker-garage.scope", NULL, NULL},
	{"/system.slice/docker-.scope", NULL, NULL},
	{"/user.slice/user-1000.slice/session-3.scope", NULL, NULL},
	{"/docker/buildkit/tgx5d6", NULL, NULL},
	{"/docker/4F797C539E6C745DE61A93CA3FF892358ECBCACCD8414D5DB545C38428142970", NULL, NULL},
	{"/docker/" A "0", NULL, NULL},
	{"/docker/f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970", NULL, NULL},
	{"/docker/g"
	 "f797c539e6c745de61a93ca3ff892358ecbcaccd8414d5db545c38428142970",
	 NULL, NULL},
	{"/system.slice/docker-" A ".service", NULL, NULL},
	{"/system.slice/docker-" A ".scopes", NULL, NULL},
	{"/system.slice/xdocker-" A ".scope", NULL, NULL},
	{"/system.slice/var-lib-docker-containers-" A "-shm.mount", NULL, NULL},
	{"/system.slice/a:" A, NULL, NULL},
	{"/system.slice/:" A, NULL, NULL},
	{"/a:b:" A "0", NULL, NULL},
	{"/a:own-runtime:" A, NULL, A},
	{"/process_api/4def38e49fd653a8491a222ee2515961", NULL, NULL},
	{"", NULL, NULL},
	{"docker", NULL, NULL},
};

static void test_paths(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct container container = {.id = "left"};
		size_t len = strlen(rows[i].path);
		char *exact = test_malloc(len ? len : 1);
		bool found, right;

		memcpy(exact, rows[i].path, len);
		found = container_find(exact, len, &container);
		test_free(exact);
		right = found == (rows[i].id != NULL);
		if (right && found)
			right = !strcmp(container.id, rows[i].id) &&
				(container.runtime && rows[i].runtime ? !strcmp(container.runtime, rows[i].runtime)
								      : container.runtime == rows[i].runtime);
		if (!right)
			print_error("%s: %s %s\n", rows[i].path, found ? container.id : "none",
				    found && container.runtime ? container.runtime : "");
		wrong += !right;
	}
	assert_int_equal(wrong, 0);
}

/* A name has 255 bytes at most; should a kernel have longer ones, they are passed over. */
static void test_names_of_any_length(void **state)
{
	char path[600] = "/lxc/";

	(void)state;
	for (size_t len = 1; len < 500; len++) {
		struct container container;

		memset(path + 5, 'n', len);
		assert_int_equal(container_find(path, 5 + len, &container), len < sizeof(container.id));
		if (len < sizeof(container.id))
			assert_int_equal(strlen(container.id), len);
	}
}

static void test_any_byte_of_a_name(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		char path[] = "/lxc/a?b/c";
		struct container container;

		path[6] = (char)c;
		assert_true(container_find(path, strlen(path), &container));
		assert_int_equal(strncmp(container.id, path + 5, c == '/' ? 1 : 3), 0);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(test_paths),
	cmocka_unit_test(test_names_of_any_length),
	cmocka_unit_test(test_any_byte_of_a_name),
};

RUN(tests)
