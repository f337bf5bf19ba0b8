#include "sandbox.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

/* Sanitizers write reports, and they and valgrind need calls of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(MOSHGATE_NO_SANDBOX)
#define SANDBOX_OFF true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANDBOX_OFF true
#endif
#endif
#ifndef SANDBOX_OFF
#define SANDBOX_OFF false
#endif

/* How many rights to files Landlock has, by the version of its interface. */
static const unsigned rights[] = { 0, 13, 14, 15, 15, 16 };

#define VERSION_MAX (sizeof(rights) / sizeof(rights[0]) - 1)

#define READ_FILE ((uint64_t)LANDLOCK_ACCESS_FS_READ_FILE)
#define READ_DIR (READ_FILE | (uint64_t)LANDLOCK_ACCESS_FS_READ_DIR)
#define RUN (READ_FILE | (uint64_t)LANDLOCK_ACCESS_FS_EXECUTE)
#define RUN_DIR (READ_DIR | RUN)

/* What is left of the files to another program; not every machine has all. */
static const struct {
	const char *path;
	uint64_t rights;
} program_files[] = {
	/* the dynamic loader, which is run as the program is */
	{ "/lib", RUN_DIR },
	{ "/lib64", RUN_DIR },
	/* libraries, locales, terminfo */
	{ "/usr", READ_DIR },
	{ "/etc/ld.so.cache", READ_FILE },
	{ "/etc/ld.so.preload", READ_FILE },
	{ "/etc/terminfo", READ_DIR },
	/* OpenSSL */
	{ "/etc/ssl/openssl.cnf", READ_FILE },
	{ "/etc/pki/tls/openssl.cnf", READ_FILE },
	{ "/etc/crypto-policies", READ_DIR },
	{ "/dev/urandom", READ_FILE },
};

#define PROGRAM_FILES (sizeof(program_files) / sizeof(program_files[0]))

/* Begin with rules that take all rights away; -1, and *LACKS, if that fails. */
static int
sandbox_begin_files(const char **lacks)
{
	struct landlock_ruleset_attr all = { 0 };
	long version, fd;

	version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1) {
		*lacks = "no Landlock in this kernel";
		return -1;
	}
	if ((size_t)version > VERSION_MAX)
		version = (long)VERSION_MAX;
	all.handled_access_fs = ((uint64_t)1 << rights[version]) - 1;
	fd = syscall(SYS_landlock_create_ruleset, &all,
	    sizeof(all.handled_access_fs), 0);
	if (fd < 0)
		*lacks = "Landlock takes no rules";
	return (int)fd;
}

/* Leave GIVEN rights to what is at PATH, if there is anything. */
static bool
sandbox_leave_file(int fd, const char *path, uint64_t given)
{
	const int found = open(path, O_PATH | O_CLOEXEC);
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = given,
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

/* From now on the rules hold, unless GOOD says that they are not complete. */
static const char *
sandbox_end_files(int fd, bool good)
{
	const bool done = good && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, fd, 0) == 0;

	close(fd);
	return done ? NULL : "Landlock takes no effect";
}

const char *
sandbox_files(void)
{
	const char *lacks = NULL;
	int fd;

	if (SANDBOX_OFF)
		return NULL;
	fd = sandbox_begin_files(&lacks);
	return fd < 0 ? lacks : sandbox_end_files(fd, true);
}

static const char *
sandbox_program_files(const char *path)
{
	const char *lacks = NULL;
	const int fd = sandbox_begin_files(&lacks);
	bool good;

	if (fd < 0)
		return lacks;
	good = sandbox_leave_file(fd, path, RUN);
	for (size_t i = 0; i < PROGRAM_FILES; i++)
		good = good &&
		    sandbox_leave_file(fd, program_files[i].path,
			program_files[i].rights);
	return sandbox_end_files(fd, good);
}

#define SOCKET_TYPES 0xf /* as many can there be: SOCK_TYPE_MASK of Linux */

/* Some of them do not exist on every machine. */
static const int calls[] = {
	/* the connections */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(recv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(send),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(getsockopt),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(fcntl),
	SCMP_SYS(fcntl64),
	SCMP_SYS(shutdown),
	SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(mlock),
	SCMP_SYS(munlock),
	/* the C library, OpenSSL */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getrandom),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

static bool
sandbox_allow_all(scmp_filter_ctx filter, bool outlive)
{
	/* mmap() is mmap2() on some machines */
	const int maps[] = { SCMP_SYS(mmap), SCMP_SYS(mmap2),
		SCMP_SYS(mprotect) };
	const struct scmp_arg_cmp no_code = { .arg = 2,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = PROT_EXEC };
	/* to itself alone: abort() */
	const struct scmp_arg_cmp own = { .arg = 0,
		.op = SCMP_CMP_EQ,
		.datum_a = (scmp_datum_t)getpid() };
	const struct scmp_arg_cmp no_signal[] = {
		{ .arg = 0, .op = SCMP_CMP_EQ, .datum_a = PR_SET_PDEATHSIG },
		{ .arg = 1, .op = SCMP_CMP_EQ, .datum_a = 0 },
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) < 0)
			return false;
	}
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, maps[i], 1,
			no_code) < 0)
			return false;
	}
	if (outlive &&
	    seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 2,
		no_signal) < 0)
		return false;
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		   own) == 0;
}

/* Load FILTER, if GOOD says that it is complete; it is freed. */
static const char *
sandbox_end_calls(scmp_filter_ctx filter, bool good)
{
	const bool done = good && seccomp_load(filter) == 0;

	seccomp_release(filter);
	return done ? NULL : "no filter of system calls in this kernel";
}

/* With leave to kill and to wait for CHILD, if it is not 0. */
static const char *
sandbox_restrict_calls(pid_t child)
{
	const struct scmp_arg_cmp that = { .arg = 0,
		.op = SCMP_CMP_EQ,
		.datum_a = (scmp_datum_t)child };
	scmp_filter_ctx filter;
	bool good;

	if (SANDBOX_OFF)
		return NULL;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return "no filter of system calls";
	good = sandbox_allow_all(filter, child == 0);
	if (child != 0)
		good = good &&
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(kill), 1,
			that) == 0 &&
		    seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(wait4), 1,
			that) == 0;
	return sandbox_end_calls(filter, good);
}

const char *
sandbox_calls(void)
{
	return sandbox_restrict_calls(0);
}

const char *
sandbox_calls_and_kill(pid_t child)
{
	return sandbox_restrict_calls(child);
}

/* What another program has no need of; this libseccomp may not know them all. */
static const char *const program_denied[] = {
	/* other processes; what is one of its own would outlive it */
	"clone", "clone3", "fork", "vfork", "kill", "tkill", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
	"process_mrelease", "kcmp", "setpgid", "setpriority", "ioprio_set",
	"sched_setaffinity", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "migrate_pages", "move_pages",
	/* connections */
	"connect", "bind", "listen", "accept", "accept4", "socketpair",
	/* memory that the limits don't count */
	"memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open",
	/* what Landlock leaves of the service's files */
	"chmod", "fchmod", "fchmodat", "chown", "chown32", "fchown", "fchown32",
	"lchown", "lchown32", "fchownat", "setxattr", "lsetxattr", "fsetxattr",
	"removexattr", "lremovexattr", "fremovexattr", "utime", "utimes",
	"utimensat", "utimensat_time64", "futimesat", "inotify_init",
	"inotify_init1", "fanotify_init", "open_by_handle_at",
	/* parts of the kernel that few programs use, and mistakes are in */
	"io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup",
	"bpf", "perf_event_open", "userfaultfd", "add_key", "request_key",
	"keyctl", "personality", "modify_ldt", "syslog", "vmsplice",
	/* another view of the system */
	"unshare", "setns", "chroot", "pivot_root", "mount", "umount",
	"umount2", "mount_setattr", "move_mount", "open_tree", "fsopen",
	"fsconfig", "fsmount", "fspick", "quotactl", "quotactl_fd"
};

/* Those with one argument, the ARG'th, that has VALUE in its lower 32 bits. */
static const struct {
	const char *call;
	unsigned arg;
	scmp_datum_t value;
} program_denied_with[] = {
	/* it ends with the one that has started it */
	{ "prctl", 0, PR_SET_PDEATHSIG },
	/* signals to others, by way of a file */
	{ "fcntl", 1, F_SETOWN },
	{ "fcntl", 1, F_SETOWN_EX },
	{ "fcntl", 1, F_SETSIG },
	{ "fcntl64", 1, F_SETOWN },
	{ "fcntl64", 1, F_SETOWN_EX },
	{ "fcntl64", 1, F_SETSIG },
	{ "ioctl", 1, FIOSETOWN },
	{ "ioctl", 1, SIOCSPGRP },
};

#define PROGRAM_DENIED (sizeof(program_denied) / sizeof(program_denied[0]))
#define PROGRAM_DENIED_WITH \
	(sizeof(program_denied_with) / sizeof(program_denied_with[0]))

/* Calls that came after those above were written down: Linux 6.5 and later. */
#define NEW_CALLS_FIRST 451
#define NEW_CALLS_LAST 511

/* Have CALL fail with ERROR; with ARG not NULL, only if that is so. */
static bool
sandbox_deny(scmp_filter_ctx filter, int call, int error,
    const struct scmp_arg_cmp *arg)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((unsigned)error),
		   call, arg != NULL, arg) == 0;
}

/* The same for the call NAME; one that nobody knows is no fault. */
static bool
sandbox_deny_name(scmp_filter_ctx filter, const char *name,
    const struct scmp_arg_cmp *arg)
{
	const int call = seccomp_syscall_resolve_name(name);

	return call == __NR_SCMP_ERROR ||
	    sandbox_deny(filter, call, EPERM, arg);
}

/* No sockets but those of UDP. */
static bool
sandbox_deny_sockets(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp others[] = {
		{ .arg = 0, .op = SCMP_CMP_LT, .datum_a = AF_INET },
		{ .arg = 0, .op = SCMP_CMP_GT, .datum_a = AF_INET6 },
	};
	struct scmp_arg_cmp is = { .arg = 0, .op = SCMP_CMP_EQ };
	bool good = true;

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		good = good &&
		    sandbox_deny(filter, SCMP_SYS(socket), EPERM, &others[i]);
	for (is.datum_a = AF_INET + 1; is.datum_a < AF_INET6; is.datum_a++)
		good = good &&
		    sandbox_deny(filter, SCMP_SYS(socket), EPERM, &is);
	/* the rest are flags */
	is = (struct scmp_arg_cmp){ .arg = 1,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = SOCKET_TYPES };
	for (is.datum_b = 0; is.datum_b <= SOCKET_TYPES; is.datum_b++)
		good = good &&
		    (is.datum_b == SOCK_DGRAM ||
			sandbox_deny(filter, SCMP_SYS(socket), EPERM, &is));
	return good;
}

/* Signals and limits for itself alone: abort(), and no core file. */
static bool
sandbox_deny_others(scmp_filter_ctx filter)
{
	struct scmp_arg_cmp other = { .arg = 0,
		.op = SCMP_CMP_NE,
		.datum_a = (scmp_datum_t)getpid() };

	if (!sandbox_deny_name(filter, "tgkill", &other))
		return false;
	other.datum_a = 0;
	return sandbox_deny_name(filter, "prlimit64", &other);
}

/* As on a kernel that doesn't have them, where numbers are the same on all. */
static bool
sandbox_deny_new(scmp_filter_ctx filter)
{
	bool good = true;

	for (int call = NEW_CALLS_FIRST;
	     SYS_openat2 == 437 && call <= NEW_CALLS_LAST; call++)
		good = good && sandbox_deny(filter, call, ENOSYS, NULL);
	return good;
}

static const char *
sandbox_program_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool good;

	if (filter == NULL)
		return "no filter of system calls";
	good = sandbox_deny_sockets(filter) && sandbox_deny_others(filter) &&
	    sandbox_deny_new(filter);
	for (size_t i = 0; i < PROGRAM_DENIED; i++)
		good = good &&
		    sandbox_deny_name(filter, program_denied[i], NULL);
	for (size_t i = 0; i < PROGRAM_DENIED_WITH; i++) {
		const struct scmp_arg_cmp is = {
			.arg = program_denied_with[i].arg,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = UINT32_MAX,
			.datum_b = program_denied_with[i].value,
		};

		good = good &&
		    sandbox_deny_name(filter, program_denied_with[i].call, &is);
	}
	return sandbox_end_calls(filter, good);
}

/* What a hostile remote can make it use. */
static void
sandbox_limit_program(void)
{
	static const struct {
		int resource;
		rlim_t most;
	} limits[] = {
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_FSIZE, 0 },
		{ RLIMIT_MEMLOCK, 0 },
		{ RLIMIT_MSGQUEUE, 0 },
		{ RLIMIT_NOFILE, 32 },
		{ RLIMIT_CPU, 2 },
		{ RLIMIT_DATA, (rlim_t)64 << 20 },
		/* with the files it maps, as may be an archive of locales */
		{ RLIMIT_AS, (rlim_t)512 << 20 },
	};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const struct rlimit both = { limits[i].most, limits[i].most };

		setrlimit((unsigned)limits[i].resource, &both);
	}
}

const char *
sandbox_program(const char *path)
{
	const char *files, *system_calls;

	if (SANDBOX_OFF)
		return NULL;
	files = sandbox_program_files(path);
	system_calls = sandbox_program_calls();
	sandbox_limit_program();
	return files != NULL ? files : system_calls;
}
