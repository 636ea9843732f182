# SPDX-License-Identifier: GPL-2.0-or-later
# make                                     build/connsnoop, static and stripped
# make ARCH=s390x                          build/s390x/connsnoop, by Debian's cross compiler
# make release                             build/release/connsnoop-ARCH of all in scripts/architectures
# make SMALL=1 [ARCH=armhf]                build/small[/ARCH]/connsnoop, for boxes with little flash; see small.mk
# make install DESTDIR= PREFIX=/usr/local  make clean
# make check | vm | vm-all | vm-small | bench | fuzz    see README.md
# make dist | deb | rpm                    see docs/install.md

VERSION := 0.1.0
# A line of scripts/architectures: by what uname -m says, or by the name.
HOST_ARCH := $(shell awk -v machine=$$(uname -m) '$$2 == machine && !n++ { print $$1 }' scripts/architectures)
ARCH ?= $(HOST_ARCH)
override ARCH := $(patsubst aarch64,arm64,$(patsubst amd64,x86_64,$(ARCH)))
ARCH_LINE := $(shell awk '$$1 == "$(ARCH)"' scripts/architectures)
ifeq ($(ARCH_LINE),)
$(error scripts/architectures has no $(ARCH))
endif
CROSS_COMPILE ?= $(if $(filter-out $(HOST_ARCH),$(ARCH)),$(word 3,$(ARCH_LINE))-)
# What scripts/musl-libs brought: for SMALL=1, where it is there, and for CC=musl-gcc.
MUSL ?= $(if $(or $(SMALL),$(findstring musl,$(CC))),$(wildcard build/musl-$(ARCH)))
ifeq ($(origin CC),default)
CC := $(if $(MUSL),$(MUSL)/,$(CROSS_COMPILE))gcc
endif
STRIP ?= $(CROSS_COMPILE)strip
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
PKG_CONFIG ?= $(shell command -v $(CROSS_COMPILE)pkg-config 2>/dev/null || echo pkg-config)
PREFIX ?= /usr/local
BUILD ?= build$(if $(SMALL),/small)$(if $(filter-out $(HOST_ARCH),$(ARCH)),/$(ARCH))

CFLAGS ?= $(if $(SMALL),-Os,-O2) -g
# Packages, which are built by compilers to come, say WERROR=
WERROR ?= -Werror
WARNINGS := -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
DIRS := loader $(patsubst %/,%,$(sort $(wildcard loader/*/))) compat
INCLUDES := -Iinclude $(addprefix -I,$(DIRS))
# The folder of the build is nobody's business: two of them give the same bytes.
override CFLAGS += -fdebug-prefix-map=$(CURDIR)=.
override CPPFLAGS += -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -DCONNSNOOP_VERSION='"$(VERSION)"' $(INCLUDES)

# Libraries of another architecture: multiarch ones are found by the compiler; else what scripts/deps cross-ARCH unpacked.
SYSROOT ?= $(if $(MUSL),,$(if $(CROSS_COMPILE),$(wildcard build/sysroot-$(ARCH))))
ifneq ($(SYSROOT),)
SYSROOT_LIB := $(SYSROOT)/usr/lib/$(word 4,$(ARCH_LINE))
override CPPFLAGS += -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(word 4,$(ARCH_LINE))
override LDFLAGS += -L$(SYSROOT_LIB)
# Libraries of a newer suite than the compiler's C library call C23's forms of two functions (2.38), which differ in that
# they take binary numbers, too.
ifneq ($(word 6,$(ARCH_LINE)),bookworm)
override LDFLAGS += -Wl,--defsym=__isoc23_strtol=strtol -Wl,--defsym=__isoc23_strtoul=strtoul
endif
PKG_CONFIG := PKG_CONFIG_LIBDIR=$(SYSROOT_LIB)/pkgconfig PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) pkg-config
endif
ifneq ($(MUSL),)
override CPPFLAGS += -isystem $(MUSL)/include
override LDFLAGS += -L$(MUSL)/lib
LIBS ?= -lelf -lcap -lz
endif
LIBS ?= $(shell $(PKG_CONFIG) --static --libs libelf libcap 2>/dev/null || echo -lelf -lz -lcap)

# Nothing unwinds a stack, what separates code from data in memory takes pages of the file, and seeing all sources at once
# gcc makes a tenth less of them.
ifneq ($(SMALL),)
override CFLAGS += -fno-pie -fno-asynchronous-unwind-tables -fno-unwind-tables $(if $(findstring clang,$(CC)),,-flto=auto) \
	$(if $(filter mips%,$(ARCH)),-mplt)
override LDFLAGS += -no-pie -Wl,-z,norelro -Wl,-z,noseparate-code -Wl,--build-id=none
endif

include small.mk
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/loader/embedded.o
BPF_SOURCES := $(wildcard bpf/*.[ch] bpf/arch/*.h include/*.h)
# v1 is the instruction set of 4.4; clang 20 would take v3.
BPF_CFLAGS := -target $(word 7,$(ARCH_LINE)) -mcpu=v1 -O2 -g0 -Wall -Wextra $(WERROR) -Iinclude -Ibpf \
	-DARCH_HEADER='"arch/$(word 8,$(ARCH_LINE)).h"'

all: $(BUILD)/connsnoop

$(BUILD)/connsnoop: $(OBJECTS)
	$(CC) -static $(CFLAGS) $(LDFLAGS) -Wl,--gc-sections -o $@.unstripped $(OBJECTS) $(LIBS)
	$(STRIP) -o $@ $@.unstripped

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<

$(BUILD)/obj/loader/embedded.o: loader/embedded.S $(EMBEDDED)
	@mkdir -p $(@D)
	$(CC) -DBPF_OBJECT='"$(EMBEDDED)"' -c -o $@ $<

%.gz: %
	gzip -9 -n -c $< >$@

# Without the labels of jumps, of which clang makes a symbol each: a fifth of the file.
$(BUILD)/connsnoop.bpf.o: $(BPF_SOURCES)
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ bpf/connsnoop.bpf.c
	$(LLVM_STRIP) --strip-unneeded $@

# One binary for each architecture, and how large it is.
ARCHES := $(shell awk '$$1 ~ /^[a-z]/ { print $$1 }' scripts/architectures)

release: $(ARCHES:%=build/release/connsnoop-%)
	@wc -c $(sort $^)

build/release/connsnoop-%: FORCE
	@mkdir -p build/release
	+@$(MAKE) --no-print-directory ARCH=$* all
	@cp $(if $(filter $(HOST_ARCH),$*),build,build/$*)/connsnoop $@

FORCE:

# cmocka is glibc's.
CHECK_CC := $(if $(MUSL),cc,$(CC))

# The sandbox as a kernel enforces it: the VMs' program, and this machine's.
$(BUILD)/tests/workload/confined: tests/sandbox/confined.c $(filter-out %/main.o,$(OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -static -Wl,--gc-sections $(LDFLAGS) -o $@ $^ $(LIBS)

# What tests need beside the program.
tests: all $(BUILD)/tests/workload/confined
	$(MAKE) -f tests/unit/Makefile BUILD=$(BUILD) CC=$(CHECK_CC) check-binaries
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	$(MAKE) ARCH=arm64 all build/arm64/tests/workload/confined
	$(MAKE) ARCH=s390x all
	$(MAKE) callers-arm64 callers-s390x

# Unit tests, quick; scripts/check runs everything.
check: all
	$(MAKE) -f tests/unit/Makefile BUILD=$(BUILD) CC=$(CHECK_CC) check-binaries
	prove $(BUILD)/tests/unit/*.t

# The same as 32-bit programs, as far as they are not about a 64-bit kernel's memory: scripts/deps cross-i386 first.
check-i386:
	$(MAKE) ARCH=i386 all
	$(MAKE) -f tests/unit/Makefile BUILD=build/i386 CC=i686-linux-gnu-gcc SYSROOT=build/sysroot-i386 check

# Boots kernels and plays every case in them: Debian's, or KERNEL="image..." or all in KERNELS=folder.
vm: all
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	KERNEL="$(KERNEL)" KERNELS="$(KERNELS)" prove -v tests/vm/vm.t

# Boots kernels of every architecture, or ARCHES="..."; scripts/deps cross vm-all brings what it takes.
vm-all: release $(ARCHES:%=callers-%)
	prove -v tests/vm/all.t

# Small builds on armhf and mipsel: scripts/deps cross-armhf cross-mipsel musl-armhf musl-mipsel vm-all first.
vm-small: callers-armhf callers-mipsel
	$(MAKE) SMALL=1 ARCH=armhf
	$(MAKE) SMALL=1 ARCH=mipsel
	prove -v tests/vm/small.t

callers-%:
	$(MAKE) -C tests/workload BUILD=$(abspath $(if $(filter $(HOST_ARCH),$*),build,build/$*)) \
		CROSS_COMPILE=$(if $(filter-out $(HOST_ARCH),$*),$(shell awk '$$1 == "$*" { print $$3 }' scripts/architectures)-)
# connsnoop alone in containers on Debian's 6.12, or KERNEL="image...".
vm-container: all
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	KERNEL="$(KERNEL)" prove -v tests/vm/container.t

bench: all
	tests/bench/run

fuzz:
	$(MAKE) -f tests/fuzz/Makefile fuzz FUZZ_S=$(or $(FUZZ_S),60)

# Hours of load in a few: 20,000 connects a second by processes that live 5 ms, as far as the emulated machine gets.
soak: all
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	tests/vm/run --table --scenes soak --soak $(or $(SOAK_S),1800) --timeout $$(($(or $(SOAK_S),1800) + 600)) \
		$(or $(KERNEL),$$(scripts/fetch-kernel amd64 trixie))

# Every call of every way to run fails with every errno.
faults: tests
	FAULTS=all prove -v tests/deep/faults.t $(BUILD)/tests/unit/faults.t

# What takes longer than scripts/check has time for: sanitizers, fuzzers and valgrind; analysers; calls of the real binary
# that fail.
deep: tests
	prove --timer --failures tests/deep/*.t

format:
	clang-format -i $$(find include bpf loader compat tests -name '*.[ch]')

# packaging/files says what and where; PARTS="program manual completion systemd" takes more of it, or less.
install: all
	BUILD='$(BUILD)' PREFIX='$(PREFIX)' scripts/install

uninstall:
	PREFIX='$(PREFIX)' scripts/install --remove

# From --help; tests/packages.t holds them against it.
completion: all
	scripts/completion bash >packaging/completion/connsnoop
	scripts/completion zsh >packaging/completion/_connsnoop

# The sources and checksums; the same bytes wherever and whenever they are made from the same commit.
dist:
	BUILD='$(BUILD)' scripts/dist $(VERSION)

# A package of this machine's architecture, in build/packages.
deb rpm:
	BUILD='$(BUILD)' scripts/package $@ $(VERSION)

clean:
	rm -rf build

-include $(OBJECTS:.o=.d)

.PHONY: all release FORCE tests check check-i386 vm vm-all vm-small vm-container bench fuzz soak faults deep format install uninstall completion dist deb rpm clean
