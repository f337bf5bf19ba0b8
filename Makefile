# moshgate: a stock sshd in front, mosh on the long leg.
#
#   make            build everything into build/
#   make install    programs, drop-in, settings, units, manual pages (as root)
#   make uninstall  take them away again; /etc/moshgate and its users stay
#   make deps       install what building and testing need (apt)
#   make demo       see it work: client, gateway and far server on this machine
#   make check      every test, unit and end to end (as root, or through sudo)
#   make check-san  the same tests with the sanitizers' builds of all programs
#   make check-valgrind  the helper and its workers under valgrind
#   make fuzz       look for inputs that upset the parsers
#   make bench-relay  how fast commands and copies are, beside ssh -J
#   make dist       the source, as a tar file, in build/
#   make deb        Debian packages, in build/deb/
#   make check-packages  try them on Debian 12 and 13
#   make lint       formatting, static analysis, manual pages, units
#   make clean
#
# Variables: PREFIX DESTDIR CC CFLAGS CPPFLAGS LDFLAGS
#   nssdir=D  install the module for the user database into D
#   V=1       show the commands
#   SAN=1     build with address and undefined-behaviour sanitizers
#   BUILD=D   build into D
#   JOBS=N    run N tests side by side
#   TESTS=…   the end-to-end tests to run, e.g. tests/e2e/login.t
#   FUZZ_SECONDS=N  fuzz each parser for N seconds (60)

# In Debian's form, VERSION-REVISION, and its day in seconds since 1970.
CHANGELOG = $(firstword $(wildcard packaging/debian/changelog debian/changelog))
FULL_VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' $(CHANGELOG))
VERSION := $(firstword $(subst -, ,$(FULL_VERSION)))

PREFIX ?= /usr
DESTDIR ?=
BUILD ?= $(if $(SAN),build-san,build)
JOBS ?= 4
# Those that take longest come first, so that none of them runs alone at the end.
LONG_TESTS = $(addprefix tests/e2e/,somebody-guesses-names.t \
	robots-while-the-remote-is-gone.t the-user-map-is-damaged.t \
	the-helper-finds-the-user-map-damaged.t)
TESTS ?= $(LONG_TESTS) $(filter-out $(LONG_TESTS),$(wildcard tests/e2e/*.t))

sysconfdir = /etc
runstatedir = /run
localstatedir = /var
libexecdir = $(PREFIX)/libexec
sbindir = $(PREFIX)/sbin
datadir = $(PREFIX)/share
mandir = $(datadir)/man
unitdir = $(PREFIX)/lib/systemd/system

# Where the dynamic loader looks, which depends on the system: asked of the
# compiler when it is needed.
multiarch = $(shell $(CC) -print-multiarch 2>/dev/null)
lib64 = $(if $(wildcard /usr/lib64),$(filter 64,$(shell getconf LONG_BIT)))
nssdir ?= $(PREFIX)/$(or $(addprefix lib/,$(multiarch)),$(if $(lib64),lib64),lib)

CFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config

# root's tools are not in everyone's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

# --- flags ------------------------------------------------------------------

DEFINES = -D_GNU_SOURCE \
	-DMOSHGATE_VERSION='"$(VERSION)"' $(PATHS)
PATHS = -DLIBEXECDIR='"$(libexecdir)"' -DSYSCONFDIR='"$(sysconfdir)"' \
	-DDATADIR='"$(datadir)"' -DRUNSTATEDIR='"$(runstatedir)"' \
	-DLOCALSTATEDIR='"$(localstatedir)"'

WARNINGS = -Wall -Wextra -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wvla -Wformat=2 $(if $(WERROR),-Werror)

# Asked of the compiler when the first file is compiled, then remembered.
cc-has = $(shell $(CC) -O2 -Werror -U_FORTIFY_SOURCE $1 -include stdlib.h -x c -c \
	-o /dev/null /dev/null 2>/dev/null && echo $1)
harden-probe = -fstack-protector-strong -U_FORTIFY_SOURCE \
	$(or $(call cc-has,-D_FORTIFY_SOURCE=3),-D_FORTIFY_SOURCE=2) \
	$(call cc-has,-fstack-clash-protection) \
	$(call cc-has,-fcf-protection) \
	$(call cc-has,-mbranch-protection=standard)
HARDEN_ALL = $(eval HARDEN_ALL := $$(harden-probe))$(HARDEN_ALL)
HARDEN_ALL_LD = -Wl,-z,relro,-z,now -Wl,-z,noexecstack
ifdef SAN
HARDEN = -fPIE -fsanitize=address,undefined \
	-fno-sanitize-recover=undefined -fno-omit-frame-pointer \
	$(if $(FUZZ),-fsanitize=fuzzer-no-link)
HARDEN_LD = -pie -fsanitize=address,undefined
else
HARDEN = -fPIE $(HARDEN_ALL)
HARDEN_LD = -pie $(HARDEN_ALL_LD)
endif

# A module is loaded into any program, which has no sanitizer; and what it is
# made of besides what it is asked for is nobody else's.
HARDEN_PIC = -fPIC -fvisibility=hidden $(HARDEN_ALL)
HARDEN_PIC_LD = -shared -Wl,-z,defs $(HARDEN_ALL_LD)

# The hardening comes last, so that a user's CFLAGS don't take it away.
compile = $(CC) -std=c17 $(DEFINES) $(WARNINGS) $(PKG_CFLAGS) $(CPPFLAGS) \
	$(CFLAGS) $1 -MMD -MP -c
link = $(CC) $(CFLAGS) $1 $(LDFLAGS) $2

# pkg-config runs in recipes alone: `make deps` has to work without it.
pkg-cflags = $(shell $(PKG_CONFIG) --cflags $1)
pkg-libs = $(shell $(PKG_CONFIG) --libs $1)

HELPER_PKGS = libssh2 libsodium inih libseccomp libcrypto
SESSION_PKGS = tinfo
UNIT_PKGS = $(HELPER_PKGS) $(SESSION_PKGS) cmocka

$(BUILD)/helper/%: PKG_CFLAGS = $(call pkg-cflags,$(HELPER_PKGS))
$(BUILD)/shim/terminal.o: PKG_CFLAGS = $(call pkg-cflags,$(SESSION_PKGS))
$(BUILD)/tests/unit/%: PKG_CFLAGS = $(call pkg-cflags,$(UNIT_PKGS))
$(BUILD)/tests/fuzz/%: PKG_CFLAGS = $(call pkg-cflags,$(HELPER_PKGS))

# V=1 shows commands; otherwise one short line each, and none with -s.
Q = $(if $(V),,@)
say = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)

# --- programs ---------------------------------------------------------------

LIBEXEC_PROGRAMS = $(addprefix $(BUILD)/,moshgate-helper moshgate-keys \
	moshgate-session)
SBIN_PROGRAMS = $(BUILD)/moshgate
# The GNU C Library looks for a module of this name.
NSS_NAME = libnss_moshgate.so.2
NSS_MODULE = $(BUILD)/$(NSS_NAME)
PROGRAMS = $(LIBEXEC_PROGRAMS) $(SBIN_PROGRAMS)
UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))

objects = $(patsubst %,$(BUILD)/%.o,$1)
HELPER = $(filter-out %/moshgate-helper.o,\
	$(patsubst %.c,$(BUILD)/%.o,$(wildcard helper/*.c)))
TALK = $(call objects,shim/frame shim/visible)
# What the helper shares with the shims besides.
SHARED = $(call objects,shim/locale shim/spawn shim/usermap)
# What reads other programs' settings.
FOREIGN = $(call objects,shim/nscd shim/nsswitch shim/sshdconf)

# What tests/bed is made of is built along: the stand-in for a long link, and
# what runs a command on a host.
BED_PROGRAMS = $(BUILD)/tests/wan $(BUILD)/tests/on
all: $(PROGRAMS) $(NSS_MODULE) $(BED_PROGRAMS)
	@:

$(BUILD)/moshgate-helper: LIBS = $(call pkg-libs,$(HELPER_PKGS))
$(BUILD)/moshgate-helper: $(call objects,helper/moshgate-helper) $(HELPER) \
	$(SHARED) $(TALK)

$(BUILD)/moshgate-keys: $(call objects,shim/moshgate-keys shim/client) $(TALK)

$(BUILD)/moshgate-session: LIBS = $(call pkg-libs,$(SESSION_PKGS))
$(BUILD)/moshgate-session: \
	$(call objects,shim/moshgate-session shim/pump shim/terminal shim/tty \
	shim/locale shim/client) $(TALK)

$(BUILD)/moshgate: $(call objects,shim/moshgate shim/check shim/check_map \
	shim/check_names shim/check_sshd shim/check_users shim/report \
	shim/status shim/spawn shim/usermap shim/client) $(FOREIGN) $(TALK)

$(NSS_MODULE): $(patsubst %,$(BUILD)/%.pic.o,shim/nss_moshgate shim/mapfile \
	shim/usermap shim/client shim/frame)
	$(say) "  LINK    $@"
	$(Q)$(call link,$(HARDEN_PIC),$(HARDEN_PIC_LD)) \
		-Wl,-soname,$(NSS_NAME) -o $@ $^

$(BED_PROGRAMS): %: %.o

tests: $(UNIT_TESTS)
	@:

$(UNIT_TESTS): LIBS = $(call pkg-libs,$(UNIT_PKGS))
$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o \
	$(BUILD)/libhelper.a \
	$(call objects,shim/client shim/mapfile shim/terminal shim/tty) \
	$(FOREIGN) $(SHARED) $(TALK)

# Built by clang alone, and in a directory of their own: see fuzzers-if-any.
fuzzers: $(FUZZERS)
	@:

$(FUZZERS): LIBS = $(call pkg-libs,$(HELPER_PKGS)) -fsanitize=fuzzer
$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o \
	$(BUILD)/libhelper.a $(call objects,shim/mapfile) $(FOREIGN) \
	$(SHARED) $(TALK)

$(BUILD)/libhelper.a: $(HELPER)
	$(say) "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# What the sanitizers are to do is a part of each program.
ifdef SAN
$(PROGRAMS) $(BED_PROGRAMS) $(UNIT_TESTS): $(call objects,tests/san)
endif

$(PROGRAMS) $(BED_PROGRAMS) $(UNIT_TESTS) $(FUZZERS):
	$(say) "  LINK    $@"
	$(Q)$(call link,$(HARDEN),$(HARDEN_LD)) -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) $(LIBS)

$(BUILD)/%.o: %.c $(BUILD)/paths Makefile
	$(say) "  CC      $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(call compile,$(HARDEN)) -o $@ $<

$(BUILD)/%.pic.o: %.c $(BUILD)/paths Makefile
	$(say) "  CC      $< (pic)"
	$(Q)mkdir -p $(@D)
	$(Q)$(call compile,$(HARDEN_PIC)) -o $@ $<

# Programs know their paths: another PREFIX compiles them anew.
$(BUILD)/paths: FORCE
	@mkdir -p $(@D)
	@echo "$(PATHS) $(VERSION)" | cmp -s - $@ || \
		echo "$(PATHS) $(VERSION)" >$@

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/tests/*/*.d)

clean:
	rm -rf $(BUILD) build-san

# --- install ----------------------------------------------------------------

# What the administrator may have changed is never overwritten: moshgate.ini
# stays as it is; a drop-in that differs stays too, and ours is put beside it
# as 50-moshgate.conf.new, which sshd doesn't read.

etc = $(DESTDIR)$(sysconfdir)
DROPIN = sshd_config.d/50-moshgate.conf
UNITS = moshgate.socket moshgate.service
MAN5 = $(wildcard man/*.5)
MAN8 = $(wildcard man/*.8)

# The files in contrib/ are right as they are for PREFIX=/usr.
for-prefix = sed 's|/usr/libexec/|$(libexecdir)/|g'
put = $(for-prefix) $1 >$2 && chmod 0644 $2

install: all
	@install -d $(DESTDIR)$(libexecdir)/moshgate $(DESTDIR)$(sbindir) \
		$(DESTDIR)$(unitdir) $(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d $(DESTDIR)$(nssdir) \
		$(DESTDIR)$(datadir)/moshgate \
		$(etc)/moshgate $(etc)/ssh/sshd_config.d \
		$(if $(MAN5),$(DESTDIR)$(mandir)/man5) \
		$(if $(MAN8),$(DESTDIR)$(mandir)/man8)
	$(Q)install -m 0755 $(LIBEXEC_PROGRAMS) $(DESTDIR)$(libexecdir)/moshgate
	@# What nobody can read is not dumpable, from its first instruction on:
	@# the helper has the key.
	$(Q)chmod 0711 $(DESTDIR)$(libexecdir)/moshgate/moshgate-helper
	$(Q)install -m 0755 $(SBIN_PROGRAMS) $(DESTDIR)$(sbindir)
	@# sshd may be about to load it: there is a whole one at any time. It is
	@# /etc/nsswitch.conf that says whether it is asked, which stays as it is.
	$(Q)install -m 0644 $(NSS_MODULE) $(DESTDIR)$(nssdir)/.$(NSS_NAME).new
	$(Q)mv -f $(DESTDIR)$(nssdir)/.$(NSS_NAME).new \
		$(DESTDIR)$(nssdir)/$(NSS_NAME)
	$(Q)$(if $(DESTDIR)$(filter /usr,$(PREFIX)),,ldconfig)
	$(Q)$(foreach unit,$(UNITS),$(call put,contrib/systemd/$(unit),\
		$(DESTDIR)$(unitdir)/$(unit)) &&) :
	$(Q)install -m 0644 contrib/systemd/moshgate.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/moshgate.conf
	$(Q)install -m 0644 contrib/systemd/moshgate.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/moshgate.conf
	$(Q)install -m 0644 contrib/reserved-names \
		$(DESTDIR)$(datadir)/moshgate/reserved-names
	$(Q)$(if $(MAN5),install -m 0644 $(MAN5) $(DESTDIR)$(mandir)/man5)
	$(Q)$(if $(MAN8),install -m 0644 $(MAN8) $(DESTDIR)$(mandir)/man8)
	$(Q)$(if $(DESTDIR),,$(MAKE-USERS))
	$(Q)$(PUT-INI)
	$(Q)$(PUT-DROPIN)

define MAKE-USERS
if command -v systemd-sysusers >/dev/null; then \
	systemd-sysusers $(PREFIX)/lib/sysusers.d/moshgate.conf && \
	systemd-tmpfiles --create $(PREFIX)/lib/tmpfiles.d/moshgate.conf; \
else \
	echo "No systemd here: make the users and directories named in" \
		"contrib/systemd/moshgate.sysusers and moshgate.tmpfiles"; \
fi
endef

# The settings can hold secrets: for root and the helper's group alone. The
# group is looked up where the file goes, which may be another system's tree.
define PUT-INI
ini=$(etc)/moshgate/moshgate.ini; \
if [ ! -e $$ini ]; then \
	install -m 0640 contrib/moshgate.ini $$ini || exit; \
fi; \
gid=$$(sed -n 's/^_moshgate:[^:]*:\([0-9]*\):.*/\1/p' $(etc)/group \
	2>/dev/null); \
if [ -z "$$gid" ]; then \
	echo "No group _moshgate in $(etc)/group: chgrp _moshgate $$ini later"; \
elif [ $$(id -u) = 0 ]; then \
	chgrp $$gid $$ini; \
fi
endef

define PUT-DROPIN
to=$(etc)/ssh/$(DROPIN); from=contrib/$(DROPIN); \
if [ ! -e $$to ] || $(for-prefix) $$from | cmp -s - $$to; then \
	rm -f $$to.new; \
else \
	to=$$to.new; \
	echo "50-moshgate.conf was changed here and stays; see $$to"; \
fi; \
$(call put,$$from,$$to)
endef

# The drop-in goes too, or sshd would call a program that isn't there; one
# with the administrator's changes is renamed to where sshd doesn't read it.
uninstall:
	$(Q)if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
		systemctl disable --now moshgate.socket moshgate.service; \
	fi
	$(Q)to=$(etc)/ssh/$(DROPIN); rm -f $$to.new; \
	if [ ! -e $$to ]; then :; \
	elif $(for-prefix) contrib/$(DROPIN) | cmp -s - $$to; then rm $$to; \
	else mv $$to $$to.saved && echo "kept as $$to.saved"; fi
	rm -rf $(DESTDIR)$(libexecdir)/moshgate $(DESTDIR)$(datadir)/moshgate
	rm -f $(DESTDIR)$(sbindir)/moshgate $(DESTDIR)$(nssdir)/$(NSS_NAME) \
		$(addprefix $(DESTDIR)$(unitdir)/,$(UNITS)) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/moshgate.conf \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/moshgate.conf \
		$(MAN5:man/%=$(DESTDIR)$(mandir)/man5/%) \
		$(MAN8:man/%=$(DESTDIR)$(mandir)/man8/%)

# --- dependencies -----------------------------------------------------------

DEPS = gcc make libc6-dev pkg-config libssh2-1-dev libsodium-dev libinih-dev \
	libseccomp-dev libssl-dev libcmocka-dev libncurses-dev \
	openssh-server openssh-client mosh tmux perl iproute2 mount \
	util-linux procps busybox socat netcat-openbsd strace xauth zsh fish \
	tcsh mandoc systemd openssl python3-asyncssh rsync git sshfs
FUZZ_DEPS = clang libclang-rt-dev
LINT_DEPS = $(FUZZ_DEPS) clang-tidy clang-format cppcheck shellcheck mandoc \
	systemd

# The same, as commands, for systems without apt.
COMMANDS = $(CC) $(PKG_CONFIG) sshd ssh mosh-server mosh-client tmux prove \
	ip unshare nsenter mount ps busybox socat nc strace xauth zsh fish \
	tcsh mandoc openssl rsync git sshfs
LINT_COMMANDS = clang clang-tidy clang-format cppcheck shellcheck mandoc \
	systemd-analyze

SUDO = $(if $(filter-out 0,$(shell id -u)),sudo)

deps: export APT_INSTALL = $(value APT-INSTALL)
deps:
	@$(call need,$(DEPS),$(COMMANDS),$(UNIT_PKGS))

deps-fuzz: export APT_INSTALL = $(value APT-INSTALL)
deps-fuzz: deps
	@$(call need,$(FUZZ_DEPS),clang)

deps-valgrind: export APT_INSTALL = $(value APT-INSTALL)
deps-valgrind: deps
	@$(call need,valgrind libc6-dbg,valgrind)

deps-lint: export APT_INSTALL = $(value APT-INSTALL)
deps-lint: deps
	@$(call need,$(LINT_DEPS),$(LINT_COMMANDS))

# $(call need,PACKAGES,COMMANDS,PKG-CONFIG-MODULES): asks no network, and
# nothing of root, when all are there.
define need
if command -v apt-get >/dev/null; then \
	there=" $$(dpkg-query -Wf '$${db:Status-Status}/$${Package} ' $1 \
		2>/dev/null) "; \
	missing=; \
	for package in $1; do \
		case $$there in *" installed/$$package "*) ;; \
		*) missing="$$missing $$package" ;; esac; \
	done; \
	[ -z "$$missing" ] || exec $(SUDO) sh -c "$$APT_INSTALL" - $$missing; \
else \
	missing=; \
	for command in $2; do command -v $$command >/dev/null || \
		missing="$$missing $$command"; done; \
	for module in $3; do $(PKG_CONFIG) --exists $$module 2>/dev/null || \
		missing="$$missing $$module(pkg-config)"; done; \
	[ -z "$$missing" ] || { echo "Please install:$$missing" >&2; exit 1; }; \
fi
endef

# Packages start their services, but this is no reason for an sshd to start
# here: policy-rc.d is how the administrator says so, so only for the while.
define APT-INSTALL
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 130' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 0755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update || echo "Trying with the lists that are there." >&2
apt-get -qy -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@"
endef

# --- packages ---------------------------------------------------------------

DEB_DEPS = debhelper dh-nss dpkg-dev
PACKAGES_DEPS = debootstrap debian-archive-keyring lintian
DIST = $(BUILD)/moshgate-$(VERSION).tar.gz
SOURCE_DATE_EPOCH ?= $(shell date +%s -d \
	"$$(sed -n 's/^ -- .*>  //p;T;q' $(CHANGELOG))")

deps-deb: export APT_INSTALL = $(value APT-INSTALL)
deps-deb: deps
	@$(call need,$(DEB_DEPS),dpkg-buildpackage dh dh_installnss)

# What git has, or the source that was unpacked, as it is here: the same bytes
# wherever it is made.
dist:
	@mkdir -p $(BUILD)
	$(say) "  DIST    $(DIST)"
	$(Q)if [ -e .git ]; then \
		git -c safe.directory='*' ls-files -z; \
	else \
		find * .[!.]* -type d -name 'build*' -prune -o \
			! -type d -print0; \
	fi | LC_ALL=C sort -z >$(BUILD)/dist-files
	$(Q)tar -c --null -T $(BUILD)/dist-files --sort=name --format=ustar \
		--mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 \
		--numeric-owner --mode=u=rwX,go=rX \
		--transform='s,^,moshgate-$(VERSION)/,S' >$(BUILD)/dist.tar
	$(Q)gzip -9n <$(BUILD)/dist.tar >$(DIST)
	@rm -f $(BUILD)/dist.tar $(BUILD)/dist-files

deps-packages: export APT_INSTALL = $(value APT-INSTALL)
deps-packages: deps
	@$(call need,$(PACKAGES_DEPS),debootstrap lintian)

deb: deps-deb
	$(then) dist deb-only

# Not as a part of this make.
DEB_DIR = $(BUILD)/deb
DEB_SOURCE = $(DEB_DIR)/moshgate-$(VERSION)
deb-only:
	@rm -rf $(DEB_DIR) && mkdir -p $(DEB_DIR)
	$(Q)cp $(DIST) $(DEB_DIR)/moshgate_$(VERSION).orig.tar.gz
	$(Q)tar -xf $(DIST) -C $(DEB_DIR)
	$(Q)cp -R $(DEB_SOURCE)/packaging/debian $(DEB_SOURCE)/debian
	$(Q)cd $(DEB_SOURCE) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		-u BUILD -u PREFIX dpkg-buildpackage -us -uc $(DEB_FLAGS)
	@rm -rf $(DEB_SOURCE)

# Debian 12 and 13 are made for it, with the network.
check-packages: deps-packages
	$(then) all dist
	@exec $(AS_ROOT) tests/packages/run $(DIST)

# --- demo, tests ------------------------------------------------------------

# The programs are built by whoever calls; the bed alone needs root. Each
# target is made anew by a second make, once the dependencies are there.
AS_ROOT = $(SUDO) env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL PATH="$$PATH" \
	BUILD="$(BUILD)" SAN="$(SAN)" PREFIX="$(PREFIX)" \
	CMOCKA_MESSAGE_OUTPUT=TAP
PROVE = $(AS_ROOT) prove -j$(JOBS) --exec ''
# The same where there are many beds: what they have in common is made once, and
# none of them outlives make.
PROVE_E2E = $(AS_ROOT) setpriv --pdeathsig TERM tests/bed --prepare -- \
	prove -j$(JOBS) --exec ''
then = +@$(MAKE) --no-print-directory

demo: deps
	$(then) all
	@exec $(AS_ROOT) tests/demo

bench-relay: deps
	$(then) all
	@exec $(AS_ROOT) tests/bench/relay

check: deps
	$(then) all tests fuzzers-if-any
	@exec $(PROVE_E2E) $(UNIT_TESTS) tests/fuzz/fuzz.t $(TESTS)

check-unit: deps
	$(then) tests
	@exec $(PROVE) $(UNIT_TESTS)

check-e2e: deps
	$(then) all
	@exec $(PROVE_E2E) $(TESTS)

# A report of a sanitizer fails the test that caused it: see tests/san.c.
check-san: deps
	$(then) SAN=1 check-unit check-e2e

# The same of valgrind, under which the helper and its workers run.
# What workers give up valgrind cannot do without.
check-valgrind: deps-valgrind
	$(then) BUILD=$(BUILD)/valgrind \
		CPPFLAGS="$(CPPFLAGS) -DMOSHGATE_NO_SANDBOX" \
		all $(BUILD)/valgrind/tests/valgrind.so valgrind

valgrind:
	@exec $(PROVE) tests/valgrind.t

$(BUILD)/tests/valgrind.so: tests/valgrind.c Makefile
	$(say) "  LINK    $@"
	$(Q)$(CC) -std=c17 $(DEFINES) $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $<

# --- fuzzing ----------------------------------------------------------------

FUZZ_SECONDS ?= 60

fuzz: deps-fuzz
	$(then) fuzzers-if-any
	@FUZZ_SECONDS=$(FUZZ_SECONDS) FUZZ_WORK=$(BUILD)/fuzz/work \
		BUILD=$(BUILD) prove -v tests/fuzz/fuzz.t

# Half a gigabyte of clang is not asked for only to run the tests.
fuzzers-if-any:
	+@if echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
		clang -fsanitize=fuzzer -x c -o /dev/null - 2>/dev/null; then \
		$(MAKE) --no-print-directory BUILD=$(BUILD)/fuzz CC=clang \
			SAN=1 FUZZ=1 fuzzers; \
	fi

# --- lint -------------------------------------------------------------------

SOURCES = $(wildcard helper/*.c shim/*.c tests/*.c tests/unit/*.c \
	tests/fuzz/*.c)
HEADERS = $(wildcard helper/*.h shim/*.h tests/*.h tests/unit/*.h \
	tests/fuzz/*.h)
SCRIPTS = $(wildcard tests/bench/* tests/bed tests/demo tests/e2e/*.t tests/e2e/*.sh \
	tests/packages/* packaging/debian/*inst packaging/debian/*rm \
	packaging/debian/tests/login tests/*.t tests/fuzz/*.t .ci/run)
LINTS = lint-format lint-cppcheck lint-gcc lint-clang lint-shell lint-names \
	lint-man lint-systemd lint-tidy

lint: deps-lint
	$(then) -j$$(nproc) -k -Otarget $(LINTS)
	@echo "lint: ok"

lint-format:
	$(say) "  FORMAT  *.c *.h"
	$(Q)clang-format --dry-run -Werror $(SOURCES) $(HEADERS)

# Not: NULL in a variadic call is a pointer in C as glibc and musl have it, and
# nothing here has threads, which getpwnam() and the like would need care with.
lint-cppcheck:
	$(say) "  CPPCHECK"
	$(Q)cppcheck -q --std=c11 --enable=warning,performance,portability \
		--library=posix --inline-suppr --error-exitcode=1 \
		--suppress=varFuncNullUB $(foreach f,getpwnam getpwuid getpwent \
		getgrnam,--suppress=$(f)Called) \
		$(DEFINES) $(SOURCES)

lint-tidy: $(SOURCES:%.c=$(BUILD)/tidy/%)
	@:

$(BUILD)/tidy/%: %.c $(HEADERS) .clang-tidy
	$(say) "  TIDY    $<"
	$(Q)mkdir -p $(@D)
	$(Q)clang-tidy --quiet $< -- -std=c17 $(DEFINES) \
		$(call pkg-cflags,$(UNIT_PKGS)) 2>$@.log || \
		{ cat $@.log >&2; exit 1; }
	$(Q)touch $@

lint-gcc lint-clang: lint-%:
	$(then) BUILD=$(BUILD)/lint-$* CC=$* WERROR=1 all tests

lint-shell:
	$(say) "  SHELL   $(words $(SCRIPTS)) files"
	$(Q)shellcheck -x -P SCRIPTDIR $(SCRIPTS)

# A comment below the names is out of order, too.
lint-names: contrib/reserved-names
	$(say) "  NAMES   $<"
	$(Q)! LC_ALL=C grep -nvE '^(#.*|[A-Za-z0-9._][A-Za-z0-9._-]{0,63})$$' $<
	$(Q)! LC_ALL=C grep -nxE '[0-9]+|\.\.?' $<
	$(Q)sed '/^[^#]/,$$!d' $< | LC_ALL=C sort -uc

lint-man:
	$(say) "  MAN     $(MAN5) $(MAN8)"
	$(Q)mandoc -T lint -W warning $(MAN5) $(MAN8)

# The program isn't installed where the unit says, so another stands in.
lint-systemd:
	$(say) "  UNITS   $(UNITS)"
	$(Q)mkdir -p $(BUILD)/units
	$(Q)for unit in $(UNITS); do \
		sed 's|^ExecStart=.*|ExecStart=/bin/true|' \
			contrib/systemd/$$unit >$(BUILD)/units/$$unit || exit; \
	done
	$(Q)systemd-analyze --man=no --recursive-errors=no verify \
		$(addprefix $(BUILD)/units/,$(UNITS))
	$(Q)systemd-analyze --no-pager --offline=true --threshold=20 \
		security contrib/systemd/moshgate.service \
		>$(BUILD)/units/security || { cat $(BUILD)/units/security; exit 1; }

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

FORCE:
.PHONY: all tests fuzzers fuzzers-if-any install uninstall deps deps-fuzz \
	deps-lint deps-valgrind demo check check-unit check-e2e check-san \
	check-valgrind valgrind fuzz lint $(LINTS) clean help FORCE
.DELETE_ON_ERROR:
