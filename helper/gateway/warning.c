#include "warning.h"

#include <stddef.h>

#include "../log.h"

#define WARNING_HOST_KEY                                        \
	"WARNING: the remote server's host key is not checked " \
	"(verify_host_key = no)."
#define WARNING_ANY_KEY \
	"WARNING: the gateway lets anybody in as any user (keys = any)."

/*
 * True if the gateway logs in with its own key for whoever comes, without having
 * seen who that is; and not with what is the client's OWN.
 */
static bool
warning_is_open_to_all(const struct config *config, bool own)
{
	return !own && config->keys == CONFIG_KEYS_ANY &&
	    config_has_key(config);
}

const char *
warning_text(const struct config *config, bool own)
{
	if (config->verify_host_key)
		return warning_is_open_to_all(config, own) ? WARNING_ANY_KEY
							   : NULL;
	return warning_is_open_to_all(config, own) ? WARNING_HOST_KEY
	    "\n" WARNING_ANY_KEY
						   : WARNING_HOST_KEY;
}

void
warning_log(const struct config *config, bool own, const char *user)
{
	if (!config->verify_host_key)
		log_event(LOG_WARNING, "note", "user", user, "about",
		    "host-key-unchecked", "detail",
		    "a session begins with verify_host_key = no", "remedy",
		    "put the remote's host key into known_hosts and remove "
		    "verify_host_key",
		    NULL);
	if (warning_is_open_to_all(config, own))
		log_event(LOG_WARNING, "note", "user", user, "about",
		    "client-unchecked", "detail",
		    "a session begins with keys = any: nobody has seen who "
		    "this is",
		    "remedy",
		    "say keys = remote or keys = file, or auth = agent, in "
		    "moshgate.ini",
		    NULL);
}
