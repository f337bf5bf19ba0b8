#ifndef MOSHGATE_EXPIRY_H
#define MOSHGATE_EXPIRY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * When a key expires: the option expiry-time of authorized_keys (sshd(8)).
 * Without a "Z" behind it the time is read in the time zone of the host whose
 * sshd reads it.
 */

#define EXPIRY_UTC_BYTES 80 /* of YYYYMMDDHHMMSSZ: room for any numbers */

/* The time zone of a host. */
struct expiry_zone {
	bool known;
	/*
	 * Of its standard time, east of Greenwich: also in summer sshd means
	 * that, since it has no tm_isdst set when it calls mktime(3).
	 */
	int offset_s;
};

enum expiry {
	EXPIRY_AS_IT_IS, /* it has a zone, or is no time for sshd either */
	EXPIRY_LOCAL,    /* it had none, and now has */
	EXPIRY_UNKNOWN,  /* it has none, and which is meant is not known */
};

/*
 * Store in *ZONE which zone is meant by the LEN bytes at TEXT: the last line of
 * a file of RFC 8536, section 3.3, which is as TZ in POSIX.
 */
void expiry_read_zone(struct expiry_zone *zone, const char *text, size_t len);

/*
 * Read the time in the LEN bytes at TEXT, on a host in ZONE.  For EXPIRY_LOCAL,
 * write to UTC what it is everywhere.
 */
enum expiry expiry_read(const char *text, size_t len,
    const struct expiry_zone *zone, char utc[EXPIRY_UTC_BYTES]);

#endif
