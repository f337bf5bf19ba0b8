#!/bin/sh
# What a test does to its hosts the next one does not see.  What the next one
# would see, a file on this machine, fails the test that leaves it.
# shellcheck disable=SC2016
. "$(dirname "$0")/lib.sh"
bed=$(realpath "$(dirname "$0")/../bed")
[ -n "${BED_PREPARED-}" ] || exec "$bed" --prepare -- "$0"
plan 7

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 130' HUP INT TERM
# Where those look that are written here.
ln -s "$bed" "$tmp/bed"
mkdir "$tmp/e2e"
ln -s "$(realpath "$(dirname "$0")/lib.sh")" "$tmp/e2e"

# What a test sees when it begins, without what is never the same.  No process is
# about to become another one while they are listed.
cat >"$tmp/look" <<-'END'
	for host in gateway remote; do
		$BED on $host sh -c 'cd / &&
			find etc home root run tmp usr/local var/lib/moshgate \
				-exec stat -c "%n %F %a %u %g %s %h" {} + |
				grep -v -e "pid file" -e "^run/moshgate-bed" |
				sort
			find etc home usr/libexec usr/sbin/moshgate -type f \
				-exec md5sum {} +
			mount
			ip -o addr
			ip rule
			wc -l <var/log/messages
			list=$(ps -e -o comm=) && echo "$list" | sort'
	done
	$BED wan count
	find /etc /run/client -type f -exec md5sum {} +
	ip -o addr
	mount
	list=$(ps -e -o comm=) && echo "$list" | sort
END
cat >"$tmp/change" <<-'END'
	for host in gateway remote; do
		$BED on $host sh -c '
			useradd -m mallory
			echo ruined | tee /etc/ssh/sshd_config /etc/nsswitch.conf \
				/etc/moshgate/moshgate.ini \
				/etc/moshgate/known_hosts /home/*/.ssh/* \
				/usr/libexec/moshgate/* /tmp/left /run/left \
				/dev/shm/left /var/log/messages
			rm -rf /etc/ssh/ssh_host_* /var/lib/moshgate /usr/sbin/sshd
			mount -t tmpfs left /mnt
			ip addr add 10.99.9.9/24 dev lo
			hostname ruined
			pkill -x sshd
			setsid sleep 86399 &'
	done
	$BED wan rtt 1000 loss 0.9 udp off down
	echo ruined | tee /run/client/known_hosts /etc/ssh/ssh_config
	mount -t tmpfs left /mnt
	setsid sleep 86399 &
	for host in gateway remote; do
		$BED on $host sh -c "id mallory; hostname; cat /etc/ssh/sshd_config"
	done
END
# What two files of tests do that come after one another.
cat >"$tmp/e2e/first.t" <<-'END'
	#!/bin/sh
	. "$(dirname "$0")/lib.sh"
	in_bed
	plan 1
	ok 'a file is left' touch /tmp/left-by-a-test
END
cat >"$tmp/e2e/second.t" <<-'END'
	#!/bin/sh
	. "$(dirname "$0")/lib.sh"
	in_bed
	plan 1
	ok 'no file is there' not test -e /tmp/left-by-a-test
END
chmod 755 "$tmp"/e2e/*.t

# changed: did all that go through?
changed() {
	[ "$(grep -c -e '^uid=.*mallory' -e '^ruined$' "$tmp/changes")" -ge 6 ]
}
"$bed" -- sh -c 'sh "$1/look" >&3; sh "$1/change"' - "$tmp" 3>"$tmp/before" \
	>"$tmp/changes" 2>&1
ok 'a test changes all it can' changed
"$bed" -- sh -c 'sh "$1/look"; :' - "$tmp" >"$tmp/after" 2>"$tmp/err"
ok 'the next one sees nothing of it' diff "$tmp/before" "$tmp/after"
ok 'no process is left' not pgrep -fx 'sleep 86399'

said=$(prove --exec '' "$tmp/e2e/first.t" "$tmp/e2e/second.t" 2>&1)
like 'a test that leaves a file on this machine fails' "$said" \
	"^$tmp/e2e/first.t .*(Failed|Dubious|[0-9]/[0-9])"
like '... and not the next one' "$said" "^$tmp/e2e/second.t \.+ ok"
like '... as prove says in the end' "$said" \
	"^$tmp/e2e/first.t +\(Wstat: .* Failed: 1"
ok '... where there is none' not test -e /tmp/left-by-a-test
