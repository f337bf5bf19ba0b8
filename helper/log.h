#ifndef MOSHGATE_LOG_H
#define MOSHGATE_LOG_H

#include <stdbool.h>
#include <syslog.h>

/* Log to syslog (LOG_AUTHPRIV), or to standard error when TO_STDERR. */
void log_open(bool to_stderr);

/*
 * What another process can log by that can open nothing itself: a descriptor,
 * which is the caller's, for its log_take().  -1 with errno set if there is none,
 * or if syslog takes no datagrams: a stream could not be told there from a
 * standard error that leads to systemd's journal.
 */
int log_give(void);

/* From now on log by FD, from log_give(), instead of what log_open() says. */
void log_take(int fd);

/*
 * Log one line: "event=EVENT", then the pairs of names and values up to a
 * NULL name; a pair with a NULL value is left out.  Values may hold anything:
 * what could be taken for a command is made visible, and one that is not a
 * plain word is quoted.  LEVEL is one of syslog(3)'s.
 */
void log_event(int level, const char *event, ...) __attribute__((sentinel));

/*
 * Nobody waits for the log: lines for which it has no room now are kept, so many
 * that a burst of them finds its way there, and tried again by each log_event()
 * and by this.  Returns false if some are left.
 */
bool log_flush(void);

/* This process ends: wait for the log, but not for long, to take what is left. */
void log_end(void);

#endif
