# make dist, make deb, make check-packages.

# The version of everything, in Debian's form: VERSION-REVISION.
CHANGELOG = $(firstword $(wildcard packaging/debian/changelog debian/changelog))
FULL_VERSION := $(shell sed -n '1s/.*(\(.*\)).*/\1/p' $(CHANGELOG))
VERSION := $(firstword $(subst -, ,$(FULL_VERSION)))

DEB_DEPS = debhelper dh-nss dpkg-dev
PACKAGES_DEPS = mmdebstrap debian-archive-keyring lintian
DIST = $(BUILD)/moshgate-$(VERSION).tar.gz
# The day of that version, in seconds since 1970.
SOURCE_DATE_EPOCH ?= $(shell date +%s -d \
	"$$(sed -n 's/^ -- .*>  //p;T;q' $(CHANGELOG))")

deps-deb: export APT_INSTALL = $(value APT-INSTALL)
deps-deb: deps
	@$(call need,$(DEB_DEPS),dpkg-buildpackage dh dh_installnss)

# What git has, or the source that was unpacked, with the changes made here. The
# same files give the same bytes, wherever the tar file is made.
dist:
	@mkdir -p $(BUILD)
	$(say) "  DIST    $(DIST)"
	$(Q)if [ -e .git ]; then \
		git -c safe.directory='*' ls-files -z; \
	else \
		find * .[!.]* -type d -name 'build*' -prune -o \
			! -type d -print0; \
	fi | LC_ALL=C sort -z >$(BUILD)/dist-files
	$(Q)tar -c --null -T $(BUILD)/dist-files --sort=name --format=ustar \
		--mtime=@$(SOURCE_DATE_EPOCH) --owner=0 --group=0 \
		--numeric-owner --mode=u=rwX,go=rX \
		--transform='s,^,moshgate-$(VERSION)/,S' >$(BUILD)/dist.tar
	$(Q)gzip -9n <$(BUILD)/dist.tar >$(DIST)
	@rm -f $(BUILD)/dist.tar $(BUILD)/dist-files

deps-packages: export APT_INSTALL = $(value APT-INSTALL)
deps-packages: deps
	@$(call need,$(PACKAGES_DEPS),mmdebstrap lintian)

deb: deps-deb
	$(then) dist deb-only

# What make was told here, such as BUILD, is not for the package's own make.
DEB_DIR = $(BUILD)/deb
DEB_SOURCE = $(DEB_DIR)/moshgate-$(VERSION)
deb-only:
	@rm -rf $(DEB_DIR) && mkdir -p $(DEB_DIR)
	$(Q)cp $(DIST) $(DEB_DIR)/moshgate_$(VERSION).orig.tar.gz
	$(Q)tar -xf $(DIST) -C $(DEB_DIR)
	$(Q)cp -R $(DEB_SOURCE)/packaging/debian $(DEB_SOURCE)/debian
	$(Q)cd $(DEB_SOURCE) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
		-u BUILD -u PREFIX dpkg-buildpackage -us -uc $(DEB_FLAGS)
	@rm -rf $(DEB_SOURCE)

# As root, with the network: Debian 12 and 13 are made for it.
check-packages: deps-packages
	$(then) all dist
	@exec $(AS_ROOT) tests/packages/run $(DIST)

.PHONY: dist deb deb-only check-packages deps-deb deps-packages
