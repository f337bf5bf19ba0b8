#ifndef MOSHGATE_OUTAGE_H
#define MOSHGATE_OUTAGE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Is the remote out of reach, or silent?  While it is out of reach no unknown
 * name is asked of it, since sshd waits: a probe, which keeps nobody waiting,
 * finds out when it is back.  While it is silent, only a few wait for it.
 * Policy: all times are milliseconds on the monotonic clock.
 */
struct outage {
	bool down;
	int64_t reached_ms; /* when the remote was reached last, or -1 */
	int64_t probe_ms;   /* when to probe */
	int64_t wanted_ms;  /* when somebody wanted the remote last */
};

#define OUTAGE_PROBE_MS 15000 /* from one probe to the next */
/* There are no probes when nobody has come for so long. */
#define OUTAGE_KEPT_MS 300000
/*
 * When the remote has said nothing for OUTAGE_SILENT_MS, OUTAGE_WAITING_MAX go on
 * waiting for it with sshd before them, which takes few who have not logged in
 * yet (MaxStartups), the gateway's own users among them.
 */
#define OUTAGE_SILENT_MS 3000
#define OUTAGE_WAITING_MAX 4

void outage_init(struct outage *outage);

/* Somebody wants the remote: it is worth knowing when it is back. */
void outage_wanted(struct outage *outage, int64_t now_ms);

/*
 * A connection, for whatever purpose, has REACHED the remote, or has not.
 * Returns true if that is news.
 */
bool outage_told(struct outage *outage, bool reached, int64_t now_ms);

/*
 * True if a probe is due, of which outage_told() tells the outcome.  Stores
 * when to call again in *NEXT_MS, or INT64_MAX.  When nobody has asked for long
 * there are no more probes, and the remote counts as in reach.
 */
bool outage_probe(struct outage *outage, int64_t now_ms, int64_t *next_ms);

/*
 * When the remote, if it says nothing until then, has been silent for too long
 * for whoever has waited since ASKED_MS: INT64_MIN if it is out of reach,
 * INT64_MAX if it has been reached since.
 */
int64_t outage_silent_ms(const struct outage *outage, int64_t asked_ms);

#endif
