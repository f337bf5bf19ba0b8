# make fuzz.

FUZZERS = $(patsubst %.c,$(BUILD)/%,$(wildcard tests/fuzz/*.c))

# fuzzers-if-any has clang build them, in a directory of their own.
fuzzers: $(FUZZERS)
	@:

$(BUILD)/tests/fuzz/%: PKG_CFLAGS = $(call pkg-cflags,$(HELPER_PKGS))
$(FUZZERS): LIBS = $(call pkg-libs,$(HELPER_PKGS)) -fsanitize=fuzzer
$(FUZZERS): $(BUILD)/tests/fuzz/%: $(BUILD)/tests/fuzz/%.o \
	$(BUILD)/libtested.a

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

.PHONY: fuzzers fuzz fuzzers-if-any
