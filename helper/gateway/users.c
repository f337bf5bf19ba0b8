#include "users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "account.h"
#include "userfile.h"
#include "usertable.h"

/*
 * So many uids in a row may be accounts' before users_add() gives up for now:
 * it may have to ask a directory service about each, and the helper waits.
 */
#define QUESTIONS_MAX 64

struct users {
	struct userfile file;
	struct usertable table;
	/* all uids from ASKED on, and below KNOWN, are accounts' */
	unsigned long asked, known;
	enum users_result spare; /* why there was no uid last */
	char fault[USERTABLE_FAULT_CHARS];
};

struct users *
users_open(const char *dir)
{
	struct users *users = calloc(1, sizeof(*users));

	if (users != NULL)
		userfile_open(&users->file, dir, &users->table);
	return users;
}

void
users_close(struct users *users)
{
	if (users == NULL)
		return;
	usertable_free(&users->table);
	free(users);
}

void
users_refresh(struct users *users)
{
	userfile_refresh(&users->file, &users->table);
}

bool
users_find(const struct users *users, const char *name, uid_t *uid)
{
	const struct usermap_entry *found = usertable_by_name(&users->table,
	    name);

	/* a uid that is there twice is the first one's */
	if (found == NULL ||
	    usertable_by_uid(&users->table, found->uid) != found)
		return false;
	*uid = found->uid;
	return true;
}

/*
 * Choose the first uid from MIN to MAX that is above all that were given there,
 * and that is no account's.  Returns another result if none is found.
 */
static enum users_result
users_choose(struct users *users, uid_t min, uid_t max, uid_t *uid)
{
	const unsigned long first = usertable_next_uid(&users->table, min, max);
	unsigned long next = first;

	if (first >= users->asked && first < users->known)
		next = users->known;
	for (unsigned questions = 0; next <= max; next++) {
		if (!usermap_uid_valid(next))
			continue;
		if (questions++ == QUESTIONS_MAX) {
			users->asked = first;
			users->known = next;
			snprintf(users->fault, sizeof(users->fault),
			    "the uids from %lu to %lu are accounts'", first,
			    next - 1);
			return USERS_AGAIN;
		}
		switch (account_by_uid((uid_t)next)) {
		case DIRECTORY_NONE:
			*uid = (uid_t)next;
			return USERS_OK;
		case DIRECTORY_THERE:
			continue;
		case DIRECTORY_UNKNOWN:
			snprintf(users->fault, sizeof(users->fault),
			    "cannot tell whether the uid %lu is an "
			    "account's: %s",
			    next, strerror(errno));
			return USERS_UNKNOWN;
		}
	}
	/* accounts may be taken away: ask again from the beginning */
	users->known = 0;
	snprintf(users->fault, sizeof(users->fault),
	    "every uid from %lu to %lu is or was somebody's",
	    (unsigned long)min, (unsigned long)max);
	return USERS_FULL;
}

/* Add ENTRY, and write it; all is as it was if that fails. */
static bool
users_append(struct users *users, const struct usermap_entry *entry)
{
	struct usertable *table = &users->table;
	struct uidset given;
	bool written;

	if (!uidset_copy(&table->given, &given) ||
	    !usertable_append(table, entry)) {
		uidset_free(&given);
		snprintf(users->fault, sizeof(users->fault), "out of memory");
		return false;
	}
	written = userfile_write(&users->file, table, users->fault);
	if (!written) {
		table->count--;
		uidset_swap(&table->given, &given);
	}
	uidset_free(&given);
	return written;
}

bool
users_like(const struct users *users, const char *name)
{
	for (size_t i = 0; i < users->table.count; i++) {
		const char *other = users->table.entries[i].name;

		if (strcasecmp(other, name) == 0 && strcmp(other, name) != 0)
			return true;
	}
	return false;
}

/* USERS_OK if users may be added, as far as the file is concerned. */
static enum users_result
users_may_give(struct users *users)
{
	users_refresh(users);
	if (users->table.fault[0] == '\0')
		return USERS_OK;
	snprintf(users->fault, sizeof(users->fault), "%s", users->table.fault);
	return USERS_DAMAGED;
}

bool
users_spare_uid(struct users *users, uid_t min, uid_t max, uid_t *uid)
{
	users->spare = users_may_give(users);
	if (users->spare == USERS_OK)
		users->spare = users_choose(users, min, max, uid);
	return users->spare == USERS_OK;
}

enum users_result
users_spare_result(const struct users *users)
{
	return users->spare;
}

bool
users_had(const struct users *users, uid_t uid)
{
	struct uidset one = { 0 };
	bool had = usertable_by_uid(&users->table, uid) != NULL;

	if (!had && uidset_add(&one, uid, uid))
		had = uidset_holds(&users->table.given, &one);
	uidset_free(&one);
	return had;
}

/* Have NAME added with *UID, or store in *UID what it has. */
static enum users_result
users_add_now(struct users *users, const char *name, uid_t *uid)
{
	struct usermap_entry entry = { .uid = *uid };
	const enum users_result may = users_may_give(users);

	if (users_find(users, name, uid))
		return USERS_OK;
	if (may != USERS_OK)
		return may;
	if (users_had(users, entry.uid) ||
	    account_by_uid(entry.uid) != DIRECTORY_NONE) {
		snprintf(users->fault, sizeof(users->fault),
		    "the uid %lu is or was somebody's",
		    (unsigned long)entry.uid);
		return USERS_AGAIN;
	}
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	return users_append(users, &entry) ? USERS_OK : USERS_FAILED;
}

void
users_add(struct users *users, struct users_adding *adding, const char *name,
    uid_t uid)
{
	const enum users_result result = users_add_now(users, name, &uid);

	adding->done(adding, result, uid);
}

void
users_forget(struct users_adding *adding)
{
	(void)adding;
}

const char *
users_fault(const struct users *users)
{
	return users->fault;
}
