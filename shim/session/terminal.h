#ifndef MOSHGATE_TERMINAL_H
#define MOSHGATE_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TERMINAL_FALLBACK "xterm-256color"

/* True if TERM can be the name of a terminal: it becomes a part of a path. */
bool terminal_name_valid(const char *term);

/*
 * The terminal that TERM, the client's, stands for on this machine: TERM
 * itself if its terminfo(5) has it, else TERMINAL_FALLBACK.  Stores the number
 * of its colours in *COLORS.  The environment must be ours by now: terminfo
 * looks at it.
 */
const char *terminal_type(const char *term, int *colors);

/* If the terminal FD has no size, give it 80 columns and 24 rows. */
void terminal_make_size(int fd);

/*
 * Show on the terminal FD, in the line of the cursor, that the connection has
 * been worked on for ELAPSED_MS milliseconds.
 */
void terminal_show_progress(int fd, int64_t elapsed_ms);

/* Wipe that line. */
void terminal_hide_progress(int fd);

#endif
