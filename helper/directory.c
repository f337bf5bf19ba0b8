#include "directory.h"

#include <stdio.h>
#include <string.h>

void
directory_asked_add(struct fields *fields, const struct directory_asked *asked)
{
	switch (asked->key) {
	case DIRECTORY_BY_NAME:
		fields_add(fields, "name", asked->name);
		return;
	case DIRECTORY_BY_UID:
		fields_add_number(fields, "uid", (long long)asked->uid);
		return;
	case DIRECTORY_UIDS_FROM:
		fields_add_number(fields, "first", (long long)asked->uid);
		return;
	}
}

bool
directory_asked_read(const struct frame *frame, struct directory_asked *asked)
{
	const char *name = fields_get(frame, "name");
	long long uid = 0;

	*asked = (struct directory_asked){ 0 };
	if (name != NULL) {
		asked->key = DIRECTORY_BY_NAME;
		if (!username_valid(name))
			return false;
		snprintf(asked->name, sizeof(asked->name), "%s", name);
		return true;
	}
	if (fields_get_number(frame, "uid", 0, UINT32_MAX, &uid))
		asked->key = DIRECTORY_BY_UID;
	else if (fields_get_number(frame, "first", 0, USERMAP_UID_MAX, &uid))
		asked->key = DIRECTORY_UIDS_FROM;
	else
		return false;
	asked->uid = (uid_t)uid;
	return true;
}

void
directory_answer_unknown(struct directory_answer *answer, const char *fault)
{
	answer->verdict = DIRECTORY_UNKNOWN;
	snprintf(answer->fault, sizeof(answer->fault), "%s", fault);
}

/* Add the field NAME if that is so. */
static void
directory_add_mark(struct fields *fields, const char *name, bool is)
{
	if (is)
		fields_add(fields, name, "1");
}

void
directory_answer_add(struct fields *fields,
    const struct directory_answer *answer)
{
	fields_add_number(fields, "verdict", (long long)answer->verdict);
	fields_add(fields, "name", answer->name);
	fields_add_number(fields, "uid", (long long)answer->uid);
	fields_add(fields, "shell", answer->shell);
	directory_add_mark(fields, "shares_uid", answer->shares_uid);
	directory_add_mark(fields, "in_group", answer->in_group);
	directory_add_mark(fields, "like", answer->like);
	/* 64 bits are more than a number in a field may have */
	fields_add_number(fields, "free_low",
	    (long long)(answer->free & UINT32_MAX));
	fields_add_number(fields, "free_high", (long long)(answer->free >> 32));
	fields_add(fields, "fault", answer->fault);
}

/* Copy the field NAME to OUT of SIZE bytes; false if it isn't there, or longer. */
static bool
directory_take(const struct frame *frame, const char *name, char *out,
    size_t size)
{
	const char *value = fields_get(frame, name);

	if (value == NULL || strlen(value) >= size)
		return false;
	memcpy(out, value, strlen(value) + 1);
	return true;
}

/* True if what ANSWER has of an account fits together. */
static bool
directory_answer_valid(const struct directory_answer *answer)
{
	if (answer->name[0] != '\0' && !username_valid(answer->name))
		return false;
	return answer->verdict == DIRECTORY_THERE ||
	    (answer->name[0] == '\0' && !answer->in_group);
}

bool
directory_answer_read(const struct frame *frame,
    struct directory_answer *answer)
{
	long long verdict, uid, low, high;

	*answer = (struct directory_answer){ 0 };
	if (!fields_get_number(frame, "verdict", DIRECTORY_NONE,
		DIRECTORY_UNKNOWN, &verdict) ||
	    !fields_get_number(frame, "uid", 0, UINT32_MAX, &uid) ||
	    !fields_get_number(frame, "free_low", 0, UINT32_MAX, &low) ||
	    !fields_get_number(frame, "free_high", 0, UINT32_MAX, &high) ||
	    !directory_take(frame, "name", answer->name,
		sizeof(answer->name)) ||
	    !directory_take(frame, "shell", answer->shell,
		sizeof(answer->shell)) ||
	    !directory_take(frame, "fault", answer->fault,
		sizeof(answer->fault)))
		return false;
	answer->verdict = (enum directory_verdict)verdict;
	answer->uid = (uid_t)uid;
	answer->free = (uint64_t)high << 32 | (uint64_t)low;
	answer->shares_uid = fields_get(frame, "shares_uid") != NULL;
	answer->in_group = fields_get(frame, "in_group") != NULL;
	answer->like = fields_get(frame, "like") != NULL;
	return directory_answer_valid(answer);
}
