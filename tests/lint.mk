# make lint.

SOURCES = $(wildcard $(foreach d,helper shim tests,$d/*.c $d/*/*.c))
HEADERS = $(wildcard $(foreach d,helper shim tests,$d/*.h $d/*/*.h))
SCRIPTS = $(wildcard tests/bench/* tests/bed tests/demo tests/e2e/*.t tests/e2e/*.sh \
	tests/lint/* tests/packages/* packaging/debian/*inst packaging/debian/*rm \
	packaging/debian/tests/login tests/*.t tests/fuzz/*.t .ci/run)
# What takes longest comes first, and last what is many small pieces, so that no
# processor is idle.
LINTS = lint-shell lint-cppcheck lint-gcc lint-clang lint-format lint-make \
	lint-rooms lint-size lint-names lint-man lint-systemd lint-tidy

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
		fgetpwent getgrnam readdir,--suppress=$(f)Called) \
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

# Optimized, since some warnings come of that, but for no debugger.
lint-gcc lint-clang: lint-%:
	$(then) BUILD=$(BUILD)/lint-$* CC=$* CFLAGS=-O2 WERROR=1 all tests

lint-shell:
	$(say) "  SHELL   $(words $(SCRIPTS)) files"
	$(Q)shellcheck -x -P SCRIPTDIR $(SCRIPTS)

lint-make:
	$(say) "  MAKE    .PHONY"
	$(Q)$(MAKE) -rRpq FORCE 2>/dev/null | tests/lint/phony $(BUILD)

lint-rooms:
	$(say) "  ROOMS   *.c *.h"
	$(Q)tests/lint/rooms

lint-size:
	$(say) "  SIZE    *.c *.h"
	$(Q)tests/lint/size

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

.PHONY: lint $(LINTS)
