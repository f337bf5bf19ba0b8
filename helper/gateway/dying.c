#include "dying.h"

#include <stdlib.h>

struct dying_user {
	struct dying_user *next;
	uid_t uid;
	size_t count;
};

struct dying {
	struct dying_user *first;
	size_t count; /* but for those of DYING_NOBODY */
};

struct dying *
dying_new(void)
{
	return calloc(1, sizeof(struct dying));
}

void
dying_free(struct dying *dying)
{
	struct dying_user *user;

	if (dying == NULL)
		return;
	while ((user = dying->first) != NULL) {
		dying->first = user->next;
		free(user);
	}
	free(dying);
}

/* Where the entry of UID is, or would be. */
static struct dying_user **
dying_find(struct dying *dying, uid_t uid)
{
	struct dying_user **at = &dying->first;

	while (*at != NULL && (*at)->uid != uid)
		at = &(*at)->next;
	return at;
}

void
dying_add(struct dying *dying, uid_t uid)
{
	struct dying_user **at = dying_find(dying, uid);

	if (*at == NULL)
		*at = calloc(1, sizeof(**at));
	/* without memory for it nobody is refused for it */
	if (*at == NULL)
		return;
	(*at)->uid = uid;
	(*at)->count++;
	dying->count += uid != DYING_NOBODY;
}

void
dying_remove(struct dying *dying, uid_t uid)
{
	struct dying_user **at = dying_find(dying, uid);
	struct dying_user *user = *at;

	if (user == NULL)
		return;
	dying->count -= uid != DYING_NOBODY;
	if (--user->count > 0)
		return;
	*at = user->next;
	free(user);
}

static size_t
dying_count(const struct dying *dying, uid_t uid)
{
	for (const struct dying_user *u = dying->first; u != NULL;
	     u = u->next) {
		if (u->uid == uid)
			return u->count;
	}
	return 0;
}

bool
dying_refuses(const struct dying *dying, uid_t uid)
{
	return dying_count(dying, uid) >= DYING_PER_USER_MAX;
}

bool
dying_has_room(const struct dying *dying, uid_t uid)
{
	return (uid == DYING_NOBODY || dying->count < DYING_MAX) &&
	    !dying_refuses(dying, uid);
}

bool
dying_may_end(const struct dying *dying, uid_t uid)
{
	return dying_has_room(dying, uid);
}
