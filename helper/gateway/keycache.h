#ifndef MOSHGATE_KEYCACHE_H
#define MOSHGATE_KEYCACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The filtered authorized_keys of one user, for as long as cache_ttl in
 * [clients] lets them be kept.  Policy: times are milliseconds on the monotonic
 * clock.  All zero is an empty one.
 */
struct keycache {
	char *text; /* malloc'ed, or NULL */
	size_t len;
	int64_t asked_ms;
};

/* The remote is asked for them at NOW_MS, which their age counts from. */
void keycache_ask(struct keycache *cache, int64_t now_ms);

/* They have come: LEN bytes at TEXT, of which it has a copy.  Without memory
 * for that nothing is kept. */
void keycache_store(struct keycache *cache, const char *text, size_t len);

/* True if there are some, not older than TTL_S seconds. */
bool keycache_is_fresh(const struct keycache *cache, int ttl_s, int64_t now_ms);

/* Forget them if they are older.  Returns when that will be, or INT64_MAX. */
int64_t keycache_tend(struct keycache *cache, int ttl_s, int64_t now_ms);

void keycache_forget(struct keycache *cache);

#endif
