#ifndef MOSHGATE_SPARE_H
#define MOSHGATE_SPARE_H

#include "../usertable.h"
#include "directory.h"
#include "stock.h"

/*
 * Uids for those who are new: a stock, for which the directory is asked before
 * somebody needs one.
 */
struct spare {
	struct directory *directory;
	void (*changed)(void *context); /* spare_fill() has to be called */
	void *context;
	/* its own */
	struct stock stock;
	struct directory_question question;
	enum {
		SPARE_IDLE,
		SPARE_ASKS,
	} state;
	uid_t asked_from;
	uid_t min, max;
	int64_t again_ms;          /* no question before */
	enum users_result lacking; /* why there may be none */
	char fault[USERTABLE_FAULT_CHARS];
};

void spare_init(struct spare *spare, struct directory *directory,
    void (*changed)(void *context), void *context);

/* Nothing is asked any more. */
void spare_end(struct spare *spare);

/* From now on uids from MIN to MAX are wanted. */
void spare_configure(struct spare *spare, uid_t min, uid_t max);

/*
 * Ask for more uids if there are few left that TABLE, which has recorded what it
 * has if it says anything of those given, has not given.
 * Returns when this is to be called again, INT64_MAX: when something changes.
 */
int64_t spare_fill(struct spare *spare, const struct usertable *table,
    int64_t now_ms);

/*
 * Store in *UID the lowest uid from MIN to MAX that TABLE has not given.  Returns
 * USERS_OK; or why there is none, with particulars in FAULT of SPARE.
 */
enum users_result spare_take(struct spare *spare, const struct usertable *table,
    uid_t min, uid_t max, int64_t now_ms, uid_t *uid);

/* UID has not been given to anybody after all. */
void spare_give_back(struct spare *spare, uid_t uid);

#endif
