/*
 * Whether the ways in that sshd has for a user are those that moshgate.ini has.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#include "authmethods.h"
#include "pamfile.h"
#include "report.h"
#include "sshdconf.h"

#define BLOCK "in Match Group " CHECK_GROUP " of " CHECK_DROPIN
#define PAM_LINES "the lines of " DATADIR "/moshgate/pam.d/moshgate"

/* What sshd has for USER. */
struct check_ways {
	const char *dump, *user;
	const struct settings *settings;
	char methods[SSHDCONF_VALUE_BYTES];
};

/* True if sshd has NAME on; it doesn't print what it was built without. */
static bool
check_ways_has(const struct check_ways *c, const char *name)
{
	char value[SSHDCONF_VALUE_BYTES];

	return sshdconf_get(c->dump, name, value) && strcmp(value, "no") != 0;
}

/* Tell that WHAT is wrong for the user.  Returns false. */
static bool
check_ways_fail(const struct check_ways *c, const char *what,
    const char *remedy)
{
	char text[512];

	snprintf(text, sizeof(text), "for %s %s", c->user, what);
	return report(false, "sshd", text, remedy);
}

/* True if sshd asks somebody whether a password is right. */
static bool
check_ways_takes_passwords(const struct check_ways *c)
{
	return (check_ways_has(c, "PasswordAuthentication") &&
		   authmethods_use(c->methods, "password") !=
		       AUTHMETHODS_UNUSED) ||
	    (check_ways_has(c, "KbdInteractiveAuthentication") &&
		authmethods_use(c->methods, "keyboard-interactive") !=
		    AUTHMETHODS_UNUSED);
}

/* What is wrong with lines of PAM in a file, and the remedy. */
struct check_ways_fault {
	const char *what, *remedy;
};

/*
 * The fault of PAM that asks moshgate-password as HAS says, with the settings of
 * moshgate.ini; none: { NULL }.
 */
static struct check_ways_fault
check_ways_pam_fault(const struct settings *settings, enum pamfile_has has)
{
	switch (has) {
	case PAMFILE_NONE:
		if (settings->known && settings->passwords)
			return (struct check_ways_fault){
				"has no line that asks moshgate-password, but "
				"passwords is set",
				"put " PAM_LINES
				" there, before @include common-auth"
			};
		break;
	case PAMFILE_FIRST:
		if (settings->known && !settings->passwords)
			return (struct check_ways_fault){
				"asks moshgate-password, but passwords is no",
				"set passwords in moshgate.ini, or take " PAM_LINES
				" out there"
			};
		break;
	case PAMFILE_LATE:
		return (
		    struct check_ways_fault){ "asks moshgate-password too late",
			"move " PAM_LINES " before @include common-auth" };
	case PAMFILE_COMMON:
		return (struct check_ways_fault){
			"asks moshgate-password by a file of all services",
			"put " PAM_LINES " into that of sshd alone"
		};
	case PAMFILE_UNGUARDED:
		return (struct check_ways_fault){
			"asks moshgate-password for accounts of the gateway, "
			"too, and refuses them",
			"put the first of " PAM_LINES
			" back, right before the second"
		};
	case PAMFILE_MISSHAPEN:
		return (struct check_ways_fault){
			"asks moshgate-password in a wrong way",
			"replace that line by the second of " PAM_LINES
		};
	case PAMFILE_NOWHERE:
		return (struct check_ways_fault){
			"asks a moshgate-password that is not there",
			"replace that line by the second of " PAM_LINES
		};
	}
	return (struct check_ways_fault){ NULL, NULL };
}

/* See that PAM asks moshgate-password if it is to, and only then. */
static bool
check_ways_pam(const struct check_ways *c)
{
	char service[SSHDCONF_VALUE_BYTES], text[SSHDCONF_VALUE_BYTES + 128];
	struct check_ways_fault fault;

	if (!sshdconf_get(c->dump, "PAMServiceName", service))
		snprintf(service, sizeof(service), "sshd");
	fault = check_ways_pam_fault(c->settings,
	    pamfile_look(PAMFILE_DIR, service));
	if (fault.what == NULL)
		return true;
	snprintf(text, sizeof(text), PAMFILE_DIR "/%s %s", service, fault.what);
	return report(false, "PAM", text, fault.remedy);
}

/* See that passwords are taken if moshgate.ini has any, and only then. */
static bool
check_ways_passwords(const struct check_ways *c)
{
	const bool wanted = c->settings->passwords;
	bool ok = true;

	if (wanted && !check_ways_takes_passwords(c))
		ok = check_ways_fail(c,
		    "sshd takes no passwords, but passwords is set in "
		    "moshgate.ini",
		    "say AuthenticationMethods publickey password and "
		    "PasswordAuthentication yes " BLOCK);
	else if (wanted && !check_ways_has(c, "UsePAM"))
		ok = check_ways_fail(c,
		    "UsePAM is \"no\": nobody can say whether a password is "
		    "right",
		    "say UsePAM yes in sshd_config");
	else if (!wanted && authmethods_take_a_password_alone(c->methods))
		ok = check_ways_fail(c,
		    "a password is enough, but passwords is no in "
		    "moshgate.ini",
		    "set passwords there, or say AuthenticationMethods "
		    "publickey " BLOCK);
	return ok;
}

/* The same for agents. */
static bool
check_ways_agents(const struct check_ways *c)
{
	const bool forwarded = check_ways_has(c, "AllowAgentForwarding") &&
	    !check_ways_has(c, "DisableForwarding");

	if (c->settings->agent && !forwarded)
		return check_ways_fail(c,
		    "no agent is forwarded, but auth has agent in "
		    "moshgate.ini",
		    "say AllowAgentForwarding yes " BLOCK);
	if (!c->settings->agent && forwarded)
		return check_ways_fail(c,
		    "agents are forwarded, but auth has no agent in "
		    "moshgate.ini",
		    "say auth = agent there, or AllowAgentForwarding no " BLOCK);
	return true;
}

bool
check_ways(const char *dump, const char *user, const struct settings *settings)
{
	struct check_ways c = { .dump = dump,
		.user = user,
		.settings = settings };
	bool ok;

	if (!sshdconf_get(dump, "AuthenticationMethods", c.methods))
		c.methods[0] = '\0';
	ok = check_ways_pam(&c);
	/* what the helper has in force is not known while it can't be asked */
	if (!settings->known)
		return ok;
	ok = check_ways_passwords(&c) && ok;
	ok = check_ways_agents(&c) && ok;
	if (settings->any_key && settings->key)
		report_warning("clients",
		    "keys = any in moshgate.ini: whoever connects is let in as "
		    "any user",
		    "say keys = remote or keys = file, or auth = agent");
	return ok;
}
