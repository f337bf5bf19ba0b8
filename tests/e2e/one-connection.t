#!/bin/sh
# A login costs one connection to the remote, and the next one none.
. "$(dirname "$0")/lib.sh"
in_bed --rtt 200
plan 20
one_address
# Where UDP is slow to get through, a connection is made for a relay as well.
settings '[mosh]' 'fallback = no'
$BED helper restart

fetched() {
	log_count remote "Accepted publickey for $1 from (10.66.2.1|fd66:2::1) "
}
shown() {
	$BED on gateway moshgate status | grep -Ec -e "$1"
}
new_connections 'from now on'

terminal a
ok 'a login' login a alice
ok '... makes one connection to the remote' new_connections 1
terminal b
ok 'another login of this user' login b alice
ok '... makes none' new_connections 0
is '... and authenticates once for both' "$(fetched alice)" 1

$BED helper restart
for i in 0 1 2 3 4 5 6 7 8 9; do
	terminal "t$i" 80 24 ssh alice@gateway
done
all_in() {
	for i in 0 1 2 3 4 5 6 7 8 9; do
		see "t$i" alice@remote || return
	done
}
ok 'ten logins of one user at once' all_in
ok '... make one connection to the remote' new_connections 1
is '... which is authenticated once' "$(fetched alice)" 2
is '... and moshgate status shows the ten sessions' \
	"$(shown '^session +alice +[^ ]+:[0-9]+ ')" 10
is '... and the one connection' "$(shown '^connection +alice +connected ')" 1

$BED wan rtt 20
terminal c
terminal d
ok 'another user' login c bob
ok '... and yet another' login d carol
ok '... have a connection each' new_connections 2
is '... as moshgate status shows' \
	"$(shown '^connection +(alice|bob|carol) +connected ')" 3

$BED on remote pkill -KILL -f '^sshd: alice'
terminal e
ok 'when the kept connection broke the next login works' login e alice
ok '... over one new connection' new_connections 1
is "... which again is alice's only one" "$(shown '^connection +alice ')" 1
type_in a 'echo still "there"' Enter
ok '... and the sessions are still there' see a '^still there'

# As it is by default, when it is known that UDP gets through.
settings
$BED helper restart
terminal f
ok 'a login that tries UDP first' login f alice
new_connections 'from now on'
terminal g
login g bob
ok '... and one after it, which makes one connection' new_connections 1
