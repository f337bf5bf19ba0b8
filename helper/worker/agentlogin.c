#include "agentlogin.h"

#include <stdlib.h>
#include <string.h>

#include "agent.h"

/* Its versions before this one know no rsa-sha2, and fewer kinds of keys. */
#define AGENTLOGIN_LIBSSH2_KNOWS 0x010b00

/* A login by an agent, under way. */
struct agentlogin {
	struct work *work;
	struct agent agent;
	struct agentwire_keys keys;
	const struct agentwire_key *key; /* the one that is tried */
	enum failure asked;              /* what its agent said to that */
	size_t refused, denied;          /* by the remote, and by the agent */
};

/* session_authenticate() has the agent sign by this. */
static size_t
agentlogin_sign(void *context, const unsigned char *data, size_t len,
    unsigned char *to)
{
	struct agentlogin *l = context;
	struct sshwire signature;

	l->asked = agent_sign(&l->agent, l->key, data, len, &signature);
	if (l->asked != FAILURE_NONE ||
	    signature.left > SESSION_SIGNATURE_MAX_BYTES)
		return 0;
	memcpy(to, signature.at, signature.left);
	return signature.left;
}

/*
 * Offer the key, and log in with it.  A libssh2 that takes the algorithm out of
 * the key has to be told there that it is not by SHA-1.
 */
static enum failure
agentlogin_offer(struct agentlogin *l)
{
	const struct sshwire *blob = &l->key->blob;
	const unsigned char *bytes = blob->at;
	unsigned char *renamed = NULL;
	size_t len = blob->left;
	enum failure failure;

	if (l->key->rsa && libssh2_version(AGENTLOGIN_LIBSSH2_KNOWS) == NULL) {
		len = agentwire_rename_rsa(blob, &renamed);
		bytes = renamed;
		if (len == 0)
			return FAILURE_INTERNAL;
	}
	failure = session_authenticate(l->work->session, l->work->user, bytes,
	    len, agentlogin_sign, l);
	free(renamed);
	return failure;
}

/* True if the remote has closed the connection since there were too many keys. */
static bool
agentlogin_is_cut(const struct agentlogin *l, enum failure failure)
{
	return failure == FAILURE_LOST &&
	    strstr(l->work->facts.detail, "Too many authentication failures") !=
	    NULL;
}

/*
 * Try the key.  Returns FAILURE_REFUSED if the next one is to be tried, else
 * what the login comes to.
 */
static enum failure
agentlogin_try(struct agentlogin *l)
{
	enum failure failure;

	l->asked = FAILURE_NONE;
	failure = agentlogin_offer(l);
	if (failure == FAILURE_NONE || failure == FAILURE_ABANDONED)
		return failure;
	if (l->asked == FAILURE_AGENT_DENIED) {
		l->denied++;
		return FAILURE_REFUSED;
	}
	if (l->asked != FAILURE_NONE)
		return l->asked;
	if (failure != FAILURE_REFUSED && !agentlogin_is_cut(l, failure))
		return failure;
	l->refused++;
	return failure == FAILURE_REFUSED ? failure : FAILURE_AGENT_REFUSED;
}

/* Try one key after another. */
static enum failure
agentlogin_try_all(struct agentlogin *l)
{
	enum failure failure;

	if (l->keys.count == 0)
		return FAILURE_AGENT_EMPTY;
	for (size_t i = 0; i < l->keys.count; i++) {
		l->key = &l->keys.key[i];
		failure = agentlogin_try(l);
		if (failure != FAILURE_REFUSED)
			return failure;
	}
	return l->refused > 0 ? FAILURE_AGENT_REFUSED : FAILURE_AGENT_DENIED;
}

/* Get the agent, and what is in it. */
static enum failure
agentlogin_begin(struct agentlogin *l, size_t max)
{
	struct work *w = l->work;
	const bool newer = libssh2_version(AGENTLOGIN_LIBSSH2_KNOWS) != NULL;
	enum failure failure;
	struct frame frame;

	if (!orders_wait(&w->orders, ORDERS_SHIM, &frame))
		return FAILURE_ABANDONED;
	frame_free(&frame);
	session_begin_step(w->session, "agent");
	failure = agent_open(&l->agent, w->orders.passed.fd[JOB_SHIM],
	    &w->deadline);
	if (failure != FAILURE_NONE)
		return failure;
	return agent_list(&l->agent, newer, max, &l->keys);
}

/* Say of an agent that ended with FAILURE what was tried. */
static void
agentlogin_tell(const struct agentlogin *l, enum failure failure)
{
	const char *silent = failure == FAILURE_AGENT_SILENT
	    ? "did not answer in time"
	    : "answered with nonsense, or ended,";

	if (l->key == NULL && failure != FAILURE_AGENT_EMPTY) {
		failure_set_detail(&l->work->facts,
		    "the agent %s when asked for its keys (within 10 s)",
		    silent);
		return;
	}
	if (failure == FAILURE_AGENT_SILENT ||
	    failure == FAILURE_AGENT_BROKEN) {
		failure_set_detail(&l->work->facts,
		    "the agent %s when asked to sign (within 30 s); of its "
		    "%zu keys %zu were refused by the remote before",
		    silent, l->keys.all, l->refused);
		return;
	}
	failure_set_detail(&l->work->facts,
	    "the agent has %zu keys, of which %zu were refused by the remote, "
	    "%zu not signed with by the agent, and %zu cannot be used",
	    l->keys.all, l->refused, l->denied, l->keys.others);
}

enum failure
agentlogin_run(struct work *w, size_t max)
{
	struct agentlogin login = { .work = w,
		.agent = { .shim_fd = -1, .fd = -1 } };
	enum failure failure = agentlogin_begin(&login, max);

	if (failure == FAILURE_NONE)
		failure = agentlogin_try_all(&login);
	agent_close(&login.agent);
	w->facts.counted = failure != FAILURE_NONE && login.refused > 0;
	switch (failure) {
	case FAILURE_AGENT_REFUSED:
	case FAILURE_AGENT_EMPTY:
	case FAILURE_AGENT_DENIED:
	case FAILURE_AGENT_SILENT:
	case FAILURE_AGENT_BROKEN:
		agentlogin_tell(&login, failure);
		break;
	default:
		break;
	}
	return failure;
}
