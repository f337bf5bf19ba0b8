#include "check_map.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../lib/usermap.h"
#include "report.h"

#define SERVICE "_moshgate"
#define MAKE_DIR "install -d -m 755 -o " SERVICE " -g " SERVICE " " USERMAP_DIR
#define MEND "stop moshgate-helper, mend the file, and start it again"

static bool
check_map_report(bool ok, const char *path, const char *text,
    const char *remedy)
{
	char whole[256];

	snprintf(whole, sizeof(whole), "%s: %s", path, text);
	return report(ok, "user map", whole, remedy);
}

/* The uid of the service, which owns the map; root's without that user. */
static uid_t
check_map_service(void)
{
	const struct passwd *account = getpwnam(SERVICE);

	return account != NULL ? account->pw_uid : 0;
}

static bool
check_map_is_owned(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == check_map_service();
}

static bool
check_map_directory(bool mapped)
{
	struct stat st;

	if (lstat(USERMAP_DIR, &st) < 0)
		return !mapped ||
		    check_map_report(false, USERMAP_DIR, strerror(errno),
			MAKE_DIR);
	if (!S_ISDIR(st.st_mode))
		return check_map_report(false, USERMAP_DIR, "not a directory",
		    "move it away, then " MAKE_DIR);
	if (!check_map_is_owned(&st))
		return check_map_report(false, USERMAP_DIR,
		    "owned by somebody else than " SERVICE,
		    "chown " SERVICE ":" SERVICE " " USERMAP_DIR);
	if ((st.st_mode & 022) != 0)
		return check_map_report(false, USERMAP_DIR,
		    "writable by others than " SERVICE,
		    "chmod 755 " USERMAP_DIR);
	if ((st.st_mode & 0555) != 0555)
		return check_map_report(false, USERMAP_DIR,
		    "not to be entered by everybody", "chmod 755 " USERMAP_DIR);
	return true;
}

static bool
check_map_file(const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return check_map_report(false, USERMAP_PATH, "not a plain file",
		    "move it away");
	if (!check_map_is_owned(st))
		return check_map_report(false, USERMAP_PATH,
		    "owned by somebody else than " SERVICE,
		    "chown " SERVICE ":" SERVICE " " USERMAP_PATH);
	if ((st->st_mode & 022) != 0)
		return check_map_report(false, USERMAP_PATH,
		    "writable by others than " SERVICE,
		    "see that its lines are right, and chmod 644 " USERMAP_PATH);
	if ((st->st_mode & 0444) != 0444)
		return check_map_report(false, USERMAP_PATH,
		    "not for everybody to read", "chmod 644 " USERMAP_PATH);
	if ((uintmax_t)st->st_size > USERMAP_MAX_BYTES)
		return check_map_report(false, USERMAP_PATH, "too long",
		    "see what is in it that does not belong there");
	return true;
}

/* Read at most SIZE bytes of FD to TEXT, and store their number in *LEN. */
static bool
check_map_read_all(int fd, size_t size, char *text, size_t *len)
{
	*len = 0;
	while (*len < size) {
		const ssize_t got = read(fd, text + *len, size - *len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return false;
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	return true;
}

/* Find the entries in the LEN bytes of MAP's TEXT; false for want of memory. */
static bool
check_map_parse(struct check_map *map, size_t len)
{
	struct usermap_rest rest = { .at = map->text, .left = len };
	struct usermap_next next;
	enum usermap_kind kind;
	size_t lines = 0;

	for (const char *c = map->text; c < map->text + len; c++)
		lines += *c == '\n';
	map->entries = calloc(lines + 1, sizeof(*map->entries));
	if (map->entries == NULL)
		return false;
	for (lines = 1;; lines++) {
		char *name = map->text + (len - rest.left);

		kind = usermap_next(&rest, &next);
		if (kind == USERMAP_ENTRY) {
			name[strlen(next.entry.name)] = '\0';
			map->entries[map->count++] = (struct check_entry){
				.name = name,
				.uid = next.entry.uid
			};
		} else if (kind != USERMAP_COMMENT && kind != USERMAP_END &&
		    map->garbled++ == 0) {
			map->first_garbled = lines;
		}
		if (kind == USERMAP_END || kind == USERMAP_CUT)
			return true;
	}
}

static int
check_map_by_name(const void *a, const void *b)
{
	const struct check_entry *one = a, *other = b;

	return strcmp(one->name, other->name);
}

static int
check_map_by_uid(const void *a, const void *b)
{
	const struct check_entry *one = a, *other = b;

	return (one->uid > other->uid) - (one->uid < other->uid);
}

/* Add to LIST those that are in MAP, sorted by ORDER, twice by that order. */
static void
check_map_add_twins(const struct check_map *map,
    int (*order)(const void *, const void *), struct report_list *list)
{
	for (size_t i = 1; i < map->count; i++) {
		if (order(&map->entries[i - 1], &map->entries[i]) == 0)
			report_list_add(list, map->entries[i].name);
	}
}

static bool
check_map_lines(const struct check_map *map)
{
	char text[128], others[64] = "";

	if (map->garbled == 0)
		return true;
	if (map->garbled > 1)
		snprintf(others, sizeof(others), " and %zu more",
		    map->garbled - 1);
	snprintf(text, sizeof(text), "not name:uid: line %zu%s",
	    map->first_garbled, others);
	return check_map_report(false, USERMAP_PATH, text, MEND);
}

/* See that nobody is in MAP twice, and sort it by name. */
static bool
check_map_twins(struct check_map *map)
{
	struct report_list twins = { 0 };
	char text[sizeof(twins.text) + 128], more[32];

	qsort(map->entries, map->count, sizeof(*map->entries),
	    check_map_by_uid);
	check_map_add_twins(map, check_map_by_uid, &twins);
	qsort(map->entries, map->count, sizeof(*map->entries),
	    check_map_by_name);
	check_map_add_twins(map, check_map_by_name, &twins);
	if (twins.count == 0)
		return true;
	snprintf(text, sizeof(text),
	    USERMAP_PATH ": there twice, the name or the uid: %s%s", twins.text,
	    report_list_more(&twins, more));
	return report(false, "user map", text, MEND);
}

static bool
check_map_entries(struct check_map *map)
{
	char text[64];
	bool ok = check_map_lines(map);

	ok = check_map_twins(map) && ok;
	if (!ok)
		return false;
	snprintf(text, sizeof(text), "%zu %s", map->count,
	    map->count == 1 ? "user" : "users");
	return check_map_report(true, USERMAP_PATH, text, "");
}

/* Read the map's file, at FD, into MAP, and see that it is as it must be. */
static bool
check_map_read_open(int fd, struct check_map *map)
{
	struct stat st;
	size_t len, size;

	if (fstat(fd, &st) < 0)
		return check_map_report(false, USERMAP_PATH, strerror(errno),
		    "");
	if (!check_map_file(&st))
		return false;
	size = (size_t)st.st_size;
	map->text = malloc(size + 1);
	if (map->text == NULL ||
	    !check_map_read_all(fd, size, map->text, &len) ||
	    !check_map_parse(map, len))
		return check_map_report(false, USERMAP_PATH, strerror(errno),
		    "");
	return check_map_entries(map);
}

bool
check_map_read(bool mapped, struct check_map *map)
{
	bool ok;
	int fd;

	*map = (struct check_map){ 0 };
	if (!check_map_directory(mapped))
		return false;
	fd = open(USERMAP_PATH,
	    O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 && errno == ENOENT)
		return !mapped ||
		    check_map_report(true, USERMAP_PATH, "no user yet", "");
	if (fd < 0)
		return check_map_report(false, USERMAP_PATH,
		    errno == ELOOP ? "not a plain file" : strerror(errno),
		    "move it away");
	ok = check_map_read_open(fd, map);
	close(fd);
	return ok;
}

void
check_map_free(struct check_map *map)
{
	free(map->entries);
	free(map->text);
}

bool
check_map_has(const struct check_map *map, const char *name, uid_t uid)
{
	const struct check_entry wanted = { .name = name };
	const struct check_entry *found = map->count == 0
	    ? NULL
	    : bsearch(&wanted, map->entries, map->count, sizeof(wanted),
		  check_map_by_name);

	return found != NULL && found->uid == uid;
}
