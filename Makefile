# SPDX-License-Identifier: GPL-2.0-or-later
# make                                     build/connsnoop, static and stripped
# make ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
# make install DESTDIR= PREFIX=/usr/local  make clean
# make check | vm | bench | fuzz           see README.md
# make dist | deb | rpm                    see docs/install.md

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
# Packages, which are built by compilers to come, say WERROR=
WERROR ?= -Werror
WARNINGS := -Wall -Wextra $(WERROR) -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wwrite-strings
DIRS := loader $(patsubst %/,%,$(sort $(wildcard loader/*/))) compat
INCLUDES := -Iinclude $(addprefix -I,$(DIRS))
# The folder of the build is nobody's business: two of them give the same bytes.
override CFLAGS += -fdebug-prefix-map=$(CURDIR)=.
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

SOURCES := $(sort $(wildcard $(addsuffix /*.c,$(DIRS))))
OBJECTS := $(SOURCES:%.c=$(BUILD)/obj/%.o) $(BUILD)/obj/loader/embedded.o
BPF_SOURCES := $(wildcard bpf/*.[ch] bpf/arch/*.h include/*.h)
# v1 is the instruction set of 4.4; clang 20 would take v3.
BPF_CFLAGS := -target bpf -mcpu=v1 -O2 -g0 -Wall -Wextra $(WERROR) -Iinclude -Ibpf -DARCH_HEADER='"arch/$(ARCH).h"'

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

# What tests need beside the program.
tests: all
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

# connsnoop alone in containers on Debian's 6.12, or KERNEL="image...".
vm-container: all
	$(MAKE) -C tests/workload BUILD=$(abspath $(BUILD))
	KERNEL="$(KERNEL)" prove -v tests/vm/container.t

bench: all
	tests/bench/run

fuzz:
	$(MAKE) -f tests/fuzz/Makefile fuzz FUZZ_S=$(or $(FUZZ_S),60)

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

.PHONY: all tests check vm vm-container bench fuzz format install uninstall completion dist deb rpm clean
