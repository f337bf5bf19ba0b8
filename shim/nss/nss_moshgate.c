/*
 * libnss_moshgate: the users who exist on the remote alone, for all programs
 * that ask the C library who a user is.  They are in the user map; in sshd
 * alone, a name that isn't is asked of the helper, which may put it there.
 *
 * It runs in every process, root's too, and beside whatever threads that has.
 * So it keeps next to nothing from one call to the next, leaves no descriptor
 * open, and waits for nobody longer than a login may wait.
 *
 * nss(5), and "Extending NSS" in the manual of the GNU C Library.
 */

#include "../client.h"
#include "../lib/clock.h"
#include "../lib/fields.h"
#include "mapfile.h"

#include <sys/socket.h>

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <nss.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SERVICE_USER "_moshgate"
#define USERS_GROUP "moshgate"

#define USER_PASSWORD "*" /* none: an "x" would want an entry in shadow(5) */
#define USER_GECOS ""
#define USER_HOME RUNSTATEDIR "/moshgate/empty"
#define USER_SHELL LIBEXECDIR "/moshgate/moshgate-session"

/* For an entry of the user database or the group database. */
#define ROOM_FIRST_BYTES ((size_t)1024)
#define ROOM_MAX_BYTES ((size_t)1024 * 1024)

/* Of the helper: how long it may be, and may take, since the call began. */
#define ANSWER_MAX_BYTES ((size_t)1024)
static const int64_t crowded_timeout_ms = 300;
static const int64_t taken_timeout_ms = 2000;
static const int64_t answer_timeout_ms = 10000;
/* From one try to connect to the next. */
static const int crowded_pause_ms = 10;

/* The whole state: where in the map the next getpwent() goes on, ... */
static _Atomic size_t position;
/*
 * ... and whether the helper did not answer in time.  Then this process doesn't
 * ask it again: sshd asks several times for each login, and counts those who
 * wait for it against those who want to come.
 */
static atomic_bool stuck;

#define EXPORT __attribute__((visibility("default")))

EXPORT enum nss_status _nss_moshgate_getpwnam_r(const char *name,
    struct passwd *user, char *buffer, size_t size, int *errnop);
EXPORT enum nss_status _nss_moshgate_getpwuid_r(uid_t uid, struct passwd *user,
    char *buffer, size_t size, int *errnop);
EXPORT enum nss_status _nss_moshgate_setpwent(int stay_open);
EXPORT enum nss_status _nss_moshgate_getpwent_r(struct passwd *user,
    char *buffer, size_t size, int *errnop);
EXPORT enum nss_status _nss_moshgate_endpwent(void);

/*
 * The user database asks us, and here we ask it and the group database.  The
 * GNU C Library holds no lock of either while a module is at work but these:
 * getpwnam() and its like one for the buffer they return, and getpwent_r() one
 * for its position.  The functions below take neither; getpwnam(), getpwent()
 * and setpwent() would wait for ourselves.  Nor does this go round: what we ask
 * of the user database comes back to us at most as a question for SERVICE_USER,
 * which reserved() ends before anything is asked, and a module for groups that
 * asks for users only ends up there, too, unless it asks for one of ours to
 * know the group USERS_GROUP; none does.
 */

struct room {
	char *bytes;
	size_t size;
};

/* Twice as much as before; false if that would be too much. */
static bool
room_grow(struct room *room)
{
	const size_t size = room->size > 0 ? room->size * 2 : ROOM_FIRST_BYTES;
	char *bytes;

	if (size > ROOM_MAX_BYTES)
		return false;
	bytes = realloc(room->bytes, size);
	if (bytes == NULL)
		return false;
	*room = (struct room){ .bytes = bytes, .size = size };
	return true;
}

/* True if UID is the helper's. */
static bool
is_service(uid_t uid)
{
	struct passwd service, *found = NULL;
	struct room room = { 0 };
	int error = ERANGE;
	bool is;

	while (error == ERANGE && room_grow(&room))
		error = getpwnam_r(SERVICE_USER, &service, room.bytes,
		    room.size, &found);
	is = error == 0 && found != NULL && service.pw_uid == uid;
	free(room.bytes);
	return is;
}

/* Store the group of all users in *GID; false if there is none. */
static bool
users_gid(gid_t *gid)
{
	struct group group, *found = NULL;
	struct room room = { 0 };
	int error = ERANGE;
	bool there;

	while (error == ERANGE && room_grow(&room))
		error = getgrnam_r(USERS_GROUP, &group, room.bytes, room.size,
		    &found);
	there = error == 0 && found != NULL;
	if (there)
		*gid = group.gr_gid;
	free(room.bytes);
	return there;
}

/* True if NAME is the service's, whatever the map says. */
static bool
reserved(const char *name)
{
	return strncmp(name, SERVICE_USER, strlen(SERVICE_USER)) == 0;
}

/* The next user of MAP who may be one. */
static bool
next_user(struct mapfile *map, struct usermap_entry *entry)
{
	while (mapfile_next(map, entry)) {
		if (!reserved(entry->name))
			return true;
	}
	return false;
}

/* Copy TEXT to *AT, and move that behind it. */
static char *
put(char **at, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = *at;

	memcpy(copy, text, size);
	*at += size;
	return copy;
}

/* Answer with ENTRY: *USER, with what it points to in the SIZE bytes at BUFFER. */
static enum nss_status
answer(const struct usermap_entry *entry, struct passwd *user, char *buffer,
    size_t size)
{
	gid_t gid;

	if (!users_gid(&gid))
		return NSS_STATUS_NOTFOUND;
	if (size < strlen(entry->name) + 1 + sizeof(USER_PASSWORD) +
		sizeof(USER_GECOS) + sizeof(USER_HOME) + sizeof(USER_SHELL))
		return NSS_STATUS_TRYAGAIN;
	user->pw_name = put(&buffer, entry->name);
	user->pw_passwd = put(&buffer, USER_PASSWORD);
	user->pw_uid = entry->uid;
	user->pw_gid = gid;
	user->pw_gecos = put(&buffer, USER_GECOS);
	user->pw_dir = put(&buffer, USER_HOME);
	user->pw_shell = put(&buffer, USER_SHELL);
	return NSS_STATUS_SUCCESS;
}

/*
 * Asking the helper
 */

/* True if PATH, of the file a process runs, is one of sshd's programs. */
static bool
is_path_of_sshd(char *path)
{
	/* after an upgrade, what has run since before it is this */
	static const char deleted[] = " (deleted)";
	static const char *const programs[] = { "sshd", "sshd-session",
		"sshd-auth" };
	const size_t len = strlen(path), end = strlen(deleted);
	const char *name;

	if (len > end && strcmp(path + len - end, deleted) == 0)
		path[len - end] = '\0';
	name = strrchr(path, '/');
	if (name == NULL)
		return false;
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (strcmp(name + 1, programs[i]) == 0)
			return true;
	}
	return false;
}

/*
 * True in sshd, when it is root.  This keeps other programs of root's from
 * making connections to the remote for names they happen to ask for; who may
 * ask is for the helper to say.
 */
static bool
in_sshd(void)
{
	char path[PATH_MAX];
	ssize_t len;

	if (getuid() != 0 || geteuid() != 0)
		return false;
	len = readlink("/proc/self/exe", path, sizeof(path));
	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	path[len] = '\0';
	return is_path_of_sshd(path);
}

/*
 * True if who listens at the other end of FD is root or the helper's user.
 * Nobody else can make a socket where this one is, unless somebody has loosened
 * the directory; then anyone's answer would decide who logs in as which uid.
 */
static bool
is_helpers(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	    (peer.uid == 0 || is_service(peer.uid));
}

/*
 * Connect to the helper.  Few may wait until it takes them, so that one that
 * never does holds up few; one that is at work makes room in no time.
 */
static int
connect_until(int64_t end_ms)
{
	int fd;

	while ((fd = client_connect_now()) < 0 && errno == EAGAIN) {
		if (clock_now_ms() >= end_ms) {
			atomic_store(&stuck, true);
			break;
		}
		poll(NULL, 0, crowded_pause_ms);
	}
	return fd;
}

static bool
ask_for(int fd, const char *name)
{
	struct fields fields = { 0 };
	bool asked;

	fields_add(&fields, "name", name);
	fields_add_number(&fields, "sshd_pid", getpid());
	asked = !fields.failed &&
	    frame_send(fd, FRAME_LOOKUP, fields.text, fields.len,
		taken_timeout_ms);
	fields_free(&fields);
	return asked;
}

/* Store the uid that the helper's FRAME gives in *UID; false if none. */
static bool
take_uid(const struct frame *frame, uid_t *uid)
{
	long long number;

	if (frame->type != FRAME_OK || !fields_wellformed(frame) ||
	    !fields_get_number(frame, "uid", USERMAP_UID_MIN, USERMAP_UID_MAX,
		&number) ||
	    !usermap_uid_valid((unsigned long)number))
		return false;
	*uid = (uid_t)number;
	return true;
}

/*
 * Wait for the helper's answer on FD to a call that began at BEGIN_MS.  One
 * that doesn't even say that it is at work is stuck.
 */
static bool
wait_for_uid(int fd, int64_t begin_ms, uid_t *uid)
{
	struct frame_in in = { .limit_bytes = ANSWER_MAX_BYTES };
	struct frame frame = { 0 };
	enum frame_result result;
	bool taken;

	result = frame_wait(fd, &in, &frame,
	    begin_ms + taken_timeout_ms - clock_now_ms());
	if (result == FRAME_COMPLETE && frame.type == FRAME_TAKEN &&
	    frame.len == 0) {
		frame_free(&frame);
		result = frame_wait(fd, &in, &frame,
		    begin_ms + answer_timeout_ms - clock_now_ms());
	}
	frame_in_reset(&in);
	if (result == FRAME_AGAIN)
		atomic_store(&stuck, true);
	taken = result == FRAME_COMPLETE && take_uid(&frame, uid);
	frame_free(&frame);
	return taken;
}

/* True if the helper knows NAME, which is then *ENTRY. */
static bool
ask_helper(const char *name, struct usermap_entry *entry)
{
	const int64_t begin_ms = clock_now_ms();
	bool known;
	int fd;

	if (atomic_load(&stuck))
		return false;
	fd = connect_until(begin_ms + crowded_timeout_ms);
	if (fd < 0)
		return false;
	known = is_helpers(fd) && ask_for(fd, name) &&
	    wait_for_uid(fd, begin_ms, &entry->uid);
	close(fd);
	if (known)
		memcpy(entry->name, name, strlen(name) + 1);
	return known;
}

/*
 * Finding a user
 */

/*
 * True if ENTRY, of the line of MAP that ends at END, is the first with its
 * name, and with its uid: no name may have two uids, or be another's uid.
 */
static bool
is_first(struct mapfile *map, const struct usermap_entry *entry, size_t end)
{
	struct usermap_entry other;

	mapfile_seek(map, 0);
	while (next_user(map, &other)) {
		if (other.uid == entry->uid ||
		    strcmp(other.name, entry->name) == 0)
			return mapfile_tell(map) == end;
	}
	return false;
}

/* True if the user NAME, which is valid, exists. */
static bool
find_name(const char *name, struct usermap_entry *entry)
{
	struct mapfile map;
	bool found = false;
	gid_t gid;

	switch (mapfile_open(&map, USERMAP_DIR, is_service)) {
	case MAPFILE_REFUSED:
	case MAPFILE_MISSING:
		/* the helper has it in memory, and mends what it can */
		break;
	case MAPFILE_OPEN:
		while (!found && next_user(&map, entry))
			found = strcmp(entry->name, name) == 0;
		found = found && is_first(&map, entry, mapfile_tell(&map));
		mapfile_close(&map);
		break;
	}
	/* without the group nobody whom the helper knows could be a user */
	return found ||
	    (in_sshd() && users_gid(&gid) && ask_helper(name, entry));
}

static bool
find_uid(uid_t uid, struct usermap_entry *entry)
{
	struct mapfile map;
	bool found = false;

	if (mapfile_open(&map, USERMAP_DIR, is_service) != MAPFILE_OPEN)
		return false;
	while (!found && next_user(&map, entry))
		found = entry->uid == uid;
	found = found && is_first(&map, entry, mapfile_tell(&map));
	mapfile_close(&map);
	return found;
}

/*
 * True if there is a user at *OFFSET of the map or after; moves that on.  Lines
 * that are not the first are listed too, as those of /etc/passwd are: to look
 * back for each would take too long.
 */
static bool
find_next(size_t *offset, struct usermap_entry *entry)
{
	struct mapfile map;
	bool found;

	if (mapfile_open(&map, USERMAP_DIR, is_service) != MAPFILE_OPEN)
		return false;
	mapfile_seek(&map, *offset);
	found = next_user(&map, entry);
	*offset = mapfile_tell(&map);
	mapfile_close(&map);
	return found;
}

/*
 * What the C library calls
 */

/* What a call leaves to its caller as it was. */
struct call {
	int error;
	int cancel;
};

static struct call
call_begin(void)
{
	struct call call = { .error = errno };

	/* a thread cancelled in here would leave a descriptor open */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &call.cancel);
	return call;
}

static enum nss_status
call_end(const struct call *call, enum nss_status status, int *errnop)
{
	pthread_setcancelstate(call->cancel, NULL);
	errno = call->error;
	/* the C library has ERRNOP point to errno itself */
	if (status == NSS_STATUS_TRYAGAIN)
		*errnop = ERANGE;
	else if (status != NSS_STATUS_SUCCESS)
		*errnop = ENOENT;
	return status;
}

enum nss_status
_nss_moshgate_getpwnam_r(const char *name, struct passwd *user, char *buffer,
    size_t size, int *errnop)
{
	const struct call call = call_begin();
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct usermap_entry entry;

	if (username_valid(name) && !reserved(name) && find_name(name, &entry))
		status = answer(&entry, user, buffer, size);
	return call_end(&call, status, errnop);
}

enum nss_status
_nss_moshgate_getpwuid_r(uid_t uid, struct passwd *user, char *buffer,
    size_t size, int *errnop)
{
	const struct call call = call_begin();
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct usermap_entry entry;

	if (usermap_uid_valid(uid) && find_uid(uid, &entry))
		status = answer(&entry, user, buffer, size);
	return call_end(&call, status, errnop);
}

enum nss_status
_nss_moshgate_setpwent(int stay_open)
{
	(void)stay_open;
	atomic_store(&position, 0);
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_moshgate_getpwent_r(struct passwd *user, char *buffer, size_t size,
    int *errnop)
{
	const struct call call = call_begin();
	size_t from = atomic_load(&position), next;
	enum nss_status status;
	struct usermap_entry entry;

	/* the user at FROM is for whoever moves the position on */
	do {
		next = from;
		status = find_next(&next, &entry)
		    ? answer(&entry, user, buffer, size)
		    : NSS_STATUS_NOTFOUND;
	} while (status == NSS_STATUS_SUCCESS &&
	    !atomic_compare_exchange_strong(&position, &from, next));
	return call_end(&call, status, errnop);
}

enum nss_status
_nss_moshgate_endpwent(void)
{
	atomic_store(&position, 0);
	return NSS_STATUS_SUCCESS;
}
