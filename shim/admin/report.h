#ifndef MOSHGATE_REPORT_H
#define MOSHGATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The lines of `moshgate check`, on standard output.  Each tells of a STEP,
 * which is a word or two.  TEXT and REMEDY may hold anything, and are made
 * visible.
 */

/*
 * Print that STEP is OK, or else that it failed and, if it is not empty, the
 * REMEDY.  Returns OK.
 */
bool report(bool ok, const char *step, const char *text, const char *remedy);

/* Print what may be right or wrong: the administrator knows which. */
void report_warning(const char *step, const char *text, const char *remedy);

/* Print what is to be seen to elsewhere. */
void report_hint(const char *step, const char *text);

/* A list of names and the like, of which the first few are printed. */
struct report_list {
	char text[2048]; /* the first few, with commas between them */
	size_t count;
};

/* Add ITEM to LIST. */
void report_list_add(struct report_list *list, const char *item);

/*
 * Write to MORE " and N more", for the items that are not in the text of LIST,
 * or nothing if all are.  Returns MORE.
 */
const char *report_list_more(const struct report_list *list, char more[32]);

#endif
