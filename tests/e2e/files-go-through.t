#!/bin/bash
# Programs that know nothing of moshgate copy files through the gateway: sftp,
# scp, rsync, git, tar, sshfs.
# shellcheck disable=SC2029
. "$(dirname "$0")/lib.sh"
in_bed "$@"
plan 25

cd "$TMUX_TMPDIR" || exit
gw=alice@gateway
sum_there() {
	ssh "$gw" md5sum "$1" </dev/null | cut -d ' ' -f 1
}
head -c 9000000 /dev/urandom >big
sum=$(md5sum <big | cut -d ' ' -f 1)
mkdir -p tree/deep/er
for name in 'a  b' -x $'new\nline' 'ä' '*' '"q' "it's" "\$HOME" "\\"; do
	echo "$name" >"tree/deep/./$name"
done
chmod 600 tree/deep/-x
ln -s nowhere tree/link
head -c 100000 big >tree/deep/er/part

ok 'scp there' scp -q big "$gw:by-scp"
is '... is whole' "$(sum_there by-scp)" "$sum"
ok 'scp back' scp -q "$gw:by-scp" back
ok '... is whole' cmp big back
ok 'scp by its old protocol there' scp -O -q big "$gw:by-scp-O"
is '... is whole' "$(sum_there by-scp-O)" "$sum"
ok 'scp by its old protocol back' scp -O -q "$gw:by-scp-O" back-O
ok '... is whole' cmp big back-O
ok 'sftp there and back' sftp -q -b - "$gw" <<-END
	put big by-sftp
	get by-sftp back-sftp
	ls
	chmod 600 by-sftp
END
ok '... is whole' cmp big back-sftp
sftp -q -b - "$gw" <<<'get nonsuch' >sftp.out 2>&1
is '... and fails as ever' "$? $(grep -c 'not found' sftp.out)" '1 1'

ok 'rsync there' rsync -a --checksum tree/ "$gw:tree/"
ok '... and back' rsync -a --checksum "$gw:tree/" tree-back/
is '... is whole' "$(diff -r --no-dereference tree tree-back)" ''
is '... and sends nothing again' \
	"$(rsync -ai --checksum tree/ "$gw:tree/")" ''

git -c init.defaultBranch=main init -q repo
cp big repo/file
git -C repo add file
git -C repo -c user.name=a -c user.email=a@b commit -qm one
ssh "$gw" git init -q --bare repo.git </dev/null
ok 'git push' git -C repo push -q "$gw:repo.git" HEAD:refs/heads/main
ok '... and clone' git clone -q -b main "$gw:repo.git" cloned
ok '... is whole' cmp big cloned/file

# A pipe both ways.
tar -c tree | ssh "$gw" 'mkdir piped && tar -x -C piped && tar -c -C piped .' |
	tar -x --one-top-level=piped
is 'tar there and back' "$(diff -r --no-dereference tree piped/tree)" ''

# A copy that is interrupted.
head -c 300000000 /dev/zero | ssh "$gw" 'cat >half' &
wait_for ssh "$gw" 'test -s half' </dev/null
pkill -KILL -f "ssh $gw cat >half"
ok 'a copy is killed: nothing of it runs on the remote' \
	wait_for not running remote 'cat >half'
ok '... or on the gateway' wait_for not running gateway 'moshgate-session'

if [ -c /dev/fuse ]; then
	# What it says itself of a failure is that there was one.
	sshfs_far() {
		sshfs -o ssh_command="ssh -E $TMUX_TMPDIR/sshfs.err" "$gw:" far ||
			{ cat sshfs.err; false; }
	}
	mkdir far
	ok 'sshfs mounts the home there' sshfs_far
	ok '... a file is copied there' cp big far/by-sshfs
	ok '... and back' cmp big far/by-sshfs
	ok '... and it is unmounted' fusermount3 -u far
else
	skip 'sshfs mounts the home there' 'no FUSE in this kernel'
	skip '... a file is copied there' ''
	skip '... and back' ''
	skip '... and it is unmounted' ''
fi
