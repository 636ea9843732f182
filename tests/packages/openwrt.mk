# SPDX-License-Identifier: GPL-2.0-or-later
#
# As much of OpenWrt as its package takes: its includes come from a folder of empty files, and BuildPackage makes rules of
# what the package has defined.
TOPDIR := $(STUBS)
INCLUDE_DIR := $(STUBS)
ARCH := $(shell uname -m)
CLANG := clang
LLVM_STRIP := llvm-strip
TARGET_CROSS :=
TARGET_CFLAGS := -Os
TARGET_LDFLAGS :=
PKG_BUILD_DIR := $(TREE)
BPF_DEPENDS := @HAS_BPF_TOOLCHAIN

define BuildPackage
build:
	$$(Build/Compile)
install:
	$$(call Package/$(1)/install,$$(INTO))
print:
	@echo $$(PKG_VERSION) $$(PKG_SOURCE) $$(PKG_LICENSE_FILES)
endef

include $(PACKAGE)

.PHONY: build install print
