#include "confine.h"

#include <sys/prctl.h>

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "../landlock.h"
#include "../sandbox.h"

/*
 * What is to be done to the one directory.  REMOVE_DIR is for the kernel to say
 * what is wrong where the file that is to be replaced is a directory.
 */
#define CONFINE_CHANGE                                                     \
	(LANDLOCK_READ_DIR | LANDLOCK_ACCESS_FS_WRITE_FILE |               \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
	    LANDLOCK_ACCESS_FS_REMOVE_DIR)

/* What such a process has no need of; this libseccomp may not know them all. */
static const char *const denied[] = {
	/* programs and processes */
	"execve", "execveat", "fork", "vfork", "kill", "tkill",
	"rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_open", "pidfd_getfd",
	"pidfd_send_signal", "ptrace", "process_vm_readv", "process_vm_writev",
	"process_madvise", "process_mrelease", "kcmp", "setpgid", "setsid",
	"setpriority", "ioprio_set", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "migrate_pages", "move_pages",
	/* what can be done to files without opening them */
	"chmod", "fchmodat", "fchmodat2", "chown", "chown32", "lchown",
	"lchown32", "fchownat", "setxattr", "lsetxattr", "removexattr",
	"lremovexattr", "utime", "utimes", "utimensat", "utimensat_time64",
	"futimesat", "fanotify_init", "open_by_handle_at",
	/* parts of the kernel that few programs use, and mistakes are in */
	"io_uring_setup", "io_uring_enter", "io_uring_register", "io_setup",
	"bpf", "perf_event_open", "userfaultfd", "add_key", "request_key",
	"personality", "modify_ldt", "syslog", "vmsplice",
	/* another view of the system */
	"unshare", "setns", "chroot", "pivot_root", "mount", "umount",
	"umount2", "mount_setattr", "move_mount", "open_tree", "fsopen",
	"fsconfig", "fsmount", "fspick", "quotactl", "quotactl_fd"
};

#define DENIED (sizeof(denied) / sizeof(denied[0]))

/* The same with one argument, the ARG'th, that has VALUE in its lower 32 bits. */
static const struct {
	const char *call;
	unsigned arg;
	scmp_datum_t value;
} denied_with[] = {
	/* it ends with the helper */
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

#define DENIED_WITH (sizeof(denied_with) / sizeof(denied_with[0]))

/* Have the call NAME fail with ERROR; with ARG not NULL, only if that is so. */
static void
confine_deny(scmp_filter_ctx filter, const char *name, int error,
    const struct scmp_arg_cmp *arg)
{
	const int call = seccomp_syscall_resolve_name(name);

	if (call != __NR_SCMP_ERROR)
		seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((unsigned)error),
		    call, arg != NULL, arg);
}

/* Threads alone; they and signals are this process's own. */
static void
confine_to_threads(scmp_filter_ctx filter)
{
	const struct scmp_arg_cmp process = { .arg = 0,
		.op = SCMP_CMP_MASKED_EQ,
		.datum_a = CLONE_THREAD,
		.datum_b = 0 };
	struct scmp_arg_cmp other = { .arg = 0,
		.op = SCMP_CMP_NE,
		.datum_a = (scmp_datum_t)getpid() };

	confine_deny(filter, "clone", EPERM, &process);
	/* a filter can't see its flags: have the C library use the other */
	confine_deny(filter, "clone3", ENOSYS, NULL);
	confine_deny(filter, "tgkill", EPERM, &other);
	other.datum_a = 0;
	confine_deny(filter, "prlimit64", EPERM, &other);
}

/* With SOCKETS it can make some. */
static void
confine_calls(bool sockets)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (filter == NULL)
		return;
	confine_to_threads(filter);
	if (!sockets) {
		confine_deny(filter, "socket", EPERM, NULL);
		confine_deny(filter, "socketpair", EPERM, NULL);
	}
	for (size_t i = 0; i < DENIED; i++)
		confine_deny(filter, denied[i], EPERM, NULL);
	for (size_t i = 0; i < DENIED_WITH; i++) {
		const struct scmp_arg_cmp is = { .arg = denied_with[i].arg,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = UINT32_MAX,
			.datum_b = denied_with[i].value };

		confine_deny(filter, denied_with[i].call, EPERM, &is);
	}
	seccomp_load(filter);
	seccomp_release(filter);
}

void
confine_names(void)
{
	const char *lacks;
	int rules;

	if (SANDBOX_OFF)
		return;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rules = landlock_begin(true, &lacks);
	if (rules >= 0)
		landlock_end(rules,
		    landlock_leave(rules, "/", LANDLOCK_READ_DIR) &&
			landlock_leave(rules, "/dev/null",
			    LANDLOCK_ACCESS_FS_WRITE_FILE));
	confine_calls(true);
}

void
confine_file(const char *dir)
{
	const char *lacks;
	int rules;

	if (SANDBOX_OFF)
		return;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	rules = landlock_begin(false, &lacks);
	if (rules >= 0)
		landlock_end(rules, landlock_leave(rules, dir, CONFINE_CHANGE));
	confine_calls(false);
}
