#include "programfilter.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <asm/termbits.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define SOCKET_TYPES 0xf /* as many can there be: SOCK_TYPE_MASK of Linux */
#define PROGRAMFILTER_VALUES 12
#ifndef PR_SET_VMA /* Linux 5.17: the C library names its memory */
#define PR_SET_VMA 0x53564d41
#endif

/* What another program has no need of; this libseccomp may not know them all. */
static const char *const programfilter_denied[] = {
	/* other processes; what is one of its own would outlive it */
	"clone", "clone3", "fork", "vfork", "kill", "tkill", "rt_sigqueueinfo",
	"rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
	"ptrace", "get_robust_list", "process_vm_readv", "process_vm_writev",
	"process_madvise", "process_mrelease", "kcmp", "setpgid", "setpriority",
	"ioprio_set", "sched_setaffinity", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "migrate_pages", "move_pages",
	/* connections */
	"connect", "bind", "listen", "accept", "accept4", "socketpair",
	/* what all processes of a user together have so many of */
	"timer_create", "flock",
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

/*
 * Of these calls nothing is left but with the VALUES of the argument ARG.  A
 * file's owner (F_SETOWN), which asynchronous input (O_ASYNC, FIOASYNC) sends
 * any signal to, can be any process of the same user.
 */
static const struct {
	const char *call;
	unsigned arg;
	uint32_t values[PROGRAMFILTER_VALUES];
} programfilter_left[] = {
	{ "fcntl", 1,
	    { F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC } },
	{ "fcntl64", 1,
	    { F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC } },
	{ "ioctl", 1,
	    { TCGETS, TCSETS, TCSETSW, TCSETSF, TCGETS2, TCSETS2, TCSETSW2,
		TCSETSF2, TCFLSH, TIOCGWINSZ, FIONREAD, FIONBIO } },
	/* not its death signal: it ends with the one that has started it */
	{ "prctl", 0,
	    { PR_SET_NAME, PR_GET_NAME, PR_SET_DUMPABLE, PR_GET_DUMPABLE,
		PR_SET_VMA, PR_CAPBSET_READ } },
	{ "socket", 0, { AF_INET, AF_INET6 } },
	{ "socket", 2, { 0, IPPROTO_UDP } },
	/* for itself alone: no core file */
	{ "prlimit64", 0, { 0 } },
};

/* These are taken away if the bits of the argument ARG that MASK has are VALUE. */
static const struct {
	const char *call;
	unsigned arg;
	uint32_t mask, value;
} programfilter_denied_with[] = {
	{ "fcntl", 2, O_ASYNC, O_ASYNC },
	{ "fcntl64", 2, O_ASYNC, O_ASYNC },
	/* memory that the limits don't count */
	{ "mmap", 3, MAP_TYPE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS },
	{ "mmap", 3, MAP_TYPE | MAP_ANONYMOUS,
	    MAP_SHARED_VALIDATE | MAP_ANONYMOUS },
	{ "mmap2", 3, MAP_TYPE | MAP_ANONYMOUS, MAP_SHARED | MAP_ANONYMOUS },
	{ "mmap2", 3, MAP_TYPE | MAP_ANONYMOUS,
	    MAP_SHARED_VALIDATE | MAP_ANONYMOUS },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Calls that came after those above were written down: Linux 6.5 and later. */
#define NEW_CALLS_FIRST 451
#define NEW_CALLS_LAST 511

/* Have CALL fail with ERROR; with ARG not NULL, only if that is so. */
static bool
programfilter_deny(scmp_filter_ctx filter, int call, int error,
    const struct scmp_arg_cmp *arg)
{
	return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((unsigned)error),
		   call, arg != NULL, arg) == 0;
}

/* The same for the call NAME; one that nobody knows is no fault. */
static bool
programfilter_deny_name(scmp_filter_ctx filter, const char *name,
    const struct scmp_arg_cmp *arg)
{
	const int call = seccomp_syscall_resolve_name(name);

	return call == __NR_SCMP_ERROR ||
	    programfilter_deny(filter, call, EPERM, arg);
}

/* The same for CALL with an argument ARG whose bits of MASK are VALUE. */
static bool
programfilter_deny_bits(scmp_filter_ctx filter, const char *call, unsigned arg,
    uint32_t mask, uint32_t value)
{
	const struct scmp_arg_cmp is = { .arg = arg,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = mask,
		.datum_b = value };

	return programfilter_deny_name(filter, call, &is);
}

/* True if one of the VALUES has the bits of MASK as VALUE has them. */
static bool
programfilter_has(const uint32_t values[PROGRAMFILTER_VALUES], uint32_t mask,
    uint32_t value)
{
	size_t i = 0;

	do {
		if ((values[i] & mask) == (value & mask))
			return true;
	} while (++i < PROGRAMFILTER_VALUES && values[i] != 0);
	return false;
}

/*
 * Have CALL fail if the lower 32 bits of its argument ARG are none of VALUES.  The
 * list ends with the first 0 behind its first value.  libseccomp has no rule for
 * "none of these".  So for each value, and for each of its bits from the highest
 * on, the numbers are denied that are as the value before that bit and differ in
 * it, unless another value begins so.
 */
static bool
programfilter_deny_others(scmp_filter_ctx filter, const char *call,
    unsigned arg, const uint32_t values[PROGRAMFILTER_VALUES])
{
	bool good = true;

	for (uint32_t bit = (uint32_t)1 << 31, mask = bit; bit > 0;
	     bit >>= 1, mask |= bit) {
		/* behind the first a 0 is none */
		for (size_t i = 0;
		     i == 0 || (i < PROGRAMFILTER_VALUES && values[i] != 0);
		     i++) {
			const uint32_t other = (values[i] ^ bit) & mask;

			if (!programfilter_has(values, mask, other))
				good = good &&
				    programfilter_deny_bits(filter, call, arg,
					mask, other);
		}
	}
	return good;
}

/* No sockets but those for datagrams; the type's other bits are flags. */
static bool
programfilter_deny_types(scmp_filter_ctx filter)
{
	bool good = true;

	for (uint32_t type = 0; type <= SOCKET_TYPES; type++)
		good = good &&
		    (type == SOCK_DGRAM ||
			programfilter_deny_bits(filter, "socket", 1,
			    SOCKET_TYPES, type));
	return good;
}

/* Signals to itself alone: abort(). */
static bool
programfilter_deny_signals(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp other = { .arg = 0,
		.op = SCMP_CMP_NE,
		.datum_a = (scmp_datum_t)getpid() };

	return programfilter_deny_name(filter, "tgkill", &other);
}

/* As on a kernel that doesn't have them, where numbers are the same on all. */
static bool
programfilter_deny_new(scmp_filter_ctx filter)
{
	bool good = true;

	for (int call = NEW_CALLS_FIRST;
	     SYS_openat2 == 437 && call <= NEW_CALLS_LAST; call++)
		good = good && programfilter_deny(filter, call, ENOSYS, NULL);
	return good;
}

scmp_filter_ctx
programfilter_new(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool good = filter != NULL && programfilter_deny_types(filter) &&
	    programfilter_deny_signals(filter) &&
	    programfilter_deny_new(filter);

	for (size_t i = 0; i < COUNT(programfilter_denied); i++)
		good = good &&
		    programfilter_deny_name(filter, programfilter_denied[i],
			NULL);
	for (size_t i = 0; i < COUNT(programfilter_left); i++)
		good = good &&
		    programfilter_deny_others(filter,
			programfilter_left[i].call, programfilter_left[i].arg,
			programfilter_left[i].values);
	for (size_t i = 0; i < COUNT(programfilter_denied_with); i++)
		good = good &&
		    programfilter_deny_bits(filter,
			programfilter_denied_with[i].call,
			programfilter_denied_with[i].arg,
			programfilter_denied_with[i].mask,
			programfilter_denied_with[i].value);
	if (good)
		return filter;
	seccomp_release(filter);
	return NULL;
}
