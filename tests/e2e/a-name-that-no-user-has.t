#!/bin/sh
# A name that can't be a user's is refused before a packet leaves; one that is
# not the user's own on the remote is refused when the remote has said so.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 30
one_address

settings '[users]' 'lookups_per_minute = 600'
$BED helper restart

sixty=$(printf 'a%.0s' $(seq 60))
tab=$(printf '\t')
before=$(tcp_connections)
for name in "${sixty}12345" . .. -rf -x 0 12345 'al ice' \
    ../etc/passwd 'alice;id' 'älice' 'al%ice' 'alice*' "al${tab}ice"; do
	ok "there is no user \"$name\"" stranger "$name"
done
# ssh itself takes no name with a newline or a NUL: so past it.
newline=$(printf 'alice\nbob')
is '... nor one with a newline in it' "$(look_up "$newline")" ''
peer=$(cat "$(dirname "$0")/socket.pl")
like '... nor can the helper be asked for one' \
	"$($BED on gateway perl -e "$peer" ask lookup "name\\0$newline\\0")" \
	'^refused bad-name'
is '... nor for one that a NUL ends' "$($BED on gateway perl -e "$peer" \
	ask lookup 'name\0\0alice\0x\0')" 'refused bad-name'
is 'none of them left the gateway' "$(tcp_connections)" "$before"
is 'nobody but root may ask' "$(as _moshgate perl -e "$peer" \
	ask lookup 'name\0alice\0')" 'refused not-root'
is '... and of no others is ever asked' "$(tcp_connections)" "$before"

ok 'a name of 64 characters is asked for' stranger "${sixty}1234"
is '... with one connection' "$(tcp_connections)" "$((before + 1))"
# A remote that takes Bob for bob, as one that folds case.
$BED on remote sh -c '
	sed "/^bob:/!d; s/^bob:/Bob:/" /etc/passwd >/tmp/Bob &&
	cat /tmp/Bob >>/etc/passwd
	sed "/^bob:/!d; s/^bob:/Bob:/" /etc/shadow >/tmp/Bob &&
	cat /tmp/Bob >>/etc/shadow'
ok 'a user whom the remote calls otherwise is refused' stranger Bob
like '... and the log says how' "$($BED log gateway | grep 'user=Bob')" \
	'event=unknown-user user=Bob reason=other-name detail="id -un says: bob"'
is '... and there is no uid' "$($BED on gateway getent passwd Bob)" ''
ok '... by the right name there is no obstacle' let_in bob@gateway

# Asked for once, not twice.
before=$(tcp_connections)
ok 'a name that was refused is not asked for again' stranger "${sixty}1234"
is '... by any connection' "$(tcp_connections)" "$before"
settings '[users]' 'negative_ttl = 0'
$BED helper restart
before=$(tcp_connections)
ok '... unless negative_ttl says so' stranger "${sixty}1234"
ok '... which makes another' [ "$(tcp_connections)" -gt "$before" ]
