#include "peerstate.h"

#include <stddef.h>

bool
peer_next(enum peer_state *state, enum peer_event event)
{
	static const struct {
		enum peer_state from;
		enum peer_event event;
		enum peer_state to;
	} steps[] = {
		{ PEER_ASKING, PEER_ASKS, PEER_WAITING },
		{ PEER_ASKING, PEER_ANSWERED, PEER_ANSWERING },
		{ PEER_WAITING, PEER_ANSWERED, PEER_ANSWERING },
		{ PEER_WAITING, PEER_SETTLED, PEER_STAYING },
		{ PEER_WAITING, PEER_GIVES, PEER_GIVEN },
		{ PEER_GIVEN, PEER_ANSWERED, PEER_ANSWERING },
		{ PEER_GIVEN, PEER_RETURNS, PEER_WAITING },
	};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (steps[i].from == *state && steps[i].event == event) {
			*state = steps[i].to;
			return true;
		}
	}
	return false;
}
