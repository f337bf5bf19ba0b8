/*
 * moshgate-helper, with workers that have been taken over: what a hostile remote
 * might make of one.  It is linked with everything that the real one is; what is
 * wrapped here (ld(1), --wrap) are two functions that a worker comes to once it
 * has given up what it has no need of.  Only the worker of the user HOSTILE_USER
 * is hostile.
 *
 * What it is to do last is the word in HOSTILE_DIR/attack.  What it could do that
 * it should not be able to it writes to HOSTILE_DIR/report, a pipe that it opens
 * before: a line "open: ..." each, and "tried N" at the end.
 */
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../helper/job.h"
#include "../helper/reexec.h"
#include "../helper/worker/orders.h"
#include "../helper/worker/session.h"
#include "../shim/lib/fields.h"

#define HOSTILE_USER "bob"
#define HOSTILE_DIR "/run/hostile"
#define REPORT_FD 60
#define CALLS 1024 /* more than there are */
#define ARGUMENTS 6
#define MEMORY_MIB_MAX 100
#define FLOOD_FRAMES 100000

enum failure __real_session_authenticate(struct session *session,
    const char *user, const unsigned char *blob, size_t len,
    session_signer *sign, void *context);
enum failure __wrap_session_authenticate(struct session *session,
    const char *user, const unsigned char *blob, size_t len,
    session_signer *sign, void *context);
bool __real_orders_wait_idle(struct orders *orders, enum orders_state state,
    struct session *session, LIBSSH2_CHANNEL *channel, struct frame *frame);
bool __wrap_orders_wait_idle(struct orders *orders, enum orders_state state,
    struct session *session, LIBSSH2_CHANNEL *channel, struct frame *frame);

static struct {
	bool hostile;
	char attack[32];
	pid_t helper, other; /* another worker, or init */
	unsigned tried;
} hostile;

/*
 * Before the sandbox
 */

__attribute__((format(printf, 1, 2))) static void
hostile_say(const char *format, ...)
{
	char line[200];
	va_list values;
	int len;

	va_start(values, format);
	len = vsnprintf(line, sizeof(line), format, values);
	va_end(values);
	if (write(REPORT_FD, line, (size_t)len) != len)
		_exit(1);
}

/* Some worker that is none of ours. */
static pid_t
hostile_find_other(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	pid_t found = 1;

	while (proc != NULL && (entry = readdir(proc)) != NULL) {
		const pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
		char path[64], name[32] = "";
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
		fd = pid > 0 && pid != getpid() ? open(path, O_RDONLY) : -1;
		if (fd < 0)
			continue;
		if (read(fd, name, sizeof(name) - 1) > 0 &&
		    strcmp(name, "moshgate-worker\n") == 0)
			found = pid;
		close(fd);
	}
	if (proc != NULL)
		closedir(proc);
	return found;
}

__attribute__((constructor)) static void
hostile_prepare(int argc, char **argv)
{
	int fd;

	if (argc < 3 || strcmp(argv[1], "--worker") != 0 ||
	    strcmp(argv[2], HOSTILE_USER) != 0)
		return;
	fd = open(HOSTILE_DIR "/attack", O_RDONLY);
	if (fd < 0 || read(fd, hostile.attack, sizeof(hostile.attack) - 1) < 0)
		return;
	close(fd);
	hostile.attack[strcspn(hostile.attack, "\n")] = '\0';
	fd = open(HOSTILE_DIR "/report", O_RDWR);
	if (fd < 0 || dup3(fd, REPORT_FD, O_CLOEXEC) < 0)
		return;
	close(fd);
	hostile.helper = getppid();
	hostile.other = hostile_find_other();
	hostile.hostile = true;
}

/*
 * System calls
 */

/* Those that it keeps, with any arguments or some: looked at one by one. */
static const long kept_calls[] = { SYS_read, SYS_readv, SYS_write, SYS_writev,
	SYS_recvfrom, SYS_recvmsg, SYS_ppoll, SYS_getsockname, SYS_getpeername,
	SYS_shutdown, SYS_close, SYS_brk, SYS_munmap, SYS_mremap,
	SYS_gettimeofday, SYS_getpid, SYS_gettid, SYS_getrandom,
	SYS_sched_yield, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn,
	SYS_restart_syscall, SYS_exit, SYS_exit_group,
#ifdef SYS_poll
	SYS_poll, SYS_time,
#endif
	SYS_fcntl, SYS_sendto, SYS_getsockopt, SYS_setsockopt, SYS_mmap,
	SYS_mprotect, SYS_madvise, SYS_clock_gettime, SYS_futex, SYS_tgkill,
	SYS_prctl,
#ifdef __x86_64__
	/* uretprobe(2), uprobe(2): no filter is asked, and SIGILL comes of it */
	335, 336
#endif
};

static bool
hostile_keeps(long call)
{
	for (size_t i = 0; i < sizeof(kept_calls) / sizeof(kept_calls[0]);
	     i++) {
		if (kept_calls[i] == call)
			return true;
	}
	return false;
}

/* Try CALL, which should not be there. */
static void
hostile_try(const char *how, long call, const long a[ARGUMENTS])
{
	const pid_t self = getpid();
	const long result = syscall(call, a[0], a[1], a[2], a[3], a[4], a[5]);
	const int error = errno;

	hostile.tried++;
	if (result == -1 && error == EPERM)
		return;
	hostile_say("open: call %ld, %s: %ld, %d\n", call, how, result,
	    result == -1 ? error : 0);
	if (syscall(SYS_getpid) != self)
		_exit(0); /* this is a new process */
}

/* Try all calls that it does not keep, in ways that would do some harm. */
static void
hostile_try_calls(void)
{
	static char memory[4096], path[64], key[] = "/etc/moshgate/id_ed25519";
	static char bytes[256];
	const long h = hostile.helper, o = hostile.other, self = getpid();
	const long m = (long)memory, p = (long)path, b = (long)bytes;
	const struct {
		const char *how;
		long a[ARGUMENTS];
	} ways[] = {
		{ "kill the helper", { h, SIGKILL } },
		{ "stop the helper", { h, SIGSTOP } },
		{ "kill a worker", { o, SIGKILL } },
		{ "a thread of the helper", { h, h, SIGKILL } },
		{ "everybody", { -1, SIGKILL } },
		{ "the group", { 0, SIGKILL } },
		{ "queue", { h, SIGKILL, b } },
		{ "by its number", { 0, h, 19 } },
		{ "by its number, of two", { 1, h, 19 } },
		{ "attach", { 16, h, 0, 0 } },
		{ "seize", { 0x4206, h, 0, 0 } },
		{ "look into it", { h, b, 1, b, 1, 0 } },
		{ "its limits", { h, 7, b, b } },
		{ "compare", { h, self, 0, 3, 3 } },
		{ "its memory, by path", { p, O_RDWR } },
		{ "the same, at", { AT_FDCWD, p, O_RDWR, 0 } },
		{ "the key", { (long)key, O_RDONLY } },
		{ "the key, at", { AT_FDCWD, (long)key, O_RDONLY, b } },
		{ "a program", { p, 0, 0 } },
		{ "a socket", { AF_UNIX, SOCK_STREAM, 0, b } },
		{ "a connection", { AF_INET, SOCK_STREAM, 0, b } },
		{ "by its socket",
		    { REEXEC_FD, b, sizeof(struct sockaddr_un) } },
		{ "its signals", { REEXEC_FD, FIOASYNC, b } },
		{ "their owner", { REEXEC_FD, FIOSETOWN, b } },
		{ "a message", { REEXEC_FD, b, MSG_NOSIGNAL } },
		{ "a message by address", { m, 4096, 7, 0x22, -1, 0 } },
		{ "a copy", { REEXEC_FD, 61, 0 } },
		{ "a process", { SIGCHLD, 0, 0, 0, 0 } },
		{ "nothing", { 0 } },
		{ "all", { -1, -1, -1, -1, -1, -1 } },
		{ "memory", { m, 4096, 7, 0, 0, 0 } },
		{ "size", { b, 88 } },
	};

	snprintf(path, sizeof(path), "/proc/%ld/mem", h);
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		for (long call = 0; call < CALLS; call++) {
			if (!hostile_keeps(call))
				hostile_try(ways[i].how, call, ways[i].a);
		}
	}
}

/* The same, for one that it keeps with other arguments; it must fail. */
static void
hostile_must_fail(const char *how, long result)
{
	hostile.tried++;
	if (result != -1 || errno != EPERM)
		hostile_say("open: %s: %ld, %d\n", how, result, errno);
}

#define MUST_FAIL(call) hostile_must_fail(#call, (long)(call))

/* Have a descriptor send signals, or lock, or hold up whoever has it, too. */
static void
hostile_try_fcntl(int fd)
{
	const long arguments[] = { hostile.helper, -hostile.helper,
		hostile.other, SIGKILL, SIGSTOP, O_ASYNC,
		O_ASYNC | O_NONBLOCK | O_RDWR, O_DIRECT, -1,
		(long)(1UL << 32 | O_ASYNC) };

	for (int command = 0; command < 2048; command++) {
		for (size_t i = 0; i < sizeof(arguments) / sizeof(long); i++) {
			if (command == F_GETFD || command == F_GETFL ||
			    command == F_GETPIPE_SZ)
				continue;
			hostile_must_fail("fcntl",
			    syscall(SYS_fcntl, fd, command, arguments[i]));
			hostile_must_fail("fcntl, above 32 bits",
			    syscall(SYS_fcntl, fd,
				1UL << 32 | (unsigned)command, arguments[i]));
		}
	}
}

static void
hostile_try_signals(void)
{
	for (int signal = 0; signal < 65; signal++) {
		MUST_FAIL(syscall(SYS_tgkill, hostile.helper, hostile.helper,
		    signal));
		MUST_FAIL(
		    syscall(SYS_tgkill, hostile.other, hostile.other, signal));
		MUST_FAIL(syscall(SYS_tgkill, -1, hostile.helper, signal));
	}
	/* of itself, it can send signals to its own threads alone */
	if (syscall(SYS_tgkill, getpid(), hostile.helper, SIGKILL) == 0)
		hostile_say("open: tgkill of another's thread\n");
}

static void
hostile_try_sockets(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX,
		.sun_path = RUNSTATEDIR "/moshgate/helper.sock" };
	const int on = 1;
	char byte = 'x';

	MUST_FAIL(send(REEXEC_FD, &byte, 1, MSG_OOB | MSG_NOSIGNAL));
	MUST_FAIL(send(REEXEC_FD, &byte, 1, MSG_FASTOPEN | MSG_NOSIGNAL));
	MUST_FAIL(sendto(REEXEC_FD, &byte, 1, MSG_NOSIGNAL,
	    (const struct sockaddr *)&address, sizeof(address)));
	for (int level = 0; level < 300; level++) {
		for (int name = 0; name < 128; name++) {
			/* what its connection to the remote needs */
			if (level == IPPROTO_TCP &&
			    (name == TCP_NODELAY || name == TCP_QUICKACK ||
				name == TCP_KEEPINTVL || name == TCP_KEEPCNT))
				continue;
			MUST_FAIL(setsockopt(REEXEC_FD, level, name, &on,
			    sizeof(on)));
		}
	}
}

static void
hostile_try_memory(void)
{
	static char page[8192];
	char *at = (char *)(((unsigned long)page + 4095) & ~4095UL);

	MUST_FAIL(syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
	MUST_FAIL(syscall(SYS_mmap, NULL, 4096, PROT_READ,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0));
	MUST_FAIL(mprotect(at, 4096, PROT_READ | PROT_EXEC));
	for (int advice = 0; advice < 128; advice++) {
		if (advice != MADV_DONTNEED && advice != MADV_FREE &&
		    advice != MADV_DONTDUMP)
			MUST_FAIL(madvise(at, 4096, advice));
	}
	for (int op = 0; op < 1024; op++) {
		if (op != 128 && op != 129)
			MUST_FAIL(syscall(SYS_futex, at, op, 0, NULL, NULL, 0));
	}
}

/* Take memory, and use it, until there is no more. */
static void
hostile_take_memory(void)
{
	const size_t some = (size_t)1 << 20;
	char *taken[1024];
	int count = 0;

	while (count < 1024 &&
	    (taken[count] = mmap(NULL, some, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, 0, 0)) != MAP_FAILED)
		memset(taken[count++], 'x', some);
	hostile.tried++;
	if (count > MEMORY_MIB_MAX)
		hostile_say("open: %d MiB of memory\n", count);
	while (count-- > 0)
		munmap(taken[count], some);
}

static void
hostile_try_all(void)
{
	hostile_try_calls();
	for (int fd = 0; fd < 12; fd++)
		hostile_try_fcntl(fd);
	hostile_try_signals();
	hostile_try_sockets();
	hostile_try_memory();
	hostile_take_memory();
	hostile_say("tried %u\n", hostile.tried);
}

/*
 * What it says to the helper
 */

static void
hostile_send(enum frame_type type, const char *name, const char *value)
{
	struct fields fields = { 0 };

	fields_add(&fields, name, value);
	frame_send(REEXEC_FD, type, fields.text, fields.len, 1000);
	fields_free(&fields);
}

static void
hostile_flood(enum frame_type type, const char *name, const char *value)
{
	for (int i = 0; i < FLOOD_FRAMES; i++)
		hostile_send(type, name, value);
}

/* Wait for nothing, whatever happens. */
__attribute__((noreturn)) static void
hostile_stay(void)
{
	for (int i = 1; i < 65; i++)
		signal(i, SIG_IGN);
	for (;;)
		poll(NULL, 0, 1000);
}

/* A frame whose header tells of LEN bytes, that don't come. */
static void
hostile_promise(size_t len)
{
	const unsigned char header[] = { 'M', 'G', FRAME_VERSION, FRAME_TEXT,
		(unsigned char)(len >> 24), (unsigned char)(len >> 16),
		(unsigned char)(len >> 8), (unsigned char)len };

	send(REEXEC_FD, header, sizeof(header), MSG_NOSIGNAL);
	hostile_stay();
}

/*
 * System calls as programs of 32 bits make them, whose numbers are others: the
 * first of these is to end the process.
 */
static void
hostile_try_abi(void)
{
#ifdef __x86_64__
	long result = 37; /* kill */

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"((long)hostile.helper), "c"((long)SIGKILL)
			 : "memory");
	hostile_say("open: int 0x80: %ld\n", result);
	result = syscall(0x40000000L + SYS_kill, hostile.helper, SIGKILL);
	hostile_say("open: x32: %ld\n", result);
#endif
}

/* What an attack before the login is; the others come later. */
static void
hostile_talk(void)
{
	const char *attack = hostile.attack;

	hostile_say("begins\n");
	if (strcmp(attack, "notes") == 0)
		hostile_flood(FRAME_NOTE, "event", "host-key-unchecked");
	else if (strcmp(attack, "steps") == 0)
		hostile_flood(FRAME_STEP, "step", "one more");
	else if (strcmp(attack, "reached") == 0)
		hostile_flood(FRAME_REACHED, "address", "127.0.0.1");
	else if (strcmp(attack, "sign") == 0)
		hostile_flood(FRAME_SIGN, "data", "anything");
	else if (strcmp(attack, "orders") == 0)
		hostile_flood(FRAME_START, "user", "root");
	else if (strcmp(attack, "much") == 0)
		hostile_promise((size_t)1 << 31);
	else if (strcmp(attack, "half") == 0)
		hostile_promise((size_t)1 << 20);
	else if (strcmp(attack, "abi") == 0)
		hostile_try_abi();
	else if (strcmp(attack, "abort") == 0)
		abort();
	else
		return;
	hostile_stay();
}

enum failure
__wrap_session_authenticate(struct session *session, const char *user,
    const unsigned char *blob, size_t len, session_signer *sign, void *context)
{
	if (hostile.hostile) {
		if (strcmp(hostile.attack, "calls") == 0)
			hostile_try_all();
		hostile_talk();
	}
	return __real_session_authenticate(session, user, blob, len, sign,
	    context);
}

/* Try to live longer than the helper. */
static void
hostile_outlive(void)
{
	for (int option = 0; option < 256; option++)
		prctl(option, 0, 0, 0, 0);
	for (int fd = 0; fd < 512; fd++) {
		fcntl(fd, F_SETFL, O_RDWR);
		fcntl(fd, F_SETOWN, 0);
		if (fd != REPORT_FD)
			close(fd);
	}
	hostile_say("stays %d\n", (int)getpid());
	hostile_stay();
}

bool
__wrap_orders_wait_idle(struct orders *orders, enum orders_state state,
    struct session *session, LIBSSH2_CHANNEL *channel, struct frame *frame)
{
	if (hostile.hostile && strcmp(hostile.attack, "outlive") == 0)
		hostile_outlive();
	return __real_orders_wait_idle(orders, state, session, channel, frame);
}
