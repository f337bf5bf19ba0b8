#include "account.h"

#include <ctype.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define ACCOUNT_GROUPS_MAX 1024
#define ACCOUNT_PASSWD "/etc/passwd"

/*
 * getpwnam(3) names errors that may mean "there is none".  glibc has none of
 * them for that: it sets errno to 0 (nss/getXXbyYY_r.c).  ENOENT is what the
 * module of nslcd sets when nslcd is down.
 */
static enum directory_verdict
account_judge(bool found)
{
	if (found)
		return DIRECTORY_THERE;
	return errno == 0 ? DIRECTORY_NONE : DIRECTORY_UNKNOWN;
}

/* Have ANSWER say VERDICT, with errno if nobody can tell. */
static void
account_end(struct directory_answer *answer, enum directory_verdict verdict)
{
	const int error = errno;

	if (answer->verdict == DIRECTORY_THERE && verdict == DIRECTORY_UNKNOWN)
		*answer = (struct directory_answer){ 0 };
	answer->verdict = verdict;
	if (verdict == DIRECTORY_UNKNOWN)
		directory_answer_unknown(answer, strerror(error));
}

/* Copy what there is of TEXT into OUT of SIZE bytes, unless it is too long. */
static void
account_copy(char *out, size_t size, const char *text)
{
	if (text != NULL && strlen(text) < size)
		memcpy(out, text, strlen(text) + 1);
}

/*
 * Is the account in ANSWER, whose own group is GID, one of the gateway's users?
 * Returns DIRECTORY_UNKNOWN if nobody can tell, else DIRECTORY_THERE.
 */
static enum directory_verdict
account_look_group(struct directory_answer *answer, gid_t gid)
{
	gid_t groups[ACCOUNT_GROUPS_MAX], wanted;
	int count = ACCOUNT_GROUPS_MAX;
	const struct group *group;

	errno = 0;
	group = getgrnam(DIRECTORY_GROUP);
	if (group == NULL)
		return errno == 0 ? DIRECTORY_THERE : DIRECTORY_UNKNOWN;
	wanted = group->gr_gid;
	if (getgrouplist(answer->name, gid, groups, &count) < 0)
		return DIRECTORY_THERE;
	for (int i = 0; i < count; i++)
		answer->in_group = answer->in_group || groups[i] == wanted;
	return DIRECTORY_THERE;
}

/* See what the uid of the account in ANSWER is called. */
static enum directory_verdict
account_look_shared(struct directory_answer *answer)
{
	const struct passwd *account;

	errno = 0;
	account = getpwuid(answer->uid);
	answer->shares_uid = account == NULL ||
	    strcmp(account->pw_name, answer->name) != 0;
	return account == NULL && errno != 0 ? DIRECTORY_UNKNOWN
					     : DIRECTORY_THERE;
}

/* Fill in ANSWER, of ACCOUNT, which is there. */
static void
account_fill(struct directory_answer *answer, const struct passwd *account)
{
	const gid_t gid = account->pw_gid;
	enum directory_verdict verdict = DIRECTORY_THERE;

	/* the next question to the name service takes its place */
	answer->uid = account->pw_uid;
	account_copy(answer->shell, sizeof(answer->shell), account->pw_shell);
	if (username_valid(account->pw_name)) {
		account_copy(answer->name, sizeof(answer->name),
		    account->pw_name);
		verdict = account_look_shared(answer);
	}
	if (verdict == DIRECTORY_THERE && answer->name[0] != '\0')
		verdict = account_look_group(answer, gid);
	account_end(answer, verdict);
}

/* True if the passwd file has an account whose name differs from NAME in case. */
static bool
account_file_has_like(const char *name)
{
	FILE *file = fopen(ACCOUNT_PASSWD, "re");
	const struct passwd *account;
	bool like = false;

	if (file == NULL)
		return false;
	while (!like && (account = fgetpwent(file)) != NULL)
		like = strcasecmp(account->pw_name, name) == 0;
	fclose(file);
	return like;
}

/*
 * There is no account called NAME, but is there one that is called so but for
 * case?  A directory service can't be asked for that; there names are in lower
 * case as a rule.
 */
static void
account_look_like(const char *name, struct directory_answer *answer)
{
	char lower[USERNAME_MAX_CHARS + 1] = "";
	enum directory_verdict verdict = DIRECTORY_NONE;
	/* first, since errno is to be the name service's in the end */
	const bool in_file = account_file_has_like(name);

	for (size_t i = 0; i < USERNAME_MAX_CHARS && name[i] != '\0'; i++)
		lower[i] = (char)tolower((unsigned char)name[i]);
	if (strcmp(lower, name) != 0) {
		errno = 0;
		verdict = account_judge(getpwnam(lower) != NULL);
	}
	answer->like = verdict == DIRECTORY_THERE || in_file;
	account_end(answer,
	    verdict == DIRECTORY_UNKNOWN ? DIRECTORY_UNKNOWN : DIRECTORY_NONE);
}

static void
account_look_name(const char *name, struct directory_answer *answer)
{
	const struct passwd *account;

	errno = 0;
	account = getpwnam(name);
	account_end(answer, account_judge(account != NULL));
	if (account != NULL)
		account_fill(answer, account);
	else if (answer->verdict == DIRECTORY_NONE)
		account_look_like(name, answer);
}

static void
account_look_uid(uid_t uid, struct directory_answer *answer)
{
	const struct passwd *account;

	errno = 0;
	account = getpwuid(uid);
	account_end(answer, account_judge(account != NULL));
	if (account != NULL)
		account_fill(answer, account);
}

/* See which of the uids from FIRST on are nobody's. */
static void
account_look_free(uid_t first, struct directory_answer *answer)
{
	for (unsigned i = 0; i < DIRECTORY_UIDS; i++) {
		const unsigned long uid = (unsigned long)first + i;
		enum directory_verdict verdict;

		if (!usermap_uid_valid(uid))
			continue;
		errno = 0;
		verdict = account_judge(getpwuid((uid_t)uid) != NULL);
		if (verdict == DIRECTORY_NONE)
			answer->free |= UINT64_C(1) << i;
		if (verdict != DIRECTORY_UNKNOWN)
			continue;
		snprintf(answer->fault, sizeof(answer->fault),
		    "cannot tell whether the uid %lu is an account's: %s", uid,
		    strerror(errno));
		answer->verdict = DIRECTORY_UNKNOWN;
		return;
	}
}

void
account_look(const struct directory_asked *asked,
    struct directory_answer *answer)
{
	*answer = (struct directory_answer){ 0 };
	switch (asked->key) {
	case DIRECTORY_BY_NAME:
		account_look_name(asked->name, answer);
		return;
	case DIRECTORY_BY_UID:
		account_look_uid(asked->uid, answer);
		return;
	case DIRECTORY_UIDS_FROM:
		account_look_free(asked->uid, answer);
		return;
	}
}
