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
#   make check-authorized-keys  the filter of keys beside sshd, N files from SEED
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

PREFIX ?= /usr
DESTDIR ?=
BUILD ?= $(if $(SAN),build-san,build)
CFLAGS ?= -O2 -g

HELPER_PKGS = libssh2 libsodium inih libseccomp libcrypto
SESSION_PKGS = tinfo

LIBEXEC_PROGRAMS = $(addprefix $(BUILD)/,moshgate-helper moshgate-keys \
	moshgate-password moshgate-session)
SBIN_PROGRAMS = $(BUILD)/moshgate
PROGRAMS = $(LIBEXEC_PROGRAMS) $(SBIN_PROGRAMS)
# The GNU C Library looks for a module of this name.
NSS_NAME = libnss_moshgate.so.2
NSS_MODULE = $(BUILD)/$(NSS_NAME)

# What tests/bed is made of is built along: the stand-in for a long link, what
# runs a command on a host, and a helper with hostile workers.
BED_PROGRAMS = $(addprefix $(BUILD)/tests/,wan on hostile)
all: $(PROGRAMS) $(NSS_MODULE) $(BED_PROGRAMS)
	@:

objects = $(patsubst %,$(BUILD)/%.o,$1)
objects-in = $(patsubst %.c,$(BUILD)/%.o,$(foreach d,$1,$(wildcard $d/*.c)))
HELPER = $(filter-out %/moshgate-helper.o,$(call objects-in,helper helper/*))
# What both halves are made of.
LIB = $(call objects-in,shim/lib)
SHIM = $(call objects,shim/client) $(LIB)
SESSION = $(call objects-in,shim/session)
ADMIN = $(call objects-in,shim/admin)

include packaging/flags.mk packaging/install.mk packaging/deps.mk \
	packaging/debian.mk tests/check.mk tests/fuzz.mk tests/lint.mk

$(BUILD)/helper/%: PKG_CFLAGS = $(call pkg-cflags,$(HELPER_PKGS))
$(BUILD)/moshgate-helper: LIBS = $(call pkg-libs,$(HELPER_PKGS))
$(BUILD)/moshgate-helper: $(call objects,helper/moshgate-helper) $(HELPER) $(LIB)

$(BUILD)/moshgate-keys: $(call objects,shim/moshgate-keys) $(SHIM)
$(BUILD)/moshgate-password: $(call objects,shim/moshgate-password) $(SHIM)

$(BUILD)/shim/session/%: PKG_CFLAGS = $(call pkg-cflags,$(SESSION_PKGS))
$(BUILD)/moshgate-session: LIBS = $(call pkg-libs,$(SESSION_PKGS))
$(BUILD)/moshgate-session: $(SESSION) $(SHIM)

$(BUILD)/moshgate: $(ADMIN) $(SHIM)

$(NSS_MODULE): $(patsubst %.o,%.pic.o,$(call objects-in,shim/nss) \
	$(call objects,shim/client $(addprefix shim/lib/,clock fields frame jam \
	uidrange usermap)))
	$(say) "  LINK    $@"
	$(Q)$(call link,$(HARDEN_PIC),$(HARDEN_PIC_LD)) \
		-Wl,-soname,$(NSS_NAME) -o $@ $^

$(PROGRAMS) $(TEST_PROGRAMS):
	$(say) "  LINK    $@"
	$(Q)$(call link,$(HARDEN),$(HARDEN_LD)) -o $@ \
		$(filter %.o,$^) $(filter %.a,$^) $(LIBS)

$(BUILD)/%.o: %.c $(BUILD)/paths Makefile packaging/flags.mk
	$(say) "  CC      $<"
	$(Q)mkdir -p $(@D)
	$(Q)$(call compile,$(HARDEN)) -o $@ $<

$(BUILD)/%.pic.o: %.c $(BUILD)/paths Makefile packaging/flags.mk
	$(say) "  CC      $< (pic)"
	$(Q)mkdir -p $(@D)
	$(Q)$(call compile,$(HARDEN_PIC)) -o $@ $<

# Programs know their paths: another PREFIX compiles them anew.
$(BUILD)/paths: FORCE
	@mkdir -p $(@D)
	@echo "$(PATHS) $(VERSION)" | cmp -s - $@ || \
		echo "$(PATHS) $(VERSION)" >$@

-include $(wildcard $(BUILD)/*/*.d $(BUILD)/*/*/*.d)

clean:
	rm -rf $(BUILD) build-san

help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile

FORCE:
.PHONY: all clean help FORCE
.DELETE_ON_ERROR:
