#include "login.h"

#include <string.h>

#include "agentlogin.h"
#include "agentwire.h"

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

enum failure
login_run(struct work *w)
{
	if (fields_get(&w->start, "agent") != NULL)
		return agentlogin_run(w, AGENTWIRE_KEYS_MAX);
	return w->has_key ? login_by_key(w) : FAILURE_INTERNAL;
}
