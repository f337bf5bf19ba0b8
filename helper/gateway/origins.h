#ifndef MOSHGATE_ORIGINS_H
#define MOSHGATE_ORIGINS_H

#include <sys/types.h>

#include <stdint.h>

#include "../../shim/lib/usermap.h"

/*
 * What the name service has told each sshd, and what it knows of that sshd's
 * client: for moshgate-keys, which knows neither.  Only those that came last are
 * kept.  Policy: times are milliseconds on the monotonic clock.
 */
struct origins;

#define ORIGINS_MAX 1024
#define ORIGINS_KEPT_MS 600000
#define ORIGINS_CLIENT_CHARS 63

/* Returns NULL for want of memory. */
struct origins *origins_new(void);
void origins_free(struct origins *origins);

#define ORIGINS_PID_CHARS 15

struct origin {
	char client[ORIGINS_CLIENT_CHARS + 1]; /* its address, or "" */
	uid_t uid; /* that sshd was told; 0: one, and then another */
	/* the origins' own */
	char sshd_pid[ORIGINS_PID_CHARS + 1];
	char name[USERNAME_MAX_CHARS + 1];
	int64_t at_ms;
};

/*
 * The sshd SSHD_PID has asked for NAME, for the client at CLIENT, and is told
 * that it has UID.
 */
void origins_note(struct origins *origins, const char *sshd_pid,
    const char *name, const char *client, uid_t uid, int64_t now_ms);

/* What was noted of that sshd, for NAME; NULL if nothing was. */
const struct origin *origins_find(const struct origins *origins,
    const char *sshd_pid, const char *name, int64_t now_ms);

#endif
