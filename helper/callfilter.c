#include "callfilter.h"

#include <sys/mman.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#define CALLFILTER_ALL UINT64_MAX /* the bits of an argument */

/* Not O_ASYNC: that has a signal sent. */
#define CALLFILTER_MODES ((uint64_t)O_ACCMODE | O_NONBLOCK)

/* No descriptors, no urgent byte, which is a signal, and no new connection. */
#define CALLFILTER_SENDS ((uint64_t)MSG_NOSIGNAL | MSG_DONTWAIT)

/* Memory of its own alone, which the limits count. */
#define CALLFILTER_MAP_KINDS \
	((uint64_t)MAP_TYPE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_LOCKED)
#define CALLFILTER_MAP_OWN ((uint64_t)MAP_PRIVATE | MAP_ANONYMOUS)

/*
 * Those with any arguments: what they can do they do to the process itself, and
 * to descriptors that it has.  Some of them do not exist on every machine.
 */
static const int callfilter_any[] = {
	/* the connections */
	SCMP_SYS(read),
	SCMP_SYS(readv),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(recv),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(shutdown),
	SCMP_SYS(close),
	/* memory */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	/* the C library, OpenSSL */
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getrandom),
	SCMP_SYS(sched_yield),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

/* An argument, by its number; the bits of it that MASK has are VALUE. */
struct callfilter_arg {
	unsigned number;
	uint64_t mask, value;
};

/* The ARGs of the calls below that are looked at, at most. */
#define CALLFILTER_ARGS 2

#define CALLFILTER_IS(number, value)                        \
	{                                                   \
		(number), CALLFILTER_ALL, (uint64_t)(value) \
	}
#define CALLFILTER_ONLY(number, bits)          \
	{                                      \
		(number), ~(uint64_t)(bits), 0 \
	}
#define CALLFILTER_NOT(number, bits)          \
	{                                     \
		(number), (uint64_t)(bits), 0 \
	}

/* Those that have these arguments, as far as they are looked at. */
static const struct {
	int call;
	struct callfilter_arg args[CALLFILTER_ARGS];
} callfilter_some[] = {
	{ SCMP_SYS(send), { CALLFILTER_ONLY(3, CALLFILTER_SENDS) } },
	{ SCMP_SYS(sendto),
	    { CALLFILTER_ONLY(3, CALLFILTER_SENDS), CALLFILTER_IS(4, 0) } },
	{ SCMP_SYS(getsockopt),
	    { CALLFILTER_IS(1, SOL_SOCKET), CALLFILTER_IS(2, SO_ERROR) } },
	{ SCMP_SYS(getsockopt),
	    { CALLFILTER_IS(1, SOL_SOCKET), CALLFILTER_IS(2, SO_TYPE) } },
	{ SCMP_SYS(setsockopt),
	    { CALLFILTER_IS(1, IPPROTO_TCP), CALLFILTER_IS(2, TCP_NODELAY) } },
	{ SCMP_SYS(setsockopt),
	    { CALLFILTER_IS(1, IPPROTO_TCP), CALLFILTER_IS(2, TCP_QUICKACK) } },
	/* a relay waits longer for a link that is down than a login does */
	{ SCMP_SYS(setsockopt),
	    { CALLFILTER_IS(1, IPPROTO_TCP),
		CALLFILTER_IS(2, TCP_KEEPINTVL) } },
	{ SCMP_SYS(setsockopt),
	    { CALLFILTER_IS(1, IPPROTO_TCP), CALLFILTER_IS(2, TCP_KEEPCNT) } },
	{ SCMP_SYS(mmap),
	    { CALLFILTER_NOT(2, PROT_EXEC),
		{ 3, CALLFILTER_MAP_KINDS, CALLFILTER_MAP_OWN } } },
	{ SCMP_SYS(mmap2),
	    { CALLFILTER_NOT(2, PROT_EXEC),
		{ 3, CALLFILTER_MAP_KINDS, CALLFILTER_MAP_OWN } } },
	{ SCMP_SYS(mprotect), { CALLFILTER_NOT(2, PROT_EXEC) } },
	{ SCMP_SYS(madvise), { CALLFILTER_IS(2, MADV_DONTNEED) } },
	{ SCMP_SYS(madvise), { CALLFILTER_IS(2, MADV_FREE) } },
	{ SCMP_SYS(madvise), { CALLFILTER_IS(2, MADV_DONTDUMP) } },
	{ SCMP_SYS(clock_gettime), { CALLFILTER_IS(0, CLOCK_REALTIME) } },
	{ SCMP_SYS(clock_gettime), { CALLFILTER_IS(0, CLOCK_MONOTONIC) } },
	{ SCMP_SYS(clock_gettime64), { CALLFILTER_IS(0, CLOCK_REALTIME) } },
	{ SCMP_SYS(clock_gettime64), { CALLFILTER_IS(0, CLOCK_MONOTONIC) } },
	/* what neither names another process nor locks a file */
	{ SCMP_SYS(fcntl), { CALLFILTER_IS(1, F_GETFD) } },
	{ SCMP_SYS(fcntl),
	    { CALLFILTER_IS(1, F_SETFD), CALLFILTER_ONLY(2, FD_CLOEXEC) } },
	{ SCMP_SYS(fcntl), { CALLFILTER_IS(1, F_GETFL) } },
	{ SCMP_SYS(fcntl),
	    { CALLFILTER_IS(1, F_SETFL),
		CALLFILTER_ONLY(2, CALLFILTER_MODES) } },
	{ SCMP_SYS(fcntl), { CALLFILTER_IS(1, F_GETPIPE_SZ) } },
	{ SCMP_SYS(fcntl64), { CALLFILTER_IS(1, F_GETFD) } },
	{ SCMP_SYS(fcntl64), { CALLFILTER_IS(1, F_GETPIPE_SZ) } },
	{ SCMP_SYS(fcntl64),
	    { CALLFILTER_IS(1, F_SETFD), CALLFILTER_ONLY(2, FD_CLOEXEC) } },
	{ SCMP_SYS(fcntl64), { CALLFILTER_IS(1, F_GETFL) } },
	{ SCMP_SYS(fcntl64),
	    { CALLFILTER_IS(1, F_SETFL),
		CALLFILTER_ONLY(2, CALLFILTER_MODES) } },
	/* those of memory that no other process has */
	{ SCMP_SYS(futex), { CALLFILTER_IS(1, FUTEX_WAIT_PRIVATE) } },
	{ SCMP_SYS(futex), { CALLFILTER_IS(1, FUTEX_WAKE_PRIVATE) } },
	{ SCMP_SYS(futex_time64), { CALLFILTER_IS(1, FUTEX_WAIT_PRIVATE) } },
	{ SCMP_SYS(futex_time64), { CALLFILTER_IS(1, FUTEX_WAKE_PRIVATE) } },
};

#define CALLFILTER_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Have ACTION for CALL with the ARGS, of which those without a mask don't count. */
static bool
callfilter_add(scmp_filter_ctx filter, uint32_t action, int call,
    const struct callfilter_arg args[CALLFILTER_ARGS])
{
	struct scmp_arg_cmp is[CALLFILTER_ARGS];
	unsigned count = 0;

	for (size_t i = 0; i < CALLFILTER_ARGS; i++) {
		if (args[i].mask == 0)
			continue;
		is[count++] = (struct scmp_arg_cmp){ .arg = args[i].number,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = args[i].mask,
			.datum_b = args[i].value };
	}
	return seccomp_rule_add_array(filter, action, call, count, is) == 0;
}

/* Returns FILTER, or NULL if it is not GOOD. */
static scmp_filter_ctx
callfilter_finish(scmp_filter_ctx filter, bool good)
{
	if (good)
		return filter;
	seccomp_release(filter);
	return NULL;
}

scmp_filter_ctx
callfilter_new(pid_t child)
{
	static const struct callfilter_arg any[CALLFILTER_ARGS];
	/* to itself alone: abort() */
	const struct callfilter_arg own[CALLFILTER_ARGS] = {
		CALLFILTER_IS(0, getpid()),
	};
	const struct callfilter_arg its[CALLFILTER_ARGS] = {
		CALLFILTER_IS(0, child),
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	bool good;

	if (filter == NULL)
		return NULL;
	good = callfilter_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), own);
	if (child != 0)
		good = good &&
		    callfilter_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(wait4),
			its);
	for (size_t i = 0; i < CALLFILTER_COUNT(callfilter_any); i++)
		good = good &&
		    callfilter_add(filter, SCMP_ACT_ALLOW, callfilter_any[i],
			any);
	for (size_t i = 0; i < CALLFILTER_COUNT(callfilter_some); i++)
		good = good &&
		    callfilter_add(filter, SCMP_ACT_ALLOW,
			callfilter_some[i].call, callfilter_some[i].args);
	return callfilter_finish(filter, good);
}

scmp_filter_ctx
callfilter_keep(int fd)
{
	static const int calls[] = { SCMP_SYS(close), SCMP_SYS(fcntl),
		SCMP_SYS(fcntl64) };
	/* the kernel doesn't look at the rest */
	const struct callfilter_arg it[CALLFILTER_ARGS] = {
		{ 0, UINT32_MAX, (uint64_t)fd },
	};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool good = filter != NULL;

	for (size_t i = 0; i < CALLFILTER_COUNT(calls); i++)
		good = good &&
		    callfilter_add(filter, SCMP_ACT_ERRNO(EPERM), calls[i], it);
	return callfilter_finish(filter, good);
}
