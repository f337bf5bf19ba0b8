#include "proposal.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "sshkey.h"

#define PROPOSAL_NAME_BYTES 64 /* RFC 4251, section 6 */

/*
 * What OpenSSH 10 offers, in its order, and what it only has for old servers or
 * has no more, the best first.  Certificates and keys on devices are left out:
 * no libssh2 knows them as a host's.
 */
static const struct {
	const char *offered, *weak;
} proposal_kinds[] = {
	[PROPOSAL_KEX] = { "mlkem768x25519-sha256,sntrup761x25519-sha512,"
			   "sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
			   "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
			   "ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
			   "diffie-hellman-group-exchange-sha256,"
			   "diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,"
			   "diffie-hellman-group14-sha256",
	    "diffie-hellman-group14-sha1,diffie-hellman-group-exchange-sha1,"
	    "diffie-hellman-group1-sha1" },
	[PROPOSAL_HOST_KEY] = { "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
				"ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256",
	    "ssh-rsa,ssh-dss" },
	[PROPOSAL_CIPHER] = { "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
			      "aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr",
	    "aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-cbc,aes128-cbc,"
	    "cast128-cbc,blowfish-cbc,3des-cbc,arcfour256,arcfour128,"
	    "arcfour" },
	[PROPOSAL_MAC] = { "umac-64-etm@openssh.com,umac-128-etm@openssh.com,"
			   "hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,"
			   "hmac-sha1-etm@openssh.com,umac-64@openssh.com,"
			   "umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1",
	    "hmac-ripemd160,hmac-ripemd160@openssh.com,hmac-sha1-96,"
	    "hmac-md5,hmac-md5-96" },
};

/* Take the next name off *LIST: *LEN characters, none at its end. */
static const char *
proposal_next(const char **list, size_t *len)
{
	const char *name = *list + strspn(*list, ",");

	*len = strcspn(name, ",");
	*list = name + *len;
	return name;
}

void
proposal_append(char *out, size_t size, const char *name, size_t len)
{
	const size_t used = strlen(out), comma = used > 0;

	if (len == 0 || sshkey_list_has(out, name, len) ||
	    used + comma + len >= size)
		return;
	snprintf(out + used, size - used, "%s%.*s", comma ? "," : "", (int)len,
	    name);
}

static void
proposal_append_list(char out[PROPOSAL_BYTES], const char *list)
{
	const char *name;
	size_t len;

	while (name = proposal_next(&list, &len), len > 0)
		proposal_append(out, PROPOSAL_BYTES, name, len);
}

/* True if one of PATTERNS, separated by commas, fits the LEN characters at NAME. */
static bool
proposal_fits(const char *patterns, const char *name, size_t len)
{
	char pattern[PROPOSAL_NAME_BYTES], text[PROPOSAL_NAME_BYTES];
	const char *next;
	size_t next_len;

	snprintf(text, sizeof(text), "%.*s", (int)len, name);
	while (next = proposal_next(&patterns, &next_len), next_len > 0) {
		if (next_len >= sizeof(pattern))
			continue;
		snprintf(pattern, sizeof(pattern), "%.*s", (int)next_len, next);
		if (fnmatch(pattern, text, 0) == 0)
			return true;
	}
	return false;
}

/* Append LIST, without what the PATTERNS fit. */
static void
proposal_append_without(char out[PROPOSAL_BYTES], const char *list,
    const char *patterns)
{
	const char *name;
	size_t len;

	while (name = proposal_next(&list, &len), len > 0) {
		if (!proposal_fits(patterns, name, len))
			proposal_append(out, PROPOSAL_BYTES, name, len);
	}
}

/* True if there is a name in LIST, and each is one that there is. */
static bool
proposal_known(enum proposal_kind kind, const char *list)
{
	const char *name;
	size_t len, count = 0;

	for (; name = proposal_next(&list, &len), len > 0; count++) {
		if (!sshkey_list_has(proposal_kinds[kind].offered, name, len) &&
		    !sshkey_list_has(proposal_kinds[kind].weak, name, len))
			return false;
	}
	return count > 0;
}

bool
proposal_make(enum proposal_kind kind, const char *setting,
    char out[PROPOSAL_BYTES])
{
	const char *offered = proposal_kinds[kind].offered;
	const char how = setting[0];

	out[0] = '\0';
	if (how == '\0') {
		proposal_append_list(out, offered);
		return true;
	}
	if (how == '-') {
		proposal_append_without(out, offered, setting + 1);
		return out[0] != '\0' && setting[1] != '\0';
	}
	if (how == '+')
		proposal_append_list(out, offered);
	setting += how == '+' || how == '^';
	proposal_append_list(out, setting);
	if (how == '^')
		proposal_append_list(out, offered);
	return proposal_known(kind, setting);
}

void
proposal_all(enum proposal_kind kind, char out[PROPOSAL_BYTES])
{
	out[0] = '\0';
	proposal_append_list(out, proposal_kinds[kind].offered);
	proposal_append_list(out, proposal_kinds[kind].weak);
}

void
proposal_weak(enum proposal_kind kind, const char *list,
    char out[PROPOSAL_BYTES])
{
	const char *weak = proposal_kinds[kind].weak, *name;
	size_t len;

	out[0] = '\0';
	while (name = proposal_next(&weak, &len), len > 0) {
		if (sshkey_list_has(list, name, len))
			proposal_append(out, PROPOSAL_BYTES, name, len);
	}
}

void
proposal_without_strict_kex(char ciphers[PROPOSAL_BYTES],
    char macs[PROPOSAL_BYTES])
{
	char all[PROPOSAL_BYTES];

	snprintf(all, sizeof(all), "%s", ciphers);
	ciphers[0] = '\0';
	proposal_append_without(ciphers, all, "chacha20-*");
	if (strstr(ciphers, "-cbc") == NULL)
		return;
	snprintf(all, sizeof(all), "%s", macs);
	macs[0] = '\0';
	proposal_append_without(macs, all, "*-etm@*");
}
