#ifndef MOSHGATE_FRAME_H
#define MOSHGATE_FRAME_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What is spoken on the helper's socket, and between the helper and its
 * workers: frames of a header of 8 bytes ("MG", version, type, length of the
 * body as a 32-bit big-endian number) and a body.  The body is a list of
 * fields, each "name\0value\0", or, for FRAME_TEXT alone, bytes.
 */
#define FRAME_VERSION 1
#define FRAME_HEADER_BYTES 8
#define FRAME_REQUEST_MAX_BYTES ((size_t)16 * 1024)
#define FRAME_ANSWER_MAX_BYTES ((size_t)1024 * 1024 + 64 * 1024)

enum frame_type {
	/* from a shim: a request */
	FRAME_KEYS = 1,
	FRAME_SESSION,
	FRAME_CHECK,
	FRAME_STATUS,
	FRAME_LOOKUP, /* from libnss_moshgate: name, sshd_pid, address */
	/* from a shim to the worker that has the far end of its session */
	FRAME_RESIZE,  /* columns, rows, xpixels, ypixels */
	FRAME_STREAMS, /* with FRAME_FDS descriptors: what it carries */
	FRAME_AGENT,   /* with one: a socket to the agent; or without */
	/* from moshgate-password, a request: user, password, client, sshd_pid */
	FRAME_PASSWORD = 16,
	/* to a shim, and from a worker: an answer */
	FRAME_OK = 32, /* what was asked for, in fields */
	FRAME_REFUSED, /* reason, sentence */
	FRAME_TEXT,    /* bytes */
	FRAME_STEP,    /* a line of `moshgate check'; more frames are to come */
	FRAME_RUNNING, /* the relay has begun; its end is to come */
	FRAME_TAKEN,   /* the helper is at work; the answer is to come */
	FRAME_READY,   /* a worker waits for FRAME_STREAMS */
	FRAME_NEEDED,  /* a worker waits for FRAME_AGENT */
	/* between the helper and a worker */
	FRAME_START = 64,
	FRAME_SIGN,
	FRAME_SIGNED,
	FRAME_NOTE,     /* something for the log */
	FRAME_REACHED,  /* the remote is there, and its host key is right */
	FRAME_ACCEPTED, /* the remote lets the user in */
	FRAME_UDP,      /* a job: start a mosh-server for the prober */
	FRAME_HOLD,     /* a job, the last: be ready for a relay */
	FRAME_GO,       /* begin the relay that the worker is ready for */
	FRAME_PING,     /* a job: say whether the remote still answers */
	FRAME_SHIM,     /* whose agent the worker is to log in with */
	/* from the helper to a process that asks the name service */
	FRAME_ACCOUNT = 96, /* a question: directory.h */
	/* between the helper and the process that has the user map's file */
	FRAME_LOOK,  /* see whether it is as it was */
	FRAME_ADD,   /* a user: name, uid */
	FRAME_ADDED, /* or not: result, uid, fault */
	FRAME_TABLE, /* the map is what the FRAME_TEXTs before say: fault */
	/* from the helper to a process that hashes: path, user, password */
	FRAME_HASH = 112,
};

struct frame {
	enum frame_type type;
	char *body; /* malloc'ed; a NUL follows its LEN bytes */
	size_t len;
};

enum frame_result {
	FRAME_COMPLETE,
	FRAME_AGAIN,         /* not all of the frame is there yet */
	FRAME_CLOSED,        /* the peer closed between two frames */
	FRAME_CUT,           /* the peer closed in the middle of a frame */
	FRAME_MALFORMED,     /* not a frame, or longer than allowed */
	FRAME_OTHER_VERSION, /* a frame of another version of moshgate */
	FRAME_DESCRIPTORS,   /* with descriptors that nobody asked for */
	FRAME_FAILED,        /* errno says why */
};

/* What a relay carries: standard input, output and error. */
#define FRAME_FDS 3

/* As many as can come at once: the kernel's SCM_MAX_FD. */
#define FRAME_FDS_ROOM 253

struct frame_fds {
	int fd[FRAME_FDS_ROOM];
	size_t count;
};

/* A frame that is being read. */
struct frame_in {
	size_t limit_bytes; /* of the body */
	/* where to put FDS_WANTED descriptors; NULL if none may come */
	struct frame_fds *fds;
	size_t fds_wanted;
	size_t have; /* bytes of header and body so far */
	unsigned char header[FRAME_HEADER_BYTES];
	char *body;
	size_t body_len;
};

/* Frames that wait to be written. */
struct frame_out {
	char *bytes;
	size_t len, sent;
};

/*
 * Look at the next bytes of the socket FD, SIZE at most, and store them in
 * TEXT; they stay there to be read.  *DESCRIPTORS says whether descriptors
 * (unix(7), SCM_RIGHTS) come with any of them; recv(2) would close those.
 * Returns as recv(2) with MSG_DONTWAIT.
 */
ssize_t frame_peek(int fd, void *text, size_t size, bool *descriptors);

/*
 * Read from the socket FD, without waiting, what there is of a frame, but
 * nothing beyond its end.  Descriptors are taken with the header of a frame
 * alone, if FDS of IN asks for them.  On FRAME_COMPLETE the frame is in *FRAME,
 * to be given to frame_free(), and IN is ready for the next.  On any other
 * result but FRAME_AGAIN nothing more is to be read from FD, and IN is to be
 * given to frame_in_reset().
 */
enum frame_result frame_read(int fd, struct frame_in *in, struct frame *frame);

/* Wipe and free what IN holds of a frame that is not complete. */
void frame_in_reset(struct frame_in *in);

/* Wipe and free the body of FRAME. */
void frame_free(struct frame *frame);

/*
 * Wait at most TIMEOUT_MS milliseconds for a whole frame on the socket FD, and
 * read it as frame_read() does.  Returns FRAME_AGAIN when the time is over.
 */
enum frame_result frame_wait(int fd, struct frame_in *in, struct frame *frame,
    int64_t timeout_ms);

/*
 * Append a frame of TYPE with the LEN bytes at BODY to OUT.
 * Returns false when there is no memory, or LEN is above
 * FRAME_ANSWER_MAX_BYTES.
 */
bool frame_queue(struct frame_out *out, enum frame_type type, const char *body,
    size_t len);

/*
 * Write to the socket FD as much of OUT as it takes without waiting.
 * Returns false when the peer is gone.
 */
bool frame_flush(int fd, struct frame_out *out);

/* Wipe and free what OUT holds. */
void frame_out_reset(struct frame_out *out);

/*
 * Send a frame of TYPE with the LEN bytes at BODY to the socket FD, and wait at
 * most TIMEOUT_MS milliseconds until the peer takes it.
 * Returns false when it did not.
 */
bool frame_send(int fd, enum frame_type type, const char *body, size_t len,
    int64_t timeout_ms);

/* The same, with the COUNT descriptors at FDS, FRAME_FDS at most, along. */
bool frame_send_fds(int fd, enum frame_type type, const char *body, size_t len,
    const int *fds, size_t count, int64_t timeout_ms);

#endif
