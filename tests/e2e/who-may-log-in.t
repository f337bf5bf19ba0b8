#!/bin/sh
# Whoever the remote lets in with a key comes in with it, and nobody else:
# not with another key, not as root, not past a restriction of the key.
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 61
known alice bob carol

ours=$BED_DIR/client_key
other=$TMUX_TMPDIR/other
ssh-keygen -q -t ed25519 -N '' -C other -f "$other"
other_pub=$(cut -d ' ' -f 1,2 "$other.pub")

# remote_keys LINE...: what alice has in authorized_keys there.
remote_keys() {
	authorized_keys alice "$@"
}
gateway_pub=$($BED on gateway cat /etc/moshgate/id_ed25519.pub)
our_pub=$(cat "$ours.pub")

# Every login asks the remote anew.
settings '[clients]' 'cache_ttl = 0'
$BED helper restart

ok 'a key in authorized_keys on the remote lets in' let_in alice@gateway
LOGIN_KEY=$other
ok 'a key that is not there is refused, and nothing but keys is offered' \
	kept_out alice@gateway
LOGIN_KEY=
LOGIN_KEY=$TMUX_TMPDIR/gateway_key
(umask 077 && $BED on gateway cat /etc/moshgate/id_ed25519 >"$LOGIN_KEY")
ok "the gateway's own key lets nobody in, although it is there" \
	kept_out alice@gateway
LOGIN_KEY=
is '... since of the two only the other is printed for sshd' \
	"$(keys_of alice)" "$(echo "$our_pub" | cut -d ' ' -f 1,2)"
remote_keys "$gateway_pub"
ok 'a key removed from the remote is refused' kept_out alice@gateway
is '... since no key is printed' "$(keys_of alice)" ''
remote_keys "$gateway_pub" "$our_pub"
ok '... and put back it lets in' let_in alice@gateway
is 'an account outside the group logs in to the gateway itself' \
	"$(ssh local@gateway 'id -un; hostname' </dev/null | xargs)" \
	'local gateway'

# Restrictions.
remote_keys "$gateway_pub" "command=\"/bin/date\" $our_pub"
ok 'a key with command= is refused' kept_out alice@gateway
ok '... and the log says so' see_log gateway \
	'event=note user=alice .*left out for its option command'
remote_keys "$gateway_pub" "CoMMand=\"/bin/date\" $our_pub"
ok '... spelled CoMMand as well' kept_out alice@gateway
remote_keys "$gateway_pub" "no-pty,command=\"a \\\" b\",from=\"*\" $our_pub"
ok '... and between others' kept_out alice@gateway
rsa=$TMUX_TMPDIR/rsa
ssh-keygen -q -t rsa -b 2048 -N '' -f "$rsa"
rsa_key=$(cut -d ' ' -f 2 "$rsa.pub")
remote_keys "$gateway_pub" "command=\"/bin/date\" rsa-sha2-512 $rsa_key" \
	"ssh-rsa $rsa_key"
LOGIN_KEY=$rsa
ok '... and by another name of its type, with a free line behind' \
	kept_out alice@gateway
LOGIN_KEY=
remote_keys "$gateway_pub" "cert-authority $our_pub"
ok 'a key of a certificate authority is no key' kept_out alice@gateway
remote_keys "$gateway_pub" "who-knows $our_pub"
ok 'a key with an unknown option is refused' kept_out alice@gateway
remote_keys "$gateway_pub" "from=\"10.9.9.9\" $our_pub"
ok 'a key with from= of another address is refused' kept_out alice@gateway
remote_keys "$gateway_pub" "from=\"10.66.1.1,fd66:1::1\" $our_pub"
ok '... and of this one lets in' let_in alice@gateway
remote_keys "$gateway_pub" "expiry-time=\"20200101\" $our_pub"
ok 'a key that has expired is refused' kept_out alice@gateway
# zone HOST NAME: the host has this time zone from now on.
zone() {
	$BED on "$1" ln -sfn "/usr/share/zoneinfo/$2" /etc/localtime
}
# hours NUMBER: so many from now, as the remote's clock shows it.
hours() {
	$BED on remote date -d "$1 hours" +%Y%m%d%H%M
}
# They are 26 hours apart.
zone gateway Etc/GMT+12
zone remote Etc/GMT-14
remote_keys "$gateway_pub" "expiry-time=\"$(hours -1)\" $our_pub"
ok "... or has just on the remote's clock" kept_out alice@gateway
remote_keys "$gateway_pub" "expiry-time=\"$(hours 1)\" $our_pub"
ok '... and one that has not lets in' let_in alice@gateway
zone gateway Etc/GMT-14
zone remote Etc/GMT+12
remote_keys "$gateway_pub" "expiry-time=\"$(hours 1)\" $our_pub"
ok '... also where the gateway has tomorrow' let_in alice@gateway
remote_keys "$gateway_pub" "expiry-time=\"$(hours -1)\" $our_pub"
ok '... and one that has does not' kept_out alice@gateway
$BED on remote sh -c 'rm /etc/localtime && echo no zone >/etc/localtime'
remote_keys "$gateway_pub" "expiry-time=\"20990101\" $our_pub"
ok 'where it is not known what the clock is a time is none' kept_out alice@gateway
ok '... and the log says so' see_log gateway \
	'event=note user=alice .*its expiry-time has no Z behind it'
zone gateway Etc/UTC
zone remote Etc/UTC
remote_keys "$gateway_pub" "environment=\"LD_PRELOAD=/x\",no-X11-forwarding \
$our_pub"
is 'environment= is taken out of a line' "$(keys_of alice)" \
	"no-X11-forwarding $(echo "$our_pub" | cut -d ' ' -f 1,2)"
ok '... which lets in' let_in alice@gateway
ok '... and the log says so' see_log gateway \
	'event=note user=alice .*kept without its option environment'
remote_keys "$gateway_pub" "restrict,pty $our_pub"
terminal a
ok 'restrict,pty is enough for a session' login a alice
type_in a exit Enter
for option in no-pty restrict; do
	remote_keys "$gateway_pub" "$option $our_pub"
	for way in mosh ssh; do
		fresh a
		type_in a "ssh -o SetEnv=MOSHGATE=$way alice@gateway" Enter
		see a '^PTY allocation request failed'
		type_in a tty Enter
		ok "$option: no terminal for who asks (MOSHGATE=$way)" \
			see a '^not a tty'
	done
done
remote_keys "$gateway_pub" "$our_pub"

# Who asks, and for whom.
refused=$(keys_of root 2>/dev/null)
is 'for root there are no keys, status 1' "$refused $?" ' 1'
ok '... and the log says why' see_log gateway \
	'event=refused uid=770 user=root reason=root remedy='
refused=$(keys_of local 2>/dev/null)
is 'for an account outside the group neither' "$refused $?" ' 1'
ok '... and the log says why' see_log gateway \
	'event=refused uid=770 user=local reason=not-in-group remedy='
refused=$(keys_of zoe 2>/dev/null)
is 'for no account neither' "$refused $?" ' 1'

# no_keys NAME: asked for that name, moshgate-keys prints nothing and fails.
no_keys() {
	! keys_of "$@" >"$TMUX_TMPDIR/keys" 2>/dev/null &&
		! [ -s "$TMUX_TMPDIR/keys" ]
}
connections=$(tcp_connections)
long=$(printf '%065d' 0 | tr 0 a)
ok 'there is no user -rf' no_keys -rf
ok 'there is no user ..' no_keys ..
ok 'there is no user .' no_keys .
ok 'there is no user a/b' no_keys a/b
ok 'there is no user with 65 characters' no_keys "$long"
ok 'there is no user alice with a newline' no_keys 'alice
'
ok 'there is no user 3001' no_keys 3001
ok 'there is no user without a name' no_keys ''
ok 'there is no user --help, as sshd would ask' no_keys --help \
	ssh-ed25519 "${other_pub#* }"
is '... and the remote is not asked for any of them' \
	"$(tcp_connections)" "$connections"
is "alice herself can't ask for keys" \
	"$(as alice /usr/libexec/moshgate/moshgate-keys alice 2>/dev/null)" ''
ok '... and the log says so' see_log gateway \
	"event=refused uid=$($BED on gateway id -u alice) reason=not-sshd"
is "nobody can't ask for keys" "$(as nobody \
	/usr/libexec/moshgate/moshgate-keys alice 2>/dev/null)" ''
ok '... and the log says so' see_log gateway \
	'event=refused uid=65534 reason=not-sshd'

# Settings.
settings '[clients]' 'cache_ttl = 0' 'users = * !alice'
$BED helper restart
ok 'users = * !alice refuses alice' kept_out alice@gateway
ok '... and lets bob in' let_in bob@gateway

echo "$other_pub" | $BED on gateway sh -c 'cat >/etc/moshgate/clients'
settings '[clients]' 'keys = file' 'authorized_keys = /etc/moshgate/clients'
$BED helper restart
ok "keys = file refuses a key that isn't in it" kept_out alice@gateway
terminal b 80 24 ssh -F none -i "$other" -o IdentitiesOnly=yes \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" alice@gateway
ok '... and one that is gets to a prompt on the remote' see b alice@remote

settings '[clients]' 'keys = any' 'any_key = i-know'
$BED helper restart
ssh-keygen -q -t ecdsa -N '' -f "$TMUX_TMPDIR/any"
terminal c 80 24 ssh -F none -i "$TMUX_TMPDIR/any" -o IdentitiesOnly=yes \
	-o UserKnownHostsFile="$BED_DIR/known_hosts" bob@gateway
ok 'with keys = any, any key gets to a prompt on the remote' see c bob@remote
LOGIN_KEY=$TMUX_TMPDIR/any
ok '... but root does not get in' not let_in root@gateway

# The drop-in's line for a copy of the remote's revoked keys.
$BED on gateway sed -i 's/^\(\t*\)#\(RevokedKeys \)/\1\2/' \
	/etc/ssh/sshd_config.d/50-moshgate.conf
$BED on gateway sh -c 'cat >/etc/moshgate/revoked_keys' \
	<"$TMUX_TMPDIR/any.pub"
new_sshd gateway
ok 'a key that the drop-in revokes is refused' kept_out bob@gateway
LOGIN_KEY=
ok '... and no other' let_in bob@gateway
$BED on gateway rm /etc/moshgate/revoked_keys
ok '... but all where the file is missing' kept_out bob@gateway
like '... to users of the remote' "$(ssh local@gateway id -un </dev/null)" \
	'^local$'
