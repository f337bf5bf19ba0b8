#include "password.h"

#include <stdbool.h>
#include <string.h>

/* A password, and whether the remote has asked for it. */
struct password {
	struct session *session;
	const char *user, *text;
	enum password_state {
		PASSWORD_TO_GIVE,
		PASSWORD_GIVEN,
		PASSWORD_MORE, /* it has asked for something else */
	} state;
};

/* True if LIST, words with commas between them, has WORD. */
static bool
password_list_has(const char *list, const char *word)
{
	const size_t len = strlen(word);

	for (;;) {
		const size_t next = strcspn(list, ",");

		if (next == len && memcmp(list, word, len) == 0)
			return true;
		if (list[next] == '\0')
			return false;
		list += next + 1;
	}
}

/*
 * Store in *LIST the methods that the remote offers USER: to ask takes a round
 * trip, but a method that isn't offered would be logged there as a wrong
 * password.
 */
static enum failure
password_ask_methods(struct session *session, const char *user,
    const char **list)
{
	LIBSSH2_SESSION *ssh = session_ssh(session);

	session_begin_step(session, "methods");
	while ((*list = libssh2_userauth_list(ssh, user,
		    (unsigned)strlen(user))) == NULL) {
		enum failure failure;

		/* whoever gets in with nothing has not proved anything */
		if (libssh2_userauth_authenticated(ssh))
			return FAILURE_PASSWORD_UNWANTED;
		if (libssh2_session_last_errno(ssh) != LIBSSH2_ERROR_EAGAIN)
			return session_why(session, FAILURE_LOST);
		failure = session_wait(session);
		if (failure != FAILURE_NONE)
			return failure;
	}
	return FAILURE_NONE;
}

/* Why the remote does not let the user in, from libssh2's ERROR. */
static enum failure
password_why_not(struct session *session, int error)
{
	enum failure failure;

	if (error == LIBSSH2_ERROR_PASSWORD_EXPIRED)
		return FAILURE_PASSWORD_EXPIRED;
	failure = session_why(session,
	    error == LIBSSH2_ERROR_AUTHENTICATION_FAILED ? FAILURE_PASSWORD
							 : FAILURE_LOST);
	/* where PAM does not let the account in sshd hangs up silently */
	if (failure == FAILURE_LOST && session_said(session)[0] == '\0')
		return FAILURE_PASSWORD;
	return failure;
}

/* libssh2 asks by this for another password, of which there is none. */
static void
password_change(LIBSSH2_SESSION *ssh, char **changed, int *len, void **abstract)
{
	(void)ssh;
	(void)abstract;
	*changed = NULL;
	*len = 0;
}

static enum failure
password_give(struct password *p)
{
	int error;

	session_begin_step(p->session, "password");
	while ((error = libssh2_userauth_password_ex(session_ssh(p->session),
		    p->user, (unsigned)strlen(p->user), p->text,
		    (unsigned)strlen(p->text), password_change)) ==
	    LIBSSH2_ERROR_EAGAIN) {
		const enum failure failure = session_wait(p->session);

		if (failure != FAILURE_NONE)
			return failure;
	}
	return error == 0 ? FAILURE_NONE : password_why_not(p->session, error);
}

/*
 * libssh2 has COUNT prompts answered by this.  sshd may also tell something,
 * without a prompt.
 */
static void
password_answer(const char *name, int name_len, const char *instruction,
    int instruction_len, int count, const LIBSSH2_USERAUTH_KBDINT_PROMPT *asked,
    LIBSSH2_USERAUTH_KBDINT_RESPONSE *answers, void **abstract)
{
	struct password *p = session_secret(abstract);
	const size_t len = strlen(p->text);

	(void)name;
	(void)name_len;
	(void)instruction;
	(void)instruction_len;
	if (count == 0)
		return;
	if (count == 1 && p->state == PASSWORD_TO_GIVE && asked[0].echo == 0)
		answers[0].text = session_alloc(len, abstract);
	if (answers[0].text == NULL) {
		/* or libssh2 would send an answer that makes no sense */
		p->state = PASSWORD_MORE;
		session_break(p->session);
		return;
	}
	memcpy(answers[0].text, p->text, len);
	answers[0].length = (unsigned)len;
	p->state = PASSWORD_GIVEN;
}

static enum failure
password_type(struct password *p)
{
	int error;

	session_begin_step(p->session, "keyboard-interactive");
	while (
	    (error = libssh2_userauth_keyboard_interactive_ex(session_ssh(
								  p->session),
		 p->user, (unsigned)strlen(p->user), password_answer)) ==
	    LIBSSH2_ERROR_EAGAIN) {
		const enum failure failure = session_wait(p->session);

		if (failure != FAILURE_NONE)
			return failure;
	}
	if (p->state == PASSWORD_MORE)
		return FAILURE_PASSWORD_MORE;
	if (error != 0)
		return password_why_not(p->session, error);
	/* who has asked for nothing has not seen anything proved */
	return p->state == PASSWORD_GIVEN ? FAILURE_NONE
					  : FAILURE_PASSWORD_UNWANTED;
}

enum failure
password_authenticate(struct session *session, const char *user,
    const char *password)
{
	struct password p = { .session = session,
		.user = user,
		.text = password };
	enum failure failure;
	const char *list;

	failure = password_ask_methods(session, user, &list);
	if (failure != FAILURE_NONE)
		return failure;
	session_keep_secret(session, &p);
	if (password_list_has(list, "password")) {
		failure = password_give(&p);
	} else if (password_list_has(list, "keyboard-interactive")) {
		failure = password_type(&p);
	} else {
		failure = FAILURE_PASSWORD_UNWANTED;
		failure_set_detail(session_facts(session),
		    "the remote offers: %.200s", list);
	}
	session_keep_secret(session, NULL);
	return failure;
}
