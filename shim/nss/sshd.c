#include "sshd.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

bool
sshd_is_path(char *path)
{
	/* so ends, after an upgrade, the path of what has run since before */
	static const char deleted[] = " (deleted)";
	static const char *const programs[] = { "sshd", "sshd-session",
		"sshd-auth" };
	const size_t len = strlen(path), end = strlen(deleted);
	const char *name;

	if (len > end && strcmp(path + len - end, deleted) == 0)
		path[len - end] = '\0';
	name = strrchr(path, '/');
	if (name == NULL)
		return false;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (strcmp(name + 1, programs[i]) == 0)
			return true;
	}
	return false;
}

bool
sshd_is_this(void)
{
	char path[PATH_MAX];
	ssize_t len;

	if (getuid() != 0 || geteuid() != 0)
		return false;
	len = readlink("/proc/self/exe", path, sizeof(path));
	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	path[len] = '\0';
	return sshd_is_path(path);
}
