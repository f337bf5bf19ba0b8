#include "credential.h"

#include "../log.h"
#include "phase.h"

const struct refusal credential_none = { .reason = "no-credential",
	.sentence = "The gateway has nothing with which to log in to the "
		    "remote server for you; please log in again, for each "
		    "command anew.",
	.remedy = "this gateway has no key that it may use: users log in anew "
		  "when the connection that they came by is gone" };

bool
credential_take(struct credential *credential, struct keyring *keyring,
    const struct briefing *briefing)
{
	*credential = (struct credential){ .keyring = keyring,
		.users = briefing->password != NULL ||
		    briefing->agent != NULL };
	if (!credential->users ||
	    (briefing->agent != NULL && briefing->agent->or_key))
		credential->key = keyring_take(keyring);
	return credential->users || credential->key != NULL ||
	    !phase_logs_in(briefing->job);
}

const unsigned char *
credential_public(const struct credential *credential)
{
	return credential->key != NULL ? keyring_public(credential->key) : NULL;
}

bool
credential_sign(struct credential *credential, const char *user,
    const struct frame *asked,
    unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES])
{
	if (credential->key == NULL ||
	    !keyring_sign(credential->key, user,
		(const unsigned char *)asked->body, asked->len, signature)) {
		log_event(LOG_ERR, "sign-refused", "user", user, "detail",
		    "a worker asked for a signature it has no use for", NULL);
		return false;
	}
	credential_drop(credential);
	credential->users = false;
	return true;
}

void
credential_drop(struct credential *credential)
{
	if (credential->key != NULL)
		keyring_drop(credential->keyring, credential->key);
	credential->key = NULL;
}
