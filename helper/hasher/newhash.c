#include "newhash.h"

#include <sys/prctl.h>

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../passwords.h"

#define NEWHASH_PASSWORDS_FILE "--passwords-file"
#define NEWHASH_HASH_PASSWORD "--hash-password"
#define NEWHASH_CHECK "--check-passwords"

bool
newhash_asked(int argc, char **argv)
{
	return argc == 2 &&
	    (strcmp(argv[1], NEWHASH_PASSWORDS_FILE) == 0 ||
		strcmp(argv[1], NEWHASH_HASH_PASSWORD) == 0 ||
		strcmp(argv[1], NEWHASH_CHECK) == 0);
}

static int
newhash_complain(const char *text)
{
	fprintf(stderr, "moshgate-helper: %s\n", text);
	return 1;
}

/* See that all that is in the file of passwords at PATH can be understood. */
static int
newhash_check(const char *path)
{
	char found[FILE_FAULT_BYTES], fault[PASSWORDS_FAULT_BYTES];
	struct passwords all = { 0 };
	int status = 0;

	/* root asks, whose group is not the one that may read it */
	if (!file_read_public(path, 0, PASSWORDS_MAX_BYTES, &all.file, found)) {
		snprintf(fault, sizeof(fault), "%s: %s", path, found);
		status = newhash_complain(fault);
	} else if (!passwords_parse(path, &all, fault)) {
		status = newhash_complain(fault);
	}
	passwords_free(&all);
	return status;
}

/* Do what OPTION asks of the file that the settings at CONFIG_PATH name. */
static int
newhash_of_file(const char *option, const char *config_path)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = config_read(config_path, error);
	int status = 0;

	if (config == NULL)
		return newhash_complain(error);
	if (config_passwords(config) != CONFIG_PASSWORDS_FILE)
		status = newhash_complain(
		    "passwords in [clients] names no file: say passwords = "
		    "/etc/moshgate/passwords in " CONFIG_PATH);
	else if (strcmp(option, NEWHASH_CHECK) == 0)
		status = newhash_check(config->passwords);
	else
		printf("%s\n", config->passwords);
	config_free(config);
	return fflush(stdout) == 0 ? status : 1;
}

/* Read the password into TEXT.  Returns its length, or -1 if it is too long. */
static ssize_t
newhash_read(char text[PASSWORDS_PASSWORD_MAX_BYTES + 1])
{
	size_t len = 0;
	ssize_t got;

	while (len <= PASSWORDS_PASSWORD_MAX_BYTES &&
	    ((got = read(STDIN_FILENO, text + len,
		  PASSWORDS_PASSWORD_MAX_BYTES + 1 - len)) > 0 ||
		(got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	return len <= PASSWORDS_PASSWORD_MAX_BYTES ? (ssize_t)len : -1;
}

static int
newhash_print_hash(void)
{
	char text[PASSWORDS_PASSWORD_MAX_BYTES + 1];
	char hash[crypto_pwhash_STRBYTES];
	ssize_t len;
	bool hashed;

	/* no core file has it */
	prctl(PR_SET_DUMPABLE, 0);
	len = newhash_read(text);
	/* it can't have a NUL either: PAM would end it there */
	if (len <= 0 || memchr(text, '\0', (size_t)len) != NULL) {
		sodium_memzero(text, sizeof(text));
		return newhash_complain(
		    "a password has from 1 to 511 bytes, and no NUL");
	}
	hashed = crypto_pwhash_str(hash, text, (size_t)len,
		     crypto_pwhash_OPSLIMIT_INTERACTIVE,
		     crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0;
	sodium_memzero(text, sizeof(text));
	if (!hashed)
		return newhash_complain("the password cannot be hashed: 64 MiB "
					"of memory are needed");
	printf("%s\n", hash);
	return fflush(stdout) == 0 ? 0 : 1;
}

int
newhash_main(const char *option, const char *config_path)
{
	if (sodium_init() < 0)
		return newhash_complain("libsodium does not start");
	return strcmp(option, NEWHASH_HASH_PASSWORD) == 0
	    ? newhash_print_hash()
	    : newhash_of_file(option, config_path);
}

int
newhash_test(const struct config *config)
{
	char fault[PASSWORDS_FAULT_BYTES];
	struct passwords all = { 0 };
	bool good;

	if (config_passwords(config) != CONFIG_PASSWORDS_FILE)
		return 0;
	good = passwords_read(config->passwords, &all, fault) &&
	    passwords_parse(config->passwords, &all, fault);
	passwords_free(&all);
	return good ? 0 : newhash_complain(fault);
}
