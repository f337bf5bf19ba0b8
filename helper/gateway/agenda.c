#include "agenda.h"

bool
agenda_next(const struct agenda *a, enum job *job)
{
	const bool keys_last = a->connected && a->last == JOB_KEYS;

	if (a->ping && a->connected)
		*job = JOB_OPEN;
	else if (a->lookup)
		*job = JOB_LOOKUP;
	else if (a->keys && !(a->session && keys_last))
		*job = JOB_KEYS;
	else if (a->udp && !a->keys)
		*job = JOB_UDP;
	else if (a->session)
		*job = JOB_SESSION;
	else
		return false;
	return true;
}
