#ifndef MOSHGATE_REPORT_H
#define MOSHGATE_REPORT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The lines of `moshgate check`, on standard output.  Each tells of a STEP, a
 * word or two; TEXT and REMEDY may hold anything, and are made visible.
 */

/*
 * Print that STEP is OK, or else that it failed and, if it is not empty, the
 * REMEDY.  Returns OK.
 */
bool report(bool ok, const char *step, const char *text, const char *remedy);

/* Print what may be as it should, or not: that is the administrator's word. */
void report_warning(const char *step, const char *text, const char *remedy);

/* Print what can't be seen from here. */
void report_note(const char *step, const char *text);

/* Names and the like, of which the first few are told. */
struct report_list {
	char text[2048]; /* those, with commas */
	size_t count;
};

void report_list_add(struct report_list *list, const char *item);

/* " and N more", for those not in the text, or nothing, in MORE. */
const char *report_list_more(const struct report_list *list, char more[32]);

#endif
