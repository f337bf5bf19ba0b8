#ifndef MOSHGATE_TERMINAL_H
#define MOSHGATE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../lib/fields.h"

#define TERMINAL_FALLBACK "xterm-256color"

/* True if TERM can be the name of a terminal: it becomes a part of a path. */
bool terminal_name_valid(const char *term);

/*
 * The name of the client's terminal TERM, which may be NULL, on this machine.
 * Stores the number of its colours in *COLORS.  The environment must be ours by
 * now: terminfo(5) looks at it.
 * Returns TERM if terminfo has it, else TERMINAL_FALLBACK.
 */
const char *terminal_type(const char *term, int *colors);

/* If the terminal FD has no size, give it 80 columns and 24 rows. */
void terminal_make_size(int fd);

/* Add the size of the terminal FD to FIELDS, in characters and pixels. */
void terminal_add_size(struct fields *fields, int fd);

/*
 * Show on the terminal FD, in the line of the cursor, that the connection to
 * the remote is being made, for ELAPSED_MS milliseconds by now.
 */
void terminal_show_progress(int fd, int64_t elapsed_ms);

/* Wipe that line. */
void terminal_hide_progress(int fd);

#endif
