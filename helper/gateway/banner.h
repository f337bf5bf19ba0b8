#ifndef MOSHGATE_BANNER_H
#define MOSHGATE_BANNER_H

#include <stdbool.h>

#define BANNER_NAME "banner"
#define BANNER_PATH RUNSTATEDIR "/moshgate/" BANNER_NAME

/*
 * Have the file at BANNER_PATH say, in one sentence, that the remote is out of
 * reach, or nothing: what sshd shows to everybody who comes (sshd_config(5),
 * Banner).  It names nobody, and not the remote.
 *
 * sshd opens it as root and sends what is in it.  So the file is root's, made by
 * root, and the helper may write to it, but not put a link in its place; one
 * that is not root's is left alone.  Returns false with errno set if it could
 * not be written.
 */
bool banner_show(bool show);

#endif
