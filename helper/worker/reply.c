#include "reply.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What may be read at once. */
#define CHUNK_BYTES ((size_t)16 * 1024)
/* So much of the noise is kept, since it may say why there is no reply. */
#define NOISE_KEPT_BYTES ((size_t)200)
#define LINE_BYTES (REPLY_MARK_CHARS + sizeof("\n-begin\n"))
#define STATUS_MAX 255
#define STATUS_DIGITS 3

void
reply_init(struct reply *reply, size_t limit_bytes)
{
	unsigned char random[REPLY_MARK_CHARS / 2];

	*reply = (struct reply){ .limit_bytes = limit_bytes };
	randombytes_buf(random, sizeof(random));
	sodium_bin2hex(reply->mark, sizeof(reply->mark), random,
	    sizeof(random));
}

void
reply_free(struct reply *reply)
{
	if (reply->text != NULL)
		explicit_bzero(reply->text, reply->room_bytes);
	free(reply->text);
	reply->text = NULL;
	reply->len = 0;
}

/*
 * Make the room of REPLY larger by a chunk at least.  Not with realloc(3),
 * which leaves a copy of what is there, maybe a session's key, in memory that
 * is free.  Returns false for want of memory.
 */
static bool
reply_grow(struct reply *reply)
{
	const size_t room = reply->room_bytes * 2 + CHUNK_BYTES;
	/* one more, for the NUL */
	char *text = malloc(room + 1);

	if (text == NULL)
		return false;
	if (reply->text != NULL) {
		memcpy(text, reply->text, reply->len);
		explicit_bzero(reply->text, reply->len);
		free(reply->text);
	}
	reply->text = text;
	reply->room_bytes = room;
	return true;
}

char *
reply_room(struct reply *reply, size_t *size)
{
	if (reply->room_bytes - reply->len < CHUNK_BYTES && !reply_grow(reply))
		return NULL;
	*size = CHUNK_BYTES;
	return reply->text + reply->len;
}

/*
 * Cut the text to its first LEN bytes, and wipe the others: whoever gets the
 * text wipes LEN bytes and no more.
 */
static void
reply_cut(struct reply *reply, size_t len)
{
	explicit_bzero(reply->text + len, reply->len - len);
	reply->text[len] = '\0';
	reply->len = len;
}

/*
 * Drop the noise before the reply, but for the end of it while no reply has
 * begun.  Returns false if there is too much of it.
 */
static bool
reply_drop_noise(struct reply *reply)
{
	char line[LINE_BYTES];
	const char *at;
	size_t noise = 0, drop;

	if (reply->begun)
		return true;
	snprintf(line, sizeof(line), "%s-begin\n", reply->mark);
	at = memmem(reply->text, reply->len, line, strlen(line));
	if (at != NULL) {
		noise = (size_t)(at - reply->text);
		reply->begun = true;
	} else if (reply->len > NOISE_KEPT_BYTES) {
		noise = reply->len - NOISE_KEPT_BYTES;
	}
	drop = reply->begun ? noise + strlen(line) : noise;
	memmove(reply->text, reply->text + drop, reply->len - drop);
	reply_cut(reply, reply->len - drop);
	reply->noise_bytes += noise;
	return reply->noise_bytes <= REPLY_NOISE_MAX_BYTES;
}

/*
 * Store the exit status that the line at DIGITS says.  Returns false while the
 * line is not whole.
 */
static bool
reply_take_status(struct reply *reply, const char *digits)
{
	const char *end = reply->text + reply->len, *first = digits;
	int status = 0;

	/* no more of them than tell that there are too many */
	while (digits < end && digits - first <= STATUS_DIGITS &&
	    *digits >= '0' && *digits <= '9')
		status = status * 10 + (*digits++ - '0');
	if (digits == end && digits - first <= STATUS_DIGITS)
		return false;
	/* a line that a shell of POSIX does not write is a failure, too */
	if (digits == first || digits - first > STATUS_DIGITS ||
	    *digits != '\n' || status > STATUS_MAX)
		status = STATUS_MAX;
	reply->status = status;
	return true;
}

/*
 * Cut the text before the line of its end.  Returns false if that isn't there.
 */
static bool
reply_cut_end(struct reply *reply)
{
	char line[LINE_BYTES];
	const char *at;
	size_t line_len;

	if (!reply->begun)
		return false;
	snprintf(line, sizeof(line), "\n%s-end ", reply->mark);
	line_len = strlen(line);
	at = memmem(reply->text + reply->scanned, reply->len - reply->scanned,
	    line, line_len);
	if (at == NULL) {
		if (reply->len > line_len)
			reply->scanned = reply->len - line_len;
		return false;
	}
	if (!reply_take_status(reply, at + line_len))
		return false;
	reply_cut(reply, (size_t)(at - reply->text));
	return true;
}

enum reply_result
reply_add(struct reply *reply, size_t got)
{
	reply->len += got;
	if (!reply_drop_noise(reply))
		return REPLY_TOO_BIG;
	if (reply_cut_end(reply))
		return reply->len > reply->limit_bytes ? REPLY_TOO_BIG
						       : REPLY_WHOLE;
	return reply->begun && reply->len > reply->limit_bytes + LINE_BYTES * 2
	    ? REPLY_TOO_BIG
	    : REPLY_MORE;
}
