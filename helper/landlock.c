#include "landlock.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <unistd.h>

/* The C library's headers may be older than the kernel: landlock(7). */
struct landlock_attr {
	uint64_t files;
	uint64_t ports; /* since version 4 */
	uint64_t scope; /* since version 6 */
};

#define LANDLOCK_BIND ((uint64_t)1 << 0)
#define LANDLOCK_CONNECT ((uint64_t)1 << 1)
#define LANDLOCK_ABSTRACT_SOCKETS ((uint64_t)1 << 0)
#define LANDLOCK_SIGNALS ((uint64_t)1 << 1)

/* What there is, by the version of the interface. */
static const struct {
	unsigned file_rights;
	size_t size;
} landlock_versions[] = {
	[1] = { 13, offsetof(struct landlock_attr, ports) },
	[2] = { 14, offsetof(struct landlock_attr, ports) },
	[3] = { 15, offsetof(struct landlock_attr, ports) },
	[4] = { 15, offsetof(struct landlock_attr, scope) },
	[5] = { 16, offsetof(struct landlock_attr, scope) },
	[6] = { 16, sizeof(struct landlock_attr) },
};

#define LANDLOCK_VERSION_MAX \
	(sizeof(landlock_versions) / sizeof(landlock_versions[0]) - 1)

int
landlock_begin(bool connects, const char **lacks)
{
	struct landlock_attr all = {
		.ports = LANDLOCK_BIND | (connects ? 0 : LANDLOCK_CONNECT),
		.scope = LANDLOCK_ABSTRACT_SOCKETS | LANDLOCK_SIGNALS,
	};
	long version, fd;

	version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1) {
		*lacks = "no Landlock in this kernel";
		return -1;
	}
	if ((size_t)version > LANDLOCK_VERSION_MAX)
		version = (long)LANDLOCK_VERSION_MAX;
	all.files = ((uint64_t)1 << landlock_versions[version].file_rights) - 1;
	fd = syscall(SYS_landlock_create_ruleset, &all,
	    landlock_versions[version].size, 0);
	if (fd < 0)
		*lacks = "Landlock takes no rules";
	return (int)fd;
}

bool
landlock_leave(int fd, const char *path, uint64_t rights)
{
	const int found = open(path, O_PATH | O_CLOEXEC);
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = rights,
		.parent_fd = found,
	};
	bool done;

	if (found < 0)
		return true;
	done = syscall(SYS_landlock_add_rule, fd, LANDLOCK_RULE_PATH_BENEATH,
		   &rule, 0) == 0;
	close(found);
	return done;
}

const char *
landlock_end(int fd, bool good)
{
	const bool done = good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, fd, 0) == 0;

	close(fd);
	return done ? NULL : "Landlock takes no effect";
}
