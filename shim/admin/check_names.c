/*
 * Whether the name service finds the users of the remote, and lets nobody else
 * become one of them.
 */
#include "check.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nscd.h"
#include "nsswitch.h"
#include "report.h"

#define MODULE "libnss_moshgate.so.2"
#define LINE "the line passwd of " NSSWITCH_PATH

/*
 * Read at most SIZE bytes of the file PATH to TEXT, and store their number in
 * *LEN: 0 if there is no such file.  Returns false, with errno set, if it can't
 * be read.
 */
static bool
check_names_read(const char *path, char *text, size_t size, size_t *len)
{
	FILE *file = fopen(path, "re");
	int error;

	*len = 0;
	if (file == NULL)
		return errno == ENOENT;
	*len = fread(text, 1, size, file);
	error = ferror(file) ? errno : 0;
	fclose(file);
	errno = error;
	return error == 0;
}

/* What is said of a fault; the source at fault is named between the two. */
static const struct fault {
	const char *before, *after;
	const char *remedy; /* "" stands for the line as it should be */
} faults[] = {
	[NSSWITCH_WELL] = { "", "", "" },
	[NSSWITCH_ABSENT] = { "", "", "" },
	[NSSWITCH_COMMENT] = { "",
	    "what is behind # in " LINE " counts as names of sources",
	    "put the comment on a line of its own" },
	[NSSWITCH_NOT_LAST] = { "",
	    " stands behind moshgate in " LINE ": its users may become the "
	    "remote's",
	    "" },
	[NSSWITCH_UNREACHABLE] = { "[NOTFOUND=return] behind ",
	    " in " LINE " keeps moshgate from being asked", "" },
	[NSSWITCH_OVERRULED] = { "without [SUCCESS=return] behind ",
	    " in " LINE " its users may become the remote's", "" },
	[NSSWITCH_OUTAGE] = { "an outage of ",
	    ", in " LINE ", makes its users the remote's", "" },
	[NSSWITCH_LOCKOUT] = { "an outage of ",
	    ", in " LINE ", locks out everybody, root too", "" },
};

static bool
check_names_report(const struct nsswitch *line)
{
	char advice[NSSWITCH_ADVICE_BYTES], remedy[NSSWITCH_ADVICE_BYTES + 8];
	const struct fault *fault;
	const char *source;
	char text[256];
	const enum nsswitch_fault found = nsswitch_judge(line, &source);

	if (found == NSSWITCH_WELL)
		return report(true, "name service", "moshgate is last in " LINE,
		    "");
	if (found == NSSWITCH_ABSENT) {
		report_warning("name service",
		    "users of the remote need an account on the gateway",
		    "or else add moshgate at the end of " LINE);
		return true;
	}
	fault = &faults[found];
	snprintf(text, sizeof(text), "%s%s%s", fault->before, source,
	    fault->after);
	nsswitch_advise(line, advice);
	snprintf(remedy, sizeof(remedy), "write: %s", advice);
	return report(false, "name service", text,
	    fault->remedy[0] != '\0' ? fault->remedy : remedy);
}

static bool
check_names_line(bool *mapped)
{
	static char text[64 * 1024];
	struct nsswitch line;
	size_t len;

	*mapped = false;
	if (!check_names_read(NSSWITCH_PATH, text, sizeof(text), &len))
		return report(false, "name service",
		    NSSWITCH_PATH " cannot be read",
		    "see what it is: ls -l " NSSWITCH_PATH);
	if (len == sizeof(text))
		return report(false, "name service",
		    NSSWITCH_PATH " is too long", "shorten it");
	if (!nsswitch_parse(text, len, &line))
		return report(false, "name service",
		    LINE " is not understood, and then nobody is found",
		    "write it as in nsswitch.conf(5)");
	*mapped = nsswitch_has_moshgate(&line);
	return check_names_report(&line);
}

/* See that the module is there: the name service opens it in the same way. */
static bool
check_names_module(void)
{
	void *module = dlopen(MODULE, RTLD_LAZY | RTLD_LOCAL);
	bool ours;

	if (module == NULL)
		return report(false, "module", dlerror(),
		    "install moshgate anew, with ldconfig");
	ours = dlsym(module, "_nss_moshgate_getpwnam_r") != NULL;
	dlclose(module);
	return report(ours, "module",
	    ours ? MODULE " is there" : MODULE " is something else",
	    "install moshgate anew, with ldconfig");
}

/*
 * See that no cache asks for users in sshd's place: libnss_moshgate looks for
 * new users in sshd alone.
 */
static bool
check_names_cache(void)
{
	static char text[64 * 1024];
	size_t len;

	if (!nscd_runs())
		return true;
	if (!check_names_read(NSCD_CONF_PATH, text, sizeof(text), &len) ||
	    nscd_caches_passwd(text, len))
		return report(false, "name cache",
		    "nscd caches users: it keeps sshd from finding new ones on "
		    "the remote",
		    "say \"enable-cache passwd no\" in " NSCD_CONF_PATH
		    ", and start it anew");
	return report(true, "name cache", "nscd does not cache users", "");
}

bool
check_names(bool *mapped)
{
	bool ok = check_names_line(mapped);

	if (*mapped) {
		ok = check_names_module() && ok;
		ok = check_names_cache() && ok;
	}
	return ok;
}
