#include "origins.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../shim/lib/usermap.h"

#define SSHD_PID_CHARS 15

struct origin {
	char sshd_pid[SSHD_PID_CHARS + 1];
	char name[USERNAME_MAX_CHARS + 1];
	char client[ORIGINS_CLIENT_CHARS + 1];
	int64_t at_ms;
};

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

static struct origin *
origins_of_pid(struct origins *origins, const char *sshd_pid)
{
	for (size_t i = 0; i < origins->count; i++) {
		if (strcmp(origins->all[i].sshd_pid, sshd_pid) == 0)
			return &origins->all[i];
	}
	return NULL;
}

void
origins_note(struct origins *origins, const char *sshd_pid, const char *name,
    const char *client, int64_t now_ms)
{
	struct origin *origin;

	if (sshd_pid[0] == '\0' || strlen(sshd_pid) > SSHD_PID_CHARS ||
	    strlen(client) > ORIGINS_CLIENT_CHARS)
		return;
	origin = origins_of_pid(origins, sshd_pid);
	if (origin == NULL) {
		origin = &origins->all[origins->next];
		origins->next = (origins->next + 1) % ORIGINS_MAX;
		if (origins->count < ORIGINS_MAX)
			origins->count++;
	}
	snprintf(origin->sshd_pid, sizeof(origin->sshd_pid), "%s", sshd_pid);
	snprintf(origin->name, sizeof(origin->name), "%s", name);
	snprintf(origin->client, sizeof(origin->client), "%s", client);
	origin->at_ms = now_ms;
}

const char *
origins_find(const struct origins *origins, const char *sshd_pid,
    const char *name, int64_t now_ms)
{
	for (size_t i = 0; i < origins->count; i++) {
		const struct origin *origin = &origins->all[i];

		/* a pid may be another's by now */
		if (strcmp(origin->sshd_pid, sshd_pid) == 0)
			return strcmp(origin->name, name) == 0 &&
				now_ms - origin->at_ms < ORIGINS_KEPT_MS
			    ? origin->client
			    : "";
	}
	return "";
}
