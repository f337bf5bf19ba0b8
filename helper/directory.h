#ifndef MOSHGATE_DIRECTORY_H
#define MOSHGATE_DIRECTORY_H

#include <sys/types.h>

#include <stdbool.h>

#include "../shim/lib/usermap.h"

/* The group of those who go to the remote. */
#define DIRECTORY_GROUP "moshgate"

#define DIRECTORY_SHELL_CHARS 255
#define DIRECTORY_FAULT_CHARS 127

/* What the name service (nsswitch.conf(5)) says of a name or of a uid. */
enum directory_verdict {
	DIRECTORY_NONE,    /* there is no such account */
	DIRECTORY_THERE,   /* there is */
	DIRECTORY_UNKNOWN, /* a source did not answer: FAULT says why */
};

/*
 * An account, as the name service has it.  All but the verdict is of one that is
 * there, if nothing else is said.
 */
struct directory_answer {
	enum directory_verdict verdict;
	/* what it is called; "" if nobody can be called so on the remote */
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid;
	char shell[DIRECTORY_SHELL_CHARS + 1]; /* "": it is longer */
	bool shares_uid; /* its uid is called by another name */
	bool in_group;   /* it is in DIRECTORY_GROUP */
	bool like;       /* there is none, but one that differs in case alone */
	char fault[DIRECTORY_FAULT_CHARS + 1]; /* with DIRECTORY_UNKNOWN */
};

#endif
