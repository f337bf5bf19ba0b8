#include "hostkey.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../shim/spawn.h"

#define OUTPUT_MAX_BYTES ((size_t)256 * 1024)
#define BLOB_MAX_BYTES ((size_t)16 * 1024)

static char ssh_keygen[] = "/usr/bin/ssh-keygen";

void
hostkey_name(const char *host, int port, char name[HOSTKEY_NAME_BYTES])
{
	if (port == 22)
		snprintf(name, HOSTKEY_NAME_BYTES, "%s", host);
	else
		snprintf(name, HOSTKEY_NAME_BYTES, "[%s]:%d", host, port);
}

static bool
find_in_file(char *name, char *path, struct hostkeys *keys)
{
	char find[] = "-F", file[] = "-f";
	char *argv[] = { ssh_keygen, find, name, file, path, NULL };
	char *text = malloc(OUTPUT_MAX_BYTES);
	bool found = false;
	size_t len;
	int status;

	if (text == NULL)
		return false;
	status = spawn_read(argv, false, text, OUTPUT_MAX_BYTES, &len);
	/* 1 is "there is no such line"; anything else, "cannot read it" */
	if ((status == 0 || status == 1) && len < OUTPUT_MAX_BYTES)
		found = hostkey_parse(text, len, keys);
	free(text);
	return found;
}

bool
hostkey_find(const char *paths, const char *name, struct hostkeys *keys)
{
	char *list = strdup(paths), *own_name = strdup(name), *rest = NULL;
	bool good = list != NULL && own_name != NULL;

	keys->count = 0;
	if (good) {
		for (char *path = strtok_r(list, " ", &rest);
		     path != NULL && good; path = strtok_r(NULL, " ", &rest)) {
			if (access(path, F_OK) == 0 || errno != ENOENT)
				good = find_in_file(own_name, path, keys);
		}
	}
	free(list);
	free(own_name);
	return good;
}

/* Add what LINE, which is a line of known_hosts, says. */
static bool
parse_line(char *line, struct hostkeys *keys)
{
	struct hostkey *key = &keys->keys[keys->count];
	char *rest = NULL, *word, *type, *base64;
	enum hostkey_mark mark = HOSTKEY_PLAIN;

	word = strtok_r(line, " \t", &rest);
	if (word == NULL || word[0] == '#')
		return true;
	if (word[0] == '@') {
		if (strcmp(word, "@revoked") == 0)
			mark = HOSTKEY_REVOKED;
		else if (strcmp(word, "@cert-authority") == 0)
			mark = HOSTKEY_CA;
		else
			return true;
		word = strtok_r(NULL, " \t", &rest);
	}
	type = strtok_r(NULL, " \t", &rest);
	base64 = strtok_r(NULL, " \t", &rest);
	if (word == NULL || type == NULL || base64 == NULL ||
	    strlen(type) >= sizeof(key->type))
		return true;
	if (keys->count == HOSTKEY_MAX)
		return false;
	key->blob = malloc(BLOB_MAX_BYTES);
	if (key->blob == NULL)
		return false;
	if (sodium_base642bin(key->blob, BLOB_MAX_BYTES, base64, strlen(base64),
		NULL, &key->len, NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
		free(key->blob);
		key->blob = NULL;
		return true;
	}
	key->mark = mark;
	memcpy(key->type, type, strlen(type) + 1);
	keys->count++;
	return true;
}

bool
hostkey_parse(const char *text, size_t len, struct hostkeys *keys)
{
	char *copy = malloc(len + 1), *rest = NULL;
	bool good = copy != NULL;

	if (good) {
		memcpy(copy, text, len);
		copy[len] = '\0';
		for (char *line = strtok_r(copy, "\r\n", &rest);
		     line != NULL && good; line = strtok_r(NULL, "\r\n", &rest))
			good = parse_line(line, keys);
	}
	free(copy);
	return good;
}

void
hostkey_algorithms(const struct hostkeys *keys, char *algorithms, size_t size)
{
	size_t used = 0;

	algorithms[0] = '\0';
	for (size_t i = 0; i < keys->count; i++) {
		const struct hostkey *key = &keys->keys[i];
		const char *names = key->type;
		bool listed = key->mark != HOSTKEY_PLAIN;
		int len;

		for (size_t j = 0; j < i && !listed; j++)
			listed = keys->keys[j].mark == HOSTKEY_PLAIN &&
			    strcmp(keys->keys[j].type, key->type) == 0;
		if (listed)
			continue;
		if (strcmp(names, "ssh-rsa") == 0) /* RFC 8332 */
			names = "rsa-sha2-512,rsa-sha2-256,ssh-rsa";
		len = snprintf(algorithms + used, size - used, "%s%s",
		    used > 0 ? "," : "", names);
		if (len < 0 || (size_t)len >= size - used) {
			algorithms[used] = '\0';
			return;
		}
		used += (size_t)len;
	}
}

enum hostkey_result
hostkey_check(const struct hostkeys *keys, const unsigned char *blob,
    size_t len)
{
	bool plain = false, found = false, ca = false;

	for (size_t i = 0; i < keys->count; i++) {
		const struct hostkey *key = &keys->keys[i];
		const bool same = key->len == len &&
		    memcmp(key->blob, blob, len) == 0;

		if (key->mark == HOSTKEY_REVOKED && same)
			return HOSTKEY_IS_REVOKED;
		if (key->mark == HOSTKEY_PLAIN) {
			plain = true;
			found |= same;
		}
		ca |= key->mark == HOSTKEY_CA;
	}
	if (found)
		return HOSTKEY_OK;
	if (plain)
		return HOSTKEY_CHANGED;
	return ca ? HOSTKEY_ONLY_CA : HOSTKEY_UNKNOWN;
}

void
hostkey_fingerprint(const unsigned char *blob, size_t len,
    char out[HOSTKEY_FINGERPRINT_BYTES])
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, blob, len);
	memcpy(out, "SHA256:", 7);
	sodium_bin2base64(out + 7, HOSTKEY_FINGERPRINT_BYTES - 7, hash,
	    sizeof(hash), sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
}

void
hostkey_free(struct hostkeys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->keys[i].blob);
	keys->count = 0;
}
