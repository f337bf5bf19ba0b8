#ifndef MOSHGATE_SESSION_H
#define MOSHGATE_SESSION_H

#include <libssh2.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../config.h"
#include "deadline.h"
#include "failure.h"
#include "hostkey.h"

/*
 * One SSH connection to the remote, as one user, by libssh2.  Every function
 * waits, but no longer than its step's deadline, and not after the parent is
 * gone.  What the remote sends is bounded, and so is the memory it takes.
 */
struct session;

/* No signature is longer. */
#define SESSION_SIGNATURE_MAX_BYTES ((size_t)4 * 1024)

/*
 * Signs LEN bytes at DATA, as RFC 4252, section 7 has them, into SIGNATURE, where
 * there is room for SESSION_SIGNATURE_MAX_BYTES.  Returns the signature's length,
 * or 0 if it can't be had.
 */
typedef size_t session_signer(void *context, const unsigned char *data,
    size_t len, unsigned char *signature);

/*
 * Make a session, whose steps keep DEADLINE, and whose failures have their
 * facts in FACTS; both must outlive it.  Returns NULL for want of memory.
 */
struct session *session_new(struct deadline *deadline,
    struct failure_facts *facts);

/* Tell the remote that this is the end, without waiting, and free all of it. */
void session_free(struct session *session);

/*
 * Agree on keys over the connection FD, which is the session's from now on,
 * then check the host key against those in KEYS.
 */
enum failure session_handshake(struct session *session, int fd,
    const struct config *config, const struct hostkeys *keys);

/*
 * Be authenticated as USER by the key whose public part is the LEN bytes at
 * BLOB, and which SIGN, given CONTEXT, signs with.  After FAILURE_REFUSED another
 * key can be tried.
 */
enum failure session_authenticate(struct session *session, const char *user,
    const unsigned char *blob, size_t len, session_signer *sign, void *context);

/*
 * The rest is for other ways to be authenticated, and for channels.
 */

/* What the remote has said as it closed the connection, or "". */
const char *session_said(const struct session *session);

/* End the connection here and now: nothing more is sent. */
void session_break(struct session *session);

/*
 * The login has a SECRET, or (NULL) no longer: libssh2's callbacks find it by
 * their ABSTRACT, and to the end of the login all memory that libssh2 gives back
 * is wiped.
 */
void session_keep_secret(struct session *session, void *secret);
void *session_secret(void **abstract);

/* libssh2 has its memory of this; NULL if that is too much. */
void *session_alloc(size_t count, void **abstract);

LIBSSH2_SESSION *session_ssh(const struct session *session);
struct failure_facts *session_facts(const struct session *session);

/* The connection's socket, to poll while there is nothing to do. */
int session_fd(const struct session *session);

/*
 * How often something has been read from the remote.  Each of libssh2's
 * functions may read what another one waits for.  So when this number has
 * changed, all of them must be called once more before any wait.
 */
uint64_t session_received(const struct session *session);

/* From now on the remote may send BYTES, one of those of budget.h. */
void session_allow(struct session *session, size_t bytes);

/* STEP, a string that lives for ever, begins. */
void session_begin_step(struct session *session, const char *step);

/*
 * True if the step that is under way takes too long; the session then reads no
 * more.
 */
bool session_is_late(struct session *session);

/* Wait for what libssh2 waits for, until the step must be over. */
enum failure session_wait(struct session *session);

/*
 * Why libssh2 has failed in this step: OTHERWISE, if neither the remote nor
 * this side has ended the connection.
 */
enum failure session_why(struct session *session, enum failure otherwise);

/* The login is over: only each step has a deadline from now on. */
void session_end_login(struct session *session);

/*
 * A relay begins: no deadline and no budget from now on, and the connection
 * outlasts a link that is down for two minutes.
 */
void session_lift_limits(struct session *session);

#endif
