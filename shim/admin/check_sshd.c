/*
 * Whether what sshd has set for a user is what moshgate's drop-in says.
 */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/spawn.h"
#include "../lib/usermap.h"
#include "authmethods.h"
#include "report.h"
#include "sshdconf.h"

#define EARLIER                                                          \
	"see which line of sshd_config, or of a file that it includes, " \
	"says so before the Match block of " CHECK_DROPIN

static const size_t dump_max_bytes = (size_t)1024 * 1024;

/* What must be so in any case. */
static const struct required {
	const char *name;
	const char *value;
	const char
	    *also; /* as an older drop-in has it; NULL: in no other way */
} required[] = {
	{ "AuthorizedKeysCommand",
	    LIBEXECDIR "/moshgate/moshgate-keys %u %t %k %U",
	    LIBEXECDIR "/moshgate/moshgate-keys %u %t %k" },
	{ "AuthorizedKeysCommandUser", "_moshgate", NULL },
	{ "AuthorizedKeysFile", "none", NULL },
	{ "AllowStreamLocalForwarding", "no", NULL },
	{ "GatewayPorts", "no", NULL },
	{ "PermitTunnel", "no", NULL },
	{ "X11Forwarding", "no", NULL },
	{ "PermitUserRC", "no", NULL },
};

/* What may be a way in, or a part of one, besides keys. */
static const struct method {
	const char *name; /* in AuthenticationMethods */
	const char *setting;
	bool takes_password;
} methods[] = {
	{ "password", "PasswordAuthentication", true },
	{ "keyboard-interactive", "KbdInteractiveAuthentication", true },
	{ "hostbased", "HostbasedAuthentication", false },
	{ "gssapi-with-mic", "GSSAPIAuthentication", false },
};

/*
 * Run sshd with ARGV, and store all that it prints, with a NUL, in DUMP.
 * Returns its exit status, or -1.
 */
static int
check_sshd_run(char *const argv[], enum spawn_stderr stderr_to, char *dump)
{
	size_t len;
	const int status = spawn_read(argv, stderr_to, dump, dump_max_bytes - 1,
	    &len);

	dump[len] = '\0';
	return strlen(dump) == len ? status : -1;
}

/* Store in PATH, of SIZE bytes, where a shell of root's would find sshd. */
static bool
check_sshd_find(char *path, size_t size)
{
	static const char behind[] = "/usr/sbin:/usr/local/sbin:/sbin";
	const char *first = getenv("PATH");
	const char *const lists[] = { first != NULL ? first : "", behind };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		const char *at = lists[i];

		for (;;) {
			const size_t len = strcspn(at, ":");
			const int n = snprintf(path, size, "%.*s/sshd",
			    (int)len, at);

			if (at[0] == '/' && n > 0 && (size_t)n < size &&
			    access(path, X_OK) == 0)
				return true;
			if (at[len] == '\0')
				break;
			at += len + 1;
		}
	}
	return false;
}

static bool
check_sshd_differs(const char *name, const char *value, const char *user,
    const char *wanted)
{
	char text[1024];

	snprintf(text, sizeof(text), "for %s %s is \"%.512s\", not \"%s\"",
	    user, name, value, wanted);
	return report(false, "sshd", text, EARLIER);
}

static bool
check_sshd_settings(const char *dump, const char *user)
{
	char value[SSHDCONF_VALUE_BYTES];
	bool ok = true;

	for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
		/* sshd doesn't print a setting that it was built without */
		if (sshdconf_get(dump, required[i].name, value) &&
		    strcmp(value, required[i].value) != 0 &&
		    (required[i].also == NULL ||
			strcmp(value, required[i].also) != 0))
			ok = check_sshd_differs(required[i].name, value, user,
			    required[i].value);
	}
	return ok;
}

static enum authmethods_use
check_sshd_use(const char *dump, const struct method *method)
{
	char value[SSHDCONF_VALUE_BYTES];

	return sshdconf_get(dump, "AuthenticationMethods", value)
	    ? authmethods_use(value, method->name)
	    : AUTHMETHODS_UNUSED;
}

/* METHOD is named in AuthenticationMethods, to no avail. */
static bool
check_sshd_is_off(const struct method *method, const char *user)
{
	char text[256], remedy[256];

	snprintf(text, sizeof(text),
	    "for %s AuthenticationMethods has %s, but %s is \"no\"", user,
	    method->name, method->setting);
	snprintf(remedy, sizeof(remedy),
	    "say \"%s yes\" in " CHECK_DROPIN
	    ", or take %s out of AuthenticationMethods",
	    method->setting, method->name);
	return report(false, "sshd", text, remedy);
}

/*
 * What isn't a key is on if it is meant to be, that is, if AuthenticationMethods
 * names it.
 */
static bool
check_sshd_methods(const char *dump, const char *user,
    const struct settings *settings)
{
	bool ok = true;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		const struct method *method = &methods[i];
		const enum authmethods_use use = check_sshd_use(dump, method);
		char value[SSHDCONF_VALUE_BYTES];

		if (!sshdconf_get(dump, method->setting, value))
			continue;
		if (strcmp(value, "no") == 0) {
			if (use != AUTHMETHODS_UNUSED)
				ok = check_sshd_is_off(method, user);
		} else if (use == AUTHMETHODS_UNUSED &&
		    /* or check_ways() tells what is missing */
		    !(settings->passwords && method->takes_password)) {
			ok = check_sshd_differs(method->setting, value, user,
			    "no");
		}
	}
	return ok;
}

/* "local" is right as well, for `ssh -J`, if it leads to the remote alone. */
static bool
check_sshd_forwarding(const char *dump, const char *user)
{
	char value[SSHDCONF_VALUE_BYTES], to[SSHDCONF_VALUE_BYTES], text[256];

	if (!sshdconf_get(dump, "AllowTcpForwarding", value) ||
	    strcmp(value, "no") == 0)
		return true;
	if (strcmp(value, "local") != 0)
		return check_sshd_differs("AllowTcpForwarding", value, user,
		    "no");
	if (sshdconf_get(dump, "PermitOpen", to) && strcmp(to, "any") != 0)
		return true;
	snprintf(text, sizeof(text),
	    "for %s AllowTcpForwarding is local, to anywhere", user);
	return report(false, "sshd", text,
	    "add PermitOpen with the address of the remote, or take "
	    "AllowTcpForwarding local out");
}

/*
 * Store in HOW how somebody may come without a key from moshgate-keys.  Returns
 * false if nobody can.
 */
static bool
check_sshd_without_key(const char *dump, char how[SSHDCONF_VALUE_BYTES])
{
	char value[SSHDCONF_VALUE_BYTES];

	if (sshdconf_get(dump, "TrustedUserCAKeys", value) &&
	    strcmp(value, "none") != 0) {
		snprintf(how, SSHDCONF_VALUE_BYTES, "with a certificate");
		return true;
	}
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (check_sshd_use(dump, &methods[i]) == AUTHMETHODS_ALONE) {
			snprintf(how, SSHDCONF_VALUE_BYTES, "by %s",
			    methods[i].name);
			return true;
		}
	}
	return false;
}

/*
 * Without ForceCommand, which is right with forced_commands = honor, sshd
 * itself serves internal-sftp unless a forced command keeps it from that.  A
 * key always has one then; what else lets somebody in may have none.
 */
static bool
check_sshd_force_command(const char *dump, const char *user)
{
	char value[SSHDCONF_VALUE_BYTES], how[SSHDCONF_VALUE_BYTES];
	char text[2 * SSHDCONF_VALUE_BYTES];

	if (!sshdconf_get(dump, "ForceCommand", value) ||
	    strcmp(value, CHECK_SESSION) == 0)
		return true;
	if (strcmp(value, "none") != 0)
		return check_sshd_differs("ForceCommand", value, user,
		    CHECK_SESSION);
	if (!sshdconf_has_internal_sftp(dump) ||
	    !check_sshd_without_key(dump, how))
		return true;
	snprintf(text, sizeof(text),
	    "%s and without ForceCommand, sftp shows %s the files of the "
	    "gateway",
	    how, user);
	return report(false, "sshd", text,
	    "let Subsystem in sshd_config be the path of sftp-server, not "
	    "internal-sftp");
}

/* True if the settings are as if there were no drop-in. */
static bool
check_sshd_lacks_dropin(const char *dump)
{
	char value[SSHDCONF_VALUE_BYTES];

	if (sshdconf_get(dump, "AuthorizedKeysCommand", value) &&
	    strcmp(value, "none") != 0)
		return false;
	return !sshdconf_get(dump, "ForceCommand", value) ||
	    strcmp(value, "none") == 0;
}

static bool
check_sshd_dump(const char *dump, const char *user,
    const struct settings *settings)
{
	char text[256];
	bool ok;

	if (check_sshd_lacks_dropin(dump)) {
		snprintf(text, sizeof(text),
		    "Match Group " CHECK_GROUP " of " CHECK_DROPIN
		    " is not in force for %s",
		    user);
		return report(false, "sshd", text,
		    "see that " CHECK_DROPIN
		    " is in /etc/ssh/sshd_config.d, and "
		    "that sshd_config includes it before any Match block");
	}
	ok = check_sshd_settings(dump, user);
	ok = check_ways(dump, user, settings) && ok;
	ok = check_sshd_methods(dump, user, settings) && ok;
	ok = check_sshd_force_command(dump, user) && ok;
	ok = check_sshd_forwarding(dump, user) && ok;
	if (!ok)
		return false;
	snprintf(text, sizeof(text), "its settings for %s are moshgate's",
	    user);
	return report(true, "sshd", text, "");
}

/*
 * Ask the sshd at PATH for its settings for USER, and check them: see
 * check_sshd().  DUMP has room for dump_max_bytes.
 */
static bool
check_sshd_ask(char *path, const char *user, const struct settings *settings,
    char *dump, bool *revokes)
{
	char revoked[SSHDCONF_VALUE_BYTES];
	char dump_option[] = "-T", for_option[] = "-C", who[256];
	char *argv[] = { path, dump_option, for_option, who, NULL };
	int status;

	snprintf(who, sizeof(who), "user=%s,host=client,addr=192.0.2.1", user);
	status = check_sshd_run(argv, SPAWN_STDERR_DROPPED, dump);
	if (status == 0) {
		*revokes = sshdconf_get(dump, "RevokedKeys", revoked) &&
		    strcmp(revoked, "none") != 0;
		return check_sshd_dump(dump, user, settings);
	}
	/* once more, for what it says of its failure */
	status = check_sshd_run(argv, SPAWN_STDERR_TAKEN, dump);
	dump[strcspn(dump, "\r\n")] = '\0';
	return report(false, "sshd",
	    status > 0 && dump[0] != '\0' ? dump : "sshd -T does not work",
	    "see what sshd -t says");
}

bool
check_sshd(const char *user, const struct settings *settings, bool *revokes)
{
	char path[4096], *dump;
	bool ok;

	*revokes = false;
	/* after a comma in it sshd would see another word */
	if (!username_valid(user))
		return true;
	if (!check_sshd_find(path, sizeof(path)))
		return report(false, "sshd", "sshd is not found",
		    "install OpenSSH's server, or put sshd into PATH");
	dump = malloc(dump_max_bytes);
	if (dump == NULL)
		return report(false, "sshd", "no memory", "");
	ok = check_sshd_ask(path, user, settings, dump, revokes);
	free(dump);
	return ok;
}
