#include "relayphase.h"

/*
 * Which calls are legal in each phase: to read output, to read errors, to write
 * input, to write the size, to wait until the channel is closed.  What comes
 * after the output's end, against the protocol, is read, and goes nowhere.
 */
static const bool relayphase_legal[RELAYPHASES][RELAYPHASE_CALLS] = {
	[RELAYPHASE_OPEN] = { true, true, true, true, false },
	[RELAYPHASE_INPUT_OVER] = { true, true, false, true, false },
	[RELAYPHASE_OUTPUT_OVER] = { true, true, true, true, true },
	[RELAYPHASE_BOTH_OVER] = { true, true, false, true, true },
	[RELAYPHASE_CLOSED] = { false, false, false, false, false },
};

/*
 * Which phase each event leads to: the input's end was told, the output was
 * delivered, the channel was closed.  The last counts only when the output was
 * delivered before.
 */
static const enum relayphase relayphase_next[RELAYPHASES][RELAYPHASE_EVENTS] = {
	[RELAYPHASE_OPEN] = { RELAYPHASE_INPUT_OVER, RELAYPHASE_OUTPUT_OVER,
	    RELAYPHASE_OPEN },
	[RELAYPHASE_INPUT_OVER] = { RELAYPHASE_INPUT_OVER, RELAYPHASE_BOTH_OVER,
	    RELAYPHASE_INPUT_OVER },
	[RELAYPHASE_OUTPUT_OVER] = { RELAYPHASE_BOTH_OVER,
	    RELAYPHASE_OUTPUT_OVER, RELAYPHASE_CLOSED },
	[RELAYPHASE_BOTH_OVER] = { RELAYPHASE_BOTH_OVER, RELAYPHASE_BOTH_OVER,
	    RELAYPHASE_CLOSED },
	[RELAYPHASE_CLOSED] = { RELAYPHASE_CLOSED, RELAYPHASE_CLOSED,
	    RELAYPHASE_CLOSED },
};

bool
relayphase_may(enum relayphase phase, enum relayphase_call busy,
    enum relayphase_call call)
{
	/* to wait for the channel's end sends nothing */
	if (busy != RELAYPHASE_NO_CALL && busy != call &&
	    call != RELAYPHASE_WAIT_CLOSED)
		return false;
	return relayphase_legal[phase][call];
}

enum relayphase
relayphase_after(enum relayphase phase, enum relayphase_event event)
{
	return relayphase_next[phase][event];
}

bool
relayphase_hears(enum relayphase phase, const struct relayphase_held *held)
{
	const bool may_write = relayphase_may(phase, RELAYPHASE_NO_CALL,
	    RELAYPHASE_WRITE_INPUT);

	/* to write needs room in the remote's window, which it tells */
	return held->output == 0 || held->errors == 0 || held->input > 0 ||
	    (held->input_ended && may_write);
}
