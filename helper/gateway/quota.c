#include "quota.h"

#include <stdlib.h>

enum quota_verdict
quota_take(struct quota *quota, int64_t now_ms)
{
	if (now_ms - quota->since_ms >= QUOTA_MS) {
		quota->since_ms = now_ms;
		quota->lines = 0;
	}
	if (quota->lines > QUOTA_LINES)
		return QUOTA_SILENT;
	return quota->lines++ < QUOTA_LINES ? QUOTA_LOG : QUOTA_PAUSE;
}

struct quotas_entry {
	struct quotas_entry *next;
	uid_t uid;
	struct quota quota;
};

struct quotas {
	struct quotas_entry *first;
};

struct quotas *
quotas_new(void)
{
	return calloc(1, sizeof(struct quotas));
}

/* Take the quota at *AT out, and free it. */
static void
quotas_remove(struct quotas_entry **at)
{
	struct quotas_entry *entry = *at;

	*at = entry->next;
	free(entry);
}

void
quotas_free(struct quotas *quotas)
{
	if (quotas == NULL)
		return;
	while (quotas->first != NULL)
		quotas_remove(&quotas->first);
	free(quotas);
}

struct quota *
quotas_of(struct quotas *quotas, uid_t uid, int64_t now_ms)
{
	struct quotas_entry **at = &quotas->first, *found = NULL;

	while (*at != NULL) {
		if ((*at)->uid == uid)
			found = *at;
		else if (now_ms - (*at)->quota.since_ms >= QUOTA_MS) {
			quotas_remove(at);
			continue;
		}
		at = &(*at)->next;
	}
	if (found != NULL)
		return &found->quota;
	found = calloc(1, sizeof(*found));
	if (found == NULL)
		return NULL;
	found->uid = uid;
	found->quota.since_ms = now_ms;
	found->next = quotas->first;
	quotas->first = found;
	return &found->quota;
}
