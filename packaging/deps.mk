# make deps: what building and testing need.

# root's tools are not in everyone's PATH.
export PATH := $(PATH):/usr/sbin:/sbin

DEPS = gcc make libc6-dev pkg-config libssh2-1-dev libsodium-dev libinih-dev \
	libseccomp-dev libssl-dev libcmocka-dev libncurses-dev \
	openssh-server openssh-client mosh tmux perl iproute2 mount \
	util-linux procps busybox socat netcat-openbsd strace xauth zsh fish \
	tcsh mandoc systemd openssl python3 python3-asyncssh rsync git sshfs \
	tzdata $(WAYS_IN_DEPS)
# Security keys in software, one-time passwords, Kerberos: tests that don't find
# them say so and are skipped.
WAYS_IN_DEPS = openssh-tests libpam-oath oathtool krb5-kdc krb5-admin-server \
	krb5-user
FUZZ_DEPS = clang libclang-rt-dev
LINT_DEPS = $(FUZZ_DEPS) clang-tidy clang-format cppcheck shellcheck mandoc \
	systemd

# The same, as commands, for systems without apt.
COMMANDS = $(CC) $(PKG_CONFIG) sshd ssh mosh-server mosh-client tmux perl prove \
	ip unshare nsenter setpriv mount ps busybox socat nc strace xauth zsh \
	fish tcsh mandoc openssl python3 rsync git sshfs
LINT_COMMANDS = clang clang-tidy clang-format cppcheck shellcheck mandoc \
	systemd-analyze

SUDO = $(if $(filter-out 0,$(shell id -u)),sudo)

deps: export APT_INSTALL = $(value APT-INSTALL)
deps:
	@$(call need,$(DEPS),$(COMMANDS),$(UNIT_PKGS))

deps-fuzz: export APT_INSTALL = $(value APT-INSTALL)
deps-fuzz: deps
	@$(call need,$(FUZZ_DEPS),clang)

deps-valgrind: export APT_INSTALL = $(value APT-INSTALL)
deps-valgrind: deps
	@$(call need,valgrind libc6-dbg,valgrind)

deps-lint: export APT_INSTALL = $(value APT-INSTALL)
deps-lint: deps
	@$(call need,$(LINT_DEPS),$(LINT_COMMANDS))

# $(call need,PACKAGES,COMMANDS,PKG-CONFIG-MODULES): asks no network, and
# nothing of root, when all are there.
define need
if command -v apt-get >/dev/null; then \
	there=" $$(dpkg-query -Wf '$${db:Status-Status}/$${Package} ' $1 \
		2>/dev/null) "; \
	missing=; \
	for package in $1; do \
		case $$there in *" installed/$$package "*) ;; \
		*) missing="$$missing $$package" ;; esac; \
	done; \
	[ -z "$$missing" ] || exec $(SUDO) sh -c "$$APT_INSTALL" - $$missing; \
else \
	missing=; \
	for command in $2; do command -v $$command >/dev/null || \
		missing="$$missing $$command"; done; \
	for module in $3; do $(PKG_CONFIG) --exists $$module 2>/dev/null || \
		missing="$$missing $$module(pkg-config)"; done; \
	[ -z "$$missing" ] || { echo "Please install:$$missing" >&2; exit 1; }; \
fi
endef

# Packages start their services, but this is no reason for an sshd to start
# here: policy-rc.d is how the administrator says so, so only for the while.
define APT-INSTALL
set -e
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f $policy' EXIT
	trap 'exit 130' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 0755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get -q update || echo "Trying with the lists that are there." >&2
apt-get -qy -o DPkg::Lock::Timeout=600 install --no-install-recommends "$@"
endef

.PHONY: deps deps-fuzz deps-valgrind deps-lint
