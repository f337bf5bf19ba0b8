#include "hostkey.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/spawn.h"
#include "../file.h"
#include "../proposal.h"
#include "../sshkey.h"

/* HOSTKEY_MAX lines of known_hosts, each with an RSA key of 4096 bits. */
#define OUTPUT_MAX_BYTES (HOSTKEY_MAX * 1024)

static char ssh_keygen[] = "/usr/bin/ssh-keygen";

void
hostkey_name(const char *host, int port, char name[HOSTKEY_NAME_BYTES])
{
	if (port == 22)
		snprintf(name, HOSTKEY_NAME_BYTES, "%s", host);
	else
		snprintf(name, HOSTKEY_NAME_BYTES, "[%s]:%d", host, port);
	/* whatever the locale: a hashed name is found to the letter alone */
	for (; *name != '\0'; name++) {
		if (*name >= 'A' && *name <= 'Z')
			*name = (char)(*name - 'A' + 'a');
	}
}

void
hostkey_path(const char *paths, size_t index, char *path, size_t size)
{
	size_t len;

	for (;;) {
		paths += strspn(paths, " ");
		len = strcspn(paths, " ");
		if (index == 0 || len == 0)
			break;
		paths += len;
		index--;
	}
	snprintf(path, size, "%.*s", (int)len, paths);
}

/* True if the file at PATH can be relied on. */
static bool
hostkey_check_file(const char *path, struct hostkey_fault *fault)
{
	char found[FILE_FAULT_BYTES];
	struct stat st;
	const int fd = file_open(path, geteuid(), &st, found);

	if (fd >= 0) {
		close(fd);
		return true;
	}
	snprintf(fault->detail, sizeof(fault->detail), "%s: %s", path, found);
	snprintf(fault->remedy, sizeof(fault->remedy),
	    "known_hosts must be a plain file of root's that everybody can "
	    "read and root alone can write: \"chown root %s && chmod 644 %s\"",
	    path, path);
	return false;
}

/* Run ssh-keygen -F NAME on the file at PATH, and add its lines to KEYS. */
static bool
hostkey_find_in_file(char *name, char *path, struct hostkeys *keys,
    struct hostkey_fault *fault)
{
	char find[] = "-F", file[] = "-f";
	char *argv[] = { ssh_keygen, find, name, file, path, NULL };
	char *text = malloc(OUTPUT_MAX_BYTES);
	bool good = false, too_many;
	size_t len = 0;
	int status = -1;

	if (text != NULL)
		status = spawn_read(argv, SPAWN_STDERR_DROPPED, text,
		    OUTPUT_MAX_BYTES, &len);
	too_many = text != NULL && len == OUTPUT_MAX_BYTES;
	/* 1 is "there is no such line"; anything else, "cannot read it" */
	if (!too_many && (status == 0 || status == 1)) {
		good = hostkey_parse(text, len, keys);
		too_many = !good && keys->count == HOSTKEY_MAX;
	}
	free(text);
	if (too_many) {
		snprintf(fault->detail, sizeof(fault->detail),
		    "%s: more than %zu lines about %s", path, HOSTKEY_MAX,
		    name);
		snprintf(fault->remedy, sizeof(fault->remedy),
		    "take out of %s those that are not needed", path);
	} else if (!good) {
		snprintf(fault->detail, sizeof(fault->detail),
		    "%s: %s does not find out what it says of %s", path,
		    ssh_keygen, name);
		snprintf(fault->remedy, sizeof(fault->remedy),
		    "see that %s is there, which reads known_hosts, and what "
		    "\"ssh-keygen -F '%s' -f %s\" says",
		    ssh_keygen, name, path);
	}
	return good;
}

/*
 * Add to KEYS what the files in LIST, which is cut up, say of NAME, which is not
 * changed.
 */
static bool
hostkey_find_in_files(char *list, char *name, struct hostkeys *keys,
    struct hostkey_fault *fault)
{
	char *rest = NULL;
	size_t file = 0;

	for (char *path = strtok_r(list, " ", &rest); path != NULL;
	     path = strtok_r(NULL, " ", &rest), file++) {
		const size_t before = keys->count;

		if (access(path, F_OK) < 0 && errno == ENOENT)
			continue;
		if (!hostkey_check_file(path, fault) ||
		    !hostkey_find_in_file(name, path, keys, fault))
			return false;
		for (size_t i = before; i < keys->count; i++)
			keys->keys[i].file = file;
	}
	return true;
}

bool
hostkey_find(const char *paths, const char *name, struct hostkeys *keys,
    struct hostkey_fault *fault)
{
	char *list = strdup(paths), *own_name = strdup(name);
	bool good = false;

	*keys = (struct hostkeys){ 0 };
	if (list != NULL && own_name != NULL) {
		good = hostkey_find_in_files(list, own_name, keys, fault);
	} else {
		snprintf(fault->detail, sizeof(fault->detail), "out of memory");
		snprintf(fault->remedy, sizeof(fault->remedy),
		    "give the gateway more memory");
	}
	free(list);
	free(own_name);
	return good;
}

/* Make room for one more key.  False: no memory, or there are too many. */
static bool
hostkey_grow(struct hostkeys *keys)
{
	size_t room = keys->room > 0 ? 2 * keys->room : 16;
	struct hostkey *grown;

	if (keys->count == HOSTKEY_MAX)
		return false;
	if (keys->count < keys->room)
		return true;
	grown = reallocarray(keys->keys, room, sizeof(*grown));
	if (grown == NULL)
		return false;
	keys->keys = grown;
	keys->room = room;
	return true;
}

/* Add what LINE, which is a line of known_hosts, says. */
static bool
hostkey_parse_line(char *line, struct hostkeys *keys)
{
	struct hostkey *key;
	char *rest = NULL, *word, *type, *base64;
	enum hostkey_mark mark = HOSTKEY_PLAIN;
	size_t size;

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
	if (!hostkey_grow(keys))
		return false;
	key = &keys->keys[keys->count];
	size = strlen(base64);
	key->blob = malloc(size);
	if (key->blob == NULL)
		return false;
	if (sodium_base642bin(key->blob, size, base64, size, NULL, &key->len,
		NULL, sodium_base64_VARIANT_ORIGINAL) != 0) {
		free(key->blob);
		return true;
	}
	key->file = 0;
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
			good = hostkey_parse_line(line, keys);
	}
	free(copy);
	return good;
}

bool
hostkey_any(const struct hostkeys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		if (keys->keys[i].mark == HOSTKEY_PLAIN)
			return true;
	}
	return false;
}

/* Write to TYPES the types of the plain keys in KEYS, each once. */
static void
hostkey_list_types(const struct hostkeys *keys, char *types, size_t size)
{
	types[0] = '\0';
	for (size_t i = 0; i < keys->count; i++) {
		const struct hostkey *key = &keys->keys[i];

		if (key->mark == HOSTKEY_PLAIN)
			proposal_append(types, size, key->type,
			    strlen(key->type));
	}
}

void
hostkey_algorithms(const struct hostkeys *keys, const char *wanted,
    char *algorithms, size_t size)
{
	char types[1024];
	const char *from = wanted[0] != '\0' ? wanted : types;

	hostkey_list_types(keys, types, sizeof(types));
	algorithms[0] = '\0';
	while (*(from += strspn(from, ",")) != '\0') {
		const size_t len = strcspn(from, ",");
		const struct sshkey_type *type = sshkey_type_signing(from, len);
		const char *name = from;

		from += len;
		/* one that is not known here has the name of its type */
		if (type != NULL ? !sshkey_list_has(types, type->name,
				       strlen(type->name))
				 : !sshkey_list_has(types, name, len))
			continue;
		if (wanted[0] == '\0' && type != NULL)
			proposal_append(algorithms, size, type->algorithms,
			    strlen(type->algorithms));
		else
			proposal_append(algorithms, size, name, len);
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
hostkey_free(struct hostkeys *keys)
{
	for (size_t i = 0; i < keys->count; i++)
		free(keys->keys[i].blob);
	free(keys->keys);
	*keys = (struct hostkeys){ 0 };
}
