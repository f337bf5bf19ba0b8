#!/bin/sh
# On the remote people have shells of many kinds, with start-up files that
# print a lot, and some have none.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2086
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 10

# User and shell: each has an account on both hosts and a prompt that tells.
people='alice=bash bob=zsh carol=fish dave=tcsh erin=dash
	frank=nologin grace=bash heidi=bash'

$BED on gateway sh -c '
	for name in dave erin frank grace heidi; do
		useradd -M -d /nonexistent -G moshgate -p "*" \
			-s /usr/libexec/moshgate/moshgate-session $name ||
			exit
	done'

# The files: .bashrc, .zshenv, config.fish and .cshrc are read for commands,
# too; dash reads .profile alone, and at a login only.
$BED on remote sh -c '
	for person; do
		name=${person%=*} shell=${person#*=}
		path=$(command -v $shell) home=/home/$name
		if [ -d $home ]; then
			usermod -s $path $name
		else
			useradd -m -p "*" -s $path $name
			cp -r /home/alice/.ssh $home
		fi || exit
		mkdir -p $home/.config/fish
		cd $home
		rm -f .bashrc .profile .bash_profile .bash_login
		{
			echo MOSH CONNECT 7 AAAAAAAAAAAAAAAAAAAAAA
			yes noise | head -n 1666
		} >noise
		noise="cat ~/noise; cat ~/noise >/dev/stderr"
		echo "$noise; PS1=\"$name has bash> \"" >.bashrc
		echo ". ~/.bashrc" >.bash_profile
		echo "$noise; PS1=\"$name has zsh> \"" >.zshenv
		echo "PS1=\"$name has zsh> \"" >.zshrc
		echo "$noise; PS1=\"$name has dash> \"" >.profile
		echo "$noise; set prompt=\"$name has tcsh> \"" >.cshrc
		echo "$noise; function fish_prompt
			echo \"$name has fish> \"
		end" >.config/fish/config.fish
		case $name in
		grace) echo exit 3 >>.bashrc ;;
		heidi) echo "yes | head -c 2097152" >>.bashrc ;;
		esac
		chown -R $name: $home
	done' - $people

# The prompt is there, and what is typed goes to that shell.
has_shell() { # USER SHELL
	see "$1" "^$1 has $2>" || return
	type_in "$1" 'echo I am $0' Enter
	see "$1" "^I am .*$2"
}

for user in alice bob carol dave erin; do
	terminal "$user"
	type_in "$user" "ssh $user@gateway" Enter
done
ok 'bash' has_shell alice bash
ok 'zsh' has_shell bob zsh
ok 'fish' see carol '^carol has fish>'
type_in carol 'echo I am (status fish-path)' Enter
ok 'which is what runs' see carol '^I am .*fish'
ok 'tcsh' see dave '^dave has tcsh>'
type_in dave 'echo I am $shell' Enter
ok 'which is what runs' see dave '^I am .*tcsh'
ok 'dash' has_shell erin dash

# no_login USER DETAILS: ssh ends without a session, and the log says why.
no_login() {
	fresh a
	type_in a "ssh $1@gateway; echo the status was \$?" Enter
	see a '^the status was 255$' &&
		see a 'Permission denied' &&
		see_log gateway "login-failed user=$1 .*$2 .*remedy="
}

terminal a
ok 'nologin instead of a shell: no login, and the log has what it says' \
	no_login frank 'reason=no-shell .*This account is currently not available.*'
ok 'a start-up file that ends the shell: no login, and the log says so' \
	no_login grace reason=no-shell
ok 'one that prints 2 MiB: no login, and the log says so' \
	no_login heidi reason=too-big
