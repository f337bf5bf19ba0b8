#include "origins.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct origins {
	struct origin all[ORIGINS_MAX];
	size_t count;
	size_t next; /* the oldest, if there are ORIGINS_MAX */
};

struct origins *
origins_new(void)
{
	return calloc(1, sizeof(struct origins));
}

void
origins_free(struct origins *origins)
{
	free(origins);
}

static const struct origin *
origins_of_pid(const struct origins *origins, const char *sshd_pid)
{
	for (size_t i = 0; i < origins->count; i++) {
		if (strcmp(origins->all[i].sshd_pid, sshd_pid) == 0)
			return &origins->all[i];
	}
	return NULL;
}

const struct origin *
origins_find(const struct origins *origins, const char *sshd_pid,
    const char *name, int64_t now_ms)
{
	const struct origin *origin = origins_of_pid(origins, sshd_pid);

	/* a pid may be another's by now */
	if (origin == NULL || strcmp(origin->name, name) != 0 ||
	    now_ms - origin->at_ms >= ORIGINS_KEPT_MS)
		return NULL;
	return origin;
}

/* Where SSHD_PID is to be noted. */
static struct origin *
origins_place(struct origins *origins, const char *sshd_pid)
{
	const struct origin *origin = origins_of_pid(origins, sshd_pid);
	struct origin *next = &origins->all[origins->next];

	if (origin != NULL)
		return &origins->all[origin - origins->all];
	origins->next = (origins->next + 1) % ORIGINS_MAX;
	if (origins->count < ORIGINS_MAX)
		origins->count++;
	return next;
}

void
origins_note(struct origins *origins, const char *sshd_pid, const char *name,
    const char *client, uid_t uid, int64_t now_ms)
{
	const struct origin *before = origins_find(origins, sshd_pid, name,
	    now_ms);
	struct origin origin = { .uid = uid, .at_ms = now_ms };

	if (sshd_pid[0] == '\0' || strlen(sshd_pid) > ORIGINS_PID_CHARS ||
	    strlen(client) > ORIGINS_CLIENT_CHARS)
		return;
	if (before != NULL && before->uid != uid)
		origin.uid = 0;
	snprintf(origin.sshd_pid, sizeof(origin.sshd_pid), "%s", sshd_pid);
	snprintf(origin.name, sizeof(origin.name), "%s", name);
	snprintf(origin.client, sizeof(origin.client), "%s", client);
	*origins_place(origins, sshd_pid) = origin;
}
