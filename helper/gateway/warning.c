#include "warning.h"

#include <stddef.h>

#include "../log.h"

const char *
warning_text(const struct config *config)
{
	return config->verify_host_key
	    ? NULL
	    : "WARNING: the remote server's host key is not checked "
	      "(verify_host_key = no).";
}

void
warning_log(const struct config *config, const char *user)
{
	if (config->verify_host_key)
		return;
	log_event(LOG_WARNING, "note", "user", user, "about",
	    "host-key-unchecked", "detail",
	    "a session begins with verify_host_key = no", "remedy",
	    "put the remote's host key into known_hosts and remove "
	    "verify_host_key",
	    NULL);
}
