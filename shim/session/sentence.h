#ifndef MOSHGATE_SENTENCE_H
#define MOSHGATE_SENTENCE_H

#include <stdbool.h>

#include "../lib/frame.h"

/*
 * What a session says to its person: one plain sentence a line, on standard
 * error, with control characters made visible.
 */

/* Say SENTENCE. */
void sentence_say(const char *sentence);

/* Say that the helper does not answer. */
void sentence_say_no_answer(void);

/* Say that there is no memory. */
void sentence_say_no_memory(void);

/*
 * The three below take ANSWER, the helper's, which passed fields_wellformed().
 */

/*
 * Say the warning that ANSWER may have, line by line.  Returns false if it has
 * none.
 */
bool sentence_say_warning(const struct frame *answer);

/* Say that the session is over SSH, and why, if ANSWER says why. */
void sentence_say_why(const struct frame *answer);

/* Say why there is no session, or no more of it: ANSWER is a FRAME_REFUSED. */
void sentence_say_refusal(const struct frame *answer);

#endif
