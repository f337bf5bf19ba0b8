/*
 * What the helper is told of an account, and of the user map, by processes of its
 * own.  "|" stands for a NUL.
 */
#include "fuzz.h"

#include "../../helper/directory.h"
#include "../../helper/userpieces.h"

static void
read_account(const struct frame *frame)
{
	struct directory_answer answer;
	struct directory_asked asked;

	if (!fields_wellformed(frame))
		return;
	if (directory_answer_read(frame, &answer)) {
		must(answer.verdict <= DIRECTORY_UNKNOWN);
		must(answer.name[0] == '\0' || username_valid(answer.name));
		must(answer.verdict == DIRECTORY_THERE || !answer.in_group);
		must(memchr(answer.shell, '\0', sizeof(answer.shell)) != NULL);
		must(memchr(answer.fault, '\0', sizeof(answer.fault)) != NULL);
	}
	if (directory_asked_read(frame, &asked))
		must(asked.key != DIRECTORY_BY_NAME ||
		    username_valid(asked.name));
}

/* In two pieces it is the same as in one. */
static void
read_map(const struct frame *frame)
{
	struct userpieces pieces = { 0 };
	struct usertable table = { 0 }, again = { 0 };
	struct frame half = { .body = frame->body, .len = frame->len / 2 };

	must(userpieces_take(&pieces, &half));
	half.body += half.len;
	half.len = frame->len - half.len;
	must(userpieces_take(&pieces, &half));
	userpieces_read(&pieces, &table, NULL);
	if (frame->len > 0)
		usertable_parse(&again, frame->body, frame->len);
	must(table.count == again.count);
	must(strcmp(table.fault, again.fault) == 0);
	usertable_free(&table);
	usertable_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = copy_of(data, size, 0);
	const struct frame frame = { .body = bytes, .len = size };

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] == '|')
			bytes[i] = '\0';
	}
	read_account(&frame);
	read_map(&frame);
	free(bytes);
	return 0;
}
