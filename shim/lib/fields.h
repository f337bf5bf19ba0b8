#ifndef MOSHGATE_FIELDS_H
#define MOSHGATE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "frame.h"

/* A body of fields in the making: start from {0}, end with fields_free(). */
struct fields {
	char *text;
	size_t len, room; /* bytes: in use, and allocated */
	bool failed;      /* a value was too long, or there was no memory */
};

/*
 * Append the field NAME with VALUE, both of which are copied, to FIELDS.  Sets
 * FAILED, for good, if the body gets longer than FRAME_ANSWER_MAX_BYTES, or
 * there is no memory.
 */
void fields_add(struct fields *fields, const char *name, const char *value);

/* The same, with NUMBER in decimal digits for a value. */
void fields_add_number(struct fields *fields, const char *name,
    long long number);

/* Wipe and free what FIELDS holds; it is as {0} then. */
void fields_free(struct fields *fields);

/* True if the body of FRAME is a list of whole fields. */
bool fields_wellformed(const struct frame *frame);

/*
 * Returns the value of the first field called NAME in FRAME, which has passed
 * fields_wellformed(), or NULL if there is none.  It is a part of the frame's
 * body.
 */
const char *fields_get(const struct frame *frame, const char *name);

/*
 * Store in *NUMBER the value of the first field called NAME in FRAME, which is
 * as above.  Returns false, and stores nothing, if there is none or it is not a
 * number from MIN to MAX in decimal digits.
 */
bool fields_get_number(const struct frame *frame, const char *name,
    long long min, long long max, long long *number);

#endif
