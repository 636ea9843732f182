# SPDX-License-Identifier: GPL-2.0-or-later
SUMMARY = "Report of every attempt to connect a socket"
HOMEPAGE = "https://connsnoop.invalid/"
SECTION = "net"
LICENSE = "GPL-2.0-or-later & GPL-2.0-only"
LIC_FILES_CHKSUM = "file://COPYING;md5=b234ee4d69f5fce4486a80fdaf4a4263"

# The sum is in SHA256SUMS of the release.
SRC_URI = "https://connsnoop.invalid/releases/connsnoop-${PV}.tar.xz"
SRC_URI[sha256sum] = ""

# clang-native is meta-clang's before it came to the core. The program is static, so that distributions which leave
# archives out have to say DISABLE_STATIC:pn-elfutils = "" in their configuration, and so for libcap, zlib and zstd.
DEPENDS = "clang-native elfutils libcap zlib zstd"

inherit pkgconfig systemd

# Off until it is enabled.
SYSTEMD_SERVICE:${PN} = "connsnoop.service"
SYSTEMD_AUTO_ENABLE = "disable"

PARTS = "program manual completion ${@bb.utils.contains('DISTRO_FEATURES', 'systemd', 'systemd', '', d)}"

# The Makefile has Debian's names for architectures.
CONNSNOOP_ARCH = "${TARGET_ARCH}"
CONNSNOOP_ARCH:i586 = "i386"
CONNSNOOP_ARCH:i686 = "i386"
CONNSNOOP_ARCH:arm = "armhf"
CONNSNOOP_ARCH:powerpc64le = "ppc64el"

EXTRA_OEMAKE = " \
    ARCH=${CONNSNOOP_ARCH} CROSS_COMPILE=${TARGET_PREFIX} BUILD=build WERROR= \
    'CC=${CC}' 'CFLAGS=${CFLAGS}' 'LDFLAGS=${LDFLAGS}' 'STRIP=${STRIP}' \
    CLANG=clang LLVM_STRIP=llvm-strip PKG_CONFIG=pkg-config \
"
# It is stripped by its own Makefile.
INSANE_SKIP:${PN} += "already-stripped"

do_compile() {
	oe_runmake
}

do_install() {
	oe_runmake install DESTDIR=${D} PREFIX=${prefix} SBINDIR=${sbindir} MANDIR=${mandir} \
		SYSCONFDIR=${sysconfdir} UNITDIR=${systemd_system_unitdir} DOCDIR=${docdir}/connsnoop "PARTS=${PARTS}"
}
