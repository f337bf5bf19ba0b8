#include <sys/prctl.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../lib/spawn.h"
#include "../lib/usermap.h"
#include "moshgate.h"
#include "newpassword.h"
#include "passwordfile.h"

#define PASSWD_HELPER LIBEXECDIR "/moshgate/moshgate-helper"
#define PASSWD_ANSWER_BYTES 4096

static void
passwd_usage(FILE *to)
{
	fputs("usage: moshgate passwd [--delete] user\n"
	      "\n"
	      "Gives user a password for this gateway, or takes it away, in "
	      "the file that\n\"passwords\" in moshgate.ini names.  The "
	      "password is asked for twice; or it is\nall of standard "
	      "input, one line, where that is no terminal.\n",
	    to);
}

/*
 * Have the helper's program, called with OPTION, print a line, and store it in
 * ANSWER.  Returns false if it didn't, after what it has to say about that.
 */
static bool
passwd_ask_helper(const char *option, char answer[PASSWD_ANSWER_BYTES])
{
	char program[] = PASSWD_HELPER, argument[32];
	char *argv[] = { program, argument, NULL };
	size_t len;
	int status;

	snprintf(argument, sizeof(argument), "%s", option);
	status = spawn_read(argv, SPAWN_STDERR_KEPT, answer,
	    PASSWD_ANSWER_BYTES - 1, &len);
	if (len > 0 && answer[len - 1] == '\n')
		len--;
	answer[len] = '\0';
	if (status < 0)
		fprintf(stderr,
		    "moshgate: " PASSWD_HELPER " cannot be run: install "
		    "moshgate anew\n");
	return status == 0;
}

/* The same where the line is to begin with START, and to be all. */
static bool
passwd_ask_line(const char *option, const char *start,
    char answer[PASSWD_ANSWER_BYTES])
{
	if (!passwd_ask_helper(option, answer))
		return false;
	if (strncmp(answer, start, strlen(start)) == 0 &&
	    strchr(answer, '\n') == NULL)
		return true;
	fprintf(stderr,
	    "moshgate: " PASSWD_HELPER " %s gives a wrong answer: install "
	    "moshgate anew\n",
	    option);
	return false;
}

/* Have TEXT be what the next program reads. */
static bool
passwd_put_on_input(const char *text)
{
	const size_t len = strlen(text);
	int ends[2];
	bool put;

	/* a pipe takes that much at once */
	if (pipe2(ends, O_CLOEXEC) < 0)
		return false;
	put = write(ends[1], text, len) == (ssize_t)len &&
	    dup2(ends[0], STDIN_FILENO) == STDIN_FILENO;
	close(ends[0]);
	close(ends[1]);
	return put;
}

/* Ask for USER's new password, and store the hash of it in HASH. */
static bool
passwd_ask_hash(const char *user, char hash[PASSWD_ANSWER_BYTES])
{
	char text[NEWPASSWORD_BYTES];
	bool hashed = newpassword_ask(user, text);

	if (hashed && !passwd_put_on_input(text)) {
		fprintf(stderr, "moshgate: %s\n", strerror(errno));
		hashed = false;
	}
	explicit_bzero(text, sizeof(text));
	return hashed && passwd_ask_line("--hash-password", "$argon2id$", hash);
}

/* Give USER a password, or with DELETES take it away.  Returns the status. */
static int
passwd_change(const char *user, bool deletes)
{
	char path[PASSWD_ANSWER_BYTES], hash[PASSWD_ANSWER_BYTES];
	char fault[PASSWORDFILE_FAULT_BYTES];

	/* no core file has it */
	prctl(PR_SET_DUMPABLE, 0);
	if (!passwd_ask_line("--passwords-file", "/", path) ||
	    (!deletes && !passwd_ask_hash(user, hash)))
		return 1;
	if (!passwordfile_set(path, user, deletes ? NULL : hash, fault)) {
		fprintf(stderr, "moshgate: %s: %s\n", path, fault);
		return 1;
	}
	if (passwd_ask_helper("--check-passwords", hash))
		return 0;
	fprintf(stderr,
	    "moshgate: that is done, but until the file is mended no password "
	    "lets anybody in\n");
	return 1;
}

int
passwd_main(int argc, char **argv)
{
	bool deletes = false;
	const char *user = NULL;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			passwd_usage(stdout);
			return 0;
		}
		if (strcmp(argv[i], "--delete") == 0 && !deletes) {
			deletes = true;
		} else if (argv[i][0] != '-' && user == NULL) {
			user = argv[i];
		} else {
			passwd_usage(stderr);
			return 2;
		}
	}
	if (user == NULL) {
		passwd_usage(stderr);
		return 2;
	}
	if (!username_valid(user)) {
		fprintf(stderr, "moshgate: no user can have that name\n");
		return 1;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "moshgate: only root can set passwords\n");
		return 1;
	}
	return passwd_change(user, deletes);
}
