#ifndef MOSHGATE_ACCOUNTS_H
#define MOSHGATE_ACCOUNTS_H

/*
 * Be a process that asks the name service for the helper: see directory.h.  It
 * waits there for as long as a directory service likes, and loads whatever
 * modules nsswitch.conf(5) names.  It ends without a word when the helper closes
 * the socket.
 * Returns the exit status.
 */
int accounts_main(void);

#endif
