#ifndef MOSHGATE_USERMAPFILE_H
#define MOSHGATE_USERMAPFILE_H

/* For the tests of the user map: what it is and says, and its log. */

#include <sys/resource.h>

#include <signal.h>

#include "leaveout.h"
#include "scratch.h"

#include "../../helper/accounts/account.h"
#include "../../helper/accounts/userfile.h"
#include "../../helper/log.h"
#include "../../shim/lib/usermap.h"

/* A range in which no machine has accounts; it stands in the texts below. */
#define FIRST ((uid_t)1500000000)
#define LAST (FIRST + 9999)
#define NOBODY 65534

/* A file as it may be, when alice and bob have come. */
#define ALICE "alice:1500000000\n"
#define BOB "bob:1500000001\n"
#define NEXT "# uids given: 1500000000-1500000001\n"
#define GOOD NEXT ALICE BOB

/*
 * The log is a pipe that stands in for standard error, where what cmocka has to
 * say goes, too.
 */
static int log_fd, stderr_fd, cwd_fd;
static char log_text[SCRATCH_OUTPUT_BYTES];
static size_t log_len;

static inline int
begin(void **state)
{
	int fds[2];

	(void)state;
	fflush(stderr);
	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	log_fd = fds[0];
	log_len = 0;
	stderr_fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	if (stderr_fd < 0 || dup2(fds[1], STDERR_FILENO) < 0)
		return -1;
	close(fds[1]);
	log_open(true);
	cwd_fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return cwd_fd < 0 ? -1 : scratch_make(state);
}

static inline void
read_log(void)
{
	ssize_t got;

	fflush(stderr);
	while ((got = read(log_fd, log_text + log_len,
		    sizeof(log_text) - 1 - log_len)) > 0)
		log_len += (size_t)got;
	log_text[log_len] = '\0';
}

/* With RLIMIT_FSIZE no file may have more than MAX_BYTES, as on a full disk. */
static inline void
limit_files(rlim_t max_bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = max_bytes < limit.rlim_max ? max_bytes
						    : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* root may do everything, but need not be root for that long. */
static inline void
be_nobody(bool nobody)
{
	if (getuid() == 0)
		assert_int_equal(seteuid(nobody ? NOBODY : 0), 0);
}

/* However a test ended. */
static inline int
end(void **state)
{
	char *rest = log_text, *line;

	be_nobody(false);
	limit_files(RLIM_INFINITY);
	alarm(0);
	assert_int_equal(fchdir(cwd_fd), 0);
	close(cwd_fd);
	chmod(scratch_dir, 0700);
	read_log();
	dup2(stderr_fd, STDERR_FILENO);
	close(stderr_fd);
	close(log_fd);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (*line != '\0' && strncmp(line, "moshgate-helper:", 16) != 0)
			fprintf(stderr, "%s\n", line);
	}
	return scratch_remove(state);
}

/* How many times EVENT has been logged. */
static inline unsigned
logged(const char *event)
{
	unsigned count = 0;
	char pattern[64];

	snprintf(pattern, sizeof(pattern), "event=%s ", event);
	read_log();
	for (const char *at = log_text; (at = strstr(at, pattern)) != NULL;
	     at++)
		count++;
	return count;
}

/*
 * What the helper and its processes make of the map's file, without the
 * processes.
 */
struct kept {
	struct userfile file;
	struct usertable table;
	char fault[USERTABLE_FAULT_CHARS];
};

static inline void
kept_tell(void *context, enum usernews news, const char *detail)
{
	const struct kept *kept = context;
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/users", kept->file.dir);
	usernews_log(news, detail, path);
}

static inline struct kept *
kept_open(const char *dir)
{
	struct kept *kept = calloc(1, sizeof(*kept));

	assert_non_null(kept);
	kept->file = (struct userfile){ .dir = dir,
		.tell = kept_tell,
		.context = kept };
	userfile_open(&kept->file, &kept->table);
	return kept;
}

static inline void
kept_close(struct kept *kept)
{
	if (kept == NULL)
		return;
	usertable_free(&kept->table);
	free(kept);
}

static inline void
kept_refresh(struct kept *kept)
{
	userfile_refresh(&kept->file, &kept->table);
}

static inline bool
kept_find(const struct kept *kept, const char *name, uid_t *uid)
{
	const struct usermap_entry *found = usertable_find(&kept->table, name);

	if (found != NULL)
		*uid = found->uid;
	return found != NULL;
}

static inline const char *
kept_fault(const struct kept *kept)
{
	return kept->fault;
}

/* The first uid from MIN to MAX that nobody has or had. */
static inline enum users_result
kept_choose(struct kept *kept, uid_t min, uid_t max, uid_t *uid)
{
	unsigned long next = usertable_next_uid(&kept->table, min, max);

	for (; next <= max; next += DIRECTORY_UIDS) {
		const struct directory_asked asked = {
			.key = DIRECTORY_UIDS_FROM,
			.uid = (uid_t)next
		};
		struct directory_answer answer;

		account_look(&asked, &answer);
		for (unsigned i = 0; i < DIRECTORY_UIDS && next + i <= max;
		     i++) {
			if ((answer.free >> i & 1) == 0 ||
			    usertable_has_given(&kept->table,
				(uid_t)(next + i)))
				continue;
			*uid = (uid_t)(next + i);
			return USERS_OK;
		}
		if (answer.verdict == DIRECTORY_UNKNOWN) {
			snprintf(kept->fault, sizeof(kept->fault), "%s",
			    answer.fault);
			return USERS_UNKNOWN;
		}
	}
	snprintf(kept->fault, sizeof(kept->fault),
	    "every uid from %lu to %lu is or was somebody's",
	    (unsigned long)min, (unsigned long)max);
	return USERS_FULL;
}

static inline enum users_result
kept_add(struct kept *kept, const char *name, uid_t min, uid_t max, uid_t *uid)
{
	enum users_result result;

	kept_refresh(kept);
	if (kept_find(kept, name, uid))
		return USERS_OK;
	/* of a damaged one it is the file's to say that */
	*uid = min;
	result = kept->table.fault[0] == '\0' ? kept_choose(kept, min, max, uid)
					      : USERS_OK;
	if (result != USERS_OK)
		return result;
	return userfile_add(&kept->file, &kept->table, name, uid, kept->fault);
}

static inline struct kept *
opened(void)
{
	struct kept *users = kept_open(scratch_dir);

	assert_non_null(users);
	return users;
}

static inline void
has(const struct kept *users, const char *name, uid_t uid)
{
	uid_t found = 0;

	if (!kept_find(users, name, &found))
		fail_msg("%s is not found", name);
	assert_int_equal(found, uid);
}

static inline void
has_not(const struct kept *users, const char *name)
{
	uid_t found = 0;

	if (kept_find(users, name, &found))
		fail_msg("%s is found, with the uid %u", name, found);
}

/* NAME is added, and gets UID. */
static inline void
adds_in(struct kept *users, const char *name, uid_t min, uid_t max, uid_t uid)
{
	uid_t got = 0;
	const enum users_result result = kept_add(users, name, min, max, &got);

	if (result != USERS_OK)
		fail_msg("%s: %s", name, kept_fault(users));
	assert_int_equal(got, uid);
	has(users, name, uid);
}

static inline void
adds(struct kept *users, const char *name, uid_t uid)
{
	adds_in(users, name, FIRST, LAST, uid);
}

/* NAME is not added, for EXPECTED, of which the administrator is told FAULT. */
static inline void
adds_not(struct kept *users, const char *name, enum users_result expected,
    const char *fault)
{
	uid_t got = 0;

	assert_int_equal(kept_add(users, name, FIRST, LAST, &got), expected);
	assert_string_equal(kept_fault(users), fault);
	has_not(users, name);
}

/* The map now has TEXT, in a file that is new, as many editors make it. */
static inline void
write_bytes(const char *text, size_t len)
{
	scratch_write("users", text, len, 0644);
}

static inline void
write_text(const char *text)
{
	write_bytes(text, strlen(text));
}

/* What is at the map's path is taken away. */
static inline void
take_away(void)
{
	char path[PATH_MAX];

	scratch_path("users", path);
	assert_int_equal(remove(path), 0);
}

static inline bool
exists(const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	scratch_path(name, path);
	return lstat(path, &st) == 0;
}

/*
 * The map is a plain file that all can read, and that has TEXT, behind the line
 * that says what it is.
 */
static inline void
file_is(const char *text)
{
	char path[PATH_MAX], *got, *second;
	struct stat st;
	size_t len;

	scratch_path("users", path);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0644);
	got = scratch_read("users", &len);
	assert_int_equal(strlen(got), len);
	assert_int_equal(got[0], '#');
	second = strchr(got, '\n');
	assert_non_null(second);
	assert_string_equal(second + 1, text);
	free(got);
	assert_false(exists("users.new"));
}

/* How many users the file has. */
static inline size_t
file_count(void)
{
	char path[PATH_MAX], line[128];
	size_t count = 0;
	FILE *file;

	scratch_path("users", path);
	file = fopen(path, "re");
	if (file == NULL && errno == ENOENT)
		return 0;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		count += line[0] != '#';
	fclose(file);
	return count;
}

static inline void
file_has(size_t count)
{
	assert_int_equal(file_count(), count);
}

#endif
