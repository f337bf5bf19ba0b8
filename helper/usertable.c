#include "usertable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char head_line[] =
    "# The users of the remote, name:uid. moshgate-helper writes this file.\n";
/*
 * The uids that have been somebody's, whose lines may have been taken out.  Until
 * there was given_line there was next_line, which has but the end of them.
 */
static const char given_line[] = "# uids given: ";
static const char next_line[] = "# next uid ";

void
usertable_free(struct usertable *table)
{
	free(table->entries);
	uidset_free(&table->given);
	*table = (struct usertable){ 0 };
}

bool
usertable_append(struct usertable *table, const struct usermap_entry *entry)
{
	if (table->count == table->room) {
		const size_t room = table->room > 0 ? table->room * 2 : 64;
		struct usermap_entry *entries = reallocarray(table->entries,
		    room, sizeof(*entries));

		if (entries == NULL)
			return false;
		table->entries = entries;
		table->room = room;
	}
	table->entries[table->count++] = *entry;
	return true;
}

const struct usermap_entry *
usertable_by_name(const struct usertable *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->entries[i].name, name) == 0)
			return &table->entries[i];
	}
	return NULL;
}

const struct usermap_entry *
usertable_by_uid(const struct usertable *table, uid_t uid)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->entries[i].uid == uid)
			return &table->entries[i];
	}
	return NULL;
}

const struct usermap_entry *
usertable_find(const struct usertable *table, const char *name)
{
	const struct usermap_entry *found = usertable_by_name(table, name);

	if (found == NULL || usertable_by_uid(table, found->uid) != found)
		return NULL;
	return found;
}

bool
usertable_holds(const struct usertable *table, const struct usertable *part)
{
	for (size_t i = 0; i < part->count; i++) {
		const struct usermap_entry *entry = &part->entries[i], *found;

		/* nearly always at the same place */
		if (i < table->count &&
		    strcmp(table->entries[i].name, entry->name) == 0)
			found = &table->entries[i];
		else
			found = usertable_by_name(table, entry->name);
		if (found == NULL || found->uid != entry->uid)
			return false;
	}
	return true;
}

bool
usertable_has_like(const struct usertable *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		const char *other = table->entries[i].name;

		if (strcasecmp(other, name) == 0 && strcmp(other, name) != 0)
			return true;
	}
	return false;
}

bool
usertable_has_given(const struct usertable *table, uid_t uid)
{
	return uidset_after(&table->given, uid) != uid ||
	    usertable_by_uid(table, uid) != NULL;
}

/* The same where nothing tells of those whose lines have been taken out. */
static unsigned long
usertable_behind_all(const struct usertable *table, uid_t min, uid_t max)
{
	unsigned long next = min;

	for (size_t i = 0; i < table->count; i++) {
		const unsigned long used = table->entries[i].uid;

		if (used >= next && used <= max)
			next = used + 1;
	}
	return next;
}

unsigned long
usertable_next_uid(const struct usertable *table, uid_t min, uid_t max)
{
	unsigned long next = uidset_after(&table->given, min);

	if (table->given.count == 0)
		return usertable_behind_all(table, min, max);
	while (next <= max && usertable_by_uid(table, (uid_t)next) != NULL)
		next = uidset_after(&table->given, next + 1);
	return next;
}

/*
 * Reading
 */

static int
usertable_compare_names(const void *a, const void *b)
{
	const struct usermap_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
usertable_compare_uids(const void *a, const void *b)
{
	const struct usermap_entry *x = a, *y = b;

	return (x->uid > y->uid) - (x->uid < y->uid);
}

static void
usertable_lacks_memory(struct usertable *table)
{
	snprintf(table->fault, sizeof(table->fault), "no memory for it");
}

/* A name or uid that is there twice is a fault. */
static void
usertable_find_twins(struct usertable *table)
{
	struct usermap_entry *sorted;

	if (table->count < 2)
		return;
	sorted = calloc(table->count, sizeof(*sorted));
	if (sorted == NULL) {
		usertable_lacks_memory(table);
		return;
	}
	memcpy(sorted, table->entries, table->count * sizeof(*sorted));
	qsort(sorted, table->count, sizeof(*sorted), usertable_compare_names);
	for (size_t i = 1; i < table->count; i++) {
		if (strcmp(sorted[i - 1].name, sorted[i].name) == 0)
			snprintf(table->fault, sizeof(table->fault),
			    "%s is in it twice", sorted[i].name);
	}
	qsort(sorted, table->count, sizeof(*sorted), usertable_compare_uids);
	for (size_t i = 1; i < table->count; i++) {
		if (sorted[i - 1].uid == sorted[i].uid)
			snprintf(table->fault, sizeof(table->fault),
			    "the uid %lu is in it twice",
			    (unsigned long)sorted[i].uid);
	}
	free(sorted);
}

/* Take PREFIX off the *LEN bytes at *AT. */
static bool
usertable_take_prefix(const char **at, size_t *len, const char *prefix)
{
	const size_t prefix_len = strlen(prefix);

	if (*len < prefix_len || memcmp(*at, prefix, prefix_len) != 0)
		return false;
	*at += prefix_len;
	*len -= prefix_len;
	return true;
}

/* Take a number off them: a uid, or one more than the highest. */
static bool
usertable_take_number(const char **at, size_t *len, unsigned long *number)
{
	*number = 0;
	if (*len == 0 || **at < '1' || **at > '9')
		return false;
	for (; *len > 0 && **at >= '0' && **at <= '9'; (*at)++, (*len)--) {
		*number = *number * 10 + (unsigned long)(**at - '0');
		if (*number > USERMAP_UID_MAX + 1)
			return false;
	}
	return true;
}

/*
 * Take a line that is a comment, of LEN bytes at AT: those count that say which
 * uids have been given.  One that begins so and goes on otherwise is a fault, for
 * a uid that it has lost could be somebody's.  Returns false for want of memory.
 */
static bool
usertable_take_comment(struct usertable *table, const char *at, size_t len)
{
	unsigned long first, last;

	if (usertable_take_prefix(&at, &len, given_line)) {
		if (usertable_take_number(&at, &len, &first) &&
		    usertable_take_prefix(&at, &len, "-") &&
		    usertable_take_number(&at, &len, &last) && len == 0 &&
		    first <= last)
			return uidset_add(&table->given, first, last);
	} else if (usertable_take_prefix(&at, &len, next_line)) {
		/* an earlier version's, of which nobody had had any */
		if (len == 1 && at[0] == '0')
			return true;
		if (usertable_take_number(&at, &len, &last) && len == 0)
			return last == 1 ||
			    uidset_add(&table->given, 1, last - 1);
	} else {
		return true;
	}
	if (table->fault[0] == '\0')
		snprintf(table->fault, sizeof(table->fault),
		    "what it says of uids makes no sense");
	return true;
}

/* Read all lines of TEXT.  Returns false for want of memory. */
static bool
usertable_take_lines(struct usertable *table, const char *text, size_t len)
{
	struct usermap_rest rest = { .at = text, .left = len };
	struct usermap_next next;
	bool taken = true;

	for (unsigned long number = 1; taken; number++) {
		switch (usermap_next(&rest, &next)) {
		case USERMAP_ENTRY:
			taken = usertable_append(table, &next.entry);
			break;
		case USERMAP_COMMENT:
			taken = usertable_take_comment(table, next.line,
			    next.len);
			break;
		case USERMAP_GARBLED:
			if (table->fault[0] == '\0')
				snprintf(table->fault, sizeof(table->fault),
				    "line %lu is not name:uid", number);
			break;
		case USERMAP_CUT:
		case USERMAP_END:
			return true;
		}
	}
	return taken;
}

void
usertable_parse(struct usertable *table, const char *text, size_t len)
{
	if (len == 0)
		snprintf(table->fault, sizeof(table->fault), "empty");
	else if (text[len - 1] != '\n')
		snprintf(table->fault, sizeof(table->fault),
		    "its last line is cut off");
	if (!usertable_take_lines(table, text, len))
		usertable_lacks_memory(table);
	uidset_settle(&table->given);
	if (table->fault[0] == '\0')
		usertable_find_twins(table);
}

/*
 * Writing
 */

bool
usertable_record(struct usertable *table)
{
	bool recorded = true;

	if (table->given.count == 0)
		return true;
	for (size_t i = 0; i < table->count && recorded; i++) {
		const uid_t uid = table->entries[i].uid;

		recorded = uidset_add(&table->given, uid, uid);
	}
	uidset_settle(&table->given);
	return recorded;
}

bool
usertable_give(struct usertable *table, uid_t uid)
{
	uid_t first = uid;
	bool given;

	/* nothing tells of those below whose lines have been taken out */
	for (size_t i = 0; table->given.count == 0 && i < table->count; i++) {
		if (table->entries[i].uid < first)
			first = table->entries[i].uid;
	}
	given = uidset_add(&table->given, first, uid);
	uidset_settle(&table->given);
	return given;
}

char *
usertable_text(const struct usertable *table, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (out == NULL)
		return NULL;
	fputs(head_line, out);
	for (size_t i = 0; i < table->given.count; i++)
		fprintf(out, "%s%lu-%lu\n", given_line,
		    table->given.spans[i].first, table->given.spans[i].last);
	for (size_t i = 0; i < table->count; i++)
		fprintf(out, "%s:%lu\n", table->entries[i].name,
		    (unsigned long)table->entries[i].uid);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

char *
usertable_print(struct usertable *table, size_t *len)
{
	return usertable_record(table) ? usertable_text(table, len) : NULL;
}
