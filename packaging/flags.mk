# How things are compiled and linked, with which hardening, and shown.

PKG_CONFIG ?= pkg-config

sysconfdir = /etc
runstatedir = /run
localstatedir = /var
libexecdir = $(PREFIX)/libexec
sbindir = $(PREFIX)/sbin
datadir = $(PREFIX)/share

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

# The module is loaded into any program, which has no sanitizer. The program is
# to see no more of it than the functions that the name service calls.
HARDEN_PIC = -fPIC -fvisibility=hidden $(HARDEN_ALL)
HARDEN_PIC_LD = -shared -Wl,-z,defs $(HARDEN_ALL_LD)

# The hardening comes last, so that a user's CFLAGS don't take it away.
compile = $(CC) -std=c17 $(DEFINES) $(WARNINGS) $(PKG_CFLAGS) $(CPPFLAGS) \
	$(CFLAGS) $1 -MMD -MP -c
link = $(CC) $(CFLAGS) $1 $(LDFLAGS) $2

# pkg-config runs in recipes alone: `make deps` has to work without it.
pkg-cflags = $(shell $(PKG_CONFIG) --cflags $1)
pkg-libs = $(shell $(PKG_CONFIG) --libs $1)

# V=1 shows commands; otherwise one short line each, and none with -s.
Q = $(if $(V),,@)
say = @$(if $(V)$(findstring s,$(firstword -$(MAKEFLAGS))),:,echo)
