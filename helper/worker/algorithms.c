#include "algorithms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../sshkey.h"
#include "../weakness.h"

/* Of the group for Diffie-Hellman: OpenSSH takes none that is smaller. */
#define ALGORITHMS_GROUP_BITS_MIN 2048
/* It guards against messages being left out (CVE-2023-48795). */
#define ALGORITHMS_STRICT_KEX "kex-strict-c-v00@openssh.com"

/* What libssh2 and moshgate.ini(5) call each kind. */
static const struct algorithms_kind {
	int method;
	enum proposal_kind kind;
	const char *setting;
} algorithms_kinds[KEXINIT_KINDS] = {
	[KEXINIT_KEX] = { LIBSSH2_METHOD_KEX, PROPOSAL_KEX, "kex" },
	[KEXINIT_HOST_KEY] = { LIBSSH2_METHOD_HOSTKEY, PROPOSAL_HOST_KEY,
	    "host_key_algorithms" },
	[KEXINIT_CIPHER_OUT] = { LIBSSH2_METHOD_CRYPT_CS, PROPOSAL_CIPHER,
	    "ciphers" },
	[KEXINIT_CIPHER_IN] = { LIBSSH2_METHOD_CRYPT_SC, PROPOSAL_CIPHER,
	    "ciphers" },
	[KEXINIT_MAC_OUT] = { LIBSSH2_METHOD_MAC_CS, PROPOSAL_MAC, "macs" },
	[KEXINIT_MAC_IN] = { LIBSSH2_METHOD_MAC_SC, PROPOSAL_MAC, "macs" },
	/* without LIBSSH2_FLAG_COMPRESS it knows none but "none" */
	[KEXINIT_COMPRESSION_OUT] = { .method = LIBSSH2_METHOD_COMP_CS },
	[KEXINIT_COMPRESSION_IN] = { .method = LIBSSH2_METHOD_COMP_SC },
};

/* True if there is a choice of KIND. */
static bool
algorithms_chosen(enum kexinit_kind kind)
{
	return algorithms_kinds[kind].setting != NULL;
}

/*
 * Write to OUT those of WANTED, names of KIND, that libssh2 knows; all that it
 * knows if WANTED is NULL.
 */
static void
algorithms_known(LIBSSH2_SESSION *ssh, enum kexinit_kind kind,
    const char *wanted, char out[PROPOSAL_BYTES])
{
	const char **known = NULL;
	const int count = libssh2_session_supported_algs(ssh,
	    algorithms_kinds[kind].method, &known);

	out[0] = '\0';
	if (count <= 0)
		return;
	if (wanted == NULL || wanted[0] != '\0')
		kexinit_select(wanted != NULL ? wanted : "", known,
		    (size_t)count, out, PROPOSAL_BYTES);
	libssh2_free(ssh, known);
}

static bool
algorithms_has_strict_kex(LIBSSH2_SESSION *ssh)
{
	const char **known = NULL;
	const int count = libssh2_session_supported_algs(ssh,
	    LIBSSH2_METHOD_KEX, &known);
	bool strict = false;

	for (int i = 0; i < count; i++)
		strict |= strcmp(known[i], ALGORITHMS_STRICT_KEX) == 0;
	if (count > 0)
		libssh2_free(ssh, known);
	return strict;
}

/* Ask for NAMES alone.  False if libssh2 knows none. */
static bool
algorithms_prefer(struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    enum kexinit_kind kind, const char *names)
{
	char known[PROPOSAL_BYTES];

	free(algorithms->asked[kind]);
	algorithms->asked[kind] = strdup(names);
	/* libssh2 1.10 garbles a list out of which it takes a name */
	algorithms_known(ssh, kind, names, known);
	return algorithms->asked[kind] != NULL && known[0] != '\0' &&
	    libssh2_session_method_pref(ssh, algorithms_kinds[kind].method,
		known) == 0;
}

/*
 * Write to OUT the weak ones among LIST, names of KIND, that would do if they
 * were allowed.  For a host key that is one on file.
 */
static void
algorithms_weak(const struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    enum kexinit_kind kind, const char *list, char out[PROPOSAL_BYTES])
{
	char weak[PROPOSAL_BYTES], usable[PROPOSAL_BYTES];

	proposal_weak(algorithms_kinds[kind].kind, list, weak);
	snprintf(usable, sizeof(usable), "%s", weak);
	if (kind == KEXINIT_HOST_KEY && weak[0] != '\0' &&
	    algorithms->config->verify_host_key &&
	    hostkey_any(algorithms->keys))
		hostkey_algorithms(algorithms->keys, weak, usable,
		    sizeof(usable));
	algorithms_known(ssh, kind, usable, out);
}

/* Say how the first of WEAK, names of KIND, is allowed, behind WHAT to do else. */
static void
algorithms_advise(enum kexinit_kind kind, const char *weak, const char *what,
    struct failure_facts *facts)
{
	const int len = (int)strcspn(weak, ",");

	failure_add_remedy(facts,
	    "%s; or allow %.*s, which is weak: \"%s = +%.*s\" in [remote] of "
	    "moshgate.ini",
	    what, len, weak, algorithms_kinds[kind].setting, len, weak);
}

/* Say that libssh2 knows none of NAMES, and which it knows of their KIND. */
static void
algorithms_tell_unknown(const struct algorithms *algorithms,
    LIBSSH2_SESSION *ssh, enum kexinit_kind kind, const char *names,
    struct failure_facts *facts)
{
	const struct algorithms_kind *of = &algorithms_kinds[kind];
	const bool from_file = kind == KEXINIT_HOST_KEY &&
	    algorithms->config->host_key_algorithms[0] == '\0';
	char all[PROPOSAL_BYTES], known[PROPOSAL_BYTES], weak[PROPOSAL_BYTES];

	proposal_make(of->kind, "", all);
	algorithms_known(ssh, kind, all, known);
	if (from_file)
		failure_set_detail(facts,
		    "known_hosts has keys for %s, none of which the gateway's "
		    "libssh2 knows; it has %s",
		    names, known);
	else
		failure_set_detail(facts,
		    "%s: the gateway's libssh2 knows none of %s; it has %s",
		    of->setting, names, known);
	proposal_all(of->kind, all);
	algorithms_weak(algorithms, ssh, kind, all, weak);
	if (from_file && weak[0] != '\0')
		algorithms_advise(kind, weak,
		    "put a host key of the remote's of another type into "
		    "known_hosts",
		    facts);
}

/* Say that no key on file is for what CONFIG wants. */
static void
algorithms_tell_others_on_file(const struct config *config,
    const struct hostkeys *keys, struct failure_facts *facts)
{
	char on_file[PROPOSAL_BYTES], path[HOSTKEY_PATH_BYTES];
	const char *wanted = config->host_key_algorithms;

	hostkey_algorithms(keys, "", on_file, sizeof(on_file));
	hostkey_path(config->known_hosts, 0, path, sizeof(path));
	failure_set_detail(facts,
	    "host_key_algorithms asks for %s alone, but the host keys on file "
	    "are for %s",
	    wanted[0] != '\0' ? wanted : "what OpenSSH offers", on_file);
	failure_add_remedy(facts,
	    "change host_key_algorithms in [remote]%s, or put a host key of "
	    "the remote's that it asks for into %s",
	    wanted[0] != '\0' ? " or take it out" : "", path);
}

enum failure
algorithms_for_host_keys(const struct config *config,
    const struct hostkeys *keys, char names[PROPOSAL_BYTES],
    struct failure_facts *facts)
{
	char wanted[PROPOSAL_BYTES];

	proposal_make(PROPOSAL_HOST_KEY, config->host_key_algorithms, wanted);
	snprintf(names, PROPOSAL_BYTES, "%s", wanted);
	if (!config->verify_host_key || !hostkey_any(keys))
		return FAILURE_NONE;
	hostkey_algorithms(keys, wanted, names, PROPOSAL_BYTES);
	if (names[0] != '\0')
		return FAILURE_NONE;
	algorithms_tell_others_on_file(config, keys, facts);
	return FAILURE_NO_COMMON;
}

enum failure
algorithms_ask(struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    const struct config *config, const struct hostkeys *keys,
    struct failure_facts *facts)
{
	char names[PROPOSAL_KINDS][PROPOSAL_BYTES];
	const enum failure failure = algorithms_for_host_keys(config, keys,
	    names[PROPOSAL_HOST_KEY], facts);

	algorithms->config = config;
	algorithms->keys = keys;
	if (failure != FAILURE_NONE)
		return failure;
	proposal_make(PROPOSAL_KEX, config->kex, names[PROPOSAL_KEX]);
	proposal_make(PROPOSAL_CIPHER, config->ciphers, names[PROPOSAL_CIPHER]);
	proposal_make(PROPOSAL_MAC, config->macs, names[PROPOSAL_MAC]);
	if (!algorithms_has_strict_kex(ssh))
		proposal_without_strict_kex(names[PROPOSAL_CIPHER],
		    names[PROPOSAL_MAC]);
	for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
		const char *wanted = names[algorithms_kinds[i].kind];

		if (!algorithms_chosen(i) ||
		    algorithms_prefer(algorithms, ssh, i, wanted))
			continue;
		algorithms_tell_unknown(algorithms, ssh, i, wanted, facts);
		return FAILURE_NO_COMMON;
	}
	return FAILURE_NONE;
}

/*
 * Advise to allow a weak one of KIND if the remote, with THEIRS, has no other
 * that the gateway could take.
 */
static void
algorithms_advise_weak(const struct algorithms *algorithms,
    LIBSSH2_SESSION *ssh, enum kexinit_kind kind,
    const struct kexinit_list *theirs, struct failure_facts *facts)
{
	char *list = strndup(theirs->names, theirs->len);
	char weak[PROPOSAL_BYTES] = "";

	if (list != NULL)
		algorithms_weak(algorithms, ssh, kind, list, weak);
	if (weak[0] != '\0')
		algorithms_advise(kind, weak,
		    "the remote has none that is not weak: have its sshd "
		    "brought up to date",
		    facts);
	free(list);
}

bool
algorithms_missing(const struct algorithms *algorithms, LIBSSH2_SESSION *ssh,
    const unsigned char *bytes, size_t len, struct failure_facts *facts)
{
	char names[KEXINIT_KINDS][PROPOSAL_BYTES];
	const char *ours[KEXINIT_KINDS];
	enum kexinit_kind kind;
	struct kexinit offer;

	if (!kexinit_find(bytes, len, &offer))
		return false;
	for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
		algorithms_known(ssh, i, algorithms->asked[i], names[i]);
		ours[i] = names[i];
	}
	kind = kexinit_missing(&offer, ours);
	if (kind == KEXINIT_KINDS)
		return false;
	kexinit_explain(&offer, kind, ours[kind], facts->detail,
	    sizeof(facts->detail));
	if (algorithms_chosen(kind))
		algorithms_advise_weak(algorithms, ssh, kind,
		    &offer.lists[kind], facts);
	return true;
}

/* Say that the group that the remote has chosen has too few BITS; 0: unseen. */
static void
algorithms_tell_group(size_t bits, struct failure_facts *facts)
{
	static const char setting[] =
	    "say \"kex = -diffie-hellman-group-exchange-*\" in [remote] of "
	    "moshgate.ini";

	if (bits == 0) {
		failure_set_detail(facts,
		    "the group that the remote has chosen for its key exchange "
		    "cannot be seen");
		failure_add_remedy(facts, "%s", setting);
		return;
	}
	failure_set_detail(facts,
	    "the remote has chosen a group of %zu bits for its key exchange; "
	    "it must have %d",
	    bits, ALGORITHMS_GROUP_BITS_MIN);
	failure_add_remedy(facts,
	    "take the short ones out of /etc/ssh/moduli on the remote, or %s",
	    setting);
}

enum failure
algorithms_check_group(LIBSSH2_SESSION *ssh, const unsigned char *bytes,
    size_t len, struct failure_facts *facts)
{
	const char *kex = libssh2_session_methods(ssh, LIBSSH2_METHOD_KEX);
	size_t bits;

	if (kex != NULL && strstr(kex, "group-exchange") == NULL)
		return FAILURE_NONE;
	bits = kexinit_group_bits(bytes, len);
	if (kex != NULL && bits >= ALGORITHMS_GROUP_BITS_MIN)
		return FAILURE_NONE;
	algorithms_tell_group(bits, facts);
	return FAILURE_NO_COMMON;
}

/* True if the MAC of KIND is of no matter, since the cipher has its own. */
static bool
algorithms_unused(LIBSSH2_SESSION *ssh, enum kexinit_kind kind)
{
	const enum kexinit_kind of = kind == KEXINIT_MAC_OUT
	    ? KEXINIT_CIPHER_OUT
	    : KEXINIT_CIPHER_IN;
	const char *cipher = libssh2_session_methods(ssh,
	    algorithms_kinds[of].method);

	return algorithms_kinds[kind].kind == PROPOSAL_MAC && cipher != NULL &&
	    (strstr(cipher, "-poly1305@") != NULL ||
		strstr(cipher, "-gcm@") != NULL);
}

void
algorithms_agree(LIBSSH2_SESSION *ssh, struct algorithms_agreed *agreed)
{
	char weak[PROPOSAL_BYTES];
	const char *blob;
	size_t len, bits;
	int type;

	*agreed = (struct algorithms_agreed){ 0 };
	for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
		const char *name = libssh2_session_methods(ssh,
		    algorithms_kinds[i].method);

		if (name == NULL || !algorithms_chosen(i) ||
		    algorithms_unused(ssh, i))
			continue;
		proposal_append(agreed->all, sizeof(agreed->all), name,
		    strlen(name));
		proposal_weak(algorithms_kinds[i].kind, name, weak);
		proposal_append(agreed->weak, sizeof(agreed->weak), weak,
		    strlen(weak));
	}
	blob = libssh2_session_hostkey(ssh, &len, &type);
	bits = blob != NULL ? sshkey_rsa_bits((const unsigned char *)blob, len)
			    : 0;
	if (bits == 0 || bits >= WEAKNESS_RSA_BITS)
		return;
	snprintf(weak, sizeof(weak), "an RSA host key of %zu bits", bits);
	proposal_append(agreed->weak, sizeof(agreed->weak), weak, strlen(weak));
}

void
algorithms_free(struct algorithms *algorithms)
{
	for (size_t i = 0; i < KEXINIT_KINDS; i++)
		free(algorithms->asked[i]);
	*algorithms = (struct algorithms){ 0 };
}
