# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a build is made of: all there is or, by SMALL=1, what a box with little flash has a use for. For what is left out the
# doors of loader/small stand, which say so. Makefile and tests/unit/Makefile read this in; they have set DIRS.

# Formats of other programs, names by DNS, and sinks that take messages: whoever collects those from such a box does it by
# a pipe, to busybox's logger for one.
LEFT_OUT := loader/left_out.c loader/built_in.c $(wildcard loader/names/*.c) \
	$(addprefix loader/output/,foreign.c ecs.c ocsf.c tracee.c journal.c) \
	$(addprefix loader/sink/,journald.c message.c peer.c syslog.c)

SOURCES := $(sort $(wildcard $(addsuffix /*.c,$(DIRS))))
SOURCES := $(filter-out $(if $(SMALL),$(LEFT_OUT),loader/small/%),$(SOURCES))

# What waits for a slow reader, and what is remembered of callers: bytes and counts.
override CPPFLAGS += $(if $(SMALL),-DSINK_LINES=65536 -DCACHE_PROCESSES=256 -DCACHE_BYTES=131072 -DCACHE_DIRS=64)

# Unit tests of what is left out.
LEFT_OUT_TESTS := $(if $(SMALL),book dns faults formats hostile hosts journald names streams syslog)

# The object as the program has it.
EMBEDDED := $(BUILD)/connsnoop.bpf.o$(if $(SMALL),.gz)
