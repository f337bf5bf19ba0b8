#include "stock.h"

#include "../../shim/lib/usermap.h"

/* Where the stock ends: no uid from here on is known. */
static unsigned long
stock_end(const struct stock *stock)
{
	return stock->from + (unsigned long)stock->known * DIRECTORY_UIDS;
}

/* True if UID is one that is known. */
static bool
stock_covers(const struct stock *stock, unsigned long uid)
{
	return stock->known > 0 && uid >= stock->begin &&
	    uid < stock_end(stock);
}

/*
 * The word that has the bit of UID, which is not below the first one that has
 * any, and *BIT.
 */
static unsigned
stock_word(const struct stock *stock, unsigned long uid, uint64_t *bit)
{
	const unsigned long at = uid - stock->from;

	*bit = UINT64_C(1) << at % DIRECTORY_UIDS;
	return (unsigned)(at / DIRECTORY_UIDS);
}

/* FIRST, or the first uid that has a bit, if that is above it. */
static unsigned long
stock_start(const struct stock *stock, unsigned long first)
{
	return first > stock->from ? first : stock->from;
}

static bool
stock_is_old(const struct stock *stock, int64_t now_ms)
{
	return now_ms >= stock->learnt_ms + STOCK_KEPT_MS;
}

bool
stock_take(struct stock *stock, unsigned long first, unsigned long max,
    uid_t *uid)
{
	for (unsigned long u = stock_start(stock, first);
	     stock_covers(stock, u) && u <= max; u++) {
		uint64_t bit;
		const unsigned word = stock_word(stock, u, &bit);

		if ((stock->free[word] & bit) == 0)
			continue;
		stock->free[word] &= ~bit;
		/* whoever has said that it is free */
		if (!usermap_uid_valid(u))
			continue;
		*uid = (uid_t)u;
		return true;
	}
	return false;
}

void
stock_leave_out(struct stock *stock, const struct uidset *given)
{
	for (unsigned long u = stock->from; stock_covers(stock, u); u++) {
		uint64_t bit;
		const unsigned word = stock_word(stock, u, &bit);

		if (uidset_after(given, u) != u)
			stock->free[word] &= ~bit;
	}
}

void
stock_give_back(struct stock *stock, uid_t uid)
{
	uint64_t bit;
	unsigned word;

	if (uid < stock->from || !stock_covers(stock, uid))
		return;
	word = stock_word(stock, uid, &bit);
	stock->free[word] |= bit;
}

/* How many there are from FIRST to MAX. */
static unsigned
stock_count(const struct stock *stock, unsigned long first, unsigned long max)
{
	unsigned count = 0;

	for (unsigned long u = stock_start(stock, first);
	     stock_covers(stock, u) && u <= max; u++) {
		uint64_t bit;
		const unsigned word = stock_word(stock, u, &bit);

		count += (stock->free[word] & bit) != 0;
	}
	return count;
}

bool
stock_wants(const struct stock *stock, unsigned long first, unsigned long max,
    int64_t now_ms, uid_t *from)
{
	const unsigned long end = stock_end(stock);

	if (first > max)
		return false;
	*from = (uid_t)first;
	/* one behind the end goes on there, so that none is left out */
	if (stock->known == 0 || stock_is_old(stock, now_ms) ||
	    first < stock->begin || first > end)
		return true;
	*from = (uid_t)end;
	return stock_count(stock, first, max) < STOCK_LOW && end <= max &&
	    (stock->known < 2 || stock->free[0] == 0);
}

bool
stock_has_none(const struct stock *stock, unsigned long first,
    unsigned long max, int64_t now_ms)
{
	if (first > max)
		return true;
	return !stock_is_old(stock, now_ms) && stock_covers(stock, first) &&
	    stock_covers(stock, max) && stock_count(stock, first, max) == 0;
}

void
stock_learn(struct stock *stock, uid_t from, uint64_t free, int64_t now_ms)
{
	const bool old = stock_is_old(stock, now_ms);

	if (stock->known == 0 || old || from != stock_end(stock)) {
		*stock = (struct stock){ .begin = from,
			.from = from,
			.learnt_ms = now_ms };
	} else if (stock->known == 2) {
		stock->from += DIRECTORY_UIDS;
		stock->free[0] = stock->free[1];
		stock->known = 1;
	}
	stock->free[stock->known++] = free;
}
