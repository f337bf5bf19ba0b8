#include "request.h"

#include "../../shim/lib/fields.h"

const struct refusal request_no_memory = { .reason = "internal",
	.sentence = "The gateway is out of memory.",
	.remedy = "give the gateway more memory" };

void
requests_add(struct requests *requests, struct request *request)
{
	struct request **last = &requests->first;

	while (*last != NULL)
		last = &(*last)->next;
	*last = request;
	request->next = NULL;
	request->state = REQUEST_WAITING;
	request->tries = 0;
}

bool
requests_remove(struct requests *requests, struct request *request)
{
	struct request **at = &requests->first;

	while (*at != NULL && *at != request)
		at = &(*at)->next;
	if (*at == NULL)
		return false;
	*at = request->next;
	request->next = NULL;
	request->state = REQUEST_NEW;
	return true;
}

struct request *
requests_first(const struct requests *requests, enum job want)
{
	for (struct request *r = requests->first; r != NULL; r = r->next) {
		if (r->want == want && r->state == REQUEST_WAITING)
			return r;
	}
	return NULL;
}

struct request *
requests_ready_session(const struct requests *requests, bool waiting)
{
	for (struct request *r = requests->first; r != NULL; r = r->next) {
		if (r->want == JOB_SESSION && r->state == REQUEST_WAITING &&
		    (r->at_once || !waiting))
			return r;
	}
	return NULL;
}

void
requests_answer(struct requests *requests, struct request *request,
    const struct frame *answer, bool reached)
{
	requests_remove(requests, request);
	request->answer(request, answer, reached);
}

void
requests_answer_all(struct requests *requests, enum job want,
    const struct frame *answer)
{
	struct request *request, *next;

	for (request = requests->first; request != NULL; request = next) {
		next = request->next;
		if (request->want == want)
			requests_answer(requests, request, answer, true);
	}
}

void
requests_accept(struct requests *requests)
{
	const struct frame accepted = { .type = FRAME_ACCEPTED };
	struct request *request, *next;

	for (request = requests->first; request != NULL; request = next) {
		next = request->next;
		if (request->want == JOB_LOOKUP)
			request->answer(request, &accepted, true);
	}
}

void
request_refuse(struct request *request, const struct refusal *why)
{
	struct fields fields = { 0 };
	struct frame refusal;

	refusal = refusal_frame(why, &fields);
	request->answer(request, &refusal, false);
	fields_free(&fields);
}

void
requests_refuse_all(struct requests *requests, const struct refusal *why)
{
	struct request *request, *next;

	for (request = requests->first; request != NULL; request = next) {
		next = request->next;
		requests_remove(requests, request);
		request_refuse(request, why);
	}
}

void
requests_fail(struct requests *requests, bool retry,
    const struct frame *refusal, bool reached)
{
	struct request *request, *next;

	for (request = requests->first; request != NULL; request = next) {
		next = request->next;
		if (retry && request->tries == 0) {
			request->tries++;
			request->state = REQUEST_WAITING;
		} else {
			requests_answer(requests, request, refusal, reached);
		}
	}
}

void
requests_restart(struct requests *requests)
{
	for (struct request *r = requests->first; r != NULL; r = r->next)
		r->state = REQUEST_WAITING;
}
