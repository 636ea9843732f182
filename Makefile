# SPDX-License-Identifier: GPL-2.0-or-later
# make                                     build/connsnoop, static and stripped
# make ARCH=s390x                          build/s390x/connsnoop, by Debian's cross compiler
# make release                             build/release/connsnoop-ARCH of all in scripts/architectures
# make SMALL=1 [ARCH=armhf]                build/small[/ARCH]/connsnoop, for boxes with little flash; see small.mk
# make install DESTDIR= PREFIX=/usr/local  make clean
# make check | vm | vm-all | vm-small | bench | fuzz    see README.md

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
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
DIRS := loader $(patsubst %/,%,$(wildcard loader/*/)) compat
INCLUDES := -Iinclude $(addprefix -I,$(DIRS))
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
BPF_CFLAGS := -target $(word 7,$(ARCH_LINE)) -mcpu=v1 -O2 -g0 -Wall -Wextra -Werror -Iinclude -Ibpf \
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

# What tests need beside the program.
tests: all
	$(MAKE) -f tests/unit/Makefile BUILD=$(BUILD) CC=$(CHECK_CC) check-binaries
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	$(MAKE) ARCH=arm64 all
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

bench: all
	tests/bench/run

fuzz:
	$(MAKE) -f tests/fuzz/Makefile fuzz FUZZ_S=$(or $(FUZZ_S),60)

format:
	clang-format -i $$(find include bpf loader compat tests -name '*.[ch]')

install: all
	install -D -m 755 $(BUILD)/connsnoop $(DESTDIR)$(PREFIX)/sbin/connsnoop
	install -D -m 644 connsnoop.8 $(DESTDIR)$(PREFIX)/share/man/man8/connsnoop.8

clean:
	rm -rf build

-include $(OBJECTS:.o=.d)

.PHONY: all release FORCE tests check check-i386 vm vm-all vm-small bench fuzz format install clean
