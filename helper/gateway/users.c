#include "users.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

enum users_result
users_add(struct users *users, const char *name, uid_t uid_min, uid_t uid_max,
    uid_t *uid)
{
	struct usermap_entry entry;
	enum users_result result;

	users_refresh(users);
	if (users_find(users, name, uid))
		return USERS_OK;
	if (users->table.fault[0] != '\0') {
		snprintf(users->fault, sizeof(users->fault), "%s",
		    users->table.fault);
		return USERS_DAMAGED;
	}
	result = users_choose(users, uid_min, uid_max, &entry.uid);
	if (result != USERS_OK)
		return result;
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	if (!users_append(users, &entry))
		return USERS_FAILED;
	*uid = entry.uid;
	return USERS_OK;
}

const char *
users_fault(const struct users *users)
{
	return users->fault;
}
