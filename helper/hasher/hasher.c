#include "hasher.h"

#include <sodium.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../passwords.h"
#include "../reexec.h"
#include "../refusal.h"
#include "../sandbox.h"
#include "verify.h"

#define HASHER_ASKED_MS 5000
#define HASHER_ANSWER_MS 5000
/* Sessions go before logins where there is too little of the processor. */
#define HASHER_NICE 5

/* The question. */
struct hasher_asked {
	const char *path, *user, *password;
};

static bool
hasher_read(const struct frame *frame, struct hasher_asked *asked)
{
	if (frame->type != FRAME_HASH || !fields_wellformed(frame))
		return false;
	asked->path = fields_get(frame, "path");
	asked->user = fields_get(frame, "user");
	asked->password = fields_get(frame, "password");
	return asked->path != NULL && asked->user != NULL &&
	    asked->password != NULL;
}

static bool
hasher_send(enum frame_type type, struct fields *fields)
{
	const bool sent = !fields->failed &&
	    frame_send(REEXEC_FD, type, fields->text, fields->len,
		HASHER_ANSWER_MS);

	fields_free(fields);
	return sent;
}

/* The file can't be used, for FAULT. */
static bool
hasher_refuse(const char *fault)
{
	const struct refusal why = { .reason = "passwords-file",
		.sentence = "The gateway's file of passwords cannot be used.",
		.remedy = "mend the file that passwords in [clients] names: "
			  "until then no password lets anybody in",
		.detail = fault };
	struct fields fields = { 0 };

	refusal_add(&fields, &why);
	return hasher_send(FRAME_REFUSED, &fields);
}

/* There is too little memory to tell whether the password is right. */
static bool
hasher_refuse_memory(void)
{
	static const struct refusal why = { .reason = "internal",
		.sentence = "The gateway cannot look at the password.",
		.detail = "no memory for the hash of the password",
		.remedy = "see that the gateway has 64 MiB of memory to spare "
			  "for each of two of them" };
	struct fields fields = { 0 };

	refusal_add(&fields, &why);
	return hasher_send(FRAME_REFUSED, &fields);
}

/* From now on the process only counts. */
static void
hasher_give_up(void)
{
	(void)sandbox_files();
	(void)sandbox_calls_and_hash();
}

/* Answer whether the password that is ASKED about is right. */
static bool
hasher_answer(const struct hasher_asked *asked, const struct passwords *all)
{
	struct fields fields = { 0 };
	bool there;
	const char *hash = passwords_hash(all, asked->user, &there);
	const enum verify_result result = verify_password(hash,
	    asked->password);

	if (result == VERIFY_FAILED)
		return hasher_refuse_memory();
	fields_add_number(&fields, "right", there && result == VERIFY_RIGHT);
	return hasher_send(FRAME_OK, &fields);
}

/* Do what FRAME asks for.  Returns false if that failed. */
static bool
hasher_serve(const struct frame *frame)
{
	char fault[PASSWORDS_FAULT_BYTES];
	struct passwords all = { 0 };
	struct hasher_asked asked;
	bool good;

	if (!hasher_read(frame, &asked))
		return false;
	good = passwords_read(asked.path, &all, fault);
	hasher_give_up();
	good = good && passwords_parse(asked.path, &all, fault);
	good = good ? hasher_answer(&asked, &all) : hasher_refuse(fault);
	passwords_free(&all);
	return good;
}

int
hasher_main(void)
{
	struct frame_in in = { .limit_bytes = FRAME_REQUEST_MAX_BYTES };
	struct frame frame;
	bool good;

	if (!reexec_begin(REEXEC_HASHER))
		return 2;
	if (sodium_init() < 0)
		return 1;
	(void)!nice(HASHER_NICE);
	if (frame_wait(REEXEC_FD, &in, &frame, HASHER_ASKED_MS) !=
	    FRAME_COMPLETE) {
		frame_in_reset(&in);
		return 1;
	}
	good = hasher_serve(&frame);
	frame_free(&frame);
	return good ? 0 : 1;
}
