#include "keycache.h"

#include <stdlib.h>
#include <string.h>

void
keycache_ask(struct keycache *cache, int64_t now_ms)
{
	keycache_forget(cache);
	cache->asked_ms = now_ms;
}

void
keycache_store(struct keycache *cache, const char *text, size_t len)
{
	keycache_forget(cache);
	cache->text = malloc(len + 1);
	if (cache->text == NULL)
		return;
	memcpy(cache->text, text, len);
	cache->len = len;
}

/* When they will be too old. */
static int64_t
keycache_end_ms(const struct keycache *cache, int ttl_s)
{
	return cache->asked_ms + (int64_t)ttl_s * 1000;
}

bool
keycache_is_fresh(const struct keycache *cache, int ttl_s, int64_t now_ms)
{
	return cache->text != NULL && now_ms < keycache_end_ms(cache, ttl_s);
}

int64_t
keycache_tend(struct keycache *cache, int ttl_s, int64_t now_ms)
{
	if (keycache_is_fresh(cache, ttl_s, now_ms))
		return keycache_end_ms(cache, ttl_s);
	keycache_forget(cache);
	return INT64_MAX;
}

void
keycache_forget(struct keycache *cache)
{
	free(cache->text);
	cache->text = NULL;
}
