#ifndef MOSHGATE_MAPFILE_H
#define MOSHGATE_MAPFILE_H

#include "../lib/usermap.h"

/*
 * The user map's file as libnss_moshgate reads it, in whatever process: a piece
 * at a time, on the stack.  It is not mapped: whoever cuts a mapped file short
 * kills the processes that read it.
 */
#define MAPFILE_PIECE_BYTES 4096

struct mapfile {
	int fd;
	size_t start;   /* where in the file PIECE begins */
	size_t at, len; /* the next line begins at PIECE + AT, of LEN bytes */
	char piece[MAPFILE_PIECE_BYTES];
};

enum mapfile_result {
	MAPFILE_OPEN,
	MAPFILE_MISSING, /* there is none: nobody has been mapped yet */
	MAPFILE_REFUSED, /* it can't be opened, or others may write it */
};

/*
 * Open the user map in the directory DIR.  Both must be root's or of an owner
 * that IS_SERVICE takes, and writable by nobody else; the map must be a plain
 * file, itself and not by a link, of USERMAP_MAX_BYTES at most.
 * On MAPFILE_OPEN, MAP is to be given to mapfile_close().
 */
enum mapfile_result mapfile_open(struct mapfile *map, const char *dir,
    bool (*is_service)(uid_t owner));
void mapfile_close(struct mapfile *map);

/*
 * Store the next user of MAP in *ENTRY.  Lines that are not a user are left
 * out, and so is a last line that no newline ends: it is being written.
 * Returns false at the end, or when the file cannot be read.
 */
bool mapfile_next(struct mapfile *map, struct usermap_entry *entry);

/*
 * Returns where the line after the last user begins, in bytes from the start.
 */
size_t mapfile_tell(const struct mapfile *map);

/*
 * Go on with the line that begins at OFFSET, which is of mapfile_tell().  If no
 * line begins there, since another file is in its place by now, go on with the
 * first line behind OFFSET.
 */
void mapfile_seek(struct mapfile *map, size_t offset);

#endif
