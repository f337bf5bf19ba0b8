#ifndef MOSHGATE_FILE_H
#define MOSHGATE_FILE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#define FILE_FAULT_BYTES 128

/* A file of the administrator's, read whole. */
struct file {
	char *text; /* NUL-terminated */
	size_t len;
	struct stat st;
	bool secret; /* TEXT is sodium_malloc'ed; else it is malloc'ed */
};

/*
 * Open the plain file at PATH for reading, if nobody but OWNER or root can have
 * written it.  Stores in *ST what fstat(2) says of it; all zero if it can't
 * even be opened.
 * Returns the descriptor, or -1, with what is wrong with the file in FAULT, as
 * in "PATH: FAULT".
 */
int file_open(const char *path, uid_t owner, struct stat *st,
    char fault[FILE_FAULT_BYTES]);

/*
 * Read the plain file at PATH, if it has at most MAX_BYTES and nobody but
 * OWNER or root can have written it.  It may be secret: FILE is in memory that
 * is locked and not dumped, of which there is little, and all of MAX_BYTES is
 * taken.
 * Returns false, with what is wrong with it in FAULT, as in "PATH: FAULT".
 * FILE is for file_free() in any case.
 */
bool file_read(const char *path, uid_t owner, size_t max_bytes,
    struct file *file, char fault[FILE_FAULT_BYTES]);

/* The same for a file that is no secret: in plain memory, as much as it has. */
bool file_read_public(const char *path, uid_t owner, size_t max_bytes,
    struct file *file, char fault[FILE_FAULT_BYTES]);

void file_free(struct file *file);

/* True if others than its owner, root and this process's group can read ST. */
bool file_is_open_to_others(const struct stat *st);

#endif
