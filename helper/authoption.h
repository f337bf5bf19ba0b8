#ifndef MOSHGATE_AUTHOPTION_H
#define MOSHGATE_AUTHOPTION_H

#include <stdbool.h>

#include "authline.h"

/* The options of a line of authorized_keys, and what is made of each. */

enum authoption_fate {
	AUTHOPTION_KEEP,      /* the gateway's sshd enforces it */
	AUTHOPTION_REMOVE,    /* the line is kept without it */
	AUTHOPTION_FORCE,     /* a command, which the gateway could have run */
	AUTHOPTION_LEAVE_OUT, /* the line is left out */
};

struct authoption {
	struct authline_run name;
	struct authline_run whole; /* with its value, in quotes */
	bool has_value;
};

/*
 * Take the commas off REST, the options of a line: sshd passes over options that
 * are empty.  Returns false if nothing is left.
 */
bool authoption_more(struct authline_run *rest);

/*
 * Take the next option off REST, the options of a line.  Returns false if what
 * is there has not the form of one.
 */
bool authoption_next(struct authline_run *rest, struct authoption *option);

/* What is between the quotes of OPTION, which has a value. */
struct authline_run authoption_value(const struct authoption *option);

/* True if OPTION is called NAME, and has a value. */
bool authoption_sets(const struct authoption *option, const char *name);

enum authoption_fate authoption_fate(const struct authoption *option);

#endif
