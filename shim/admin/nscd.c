#include "nscd.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The first is glibc's; where /var/run is a link, the second is the same. */
static const char *const sockets[] = { "/var/run/nscd/socket",
	"/run/nscd/socket" };

static bool
nscd_answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool connected;

	if (fd < 0)
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* EAGAIN: too many wait for it already */
	connected = connect(fd, (const struct sockaddr *)&address,
			sizeof(address)) == 0 ||
	    errno == EAGAIN;
	close(fd);
	return connected;
}

bool
nscd_runs(void)
{
	return nscd_answers(sockets[0]) || nscd_answers(sockets[1]);
}

/* Store in *WORD the next word between *AT and END.  Returns its length. */
static size_t
nscd_take_word(const char **at, const char *end, const char **word)
{
	static const char blanks[] = " \t\v\f\r";

	while (*at < end && memchr(blanks, **at, strlen(blanks)) != NULL)
		(*at)++;
	*word = *at;
	while (*at < end && memchr(blanks, **at, strlen(blanks)) == NULL)
		(*at)++;
	return (size_t)(*at - *word);
}

static bool
nscd_take_this_word(const char **at, const char *end, const char *wanted)
{
	const char *word;
	const size_t len = nscd_take_word(at, end, &word);

	return len == strlen(wanted) && memcmp(word, wanted, len) == 0;
}

bool
nscd_caches_passwd(const char *text, size_t len)
{
	const char *at = text, *const text_end = text + len;
	bool caches = false;

	while (at < text_end) {
		const char *newline = memchr(at, '\n', (size_t)(text_end - at));
		const char *end = newline != NULL ? newline : text_end, *word;

		/* a comment begins with "#", and so is none of these words */
		if (nscd_take_this_word(&at, end, "enable-cache") &&
		    nscd_take_this_word(&at, end, "passwd") &&
		    nscd_take_word(&at, end, &word) > 0) {
			/* nscd goes by the word, unscd by its first letter */
			if (word[0] == 'y' || word[0] == 'Y')
				caches = true;
			else if (word[0] == 'n' || word[0] == 'N')
				caches = false;
		}
		at = newline != NULL ? newline + 1 : text_end;
	}
	return caches;
}
