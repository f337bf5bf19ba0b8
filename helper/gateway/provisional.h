#ifndef MOSHGATE_PROVISIONAL_H
#define MOSHGATE_PROVISIONAL_H

#include <sys/types.h>

#include <stdbool.h>
#include <stdint.h>

#include "../../shim/lib/usermap.h"
#include "address.h"

/*
 * The uids of names that sshd has asked for, and of which the remote has not
 * said yet that they are users.  Anybody can have sshd ask for any name, and
 * every name looks the same to them; so each gets a uid, which opens nothing
 * and is in no file.  The first success at the remote makes it a user's.
 *
 * - A name keeps its uid for PROVISIONAL_KEPT_MS after it was asked for last.
 *   Names that are equal but for case are one name.
 * - Then the uid rests for PROVISIONAL_REST_MS: no other name has it while an
 *   sshd may still have it for the first.
 * - An address has no more than a few names at a time, and all together have
 *   PROVISIONAL_MAX: then a name gives way of the address that has most.
 * - No more than so many become users in an hour.
 *
 * Policy: times are milliseconds on the monotonic clock.
 */
struct provisional;

#define PROVISIONAL_KEPT_MS 600000
#define PROVISIONAL_REST_MS 3600000
#define PROVISIONAL_MAX 4096
/* So many names of an address become users in an hour, for each that it has. */
#define PROVISIONAL_HOURLY 8
/* So many of all, for each that the remote may refuse in a minute. */
#define PROVISIONAL_HOURLY_OF_ALL 60

/* Returns NULL for want of memory. */
struct provisional *provisional_new(void);
void provisional_free(struct provisional *provisional);

/* What the settings in [users] of these names say. */
struct provisional_settings {
	uid_t uid_min, uid_max;
	int new_names_per_address, lookups_per_minute;
};

/* If there are other uids from now on, all names come anew. */
void provisional_configure(struct provisional *provisional,
    const struct provisional_settings *settings);

/*
 * True if NAME, which is asked for now, has a uid; stores it in *UID.
 */
bool provisional_find(struct provisional *provisional, const char *name,
    int64_t now_ms, uid_t *uid);

/*
 * True if UID is a name's, which is stored in NAME, in one of the ways that
 * sshd has spelled it: its case is not to be relied on.  It is as if it had been
 * asked for now.
 */
bool provisional_name_of(struct provisional *provisional, uid_t uid,
    int64_t now_ms, char name[USERNAME_MAX_CHARS + 1]);

/*
 * True if NAME may have UID for good, as far as the map does not say otherwise:
 * it is NAME's; or one of the range that no other name has now, for NAME may have
 * got it of a helper before this one, or have given way since.
 */
bool provisional_may_become(struct provisional *provisional, const char *name,
    uid_t uid, int64_t now_ms);

/* May a name that has none be given a uid, for a client at ADDRESS? */
bool provisional_may_give(struct provisional *provisional,
    const struct address *address, int64_t now_ms);

/*
 * Take the uid that rests for longest, if it has rested enough, into *UID: it is
 * to be given next if it still is nobody's.  False: there is none.
 */
bool provisional_rested(struct provisional *provisional, int64_t now_ms,
    uid_t *uid);

/* From here on there are uids that no name has had. */
unsigned long provisional_fresh(const struct provisional *provisional);

/*
 * Give NAME, which has none, UID, for a client at ADDRESS; NULL: it does not
 * count.
 */
void provisional_give(struct provisional *provisional, const char *name,
    const struct address *address, uid_t uid, int64_t now_ms);

/* May a name become a user's now, for a client at ADDRESS? */
bool provisional_may_prove(const struct provisional *provisional,
    const struct address *address, int64_t now_ms);

/*
 * NAME has become a user's, for a client at ADDRESS (NULL: it does not count):
 * its uid is not provisional any more.
 */
void provisional_prove(struct provisional *provisional, const char *name,
    const struct address *address, int64_t now_ms);

/* The uid of NAME is somebody else's: it gets another when it comes again. */
void provisional_drop(struct provisional *provisional, const char *name);

#endif
