#include "userpieces.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A map, and lines about uids that have been given. */
#define USERPIECES_MAX_BYTES (2 * USERMAP_MAX_BYTES)

bool
userpieces_take(struct userpieces *pieces, const struct frame *frame)
{
	char *text;

	if (frame->len > USERPIECES_BYTES ||
	    pieces->len + frame->len > USERPIECES_MAX_BYTES)
		return false;
	text = realloc(pieces->text, pieces->len + frame->len + 1);
	if (text == NULL)
		return false;
	memcpy(text + pieces->len, frame->body, frame->len);
	pieces->text = text;
	pieces->len += frame->len;
	return true;
}

void
userpieces_read(struct userpieces *pieces, struct usertable *table,
    const char *fault)
{
	if (pieces->len > 0)
		usertable_parse(table, pieces->text, pieces->len);
	if (fault != NULL && fault[0] != '\0')
		snprintf(table->fault, sizeof(table->fault), "%s", fault);
	userpieces_free(pieces);
}

void
userpieces_free(struct userpieces *pieces)
{
	free(pieces->text);
	*pieces = (struct userpieces){ 0 };
}

bool
userpieces_send(const struct usertable *table,
    bool (*send)(void *context, const char *piece, size_t len), void *context)
{
	size_t len = 0, done = 0;
	char *text = usertable_text(table, &len);
	bool sent = text != NULL;

	while (sent && done < len) {
		const size_t left = len - done;
		const size_t piece = left < USERPIECES_BYTES ? left
							     : USERPIECES_BYTES;

		sent = send(context, text + done, piece);
		done += piece;
	}
	free(text);
	return sent;
}
