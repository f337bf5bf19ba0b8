#include "algorithms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALGORITHMS_NAMES_BYTES 1024

/* What libssh2 and moshgate.ini(5) call each kind. */
static const struct {
	int method;
	const char *setting;
} algorithms_kinds[KEXINIT_KINDS] = {
	[KEXINIT_KEX] = { LIBSSH2_METHOD_KEX, "kex" },
	[KEXINIT_HOST_KEY] = { LIBSSH2_METHOD_HOSTKEY, "host_key_algorithms" },
	[KEXINIT_CIPHER_OUT] = { LIBSSH2_METHOD_CRYPT_CS, "ciphers" },
	[KEXINIT_CIPHER_IN] = { LIBSSH2_METHOD_CRYPT_SC, "ciphers" },
	[KEXINIT_MAC_OUT] = { LIBSSH2_METHOD_MAC_CS, "macs" },
	[KEXINIT_MAC_IN] = { LIBSSH2_METHOD_MAC_SC, "macs" },
	[KEXINIT_COMPRESSION_OUT] = { LIBSSH2_METHOD_COMP_CS, "" },
	[KEXINIT_COMPRESSION_IN] = { LIBSSH2_METHOD_COMP_SC, "" },
};

/*
 * Write to OUT those of WANTED, names of KIND, that libssh2 knows; all that it
 * knows if WANTED is "".
 */
static void
algorithms_known(LIBSSH2_SESSION *ssh, enum kexinit_kind kind,
    const char *wanted, char out[ALGORITHMS_NAMES_BYTES])
{
	const char **known = NULL;
	const int count = libssh2_session_supported_algs(ssh,
	    algorithms_kinds[kind].method, &known);

	kexinit_select(wanted, known, count > 0 ? (size_t)count : 0, out,
	    ALGORITHMS_NAMES_BYTES);
	if (count > 0)
		libssh2_free(ssh, known);
}

/* Ask for NAMES alone, unless they are "".  False if libssh2 knows none. */
static bool
algorithms_prefer(struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    enum kexinit_kind kind, const char *names)
{
	char known[ALGORITHMS_NAMES_BYTES];

	if (names[0] == '\0')
		return true;
	free(algorithms->asked[kind]);
	algorithms->asked[kind] = strdup(names);
	/* libssh2 1.10 garbles a list out of which it takes a name */
	algorithms_known(ssh, kind, names, known);
	return known[0] != '\0' &&
	    libssh2_session_method_pref(ssh, algorithms_kinds[kind].method,
		known) == 0;
}

/* Say that libssh2 knows none of NAMES, and which it knows of their KIND. */
static void
algorithms_tell_unknown(LIBSSH2_SESSION *ssh, enum kexinit_kind kind,
    const char *names, bool from_file, struct failure_facts *facts)
{
	char known[ALGORITHMS_NAMES_BYTES];

	algorithms_known(ssh, kind, "", known);
	if (from_file)
		failure_set_detail(facts,
		    "known_hosts has keys for %.512s, none of which the "
		    "gateway's libssh2 knows; it has %s",
		    names, known);
	else
		failure_set_detail(facts,
		    "%s: the gateway's libssh2 knows none of %.512s; it has %s",
		    algorithms_kinds[kind].setting, names, known);
}

enum failure
algorithms_for_host_keys(const struct config *config,
    const struct hostkeys *keys, char *names, size_t size,
    struct failure_facts *facts)
{
	char on_file[512], path[HOSTKEY_PATH_BYTES];

	if (!config->verify_host_key || !hostkey_any(keys)) {
		snprintf(names, size, "%s", config->host_key_algorithms);
		return FAILURE_NONE;
	}
	hostkey_algorithms(keys, config->host_key_algorithms, names, size);
	if (names[0] != '\0')
		return FAILURE_NONE;
	hostkey_algorithms(keys, "", on_file, sizeof(on_file));
	hostkey_path(config->known_hosts, 0, path, sizeof(path));
	failure_set_detail(facts,
	    "host_key_algorithms asks for %s alone, but the host keys on file "
	    "are for %s",
	    config->host_key_algorithms, on_file);
	failure_add_remedy(facts,
	    "change host_key_algorithms in [remote] or take it out, or put a "
	    "host key of the remote's that it asks for into %s",
	    path);
	return FAILURE_NO_COMMON;
}

enum failure
algorithms_ask(struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    const struct config *config, const struct hostkeys *keys,
    struct failure_facts *facts)
{
	char host_keys[ALGORITHMS_NAMES_BYTES];
	const struct {
		enum kexinit_kind kind;
		const char *names;
	} wanted[] = { { KEXINIT_HOST_KEY, host_keys },
		{ KEXINIT_KEX, config->kex },
		{ KEXINIT_CIPHER_OUT, config->ciphers },
		{ KEXINIT_CIPHER_IN, config->ciphers },
		{ KEXINIT_MAC_OUT, config->macs },
		{ KEXINIT_MAC_IN, config->macs } };
	const enum failure failure = algorithms_for_host_keys(config, keys,
	    host_keys, sizeof(host_keys), facts);

	if (failure != FAILURE_NONE)
		return failure;
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const enum kexinit_kind kind = wanted[i].kind;

		if (algorithms_prefer(algorithms, ssh, kind, wanted[i].names))
			continue;
		algorithms_tell_unknown(ssh, kind, wanted[i].names,
		    kind == KEXINIT_HOST_KEY &&
			config->host_key_algorithms[0] == '\0',
		    facts);
		return FAILURE_NO_COMMON;
	}
	return FAILURE_NONE;
}

bool
algorithms_missing(const struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    const unsigned char *bytes, size_t len, struct failure_facts *facts)
{
	char names[KEXINIT_KINDS][ALGORITHMS_NAMES_BYTES];
	const char *ours[KEXINIT_KINDS];
	enum kexinit_kind kind;
	struct kexinit offer;

	if (!kexinit_find(bytes, len, &offer))
		return false;
	for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
		const char *asked = algorithms->asked[i];

		algorithms_known(ssh, i, asked != NULL ? asked : "", names[i]);
		ours[i] = names[i];
	}
	kind = kexinit_missing(&offer, ours);
	if (kind == KEXINIT_KINDS)
		return false;
	kexinit_explain(&offer, kind, ours[kind], facts->detail,
	    sizeof(facts->detail));
	return true;
}

void
algorithms_free(struct algorithms *algorithms)
{
	for (size_t i = 0; i < KEXINIT_KINDS; i++)
		free(algorithms->asked[i]);
	*algorithms = (struct algorithms){ 0 };
}
