#ifndef MOSHGATE_FILE_H
#define MOSHGATE_FILE_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

#define FILE_FAULT_BYTES 128

/* A small file of the administrator's, read whole. */
struct file {
	char *text; /* sodium_malloc'ed, for it may be secret; NUL-terminated */
	size_t len;
	struct stat st;
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
 * OWNER or root can have written it.
 * Returns false, with what is wrong with it in FAULT, as in "PATH: FAULT".
 * FILE is for file_free() in any case.
 */
bool file_read(const char *path, uid_t owner, size_t max_bytes,
    struct file *file, char fault[FILE_FAULT_BYTES]);
void file_free(struct file *file);

/* True if others than its owner, root and this process's group can read ST. */
bool file_is_open_to_others(const struct stat *st);

#endif
