#include "directory.h"

#include <stdlib.h>

#include "account.h"

struct directory {
	struct directory_answer answer;
};

struct directory *
directory_new(void)
{
	return calloc(1, sizeof(struct directory));
}

void
directory_free(struct directory *directory)
{
	free(directory);
}

void
directory_ask_name(struct directory *directory,
    struct directory_question *question, const char *name)
{
	account_look_name(name, &directory->answer);
	question->answer(question, &directory->answer);
}

void
directory_ask_uid(struct directory *directory,
    struct directory_question *question, uid_t uid)
{
	account_look_uid(uid, &directory->answer);
	question->answer(question, &directory->answer);
}

void
directory_forget(struct directory_question *question)
{
	(void)question;
}
