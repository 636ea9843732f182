################################################################################
#
# connsnoop
#
################################################################################
# SPDX-License-Identifier: GPL-2.0-or-later

CONNSNOOP_VERSION = 0.1.0
CONNSNOOP_SOURCE = connsnoop-$(CONNSNOOP_VERSION).tar.xz
CONNSNOOP_SITE = https://connsnoop.invalid/releases
CONNSNOOP_LICENSE = GPL-2.0+, GPL-2.0 (programs for the kernel)
CONNSNOOP_LICENSE_FILES = COPYING
# host-clang translates the programs for the kernel; elfutils may have been built with zstd.
CONNSNOOP_DEPENDENCIES = host-clang host-llvm host-pkgconf elfutils libcap zlib \
	$(if $(BR2_PACKAGE_ZSTD),zstd)

# The Makefile has Debian's names for architectures.
CONNSNOOP_ARCH = $(subst powerpc64le,ppc64el,$(patsubst arm,armhf,$(call qstrip,$(BR2_ARCH))))

CONNSNOOP_MAKE_OPTIONS = \
	ARCH=$(CONNSNOOP_ARCH) \
	CROSS_COMPILE="$(TARGET_CROSS)" \
	BUILD=build \
	WERROR= \
	CC="$(TARGET_CC)" \
	CFLAGS="$(TARGET_CFLAGS)" \
	LDFLAGS="$(TARGET_LDFLAGS)" \
	STRIP="$(TARGET_STRIP)" \
	CLANG="$(HOST_DIR)/bin/clang" \
	LLVM_STRIP="$(HOST_DIR)/bin/llvm-strip" \
	PKG_CONFIG="$(PKG_CONFIG_HOST_BINARY)"

define CONNSNOOP_BUILD_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(CONNSNOOP_MAKE_OPTIONS)
endef

define CONNSNOOP_INSTALL_TARGET_CMDS
	$(TARGET_MAKE_ENV) $(MAKE) -C $(@D) $(CONNSNOOP_MAKE_OPTIONS) \
		DESTDIR=$(TARGET_DIR) PREFIX=/usr PARTS=program install
endef

$(eval $(generic-package))
