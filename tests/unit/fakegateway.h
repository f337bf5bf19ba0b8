#ifndef MOSHGATE_FAKEGATEWAY_H
#define MOSHGATE_FAKEGATEWAY_H

/*
 * For tests of what is kept for users: the shares and the relays, with all that
 * is below them, and without any process.
 */

#include "fakechild.h"

#include "../../helper/gateway/carry.h"

struct scene {
	struct loop *loop;
	struct children *children;
	struct config *config;
	struct trial *trial;
	struct pool *pool;
	struct shares *shares;
	struct carries *carries;
};

static inline void
scene_reached(void *context, const char *address, const struct refusal *refusal)
{
	struct scene *scene = context;

	(void)refusal;
	if (address != NULL)
		trial_address(scene->trial, address);
}

static inline void
scene_changed(void *context)
{
	struct scene *scene = context;

	shares_touch(scene->shares);
	carries_touch(scene->carries);
}

/* As server.c does. */
static inline void
scene_on_trial(void *context)
{
	struct scene *scene = context;

	if (!trial_news(scene->trial)) {
		carries_touch(scene->carries);
		return;
	}
	if (reach_is_good(trial_reach(scene->trial), clock_now_ms()))
		carries_end_spares(scene->carries);
	shares_resume(scene->shares);
}

/* A gateway that tries UDP if it FALLS_BACK. */
static inline struct scene *
scene_begin(bool falls_back)
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
	scene->config->fallback = falls_back;
	scene->trial = trial_new(scene->loop, scene->children, scene->config,
	    scene_on_trial, scene);
	scene->pool = pool_new(scene->loop, scene->children, scene->config,
	    fake_signer(0), &events, scene);
	scene->shares = shares_new(scene->loop, scene->pool, scene->trial);
	scene->carries = carries_new(scene->loop, scene->pool, scene->shares,
	    scene->trial);
	assert_non_null(scene->carries);
	return scene;
}

static inline void
scene_end(struct scene *scene)
{
	carries_end_spares(scene->carries);
	carries_free(scene->carries);
	shares_free(scene->shares);
	pool_free(scene->pool);
	trial_free(scene->trial);
	children_free(scene->children);
	loop_free(scene->loop);
	config_free(scene->config);
	free(scene);
}

/* A request of alice's, and how it was answered. */
struct asked {
	struct scene *scene;
	struct waiter request;
	unsigned answers;
	bool accepted, reached;
	enum frame_type type;
	char reason[32];
};

static inline void
asked_answer(struct waiter *request, const struct frame *answer, bool reached)
{
	struct asked *asked = request->asker;

	if (answer->type == FRAME_ACCEPTED) {
		asked->accepted = true;
		return;
	}
	asked->answers++;
	asked->type = answer->type;
	asked->reached = reached;
	if (answer->type == FRAME_REFUSED) {
		const struct refusal why = refusal_read(answer);

		snprintf(asked->reason, sizeof(asked->reason), "%s",
		    why.reason);
	}
}

static char nothing_asked_body[1];
static const struct frame nothing_asked = { .body = nothing_asked_body };

/* ASKED wants WANT, and all is done for it that can be. */
static inline void
ask(struct scene *scene, struct asked *asked, enum job want)
{
	*asked = (struct asked){ .scene = scene,
		.request = { .want = want,
		    .user = "alice",
		    .asked = &nothing_asked,
		    .answer = asked_answer,
		    .asker = asked } };
	shares_ask(scene->shares, &asked->request);
	fake_settle(scene->loop);
}

/* It was answered, once. */
static inline void
answered(const struct asked *asked, enum frame_type type)
{
	assert_int_equal(asked->answers, 1);
	assert_int_equal(asked->type, type);
}

static inline void
refused(const struct asked *asked, const char *reason)
{
	answered(asked, FRAME_REFUSED);
	assert_string_equal(asked->reason, reason);
}

/* The process that was started last, of COUNT that there were. */
static inline struct child *
last(const struct scene *scene, size_t count)
{
	assert_int_equal(scene->children->count, count);
	return scene->children->last;
}

/* CHILD has done its job. */
static inline void
done(struct scene *scene, struct child *child)
{
	fake_say(child, FRAME_OK, NULL, NULL);
	fake_settle(scene->loop);
}

/* CHILD is let in, and has done its first job. */
static inline void
enter_done(struct scene *scene, struct child *child)
{
	fake_enter(child);
	done(scene, child);
}

/* alice has a session: the first of this scene.  Returns its process. */
static inline struct child *
begin_session(struct scene *scene)
{
	struct asked session;
	struct child *child;

	ask(scene, &session, JOB_SESSION);
	child = last(scene, 1);
	enter_done(scene, child);
	answered(&session, FRAME_OK);
	return child;
}

/* The remote has said no for alice, to somebody else. */
static inline void
say_no(struct scene *scene)
{
	const struct refusal why = { .reason = "refused" };
	struct fields fields = { 0 };
	const struct frame frame = refusal_frame(&why, &fields);
	struct share *share = shares_get(scene->shares, "alice", 0);

	assert_non_null(share);
	share_refused(share, &frame);
	fields_free(&fields);
	fake_settle(scene->loop);
}

#endif
