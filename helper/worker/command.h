#ifndef MOSHGATE_COMMAND_H
#define MOSHGATE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

/* Of a request's 16 KiB, each byte may take 5. */
#define COMMAND_SCRIPT_BYTES ((size_t)88 * 1024)

/*
 * Write to SCRIPT (SIZE bytes) words of sh that run COMMAND as sshd would: by
 * the login shell, with -c; and with SSH_ORIGINAL_COMMAND, ssh(1), set to
 * ORIGINAL unless that is NULL.  Both may hold anything.  The words mean the
 * same to other login shells, such as fish and tcsh: in single quotes there is
 * nothing that one of them would interpret.
 * Returns false if SCRIPT is too short.
 */
bool command_script(const char *command, const char *original, char *script,
    size_t size);

/*
 * The same words behind the word BEFORE, which may be "": malloc'ed.  Returns
 * NULL if they are longer than COMMAND_SCRIPT_BYTES, or there is no memory.
 */
char *command_new(const char *command, const char *original,
    const char *before);

#endif
