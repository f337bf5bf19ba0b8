#ifndef MOSHGATE_ACCOUNTS_KEEPER_H
#define MOSHGATE_ACCOUNTS_KEEPER_H

/*
 * Be the process that has the file of the user map, and waits for its disk.  All
 * that the file says the helper has in its memory, from where another process
 * can go on.  Its frames:
 *
 *	helper to keeper	FRAME_TEXT	a piece of the map as it was
 *				FRAME_START	fault, first: the map has not
 *						been read before
 *				FRAME_LOOK	see whether the file has changed
 *				FRAME_ADD	name, uid
 *	keeper to helper	FRAME_TEXT	a piece of the map as it is
 *				FRAME_TABLE	fault: that was all of it
 *				FRAME_NOTE	usernews.h
 *				FRAME_OK	the answer to FRAME_LOOK
 *				FRAME_ADDED	result, uid, fault
 *
 * A table comes first, and then before an answer if there is another one.
 * It ends without a word when the helper closes the socket.
 * Returns the exit status.
 */
int keeper_main(void);

#endif
