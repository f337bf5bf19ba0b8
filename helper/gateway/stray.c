#include "stray.h"

#include <stdlib.h>

#include "../../shim/lib/clock.h"

struct stray {
	struct stray *next;
	struct strays *strays;
	struct connection *connection;
	struct patience_claim claim;
};

static const struct connection_owner stray_owner;

/* The remote has counted a refusal, as far as anybody knows, of CLAIM. */
static void
stray_charge(struct strays *strays, const struct patience_claim *claim)
{
	struct patience_claim refused = *claim;

	refused.state = PATIENCE_SETTLED;
	patience_turned_away(strays->patience, &refused, clock_now_ms());
}

void
strays_add(struct strays *strays, struct connection *connection,
    const struct patience_claim *claim)
{
	struct stray *stray = calloc(1, sizeof(*stray));

	if (stray == NULL) {
		connection_close(connection);
		stray_charge(strays, claim);
		return;
	}
	*stray = (struct stray){ .next = strays->first,
		.strays = strays,
		.connection = connection,
		.claim = *claim };
	strays->first = stray;
	connection_give(connection, &stray_owner, stray);
}

static void
stray_free(struct stray *stray)
{
	struct stray **at = &stray->strays->first;

	while (*at != stray)
		at = &(*at)->next;
	*at = stray->next;
	free(stray);
}

static bool
stray_on_turn(void *context, struct briefing *briefing)
{
	(void)context;
	(void)briefing;
	return false;
}

/* It was let in, which is of no use to anybody. */
static void
stray_on_ready(void *context)
{
	struct stray *stray = context;

	connection_close(stray->connection);
	stray_free(stray);
}

static void
stray_on_end(void *context, const struct connection_end *end)
{
	struct stray *stray = context;

	if (end->refused)
		stray_charge(stray->strays, &stray->claim);
	stray_free(stray);
}

static const struct connection_owner stray_owner = {
	.on_turn = stray_on_turn,
	.on_ready = stray_on_ready,
	.on_end = stray_on_end,
};

void
strays_end(struct strays *strays)
{
	struct stray *stray;

	while ((stray = strays->first) != NULL) {
		strays->first = stray->next;
		connection_close(stray->connection);
		free(stray);
	}
}
