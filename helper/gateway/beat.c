#include "beat.h"

#include "../../shim/lib/clock.h"
#include "gateway.h"

static void
beat_tell(void *context, struct peer *peer)
{
	const struct fields none = { 0 };
	bool *any = context;

	if (!peer->beats || peer->state != PEER_WAITING)
		return;
	*any = true;
	/* for one that reads nothing, no more piles up */
	if (peer->out.len == 0)
		peer_tell(peer, FRAME_TAKEN, &none);
}

static void
beat_fire(void *context, int64_t now_ms)
{
	struct gateway *gateway = context;

	gateway->beating = false;
	peers_each(gateway->peers, beat_tell, &gateway->beating);
	if (gateway->beating)
		loop_at(gateway->loop, &gateway->beat_timer, now_ms + BEAT_MS);
}

void
beat_init(struct gateway *gateway)
{
	gateway->beat_timer = (struct loop_timer){ .fire = beat_fire,
		.context = gateway };
}

void
beat_begin(struct peer *peer)
{
	struct gateway *gateway = peer->context;
	bool told = false;

	peer->beats = true;
	beat_tell(&told, peer);
	if (!told || gateway->beating)
		return;
	gateway->beating = true;
	loop_at(gateway->loop, &gateway->beat_timer, clock_now_ms() + BEAT_MS);
}
