#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../client.h"
#include "../lib/fields.h"
#include "../lib/visible.h"
#include "moshgate.h"

static void
status_usage(FILE *to)
{
	fputs("usage: moshgate status\n"
	      "\n"
	      "Lists the sessions and the connections to the remote: what, "
	      "whose, where or\nhow it is, and for how long.\n",
	    to);
}

/* Print the lines of the answer, whose fields are separated by tabs. */
static void
status_print(const struct frame *answer)
{
	char *rest = NULL, *fields = NULL;

	for (char *line = strtok_r(answer->body, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest)) {
		static const int widths[] = { 12, 24, 28, 0 };
		size_t i = 0;

		for (char *field = strtok_r(line, "\t", &fields);
		     field != NULL && i < 4;
		     field = strtok_r(NULL, "\t", &fields), i++) {
			char visible[128];

			printf("%-*s", widths[i],
			    visible_copy(visible, sizeof(visible), field,
				strlen(field)));
		}
		putchar('\n');
	}
}

static void
status_print_refusal(const struct frame *answer)
{
	const char *sentence = NULL;
	char visible[256];

	if (answer->type == FRAME_REFUSED && fields_wellformed(answer))
		sentence = fields_get(answer, "sentence");
	if (sentence == NULL)
		sentence = "The helper's answer makes no sense.";
	fprintf(stderr, "moshgate: %s\n",
	    visible_copy(visible, sizeof(visible), sentence, strlen(sentence)));
}

int
status_main(int argc, char **argv)
{
	const struct fields none = { 0 };
	struct client client;
	struct frame answer;
	int status = 0;

	if (argc > 1) {
		const bool help = strcmp(argv[1], "--help") == 0;

		status_usage(help ? stdout : stderr);
		return help ? 0 : 2;
	}
	if (!client_open(&client, &client_patience_of_person)) {
		fprintf(stderr, "moshgate: %s\n", client_problem(errno));
		return 1;
	}
	if (!client_ask(&client, FRAME_STATUS, &none) ||
	    client_wait(&client, &answer, INT64_MAX) != FRAME_COMPLETE) {
		fprintf(stderr, "moshgate: the helper does not answer\n");
		client_close(&client);
		return 1;
	}
	if (answer.type == FRAME_TEXT) {
		status_print(&answer);
	} else {
		status_print_refusal(&answer);
		status = 1;
	}
	frame_free(&answer);
	client_close(&client);
	return status;
}
