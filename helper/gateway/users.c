#include "users.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../shim/lib/usermap.h"
#include "../file.h"
#include "../log.h"
#include "account.h"
#include "uidset.h"

#define NEW_NAME USERMAP_NAME ".new"
#define FAULT_CHARS 256
#define GROWTH_BYTES ((size_t)64 * 1024) /* of a file about to be read */

static const char head[] =
    "# The users of the remote, name:uid. moshgate-helper writes this file.\n";
/*
 * The uids that have been somebody's, whose lines may have been taken out.  Until
 * there was given_line there was next_line, which has but the end of them.
 */
static const char given_line[] = "# uids given: ";
static const char next_line[] = "# next uid ";

/*
 * So many uids in a row may be accounts' before users_add() gives up for now:
 * it may have to ask a directory service about each, and the helper waits.
 */
#define QUESTIONS_MAX 64

/* What the file says. */
struct map {
	struct usermap_entry *entries; /* in the order of the file */
	size_t count, room;
	struct uidset
	    given; /* as the file says: those of lines no more there */
	char fault[FAULT_CHARS];
};

struct users {
	const char *dir;
	struct map map;
	struct stat seen;    /* the file as it was read or written last */
	bool unwritten;      /* it lacks something that is in memory */
	unsigned long asked; /* from here on... */
	unsigned long known; /* ... up to here, all are accounts'; or 0 */
	char fault[FAULT_CHARS];
};

/*
 * The map
 */

static const struct usermap_entry *
map_find(const struct map *map, const char *name)
{
	for (size_t i = 0; i < map->count; i++) {
		if (strcmp(map->entries[i].name, name) == 0)
			return &map->entries[i];
	}
	return NULL;
}

static const struct usermap_entry *
map_find_uid(const struct map *map, uid_t uid)
{
	for (size_t i = 0; i < map->count; i++) {
		if (map->entries[i].uid == uid)
			return &map->entries[i];
	}
	return NULL;
}

static bool
map_append(struct map *map, const struct usermap_entry *entry)
{
	if (map->count == map->room) {
		const size_t room = map->room > 0 ? map->room * 2 : 64;
		struct usermap_entry *entries = reallocarray(map->entries, room,
		    sizeof(*entries));

		if (entries == NULL)
			return false;
		map->entries = entries;
		map->room = room;
	}
	map->entries[map->count++] = *entry;
	return true;
}

static void
map_free(struct map *map)
{
	free(map->entries);
	uidset_free(&map->given);
	*map = (struct map){ 0 };
}

static int
compare_names(const void *a, const void *b)
{
	const struct usermap_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
compare_uids(const void *a, const void *b)
{
	const struct usermap_entry *x = a, *y = b;

	return x->uid < y->uid ? -1 : x->uid > y->uid;
}

/* A name or uid that is there twice is a fault. */
static void
find_twice(struct map *map)
{
	struct usermap_entry *sorted;

	if (map->count < 2)
		return;
	sorted = calloc(map->count, sizeof(*sorted));
	if (sorted == NULL) {
		snprintf(map->fault, FAULT_CHARS, "no memory for it");
		return;
	}
	memcpy(sorted, map->entries, map->count * sizeof(*sorted));
	qsort(sorted, map->count, sizeof(*sorted), compare_names);
	for (size_t i = 1; i < map->count; i++) {
		if (compare_names(&sorted[i - 1], &sorted[i]) == 0)
			snprintf(map->fault, FAULT_CHARS, "%s is in it twice",
			    sorted[i].name);
	}
	qsort(sorted, map->count, sizeof(*sorted), compare_uids);
	for (size_t i = 1; i < map->count; i++) {
		if (compare_uids(&sorted[i - 1], &sorted[i]) == 0)
			snprintf(map->fault, FAULT_CHARS,
			    "the uid %lu is in it twice",
			    (unsigned long)sorted[i].uid);
	}
	free(sorted);
}

/* Take the digits of a uid, or of one more, off the front of *LEN bytes. */
static bool
take_number(const char **at, size_t *len, unsigned long *number)
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

static bool
take_prefix(const char **at, size_t *len, const char *prefix)
{
	const size_t prefix_len = strlen(prefix);

	if (*len < prefix_len || memcmp(*at, prefix, prefix_len) != 0)
		return false;
	*at += prefix_len;
	*len -= prefix_len;
	return true;
}

/*
 * Take a line that is a comment, of LEN bytes at AT: those count that say which
 * uids have been given.  Returns false for want of memory.
 */
static bool
take_comment(struct map *map, const char *at, size_t len)
{
	unsigned long first, last;

	if (take_prefix(&at, &len, given_line)) {
		if (take_number(&at, &len, &first) &&
		    take_prefix(&at, &len, "-") &&
		    take_number(&at, &len, &last) && len == 0 && first <= last)
			return uidset_add(&map->given, first, last);
	} else if (take_prefix(&at, &len, next_line)) {
		if (take_number(&at, &len, &last) && len == 0 && last > 1)
			return uidset_add(&map->given, 1, last - 1);
	}
	return true;
}

/* Read the LEN bytes at TEXT into MAP; what makes no sense is a fault. */
static void
map_parse(struct map *map, const char *text, size_t len)
{
	const char *at = text, *const end = text + len;
	unsigned long line = 0;

	if (len == 0)
		snprintf(map->fault, FAULT_CHARS, "empty");
	else if (end[-1] != '\n')
		snprintf(map->fault, FAULT_CHARS, "its last line is cut off");
	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		struct usermap_entry entry;

		if (newline == NULL)
			break;
		line++;
		if (*at == '#') {
			if (!take_comment(map, at, (size_t)(newline - at))) {
				snprintf(map->fault, FAULT_CHARS,
				    "no memory for it");
				return;
			}
		} else if (!usermap_line(at, (size_t)(newline - at), &entry)) {
			if (map->fault[0] == '\0')
				snprintf(map->fault, FAULT_CHARS,
				    "line %lu is not name:uid", line);
		} else if (!map_append(map, &entry)) {
			snprintf(map->fault, FAULT_CHARS, "no memory for it");
			return;
		}
		at = newline + 1;
	}
	uidset_settle(&map->given);
	if (map->fault[0] == '\0')
		find_twice(map);
}

/*
 * The file
 */

/*
 * What the file is, not what a link leads to; all zero if it is not there.  Of
 * one that may be there or not the size is -1, and errno tells why.
 */
static struct stat
look(const struct users *users)
{
	char path[PATH_MAX];
	struct stat st = { 0 };

	snprintf(path, sizeof(path), "%s/" USERMAP_NAME, users->dir);
	if (lstat(path, &st) < 0)
		st = (struct stat){ .st_size = errno == ENOENT ? 0 : -1 };
	return st;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size && a->st_mode == b->st_mode &&
	    a->st_uid == b->st_uid && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* Read the file, of which ST was just seen, into MAP. */
static void
map_read(const struct users *users, const struct stat *st, struct map *map)
{
	char path[PATH_MAX], fault[FILE_FAULT_BYTES];
	size_t max_bytes = USERMAP_MAX_BYTES;
	struct file file;

	*map = (struct map){ 0 };
	if (st->st_size < 0)
		snprintf(map->fault, FAULT_CHARS, "cannot be read: %s",
		    strerror(errno));
	if (st->st_ino == 0)
		return;
	if (!S_ISREG(st->st_mode)) {
		snprintf(map->fault, FAULT_CHARS, "not a plain file");
		return;
	}
	snprintf(path, sizeof(path), "%s/" USERMAP_NAME, users->dir);
	/* all this memory is locked, and so takes its time */
	if ((size_t)st->st_size < max_bytes - GROWTH_BYTES)
		max_bytes = (size_t)st->st_size + GROWTH_BYTES;
	if (file_read(path, geteuid(), max_bytes, &file, fault))
		map_parse(map, file.text, file.len);
	else
		snprintf(map->fault, FAULT_CHARS, "%s", fault);
	file_free(&file);
}

/* Have what MAP says was given hold all who are in it. */
static bool
map_record(struct map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const uid_t uid = map->entries[i].uid;

		if (!uidset_add(&map->given, uid, uid))
			return false;
	}
	uidset_settle(&map->given);
	return true;
}

/* All of MAP, as the file has it: malloc'ed, its length in *LEN, or NULL. */
static char *
map_print(const struct map *map, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);

	if (out == NULL)
		return NULL;
	fputs(head, out);
	for (size_t i = 0; i < map->given.count; i++)
		fprintf(out, "%s%lu-%lu\n", given_line,
		    map->given.spans[i].first, map->given.spans[i].last);
	for (size_t i = 0; i < map->count; i++)
		fprintf(out, "%s:%lu\n", map->entries[i].name,
		    (unsigned long)map->entries[i].uid);
	if (fclose(out) == 0)
		return text;
	free(text);
	return NULL;
}

static bool
write_all(int fd, const char *text, size_t len)
{
	for (size_t done = 0; done < len;) {
		const ssize_t wrote = write(fd, text + done, len - done);

		if (wrote < 0 && errno == EINTR)
			continue;
		if (wrote < 0)
			return false;
		done += (size_t)wrote;
	}
	return true;
}

/* Write TEXT to a new file and have it take the place of the old one. */
static bool
replace(int dir_fd, const char *text, size_t len)
{
	bool written;
	int fd;

	if (unlinkat(dir_fd, NEW_NAME, 0) < 0 && errno != ENOENT)
		return false;
	fd = openat(dir_fd, NEW_NAME,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return false;
	written = fchmod(fd, 0644) == 0 && write_all(fd, text, len) &&
	    fsync(fd) == 0;
	if (close(fd) < 0)
		written = false;
	if (written && renameat(dir_fd, NEW_NAME, dir_fd, USERMAP_NAME) == 0) {
		/* the name, too; where that fails the file is whole still */
		fsync(dir_fd);
		return true;
	}
	fd = errno;
	unlinkat(dir_fd, NEW_NAME, 0);
	errno = fd;
	return false;
}

/* Put what is in memory on the disk; false, with the fault, if that fails. */
static bool
users_write(struct users *users)
{
	size_t len = 0;
	char *text = map_record(&users->map) ? map_print(&users->map, &len)
					     : NULL;
	const int dir_fd = open(users->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool written = false;

	errno = text == NULL ? ENOMEM : errno;
	if (text != NULL && dir_fd >= 0)
		written = replace(dir_fd, text, len);
	if (!written)
		snprintf(users->fault, FAULT_CHARS, "cannot be written: %s",
		    strerror(errno));
	free(text);
	if (dir_fd >= 0)
		close(dir_fd);
	if (written) {
		users->seen = look(users);
		users->unwritten = false;
	}
	return written;
}

static void
log_damaged(const struct users *users, const char *fault)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" USERMAP_NAME, users->dir);
	log_event(LOG_ERR, "users-damaged", "file", path, "detail", fault,
	    "remedy",
	    "put back a copy, or take out the lines that are wrong, whose "
	    "users get other uids; until then nobody new gets in",
	    NULL);
}

/* True if all of OLD is in NEW, with the same uids. */
static bool
holds_all(const struct map *new, const struct map *old)
{
	for (size_t i = 0; i < old->count; i++) {
		const struct usermap_entry *found = NULL;

		/* nearly always at the same place */
		if (i < new->count &&
		    strcmp(new->entries[i].name, old->entries[i].name) == 0)
			found = &new->entries[i];
		else
			found = map_find(new, old->entries[i].name);
		if (found == NULL || found->uid != old->entries[i].uid)
			return false;
	}
	return true;
}

/* Something has happened to a file that was good: have it as it was. */
static void
mend(struct users *users, const char *fault)
{
	const bool again = users->unwritten;
	const bool written = users_write(users);

	users->unwritten = !written;
	if (again && !written)
		return;
	if (fault[0] == '\0')
		fault = "it has lost users";
	if (written)
		log_event(LOG_WARNING, "users-mended", "detail", fault,
		    "remedy", "see who changed it; only the helper may", NULL);
	else
		log_event(LOG_ERR, "users-failed", "detail", users->fault,
		    "remedy",
		    "it has been changed by somebody; put back a copy, see "
		    "that _moshgate may write it, and restart the helper",
		    NULL);
	users->fault[0] = '\0';
}

/* Have SET hold all that is in MORE, too.  Returns false for want of memory. */
static bool
unite(struct uidset *set, const struct uidset *more)
{
	for (size_t i = 0; i < more->count; i++) {
		if (!uidset_add(set, more->spans[i].first, more->spans[i].last))
			return false;
	}
	uidset_settle(set);
	return true;
}

void
users_refresh(struct users *users)
{
	const struct stat st = look(users);
	const bool had_fault = users->map.fault[0] != '\0';
	struct map map;
	bool behind;

	if (same(&st, &users->seen) && !users->unwritten)
		return;
	users->seen = st;
	map_read(users, &st, &map);
	if (!had_fault &&
	    (map.fault[0] != '\0' || !holds_all(&map, &users->map))) {
		mend(users, map.fault);
		map_free(&map);
		return;
	}
	behind = !uidset_holds(&map.given, &users->map.given);
	if (behind && !unite(&map.given, &users->map.given))
		snprintf(map.fault, FAULT_CHARS, "no memory for it");
	map_free(&users->map);
	users->map = map;
	users->unwritten = false;
	if (map.fault[0] != '\0')
		log_damaged(users, map.fault);
	else if (behind)
		users->unwritten = !users_write(users);
}

struct users *
users_open(const char *dir)
{
	struct users *users = calloc(1, sizeof(*users));

	if (users == NULL)
		return NULL;
	users->dir = dir;
	users->seen = look(users);
	map_read(users, &users->seen, &users->map);
	if (users->map.fault[0] != '\0')
		log_damaged(users, users->map.fault);
	return users;
}

void
users_close(struct users *users)
{
	if (users == NULL)
		return;
	map_free(&users->map);
	free(users);
}

bool
users_find(const struct users *users, const char *name, uid_t *uid)
{
	const struct usermap_entry *found = map_find(&users->map, name);

	/* a uid that is there twice is the first one's */
	if (found == NULL || map_find_uid(&users->map, found->uid) != found)
		return false;
	*uid = found->uid;
	return true;
}

/*
 * Adding
 */

/*
 * The first uid from MIN to MAX that is above all that were given there, and
 * that is nobody's.  Returns another result if none is found.
 */
static enum users_result
choose(struct users *users, uid_t min, uid_t max, uid_t *uid)
{
	const struct map *map = &users->map;
	unsigned long first = uidset_next(&map->given, min, max), next;

	for (size_t i = 0; i < map->count; i++) {
		const unsigned long used = map->entries[i].uid;

		if (used >= first && used <= max)
			first = used + 1;
	}
	next = first;
	if (first >= users->asked && first < users->known)
		next = users->known;
	for (unsigned questions = 0; next <= max; next++) {
		if (!usermap_uid_valid(next))
			continue;
		if (questions++ == QUESTIONS_MAX) {
			users->asked = first;
			users->known = next;
			snprintf(users->fault, FAULT_CHARS,
			    "the uids from %lu to %lu are accounts'", first,
			    next - 1);
			return USERS_AGAIN;
		}
		switch (account_by_uid((uid_t)next)) {
		case ACCOUNT_NONE:
			*uid = (uid_t)next;
			return USERS_OK;
		case ACCOUNT_THERE:
			continue;
		case ACCOUNT_UNKNOWN:
			snprintf(users->fault, FAULT_CHARS,
			    "cannot tell whether the uid %lu is an "
			    "account's: %s",
			    next, strerror(errno));
			return USERS_UNKNOWN;
		}
	}
	/* accounts may be taken away: ask again from the beginning */
	users->known = 0;
	snprintf(users->fault, FAULT_CHARS,
	    "every uid from %lu to %lu is or was somebody's",
	    (unsigned long)min, (unsigned long)max);
	return USERS_FULL;
}

/* Add ENTRY to the map, and write it; all is as it was if that fails. */
static bool
append_and_write(struct users *users, const struct usermap_entry *entry)
{
	struct map *map = &users->map;
	struct uidset given;
	bool written;

	if (!uidset_copy(&map->given, &given) || !map_append(map, entry)) {
		uidset_free(&given);
		snprintf(users->fault, FAULT_CHARS, "out of memory");
		return false;
	}
	written = users_write(users);
	if (!written) {
		map->count--;
		uidset_swap(&map->given, &given);
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
	if (users->map.fault[0] != '\0') {
		snprintf(users->fault, FAULT_CHARS, "%s", users->map.fault);
		return USERS_DAMAGED;
	}
	result = choose(users, uid_min, uid_max, &entry.uid);
	if (result != USERS_OK)
		return result;
	snprintf(entry.name, sizeof(entry.name), "%s", name);
	if (!append_and_write(users, &entry))
		return USERS_FAILED;
	*uid = entry.uid;
	return USERS_OK;
}

size_t
users_count(const struct users *users)
{
	return users->map.count;
}

const char *
users_fault(const struct users *users)
{
	return users->fault;
}
