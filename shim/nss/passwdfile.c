#include "passwdfile.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#define PIECE_BYTES 4096

/* The fields of a line that are looked at. */
enum {
	FIELD_NAME,
	FIELD_PASSWORD,
	FIELD_UID
};

struct passwdfile_line {
	const char *name; /* that is looked for */
	uid_t uid;
	/* what the line has so far */
	unsigned field;
	size_t matched; /* characters of NAME */
	bool other_name, comment;
	uint64_t number;
	bool digits, no_number;
};

static void
passwdfile_begin(struct passwdfile_line *line)
{
	*line = (struct passwdfile_line){ .name = line->name,
		.uid = line->uid };
}

static bool
passwdfile_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static void
passwdfile_add_name(struct passwdfile_line *line, char c)
{
	const bool first = line->matched == 0 && !line->other_name;

	/* as the C library reads a line */
	if (first && passwdfile_is_blank(c))
		return;
	line->comment = line->comment || (first && c == '#');
	if (line->other_name || c == '\0' || line->name[line->matched] != c)
		line->other_name = true;
	else
		line->matched++;
}

/* Of a uid the C library takes what strtoul(3) does. */
static void
passwdfile_add_uid(struct passwdfile_line *line, char c)
{
	if (c >= '0' && c <= '9') {
		line->digits = true;
		if (line->number <= UINT32_MAX)
			line->number = line->number * 10 + (uint64_t)(c - '0');
	} else if (line->digits || (!passwdfile_is_blank(c) && c != '+')) {
		line->no_number = true;
	}
}

static void
passwdfile_add(struct passwdfile_line *line, char c)
{
	if (c == ':')
		line->field++;
	else if (line->field == FIELD_NAME)
		passwdfile_add_name(line, c);
	else if (line->field == FIELD_UID)
		passwdfile_add_uid(line, c);
}

/* True if the line, which ends here, is the account that is looked for. */
static bool
passwdfile_is_it(const struct passwdfile_line *line)
{
	const bool named = line->field > FIELD_NAME && !line->other_name &&
	    line->name[line->matched] == '\0';
	const bool has_uid = line->field >= FIELD_UID && line->digits &&
	    !line->no_number && line->number == line->uid;

	return !line->comment && (named || has_uid);
}

/* Look for LINE in the LEN bytes at PIECE; true if it is there. */
static bool
passwdfile_find(struct passwdfile_line *line, const char *piece, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (piece[i] != '\n') {
			passwdfile_add(line, piece[i]);
			continue;
		}
		if (passwdfile_is_it(line))
			return true;
		passwdfile_begin(line);
	}
	return false;
}

/* passwdfile_lacks(), of the file that is open at FD. */
static bool
passwdfile_lacks_open(int fd, const char *name, uid_t uid)
{
	struct passwdfile_line line = { .name = name, .uid = uid };
	char piece[PIECE_BYTES];
	struct stat st;
	size_t read_bytes = 0;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	for (;;) {
		const ssize_t got = read(fd, piece, sizeof(piece));

		if (got < 0 && errno == EINTR)
			continue;
		if (got == 0)
			return !passwdfile_is_it(&line);
		if (got < 0 || passwdfile_find(&line, piece, (size_t)got))
			return false;
		read_bytes += (size_t)got;
		if (read_bytes > PASSWDFILE_MAX_BYTES)
			return false;
	}
}

bool
passwdfile_lacks(const char *path, const char *name, uid_t uid)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	bool lacks;

	if (fd < 0)
		return false;
	lacks = passwdfile_lacks_open(fd, name, uid);
	close(fd);
	return lacks;
}
