# SPDX-License-Identifier: GPL-2.0-or-later
#
# As much of Buildroot as its package takes: make -f buildroot.mk PACKAGE=connsnoop.mk TREE=... TARGET_DIR=... build
qstrip = $(strip $(subst ",,$(1)))
generic-package =
BR2_ARCH := "$(shell uname -m)"
HOST_DIR := /usr
PKG_CONFIG_HOST_BINARY := pkg-config
TARGET_CROSS :=
TARGET_CC := gcc
TARGET_STRIP := strip
TARGET_CFLAGS := -Os
TARGET_LDFLAGS :=
TARGET_MAKE_ENV := env

include $(PACKAGE)

build: $(TREE)/.stamp_built
install: $(TREE)/.stamp_installed

$(TREE)/.stamp_built:
	+$(CONNSNOOP_BUILD_CMDS)

$(TREE)/.stamp_installed:
	$(CONNSNOOP_INSTALL_TARGET_CMDS)

print:
	@echo $(CONNSNOOP_VERSION) $(CONNSNOOP_SOURCE) $(CONNSNOOP_LICENSE_FILES) $(CONNSNOOP_DEPENDENCIES)

.PHONY: build install print
