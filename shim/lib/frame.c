#include "frame.h"

#include <sys/socket.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

void
frame_in_reset(struct frame_in *in)
{
	if (in->body != NULL)
		explicit_bzero(in->body, in->body_len);
	free(in->body);
	in->body = NULL;
	in->body_len = 0;
	in->have = 0;
}

void
frame_free(struct frame *frame)
{
	if (frame->body != NULL)
		explicit_bzero(frame->body, frame->len);
	free(frame->body);
	frame->body = NULL;
	frame->len = 0;
}

/* Make room for the body that the header in IN tells of. */
static enum frame_result
frame_take_header(struct frame_in *in)
{
	const unsigned char *h = in->header;
	size_t len;

	if (h[0] != 'M' || h[1] != 'G')
		return FRAME_MALFORMED;
	if (h[2] != FRAME_VERSION)
		return FRAME_OTHER_VERSION;
	len = (size_t)h[4] << 24 | (size_t)h[5] << 16 | (size_t)h[6] << 8 |
	    h[7];
	if (len > in->limit_bytes)
		return FRAME_MALFORMED;
	in->body = malloc(len + 1);
	if (in->body == NULL)
		return FRAME_FAILED;
	in->body[len] = '\0';
	in->body_len = len;
	return FRAME_COMPLETE;
}

ssize_t
frame_peek(int fd, void *text, size_t size, bool *descriptors)
{
	struct iovec room = { .iov_base = text, .iov_len = size };
	struct msghdr message = { .msg_iov = &room, .msg_iovlen = 1 };
	const ssize_t got = recvmsg(fd, &message, MSG_PEEK | MSG_DONTWAIT);

	*descriptors = got >= 0 && (message.msg_flags & MSG_CTRUNC) != 0;
	return got;
}

/* Store in *FDS the descriptors that came in MESSAGE. */
static void
frame_take_fds(struct msghdr *message, struct frame_fds *fds)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL;
	     c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		fds->count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		if (fds->count > FRAME_FDS_ROOM)
			fds->count = FRAME_FDS_ROOM;
		memcpy(fds->fd, CMSG_DATA(c), fds->count * sizeof(int));
	}
}

/*
 * As recv(2), but keep the descriptors that come in *FDS.  There is room for as
 * many as can come: the kernel would close the others here.
 */
static ssize_t
frame_receive_fds(int fd, void *to, size_t want, struct frame_fds *fds)
{
	union {
		char bytes[CMSG_SPACE(FRAME_FDS_ROOM * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { .iov_base = to, .iov_len = want };
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	const ssize_t got = recvmsg(fd, &message,
	    MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (got >= 0)
		frame_take_fds(&message, fds);
	return got;
}

/* Store in *TO where the next bytes of the frame go; returns how many. */
static size_t
frame_wanted(struct frame_in *in, void **to)
{
	size_t body_have;

	if (in->have < FRAME_HEADER_BYTES) {
		*to = in->header + in->have;
		return FRAME_HEADER_BYTES - in->have;
	}
	body_have = in->have - FRAME_HEADER_BYTES;
	*to = in->body + body_have;
	return in->body_len - body_have;
}

/* What it means that no byte could be read, by errno. */
static enum frame_result
frame_no_bytes(const struct frame_in *in)
{
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return FRAME_FAILED;
	/* nobody has descriptors kept here while the rest does not come */
	return in->fds != NULL && in->fds->count > 0 ? FRAME_DESCRIPTORS
						     : FRAME_AGAIN;
}

/*
 * Read at most WANT bytes to TO, and add their number to what IN has.  Returns
 * FRAME_COMPLETE if there were any.
 */
static enum frame_result
frame_read_some(int fd, struct frame_in *in, void *to, size_t want)
{
	bool descriptors;
	ssize_t got = frame_peek(fd, to, want, &descriptors);

	if (descriptors &&
	    (in->fds == NULL || in->fds->count > 0 ||
		in->have >= FRAME_HEADER_BYTES))
		return FRAME_DESCRIPTORS;
	if (got > 0 && descriptors) {
		got = frame_receive_fds(fd, to, (size_t)got, in->fds);
		if (in->fds->count != in->fds_wanted)
			return FRAME_DESCRIPTORS;
	} else if (got > 0) {
		got = recv(fd, to, (size_t)got, MSG_DONTWAIT);
	}
	if (got == 0)
		return in->have == 0 ? FRAME_CLOSED : FRAME_CUT;
	if (got < 0 && errno != EINTR)
		return frame_no_bytes(in);
	in->have += got > 0 ? (size_t)got : 0;
	return FRAME_COMPLETE;
}

/* Give the frame that IN has to *FRAME; the next one begins. */
static void
frame_hand_over(struct frame_in *in, struct frame *frame)
{
	frame->type = (enum frame_type)in->header[3];
	frame->body = in->body;
	frame->len = in->body_len;
	in->body = NULL;
	in->body_len = 0;
	in->have = 0;
}

enum frame_result
frame_read(int fd, struct frame_in *in, struct frame *frame)
{
	enum frame_result result;

	for (;;) {
		size_t want;
		void *to;

		if (in->have == FRAME_HEADER_BYTES && in->body == NULL)
			result = frame_take_header(in);
		else if ((want = frame_wanted(in, &to)) > 0)
			result = frame_read_some(fd, in, to, want);
		else
			break;
		if (result != FRAME_COMPLETE)
			return result;
	}
	frame_hand_over(in, frame);
	return FRAME_COMPLETE;
}

/* Wait until FD is ready for EVENTS; false if it is not until END_MS. */
static bool
frame_wait_ready(int fd, short events, int64_t end_ms)
{
	struct pollfd ready = { .fd = fd, .events = events };

	for (;;) {
		int64_t left_ms = end_ms - clock_now_ms();

		if (left_ms < 0)
			left_ms = 0;
		if (left_ms > INT_MAX)
			left_ms = INT_MAX;
		switch (poll(&ready, 1, (int)left_ms)) {
		case 0:
			return false;
		case -1:
			if (errno == EINTR)
				continue;
			return false;
		default:
			return true;
		}
	}
}

enum frame_result
frame_wait(int fd, struct frame_in *in, struct frame *frame, int64_t timeout_ms)
{
	const int64_t end_ms = clock_now_ms() + timeout_ms;

	for (;;) {
		enum frame_result result = frame_read(fd, in, frame);

		if (result != FRAME_AGAIN)
			return result;
		if (!frame_wait_ready(fd, POLLIN, end_ms))
			return FRAME_AGAIN;
	}
}

bool
frame_queue(struct frame_out *out, enum frame_type type, const char *body,
    size_t len)
{
	const unsigned char header[FRAME_HEADER_BYTES] = { 'M', 'G',
		FRAME_VERSION, (unsigned char)type, (unsigned char)(len >> 24),
		(unsigned char)(len >> 16), (unsigned char)(len >> 8),
		(unsigned char)len };
	const size_t old = out->len - out->sent;
	char *bytes;

	if (len > FRAME_ANSWER_MAX_BYTES)
		return false;
	bytes = malloc(old + sizeof(header) + len);
	if (bytes == NULL)
		return false;
	if (old > 0)
		memcpy(bytes, out->bytes + out->sent, old);
	memcpy(bytes + old, header, sizeof(header));
	if (len > 0)
		memcpy(bytes + old + sizeof(header), body, len);
	frame_out_reset(out);
	out->bytes = bytes;
	out->len = old + sizeof(header) + len;
	return true;
}

bool
frame_flush(int fd, struct frame_out *out)
{
	while (out->sent < out->len) {
		ssize_t put = send(fd, out->bytes + out->sent,
		    out->len - out->sent, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (put < 0) {
			if (errno == EINTR)
				continue;
			return errno == EAGAIN || errno == EWOULDBLOCK;
		}
		out->sent += (size_t)put;
	}
	frame_out_reset(out);
	return true;
}

void
frame_out_reset(struct frame_out *out)
{
	if (out->bytes != NULL)
		explicit_bzero(out->bytes, out->len);
	free(out->bytes);
	*out = (struct frame_out){ 0 };
}

/*
 * Write OUT to the socket FD until END_MS.  Returns false if some of it could
 * not be written by then; OUT is empty in any case.
 */
static bool
frame_send_rest(int fd, struct frame_out *out, int64_t end_ms)
{
	bool sent = false;

	while (frame_flush(fd, out)) {
		if (out->len == 0) {
			sent = true;
			break;
		}
		if (!frame_wait_ready(fd, POLLOUT, end_ms))
			break;
	}
	frame_out_reset(out);
	return sent;
}

bool
frame_send(int fd, enum frame_type type, const char *body, size_t len,
    int64_t timeout_ms)
{
	const int64_t end_ms = clock_now_ms() + timeout_ms;
	struct frame_out out = { 0 };

	return frame_queue(&out, type, body, len) &&
	    frame_send_rest(fd, &out, end_ms);
}

bool
frame_send_fds(int fd, enum frame_type type, const char *body, size_t len,
    const int *fds, size_t count, int64_t timeout_ms)
{
	const int64_t end_ms = clock_now_ms() + timeout_ms;
	union {
		char bytes[CMSG_SPACE(FRAME_FDS * sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct frame_out out = { 0 };
	struct iovec part;
	struct msghdr message = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	ssize_t put;

	if (!frame_queue(&out, type, body, len))
		return false;
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), fds, count * sizeof(int));
	/* all at once: what a request may have fits into a socket's buffer */
	part = (struct iovec){ .iov_base = out.bytes, .iov_len = out.len };
	while ((put = sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL)) < 0 &&
	    (errno == EINTR ||
		(errno == EAGAIN && frame_wait_ready(fd, POLLOUT, end_ms))))
		continue;
	if (put < 0) {
		frame_out_reset(&out);
		return false;
	}
	out.sent = (size_t)put;
	return frame_send_rest(fd, &out, end_ms);
}
