#ifndef MOSHGATE_AUTHMETHODS_H
#define MOSHGATE_AUTHMETHODS_H

#include <stdbool.h>

/*
 * sshd's AuthenticationMethods, sshd_config(5): lists of methods, with commas, and
 * blanks between the lists.  Whoever passes all methods of one list is let in.
 */

enum authmethods_use {
	AUTHMETHODS_UNUSED,     /* in no list */
	AUTHMETHODS_BESIDE_KEY, /* in lists that have "publickey" as well */
	AUTHMETHODS_ALONE,      /* in a list that goes without */
};

/*
 * Returns what METHOD, such as "password", is good for in METHODS, the value of
 * the setting.  It is the same method with a device, as in
 * "keyboard-interactive:pam".  In the value "any" no method is named.
 */
enum authmethods_use authmethods_use(const char *methods, const char *method);

/*
 * True if a list of METHODS has nothing but what a password may be the answer to:
 * "password" and "keyboard-interactive".
 */
bool authmethods_take_a_password_alone(const char *methods);

#endif
