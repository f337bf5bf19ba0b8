#include "sandbox.h"

#include <sys/resource.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "callfilter.h"
#include "landlock.h"
#include "programfilter.h"

#define MIB ((rlim_t)1 << 20)

struct sandbox_limit {
	int resource;
	rlim_t most;
};

/*
 * What a worker can use: libssh2's memory is bounded (worker/budget.h), beside it
 * there are the longest answer, and what libraries have.
 */
static const struct sandbox_limit sandbox_own_limits[] = {
	{ RLIMIT_CORE, 0 },
	{ RLIMIT_MEMLOCK, 0 },
	{ RLIMIT_MSGQUEUE, 0 },
	{ RLIMIT_NPROC, 0 },
	{ RLIMIT_SIGPENDING, 16 },
	/* as many as can come at once, and its own */
	{ RLIMIT_NOFILE, 512 },
	{ RLIMIT_DATA, 64 * MIB },
	{ RLIMIT_AS, 256 * MIB },
};

/* What a process can use that hashes one password. */
static const struct sandbox_limit sandbox_hash_limits[] = {
	{ RLIMIT_CORE, 0 },
	{ RLIMIT_FSIZE, 0 },
	{ RLIMIT_MEMLOCK, 0 },
	{ RLIMIT_MSGQUEUE, 0 },
	{ RLIMIT_NPROC, 0 },
	{ RLIMIT_SIGPENDING, 16 },
	{ RLIMIT_NOFILE, 8 },
	{ RLIMIT_CPU, 20 },
	/* what the hash takes, and the file of passwords */
	{ RLIMIT_DATA, 80 * MIB },
	{ RLIMIT_AS, 256 * MIB },
};

/* What a hostile remote can make mosh-client use. */
static const struct sandbox_limit sandbox_program_limits[] = {
	{ RLIMIT_CORE, 0 },
	{ RLIMIT_FSIZE, 0 },
	{ RLIMIT_MEMLOCK, 0 },
	{ RLIMIT_MSGQUEUE, 0 },
	{ RLIMIT_NPROC, 0 },
	{ RLIMIT_SIGPENDING, 16 },
	{ RLIMIT_NOFILE, 32 },
	{ RLIMIT_CPU, 2 },
	{ RLIMIT_DATA, 64 * MIB },
	/* with the files it maps, as may be an archive of locales */
	{ RLIMIT_AS, 512 * MIB },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What is left of the files to another program; not every machine has all. */
static const struct {
	const char *path;
	uint64_t rights;
} sandbox_program_files[] = {
	/* the dynamic loader, which is run as the program is */
	{ "/lib", LANDLOCK_RUN_DIR },
	{ "/lib64", LANDLOCK_RUN_DIR },
	/* libraries, locales, terminfo */
	{ "/usr", LANDLOCK_READ_DIR },
	{ "/etc/ld.so.cache", LANDLOCK_READ_FILE },
	{ "/etc/ld.so.preload", LANDLOCK_READ_FILE },
	{ "/etc/terminfo", LANDLOCK_READ_DIR },
	/* OpenSSL */
	{ "/etc/ssl/openssl.cnf", LANDLOCK_READ_FILE },
	{ "/etc/pki/tls/openssl.cnf", LANDLOCK_READ_FILE },
	{ "/etc/crypto-policies", LANDLOCK_READ_DIR },
	{ "/dev/urandom", LANDLOCK_READ_FILE },
};

/* Have the COUNT LIMITS, which only root could raise again. */
static void
sandbox_limit(const struct sandbox_limit *limits, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct rlimit both = { limits[i].most, limits[i].most };

		setrlimit((unsigned)limits[i].resource, &both);
	}
}

/* Load FILTER, which is freed; NULL is one that could not be made. */
static const char *
sandbox_load(scmp_filter_ctx filter)
{
	bool done;

	if (filter == NULL)
		return "no filter of system calls";
	done = seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done ? NULL : "no filter of system calls in this kernel";
}

const char *
sandbox_files(void)
{
	const char *lacks = NULL;
	int fd;

	if (SANDBOX_OFF)
		return NULL;
	fd = landlock_begin(true, &lacks);
	return fd < 0 ? lacks : landlock_end(fd, true);
}

const char *
sandbox_keep(int fd)
{
	return SANDBOX_OFF ? NULL : sandbox_load(callfilter_keep(fd));
}

const char *
sandbox_calls_and_wait(pid_t child)
{
	if (SANDBOX_OFF)
		return NULL;
	sandbox_limit(sandbox_own_limits, COUNT(sandbox_own_limits));
	return sandbox_load(callfilter_new(child));
}

const char *
sandbox_calls(void)
{
	return sandbox_calls_and_wait(0);
}

const char *
sandbox_calls_and_hash(void)
{
	if (SANDBOX_OFF)
		return NULL;
	sandbox_limit(sandbox_hash_limits, COUNT(sandbox_hash_limits));
	return sandbox_load(callfilter_new(0));
}

static const char *
sandbox_leave_files(const char *path)
{
	const char *lacks = NULL;
	const int fd = landlock_begin(false, &lacks);
	bool good;

	if (fd < 0)
		return lacks;
	good = landlock_leave(fd, path, LANDLOCK_RUN);
	for (size_t i = 0; i < COUNT(sandbox_program_files); i++)
		good = good &&
		    landlock_leave(fd, sandbox_program_files[i].path,
			sandbox_program_files[i].rights);
	return landlock_end(fd, good);
}

const char *
sandbox_program(const char *path)
{
	const char *files, *system_calls;

	if (SANDBOX_OFF)
		return NULL;
	files = sandbox_leave_files(path);
	system_calls = sandbox_load(programfilter_new());
	sandbox_limit(sandbox_program_limits, COUNT(sandbox_program_limits));
	return files != NULL ? files : system_calls;
}
