#include "nscd.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* As glibc has it; where /var/run is a link it is the other one, too. */
static const char *const sockets[] = { "/var/run/nscd/socket",
	"/run/nscd/socket" };

static bool
answers(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int fd = socket(AF_UNIX,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool connected;

	if (fd < 0)
		return false;
	memcpy(address.sun_path, path, strlen(path) + 1);
	/* EAGAIN: it has more to do than it takes on */
	connected = connect(fd, (const struct sockaddr *)&address,
			sizeof(address)) == 0 ||
	    errno == EAGAIN;
	close(fd);
	return connected;
}

bool
nscd_runs(void)
{
	return answers(sockets[0]) || answers(sockets[1]);
}

/* Take the next word of the line from *AT to END; its length is returned. */
static size_t
take_word(const char **at, const char *end, const char **word)
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
take_this_word(const char **at, const char *end, const char *wanted)
{
	const char *word;
	const size_t len = take_word(at, end, &word);

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

		/* a comment begins with "#", as none of these words does */
		if (take_this_word(&at, end, "enable-cache") &&
		    take_this_word(&at, end, "passwd") &&
		    take_word(&at, end, &word) > 0) {
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
