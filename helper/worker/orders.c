#include "orders.h"

#include <errno.h>
#include <poll.h>

#include "../../shim/lib/fields.h"
#include "../job.h"
#include "channel.h"

#define ORDERS_TIMEOUT_MS 10000

/* Which frame is legal when, with how many descriptors, and its form. */
static const struct orders_rule {
	enum orders_state state;
	enum frame_type type;
	size_t descriptors;
	bool bytes; /* not fields */
} orders_rules[] = {
	{ ORDERS_NEW, FRAME_START, 0, false },
	{ ORDERS_SIGNING, FRAME_SIGNED, 0, true },
	{ ORDERS_SHIM, FRAME_SHIM, JOB_SHIM_FDS, false },
	{ ORDERS_FREE, FRAME_LOOKUP, 0, false },
	{ ORDERS_FREE, FRAME_KEYS, 0, false },
	{ ORDERS_FREE, FRAME_SESSION, 0, false },
	{ ORDERS_FREE, FRAME_UDP, 0, false },
	{ ORDERS_FREE, FRAME_PING, 0, false },
	{ ORDERS_FREE, FRAME_HOLD, 0, false },
	{ ORDERS_HELD, FRAME_GO, JOB_GO_FDS, false },
};

static const struct orders_rule *
orders_rule_for(enum orders_state state, enum frame_type type,
    size_t descriptors)
{
	for (size_t i = 0; i < sizeof(orders_rules) / sizeof(orders_rules[0]);
	     i++) {
		const struct orders_rule *rule = &orders_rules[i];

		if (rule->state == state && rule->type == type &&
		    rule->descriptors == descriptors)
			return rule;
	}
	return NULL;
}

bool
orders_legal(enum orders_state state, enum frame_type type, size_t descriptors)
{
	return orders_rule_for(state, type, descriptors) != NULL;
}

void
orders_begin(struct orders *orders, int fd)
{
	*orders = (struct orders){ .fd = fd };
	/* a shim's request, and the settings */
	orders->in.limit_bytes = 2 * FRAME_REQUEST_MAX_BYTES;
}

/* Where descriptors go that come in STATE; NULL refuses them. */
static void
orders_expect(struct orders *orders, enum orders_state state)
{
	orders->passed.count = 0;
	orders->in.fds_wanted = state == ORDERS_HELD ? JOB_GO_FDS
	    : state == ORDERS_SHIM                   ? JOB_SHIM_FDS
						     : 0;
	orders->in.fds = orders->in.fds_wanted > 0 ? &orders->passed : NULL;
}

/* Check FRAME, which is whole; one that is not as it must be is freed. */
static bool
orders_check(const struct orders *orders, enum orders_state state,
    struct frame *frame)
{
	const struct orders_rule *rule = orders_rule_for(state, frame->type,
	    orders->passed.count);

	if (rule != NULL && (rule->bytes || fields_wellformed(frame)))
		return true;
	frame_free(frame);
	return false;
}

bool
orders_wait(struct orders *orders, enum orders_state state, struct frame *frame)
{
	orders_expect(orders, state);
	return frame_wait(orders->fd, &orders->in, frame, ORDERS_TIMEOUT_MS) ==
	    FRAME_COMPLETE &&
	    orders_check(orders, state, frame);
}

bool
orders_wait_idle(struct orders *orders, enum orders_state state,
    struct session *session, LIBSSH2_CHANNEL *channel, struct frame *frame)
{
	orders_expect(orders, state);
	for (;;) {
		struct pollfd fds[2] = { { .fd = orders->fd, .events = POLLIN },
			{ .fd = session_fd(session), .events = POLLIN } };
		enum frame_result result;

		/* libssh2 may have read already what the remote asks */
		if (channel_idle(session, channel) != FAILURE_NONE ||
		    (poll(fds, 2, -1) < 0 && errno != EINTR))
			return false;
		if (fds[0].revents == 0)
			continue;
		result = frame_read(orders->fd, &orders->in, frame);
		if (result == FRAME_COMPLETE)
			return orders_check(orders, state, frame);
		if (result != FRAME_AGAIN)
			return false;
	}
}

void
orders_end(struct orders *orders)
{
	frame_in_reset(&orders->in);
}
