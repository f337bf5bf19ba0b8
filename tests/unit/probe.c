/*
 * How often a remote that is out of reach is looked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "../../helper/gateway/probe.h"
#include "fakegateway.h"

/* A gateway that has nothing but the probe. */
struct sight {
	struct outage outage;
	struct probe *probe;
	bool lapsed;
};

static void
on_lapse(void *context)
{
	struct sight *sight = context;

	sight->lapsed = true;
}

/* As the server does. */
static void
on_reached(void *context, const char *address, const struct refusal *refusal)
{
	struct sight *sight = context;

	(void)refusal;
	outage_told(&sight->outage, address != NULL, clock_now_ms());
	probe_touch(sight->probe);
}

static void
on_change(void *context)
{
	(void)context;
}

static void
a_remote_out_of_reach_is_probed_each_quarter_of_a_minute(void **state)
{
	static const struct pool_events events = { on_reached, on_change };
	const struct refusal why = { .reason = "unreachable" };
	struct loop *loop = loop_new();
	struct children *children = children_new(loop, NULL);
	struct config *config = fake_config();
	struct sight sight = { .lapsed = false };
	struct pool *pool = pool_new(loop, children, config, fake_signer(0),
	    &events, &sight);
	size_t probes = 0;
	int64_t last_ms;

	(void)state;
	fake_now_ms = last_ms = FAKE_START_MS;
	outage_init(&sight.outage);
	sight.probe = probe_new(loop, pool, &sight.outage, on_lapse, &sight);
	assert_non_null(sight.probe);
	on_reached(&sight, NULL, &why);
	while (probes < 10) {
		fake_pass(loop, 100);
		if (children->count == probes)
			continue;
		assert_true(fake_now_ms - last_ms >= OUTAGE_PROBE_MS);
		assert_true(fake_now_ms - last_ms < OUTAGE_PROBE_MS + 1000);
		last_ms = fake_now_ms;
		probes = children->count;
		fake_fail(children->last, "unreachable");
	}
	/* nobody comes any more */
	fake_pass(loop, OUTAGE_KEPT_MS);
	assert_true(sight.lapsed);
	assert_false(sight.outage.down);
	probe_free(sight.probe);
	pool_free(pool);
	children_free(children);
	loop_free(loop);
	config_free(config);
}

static int
group_begin(void **state)
{
	(void)state;
	return sodium_init() < 0 ? -1 : 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_remote_out_of_reach_is_probed_each_quarter_of_a_minute),
	};

	return cmocka_run_group_tests_name("probe", tests, group_begin, NULL);
}
