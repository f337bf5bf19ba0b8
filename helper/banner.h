#ifndef MOSHGATE_BANNER_H
#define MOSHGATE_BANNER_H

#include <stdbool.h>

#define BANNER_PATH RUNSTATEDIR "/moshgate/banner"

/*
 * Have the file at BANNER_PATH be there, with one sentence, or not: what sshd
 * shows to everybody who comes (sshd_config(5), Banner), while the remote is
 * out of reach.  It names nobody, and not the remote.  Returns false with errno
 * set if that fails.
 */
bool banner_show(bool show);

#endif
