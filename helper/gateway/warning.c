#include "warning.h"

#include "../log.h"
#include "gateway.h"

void
warning_add(struct fields *fields, const struct peer *peer)
{
	const struct gateway *gateway = peer->context;

	if (gateway->config->verify_host_key)
		return;
	fields_add(fields, "warning",
	    "WARNING: the remote server's host key is not checked "
	    "(verify_host_key = no).");
	log_event(LOG_WARNING, "note", "user", peer->user, "about",
	    "host-key-unchecked", "detail",
	    "a session begins with verify_host_key = no", "remedy",
	    "put the remote's host key into known_hosts and remove "
	    "verify_host_key",
	    NULL);
}
