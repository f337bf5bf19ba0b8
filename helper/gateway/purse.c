#include "purse.h"

/* Have no more tokens in PURSE than make MOST, with those that are out. */
static void
purse_cap_at(struct purse *purse, int most)
{
	const int room = most > purse->going ? most - purse->going : 0;

	if (purse->tokens > room)
		purse->tokens = room;
}

void
purse_init(struct purse *purse)
{
	purse->tokens = purse->going = 0;
	purse->filled_ms = -1;
}

void
purse_cap(struct purse *purse)
{
	purse_cap_at(purse, purse->most);
}

void
purse_fill(struct purse *purse, int64_t now_ms)
{
	int64_t came, room;

	if (purse->filled_ms < 0) {
		purse->tokens = purse->most;
		purse->filled_ms = purse->grown_ms = now_ms;
	}
	if (purse->going == 0 && now_ms - purse->grown_ms >= purse->kept_ms)
		purse_cap(purse);
	/* those that are out may come back */
	room = purse->most - purse->going - purse->tokens;
	came = (now_ms - purse->filled_ms) / purse->interval_ms;
	if (came < room) {
		purse->filled_ms += came * purse->interval_ms;
		purse->tokens += (int)came;
		return;
	}
	/* a full one does not begin the next */
	purse->filled_ms = now_ms;
	if (room > 0)
		purse->tokens += (int)room;
}

int64_t
purse_next_ms(const struct purse *purse)
{
	return purse->filled_ms + purse->interval_ms;
}

void
purse_take(struct purse *purse)
{
	purse->tokens--;
	purse->going++;
}

void
purse_give_back(struct purse *purse, int more, int64_t now_ms)
{
	purse_fill(purse, now_ms);
	purse->going--;
	purse->tokens += 1 + more;
	if (more > 0)
		purse->grown_ms = now_ms;
	purse_cap_at(purse, purse->grown);
}

void
purse_lose(struct purse *purse, int64_t now_ms)
{
	purse_fill(purse, now_ms);
	purse->going--;
	purse_cap_at(purse, purse->most - 1);
}

void
purse_charge(struct purse *purse, int least, int64_t now_ms)
{
	purse_fill(purse, now_ms);
	if (purse->tokens > least)
		purse->tokens--;
}
