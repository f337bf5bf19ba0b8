#ifndef MOSHGATE_BUDGET_H
#define MOSHGATE_BUDGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the remote may send: until it has let the gateway in, for one command,
 * and between two of them.  More than the longest answer, since it may say
 * what is no part of that.
 */
#define BUDGET_LOGIN_BYTES ((size_t)1024 * 1024)
#define BUDGET_COMMAND_BYTES ((size_t)16 * 1024 * 1024)
#define BUDGET_IDLE_BYTES ((size_t)1024 * 1024)
#define BUDGET_UNLIMITED SIZE_MAX
/* What it may say before its version: RFC 4253, section 4.2. */
#define BUDGET_LINES_BYTES ((size_t)64 * 1024)
/* libssh2 keeps each packet that nobody asks for. */
#define BUDGET_MEMORY_BYTES ((size_t)32 * 1024 * 1024)

/* What the remote has used of all that. */
struct budget {
	size_t left_bytes;   /* that it may still send */
	size_t lines_bytes;  /* that were read one by one */
	size_t memory_bytes; /* in use */
	bool wipes;          /* what is freed */
};

/*
 * How many of LEN bytes, which libssh2 wants at once, may be read now; 0 if the
 * remote has sent too much.
 */
size_t budget_read(struct budget *budget, size_t len);

/* GOT bytes, no more than budget_read() has allowed, were read. */
void budget_was_read(struct budget *budget, size_t got);

/*
 * As malloc(3), realloc(3) and free(3), but NULL also when that is more than
 * BUDGET_MEMORY_BYTES together.
 */
void *budget_alloc(struct budget *budget, size_t count);
void *budget_realloc(struct budget *budget, void *memory, size_t count);
void budget_free(struct budget *budget, void *memory);

#endif
