/*
 * What a peer may send to the helper's socket.  For inputs that people can
 * read, "|" stands for a NUL; "F" makes the rest a body that gets its header.
 */
#include "fuzz.h"

#include <sys/socket.h>

#include <unistd.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"

#define LIMIT_BYTES ((size_t)4096)
#define INPUT_MAX_BYTES ((size_t)32 * 1024) /* that a socket takes at once */

static void
read_fields(const struct frame *frame)
{
	const char *value;
	long long number;

	if (!fields_wellformed(frame))
		return;
	value = fields_get(frame, "user");
	must(value == NULL ||
	    (value > frame->body && value < frame->body + frame->len));
	if (fields_get_number(frame, "colors", -1, 256, &number))
		must(number >= -1 && number <= 256);
}

static void
read_frames(int fd)
{
	struct frame_in in = { .limit_bytes = LIMIT_BYTES };
	struct frame frame;

	while (frame_read(fd, &in, &frame) == FRAME_COMPLETE) {
		must(frame.len <= LIMIT_BYTES && frame.body[frame.len] == '\0');
		read_fields(&frame);
		frame_free(&frame);
	}
	frame_in_reset(&in);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = copy_of(data, size, 0);
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '|')
			bytes[i] = '\0';
	}
	if (size > INPUT_MAX_BYTES)
		size = 0;
	if (size > 0 && bytes[0] == 'F')
		must(frame_send(fds[0], FRAME_SESSION, bytes + 1, size - 1, 0));
	else if (size > 0)
		must(write(fds[0], bytes, size) == (ssize_t)size);
	close(fds[0]);
	read_frames(fds[1]);
	close(fds[1]);
	free(bytes);
	return 0;
}
