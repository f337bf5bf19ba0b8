#ifndef MOSHGATE_STANDBY_H
#define MOSHGATE_STANDBY_H

#include <stdbool.h>

/*
 * What the helper does while it can't start: its settings or the key are yet to
 * be made, or wrong.  Whoever comes is told so at once, and let in nowhere.  If
 * the helper ended instead, sshd would wait for it with each unknown name that
 * somebody tries, since systemd keeps the socket.
 *
 * Before it tells anybody it calls READY with CONTEXT, and returns when that
 * returns true; it also calls it at SIGHUP.  FD is the listening socket.  Returns
 * false when there is no point in going on.
 */
bool standby(int fd, bool (*ready)(void *context), void *context);

#endif
