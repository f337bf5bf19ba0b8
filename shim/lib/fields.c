#include "fields.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The room of the first field, and some more. */
#define FIRST_ROOM_BYTES ((size_t)256)

/*
 * Make room in FIELDS for SIZE bytes more.  Not with realloc(3), which leaves a
 * copy of what is there, maybe a session's key, in memory that is free.
 * Returns false if that is too much, or there is no memory.
 */
static bool
fields_make_room(struct fields *fields, size_t size)
{
	const size_t needed = fields->len + size;
	size_t room = fields->room > 0 ? fields->room : FIRST_ROOM_BYTES;
	char *text;

	if (needed > FRAME_ANSWER_MAX_BYTES)
		return false;
	if (needed <= fields->room)
		return true;
	while (room < needed)
		room *= 2;
	text = malloc(room);
	if (text == NULL)
		return false;
	if (fields->text != NULL) {
		memcpy(text, fields->text, fields->len);
		explicit_bzero(fields->text, fields->len);
		free(fields->text);
	}
	fields->text = text;
	fields->room = room;
	return true;
}

void
fields_add(struct fields *fields, const char *name, const char *value)
{
	const size_t name_size = strlen(name) + 1;
	const size_t value_size = strlen(value) + 1;

	if (fields->failed ||
	    !fields_make_room(fields, name_size + value_size)) {
		fields->failed = true;
		return;
	}
	memcpy(fields->text + fields->len, name, name_size);
	memcpy(fields->text + fields->len + name_size, value, value_size);
	fields->len += name_size + value_size;
}

void
fields_add_number(struct fields *fields, const char *name, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	fields_add(fields, name, text);
}

void
fields_free(struct fields *fields)
{
	if (fields->text != NULL)
		explicit_bzero(fields->text, fields->len);
	free(fields->text);
	*fields = (struct fields){ 0 };
}

bool
fields_wellformed(const struct frame *frame)
{
	size_t strings = 0;

	if (frame->len > 0 && frame->body[frame->len - 1] != '\0')
		return false;
	for (size_t i = 0; i < frame->len; i++)
		strings += frame->body[i] == '\0';
	return strings % 2 == 0;
}

const char *
fields_get(const struct frame *frame, const char *name)
{
	const char *end = frame->body + frame->len;

	for (const char *at = frame->body; at < end;) {
		const char *value = at + strlen(at) + 1;

		if (strcmp(at, name) == 0)
			return value;
		at = value + strlen(value) + 1;
	}
	return NULL;
}

bool
fields_get_number(const struct frame *frame, const char *name, long long min,
    long long max, long long *number)
{
	const char *value = fields_get(frame, name);
	char *end;
	long long n;

	/* strtoll() would also take blanks, newlines and a plus in front */
	if (value == NULL || strchr("-0123456789", *value) == NULL ||
	    *value == '\0')
		return false;
	errno = 0;
	n = strtoll(value, &end, 10);
	if (errno != 0 || *end != '\0' || n < min || n > max)
		return false;
	*number = n;
	return true;
}
