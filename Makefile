# SPDX-License-Identifier: GPL-2.0-or-later
# make                                     build/connsnoop, static and stripped
# make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
# make install DESTDIR= PREFIX=/usr/local  make clean
# make check | vm | bench | fuzz           see README.md

VERSION := 0.1.0
HOST_ARCH := $(shell uname -m)
ARCH ?= $(HOST_ARCH)
override ARCH := $(patsubst aarch64,arm64,$(patsubst amd64,x86_64,$(ARCH)))
CROSS_COMPILE ?=
ifeq ($(origin CC),default)
CC := $(CROSS_COMPILE)gcc
endif
STRIP ?= $(CROSS_COMPILE)strip
CLANG ?= clang
LLVM_STRIP ?= llvm-strip
PKG_CONFIG ?= $(shell command -v $(CROSS_COMPILE)pkg-config 2>/dev/null || echo pkg-config)
PREFIX ?= /usr/local
BUILD ?= build$(if $(filter-out $(patsubst aarch64,arm64,$(HOST_ARCH)),$(ARCH)),/$(ARCH))

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
DIRS := loader $(patsubst %/,%,$(wildcard loader/*/)) compat
INCLUDES := -Iinclude $(addprefix -I,$(DIRS))
override CPPFLAGS += -D_GNU_SOURCE -DCONNSNOOP_VERSION='"$(VERSION)"' $(INCLUDES)

# Libraries of another architecture: multiarch ones are found by the compiler; else what scripts/deps cross-arm64 unpacked.
SYSROOT ?= $(if $(CROSS_COMPILE),$(wildcard build/sysroot-$(ARCH)))
ifneq ($(SYSROOT),)
SYSROOT_LIB := $(SYSROOT)/usr/lib/$(CROSS_COMPILE:%-=%)
override CPPFLAGS += -isystem $(SYSROOT)/usr/include -isystem $(SYSROOT)/usr/include/$(CROSS_COMPILE:%-=%)
override LDFLAGS += -L$(SYSROOT_LIB)
PKG_CONFIG := PKG_CONFIG_LIBDIR=$(SYSROOT_LIB)/pkgconfig PKG_CONFIG_SYSROOT_DIR=$(SYSROOT) pkg-config
endif
LIBS ?= $(shell $(PKG_CONFIG) --static --libs libelf libcap 2>/dev/null || echo -lelf -lz -lcap)

SOURCES := $(wildcard $(addsuffix /*.c,$(DIRS)))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/loader/embedded.o
BPF_SOURCES := $(wildcard bpf/*.[ch] bpf/arch/*.h include/*.h)
# v1 is the instruction set of 4.4; clang 20 would take v3.
BPF_CFLAGS := -target bpf -mcpu=v1 -O2 -g0 -Wall -Wextra -Werror -Iinclude -Ibpf -DARCH_HEADER='"arch/$(ARCH).h"'

all: $(BUILD)/connsnoop

$(BUILD)/connsnoop: $(OBJECTS)
	$(CC) -static $(CFLAGS) $(LDFLAGS) -Wl,--gc-sections -o $@.unstripped $(OBJECTS) $(LIBS)
	$(STRIP) -o $@ $@.unstripped

$(BUILD)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -ffunction-sections -fdata-sections -MMD -MP -c -o $@ $<

$(BUILD)/obj/loader/embedded.o: loader/embedded.S $(BUILD)/connsnoop.bpf.o
	@mkdir -p $(@D)
	$(CC) -DBPF_OBJECT='"$(BUILD)/connsnoop.bpf.o"' -c -o $@ $<

# Without the labels of jumps, of which clang makes a symbol each: a fifth of the file.
$(BUILD)/connsnoop.bpf.o: $(BPF_SOURCES)
	@mkdir -p $(@D)
	$(CLANG) $(BPF_CFLAGS) -c -o $@ bpf/connsnoop.bpf.c
	$(LLVM_STRIP) --strip-unneeded $@

# The sandbox as a kernel enforces it: the VMs' program, and this machine's.
$(BUILD)/tests/workload/confined: tests/sandbox/confined.c $(filter-out %/main.o,$(OBJECTS))
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) $(WARNINGS) -std=gnu11 -static -Wl,--gc-sections $(LDFLAGS) -o $@ $^ $(LIBS)

# What tests need beside the program.
tests: all $(BUILD)/tests/workload/confined
	$(MAKE) -f tests/unit/Makefile BUILD=$(BUILD) CC=$(CC) check-binaries
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	$(MAKE) -C tests/workload BUILD=$(abspath build/arm64) CROSS_COMPILE=aarch64-linux-gnu-

# Unit tests, quick; scripts/check runs everything.
check: all
	$(MAKE) -f tests/unit/Makefile BUILD=$(BUILD) CC=$(CC) check-binaries
	prove $(BUILD)/tests/unit/*.t

# Boots kernels and plays every case in them: Debian's, or KERNEL="image..." or all in KERNELS=folder.
vm: all
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	KERNEL="$(KERNEL)" KERNELS="$(KERNELS)" prove -v tests/vm/vm.t

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

.PHONY: all tests check vm bench fuzz format install clean
