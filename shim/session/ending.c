#include "ending.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include <signal.h>
#include <string.h>

#include "../lib/fields.h"

static const struct {
	const char *name;
	int number;
} signals[] = { /* RFC 4254, section 6.10 */
	{ "ABRT", SIGABRT }, { "ALRM", SIGALRM }, { "FPE", SIGFPE },
	{ "HUP", SIGHUP }, { "ILL", SIGILL }, { "INT", SIGINT },
	{ "KILL", SIGKILL }, { "PIPE", SIGPIPE }, { "QUIT", SIGQUIT },
	{ "SEGV", SIGSEGV }, { "TERM", SIGTERM }, { "USR1", SIGUSR1 },
	{ "USR2", SIGUSR2 }
};

/* Die of the signal NAME.  Returns if there is none of that name. */
static void
ending_by_signal(const char *name)
{
	const struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	/* a core_pattern that is a pipe does not go by that limit: core(5) */
	prctl(PR_SET_DUMPABLE, 0);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		if (strcmp(signals[i].name, name) == 0) {
			signal(signals[i].number, SIG_DFL);
			raise(signals[i].number);
		}
	}
}

int
ending_as(const struct frame *answer)
{
	const char *name = fields_get(answer, "signal");
	long long status = ENDING_FAILED;

	if (name != NULL)
		ending_by_signal(name);
	else
		fields_get_number(answer, "status", 0, ENDING_FAILED, &status);
	return (int)status;
}
