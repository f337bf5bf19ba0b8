#include "admission.h"

#include <string.h>

#include "../../shim/lib/usermap.h"
#include "../authkeys.h"

#define ADMISSION_ASK_DIRECTORY                                        \
	"see why a source of passwd in /etc/nsswitch.conf, such as a " \
	"directory service, does not answer"

/*
 * Accounts
 */

#define ADMISSION_NO "This account does not go to the remote server."
#define ADMISSION_LATER                                                      \
	"The gateway cannot take new users for now; the administrator must " \
	"look into it."
#define ADMISSION_CANNOT_TELL                                                 \
	"The gateway cannot tell whose account this is; please try again in " \
	"a minute."

/* Why an account does not go to the remote, and what is to be done about it. */
#define ADMISSION_REFUSAL(why, what)                                         \
	{                                                                    \
		.reason = (why), .sentence = ADMISSION_NO, .remedy = (what), \
	}

static const struct refusal admission_known = ADMISSION_REFUSAL("no-account",
    "the user is known, but the name service says otherwise: moshgate check "
    "tells why");
static const struct refusal admission_cannot_tell = { .reason = "name-service",
	.sentence = ADMISSION_CANNOT_TELL,
	.remedy = ADMISSION_ASK_DIRECTORY };
static const struct refusal admission_no_account =
    ADMISSION_REFUSAL("no-account", "the user has no account on the gateway");
static const struct refusal admission_root = ADMISSION_REFUSAL("root",
    "root never goes to the remote: see that sshd asks moshgate-keys only in "
    "Match Group " ADMISSION_GROUP);
static const struct refusal admission_bad_name = ADMISSION_REFUSAL("bad-name",
    "the user's name may not be one on the remote");
static const struct refusal admission_shared_uid =
    ADMISSION_REFUSAL("shared-uid",
	"the uid says who a user is: give each account its own");
static const struct refusal admission_not_in_group = ADMISSION_REFUSAL(
    "not-in-group",
    "to let this account go to the remote, put it in the group " ADMISSION_GROUP);
static const struct refusal admission_other_shell = ADMISSION_REFUSAL(
    "other-shell",
    "with forced_commands = honor the login shell of the gateway's users must "
    "be " ADMISSION_SHELL);
static const struct refusal admission_not_wanted =
    ADMISSION_REFUSAL("not-wanted",
	"the setting users in [clients] excludes this name");

const struct refusal admission_other_uid = { .reason = "other-uid",
	.sentence = "This account has just got another uid; please log in "
		    "again.",
	.remedy = "the user map has been mended since sshd read it: the next "
		  "login goes" };

const struct refusal admission_lost_uid = { .reason = "other-uid",
	.sentence = "The gateway does not know any more who this is; please "
		    "log in again.",
	.remedy = "the helper was started anew since sshd asked it for this "
		  "user, or the login took very long: the next login goes" };

const struct refusal admission_dead_end = { .reason = "no-uid",
	.sentence = "The gateway takes no new users from here for now; please "
		    "log in again in ten minutes.",
	.detail = "sshd was told a uid that is nobody's",
	.remedy = "the line before about this name says why" };

/*
 * True if sshd can hand a forced command to the account's login shell, where it
 * is to do so: then the shell must be ours.
 */
static bool
admission_has_shell(const struct admission *admission,
    const struct directory_answer *answer)
{
	return admission->config->forced_commands != AUTHKEYS_HONOR ||
	    strcmp(answer->shell, ADMISSION_SHELL) == 0;
}

const struct refusal *
admission_of_account(const struct admission *admission, const char *name,
    const struct directory_answer *answer)
{
	uid_t uid;

	if (answer->verdict == DIRECTORY_UNKNOWN)
		return &admission_cannot_tell;
	if (answer->verdict == DIRECTORY_NONE)
		return users_find(admission->users, name, &uid)
		    ? &admission_known
		    : &admission_no_account;
	if (answer->uid == 0)
		return &admission_root;
	if (answer->name[0] == '\0')
		return &admission_bad_name;
	if (strcmp(answer->name, name) != 0 || answer->shares_uid)
		return &admission_shared_uid;
	if (!users_may_be(admission->users, name, answer->uid))
		return &admission_other_uid;
	if (!answer->in_group)
		return &admission_not_in_group;
	if (!admission_has_shell(admission, answer))
		return &admission_other_shell;
	if (!config_wants_user(admission->config, name))
		return &admission_not_wanted;
	return NULL;
}

/*
 * Names
 */

const struct refusal admission_like = { .reason = "like-another",
	.sentence = "Another user has this name but for case.",
	.remedy = "names that are equal but for case are one name: log in as "
		  "the user who is known" };

bool
admission_is_free(const struct directory_answer *answer,
    struct refusal *refusal)
{
	switch (answer->verdict) {
	case DIRECTORY_NONE:
		if (!answer->like)
			return true;
		*refusal = (struct refusal){ .reason = "local",
			.sentence = ADMISSION_NO,
			.remedy = "an account of the gateway has that name but "
				  "for case" };
		return false;
	case DIRECTORY_THERE:
		*refusal = (struct refusal){ .reason = "local",
			.sentence = ADMISSION_NO,
			.remedy = "this is an account of the gateway, or of a "
				  "directory service that did not answer "
				  "sshd" };
		return false;
	default:
		*refusal = (struct refusal){ .reason = "name-service",
			.sentence = ADMISSION_CANNOT_TELL,
			.detail = answer->fault,
			.remedy = ADMISSION_ASK_DIRECTORY };
		return false;
	}
}

bool
admission_wants(const struct admission *admission, const char *name,
    struct refusal *refusal)
{
	if (!config_wants_user(admission->config, name)) {
		*refusal = (struct refusal){ .reason = "not-wanted",
			.sentence = ADMISSION_NO,
			.remedy = admission_not_wanted.remedy };
		return false;
	}
	if (admission->reserved == NULL) {
		*refusal = (struct refusal){ .reason = "internal",
			.sentence = ADMISSION_LATER,
			.detail = "the list of reserved names has not been "
				  "read",
			.remedy = "install moshgate anew" };
		return false;
	}
	if (config_names_user(admission->config, name))
		return true;
	if (reserved_has(admission->reserved, name) ||
	    config_reserves_user(admission->config, name)) {
		*refusal = (struct refusal){ .reason = "reserved",
			.sentence = ADMISSION_NO,
			.remedy = "services have such names; to let this one "
				  "in put it into names in [users]" };
		return false;
	}
	return true;
}

/* The same without its detail. */
static struct refusal
admission_why_no_uid(enum users_result result)
{
	switch (result) {
	case USERS_FULL:
		return (struct refusal){ .sentence = ADMISSION_LATER,
			.reason = "no-uid",
			.remedy = "raise uid_max in [users]" };
	case USERS_AGAIN:
		return (struct refusal){
			.sentence =
			    "Somebody else has got this uid meanwhile; please "
			    "log in again.",
			.reason = "name-service",
			.remedy = "try again; if that does not help, set "
				  "uid_min in [users] to where no accounts "
				  "are"
		};
	case USERS_UNKNOWN:
		return (struct refusal){ .sentence = ADMISSION_LATER,
			.reason = "name-service",
			.remedy = ADMISSION_ASK_DIRECTORY };
	case USERS_DAMAGED:
		return (struct refusal){ .sentence = ADMISSION_LATER,
			.reason = "users-damaged",
			.remedy = "put back a copy of " USERMAP_PATH
				  ", or take out the lines that are wrong" };
	default:
		return (struct refusal){ .sentence = ADMISSION_LATER,
			.reason = "users-failed",
			.remedy = "make room on the disk, and see that "
				  "_moshgate may write to " USERMAP_DIR };
	}
}

struct refusal
admission_no_uid(const struct admission *admission, enum users_result result)
{
	struct refusal why = admission_why_no_uid(result);

	why.detail = users_fault(admission->users);
	return why;
}
