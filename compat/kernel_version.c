// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel_version.h"

#include "number.h"
#include "sys.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>

unsigned int kernel_version_parse(const char *text)
{
	uint32_t major, minor, sub = 0;

	if (!number_take(&text, &major) || *text++ != '.' || !number_take(&text, &minor) || major > 255 || minor > 255)
		return 0;
	if (*text++ == '.')
		number_take(&text, &sub);
	return major << 16 | minor << 8 | (sub > 255 ? 255 : sub);
}

/* The notes of one PT_NOTE segment. The vDSO is the kernel's own image, yet a bad length must not run off it. */
static unsigned int version_in_notes(const char *note, size_t size)
{
	while (size >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *head = (const void *)note;
		size_t name = (head->n_namesz + 3UL) & ~3UL, desc = (head->n_descsz + 3UL) & ~3UL;
		unsigned int code;

		if (name > size || desc > size || sizeof(*head) + name + desc > size)
			return 0;
		if (head->n_type == 0 && head->n_namesz == 6 && head->n_descsz == 4 &&
		    !memcmp(note + sizeof(*head), "Linux", 6)) {
			memcpy(&code, note + sizeof(*head) + name, sizeof(code));
			return code;
		}
		note += sizeof(*head) + name + desc;
		size -= sizeof(*head) + name + desc;
	}
	return 0;
}

unsigned int kernel_version_of_vdso(const void *vdso)
{
	const ElfW(Ehdr) *ehdr = vdso;
	const ElfW(Phdr) * phdr;
	unsigned int code = 0;

	if (!vdso || memcmp(ehdr->e_ident, ELFMAG, SELFMAG))
		return 0;
	phdr = (const void *)((const char *)vdso + ehdr->e_phoff);
	for (int i = 0; i < ehdr->e_phnum && !code; i++) {
		if (phdr[i].p_type == PT_NOTE)
			code = version_in_notes((const char *)vdso + phdr[i].p_offset, phdr[i].p_filesz);
	}
	return code;
}

static void add_candidate(unsigned int codes[KERNEL_VERSION_MAX], int *count, unsigned int code)
{
	for (int i = 0; i < *count; i++) {
		if (codes[i] == code)
			return;
	}
	if (code && *count < KERNEL_VERSION_MAX)
		codes[(*count)++] = code;
}

int kernel_version_candidates(unsigned int codes[KERNEL_VERSION_MAX])
{
	char signature[256];
	const char *debian, *upstream;
	struct utsname name;
	int count = 0;

	add_candidate(codes, &count, kernel_version_of_vdso((const void *)getauxval(AT_SYSINFO_EHDR)));
	/* "Ubuntu 4.15.0-20.21-generic 4.15.17": uname says 4.15.0, the third word is what was built. */
	if (sys_read_file(AT_FDCWD, "/proc/version_signature", signature, sizeof(signature)) > 0 &&
	    !strncmp(signature, "Ubuntu ", 7)) {
		upstream = strchr(signature + 7, ' ');
		if (upstream)
			add_candidate(codes, &count, kernel_version_parse(upstream));
	}
	if (!sys_uname(&name)) {
		/* "#1 SMP Debian 4.9.110-3 (2018-10-08)": uname says 4.9.0. */
		debian = strstr(name.version, "Debian ");
		if (debian)
			add_candidate(codes, &count, kernel_version_parse(debian + strlen("Debian ")));
		add_candidate(codes, &count, kernel_version_parse(name.release));
	}
	/* 4.14.252 to .254 and 4.19.222 to .254 were built with sublevel 255 before their own reached it. */
	if (count)
		add_candidate(codes, &count, codes[count - 1] | 255);
	return count;
}

bool kernel_is_wider(const char *machine, int bits)
{
	return bits < 64 && (strstr(machine, "64") || !strncmp(machine, "armv8", 5) || !strcmp(machine, "s390x"));
}
