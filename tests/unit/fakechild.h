#ifndef MOSHGATE_FAKECHILD_H
#define MOSHGATE_FAKECHILD_H

/*
 * For tests of what stands on child.h: its functions without any process, a
 * clock that stands still, and a log that is read.  What is defined here takes
 * the place of the real objects, so that a test includes this once.
 */

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/gateway/child.h"
#include "../../helper/gateway/signer.h"
#include "../../helper/log.h"
#include "../../helper/loop.h"
#include "../../helper/refusal.h"
#include "../../shim/lib/clock.h"

#define FAKE_START_MS INT64_C(1000000)
#define FAKE_STEP_MS 100 /* by which time passes */
#define FAKE_TOLD_MAX 64
#define FAKE_ADDRESS "192.0.2.1"

/*
 * Time
 */

static int64_t fake_now_ms = FAKE_START_MS;

int64_t
clock_now_ms(void)
{
	return fake_now_ms;
}

/*
 * The log
 */

static char fake_log[16384];

void
log_open(bool to_stderr)
{
	(void)to_stderr;
}

int
log_give(void)
{
	return -1;
}

void
log_event(int level, const char *event, ...)
{
	size_t len = strlen(fake_log);
	const char *name;
	va_list args;

	(void)level;
	snprintf(fake_log + len, sizeof(fake_log) - len, "event=%s", event);
	va_start(args, event);
	while ((name = va_arg(args, const char *)) != NULL) {
		const char *value = va_arg(args, const char *);

		len = strlen(fake_log);
		if (value != NULL)
			snprintf(fake_log + len, sizeof(fake_log) - len,
			    " %s=%s", name, value);
	}
	va_end(args);
	len = strlen(fake_log);
	snprintf(fake_log + len, sizeof(fake_log) - len, "\n");
}

/* True if TEXT has been logged since this was asked last. */
static inline bool
fake_logged(const char *text)
{
	const bool logged = strstr(fake_log, text) != NULL;

	fake_log[0] = '\0';
	return logged;
}

/*
 * Processes
 */

enum fake_state {
	FAKE_RUNS,
	FAKE_CLOSED, /* its owner has let go of it */
	FAKE_KILLED, /* and had it killed */
	FAKE_LEFT,   /* and has it go on */
	FAKE_OVER,   /* it was over by itself */
};

struct child {
	struct child *next; /* the one that was started before it */
	struct children *children;
	enum fake_state state;
	enum reexec_kind kind;
	bool held;    /* it ends with the helper */
	uid_t uid;    /* who is to blame if it hangs */
	bool stuffed; /* it takes nothing of what is sent */
	int fd; /* the first that came with what it was told last, or -1 */
	struct frame told[FAKE_TOLD_MAX]; /* what it has been told */
	size_t told_count;
	struct loop_timer timer;
	const struct child_owner *owner;
	void *context;
};

struct children {
	struct loop *loop;
	struct child *last; /* the one that was started last */
	size_t count;
	bool full;     /* no process can be started */
	size_t ending; /* so many are said to have been let go of */
};

struct children *
children_new(struct loop *loop, struct closers *closers)
{
	struct children *children = calloc(1, sizeof(*children));

	(void)closers;
	assert_non_null(children);
	children->loop = loop;
	return children;
}

void
children_free(struct children *children)
{
	while (children->last != NULL) {
		struct child *child = children->last;

		children->last = child->next;
		loop_at(children->loop, &child->timer, INT64_MAX);
		while (child->told_count > 0)
			frame_free(&child->told[--child->told_count]);
		free(child);
	}
	free(children);
}

bool
children_reap(struct children *children, pid_t pid)
{
	(void)children;
	(void)pid;
	return false;
}

size_t
children_ending(const struct children *children, enum reexec_kind kind)
{
	(void)kind;
	return children->ending;
}

static inline void
fake_over(struct child *child, enum child_end end)
{
	assert_int_equal(child->state, FAKE_RUNS);
	child->state = FAKE_OVER;
	loop_at(child->children->loop, &child->timer, INT64_MAX);
	child->owner->on_end(child->context, end);
}

static inline void
fake_fire(void *context, int64_t now_ms)
{
	(void)now_ms;
	fake_over(context, CHILD_LATE);
}

struct child *
child_start(struct children *children, const struct reexec *what,
    const struct child_owner *owner, void *context)
{
	struct child *child;

	if (children->full) {
		errno = EAGAIN;
		return NULL;
	}
	child = calloc(1, sizeof(*child));
	assert_non_null(child);
	child->children = children;
	child->kind = what->kind;
	child->held = true;
	child->owner = owner;
	child->context = context;
	child->timer.fire = fake_fire;
	child->timer.context = child;
	child->next = children->last;
	children->last = child;
	children->count++;
	return child;
}

bool
child_send(struct child *child, enum frame_type type, const char *body,
    size_t len)
{
	struct frame *told = &child->told[child->told_count++];

	assert_int_equal(child->state, FAKE_RUNS);
	assert_true(child->told_count <= FAKE_TOLD_MAX);
	*told = (struct frame){ .type = type,
		.body = malloc(len + 1),
		.len = len };
	assert_non_null(told->body);
	if (len > 0)
		memcpy(told->body, body, len);
	told->body[len] = '\0';
	child->fd = -1;
	return true;
}

void
child_tell(struct child *child, enum frame_type type,
    const struct fields *fields)
{
	assert_false(fields->failed);
	child_send(child, type, fields->text, fields->len);
}

bool
child_tell_fds(struct child *child, enum frame_type type,
    const struct fields *fields, const int *fds, size_t count)
{
	assert_true(count > 0);
	if (child->stuffed)
		return false;
	child_tell(child, type, fields);
	child->fd = fds[0];
	return true;
}

bool
child_has_taken_all(const struct child *child)
{
	return !child->stuffed;
}

void
child_blame(struct child *child, uid_t uid)
{
	child->uid = uid;
}

void
child_deadline(struct child *child, int64_t at_ms)
{
	assert_int_equal(child->state, FAKE_RUNS);
	loop_at(child->children->loop, &child->timer, at_ms);
}

void
child_close(struct child *child)
{
	if (child->state != FAKE_RUNS)
		return;
	child->state = FAKE_CLOSED;
	loop_at(child->children->loop, &child->timer, INT64_MAX);
}

void
child_kill(struct child *child)
{
	child_close(child);
	child->state = FAKE_KILLED;
}

void
child_hold(struct child *child, bool held)
{
	child->held = held;
}

void
child_leave(struct child *child)
{
	child->held = false;
	child_close(child);
	child->state = FAKE_LEFT;
}

/*
 * What a test has its processes do
 */

/* CHILD says a frame of TYPE; if it makes no sense, that is its end. */
static inline void
fake_say_bytes(struct child *child, enum frame_type type, const void *bytes,
    size_t len)
{
	struct frame frame = { .type = type,
		.body = malloc(len + 1),
		.len = len };

	assert_int_equal(child->state, FAKE_RUNS);
	assert_non_null(frame.body);
	if (len > 0)
		memcpy(frame.body, bytes, len);
	frame.body[len] = '\0';
	if (!child->owner->on_frame(child->context, &frame) &&
	    child->state == FAKE_RUNS)
		fake_over(child, CHILD_NONSENSE);
	frame_free(&frame);
}

/* The same with one field, or with none, if NAME is NULL. */
static inline void
fake_say(struct child *child, enum frame_type type, const char *name,
    const char *value)
{
	struct fields fields = { 0 };

	if (name != NULL && value != NULL)
		fields_add(&fields, name, value);
	fake_say_bytes(child, type, fields.text, fields.len);
	fields_free(&fields);
}

/* The remote is there, and it is the right one. */
static inline void
fake_reach(struct child *child)
{
	fake_say(child, FRAME_REACHED, "address", FAKE_ADDRESS);
}

/* It is reached, and lets the user in. */
static inline void
fake_enter(struct child *child)
{
	fake_reach(child);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
}

/* The same, and it has a channel for a relay. */
static inline void
fake_make_ready(struct child *child)
{
	fake_enter(child);
	fake_say(child, FRAME_ACCEPTED, NULL, NULL);
}

/* CHILD fails for REASON, and is over. */
static inline void
fake_fail(struct child *child, const char *reason)
{
	const struct refusal why = { .reason = reason };
	struct fields fields = { 0 };
	struct frame frame = refusal_frame(&why, &fields);

	fields_add(&fields, "ends", "1");
	frame.body = fields.text;
	frame.len = fields.len;
	fake_say_bytes(child, FRAME_REFUSED, frame.body, frame.len);
	fields_free(&fields);
}

/* What CHILD was told last. */
static inline const struct frame *
fake_told(const struct child *child)
{
	assert_true(child->told_count > 0);
	return &child->told[child->told_count - 1];
}

/* It was told a frame of TYPE last, with VALUE in the field NAME, or none. */
static inline void
fake_was_told(const struct child *child, enum frame_type type, const char *name,
    const char *value)
{
	const struct frame *told = fake_told(child);
	const char *got;

	assert_int_equal(told->type, type);
	if (name == NULL)
		return;
	assert_true(fields_wellformed(told));
	got = fields_get(told, name);
	if (value == NULL) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, value);
}

/*
 * The loop
 */

/* A timer that is always due, so that the loop never waits. */
struct fake_waker {
	struct loop *loop;
	struct loop_timer timer;
};

static inline void
fake_wake(void *context, int64_t now_ms)
{
	struct fake_waker *waker = context;

	loop_at(waker->loop, &waker->timer, now_ms);
}

/* Let LOOP run all that is due by now, and what follows from that. */
static inline void
fake_settle(struct loop *loop)
{
	struct fake_waker waker = { .loop = loop,
		.timer = { .fire = fake_wake, .context = &waker } };

	loop_at(loop, &waker.timer, fake_now_ms);
	for (int i = 0; i < 6; i++)
		loop_turn(loop);
	loop_at(loop, &waker.timer, INT64_MAX);
}

/* MS pass. */
static inline void
fake_pass(struct loop *loop, int64_t ms)
{
	for (; ms > 0; ms -= FAKE_STEP_MS) {
		fake_now_ms += ms < FAKE_STEP_MS ? ms : FAKE_STEP_MS;
		fake_settle(loop);
	}
}

/*
 * The gateway's key
 */

/* The key NUMBER, of two; for signer_close(). */
static inline struct signer *
fake_signer(int number)
{
	static const char *const keys[] = {
		"MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC",
		"MC4CAQAwBQYDK2VwBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g",
	};
	char text[256], error[SIGNER_ERROR_BYTES] = "";
	const int len = snprintf(text, sizeof(text),
	    "-----BEGIN PRIVATE KEY-----\n%s\n-----END PRIVATE KEY-----\n",
	    keys[number]);
	struct signer *signer = signer_parse("k", text, (size_t)len, error);

	if (signer == NULL)
		fail_msg("%s", error);
	return signer;
}

/* Add a string (RFC 4251, section 5) to OUT, of which *LEN bytes are used. */
static inline void
fake_add_string(unsigned char *out, size_t *len, const void *bytes, size_t n)
{
	out[*len] = out[*len + 1] = out[*len + 2] = 0;
	out[*len + 3] = (unsigned char)n;
	memcpy(out + *len + 4, bytes, n);
	*len += 4 + n;
}

/*
 * What USER's worker has signed with SIGNER (RFC 4252, section 7), in OUT, which
 * has room.  Returns its length.
 */
static inline size_t
fake_request(const struct signer *signer, const char *user,
    unsigned char out[512])
{
	size_t len = 0;

	fake_add_string(out, &len, "0123456789abcdef0123456789abcdef", 32);
	out[len++] = 50;
	fake_add_string(out, &len, user, strlen(user));
	fake_add_string(out, &len, "ssh-connection", 14);
	fake_add_string(out, &len, "publickey", 9);
	out[len++] = 1;
	fake_add_string(out, &len, "ssh-ed25519", 11);
	fake_add_string(out, &len, signer_public(signer),
	    SSHKEY_ED25519_BLOB_BYTES);
	return len;
}

/* CHILD asks for USER's signature with the key NUMBER. */
static inline void
fake_ask_signature(struct child *child, const char *user, int number)
{
	struct signer *signer = fake_signer(number);
	unsigned char request[512];
	const size_t len = fake_request(signer, user, request);

	fake_say_bytes(child, FRAME_SIGN, request, len);
	signer_close(signer);
}

/* True if CHILD was given USER's signature with the key NUMBER last. */
static inline bool
fake_has_signature(const struct child *child, const char *user, int number)
{
	const struct frame *told = fake_told(child);
	struct signer *signer = fake_signer(number);
	unsigned char request[512];
	const size_t len = fake_request(signer, user, request);
	const bool has = told->type == FRAME_SIGNED &&
	    told->len == SSHKEY_ED25519_SIGNATURE_BYTES &&
	    crypto_sign_verify_detached((const unsigned char *)told->body,
		request, len, signer_public(signer) + 19) == 0;

	signer_close(signer);
	return has;
}

/* True if CHILD was told of the key NUMBER when it began. */
static inline bool
fake_knows_key(const struct child *child, int number)
{
	char public[SSHKEY_ED25519_BLOB_BYTES * 2];
	struct signer *signer = fake_signer(number);

	sodium_bin2base64(public, sizeof(public), signer_public(signer),
	    SSHKEY_ED25519_BLOB_BYTES, sodium_base64_VARIANT_ORIGINAL);
	signer_close(signer);
	assert_true(child->told_count > 0);
	assert_int_equal(child->told[0].type, FRAME_START);
	return strcmp(fields_get(&child->told[0], "public"), public) == 0;
}

/* A configuration of few words, for config_free(). */
static inline struct config *
fake_config(void)
{
	char text[] = "[remote]\nhost = remote.example\n";
	char error[CONFIG_ERROR_BYTES] = "";
	struct config *config = config_parse("k", text, sizeof(text) - 1,
	    error);

	if (config == NULL)
		fail_msg("%s", error);
	return config;
}

#endif
