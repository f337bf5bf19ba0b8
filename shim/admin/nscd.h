#ifndef MOSHGATE_NSCD_H
#define MOSHGATE_NSCD_H

#include <stdbool.h>
#include <stddef.h>

/*
 * nscd(8) and unscd, which answer for the name service in its place.
 */
#define NSCD_CONF_PATH "/etc/nscd.conf"

/* True if one of them takes connections. */
bool nscd_runs(void);

/*
 * True if the LEN bytes at TEXT, a nscd.conf(5), have nscd remember users: with
 * "enable-cache passwd yes".  If they don't say, neither nscd nor unscd does.
 */
bool nscd_caches_passwd(const char *text, size_t len);

#endif
