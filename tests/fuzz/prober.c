/*
 * What the helper is told of a mosh-server, what a session tells of its
 * terminal, and what mosh-client shows.  "|" stands for a NUL.
 */
#include "fuzz.h"

#include "../../helper/prober/prober.h"
#include "../../helper/worker/relay.h"
#include "../../shim/lib/fields.h"

static const char mark[] = "abcdefghijklmnop";

static void
read_fields(const struct frame *frame)
{
	struct prober_target target;
	struct channel_size size;

	if (!fields_wellformed(frame))
		return;
	if (prober_understand(frame, &target)) {
		must(mosh_address_valid(target.host));
		must(mosh_key_valid(target.key, strlen(target.key)));
		must(strlen(target.mark) == MOSH_MARK_CHARS);
	}
	if (relay_read_size(frame, &size))
		must(size.columns >= 0 && size.columns <= 65535 &&
		    size.ypixels >= 0 && size.ypixels <= 65535);
}

/* It is seen exactly if it is there, in whatever pieces it comes. */
static void
read_shown(const char *text, size_t size)
{
	static struct prober_written written;
	const bool there = memmem(text, size, mark, sizeof(mark) - 1) != NULL;
	bool seen = false;

	written.len = 0;
	for (size_t at = 0, piece = 1; at < size; piece = piece * 3 % 61 + 1) {
		size_t room;
		char *to = prober_room(&written, &room);
		size_t len = size - at < piece ? size - at : piece;

		if (len > room)
			len = room;
		must(len > 0);
		memcpy(to, text + at, len);
		seen |= prober_has_mark(&written, len, mark);
		at += len;
	}
	must(seen == there);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = copy_of(data, size, 0);
	const struct frame frame = { .body = bytes, .len = size };

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '|')
			bytes[i] = '\0';
	}
	read_fields(&frame);
	read_shown(bytes, size);
	free(bytes);
	return 0;
}
