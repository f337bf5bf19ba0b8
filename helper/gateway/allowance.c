#include "allowance.h"

#include "gateway.h"
#include "ration.h"

#define ALLOWANCE_CELLS_MAX 65535

/* How many of those that COUNTS the account of BUT has besides. */
struct allowance_count {
	const struct peer *but;
	bool (*counts)(const struct peer *peer);
	size_t others;
};

static void
allowance_count(void *context, struct peer *peer)
{
	struct allowance_count *count = context;

	count->others += peer != count->but && peer->uid == count->but->uid &&
	    count->counts(peer);
}

/* True if PEER's window fits into MEMORY_MIB; or it doesn't tell its size. */
static bool
allowance_fits(const struct peer *peer, int memory_mib)
{
	long long columns, rows;

	return !fields_get_number(&peer->asked, "columns", 0,
		   ALLOWANCE_CELLS_MAX, &columns) ||
	    !fields_get_number(&peer->asked, "rows", 0, ALLOWANCE_CELLS_MAX,
		&rows) ||
	    columns * rows <= ration_cells(memory_mib);
}

int
allowance_of_mosh(const struct peer *peer,
    bool (*counts)(const struct peer *peer), const char **unfit)
{
	struct allowance_count count = { .but = peer, .counts = counts };
	int memory_mib;

	peers_each(peer->peers, allowance_count, &count);
	memory_mib = ration_memory_mib(count.others);
	if (memory_mib == 0)
		*unfit = "many";
	else if (!allowance_fits(peer, memory_mib))
		*unfit = "window";
	return memory_mib;
}

void
allowance_add(struct fields *fields, int memory_mib)
{
	fields_add_number(fields, "memory_mib", memory_mib);
	fields_add_number(fields, "cells", ration_cells(memory_mib));
}

const struct refusal *
allowance_of_relay(const struct peer *peer)
{
	static const struct refusal too_many = { .reason = "too-many",
		.sentence = "You have too many commands and sessions over SSH "
			    "on this gateway." };
	const struct gateway *gateway = peer->context;

	return pool_allows_relay(gateway->pool, peer->user) ? NULL : &too_many;
}
