#include "inquiry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* So many may wait for a process, besides those that go first. */
#define INQUIRY_WAITING_MAX 64

static bool
inquiry_asks(const struct inquiry *inquiry, const struct directory_asked *asked)
{
	return inquiry->asked.key == asked->key &&
	    inquiry->asked.uid == asked->uid &&
	    strcmp(inquiry->asked.name, asked->name) == 0;
}

struct inquiry *
inquiry_find(struct inquiry *first, const struct directory_asked *asked)
{
	while (first != NULL && !inquiry_asks(first, asked))
		first = first->next;
	return first;
}

/* True if as many wait in the list from FIRST as may, and don't go first. */
static bool
inquiry_full(const struct inquiry *first)
{
	size_t count = 0;

	for (const struct inquiry *i = first; i != NULL; i = i->next)
		count += i->place < 0 && i->class != DISPATCH_QUICK;
	return count >= INQUIRY_WAITING_MAX;
}

struct inquiry *
inquiry_new(struct inquiry **first, const struct dispatch *dispatch,
    const struct directory_asked *asked, bool known, int64_t now_ms)
{
	struct inquiry *inquiry = calloc(1, sizeof(*inquiry));

	if (inquiry == NULL)
		return NULL;
	inquiry->asked = *asked;
	inquiry->place = -1;
	inquiry->began_ms = now_ms;
	if (asked->key == DIRECTORY_BY_NAME)
		snprintf(inquiry->whom, sizeof(inquiry->whom), "%s",
		    asked->name);
	else
		snprintf(inquiry->whom, sizeof(inquiry->whom), "uid%s %lu",
		    asked->key == DIRECTORY_BY_UID ? "" : "s from",
		    (unsigned long)asked->uid);
	inquiry->class = asked->key == DIRECTORY_UIDS_FROM
	    ? DISPATCH_STOCK
	    : dispatch_class_of(dispatch, inquiry->whom, known);
	if (inquiry->class != DISPATCH_QUICK && inquiry_full(*first)) {
		free(inquiry);
		return NULL;
	}
	while (*first != NULL)
		first = &(*first)->next;
	*first = inquiry;
	return inquiry;
}

struct inquiry *
inquiry_next(struct inquiry *first, enum dispatch_class class)
{
	while (first != NULL && (first->place >= 0 || first->class != class))
		first = first->next;
	return first;
}

void
inquiry_attach(struct inquiry *inquiry, struct directory_question *question)
{
	question->of = inquiry;
	question->next = inquiry->questions;
	inquiry->questions = question;
}

void
inquiry_detach(struct directory_question *question)
{
	struct directory_question **at;

	if (question->of == NULL)
		return;
	at = &question->of->questions;
	while (*at != question)
		at = &(*at)->next;
	*at = question->next;
	question->of = NULL;
}

void
inquiry_end(struct inquiry **first, struct inquiry *inquiry,
    const struct directory_answer *answer)
{
	struct directory_question *question;

	while (*first != inquiry)
		first = &(*first)->next;
	*first = inquiry->next;
	while ((question = inquiry->questions) != NULL) {
		inquiry_detach(question);
		question->answer(question, answer);
	}
	free(inquiry);
}

void
inquiry_free_all(struct inquiry **first)
{
	struct inquiry *inquiry;

	while ((inquiry = *first) != NULL) {
		*first = inquiry->next;
		free(inquiry);
	}
}
