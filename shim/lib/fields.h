#ifndef MOSHGATE_FIELDS_H
#define MOSHGATE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "frame.h"

/* A body of fields in the making: start from {0}, end with fields_free(). */
struct fields {
	char *text;
	size_t len;
	bool failed; /* a value was too long, or there was no memory */
};

void fields_add(struct fields *fields, const char *name, const char *value);
void fields_add_number(struct fields *fields, const char *name,
    long long number);
void fields_free(struct fields *fields);

/* True if the body of FRAME is a list of whole fields. */
bool fields_wellformed(const struct frame *frame);

/*
 * The value of the first field called NAME in FRAME (which passed
 * fields_wellformed()), or NULL.  It lives as long as the frame.
 */
const char *fields_get(const struct frame *frame, const char *name);

/* The same, as a number from MIN to MAX; false if there is none. */
bool fields_get_number(const struct frame *frame, const char *name,
    long long min, long long max, long long *number);

#endif
