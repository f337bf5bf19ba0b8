#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <sys/un.h>

#include <sodium.h>

#include "leaveout.h"
#include "scratch.h"

#include "../../helper/file.h"

#define TEXT "one\ntwo\n"
#define MAX_BYTES ((size_t)4096)
#define NOBODY 65534

/* What reads a file. */
typedef bool reader(const char *path, uid_t owner, size_t max_bytes,
    struct file *file, char fault[FILE_FAULT_BYTES]);
static reader *const readers[] = { file_read, file_read_public };
#define READERS (sizeof(readers) / sizeof(readers[0]))

/* PATH is read, and what is in it are the LEN bytes at TEXT. */
static void
taken(const char *path, uid_t owner, size_t max_bytes, const char *text,
    size_t len)
{
	char fault[FILE_FAULT_BYTES] = "";
	struct file file;

	for (size_t i = 0; i < READERS; i++) {
		if (!readers[i](path, owner, max_bytes, &file, fault))
			fail_msg("%s: %s", path, fault);
		assert_int_equal(file.len, len);
		assert_memory_equal(file.text, text, len);
		assert_int_equal(file.text[len], '\0');
		assert_true(S_ISREG(file.st.st_mode));
		assert_int_equal(file.st.st_size, len);
		file_free(&file);
		assert_null(file.text);
		file_free(&file);
	}
}

/* PATH is refused for FAULT. */
static void
refused(const char *path, uid_t owner, size_t max_bytes, const char *expected)
{
	char fault[FILE_FAULT_BYTES] = "";
	struct file file;

	for (size_t i = 0; i < READERS; i++) {
		if (readers[i](path, owner, max_bytes, &file, fault))
			fail_msg("%s is read, not refused as %s", path,
			    expected);
		assert_string_equal(fault, expected);
		file_free(&file);
		file_free(&file);
	}
}

/* The path of a file called NAME with TEXT in it, of this user's, and MODE. */
static const char *
good_file(const char *name, mode_t mode)
{
	static char path[PATH_MAX];

	scratch_write(name, TEXT, strlen(TEXT), mode);
	scratch_path(name, path);
	return path;
}

static void
a_file_that_its_owner_alone_can_write_is_read(void **state)
{
	static const mode_t good[] = { 0400, 0600, 0440, 0640, 0644, 0604, 0755,
		0711 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		taken(good_file("file", good[i]), geteuid(), MAX_BYTES, TEXT,
		    strlen(TEXT));
}

static void
a_file_that_others_can_write_is_refused(void **state)
{
	static const mode_t bad[] = { 0660, 0620, 0602, 0606, 0622, 0666,
		0777 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(good_file("file", bad[i]), geteuid(), MAX_BYTES,
		    "writable by others than root (chmod go-w)");
}

static void
a_file_of_somebody_elses_is_refused(void **state)
{
	static const char fault[] = "not owned by root (chown root)";
	const char *path = good_file("file", 0644);

	(void)state;
	scratch_need_root();
	scratch_own("file", 1000, 0);
	refused(path, 0, MAX_BYTES, fault);
	refused(path, 1001, MAX_BYTES, fault);
	taken(path, 1000, MAX_BYTES, TEXT, strlen(TEXT));
}

static void
a_file_of_roots_is_as_good_as_the_owners(void **state)
{
	(void)state;
	scratch_need_root();
	taken(good_file("file", 0644), 1000, MAX_BYTES, TEXT, strlen(TEXT));
}

static void
the_group_of_a_file_does_not_matter_to_reading_it(void **state)
{
	const char *path = good_file("file", 0640);

	(void)state;
	scratch_need_root();
	scratch_own("file", 0, 1000);
	taken(path, 0, MAX_BYTES, TEXT, strlen(TEXT));
}

static void
a_symlink_is_as_good_as_what_it_leads_to(void **state)
{
	char link[PATH_MAX];

	(void)state;
	scratch_path("link", link);
	assert_int_equal(symlink("file", link), 0);
	good_file("file", 0600);
	taken(link, geteuid(), MAX_BYTES, TEXT, strlen(TEXT));
	good_file("file", 0666);
	refused(link, geteuid(), MAX_BYTES,
	    "writable by others than root (chmod go-w)");
	scratch_path("file", link);
	assert_int_equal(unlink(link), 0);
	scratch_path("link", link);
	refused(link, geteuid(), MAX_BYTES,
	    "cannot be read: No such file or directory");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink(".", link), 0);
	refused(link, geteuid(), MAX_BYTES, "not a plain file");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("link", link), 0);
	refused(link, geteuid(), MAX_BYTES,
	    "cannot be read: Too many levels of symbolic links");
}

static void
a_missing_file_is_told(void **state)
{
	(void)state;
	refused("/nowhere/file", 0, MAX_BYTES,
	    "cannot be read: No such file or directory");
	refused("/dev/null/file", 0, MAX_BYTES,
	    "cannot be read: Not a directory");
	refused("", 0, MAX_BYTES, "cannot be read: No such file or directory");
}

static void
a_file_that_may_not_be_opened_is_told(void **state)
{
	const char *path = good_file("file", 0);
	const bool root = geteuid() == 0;

	(void)state;
	/* root may open everything, but need not be root for that long */
	if (root)
		assert_int_equal(seteuid(NOBODY), 0);
	refused(path, geteuid(), MAX_BYTES,
	    "cannot be read: Permission denied");
	if (root)
		assert_int_equal(seteuid(0), 0);
}

static void
directories_and_devices_are_refused(void **state)
{
	(void)state;
	refused(scratch_dir, geteuid(), MAX_BYTES, "not a plain file");
	refused("/dev/null", 0, MAX_BYTES, "not a plain file");
	refused("/dev/zero", 0, MAX_BYTES, "not a plain file");
}

/* Nobody ever writes to it: who waits for that hangs. */
static void
a_fifo_is_refused_at_once(void **state)
{
	static const unsigned patience_s = 20;
	char path[PATH_MAX];

	(void)state;
	scratch_path("fifo", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(patience_s);
	refused(path, geteuid(), MAX_BYTES, "not a plain file");
	alarm(0);
}

static void
a_socket_is_refused(void **state)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char path[PATH_MAX];

	(void)state;
	assert_true(fd >= 0);
	scratch_path("socket", path);
	if (strlen(path) >= sizeof(address.sun_path))
		LEAVE_OUT();
	memcpy(address.sun_path, path, strlen(path) + 1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address,
			     sizeof(address)),
	    0);
	refused(path, geteuid(), MAX_BYTES,
	    "cannot be read: No such device or address");
	close(fd);
}

/* Of this process's memory, there is none at its beginning. */
static void
an_error_while_it_is_read_is_told(void **state)
{
	(void)state;
	if (access("/proc/self/mem", R_OK) < 0)
		LEAVE_OUT();
	refused("/proc/self/mem", geteuid(), MAX_BYTES,
	    "an error while it was read");
}

static void
a_file_may_have_just_as_many_bytes_as_allowed(void **state)
{
	static const size_t maxima[] = { 1, 2, 4095, 4096, 4097,
		(size_t)64 * 1024, (size_t)1024 * 1024 };
	char path[PATH_MAX];

	(void)state;
	scratch_path("file", path);
	for (size_t i = 0; i < sizeof(maxima) / sizeof(maxima[0]); i++) {
		const size_t max = maxima[i];
		char *text = malloc(max + 1);

		assert_non_null(text);
		memset(text, 'x', max + 1);
		scratch_write("file", text, max, 0600);
		taken(path, geteuid(), max, text, max);
		taken(path, geteuid(), max + 1, text, max);
		refused(path, geteuid(), max - 1, "too long");
		scratch_write("file", text, max + 1, 0600);
		refused(path, geteuid(), max, "too long");
		free(text);
	}
}

static void
an_empty_file_is_read(void **state)
{
	char path[PATH_MAX];

	(void)state;
	scratch_write("file", "", 0, 0600);
	scratch_path("file", path);
	taken(path, geteuid(), MAX_BYTES, "", 0);
	taken(path, geteuid(), 0, "", 0);
}

static void
nul_bytes_are_read_like_any_other(void **state)
{
	static const char text[] = "a\0b\0\0c\0";
	char path[PATH_MAX];

	(void)state;
	scratch_write("file", text, sizeof(text) - 1, 0600);
	scratch_path("file", path);
	taken(path, geteuid(), MAX_BYTES, text, sizeof(text) - 1);
}

/* The size that the system tells of such a file is 0, as if it had grown. */
static void
a_file_longer_than_its_size_is_read_to_its_end_or_refused(void **state)
{
	static const char path[] = "/proc/self/status";
	char fault[FILE_FAULT_BYTES] = "";
	struct file file;

	(void)state;
	if (access(path, R_OK) < 0)
		LEAVE_OUT();
	refused(path, geteuid(), 0, "too long");
	refused(path, geteuid(), 1, "too long");
	refused(path, geteuid(), 20, "too long");
	for (size_t i = 0; i < READERS; i++) {
		assert_true(readers[i](path, geteuid(), (size_t)64 * 1024,
		    &file, fault));
		assert_int_equal(file.st.st_size, 0);
		assert_memory_equal(file.text, "Name:", 5);
		assert_int_equal(file.text[file.len - 1], '\n');
		assert_int_equal(strlen(file.text), file.len);
		file_free(&file);
	}
}

/* How much of this process's memory is locked, as the kernel says. */
static unsigned long
locked_kib(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kib = 0;
	char line[256];

	assert_non_null(status);
	while (fgets(line, sizeof(line), status) != NULL) {
		if (strncmp(line, "VmLck:", 6) == 0)
			kib = strtoul(line + 6, NULL, 10);
	}
	fclose(status);
	return kib;
}

/* There is little of it (ulimit -l), and to lock much takes its time. */
static void
what_is_no_secret_locks_no_memory(void **state)
{
	const size_t max_bytes = (size_t)16 * 1024 * 1024;
	const unsigned long before = locked_kib();
	const char *path = good_file("file", 0644);
	char fault[FILE_FAULT_BYTES] = "";
	struct file file;

	(void)state;
	assert_true(file_read_public(path, geteuid(), max_bytes, &file, fault));
	assert_int_equal(locked_kib(), before);
	assert_false(file.secret);
	file_free(&file);
	assert_true(file_read(path, geteuid(), MAX_BYTES, &file, fault));
	assert_true(file.secret);
	/* unless this process may lock none */
	assert_in_range(locked_kib(), before, before + 64);
	file_free(&file);
}

/* Descriptor FD, the next one to be given, is free. */
static void
is_next(int fd)
{
	assert_int_equal(open("/dev/null", O_RDONLY | O_CLOEXEC), fd);
	close(fd);
}

static void
files_are_closed_whether_read_or_refused(void **state)
{
	const int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	taken(good_file("file", 0600), geteuid(), MAX_BYTES, TEXT,
	    strlen(TEXT));
	is_next(fd);
	refused(good_file("file", 0666), geteuid(), MAX_BYTES,
	    "writable by others than root (chmod go-w)");
	refused(good_file("file", 0600), geteuid(), 1, "too long");
	refused(scratch_dir, geteuid(), MAX_BYTES, "not a plain file");
	is_next(fd);
}

static void
others_are_neither_the_owner_nor_root_nor_the_own_group(void **state)
{
	const gid_t own = getegid(), another = own + 1000;
	const struct {
		mode_t mode;
		gid_t group;
		bool open;
	} files[] = {
		{ 0400, another, false },
		{ 0600, another, false },
		{ 0640, own, false },
		{ 0640, 0, false },
		{ 0640, another, true },
		{ 0440, another, true },
		{ 0040, another, true },
		{ 0610, another, false },
		{ 0604, own, true },
		{ 0604, 0, true },
		{ 0604, another, true },
		{ 0644, own, true },
		{ 0644, another, true },
		{ 0755, 0, true },
		{ 0711, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		const struct stat st = { .st_mode = S_IFREG | files[i].mode,
			.st_uid = geteuid(),
			.st_gid = files[i].group };

		if (file_is_open_to_others(&st) != files[i].open)
			fail_msg("mode %04o, group %u", (unsigned)files[i].mode,
			    (unsigned)files[i].group);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_that_its_owner_alone_can_write_is_read),
		cmocka_unit_test(a_file_that_others_can_write_is_refused),
		cmocka_unit_test(a_file_of_somebody_elses_is_refused),
		cmocka_unit_test(a_file_of_roots_is_as_good_as_the_owners),
		cmocka_unit_test(
		    the_group_of_a_file_does_not_matter_to_reading_it),
		cmocka_unit_test(a_symlink_is_as_good_as_what_it_leads_to),
		cmocka_unit_test(a_missing_file_is_told),
		cmocka_unit_test(a_file_that_may_not_be_opened_is_told),
		cmocka_unit_test(directories_and_devices_are_refused),
		cmocka_unit_test(a_fifo_is_refused_at_once),
		cmocka_unit_test(a_socket_is_refused),
		cmocka_unit_test(an_error_while_it_is_read_is_told),
		cmocka_unit_test(a_file_may_have_just_as_many_bytes_as_allowed),
		cmocka_unit_test(an_empty_file_is_read),
		cmocka_unit_test(nul_bytes_are_read_like_any_other),
		cmocka_unit_test(
		    a_file_longer_than_its_size_is_read_to_its_end_or_refused),
		cmocka_unit_test(what_is_no_secret_locks_no_memory),
		cmocka_unit_test(files_are_closed_whether_read_or_refused),
		cmocka_unit_test(
		    others_are_neither_the_owner_nor_root_nor_the_own_group),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("file", tests, scratch_make,
	    scratch_remove);
}
