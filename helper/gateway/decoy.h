#ifndef MOSHGATE_DECOY_H
#define MOSHGATE_DECOY_H

#include <stdint.h>

/*
 * How long the remote seems to be asked of a password that no answer can make
 * right: as long as it took for the last one that was wrong.  Else whoever tries
 * names would know from the time which may log in.  Policy: times are
 * milliseconds on the monotonic clock.
 */
struct decoys {
	int64_t took_ms; /* 0: none was wrong yet */
};

/* Before: a login over a WAN, and two seconds that PAM waits. */
#define DECOY_FIRST_MS 3000
/* So long at the most, however long it took. */
#define DECOY_MAX_MS 20000

/* The remote has said no at NOW_MS to what went at GONE_MS. */
void decoys_learn(struct decoys *decoys, int64_t gone_ms, int64_t now_ms);

/* When one that goes at GONE_MS is over. */
int64_t decoys_end_ms(const struct decoys *decoys, int64_t gone_ms);

#endif
