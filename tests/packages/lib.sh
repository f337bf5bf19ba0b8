# shellcheck shell=bash
#
# For the tests of the packages.  A test begins with
#
#	. "$(dirname "$0")/lib.sh"
#	in_bed_of ROOT [options of tests/bed]
#	plan NUMBER
#
# where ROOT is "system" (without the packages) or "installed"; RELEASE in the
# environment says of which release.  The rest is as in tests/e2e/lib.sh.

RELEASE=${RELEASE:-bookworm}
PACKAGES=${BUILD:-build}/packages/$RELEASE

in_bed_of() {
	local root=$PACKAGES/$1

	shift
	in_bed --root "gateway=$root" "$@"
}

# shellcheck source=tests/e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

# shellcheck disable=SC2016 # what is for the gateway to expand

# copy WHICH: have the packages in debs or before in /root/WHICH of the gateway.
copy() {
	(
		cd "$PACKAGES/$1" && tar -c --exclude="*-dbgsym_*" ./*.deb
	) | $BED on gateway sh -c 'mkdir -p "$1" && tar -C "$1" -x' - "/root/$1"
}

# package_tool remove|purge: by apt, both packages.
package_tool() {
	$BED on gateway env DEBIAN_FRONTEND=noninteractive apt-get -qqy \
		-o Dpkg::Use-Pty=0 "$1" moshgate libnss-moshgate </dev/null
}

# install_from WHICH [OPTION]: the packages there.
install_from() {
	# shellcheck disable=SC2016
	$BED on gateway sh -c 'export DEBIAN_FRONTEND=noninteractive
		from=$1
		shift
		apt-get -qqy -o Dpkg::Use-Pty=0 "$@" install "$from"/*.deb \
			</dev/null' - "/root/$1" "${@:2}"
}

# set_up: what the README's steps do, but for the installation: where to go, the
# remote's host key, the gateway's key on the remote.
set_up() {
	$BED on gateway sed -i '/^\[remote\]/,/^\[/s/^#host = .*/host = remote/' \
		/etc/moshgate/moshgate.ini
	echo "remote $(host_key remote ed25519)" |
		$BED on gateway sh -c 'cat >/etc/moshgate/known_hosts'
	$BED on gateway cat /etc/moshgate/id_ed25519.pub |
		$BED on remote sh -c 'tee -a /home/alice/.ssh/authorized_keys \
			/home/bob/.ssh/authorized_keys \
			/home/carol/.ssh/authorized_keys >/dev/null'
}
