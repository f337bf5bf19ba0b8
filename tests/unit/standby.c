/*
 * Waiting for settings that can be used: no signal is lost, however early it
 * comes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../helper/gateway/signals.h"
#include "../../helper/gateway/standby.h"

/* The settings, which can be read when they were tried GOOD_AFTER times. */
struct settings {
	int tried, good_after;
};

static bool
are_ready(void *context)
{
	struct settings *settings = context;

	return ++settings->tried >= settings->good_after;
}

/* A listening socket to which nobody comes. */
static int
listen_alone(void)
{
	const struct sockaddr_un name = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	/* unix(7), autobind: a name of no file */
	assert_int_equal(bind(fd, (const struct sockaddr *)&name,
			     sizeof(sa_family_t)),
	    0);
	assert_int_equal(listen(fd, 1), 0);
	return fd;
}

/* What the helper has, with FD to listen to; for end(). */
static struct means
begin(int fd)
{
	struct means means = { .loop = loop_new(),
		.listen_fd = fd,
		.signal_fd = signals_open() };

	means.closers = closers_new(means.loop);
	assert_non_null(means.closers);
	assert_true(means.signal_fd >= 0);
	return means;
}

static void
end(struct means *means)
{
	closers_free(means->closers);
	loop_free(means->loop);
	close(means->listen_fd);
	close(means->signal_fd);
}

static void
sighup_before_counts(void **state)
{
	struct settings settings = { .good_after = 1 };
	struct means means = begin(listen_alone());

	(void)state;
	raise(SIGHUP);
	assert_true(standby(&means, are_ready, &settings));
	assert_int_equal(settings.tried, 1);
	/* it has been taken */
	assert_int_equal(signals_next(means.signal_fd), SIGNALS_NONE);
	end(&means);
}

static void
sigterm_ends_it(void **state)
{
	struct settings settings = { .good_after = 100 };
	struct means means = begin(listen_alone());

	(void)state;
	raise(SIGHUP);
	raise(SIGTERM);
	assert_false(standby(&means, are_ready, &settings));
	assert_true(settings.tried <= 1);
	end(&means);
}

static void
what_comes_after_is_there_for_whoever_serves(void **state)
{
	struct settings settings = { .good_after = 1 };
	struct means means = begin(listen_alone());

	(void)state;
	raise(SIGHUP);
	assert_true(standby(&means, are_ready, &settings));
	raise(SIGHUP);
	raise(SIGCHLD);
	assert_int_not_equal(signals_next(means.signal_fd), SIGNALS_NONE);
	assert_int_not_equal(signals_next(means.signal_fd), SIGNALS_NONE);
	assert_int_equal(signals_next(means.signal_fd), SIGNALS_NONE);
	end(&means);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sighup_before_counts),
		cmocka_unit_test(sigterm_ends_it),
		cmocka_unit_test(what_comes_after_is_there_for_whoever_serves),
	};

	return cmocka_run_group_tests_name("standby", tests, NULL, NULL);
}
