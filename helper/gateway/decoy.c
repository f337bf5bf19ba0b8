#include "decoy.h"

void
decoys_learn(struct decoys *decoys, int64_t gone_ms, int64_t now_ms)
{
	decoys->took_ms = now_ms - gone_ms;
	if (decoys->took_ms < 1)
		decoys->took_ms = 1;
	if (decoys->took_ms > DECOY_MAX_MS)
		decoys->took_ms = DECOY_MAX_MS;
}

int64_t
decoys_end_ms(const struct decoys *decoys, int64_t gone_ms)
{
	return gone_ms +
	    (decoys->took_ms > 0 ? decoys->took_ms : DECOY_FIRST_MS);
}
