#include "hostkey.h"

#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Start ssh-keygen -F NAME -f PATH; its output comes out of *FD. */
static bool
start_keygen(char *name, char *path, pid_t *pid, int *fd)
{
	char find[] = "-F", file[] = "-f", path_env[] = "PATH=/usr/bin:/bin";
	char *argv[] = { ssh_keygen, find, name, file, path, NULL };
	char *envp[] = { path_env, NULL };
	posix_spawn_file_actions_t actions;
	int out[2], error;

	if (pipe2(out, O_CLOEXEC) < 0)
		return false;
	if (posix_spawn_file_actions_init(&actions) != 0) {
		close(out[0]);
		close(out[1]);
		return false;
	}
	error = posix_spawn_file_actions_adddup2(&actions, out[1], 1);
	if (error == 0)
		error = posix_spawn_file_actions_addopen(&actions, 2,
		    "/dev/null", O_WRONLY, 0);
	if (error == 0)
		error = posix_spawn(pid, ssh_keygen, &actions, NULL, argv,
		    envp);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	if (error != 0) {
		close(out[0]);
		return false;
	}
	*fd = out[0];
	return true;
}

static bool
find_in_file(char *name, char *path, struct hostkeys *keys)
{
	char *text = malloc(OUTPUT_MAX_BYTES);
	size_t len = 0;
	bool found = false;
	int fd, status;
	pid_t pid;

	if (text == NULL || !start_keygen(name, path, &pid, &fd))
		goto out;
	while (len < OUTPUT_MAX_BYTES) {
		ssize_t got = read(fd, text + len, OUTPUT_MAX_BYTES - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		len += (size_t)got;
	}
	close(fd);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	/* 1 is "there is no such line"; anything else, "cannot read it" */
	found = WIFEXITED(status) && WEXITSTATUS(status) <= 1 &&
	    len < OUTPUT_MAX_BYTES && hostkey_parse(text, len, keys);
out:
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
