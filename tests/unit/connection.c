/*
 * A connection to the remote, and the pool of them, with workers that do as
 * they are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakechild.h"

#include "../../helper/gateway/pool.h"

struct scene {
	struct loop *loop;
	struct children *children;
	struct config *config;
	struct pool *pool;
	unsigned reached, unreached;
	char reason[32]; /* why the remote was not reached */
};

/* Whoever has a connection, and what it has been told. */
struct owner {
	struct scene *scene;
	struct connection *connection;
	enum job job; /* to begin with */
	bool needless, spare;
	const struct briefing_agent *agent;
	unsigned reached;
	unsigned turns, ready, answers, ends;
	enum frame_type answer;
	struct connection_end end;
	char reason[32]; /* of its end, or "" */
};

#define SOME_FD 7
#define SOME_UID 65537

static const struct fields nothing_asked_for = { 0 };

static void
scene_reached(void *context, const char *address, const struct refusal *refusal)
{
	struct scene *scene = context;

	if (address != NULL) {
		assert_string_equal(address, FAKE_ADDRESS);
		scene->reached++;
		return;
	}
	scene->unreached++;
	snprintf(scene->reason, sizeof(scene->reason), "%s", refusal->reason);
}

static void
scene_changed(void *context)
{
	(void)context;
}

static struct scene *
scene_begin(void)
{
	static const struct pool_events events = { scene_reached,
		scene_changed };
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	fake_now_ms = FAKE_START_MS;
	fake_log[0] = '\0';
	scene->loop = loop_new();
	scene->children = children_new(scene->loop, NULL);
	scene->config = fake_config();
	scene->pool = pool_new(scene->loop, scene->children, scene->config,
	    fake_signer(0), &events, scene);
	assert_non_null(scene->pool);
	return scene;
}

static void
scene_end(struct scene *scene)
{
	pool_free(scene->pool);
	children_free(scene->children);
	loop_free(scene->loop);
	config_free(scene->config);
	free(scene);
}

static bool
owner_turn(void *context, struct briefing *briefing)
{
	struct owner *owner = context;

	owner->turns++;
	briefing->job = owner->job;
	briefing->spare = owner->spare;
	briefing->agent = owner->agent;
	if (owner->needless)
		owner->connection = NULL;
	return !owner->needless;
}

static void
owner_reached(void *context)
{
	((struct owner *)context)->reached++;
}

static void
owner_ready(void *context)
{
	((struct owner *)context)->ready++;
}

static void
owner_answer(void *context, const struct frame *answer)
{
	struct owner *owner = context;

	owner->answers++;
	owner->answer = answer->type;
}

static void
owner_end(void *context, const struct connection_end *end)
{
	struct owner *owner = context;

	owner->connection = NULL;
	owner->ends++;
	owner->end = *end;
	owner->reason[0] = '\0';
	if (end->last != NULL && end->last->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(end->last);

		snprintf(owner->reason, sizeof(owner->reason), "%s",
		    why.reason);
	}
}

static const struct connection_owner owner_calls = { .on_turn = owner_turn,
	.on_reached = owner_reached,
	.on_ready = owner_ready,
	.on_answer = owner_answer,
	.on_end = owner_end };

/* OWNER asks for a connection of alice's that begins with JOB. */
static void
want(struct scene *scene, struct owner *owner, enum job job)
{
	*owner = (struct owner){ .scene = scene, .job = job };
	owner->connection = pool_connect(scene->pool, "alice",
	    job == JOB_RELAY ? QUEUE_RELAY : QUEUE_LOGIN, QUEUE_ALONE,
	    &owner_calls, owner);
	assert_non_null(owner->connection);
}

/* The same, and it begins: returns its process. */
static struct child *
begin(struct scene *scene, struct owner *owner, enum job job)
{
	const size_t count = scene->children->count;

	want(scene, owner, job);
	fake_settle(scene->loop);
	assert_int_equal(scene->children->count, count + 1);
	assert_int_equal(owner->turns, 1);
	return scene->children->last;
}

/* The same for a relay that is yet to come. */
static struct child *
begin_spare(struct scene *scene, struct owner *owner)
{
	want(scene, owner, JOB_RELAY);
	owner->spare = true;
	fake_settle(scene->loop);
	return scene->children->last;
}

/* The same, and it has done JOB and is idle. */
static struct child *
begin_idle(struct scene *scene, struct owner *owner, enum job job)
{
	struct child *child = begin(scene, owner, job);

	fake_enter(child);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_int_equal(connection_facts(owner->connection)->phase,
	    PHASE_IDLE);
	return child;
}

/* OWNER's connection is over, for REASON: NULL if nobody needs it any more. */
static void
over(const struct owner *owner, const char *reason)
{
	assert_int_equal(owner->ends, 1);
	if (reason == NULL)
		assert_null(owner->end.last);
	else
		assert_string_equal(owner->reason, reason);
}

static void
in(const struct owner *owner, enum phase phase)
{
	assert_int_equal(connection_facts(owner->connection)->phase, phase);
}

static const struct frame nothing_asked = { .body = (char[]){ 0 } };

static void
a_connection_begins_when_it_is_its_turn(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child;

	(void)state;
	want(scene, &owner, JOB_LOOKUP);
	/* not at once */
	assert_int_equal(owner.turns, 0);
	in(&owner, PHASE_QUEUED);
	fake_settle(scene->loop);
	child = scene->children->last;
	assert_int_equal(owner.turns, 1);
	assert_int_equal(child->kind, REEXEC_WORKER);
	fake_was_told(child, FRAME_START, "user", "alice");
	fake_was_told(child, FRAME_START, "first", "lookup");
	assert_true(fake_knows_key(child, 0));
	in(&owner, PHASE_REACHING);
	scene_end(scene);
}

static void
one_that_is_not_needed_any_more_does_not_begin(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;

	(void)state;
	want(scene, &owner, JOB_LOOKUP);
	owner.needless = true;
	fake_settle(scene->loop);
	assert_int_equal(owner.turns, 1);
	assert_int_equal(owner.ends, 0);
	assert_int_equal(scene->children->count, 0);
	scene_end(scene);
}

static void
without_a_process_it_is_over(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;

	(void)state;
	scene->children->full = true;
	want(scene, &owner, JOB_LOOKUP);
	fake_settle(scene->loop);
	over(&owner, "internal");
	assert_false(owner.end.reached);
	assert_true(fake_logged("event=worker-failed"));
	/* that says nothing of the remote */
	assert_int_equal(scene->unreached, 0);
	scene_end(scene);
}

static void
eight_connect_and_the_ninth_waits_for_its_turn(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owners[9];

	(void)state;
	for (size_t i = 0; i < 9; i++)
		want(scene, &owners[i], JOB_LOOKUP);
	fake_settle(scene->loop);
	assert_int_equal(scene->children->count, 8);
	fake_reach(scene->children->last);
	fake_settle(scene->loop);
	assert_int_equal(scene->children->count, 8);
	fake_say(scene->children->last, FRAME_ACCEPTED, NULL, NULL);
	fake_settle(scene->loop);
	assert_int_equal(scene->children->count, 9);
	scene_end(scene);
}

static void
a_login_goes_through_its_phases(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_reach(child);
	assert_int_equal(scene->reached, 1);
	in(&owner, PHASE_ENTERING);
	fake_ask_signature(child, "alice", 0);
	assert_true(fake_has_signature(child, "alice", 0));
	in(&owner, PHASE_PROVING);
	fake_pass(scene->loop, 1000);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	assert_int_equal(owner.ready, 1);
	in(&owner, PHASE_AT_WORK);
	fake_say_bytes(child, FRAME_TEXT, "keys", 4);
	assert_int_equal(owner.answer, FRAME_TEXT);
	in(&owner, PHASE_AT_WORK);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_int_equal(owner.answers, 2);
	assert_int_equal(owner.answer, FRAME_OK);
	in(&owner, PHASE_IDLE);
	assert_int_equal(connection_facts(owner.connection)->served, 1);
	assert_int_equal(connection_facts(owner.connection)->began_ms,
	    FAKE_START_MS + 1000);
	scene_end(scene);
}

static void
an_idle_one_does_one_job_after_another(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_idle(scene, &owner, JOB_OPEN);

	(void)state;
	fake_pass(scene->loop, 200000);
	connection_ask(owner.connection, JOB_KEYS, NULL, NULL);
	fake_was_told(child, FRAME_KEYS, NULL, NULL);
	in(&owner, PHASE_AT_WORK);
	fake_say_bytes(child, FRAME_TEXT, "", 0);
	in(&owner, PHASE_IDLE);
	connection_ask(owner.connection, JOB_UDP, NULL, "mark");
	fake_was_told(child, FRAME_UDP, "mark", "mark");
	/* that it could not be done is an answer as well */
	fake_say(child, FRAME_REFUSED, "reason", "no-mosh-server");
	assert_int_equal(owner.answer, FRAME_REFUSED);
	in(&owner, PHASE_IDLE);
	assert_int_equal(connection_facts(owner.connection)->served, 3);
	/* it is as old as its first job */
	assert_int_equal(connection_facts(owner.connection)->began_ms,
	    FAKE_START_MS);
	assert_int_equal(owner.ends, 0);
	scene_end(scene);
}

static void
a_second_signature_ends_the_connection(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_reach(child);
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 2);
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 2);
	over(&owner, "internal");
	assert_true(owner.end.reached);
	scene_end(scene);
}

static void
there_is_none_before_the_remote_is_the_right_one_nor_after_login(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 1);
	over(&owner, "internal");
	/* not even for whoever has not had it yet */
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_enter(child);
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 1);
	over(&owner, "internal");
	child = begin_idle(scene, &owner, JOB_LOOKUP);
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 1);
	over(&owner, "internal");
	scene_end(scene);
}

static void
nor_for_a_spare_that_is_held_or_used(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_spare(scene, &owner);

	(void)state;
	fake_reach(child);
	fake_ask_signature(child, "alice", 0);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	in(&owner, PHASE_HELD);
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 2);
	over(&owner, "internal");

	child = begin_spare(scene, &owner);
	fake_make_ready(child);
	assert_true(connection_go(owner.connection, &nothing_asked_for, SOME_FD,
	    SOME_UID));
	in(&owner, PHASE_STARTING);
	/* it counts as connecting no more */
	assert_int_equal(connection_entry(owner.connection)->state,
	    QUEUE_AT_WORK);
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 2);
	over(&owner, "internal");
	scene_end(scene);
}

/* OWNER has a connection that is to log in with an agent, as AGENT says. */
static struct child *
begin_with(struct scene *scene, struct owner *owner,
    const struct briefing_agent *agent)
{
	*owner = (struct owner){ .scene = scene,
		.job = JOB_OPEN,
		.agent = agent };
	owner->connection = pool_connect(scene->pool, "alice", QUEUE_LOGIN,
	    QUEUE_ALONE, &owner_calls, owner);
	assert_non_null(owner->connection);
	fake_settle(scene->loop);
	return scene->children->last;
}

static void
one_with_an_agent_is_lent_whose_it_is(void **state)
{
	static const struct briefing_agent agent = { .fd = SOME_FD,
		.uid = SOME_UID };
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_with(scene, &owner, &agent);

	(void)state;
	fake_was_told(child, FRAME_START, "agent", "1");
	/* not before it is the right remote */
	assert_int_equal(owner.reached, 0);
	fake_reach(child);
	assert_int_equal(owner.reached, 1);
	assert_true(connection_lend(owner.connection, SOME_FD, SOME_UID));
	assert_int_equal(child->fd, SOME_FD);
	assert_int_equal(child->uid, SOME_UID);
	/* a person may take long */
	fake_pass(scene->loop, JOB_AGENT_MS);
	assert_int_equal(owner.ends, 0);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	in(&owner, PHASE_AT_WORK);
	assert_true(connection_facts(owner.connection)->users);
	/* it has no use for the gateway's key */
	connection_close(owner.connection);
	child = begin_with(scene, &owner, &agent);
	fake_reach(child);
	fake_ask_signature(child, "alice", 0);
	over(&owner, "internal");
	scene_end(scene);
}

static void
or_else_with_the_gateways_key(void **state)
{
	static const struct briefing_agent agent = { .fd = SOME_FD,
		.uid = SOME_UID,
		.or_key = true };
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_with(scene, &owner, &agent);

	(void)state;
	fake_reach(child);
	assert_true(connection_lend(owner.connection, SOME_FD, SOME_UID));
	assert_true(connection_facts(owner.connection)->users);
	fake_ask_signature(child, "alice", 0);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	in(&owner, PHASE_AT_WORK);
	/* it is as any that the gateway makes */
	assert_false(connection_facts(owner.connection)->users);
	connection_close(owner.connection);
	scene_end(scene);
}

static void
nor_for_another_user_or_with_another_key(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_reach(child);
	fake_ask_signature(child, "bob", 0);
	assert_int_equal(child->told_count, 1);
	over(&owner, "internal");
	assert_true(fake_logged("event=sign-refused user=alice"));
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_reach(child);
	fake_ask_signature(child, "alice", 1);
	assert_int_equal(child->told_count, 1);
	over(&owner, "internal");
	/* nor for one that doesn't read what it is told */
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_reach(child);
	child->stuffed = true;
	fake_ask_signature(child, "alice", 0);
	assert_int_equal(child->told_count, 1);
	over(&owner, "internal");
	scene_end(scene);
}

/* Have the key NUMBER in force. */
static void
change_key(struct scene *scene, int number)
{
	assert_true(
	    pool_configure(scene->pool, scene->config, fake_signer(number)));
	fake_settle(scene->loop);
}

static void
one_that_has_begun_logs_in_with_the_key_that_it_began_with(void **state)
{
	struct scene *scene = scene_begin();
	struct owner before, after;
	struct child *old = begin(scene, &before, JOB_CHECK), *new;

	(void)state;
	fake_reach(old);
	change_key(scene, 1);
	assert_true(fake_knows_key(old, 0));
	new = begin(scene, &after, JOB_LOOKUP);
	assert_true(fake_knows_key(new, 1));
	fake_ask_signature(old, "alice", 0);
	assert_true(fake_has_signature(old, "alice", 0));
	fake_reach(new);
	fake_ask_signature(new, "alice", 1);
	assert_true(fake_has_signature(new, "alice", 1));
	assert_int_equal(before.ends + after.ends, 0);
	assert_false(fake_logged("event="));
	scene_end(scene);
}

static void
also_when_the_key_changes_twice_and_back(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owners[3];
	struct child *children[3];

	(void)state;
	for (int i = 0; i < 3; i++) {
		children[i] = begin(scene, &owners[i], JOB_LOOKUP);
		fake_reach(children[i]);
		change_key(scene, i == 0 ? 1 : 0);
	}
	for (int i = 2; i >= 0; i--) {
		fake_ask_signature(children[i], "alice", i == 1);
		assert_true(fake_has_signature(children[i], "alice", i == 1));
		fake_settle(scene->loop);
	}
	scene_end(scene);
}

static void
one_that_waits_for_its_turn_has_the_new_key(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child;

	(void)state;
	want(scene, &owner, JOB_LOOKUP);
	change_key(scene, 1);
	child = scene->children->last;
	assert_true(fake_knows_key(child, 1));
	fake_reach(child);
	fake_ask_signature(child, "alice", 1);
	assert_true(fake_has_signature(child, "alice", 1));
	scene_end(scene);
}

static void
an_old_key_goes_with_the_last_that_may_use_it(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owners[3];

	(void)state;
	/* by ending, by being let in without it, by having had it */
	for (size_t i = 0; i < 3; i++)
		begin(scene, &owners[i], JOB_LOOKUP);
	change_key(scene, 1);
	connection_close(owners[0].connection);
	fake_settle(scene->loop);
	fake_enter(scene->children->last->next);
	fake_settle(scene->loop);
	fake_reach(scene->children->last);
	fake_ask_signature(scene->children->last, "alice", 0);
	assert_true(fake_has_signature(scene->children->last, "alice", 0));
	fake_settle(scene->loop);
	scene_end(scene);
}

static void
what_makes_no_sense_ends_it(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_say(child, FRAME_REACHED, "address", "remote.example");
	over(&owner, "internal");
	assert_int_equal(scene->reached, 0);
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_say(child, FRAME_REACHED, NULL, NULL);
	over(&owner, "internal");
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_say_bytes(child, FRAME_REACHED, "address\0" FAKE_ADDRESS, 17);
	over(&owner, "internal");
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_reach(child);
	fake_reach(child);
	over(&owner, "internal");
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_say(child, FRAME_OK, NULL, NULL);
	over(&owner, "internal");
	child = begin_idle(scene, &owner, JOB_LOOKUP);
	fake_say(child, FRAME_OK, NULL, NULL);
	over(&owner, "internal");
	assert_int_equal(scene->unreached, 0);
	scene_end(scene);
}

static void
a_few_notes_are_logged_and_too_many_end_it(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_idle(scene, &owner, JOB_OPEN);

	(void)state;
	for (int job = 0; job < 2; job++) {
		connection_ask(owner.connection, JOB_OPEN, NULL, NULL);
		for (int i = 0; i < 16; i++)
			fake_say(child, FRAME_NOTE, "event", "motd");
		assert_true(fake_logged("event=note user=alice about=motd"));
		fake_say(child, FRAME_OK, NULL, NULL);
	}
	connection_ask(owner.connection, JOB_OPEN, NULL, NULL);
	for (int i = 0; i < 17; i++)
		fake_say(child, FRAME_NOTE, "event", "motd");
	over(&owner, "internal");
	scene_end(scene);
}

static void
notes_are_logged_so_often_and_no_more(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	unsigned logged = 0;

	(void)state;
	for (int connection = 0; connection < 5; connection++) {
		struct child *child = begin_idle(scene, &owner, JOB_OPEN);

		connection_ask(owner.connection, JOB_OPEN, NULL, NULL);
		for (int i = 0; i < 16; i++) {
			fake_say(child, FRAME_NOTE, "event", "motd");
			logged += fake_logged("about=motd") ? 1 : 0;
		}
		fake_say(child, FRAME_OK, NULL, NULL);
	}
	assert_int_equal(logged, QUOTA_LINES);
	scene_end(scene);
}

static void
too_many_frames_end_it(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_CHECK);
	unsigned told;

	(void)state;
	fake_enter(child);
	for (told = 0; told < 1000 && child->state == FAKE_RUNS; told++)
		fake_say(child, FRAME_STEP, "step", "one more");
	assert_in_range(told, 40, 64);
	over(&owner, "internal");
	scene_end(scene);
}

static void
what_is_too_long_ends_it(void **state)
{
	char text[FRAME_REQUEST_MAX_BYTES];
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_CHECK);

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	fake_enter(child);
	fake_say(child, FRAME_STEP, "step", text);
	over(&owner, "internal");
	scene_end(scene);
}

static void
what_the_kernel_lacks_is_logged_once(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_say(child, FRAME_NOTE, "event", JOB_NOTE_SANDBOX);
	assert_true(fake_logged("about=" JOB_NOTE_SANDBOX));
	child = begin(scene, &owner, JOB_LOOKUP);
	fake_say(child, FRAME_NOTE, "event", JOB_NOTE_SANDBOX);
	assert_false(fake_logged("event="));
	scene_end(scene);
}

static void
a_remote_that_was_not_found_is_told_as_out_of_reach(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;

	(void)state;
	fake_fail(begin(scene, &owner, JOB_LOOKUP), "unreachable");
	over(&owner, "unreachable");
	assert_false(owner.end.reached);
	assert_false(owner.end.refused);
	assert_int_equal(scene->unreached, 1);
	assert_string_equal(scene->reason, "unreachable");
	/* not one that was */
	begin(scene, &owner, JOB_LOOKUP);
	fake_reach(scene->children->last);
	fake_fail(scene->children->last, "refused");
	over(&owner, "refused");
	assert_true(owner.end.reached);
	assert_true(owner.end.refused);
	/* nor for the gateway's own fault */
	fake_fail(begin(scene, &owner, JOB_LOOKUP), "internal");
	fake_fail(begin(scene, &owner, JOB_LOOKUP), "abandoned");
	fake_over(begin(scene, &owner, JOB_LOOKUP), CHILD_CLOSED);
	over(&owner, "internal");
	assert_int_equal(scene->unreached, 1);
	scene_end(scene);
}

static void
one_that_takes_too_long_is_over(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child;

	(void)state;
	scene->config->connect_timeout_s = 10;
	begin(scene, &owner, JOB_LOOKUP);
	fake_pass(scene->loop, 39900);
	assert_int_equal(owner.ends, 0);
	fake_pass(scene->loop, 100);
	over(&owner, "timeout");
	assert_int_equal(owner.end.took_ms, 40000);
	assert_int_equal(scene->unreached, 1);
	/* so is one that takes as long for a later job */
	child = begin_idle(scene, &owner, JOB_OPEN);
	fake_pass(scene->loop, 100000);
	connection_ask(owner.connection, JOB_KEYS, NULL, NULL);
	fake_pass(scene->loop, 39900);
	assert_int_equal(owner.ends, 0);
	fake_pass(scene->loop, 100);
	over(&owner, "timeout");
	assert_int_equal(child->state, FAKE_OVER);
	scene_end(scene);
}

static void
the_end_of_an_idle_one_is_nobodys_failure(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;

	(void)state;
	fake_over(begin_idle(scene, &owner, JOB_OPEN), CHILD_CLOSED);
	over(&owner, NULL);
	/* that of one at work is */
	begin_idle(scene, &owner, JOB_OPEN);
	connection_ask(owner.connection, JOB_KEYS, NULL, NULL);
	fake_over(scene->children->last, CHILD_CLOSED);
	over(&owner, "internal");
	/* and if it says something odd */
	fake_over(begin_idle(scene, &owner, JOB_OPEN), CHILD_NONSENSE);
	over(&owner, "internal");
	scene_end(scene);
}

static void
a_lookup_goes_on_without_the_keys_that_it_could_not_read(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_LOOKUP);

	(void)state;
	fake_enter(child);
	fake_say(child, FRAME_REFUSED, "reason", "keys-too-big");
	assert_int_equal(owner.answers, 0);
	in(&owner, PHASE_AT_WORK);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_int_equal(owner.answer, FRAME_OK);
	in(&owner, PHASE_IDLE);
	scene_end(scene);
}

static void
a_probe_ends_when_it_is_there(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_PROBE);

	(void)state;
	fake_reach(child);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_int_equal(owner.ends, 1);
	assert_int_equal(owner.end.last == NULL, false);
	assert_string_equal(owner.reason, "");
	assert_int_equal(child->state, FAKE_CLOSED);
	scene_end(scene);
}

static void
a_check_tells_its_steps(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_CHECK);

	(void)state;
	fake_say(child, FRAME_STEP, "text", "looked up");
	fake_reach(child);
	fake_say(child, FRAME_STEP, "text", "reached");
	assert_int_equal(owner.answers, 2);
	assert_int_equal(owner.answer, FRAME_STEP);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_int_equal(owner.ends, 1);
	assert_string_equal(owner.reason, "");
	scene_end(scene);
}

static void
a_relay_of_its_own_starts_runs_and_ends(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin(scene, &owner, JOB_RELAY);

	(void)state;
	fake_make_ready(child);
	in(&owner, PHASE_HELD);
	assert_true(child->held);
	assert_true(connection_go(owner.connection, &nothing_asked_for, SOME_FD,
	    SOME_UID));
	in(&owner, PHASE_STARTING);
	/* from here on it may outlive the helper */
	assert_false(child->held);
	fake_say(child, FRAME_RUNNING, NULL, NULL);
	in(&owner, PHASE_RUNNING);
	assert_false(child->held);
	/* it takes as long as it takes */
	fake_pass(scene->loop, 200000);
	assert_int_equal(owner.ends, 0);
	fake_say(child, FRAME_OK, "status", "3");
	assert_int_equal(owner.ends, 1);
	assert_string_equal(owner.reason, "");
	scene_end(scene);
}

static void
a_spare_is_held_for_ten_seconds(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_spare(scene, &owner);

	(void)state;
	fake_was_told(child, FRAME_START, "terminal", "1");
	fake_enter(child);
	in(&owner, PHASE_CLEARING);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	assert_int_equal(owner.ready, 2);
	fake_pass(scene->loop, 9900);
	in(&owner, PHASE_HELD);
	fake_pass(scene->loop, 100);
	/* nobody has needed it */
	over(&owner, NULL);

	child = begin_spare(scene, &owner);
	fake_make_ready(child);
	assert_true(connection_go(owner.connection, &nothing_asked_for, SOME_FD,
	    SOME_UID));
	assert_int_equal(fake_told(child)->type, FRAME_GO);
	assert_int_equal(child->fd, SOME_FD);
	assert_int_equal(child->uid, SOME_UID);
	fake_pass(scene->loop, 10000);
	assert_int_equal(owner.ends, 0);
	fake_say(child, FRAME_RUNNING, NULL, NULL);
	in(&owner, PHASE_RUNNING);
	scene_end(scene);
}

static void
one_that_takes_nothing_is_not_begun(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_spare(scene, &owner);

	(void)state;
	fake_make_ready(child);
	child->stuffed = true;
	assert_false(connection_go(owner.connection, &nothing_asked_for,
	    SOME_FD, SOME_UID));
	in(&owner, PHASE_HELD);
	connection_close(owner.connection);
	assert_int_equal(child->state, FAKE_CLOSED);
	scene_end(scene);
}

static void
a_kept_one_makes_a_channel_in_time(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_idle(scene, &owner, JOB_OPEN);

	(void)state;
	connection_hold(owner.connection, &nothing_asked, 3000);
	fake_was_told(child, FRAME_HOLD, NULL, NULL);
	in(&owner, PHASE_CLEARING);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
	in(&owner, PHASE_HELD);
	/* once before, when it was let in */
	assert_int_equal(owner.ready, 2);
	connection_close(owner.connection);

	begin_idle(scene, &owner, JOB_OPEN);
	connection_hold(owner.connection, &nothing_asked, 3000);
	fake_pass(scene->loop, 3000);
	over(&owner, "timeout");
	/* the remote was there long before */
	assert_int_equal(scene->unreached, 0);
	scene_end(scene);
}

static void
what_is_expired_is_too_old_for_its_next_job(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner;
	struct child *child = begin_idle(scene, &owner, JOB_OPEN);
	const int64_t max_ms = (int64_t)scene->config->share_max_age_s * 1000;

	(void)state;
	connection_ask(owner.connection, JOB_KEYS, NULL, NULL);
	connection_expire(owner.connection);
	fake_say_bytes(child, FRAME_TEXT, "", 0);
	assert_true(connection_facts(owner.connection)->began_ms + max_ms <=
	    fake_now_ms);
	connection_close(owner.connection);
	/* also when that was its first */
	child = begin(scene, &owner, JOB_OPEN);
	fake_enter(child);
	connection_expire(owner.connection);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_true(connection_facts(owner.connection)->began_ms + max_ms <=
	    fake_now_ms);
	scene_end(scene);
}

static void
whoever_it_is_given_to_is_told(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owner, other = { 0 };
	struct child *child = begin(scene, &owner, JOB_OPEN);

	(void)state;
	connection_give(owner.connection, &owner_calls, &other);
	other.connection = owner.connection;
	fake_enter(child);
	fake_say(child, FRAME_OK, NULL, NULL);
	assert_int_equal(owner.ready + owner.answers, 0);
	assert_int_equal(other.ready, 1);
	assert_int_equal(other.answers, 1);
	fake_over(child, CHILD_CLOSED);
	assert_int_equal(owner.ends, 0);
	over(&other, NULL);
	scene_end(scene);
}

static void
too_many_that_are_kept_make_the_idlest_go(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owners[3];
	struct child *children[3];

	(void)state;
	scene->config->share_max = 2;
	for (int i = 0; i < 3; i++) {
		children[i] = begin_idle(scene, &owners[i], JOB_OPEN);
		connection_entry(owners[i].connection)->claim = QUEUE_CLAIMED;
		connection_entry(owners[i].connection)->used_ms = 1000 - i;
	}
	connection_ask(owners[2].connection, JOB_KEYS, NULL, NULL);
	pool_make_room(scene->pool);
	over(&owners[1], NULL);
	assert_int_equal(children[1]->state, FAKE_CLOSED);
	assert_int_equal(owners[0].ends + owners[2].ends, 0);
	pool_make_room(scene->pool);
	assert_int_equal(owners[0].ends, 0);
	scene_end(scene);
}

static void
room_is_made_for_an_unclaimed_one_while_one_is_idle(void **state)
{
	struct scene *scene = scene_begin();
	struct owner owners[QUEUE_UNCLAIMED_MAX];

	(void)state;
	for (int i = 0; i < QUEUE_UNCLAIMED_MAX; i++) {
		assert_true(pool_make_unclaimed_room(scene->pool));
		begin_idle(scene, &owners[i], JOB_OPEN);
		connection_entry(owners[i].connection)->claim = QUEUE_UNCLAIMED;
		if (i != 7)
			connection_ask(owners[i].connection, JOB_KEYS, NULL,
			    NULL);
	}
	assert_true(pool_make_unclaimed_room(scene->pool));
	over(&owners[7], NULL);
	begin(scene, &owners[7], JOB_OPEN);
	connection_entry(owners[7].connection)->claim = QUEUE_UNCLAIMED;
	assert_false(pool_make_unclaimed_room(scene->pool));
	scene_end(scene);
}

static void
one_that_is_left_goes_on_and_the_others_are_killed(void **state)
{
	struct scene *scene = scene_begin();
	struct owner left, held, idle, connecting;
	struct child *children[4];

	(void)state;
	children[0] = begin(scene, &left, JOB_RELAY);
	fake_make_ready(children[0]);
	assert_true(connection_go(left.connection, &nothing_asked_for, SOME_FD,
	    SOME_UID));
	children[1] = begin(scene, &held, JOB_RELAY);
	fake_make_ready(children[1]);
	children[2] = begin_idle(scene, &idle, JOB_OPEN);
	children[3] = begin(scene, &connecting, JOB_OPEN);
	connection_leave(left.connection);
	pool_free(scene->pool);
	assert_int_equal(children[0]->state, FAKE_LEFT);
	for (size_t i = 1; i < 4; i++)
		assert_int_equal(children[i]->state, FAKE_KILLED);
	assert_int_equal(left.ends + held.ends + idle.ends + connecting.ends,
	    0);
	scene->pool = NULL;
	scene_end(scene);
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
		cmocka_unit_test(a_connection_begins_when_it_is_its_turn),
		cmocka_unit_test(
		    one_that_is_not_needed_any_more_does_not_begin),
		cmocka_unit_test(without_a_process_it_is_over),
		cmocka_unit_test(
		    eight_connect_and_the_ninth_waits_for_its_turn),
		cmocka_unit_test(a_login_goes_through_its_phases),
		cmocka_unit_test(an_idle_one_does_one_job_after_another),
		cmocka_unit_test(a_second_signature_ends_the_connection),
		cmocka_unit_test(
		    there_is_none_before_the_remote_is_the_right_one_nor_after_login),
		cmocka_unit_test(nor_for_a_spare_that_is_held_or_used),
		cmocka_unit_test(one_with_an_agent_is_lent_whose_it_is),
		cmocka_unit_test(or_else_with_the_gateways_key),
		cmocka_unit_test(nor_for_another_user_or_with_another_key),
		cmocka_unit_test(
		    one_that_has_begun_logs_in_with_the_key_that_it_began_with),
		cmocka_unit_test(also_when_the_key_changes_twice_and_back),
		cmocka_unit_test(one_that_waits_for_its_turn_has_the_new_key),
		cmocka_unit_test(an_old_key_goes_with_the_last_that_may_use_it),
		cmocka_unit_test(what_makes_no_sense_ends_it),
		cmocka_unit_test(a_few_notes_are_logged_and_too_many_end_it),
		cmocka_unit_test(notes_are_logged_so_often_and_no_more),
		cmocka_unit_test(too_many_frames_end_it),
		cmocka_unit_test(what_is_too_long_ends_it),
		cmocka_unit_test(what_the_kernel_lacks_is_logged_once),
		cmocka_unit_test(
		    a_remote_that_was_not_found_is_told_as_out_of_reach),
		cmocka_unit_test(one_that_takes_too_long_is_over),
		cmocka_unit_test(the_end_of_an_idle_one_is_nobodys_failure),
		cmocka_unit_test(
		    a_lookup_goes_on_without_the_keys_that_it_could_not_read),
		cmocka_unit_test(a_probe_ends_when_it_is_there),
		cmocka_unit_test(a_check_tells_its_steps),
		cmocka_unit_test(a_relay_of_its_own_starts_runs_and_ends),
		cmocka_unit_test(a_spare_is_held_for_ten_seconds),
		cmocka_unit_test(one_that_takes_nothing_is_not_begun),
		cmocka_unit_test(a_kept_one_makes_a_channel_in_time),
		cmocka_unit_test(what_is_expired_is_too_old_for_its_next_job),
		cmocka_unit_test(whoever_it_is_given_to_is_told),
		cmocka_unit_test(too_many_that_are_kept_make_the_idlest_go),
		cmocka_unit_test(
		    room_is_made_for_an_unclaimed_one_while_one_is_idle),
		cmocka_unit_test(
		    one_that_is_left_goes_on_and_the_others_are_killed),
	};

	return cmocka_run_group_tests_name("connection", tests, group_begin,
	    NULL);
}
