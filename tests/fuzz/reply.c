/*
 * Whatever the remote sends in place of a reply, in pieces of any size.  For
 * inputs that people can read, their first bytes are letters: "a" is a piece
 * of one byte, "z" of 26, and so over and over, up to a newline.  Behind it,
 * "$" stands for the mark.
 */
#include "fuzz.h"

#include <sodium.h>

#include "../../helper/worker/reply.h"

#define MARK "0123456789abcdef0123456789abcdef"
#define BEGIN MARK "-begin\n"
#define END "\n" MARK "-end "
#define LIMIT_BYTES ((size_t)512)
#define ROOM_MAX_BYTES ((size_t)64 * 1024)
#define NOISE_KEPT_BYTES ((size_t)200)
#define LINES_BYTES ((size_t)2 * (REPLY_MARK_CHARS + sizeof("\n-begin\n")))
#define STATUS_MAX 255
#define STATUS_DIGITS 3

/* The SIZE bytes at DATA with the mark in them; malloc'ed. */
static char *
with_mark(const uint8_t *data, size_t size, size_t *len)
{
	char *bytes = malloc(size * REPLY_MARK_CHARS + 1);

	must(bytes != NULL);
	*len = 0;
	for (size_t i = 0; i < size; i++) {
		if (data[i] == '$') {
			memcpy(bytes + *len, MARK, REPLY_MARK_CHARS);
			*len += REPLY_MARK_CHARS;
		} else {
			bytes[(*len)++] = (char)data[i];
		}
	}
	return bytes;
}

static enum reply_result
feed(struct reply *reply, const char *bytes, size_t len, const uint8_t *pieces,
    size_t piece_count)
{
	enum reply_result result = REPLY_MORE;

	for (size_t i = 0; len > 0 && result == REPLY_MORE; i++) {
		size_t size, piece = len;
		char *room = reply_room(reply, &size);

		must(room != NULL && size > 0);
		must(reply->len + size <= reply->room_bytes);
		must(reply->room_bytes <= ROOM_MAX_BYTES);
		if (piece_count > 0)
			piece = 1 + (size_t)(pieces[i % piece_count] - 'a');
		piece = piece < size ? piece : size;
		piece = piece < len ? piece : len;
		memcpy(room, bytes, piece);
		result = reply_add(reply, piece);
		bytes += piece;
		len -= piece;
	}
	return result;
}

/* What LEN bytes at DIGITS are, if LINE_ENDS behind them; -1 is "either". */
static int
status_in(const char *digits, size_t len, bool line_ends)
{
	int status = 0;

	if (len > STATUS_DIGITS)
		return -1;
	for (size_t i = 0; i < len; i++)
		status = status * 10 + (digits[i] - '0');
	return len > 0 && line_ends && status <= STATUS_MAX ? status
							    : STATUS_MAX;
}

/* RESULT and REPLY are what the LEN bytes at BYTES say, read all at once. */
static void
compare(const struct reply *reply, enum reply_result result, const char *bytes,
    size_t len)
{
	const char *end_of_all = bytes + len, *text, *end, *digits, *behind;
	size_t text_len;
	int status;

	text = memmem(bytes, len, BEGIN, sizeof(BEGIN) - 1);
	if (text == NULL) {
		must(result == REPLY_MORE);
		text_len = len < NOISE_KEPT_BYTES ? len : NOISE_KEPT_BYTES;
		must(reply->len <= NOISE_KEPT_BYTES && reply->len == text_len);
		must(len == 0 ||
		    memcmp(reply->text, end_of_all - text_len, text_len) == 0);
		return;
	}
	text += sizeof(BEGIN) - 1;
	end = memmem(text, (size_t)(end_of_all - text), END, sizeof(END) - 1);
	text_len = (size_t)((end != NULL ? end : end_of_all) - text);
	if (result == REPLY_TOO_BIG) {
		must((size_t)(end_of_all - text) > LIMIT_BYTES);
		return;
	}
	must(memcmp(reply->text, text, text_len) == 0);
	if (result == REPLY_MORE)
		must(reply->len <= LIMIT_BYTES + LINES_BYTES);
	if (end == NULL) {
		must(result == REPLY_MORE && reply->len == text_len);
		return;
	}
	digits = end + sizeof(END) - 1;
	for (behind = digits;
	     behind < end_of_all && *behind >= '0' && *behind <= '9';)
		behind++;
	if (behind - digits <= STATUS_DIGITS)
		must((result == REPLY_MORE) == (behind == end_of_all));
	if (result == REPLY_MORE)
		return;
	must(text_len <= LIMIT_BYTES && reply->len == text_len);
	must(reply->text[text_len] == '\0');
	must(reply->status >= 0 && reply->status <= STATUS_MAX);
	status = status_in(digits, (size_t)(behind - digits),
	    behind < end_of_all && *behind == '\n');
	must(status < 0 || reply->status == status);
}

static void
read_in_pieces(const char *bytes, size_t len, const uint8_t *pieces,
    size_t piece_count)
{
	enum reply_result result;
	struct reply reply;

	reply_init(&reply, LIMIT_BYTES);
	must(strspn(reply.mark, "0123456789abcdef") == REPLY_MARK_CHARS);
	memcpy(reply.mark, MARK, sizeof(MARK));
	result = feed(&reply, bytes, len, pieces, piece_count);
	compare(&reply, result, bytes, len);
	reply_free(&reply);
	must(reply.text == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t piece_count = 0, len;
	char *bytes;

	must(sodium_init() >= 0);
	while (piece_count < size && data[piece_count] >= 'a' &&
	    data[piece_count] <= 'z')
		piece_count++;
	if (piece_count == size)
		return 0;
	bytes = with_mark(data + piece_count + 1, size - piece_count - 1, &len);
	read_in_pieces(bytes, len, data, piece_count);
	read_in_pieces(bytes, len, NULL, 0);
	free(bytes);
	return 0;
}
