#include "probe.h"

#include <stdlib.h>

#include "../../shim/lib/clock.h"

/* Who a probe connects as, without ever saying so. */
#define PROBE_NAME "_moshgate"

struct probe {
	struct loop *loop;
	struct loop_timer timer;
	struct pool *pool;
	struct outage *outage;
	struct connection *connection; /* NULL: there is no probe under way */
	void (*lapsed)(void *context);
	void *context;
};

static bool
probe_on_turn(void *context, struct briefing *briefing)
{
	(void)context;
	briefing->job = JOB_PROBE;
	return true;
}

/* What it has found the pool has told already. */
static void
probe_on_end(void *context, const struct connection_end *end)
{
	struct probe *probe = context;

	(void)end;
	probe->connection = NULL;
}

static const struct connection_owner probe_owner = {
	.on_turn = probe_on_turn,
	.on_end = probe_on_end,
};

static void
probe_fire(void *context, int64_t now_ms)
{
	struct probe *probe = context;
	const bool down = probe->outage->down;
	int64_t next_ms;

	if (outage_probe(probe->outage, now_ms, &next_ms) &&
	    probe->connection == NULL)
		probe->connection = pool_connect(probe->pool, PROBE_NAME,
		    QUEUE_LOGIN, QUEUE_ALONE, &probe_owner, probe);
	loop_at(probe->loop, &probe->timer, next_ms);
	if (down && !probe->outage->down)
		probe->lapsed(probe->context);
}

void
probe_touch(struct probe *probe)
{
	loop_at(probe->loop, &probe->timer, clock_now_ms());
}

struct probe *
probe_new(struct loop *loop, struct pool *pool, struct outage *outage,
    void (*lapsed)(void *context), void *context)
{
	struct probe *probe = calloc(1, sizeof(*probe));

	if (probe == NULL)
		return NULL;
	probe->loop = loop;
	probe->timer.fire = probe_fire;
	probe->timer.context = probe;
	probe->pool = pool;
	probe->outage = outage;
	probe->lapsed = lapsed;
	probe->context = context;
	return probe;
}

void
probe_free(struct probe *probe)
{
	if (probe == NULL)
		return;
	if (probe->connection != NULL)
		connection_close(probe->connection);
	loop_at(probe->loop, &probe->timer, INT64_MAX);
	free(probe);
}
