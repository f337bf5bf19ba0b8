#include "accounts.h"

#include "../../shim/lib/fields.h"
#include "../../shim/lib/frame.h"
#include "../directory.h"
#include "../reexec.h"
#include "account.h"
#include "confine.h"

/* Nothing is to be done between two questions, however long that is. */
#define ACCOUNTS_WAIT_MS (INT64_C(24) * 3600 * 1000)
#define ACCOUNTS_ANSWER_MS 10000

/* Answer the question in FRAME.  Returns false if it is none. */
static bool
accounts_answer(const struct frame *frame)
{
	struct directory_answer answer;
	struct directory_asked asked;
	struct fields fields = { 0 };
	bool sent;

	if (frame->type != FRAME_ACCOUNT || !fields_wellformed(frame) ||
	    !directory_asked_read(frame, &asked))
		return false;
	account_look(&asked, &answer);
	directory_answer_add(&fields, &answer);
	sent = !fields.failed &&
	    frame_send(REEXEC_FD, FRAME_OK, fields.text, fields.len,
		ACCOUNTS_ANSWER_MS);
	fields_free(&fields);
	return sent;
}

int
accounts_main(void)
{
	struct frame_in in = { .limit_bytes = FRAME_REQUEST_MAX_BYTES };
	enum frame_result result = FRAME_AGAIN;
	struct frame frame;
	bool good = true;

	if (!reexec_begin(REEXEC_ACCOUNTS))
		return 2;
	confine_names();
	while (good && (result == FRAME_AGAIN || result == FRAME_COMPLETE)) {
		result = frame_wait(REEXEC_FD, &in, &frame, ACCOUNTS_WAIT_MS);
		if (result != FRAME_COMPLETE)
			continue;
		good = accounts_answer(&frame);
		frame_free(&frame);
	}
	frame_in_reset(&in);
	return good ? 0 : 1;
}
