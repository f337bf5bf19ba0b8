#include "pace.h"

bool
pace_is_kept(const struct config *config)
{
	return config->keys != CONFIG_KEYS_REMOTE && !config_has_key(config);
}

int64_t
pace_ms(int64_t asked_ms, int64_t now_ms)
{
	const int64_t steps = (now_ms - asked_ms) / PACE_MS + 1;

	return asked_ms + steps * PACE_MS;
}
