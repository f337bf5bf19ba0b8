#include "sandbox.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <errno.h>
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

const char *
sandbox_files(void)
{
	struct landlock_ruleset_attr all = { 0 };
	long version, fd;
	bool done;

	if (SANDBOX_OFF)
		return NULL;
	version = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (version < 1)
		return "no Landlock in this kernel";
	if ((size_t)version > VERSION_MAX)
		version = (long)VERSION_MAX;
	/* all of them are taken away: no rule gives one back */
	all.handled_access_fs = ((uint64_t)1 << rights[version]) - 1;
	fd = syscall(SYS_landlock_create_ruleset, &all,
	    sizeof(all.handled_access_fs), 0);
	if (fd < 0)
		return "Landlock takes no rules";
	done = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	    syscall(SYS_landlock_restrict_self, fd, 0) == 0;
	close((int)fd);
	return done ? NULL : "Landlock takes no effect";
}

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
allow_all(scmp_filter_ctx filter)
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

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) < 0)
			return false;
	}
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, maps[i], 1,
			no_code) < 0)
			return false;
	}
	return seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		   own) == 0;
}

const char *
sandbox_calls(void)
{
	scmp_filter_ctx filter;
	bool done;

	if (SANDBOX_OFF)
		return NULL;
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (filter == NULL)
		return "no filter of system calls";
	done = allow_all(filter) && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done ? NULL : "no filter of system calls in this kernel";
}
