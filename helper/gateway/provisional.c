#include "provisional.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define HOUR_MS 3600000
/* More than can come to rest within PROVISIONAL_REST_MS. */
#define RESTING_MAX                \
	((size_t)PROVISIONAL_MAX * \
	    (PROVISIONAL_REST_MS / PROVISIONAL_KEPT_MS + 2))
#define PROVEN_MAX ((size_t)4096)

struct provisional_name {
	char name[USERNAME_MAX_CHARS + 1];
	uid_t uid;
	struct address address;
	unsigned nth; /* of its address, when it came; 0: it doesn't count */
	int64_t used_ms;
};

struct provisional_uid {
	uid_t uid;
	int64_t since_ms;
};

struct provisional_proof {
	struct address address;
	int64_t at_ms;
};

struct provisional {
	uid_t uid_min, uid_max;
	size_t per_address, hourly, hourly_of_all;
	struct provisional_name names[PROVISIONAL_MAX];
	size_t count;
	unsigned long above; /* no name has had a uid from here on */
	/* those that rest, in a ring: the one that does for longest comes first */
	struct provisional_uid resting[RESTING_MAX];
	size_t resting_first, resting_count;
	/* who became users, in a ring */
	struct provisional_proof proven[PROVEN_MAX];
	size_t proven_next, proven_count;
};

struct provisional *
provisional_new(void)
{
	return calloc(1, sizeof(struct provisional));
}

void
provisional_free(struct provisional *provisional)
{
	free(provisional);
}

void
provisional_configure(struct provisional *provisional,
    const struct provisional_settings *settings)
{
	if (provisional->uid_min != settings->uid_min ||
	    provisional->uid_max != settings->uid_max) {
		provisional->count = provisional->resting_count = 0;
		provisional->uid_min = settings->uid_min;
		provisional->uid_max = settings->uid_max;
		provisional->above = settings->uid_min;
	}
	provisional->per_address = (size_t)settings->new_names_per_address;
	provisional->hourly = provisional->per_address * PROVISIONAL_HOURLY;
	provisional->hourly_of_all = (size_t)settings->lookups_per_minute *
	    PROVISIONAL_HOURLY_OF_ALL;
	if (provisional->hourly_of_all > PROVEN_MAX)
		provisional->hourly_of_all = PROVEN_MAX;
}

/*
 * Coming and going
 */

/* Let UID rest from now on.  If too many do, it is given no more. */
static void
provisional_rest(struct provisional *provisional, uid_t uid, int64_t now_ms)
{
	size_t at;

	if (provisional->resting_count == RESTING_MAX)
		return;
	at = (provisional->resting_first + provisional->resting_count++) %
	    RESTING_MAX;
	provisional->resting[at] = (struct provisional_uid){ .uid = uid,
		.since_ms = now_ms };
}

static void
provisional_remove(struct provisional *provisional,
    struct provisional_name *name)
{
	*name = provisional->names[--provisional->count];
}

/* Forget all names that nobody has asked for lately. */
static void
provisional_expire(struct provisional *provisional, int64_t now_ms)
{
	for (size_t i = 0; i < provisional->count;) {
		struct provisional_name *name = &provisional->names[i];

		if (now_ms - name->used_ms < PROVISIONAL_KEPT_MS) {
			i++;
			continue;
		}
		provisional_rest(provisional, name->uid, now_ms);
		provisional_remove(provisional, name);
	}
}

/* NAME, or one that is equal but for case; NULL if it has no uid. */
static struct provisional_name *
provisional_by_name(struct provisional *provisional, const char *name)
{
	for (size_t i = 0; i < provisional->count; i++) {
		if (strcasecmp(provisional->names[i].name, name) == 0)
			return &provisional->names[i];
	}
	return NULL;
}

bool
provisional_find(struct provisional *provisional, const char *name,
    int64_t now_ms, uid_t *uid)
{
	struct provisional_name *found;

	provisional_expire(provisional, now_ms);
	found = provisional_by_name(provisional, name);
	if (found == NULL)
		return false;
	found->used_ms = now_ms;
	*uid = found->uid;
	return true;
}

bool
provisional_name_of(struct provisional *provisional, uid_t uid, int64_t now_ms,
    char name[USERNAME_MAX_CHARS + 1])
{
	provisional_expire(provisional, now_ms);
	for (size_t i = 0; i < provisional->count; i++) {
		struct provisional_name *found = &provisional->names[i];

		if (found->uid != uid)
			continue;
		found->used_ms = now_ms;
		memcpy(name, found->name, sizeof(found->name));
		return true;
	}
	return false;
}

bool
provisional_may_become(struct provisional *provisional, const char *name,
    uid_t uid, int64_t now_ms)
{
	uid_t has;

	if (!usermap_uid_valid(uid))
		return false;
	if (provisional_find(provisional, name, now_ms, &has))
		return uid == has;
	for (size_t i = 0; i < provisional->count; i++) {
		if (provisional->names[i].uid == uid)
			return false;
	}
	return uid >= provisional->uid_min && uid <= provisional->uid_max;
}

/*
 * Giving
 */

/* How many names of ADDRESS count. */
static size_t
provisional_of_address(const struct provisional *provisional,
    const struct address *address)
{
	size_t count = 0;

	for (size_t i = 0; i < provisional->count; i++) {
		const struct provisional_name *name = &provisional->names[i];

		count += name->nth > 0 && address_same(&name->address, address);
	}
	return count;
}

/*
 * The name that has to go if there is no room for another: that of the address
 * which has most, and of these the one that was asked for longest ago.
 */
static struct provisional_name *
provisional_excess(struct provisional *provisional)
{
	struct provisional_name *excess = &provisional->names[0];

	for (size_t i = 1; i < provisional->count; i++) {
		struct provisional_name *name = &provisional->names[i];

		if (name->nth > excess->nth ||
		    (name->nth == excess->nth &&
			name->used_ms < excess->used_ms))
			excess = name;
	}
	return excess;
}

bool
provisional_may_give(struct provisional *provisional,
    const struct address *address, int64_t now_ms)
{
	size_t of_address;

	provisional_expire(provisional, now_ms);
	of_address = provisional_of_address(provisional, address);
	if (of_address >= provisional->per_address)
		return false;
	if (provisional->count < PROVISIONAL_MAX)
		return true;
	/* whoever has ever more addresses must not use up the uids */
	return provisional->resting_count < PROVISIONAL_MAX &&
	    provisional_excess(provisional)->nth > of_address;
}

bool
provisional_rested(struct provisional *provisional, int64_t now_ms, uid_t *uid)
{
	const struct provisional_uid *first =
	    &provisional->resting[provisional->resting_first];

	if (provisional->resting_count == 0 ||
	    now_ms - first->since_ms < PROVISIONAL_REST_MS)
		return false;
	*uid = first->uid;
	provisional->resting_first = (provisional->resting_first + 1) %
	    RESTING_MAX;
	provisional->resting_count--;
	return true;
}

unsigned long
provisional_fresh(const struct provisional *provisional)
{
	return provisional->above;
}

void
provisional_give(struct provisional *provisional, const char *name,
    const struct address *address, uid_t uid, int64_t now_ms)
{
	struct provisional_name *given, *excess;
	unsigned nth = 0;

	if (address != NULL)
		nth = 1 +
		    (unsigned)provisional_of_address(provisional, address);
	if (provisional->count == PROVISIONAL_MAX) {
		excess = provisional_excess(provisional);
		provisional_rest(provisional, excess->uid, now_ms);
		provisional_remove(provisional, excess);
	}
	given = &provisional->names[provisional->count++];
	*given = (struct provisional_name){ .uid = uid,
		.nth = nth,
		.used_ms = now_ms };
	if (address != NULL)
		given->address = *address;
	snprintf(given->name, sizeof(given->name), "%s", name);
	if (provisional->above <= uid)
		provisional->above = (unsigned long)uid + 1;
}

void
provisional_drop(struct provisional *provisional, const char *name)
{
	struct provisional_name *found = provisional_by_name(provisional, name);

	if (found != NULL)
		provisional_remove(provisional, found);
}

/*
 * Proving
 */

bool
provisional_may_prove(const struct provisional *provisional,
    const struct address *address, int64_t now_ms)
{
	size_t of_address = 0, of_all = 0;

	for (size_t i = 0; i < provisional->proven_count; i++) {
		const struct provisional_proof *proof = &provisional->proven[i];

		if (now_ms - proof->at_ms >= HOUR_MS)
			continue;
		of_all++;
		of_address += address_same(&proof->address, address);
	}
	return of_address < provisional->hourly &&
	    of_all < provisional->hourly_of_all;
}

void
provisional_prove(struct provisional *provisional, const char *name,
    const struct address *address, int64_t now_ms)
{
	provisional_drop(provisional, name);
	if (address == NULL)
		return;
	provisional->proven[provisional->proven_next] =
	    (struct provisional_proof){ .address = *address, .at_ms = now_ms };
	provisional->proven_next = (provisional->proven_next + 1) % PROVEN_MAX;
	if (provisional->proven_count < PROVEN_MAX)
		provisional->proven_count++;
}
