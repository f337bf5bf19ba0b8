#include "report.h"

#include <stdio.h>
#include <string.h>

#include "../lib/visible.h"

static void
report_print(const char *kind, const char *step, const char *text,
    const char *remedy)
{
	char visible[2304]; /* a text may be two lists of algorithms */

	printf("%-6s%-16s%s\n", kind, step,
	    visible_copy(visible, sizeof(visible), text, strlen(text)));
	if (remedy[0] != '\0')
		printf("%-22s-> %s\n", "",
		    visible_copy(visible, sizeof(visible), remedy,
			strlen(remedy)));
	fflush(stdout);
}

bool
report(bool ok, const char *step, const char *text, const char *remedy)
{
	report_print(ok ? "ok" : "FAIL", step, text, ok ? "" : remedy);
	return ok;
}

void
report_warning(const char *step, const char *text, const char *remedy)
{
	report_print("warn", step, text, remedy);
}

void
report_hint(const char *step, const char *text)
{
	report_print("note", step, text, "");
}

static const size_t list_shown = 10;

void
report_list_add(struct report_list *list, const char *item)
{
	const size_t len = strlen(list->text);

	if (list->count < list_shown)
		snprintf(list->text + len, sizeof(list->text) - len, "%s%s",
		    list->count > 0 ? ", " : "", item);
	list->count++;
}

const char *
report_list_more(const struct report_list *list, char more[32])
{
	more[0] = '\0';
	if (list->count > list_shown)
		snprintf(more, 32, " and %zu more", list->count - list_shown);
	return more;
}
