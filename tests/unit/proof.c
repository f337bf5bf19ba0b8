/*
 * Logins with what the user has: whose turn it is, what they cost, and the
 * connection that is kept of them; and a gateway that has no key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fakegateway.h"

#include "../../helper/gateway/proofs.h"

#define PER_MINUTE 6
#define NEGATIVE_TTL_S 60

struct stage {
	struct scene *scene;
	struct outage outage;
	struct logins_parts parts;
	struct logins *logins;
	struct proofs *proofs;
};

static struct stage
stage_begin(void)
{
	struct stage stage = { .scene = scene_begin(false) };

	outage_init(&stage.outage);
	stage.parts = (struct logins_parts){ .loop = stage.scene->loop,
		.shares = stage.scene->shares,
		.patience = patience_new(),
		.provisional = provisional_new() };
	patience_configure(stage.parts.patience, PER_MINUTE, NEGATIVE_TTL_S);
	return stage;
}

/* The rest of it, which has the address of STAGE. */
static void
stage_make(struct stage *stage)
{
	stage->parts.outage = &stage->outage;
	stage->logins = logins_new(&stage->parts);
	stage->proofs = proofs_new(&stage->parts, stage->scene->pool,
	    stage->logins);
	assert_non_null(stage->proofs);
}

static void
stage_end(struct stage *stage)
{
	proofs_free(stage->proofs);
	logins_free(stage->logins);
	patience_free(stage->parts.patience);
	provisional_free(stage->parts.provisional);
	scene_end(stage->scene);
}

/* A login, and how it was answered. */
struct tried {
	struct proof proof;
	unsigned given, answers;
	enum proof_outcome outcome;
	char reason[32];
};

static void
tried_given(struct proof *proof)
{
	struct tried *tried = proof->asker;

	assert_null(proof->password);
	tried->given++;
}

static void
tried_answer(struct proof *proof, enum proof_outcome outcome,
    const struct refusal *why)
{
	struct tried *tried = proof->asker;

	assert_null(proof->of);
	tried->answers++;
	tried->outcome = outcome;
	if (why != NULL)
		snprintf(tried->reason, sizeof(tried->reason), "%s",
		    why->reason);
}

/* USER, who is known, comes from ADDRESS with a password. */
static void
try_from(struct stage *stage, struct tried *tried, const char *user,
    const char *address)
{
	const bool trusted = tried->proof.trusted;
	const struct refusal *unwanted = tried->proof.unwanted;

	*tried = (struct tried){ .proof = { .kind = PROOF_PASSWORD,
				     .known = true,
				     .trusted = trusted,
				     .unwanted = unwanted,
				     .address = address_read(address),
				     .password = "open sesame",
				     .given = tried_given,
				     .answer = tried_answer,
				     .asker = tried } };
	snprintf(tried->proof.user, sizeof(tried->proof.user), "%s", user);
	proofs_ask(stage->proofs, &tried->proof);
	fake_settle(stage->scene->loop);
}

static void
try(struct stage *stage, struct tried *tried)
{
	try_from(stage, tried, "alice", "192.0.2.7");
}

static void
ended(const struct tried *tried, enum proof_outcome outcome, const char *reason)
{
	assert_int_equal(tried->answers, 1);
	assert_int_equal(tried->outcome, outcome);
	assert_string_equal(tried->reason, reason);
}

/* The remote says no to CHILD. */
static void
turn_away(struct stage *stage, struct child *child)
{
	fake_reach(child);
	outage_told(&stage->outage, true, fake_now_ms);
	fake_fail(child, "wrong-password");
	fake_settle(stage->scene->loop);
}

/* alice is let in.  Returns the process that has her connection. */
static struct child *
let_in(struct stage *stage)
{
	struct tried tried = { 0 };
	struct child *child;

	try(stage, &tried);
	child = stage->scene->children->last;
	enter_done(stage->scene, child);
	ended(&tried, PROOF_GOOD, "");
	return child;
}

static void
the_password_goes_to_the_worker_and_no_key_of_the_gateways(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried = { 0 };
	struct child *child;

	(void)state;
	stage_make(&stage);
	try(&stage, &tried);
	child = last(stage.scene, 1);
	fake_was_told(child, FRAME_START, "password", "open sesame");
	fake_was_told(child, FRAME_START, "user", "alice");
	fake_was_told(child, FRAME_START, "first", "open");
	fake_was_told(child, FRAME_START, "public", NULL);
	assert_int_equal(tried.given, 0);
	fake_reach(child);
	/* so it can be wiped here */
	assert_int_equal(tried.given, 1);
	fake_ask_signature(child, "alice", 0);
	assert_true(fake_logged("event=sign-refused user=alice"));
	fake_settle(stage.scene->loop);
	assert_int_equal(tried.answers, 1);
	assert_int_equal(tried.outcome, PROOF_FAILED);
	assert_int_not_equal(child->state, FAKE_RUNS);
	stage_end(&stage);
}

static void
its_connection_is_kept_for_the_user(void **state)
{
	struct stage stage = stage_begin();
	struct asked session;
	struct child *child;

	(void)state;
	stage_make(&stage);
	child = let_in(&stage);
	ask(stage.scene, &session, JOB_SESSION);
	fake_was_told(child, FRAME_SESSION, NULL, NULL);
	done(stage.scene, child);
	answered(&session, FRAME_OK);
	last(stage.scene, 1);
	stage_end(&stage);
}

static void
of_a_new_name_the_remote_is_asked_what_it_calls_it(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried = { 0 };

	(void)state;
	stage_make(&stage);
	tried.proof = (struct proof){ .kind = PROOF_PASSWORD,
		.user = "carol",
		.vouched = true,
		.password = "open sesame",
		.answer = tried_answer,
		.asker = &tried };
	proofs_ask(stage.proofs, &tried.proof);
	fake_settle(stage.scene->loop);
	fake_was_told(last(stage.scene, 1), FRAME_START, "first", "lookup");
	fake_enter(last(stage.scene, 1));
	fake_fail(last(stage.scene, 1), "other-name");
	fake_settle(stage.scene->loop);
	ended(&tried, PROOF_FAILED, "other-name");
	stage_end(&stage);
}

static void
a_wrong_password_pauses_nobody(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried = { 0 };
	struct asked keys;

	(void)state;
	stage_make(&stage);
	try(&stage, &tried);
	turn_away(&stage, last(stage.scene, 1));
	ended(&tried, PROOF_WRONG, "wrong-password");
	assert_false(
	    patience_is_paused(stage.parts.patience, "alice", fake_now_ms));
	/* neither the next try nor those who come with keys */
	ask(stage.scene, &keys, JOB_KEYS);
	last(stage.scene, 2);
	try(&stage, &tried);
	enter_done(stage.scene, last(stage.scene, 3));
	ended(&tried, PROOF_GOOD, "");
	stage_end(&stage);
}

/* What the remote says no to is bounded, from whatever addresses it comes. */
static void
guesses_are_as_few_as_the_remote_puts_up_with(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried[8] = { 0 };
	char address[] = "192.0.2.0";
	size_t began = 0;

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < 8; i++) {
		address[8] = (char)('0' + i);
		try_from(&stage, &tried[i], "alice", address);
		if (stage.scene->children->count > began) {
			began = stage.scene->children->count;
			turn_away(&stage, stage.scene->children->last);
		}
	}
	/* as many as are had at once, of those who are known and of the others */
	assert_in_range(began, 1, 3);
	fake_pass(stage.scene->loop, 20000);
	for (size_t i = 0; i < 8; i++) {
		if (tried[i].answers == 0)
			turn_away(&stage, stage.scene->children->last);
		assert_int_equal(tried[i].answers, 1);
		if (tried[i].outcome != PROOF_WRONG)
			ended(&tried[i], PROOF_FAILED, "too-many");
	}
	assert_in_range(stage.scene->children->count, began, began + 3);
	stage_end(&stage);
}

static void
whoever_is_trusted_does_not_wait_behind_guesses(void **state)
{
	struct stage stage = stage_begin();
	struct tried guess[6] = { 0 }, bobs = { 0 };
	size_t began;

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < 6; i++) {
		try_from(&stage, &guess[i], "alice", "192.0.2.66");
		if (guess[i].proof.state == PROOF_GOES)
			turn_away(&stage, stage.scene->children->last);
	}
	assert_int_equal(guess[5].answers, 0);
	began = stage.scene->children->count;
	bobs.proof.trusted = true;
	try_from(&stage, &bobs, "bob", "192.0.2.7");
	assert_int_equal(stage.scene->children->count, began + 1);
	enter_done(stage.scene, stage.scene->children->last);
	ended(&bobs, PROOF_GOOD, "");
	stage_end(&stage);
}

static void
a_remote_that_says_nothing_keeps_few_waiting(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried[4] = { 0 };
	unsigned waiting = 0;

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < 4; i++)
		try_from(&stage, &tried[i], "alice", "192.0.2.7");
	fake_pass(stage.scene->loop, OUTAGE_SILENT_MS + 1000);
	for (size_t i = 0; i < 4; i++) {
		waiting += tried[i].answers == 0;
		if (tried[i].answers > 0)
			ended(&tried[i], PROOF_FAILED, "busy");
	}
	assert_int_equal(waiting, 2);
	for (size_t i = 0; i < 4; i++)
		proofs_forget(&tried[i].proof);
	stage_end(&stage);
}

static void
no_password_is_tried_while_the_remote_is_gone(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried = { 0 }, known = { 0 };

	(void)state;
	stage_make(&stage);
	stage.outage.down = true;
	tried.proof = (struct proof){ .kind = PROOF_PASSWORD,
		.user = "carol",
		.password = "open sesame",
		.answer = tried_answer,
		.asker = &tried };
	proofs_ask(stage.proofs, &tried.proof);
	ended(&tried, PROOF_FAILED, "unreachable");
	try(&stage, &known);
	ended(&known, PROOF_FAILED, "unreachable");
	last(stage.scene, 0);
	stage_end(&stage);
}

static void
a_login_that_is_given_up_is_not_answered(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried = { 0 };
	struct child *child;

	(void)state;
	stage_make(&stage);
	try(&stage, &tried);
	child = last(stage.scene, 1);
	fake_reach(child);
	proofs_forget(&tried.proof);
	assert_int_not_equal(child->state, FAKE_RUNS);
	proofs_forget(&tried.proof);
	fake_pass(stage.scene->loop, 30000);
	assert_int_equal(tried.answers, 0);
	stage_end(&stage);
}

/* Nobody who looks at the clock learns which names may come. */
static void
a_name_that_gets_in_by_none_takes_as_long_as_a_wrong_one(void **state)
{
	static const struct refusal reserved = { .reason = "reserved" };
	struct stage stage = stage_begin();
	struct tried wrong = { 0 }, tried = { 0 };

	(void)state;
	stage_make(&stage);
	try(&stage, &wrong);
	fake_pass(stage.scene->loop, 2345);
	turn_away(&stage, stage.scene->children->last);
	ended(&wrong, PROOF_WRONG, "wrong-password");
	tried.proof.unwanted = &reserved;
	try_from(&stage, &tried, "mallory", "192.0.2.8");
	fake_pass(stage.scene->loop, 2344);
	assert_int_equal(tried.given, 1);
	assert_int_equal(tried.answers, 0);
	fake_pass(stage.scene->loop, 1);
	ended(&tried, PROOF_WRONG, "reserved");
	last(stage.scene, 1);
	/* one that is given up */
	try_from(&stage, &tried, "mallory", "192.0.2.8");
	proofs_forget(&tried.proof);
	stage_end(&stage);
}

static void
no_password_waits_for_long_before_sshd_lets_in(void **state)
{
	struct stage stage = stage_begin();
	struct tried guess[6] = { 0 };

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < 6; i++) {
		try_from(&stage, &guess[i], "alice", "192.0.2.66");
		if (guess[i].proof.state == PROOF_GOES)
			turn_away(&stage, stage.scene->children->last);
	}
	fake_pass(stage.scene->loop, 11999);
	assert_int_equal(guess[5].answers, 0);
	fake_pass(stage.scene->loop, 1);
	ended(&guess[5], PROOF_FAILED, "too-many");
	stage_end(&stage);
}

/* By other settings it would not have been begun, or somewhere else. */
static void
what_is_under_way_when_the_settings_change_fails(void **state)
{
	struct stage stage = stage_begin();
	struct tried in = { 0 }, waits[8];
	struct child *child;

	(void)state;
	stage_make(&stage);
	try(&stage, &in);
	child = last(stage.scene, 1);
	fake_reach(child);
	for (size_t i = 0; i < 8; i++) {
		waits[i] = (struct tried){ 0 };
		try_from(&stage, &waits[i], "bob", "192.0.2.8");
	}
	proofs_configure(stage.proofs);
	fake_settle(stage.scene->loop);
	ended(&in, PROOF_FAILED, "reloaded");
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(waits[i].answers, 1);
	assert_int_not_equal(child->state, FAKE_RUNS);
	assert_null(shares_find(stage.scene->shares, "alice", 0));
	stage_end(&stage);
}

/*
 * What is kept
 */

static void
whoever_waits_for_another_connection_gets_that_one(void **state)
{
	struct stage stage = stage_begin();
	struct asked session;
	struct child *first, *own;

	(void)state;
	stage_make(&stage);
	ask(stage.scene, &session, JOB_SESSION);
	first = last(stage.scene, 1);
	own = let_in(&stage);
	/* the gateway's key may not open what the password has opened */
	assert_int_equal(first->state, FAKE_CLOSED);
	fake_was_told(own, FRAME_SESSION, NULL, NULL);
	done(stage.scene, own);
	answered(&session, FRAME_OK);
	last(stage.scene, 2);
	stage_end(&stage);
}

static void
it_takes_the_place_of_one_that_is_at_work_afterwards(void **state)
{
	struct stage stage = stage_begin();
	struct asked session;
	struct child *first, *own;

	(void)state;
	stage_make(&stage);
	first = begin_session(stage.scene);
	ask(stage.scene, &session, JOB_SESSION);
	own = let_in(&stage);
	assert_int_equal(first->state, FAKE_RUNS);
	done(stage.scene, first);
	answered(&session, FRAME_OK);
	assert_int_equal(first->state, FAKE_CLOSED);
	ask(stage.scene, &session, JOB_SESSION);
	fake_was_told(own, FRAME_SESSION, NULL, NULL);
	stage_end(&stage);
}

static void
it_is_never_renewed_and_ends_when_it_is_too_old(void **state)
{
	struct stage stage = stage_begin();
	struct asked session;
	struct child *own;

	(void)state;
	stage_make(&stage);
	own = let_in(&stage);
	for (int age_s = 0; age_s < 300; age_s += 50) {
		ask(stage.scene, &session, JOB_SESSION);
		done(stage.scene, own);
		answered(&session, FRAME_OK);
		fake_pass(stage.scene->loop, 50000);
		last(stage.scene, 1);
	}
	assert_int_equal(own->state, FAKE_CLOSED);
	stage_end(&stage);
}

/* Whatever the settings say of what is kept. */
static void
it_stays_till_its_login_has_come(void **state)
{
	struct stage stage = stage_begin();
	struct tried bobs = { 0 };
	struct asked session;
	struct child *alices;

	(void)state;
	stage.scene->config->share_idle_s = 0;
	stage.scene->config->share_max_age_s = 10;
	stage.scene->config->share_max = 1;
	stage_make(&stage);
	alices = let_in(&stage);
	try_from(&stage, &bobs, "bob", "192.0.2.8");
	enter_done(stage.scene, stage.scene->children->last);
	ended(&bobs, PROOF_GOOD, "");
	fake_pass(stage.scene->loop, 60000);
	assert_int_equal(alices->state, FAKE_RUNS);
	ask(stage.scene, &session, JOB_SESSION);
	fake_was_told(alices, FRAME_SESSION, NULL, NULL);
	done(stage.scene, alices);
	answered(&session, FRAME_OK);
	fake_settle(stage.scene->loop);
	assert_int_equal(alices->state, FAKE_CLOSED);
	/* nor longer than that */
	assert_int_equal(stage.scene->children->last->state, FAKE_RUNS);
	fake_pass(stage.scene->loop, 60000);
	assert_int_equal(stage.scene->children->last->state, FAKE_CLOSED);
	stage_end(&stage);
}

static void
a_no_to_the_gateways_key_does_not_end_it(void **state)
{
	struct stage stage = stage_begin();
	struct child *own;

	(void)state;
	stage_make(&stage);
	own = let_in(&stage);
	say_no(stage.scene);
	assert_int_equal(own->state, FAKE_RUNS);
	stage_end(&stage);
}

static void
lent_stage_deny(struct loan *loan, const struct frame *refusal)
{
	(void)loan;
	(void)refusal;
	fail();
}

static void
lent_stage_lend(struct loan *loan, struct connection *connection)
{
	struct connection **lent = loan->borrower;

	*lent = connection;
}

static void
when_it_is_lent_no_other_takes_its_place(void **state)
{
	struct stage stage = stage_begin();
	struct connection *lent = NULL;
	struct loan loan = { .lend = lent_stage_lend,
		.deny = lent_stage_deny,
		.borrower = &lent };

	(void)state;
	stage_make(&stage);
	let_in(&stage);
	assert_true(share_borrow(shares_find(stage.scene->shares, "alice", 0),
	    &loan, 1000));
	assert_non_null(lent);
	fake_pass(stage.scene->loop, 5000);
	last(stage.scene, 1);
	connection_close(lent);
	stage_end(&stage);
}

/* Each login has what it has opened itself, whatever the other one waits for. */
static void
of_two_logins_at_once_both_get_a_connection(void **state)
{
	struct stage stage = stage_begin();
	struct connection *lent[3] = { NULL };
	struct loan loans[3];
	struct asked session;
	struct child *first, *second;

	(void)state;
	stage_make(&stage);
	first = let_in(&stage);
	second = let_in(&stage);
	assert_int_equal(first->state, FAKE_RUNS);
	/* one of them is at work, or will be when there is a verdict */
	ask(stage.scene, &session, JOB_SESSION);
	for (size_t i = 0; i < 3; i++)
		loans[i] = (struct loan){ .lend = lent_stage_lend,
			.deny = lent_stage_deny,
			.borrower = &lent[i] };
	assert_true(share_borrow(shares_find(stage.scene->shares, "alice", 0),
	    &loans[0], 1000));
	assert_non_null(lent[0]);
	assert_int_equal(first->state, FAKE_RUNS);
	assert_int_equal(second->state, FAKE_RUNS);
	done(stage.scene, first);
	answered(&session, FRAME_OK);
	assert_true(share_borrow(shares_find(stage.scene->shares, "alice", 0),
	    &loans[1], 1000));
	assert_non_null(lent[1]);
	assert_false(share_borrow(shares_find(stage.scene->shares, "alice", 0),
	    &loans[2], 1000));
	connection_close(lent[0]);
	connection_close(lent[1]);
	stage_end(&stage);
}

/*
 * A gateway without a key
 */

static void
without_a_key_nobody_is_connected_for_who_has_nothing(void **state)
{
	struct stage stage = stage_begin();
	struct asked session;

	(void)state;
	stage_make(&stage);
	assert_true(
	    pool_configure(stage.scene->pool, stage.scene->config, NULL));
	ask(stage.scene, &session, JOB_SESSION);
	refused(&session, "no-credential");
	last(stage.scene, 0);
	/* and none is left from before, or made for later */
	fake_pass(stage.scene->loop, 30000);
	last(stage.scene, 0);
	stage_end(&stage);
}

static void
without_a_key_a_password_opens_a_session_and_that_alone(void **state)
{
	struct stage stage = stage_begin();
	struct asked session;
	struct child *own;

	(void)state;
	stage_make(&stage);
	assert_true(
	    pool_configure(stage.scene->pool, stage.scene->config, NULL));
	own = let_in(&stage);
	ask(stage.scene, &session, JOB_SESSION);
	done(stage.scene, own);
	answered(&session, FRAME_OK);
	/* the remote hangs up: there is none like it */
	ask(stage.scene, &session, JOB_SESSION);
	fake_say(own, FRAME_REFUSED, "ends", "1");
	fake_settle(stage.scene->loop);
	refused(&session, "no-credential");
	last(stage.scene, 1);
	stage_end(&stage);
}

/* USER comes from ADDRESS with an agent, and may be TRUSTED to be the user. */
static void
try_agent(struct stage *stage, struct tried *tried, const char *user,
    const char *address, bool trusted)
{
	*tried = (struct tried){ .proof = { .kind = PROOF_AGENT,
				     .known = true,
				     .trusted = trusted,
				     .address = address_read(address),
				     .agent_fd = 7,
				     .agent_uid = 65537,
				     .given = tried_given,
				     .answer = tried_answer,
				     .asker = tried } };
	snprintf(tried->proof.user, sizeof(tried->proof.user), "%s", user);
	proofs_ask(stage->proofs, &tried->proof);
	fake_settle(stage->scene->loop);
}

static void
agents_that_do_not_answer_keep_nobody_else(void **state)
{
	struct stage stage = stage_begin();
	struct tried hers[3], his, other;
	struct child *first;

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < 3; i++) {
		try_agent(&stage, &hers[i], "alice", "192.0.2.7", true);
		if (i == 0)
			fake_reach(last(stage.scene, 1));
		assert_int_equal(hers[i].given, i == 0);
	}
	/* two of hers wait, and others don't, nor is there a token less */
	first = last(stage.scene, 1);
	try_agent(&stage, &his, "bob", "192.0.2.7", true);
	fake_reach(last(stage.scene, 2));
	try_agent(&stage, &other, "alice", "192.0.2.8", true);
	fake_reach(last(stage.scene, 3));
	/* when one of hers is over the next is tried, in their order */
	fake_fail(first, "agent-silent");
	fake_settle(stage.scene->loop);
	ended(&hers[0], PROOF_FAILED, "agent-silent");
	proofs_forget(&other.proof);
	fake_pass(stage.scene->loop, ASKERS_VAIN_MS);
	last(stage.scene, 4);
	assert_int_equal(hers[1].proof.state, PROOF_GOES);
	assert_int_equal(hers[2].proof.state, PROOF_STANDS);
	/* and the last does not wait for ever */
	fake_pass(stage.scene->loop, 20000);
	ended(&hers[2], PROOF_FAILED, "busy");
	assert_true(patience_is_calm(stage.parts.patience, fake_now_ms));
	stage_end(&stage);
}

/* Whoever keeps all places has them for a while only. */
static void
those_that_keep_all_places_give_way(void **state)
{
	struct stage stage = stage_begin();
	struct tried names[4], his;
	char name[] = "name0", address[] = "192.0.2.0";

	(void)state;
	stage_make(&stage);
	for (size_t i = 0; i < 4; i++) {
		name[4] = (char)('0' + i);
		address[8] = (char)('0' + i / 2);
		try_agent(&stage, &names[i], name, address, false);
		fake_reach(last(stage.scene, i + 1));
	}
	try_agent(&stage, &his, "bob", "192.0.2.7", false);
	last(stage.scene, 4);
	fake_pass(stage.scene->loop, ASKERS_YIELD_MS);
	ended(&names[0], PROOF_FAILED, "agent-silent");
	fake_pass(stage.scene->loop, ASKERS_VAIN_MS);
	assert_int_equal(his.proof.state, PROOF_GOES);
	stage_end(&stage);
}

/* What the remote has refused of a login that is given up counts all the same. */
static void
who_leaves_has_what_was_refused_counted(void **state)
{
	struct stage stage = stage_begin();
	struct tried tried;
	struct child *child;

	(void)state;
	stage_make(&stage);
	try_agent(&stage, &tried, "alice", "192.0.2.7", true);
	child = last(stage.scene, 1);
	fake_reach(child);
	proofs_forget(&tried.proof);
	assert_int_equal(child->state, FAKE_RUNS);
	fake_fail(child, "abandoned");
	assert_true(patience_is_calm(stage.parts.patience, fake_now_ms));
	fake_pass(stage.scene->loop, ASKERS_VAIN_MS);
	try_agent(&stage, &tried, "alice", "192.0.2.7", true);
	child = last(stage.scene, 2);
	fake_reach(child);
	proofs_forget(&tried.proof);
	fake_fail(child, "refused");
	assert_false(patience_is_calm(stage.parts.patience, fake_now_ms));
	stage_end(&stage);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_password_goes_to_the_worker_and_no_key_of_the_gateways),
		cmocka_unit_test(its_connection_is_kept_for_the_user),
		cmocka_unit_test(
		    of_a_new_name_the_remote_is_asked_what_it_calls_it),
		cmocka_unit_test(a_wrong_password_pauses_nobody),
		cmocka_unit_test(guesses_are_as_few_as_the_remote_puts_up_with),
		cmocka_unit_test(
		    whoever_is_trusted_does_not_wait_behind_guesses),
		cmocka_unit_test(a_remote_that_says_nothing_keeps_few_waiting),
		cmocka_unit_test(no_password_is_tried_while_the_remote_is_gone),
		cmocka_unit_test(a_login_that_is_given_up_is_not_answered),
		cmocka_unit_test(
		    a_name_that_gets_in_by_none_takes_as_long_as_a_wrong_one),
		cmocka_unit_test(
		    no_password_waits_for_long_before_sshd_lets_in),
		cmocka_unit_test(
		    what_is_under_way_when_the_settings_change_fails),
		cmocka_unit_test(
		    whoever_waits_for_another_connection_gets_that_one),
		cmocka_unit_test(
		    it_takes_the_place_of_one_that_is_at_work_afterwards),
		cmocka_unit_test(
		    it_is_never_renewed_and_ends_when_it_is_too_old),
		cmocka_unit_test(it_stays_till_its_login_has_come),
		cmocka_unit_test(a_no_to_the_gateways_key_does_not_end_it),
		cmocka_unit_test(when_it_is_lent_no_other_takes_its_place),
		cmocka_unit_test(of_two_logins_at_once_both_get_a_connection),
		cmocka_unit_test(
		    without_a_key_nobody_is_connected_for_who_has_nothing),
		cmocka_unit_test(
		    without_a_key_a_password_opens_a_session_and_that_alone),
		cmocka_unit_test(agents_that_do_not_answer_keep_nobody_else),
		cmocka_unit_test(those_that_keep_all_places_give_way),
		cmocka_unit_test(who_leaves_has_what_was_refused_counted),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("proof", tests, NULL, NULL);
}
