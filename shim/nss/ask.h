#ifndef MOSHGATE_ASK_H
#define MOSHGATE_ASK_H

#include <sys/types.h>

#include <stdbool.h>

/*
 * Ask the helper for the user NAME, and store the uid in *UID.  One that is
 * nobody's may get USERMAP_UID_DEAD_END.  Once the helper has not answered in
 * time, this process does not ask it again: sshd asks several times for each
 * login, and takes no new one while too many wait.
 * Returns false if the helper knows no such user, or does not answer.
 */
bool ask_uid(const char *name, uid_t *uid);

#endif
