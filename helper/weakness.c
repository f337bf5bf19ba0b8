#include "weakness.h"

#include <stdio.h>
#include <string.h>

#include "proposal.h"

const char weakness_remedy[] =
    "have the remote's sshd brought up to date, then take these out of "
    "[remote] in moshgate.ini";

/* Append WHAT, which SETTING allows. */
static void
weakness_add(char text[WEAKNESS_BYTES], const char *setting, const char *what)
{
	const size_t used = strlen(text);

	snprintf(text + used, WEAKNESS_BYTES - used, "%s%s: %s",
	    used > 0 ? "; " : "", setting, what);
}

bool
weakness_allowed(const struct config *config, char text[WEAKNESS_BYTES])
{
	const struct {
		enum proposal_kind kind;
		const char *name, *value;
	} settings[] = {
		{ PROPOSAL_KEX, "kex", config->kex },
		{ PROPOSAL_HOST_KEY, "host_key_algorithms",
		    config->host_key_algorithms },
		{ PROPOSAL_CIPHER, "ciphers", config->ciphers },
		{ PROPOSAL_MAC, "macs", config->macs },
	};
	char names[PROPOSAL_BYTES], weak[PROPOSAL_BYTES], bits[16];

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		proposal_make(settings[i].kind, settings[i].value, names);
		proposal_weak(settings[i].kind, names, weak);
		if (weak[0] != '\0')
			weakness_add(text, settings[i].name, weak);
	}
	snprintf(bits, sizeof(bits), "%d", config->required_rsa_size);
	if (config->required_rsa_size < WEAKNESS_RSA_BITS)
		weakness_add(text, "required_rsa_size", bits);
	return text[0] != '\0';
}
