# make install, make uninstall.
#
# What the administrator may have changed is never overwritten: moshgate.ini
# stays as it is. A drop-in that differs stays, too, and ours is put beside it
# as 50-moshgate.conf.new, which sshd doesn't read.

mandir = $(datadir)/man
unitdir = $(PREFIX)/lib/systemd/system

# Where the dynamic loader looks depends on the system. The compiler is asked
# when it is needed.
multiarch = $(shell $(CC) -print-multiarch 2>/dev/null)
lib64 = $(if $(wildcard /usr/lib64),$(filter 64,$(shell getconf LONG_BIT)))
nssdir ?= $(PREFIX)/$(or $(addprefix lib/,$(multiarch)),$(if $(lib64),lib64),lib)

etc = $(DESTDIR)$(sysconfdir)
DROPIN = sshd_config.d/50-moshgate.conf
UNITS = moshgate.socket moshgate.service
MAN5 = $(wildcard man/*.5)
MAN8 = $(wildcard man/*.8)

# The files in contrib/ are right as they are for PREFIX=/usr.
for-prefix = sed -e 's|/usr/libexec/|$(libexecdir)/|g' \
	-e 's|/usr/share/moshgate/|$(datadir)/moshgate/|g'
put = $(for-prefix) $1 >$2 && chmod 0644 $2

install: all
	@install -d $(DESTDIR)$(libexecdir)/moshgate $(DESTDIR)$(sbindir) \
		$(DESTDIR)$(unitdir) $(DESTDIR)$(PREFIX)/lib/sysusers.d \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d $(DESTDIR)$(nssdir) \
		$(DESTDIR)$(datadir)/moshgate/pam.d \
		$(etc)/moshgate $(etc)/ssh/sshd_config.d \
		$(if $(MAN5),$(DESTDIR)$(mandir)/man5) \
		$(if $(MAN8),$(DESTDIR)$(mandir)/man8)
	$(Q)install -m 0755 $(LIBEXEC_PROGRAMS) $(DESTDIR)$(libexecdir)/moshgate
	@# What nobody can read is not dumpable, from its first instruction on:
	@# the helper has the key.
	$(Q)chmod 0711 $(DESTDIR)$(libexecdir)/moshgate/moshgate-helper
	$(Q)install -m 0755 $(SBIN_PROGRAMS) $(DESTDIR)$(sbindir)
	@# sshd may be about to load the module: there is a whole one at any
	@# time. /etc/nsswitch.conf, which says whether it is asked, stays.
	$(Q)install -m 0644 $(NSS_MODULE) $(DESTDIR)$(nssdir)/.$(NSS_NAME).new
	$(Q)mv -f $(DESTDIR)$(nssdir)/.$(NSS_NAME).new \
		$(DESTDIR)$(nssdir)/$(NSS_NAME)
	$(Q)$(if $(DESTDIR)$(filter /usr,$(PREFIX)),,ldconfig)
	$(Q)$(foreach unit,$(UNITS),$(call put,contrib/systemd/$(unit),\
		$(DESTDIR)$(unitdir)/$(unit)) &&) :
	$(Q)install -m 0644 contrib/systemd/moshgate.sysusers \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/moshgate.conf
	$(Q)install -m 0644 contrib/systemd/moshgate.tmpfiles \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/moshgate.conf
	$(Q)install -m 0644 contrib/reserved-names \
		$(DESTDIR)$(datadir)/moshgate/reserved-names
	@# An example: it is the administrator who puts that where it works.
	$(Q)$(call put,contrib/pam.d/moshgate,\
		$(DESTDIR)$(datadir)/moshgate/pam.d/moshgate)
	$(Q)$(if $(MAN5),install -m 0644 $(MAN5) $(DESTDIR)$(mandir)/man5)
	$(Q)$(if $(MAN8),install -m 0644 $(MAN8) $(DESTDIR)$(mandir)/man8)
	$(Q)$(if $(DESTDIR),,$(MAKE-USERS))
	$(Q)$(PUT-INI)
	$(Q)$(PUT-DROPIN)

define MAKE-USERS
if command -v systemd-sysusers >/dev/null; then \
	systemd-sysusers $(PREFIX)/lib/sysusers.d/moshgate.conf && \
	systemd-tmpfiles --create $(PREFIX)/lib/tmpfiles.d/moshgate.conf; \
else \
	echo "No systemd here: make the users and directories named in" \
		"contrib/systemd/moshgate.sysusers and moshgate.tmpfiles"; \
fi
endef

# The settings can hold secrets: for root and the helper's group alone. The
# group is looked up where the file goes, which may be another system's tree.
define PUT-INI
ini=$(etc)/moshgate/moshgate.ini; \
if [ ! -e $$ini ]; then \
	install -m 0640 contrib/moshgate.ini $$ini || exit; \
fi; \
gid=$$(sed -n 's/^_moshgate:[^:]*:\([0-9]*\):.*/\1/p' $(etc)/group \
	2>/dev/null); \
if [ -z "$$gid" ]; then \
	echo "No group _moshgate in $(etc)/group: chgrp _moshgate $$ini later"; \
elif [ $$(id -u) = 0 ]; then \
	chgrp $$gid $$ini; \
fi
endef

define PUT-DROPIN
to=$(etc)/ssh/$(DROPIN); from=contrib/$(DROPIN); \
if [ ! -e $$to ] || $(for-prefix) $$from | cmp -s - $$to; then \
	rm -f $$to.new; \
else \
	to=$$to.new; \
	echo "50-moshgate.conf was changed here and stays; see $$to"; \
fi; \
$(call put,$$from,$$to)
endef

# The drop-in goes too, or sshd would call a program that isn't there; one
# with the administrator's changes is renamed to where sshd doesn't read it.
uninstall:
	$(Q)if [ -z "$(DESTDIR)" ] && [ -d /run/systemd/system ]; then \
		systemctl disable --now moshgate.socket moshgate.service; \
	fi
	$(Q)to=$(etc)/ssh/$(DROPIN); rm -f $$to.new; \
	if [ ! -e $$to ]; then :; \
	elif $(for-prefix) contrib/$(DROPIN) | cmp -s - $$to; then rm $$to; \
	else mv $$to $$to.saved && echo "kept as $$to.saved"; fi
	rm -rf $(DESTDIR)$(libexecdir)/moshgate $(DESTDIR)$(datadir)/moshgate
	rm -f $(DESTDIR)$(sbindir)/moshgate $(DESTDIR)$(nssdir)/$(NSS_NAME) \
		$(addprefix $(DESTDIR)$(unitdir)/,$(UNITS)) \
		$(DESTDIR)$(PREFIX)/lib/sysusers.d/moshgate.conf \
		$(DESTDIR)$(PREFIX)/lib/tmpfiles.d/moshgate.conf \
		$(MAN5:man/%=$(DESTDIR)$(mandir)/man5/%) \
		$(MAN8:man/%=$(DESTDIR)$(mandir)/man8/%)

.PHONY: install uninstall
