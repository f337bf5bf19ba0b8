#!/bin/sh
# ssh sends the client's locale along.  A login works whatever that is.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 4

# login_with NAME SET: log alice in with what SET sets of it.
login_with() {
	terminal "$1"
	type_in "$1" "ssh -o SetEnv='$2' alice@gateway" Enter
	see "$1" '^alice@remote'
}

ok 'LANG can be one that is nowhere' login_with a 'LANG=xx_XX.UTF-8'
ok 'LC_TIME alone can be one that is nowhere' \
	login_with b 'LANG=C.UTF-8 LC_TIME=xx_XX.UTF-8'
ok 'LC_ALL can be one that is not in UTF-8' login_with c 'LC_ALL=C'
ok 'LC_CTYPE can be what macOS sends' login_with d 'LC_CTYPE=UTF-8'
