#ifndef MOSHGATE_ORIGINS_H
#define MOSHGATE_ORIGINS_H

#include <stdint.h>

/*
 * Where the clients are whose sshd has asked for a name: what the name service
 * knows of a login, for moshgate-keys, which does not.  Only those that came
 * last are kept.  Policy: times are milliseconds on the monotonic clock.
 */
struct origins;

#define ORIGINS_MAX 1024
#define ORIGINS_KEPT_MS 600000
#define ORIGINS_CLIENT_CHARS 63

/* Returns NULL for want of memory. */
struct origins *origins_new(void);
void origins_free(struct origins *origins);

/* The sshd SSHD_PID has asked for NAME, for the client at CLIENT. */
void origins_note(struct origins *origins, const char *sshd_pid,
    const char *name, const char *client, int64_t now_ms);

/* Where that client is, as it was noted; "" if nobody knows. */
const char *origins_find(const struct origins *origins, const char *sshd_pid,
    const char *name, int64_t now_ms);

#endif
