#include "guest.h"

#include <pthread.h>

static pthread_mutex_t guest_lock = PTHREAD_MUTEX_INITIALIZER;
static struct usermap_entry guest_last; /* the uid is 0: there is none */

void
guest_note(const struct usermap_entry *guest)
{
	pthread_mutex_lock(&guest_lock);
	guest_last = *guest;
	pthread_mutex_unlock(&guest_lock);
}

bool
guest_by_uid(uid_t uid, struct usermap_entry *guest)
{
	bool found;

	pthread_mutex_lock(&guest_lock);
	found = uid != 0 && guest_last.uid == uid;
	if (found)
		*guest = guest_last;
	pthread_mutex_unlock(&guest_lock);
	return found;
}
