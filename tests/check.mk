# make check and what is like it; make demo.

JOBS ?= 4
# The tests that take longest come first, so that none of them runs alone at the
# end.
LONG_TESTS = $(addprefix tests/e2e/,somebody-guesses-names.t \
	robots-while-the-remote-is-gone.t the-user-map-is-damaged.t \
	the-helper-finds-the-user-map-damaged.t)
TESTS ?= $(LONG_TESTS) $(filter-out $(LONG_TESTS),$(wildcard tests/e2e/*.t))

UNIT_TESTS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/unit/*.c))
# What sshd makes of a file of keys, directly and through the gateway.
FILTERKEYS = $(BUILD)/tests/differential/filterkeys
AUTHORIZED_KEYS = tests/differential/authorized-keys.t
N ?= 10000
SEED ?= 1

UNIT_PKGS = $(HELPER_PKGS) $(SESSION_PKGS) cmocka
# The Makefile links them as it does the programs.
TEST_PROGRAMS = $(BED_PROGRAMS) $(UNIT_TESTS) $(FUZZERS) $(FILTERKEYS)

tests: $(UNIT_TESTS) $(FILTERKEYS)
	@:

$(BED_PROGRAMS): %: %.o

$(BUILD)/tests/hostile: $(call objects,helper/moshgate-helper) \
	$(BUILD)/libtested.a
$(BUILD)/tests/hostile.o: PKG_CFLAGS = $(call pkg-cflags,$(HELPER_PKGS))
$(BUILD)/tests/hostile: LIBS = $(call pkg-libs,$(HELPER_PKGS) $(SESSION_PKGS)) \
	-Wl,--wrap=session_authenticate,--wrap=orders_wait_idle

$(BUILD)/tests/unit/%: PKG_CFLAGS = $(call pkg-cflags,$(UNIT_PKGS))
$(UNIT_TESTS): LIBS = $(call pkg-libs,$(UNIT_PKGS))
$(UNIT_TESTS): $(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o \
	$(BUILD)/libtested.a

$(FILTERKEYS): LIBS = $(call pkg-libs,$(HELPER_PKGS))
$(FILTERKEYS): $(FILTERKEYS).o $(BUILD)/libtested.a

# All but the programs' own main functions.
$(BUILD)/libtested.a: $(HELPER) $(SHIM) $(call objects-in,shim/nss) \
	$(filter-out %/moshgate-session.o,$(SESSION)) \
	$(filter-out %/moshgate.o,$(ADMIN))
	$(say) "  AR      $@"
	$(Q)rm -f $@ && $(AR) rcs $@ $^

# What the sanitizers are to do is a part of each program.
ifdef SAN
$(PROGRAMS) $(BUILD)/tests/wan $(BUILD)/tests/hostile $(UNIT_TESTS): \
	$(call objects,tests/san)
# What joins other namespaces can't be looked through for leaks at its end.
$(BUILD)/tests/on $(BUILD)/tests/on.o: HARDEN = -fPIE $(HARDEN_ALL)
$(BUILD)/tests/on: HARDEN_LD = -pie $(HARDEN_ALL_LD)
endif

# The programs are built by whoever calls; the bed alone needs root.
AS_ROOT = $(SUDO) env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL PATH="$$PATH" \
	BUILD="$(BUILD)" SAN="$(SAN)" PREFIX="$(PREFIX)" \
	CMOCKA_MESSAGE_OUTPUT=TAP
PROVE = $(AS_ROOT) prove -j$(JOBS) --exec ''
# The same where there are many beds: what they have in common is made once, and
# none of them outlives make.
PROVE_E2E = $(AS_ROOT) setpriv --pdeathsig TERM tests/bed --prepare -- \
	prove -j$(JOBS) --exec ''
# A second make builds the target, once the dependencies are there.
then = +@$(MAKE) --no-print-directory

demo: deps
	$(then) all
	@exec $(AS_ROOT) tests/demo

bench-relay: deps
	$(then) all
	@exec $(AS_ROOT) tests/bench/relay

check: deps
	$(then) all tests fuzzers-if-any
	@exec $(PROVE_E2E) $(UNIT_TESTS) tests/fuzz/fuzz.t $(AUTHORIZED_KEYS) \
		$(TESTS)

check-authorized-keys: deps
	$(then) $(FILTERKEYS)
	@exec $(AS_ROOT) FILES=$(N) SEED=$(SEED) $(AUTHORIZED_KEYS)

check-unit: deps
	$(then) tests
	@exec $(PROVE) $(UNIT_TESTS)

check-e2e: deps
	$(then) all
	@exec $(PROVE_E2E) $(TESTS)

# A report of a sanitizer fails the test that caused it: see tests/san.c.
check-san: deps
	$(then) SAN=1 check-unit check-e2e

# The same of valgrind, under which the helper and its workers run. valgrind
# can't do without the system calls that workers give up.
check-valgrind: deps-valgrind
	$(then) BUILD=$(BUILD)/valgrind \
		CPPFLAGS="$(CPPFLAGS) -DMOSHGATE_NO_SANDBOX" \
		all $(BUILD)/valgrind/tests/valgrind.so valgrind

valgrind:
	@exec $(PROVE) tests/valgrind.t

$(BUILD)/tests/valgrind.so: tests/valgrind.c packaging/flags.mk
	$(say) "  LINK    $@"
	$(Q)$(CC) -std=c17 $(DEFINES) $(WARNINGS) $(CFLAGS) -fPIC -shared -o $@ $<

.PHONY: tests demo bench-relay check check-unit check-e2e check-san \
	check-authorized-keys check-valgrind valgrind
