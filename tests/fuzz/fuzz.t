#!/bin/bash
# No parser is upset by an input that libFuzzer comes upon.
#
# Runs each program that `make fuzzers' has built, for FUZZ_SECONDS (2). Where
# FUZZ_WORK names a directory, inputs that reach new code are kept there.

build=${BUILD:-build}
seconds=${FUZZ_SECONDS:-2}
here=$(dirname "$0")

fuzzers=()
for source in "$here"/*.c; do
	name=$(basename "$source" .c)
	[ -x "$build/fuzz/tests/fuzz/$name" ] && fuzzers+=("$name")
done
if [ ${#fuzzers[@]} = 0 ]; then
	echo '1..0 # SKIP clang with libFuzzer is not here (make deps-fuzz)'
	exit 0
fi
echo "1..${#fuzzers[@]}"

if [ -n "$FUZZ_WORK" ]; then
	work=$FUZZ_WORK
	mkdir -p "$work"
else
	work=$(mktemp -d "$build/fuzz-work-XXXXXX") || exit
	trap '[ -n "$failed" ] || rm -rf "$work"' EXIT
	trap 'exit 130' HUP INT TERM
fi

failed=
number=0
for name in "${fuzzers[@]}"; do
	number=$((number + 1))
	mkdir -p "$work/$name"
	if nice "$build/fuzz/tests/fuzz/$name" -max_total_time="$seconds" \
		-timeout=20 -rss_limit_mb=1024 \
		-artifact_prefix="$work/$name-" "$work/$name" \
		"$here/corpus/$name" >"$work/$name.log" 2>&1; then
		runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' \
			"$work/$name.log")
		echo "ok $number - $name (${runs:-?} inputs)"
	else
		failed=yes
		echo "not ok $number - $name"
		sed -n 's/^/# /; 1,60p' "$work/$name.log"
		echo "# the input is in $work"
	fi
done
[ -z "$failed" ]
