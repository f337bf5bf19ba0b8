#include "terminal.h"

#include <sys/ioctl.h>

#include <stdio.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#define TERM_MAX_CHARS 64

static const char progress[] = "moshgate: connecting to the remote server";

bool
terminal_name_valid(const char *term)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789._+-";
	const size_t len = strspn(term, allowed);

	return len > 0 && len <= TERM_MAX_CHARS && term[len] == '\0' &&
	    term[0] != '.' && term[0] != '-';
}

/* True if terminfo has TERM; stores in *COLORS how many colours it has. */
static bool
terminal_known(const char *term, int *colors)
{
	/* term.h wants names that are not const, and changes none of them */
	char name[TERM_MAX_CHARS + 1], capability[] = "colors";
	int error;

	snprintf(name, sizeof(name), "%s", term);
	if (setupterm(name, STDOUT_FILENO, &error) != 0)
		return false;
	*colors = tigetnum(capability);
	if (*colors < 0)
		*colors = 0;
	/* mosh-server knows no more; xterm-direct has more */
	if (*colors > 256)
		*colors = 256;
	del_curterm(cur_term);
	return true;
}

const char *
terminal_type(const char *term, int *colors)
{
	*colors = 256;
	if (term != NULL && terminal_name_valid(term) &&
	    terminal_known(term, colors))
		return term;
	return TERMINAL_FALLBACK;
}

void
terminal_make_size(int fd)
{
	struct winsize size;

	if (ioctl(fd, TIOCGWINSZ, &size) < 0)
		return;
	if (size.ws_row > 0 && size.ws_col > 0)
		return;
	if (size.ws_row == 0)
		size.ws_row = 24;
	if (size.ws_col == 0)
		size.ws_col = 80;
	ioctl(fd, TIOCSWINSZ, &size);
}

void
terminal_add_size(struct fields *fields, int fd)
{
	struct winsize size = { 0 };

	ioctl(fd, TIOCGWINSZ, &size);
	fields_add_number(fields, "columns", size.ws_col);
	fields_add_number(fields, "rows", size.ws_row);
	fields_add_number(fields, "xpixels", size.ws_xpixel);
	fields_add_number(fields, "ypixels", size.ws_ypixel);
}

void
terminal_show_progress(int fd, int64_t elapsed_ms)
{
	if (elapsed_ms < 1000)
		dprintf(fd, "\r%s ...", progress);
	else
		dprintf(fd, "\r%s ... %lld s", progress,
		    (long long)(elapsed_ms / 1000));
}

void
terminal_hide_progress(int fd)
{
	dprintf(fd, "\r%*s\r", (int)sizeof(progress) + 16, "");
}
