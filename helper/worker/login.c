#include "login.h"

#include <sodium.h>
#include <stdint.h>
#include <string.h>

#include "agentlogin.h"
#include "agentwire.h"
#include "password.h"

/* session_authenticate() has the helper sign by this. */
static size_t
login_sign(void *context, const unsigned char *data, size_t len,
    unsigned char *signature)
{
	struct work *w = context;
	struct frame answer;
	size_t made = 0;

	if (!report_bytes(&w->report, FRAME_SIGN, data, len) ||
	    !orders_wait(&w->orders, ORDERS_SIGNING, &answer))
		return 0;
	if (answer.len == SSHKEY_ED25519_SIGNATURE_BYTES) {
		made = answer.len;
		memcpy(signature, answer.body, made);
	}
	frame_free(&answer);
	return made;
}

/* Log in with the gateway's key. */
static enum failure
login_by_key(struct work *w)
{
	return session_authenticate(w->session, w->user, w->blob,
	    sizeof(w->blob), login_sign, w);
}

/* Log in with the password that FRAME_START has, and had. */
static enum failure
login_by_password(struct work *w)
{
	/* it is this process's alone, and a field of its own */
	char *password = (char *)(uintptr_t)fields_get(&w->start, "password");
	const size_t len = strlen(password);
	const enum failure failure = password_authenticate(w->session, w->user,
	    password);

	sodium_memzero(password, len);
	/* what follows are fields still */
	memset(password, '-', len);
	return failure;
}

/* True if FAILURE is about the agent, and the connection may be there still. */
static bool
login_is_agents(enum failure failure)
{
	return failure >= FAILURE_AGENT_REFUSED &&
	    failure <= FAILURE_AGENT_BROKEN;
}

/*
 * Log in with the agent, or else, over the same connection, with the gateway's
 * key: the remote allows for one more than the agent's (MaxAuthTries).
 */
static enum failure
login_by_agent_or_key(struct work *w)
{
	const enum failure failure = agentlogin_run(w, AGENTWIRE_KEYS_MAX - 1);
	const bool counted = w->facts.counted;
	enum failure by_key;

	if (!login_is_agents(failure))
		return failure;
	by_key = login_by_key(w);
	w->facts.counted = counted && by_key != FAILURE_NONE;
	/* where the remote has closed it because of the agent's keys */
	return by_key == FAILURE_LOST ? failure : by_key;
}

enum failure
login_run(struct work *w)
{
	switch (w->login) {
	case WORK_BY_PASSWORD:
		return login_by_password(w);
	case WORK_BY_AGENT:
		return agentlogin_run(w, AGENTWIRE_KEYS_MAX);
	case WORK_BY_AGENT_OR_KEY:
		return login_by_agent_or_key(w);
	case WORK_BY_KEY:
		return login_by_key(w);
	default:
		return FAILURE_INTERNAL;
	}
}
