#ifndef MOSHGATE_NEWHASH_H
#define MOSHGATE_NEWHASH_H

#include <stdbool.h>

#include "../config.h"

/*
 * What moshgate-helper does for `moshgate passwd', which neither reads
 * moshgate.ini nor has libsodium.
 */

/* True if the arguments ask for that. */
bool newhash_asked(int argc, char **argv);

/*
 * With the OPTION "--passwords-file" print the path of the file of passwords that
 * the settings at CONFIG_PATH name; with "--hash-password" the hash of the
 * password on standard input, which ends with the input; with
 * "--check-passwords" nothing, if that file can be understood.
 * Returns the exit status, after a complaint if that is not 0.
 */
int newhash_main(const char *option, const char *config_path);

/*
 * See that the file of passwords that CONFIG names, if it does, is as it should
 * be.  Returns the exit status, as above.
 */
int newhash_test(const struct config *config);

#endif
