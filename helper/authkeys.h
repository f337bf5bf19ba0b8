#ifndef MOSHGATE_AUTHKEYS_H
#define MOSHGATE_AUTHKEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "expiry.h"

#define AUTHKEYS_MAX_BYTES ((size_t)1024 * 1024)
#define AUTHKEYS_NOTE_BYTES 256

/* What became of the lines of an authorized_keys file. */
struct authkeys_report {
	size_t kept, left_out, changed;
	/* about the first line left out or changed; "" if there was none */
	char note[AUTHKEYS_NOTE_BYTES];
};

/* What becomes of the keys with a command= of their own. */
enum authkeys_forced {
	AUTHKEYS_REFUSE, /* they are left out: sshd's ForceCommand overrides it */
	AUTHKEYS_HONOR, /* they are kept: sshd has no ForceCommand */
};

/* What an authorized_keys file is filtered by. */
struct authkeys_rules {
	/* the gateway's own key, as in RFC 4253, section 6.6; or NULL */
	const unsigned char *own;
	size_t own_len;
	enum authkeys_forced forced;
	/*
	 * where it is from: times without a zone are given this one; NULL
	 * leaves them as they are, for a file of the gateway's
	 */
	const struct expiry_zone *zone;
};

/*
 * The forced command that a line without one is given with AUTHKEYS_HONOR: it
 * says "whatever the client wants".  Without it sshd would itself serve, on the
 * gateway, a subsystem that is "internal-sftp".
 */
#define AUTHKEYS_ANY_COMMAND LIBEXECDIR "/moshgate/moshgate-session -"

/*
 * Filter an authorized_keys file (sshd(8), AUTHORIZED_KEYS FILE FORMAT): keep
 * the lines whose restrictions the gateway's sshd can enforce, leave out the
 * others, and the gateway's own key, by RULES.  TEXT is LEN bytes and may hold
 * anything.
 * Returns a malloc'ed string of lines, made anew from what was understood,
 * with its length in *OUT_LEN, and fills *REPORT; or NULL for want of memory.
 */
char *authkeys_filter(const char *text, size_t len,
    const struct authkeys_rules *rules, size_t *out_len,
    struct authkeys_report *report);

/*
 * The one line of authorized_keys that lets in the key that sshd was offered:
 * TYPE and BLOB are its tokens %t and %k.  Returns false if they are not a
 * key; else writes the line to OUT (SIZE bytes).
 */
bool authkeys_offered(const char *type, const char *blob,
    enum authkeys_forced forced, char *out, size_t size);

#endif
