/*
 * moshgate: the administrator's command.
 */
#include "moshgate.h"

#include <stdio.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*main)(int argc, char **argv);
	const char *help;
} commands[] = {
	{ "check", check_main,
	    "see whether everything a login needs is there" },
	{ "passwd", passwd_main, "give a user a password, or take it away" },
	{ "status", status_main, "list sessions and connections" },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void
moshgate_usage(FILE *to)
{
	fputs("usage: moshgate command [arguments]\n\n", to);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-8s  %s\n", commands[i].name, commands[i].help);
	fputs("\n\"moshgate command --help\" tells more of a command.\n", to);
}

int
main(int argc, char **argv)
{
	if (argc < 2) {
		moshgate_usage(stderr);
		return 2;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
	    strcmp(argv[1], "help") == 0) {
		moshgate_usage(stdout);
		return 0;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
		printf("moshgate %s\n", MOSHGATE_VERSION);
		return 0;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i].name) == 0)
			return commands[i].main(argc - 1, argv + 1);
	}
	fprintf(stderr, "moshgate: there is no command \"%s\"\n\n", argv[1]);
	moshgate_usage(stderr);
	return 2;
}
