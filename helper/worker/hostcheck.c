#include "hostcheck.h"

#include <stdbool.h>
#include <string.h>

#include "../sshkey.h"

/*
 * So many fingerprints of known host keys are told that the line still fits
 * into 1 KiB, where some syslogs cut it.
 */
#define HOSTCHECK_TOLD_MAX 6
/* The smallest value of required_rsa_size. */
#define HOSTCHECK_RSA_BITS_MIN 1024

/*
 * Add to the detail the fingerprints of the keys on file: those of KIND, or,
 * with OTHERS, those of all other kinds.  COUNT keys were told or left out
 * before.  Returns how many there are now.
 */
static size_t
hostcheck_add_known(const struct hostkeys *keys, const char *kind, bool others,
    size_t count, struct failure_facts *facts)
{
	for (size_t i = 0; i < keys->count; i++) {
		const struct hostkey *key = &keys->keys[i];
		const char *its_kind = sshkey_kind(key->blob, key->len);
		char known[SSHKEY_FINGERPRINT_BYTES];

		if (key->mark != HOSTKEY_PLAIN ||
		    (strcmp(its_kind, kind) == 0) == others)
			continue;
		if (count++ >= HOSTCHECK_TOLD_MAX)
			continue;
		sshkey_fingerprint(key->blob, key->len, known);
		failure_add_detail(facts, "%s %s (%s)", count > 1 ? "," : "",
		    known, its_kind);
	}
	return count;
}

/*
 * Say which host key of KIND was SHOWN, what is wrong with it, and which are
 * known.
 */
static void
hostcheck_tell(const struct hostkeys *keys, const char *kind, const char *shown,
    enum hostkey_result result, struct failure_facts *facts)
{
	static const char *const verdicts[] = {
		[HOSTKEY_UNKNOWN] = "is not in known_hosts",
		[HOSTKEY_CHANGED] = "is not the one in known_hosts",
		[HOSTKEY_IS_REVOKED] = "is marked as revoked in known_hosts",
		[HOSTKEY_ONLY_CA] = "cannot be checked: known_hosts has only a "
				    "certificate authority for this host",
	};
	size_t count;

	failure_set_detail(facts, "the host key %s (%s) %s; known:", shown,
	    kind, verdicts[result]);
	count = hostcheck_add_known(keys, kind, false, 0, facts);
	count = hostcheck_add_known(keys, kind, true, count, facts);
	if (count == 0)
		failure_add_detail(facts, " none");
	else if (count > HOSTCHECK_TOLD_MAX)
		failure_add_detail(facts, " and %zu more",
		    count - HOSTCHECK_TOLD_MAX);
}

/* True if a host key is from the file of index FILE. */
static bool
hostcheck_in_file(const struct hostkeys *keys, size_t file)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (keys->keys[i].file == file &&
		    keys->keys[i].mark == HOSTKEY_PLAIN)
			return true;
	}
	return false;
}

/* Say by which commands the host keys on file are taken out. */
static void
hostcheck_advise_removal(const struct config *config,
    const struct hostkeys *keys, struct failure_facts *facts)
{
	char path[HOSTKEY_PATH_BYTES], name[HOSTKEY_NAME_BYTES];

	hostkey_name(config->host, config->port, name);
	for (size_t file = 0;; file++) {
		hostkey_path(config->known_hosts, file, path, sizeof(path));
		if (path[0] == '\0')
			return;
		if (hostcheck_in_file(keys, file))
			failure_add_remedy(facts,
			    name[0] == '[' /* a pattern, for a shell */
				? "\"ssh-keygen -R '%s' -f %s\", then "
				: "\"ssh-keygen -R %s -f %s\", then ",
			    name, path);
	}
}

/* Say how the administrator finds out about a host key of KIND, and pins it. */
static void
hostcheck_advise(const struct config *config, const struct hostkeys *keys,
    const char *kind, enum hostkey_result result, struct failure_facts *facts)
{
	char path[HOSTKEY_PATH_BYTES], host[HOSTKEY_NAME_BYTES];

	failure_add_remedy(facts,
	    "compare its fingerprint with what \"ssh-keygen -lf "
	    "/etc/ssh/ssh_host_%s_key.pub\" says on the remote; ",
	    kind);
	if (result == HOSTKEY_IS_REVOKED) {
		failure_add_remedy(facts,
		    "if it is the same, give the remote a new host key, for "
		    "this one has been revoked: find out why");
		return;
	}
	hostkey_path(config->known_hosts, 0, path, sizeof(path));
	hostkey_name(config->host, 22, host);
	failure_add_remedy(facts, "only if it is the same, ");
	if (result == HOSTKEY_CHANGED)
		hostcheck_advise_removal(config, keys, facts);
	failure_add_remedy(facts, "\"ssh-keyscan -p %d -t %s %s >>%s\"",
	    config->port, kind, host, path);
	if (result == HOSTKEY_ONLY_CA)
		failure_add_remedy(facts,
		    ": the gateway checks host keys, not certificates");
}

/* Refuse an RSA key (LEN bytes at BLOB) that is too short for CONFIG. */
static enum failure
hostcheck_length(const struct config *config, const unsigned char *blob,
    size_t len, struct failure_facts *facts)
{
	const size_t bits = sshkey_rsa_bits(blob, len);
	char shown[SSHKEY_FINGERPRINT_BYTES];

	if (bits == 0 ? strcmp(sshkey_kind(blob, len), "rsa") != 0
		      : bits >= (size_t)config->required_rsa_size)
		return FAILURE_NONE;
	sshkey_fingerprint(blob, len, shown);
	failure_set_detail(facts,
	    "the host key %s (rsa) has %zu bits; it must have %d", shown, bits,
	    config->required_rsa_size);
	failure_add_remedy(facts,
	    "let the remote's sshd have an ed25519 host key, and put it into "
	    "known_hosts");
	if (bits >= HOSTCHECK_RSA_BITS_MIN)
		failure_add_remedy(facts,
		    "; or allow the short one, which is weak: "
		    "\"required_rsa_size = %zu\" in [remote] of moshgate.ini",
		    bits);
	return FAILURE_HOST_KEY_SHORT;
}

enum failure
hostcheck_verify(const struct config *config, const struct hostkeys *keys,
    const unsigned char *blob, size_t len, struct failure_facts *facts)
{
	char shown[SSHKEY_FINGERPRINT_BYTES];
	enum hostkey_result result;
	const char *kind;

	if (blob == NULL) {
		failure_set_detail(facts, "the remote shows no host key");
		return FAILURE_HOST_KEY;
	}
	result = hostkey_check(keys, blob, len);
	if (result == HOSTKEY_OK || !config->verify_host_key)
		return hostcheck_length(config, blob, len, facts);
	sshkey_fingerprint(blob, len, shown);
	kind = sshkey_kind(blob, len);
	hostcheck_tell(keys, kind, shown, result, facts);
	hostcheck_advise(config, keys, kind, result, facts);
	switch (result) {
	case HOSTKEY_UNKNOWN:
		return FAILURE_HOST_KEY_UNKNOWN;
	case HOSTKEY_IS_REVOKED:
		return FAILURE_HOST_KEY_REVOKED;
	case HOSTKEY_ONLY_CA:
		return FAILURE_HOST_KEY_ONLY_CA;
	default:
		return FAILURE_HOST_KEY;
	}
}

enum failure
hostcheck_not_proven(const unsigned char *blob, size_t len,
    struct failure_facts *facts)
{
	char shown[SSHKEY_FINGERPRINT_BYTES];

	sshkey_fingerprint(blob, len, shown);
	failure_set_detail(facts,
	    "the remote shows the host key %s, but has not proven to have it",
	    shown);
	return FAILURE_HOST_KEY;
}
