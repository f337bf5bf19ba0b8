#include "sentence.h"

#include <stdio.h>
#include <string.h>

#include "../lib/fields.h"
#include "../lib/visible.h"

void
sentence_say(const char *sentence)
{
	char visible[512];

	fprintf(stderr, "moshgate: %s\n",
	    visible_copy(visible, sizeof(visible), sentence, strlen(sentence)));
}

void
sentence_say_no_answer(void)
{
	sentence_say("The moshgate helper on this gateway does not answer.");
}

void
sentence_say_no_memory(void)
{
	sentence_say("This gateway is out of memory.");
}

bool
sentence_say_warning(const struct frame *answer)
{
	const char *warning = fields_get(answer, "warning");
	char line[256];

	if (warning == NULL)
		return false;
	for (const char *at = warning; *at != '\0';) {
		const size_t len = strcspn(at, "\n");

		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		sentence_say(line);
		at += len + (at[len] == '\n');
	}
	return true;
}

void
sentence_say_why(const struct frame *answer)
{
	const char *why = fields_get(answer, "why");
	char text[256];

	if (why == NULL)
		return;
	snprintf(text, sizeof(text), "%s This session is over SSH.", why);
	sentence_say(text);
}

void
sentence_say_refusal(const struct frame *answer)
{
	const char *reason = fields_get(answer, "reason");
	const char *sentence = fields_get(answer, "sentence");

	/* ssh says nothing either of output that nobody reads any more */
	if (reason != NULL && strcmp(reason, "abandoned") == 0)
		return;
	sentence_say(
	    sentence != NULL ? sentence : "The gateway refused this session.");
}
