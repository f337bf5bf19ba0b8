#!/bin/bash
# ssh -t with a command is a mosh session that runs it, whatever it is.
# shellcheck disable=SC2016 # for the remote to expand
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 13

terminal a 100 30
type_in a "ssh -t alice@gateway 'echo \"I am \$(id -un) on \$(tty)\"; read x;
echo \"got \$x\"; read y'" Enter
ok 'a command runs in a terminal on the remote' see a '^I am alice on /dev/pts/'
ok '... under mosh-server' running remote '^mosh-server new .*-- '
ok '... and mosh-client' running gateway '^mosh-client'
type_in a 'typed' Enter
ok '... and hears what is typed' see a '^got typed'
type_in a '' Enter
ok 'with the command the session ends' see a '^client\$ *$'
ok '... on the remote as well' wait_for not running remote '^mosh-server'
fresh a
type_in a "ssh -t alice@gateway 'printf \"<%s>\\n\" \"a  b\" it\\'\\''s \
\"\$HOME\" \"*\" \"ä\" \\\\; read x'" Enter
for word in 'a  b' "it's" '/home/alice' '[*]' 'ä' "\\\\"; do
	ok "a word arrives as it is: $word" see a "^<$word>\$"
done
type_in a '' Enter
see a '^client\$ *$'
fresh a
type_in a "ssh -t alice@gateway '$(printf 'echo one\necho two\nread x')'" Enter
ok 'newlines are the shell'"'"'s' see a '^two'
