#ifndef MOSHGATE_QUOTA_H
#define MOSHGATE_QUOTA_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

/*
 * How many lines one user, or all strangers together, may cause in the log: so
 * many in so long, since nobody shall fill the disk.  Policy: times are
 * milliseconds on the monotonic clock.
 */
#define QUOTA_LINES 50
#define QUOTA_MS 10000

/* What somebody has caused lately; all zero in the beginning. */
struct quota {
	int64_t since_ms;
	unsigned lines;
};

enum quota_verdict {
	QUOTA_LOG,
	QUOTA_PAUSE, /* but a line that there will be no more for a while */
	QUOTA_SILENT,
};

/* Is one more line to be logged?  It is counted. */
enum quota_verdict quota_take(struct quota *quota, int64_t now_ms);

/* The quotas of users, of whom each has one. */
struct quotas;

/* Returns NULL for want of memory. */
struct quotas *quotas_new(void);
void quotas_free(struct quotas *quotas);

/*
 * The quota of the user UID; those of which nothing counts any more are
 * forgotten.  It is valid until the next call.  NULL for want of memory.
 */
struct quota *quotas_of(struct quotas *quotas, uid_t uid, int64_t now_ms);

#endif
