#include "keyfiles.h"

#include <stdio.h>
#include <string.h>

#define FILES_MAX 64
#define PATH_CHARS 512
/* A symbolic link leads no further than this. */
#define LINKS_MAX 32
#define BLOCK_BYTES ((size_t)4096)

/* As much of the zone's name is read as POSIX makes use of. */
#define KEYFILES_ZONE_CHARS "80"
#define KEYFILES_LOCALTIME "/etc/localtime"

static const char fault_word[] = "fault=", zone_word[] = "zone=",
		  content_line[] = "content\n";

/*
 * Debian's sshd, and those made from it, take what a group may write, if nobody
 * but the user is in that group (secure_permissions() in the package's
 * user-group-modes.patch).  No other sshd does.  So it counts whether the remote
 * has that package.  If another sshd runs there all the same, more is taken than
 * that would take, but nothing that others than the user and root can change.
 */
#define DEBIAN_SSHD "/var/lib/dpkg/info/openssh-server.list"

/*
 * Since IFS is empty a variable is one word without quotes, and set -f keeps
 * it as it is.  In a subshell, so that the loop it runs in stays as it is.
 *
 *	u	the user's uid
 *	h	the home directory, without links in its path
 *	b	say that $1 is at fault; nothing that its name might hold can end
 *		the line, or look like something else
 *	f	print the path $1 if all may write to it, or it is neither the
 *		user's nor root's.  Other arguments are words for find(1) that
 *		are looked at before
 *	g	succeed if nobody but the group of $1 may write to it, and
 *		Debian's sshd would take that: all whose first group it is (j:
 *		there are any) have the user's uid; and its one member, if it
 *		has any, is the owner of $1.  i is the group's number, m its
 *		members, o the owner
 *	c	check $1, and let k be the path to read, or be empty.  Links are
 *		followed by hand, since the shell follows those of directories
 *		alone.  Where sshd stops, at the home or the root, so does this.
 *	p	print the file at $1, which is bounded by dd
 */
static const char begin[] =
    "(u=$(id -u);h=$(cd -P&&pwd -P)||h=/dev/null;"
    "b(){ printf %%s %s;printf %%s $1|tr -cd A-Za-z0-9/._@%%+=:,~-;echo;k=;};"
    "f(){ find $@ -prune -perm -002 -print -o -prune -user 0 -o "
    "-prune -user $u -o -print;};"
    "g(){ z=$(f $1)&&test -z $z&&test -e " DEBIAN_SSHD "&&"
    "i=$(stat -c %%g $1)&&o=$(stat -c %%U $1)&&m=$(getent group $i)||return;"
    "m=${m##*:};getent passwd|(j=;while IFS=: read -r a l d e y;do "
    "case $e in $i)test $d = $u||exit 1;j=1;;esac;done;"
    "if test -z $m;then test x$j = x1;else test $m = $o;fi);};"
    "c(){ k=$1;n=0;case $k in /*);;*)k=$h/$k;;esac;"
    "while test -h $k;do "
    "t=$(readlink $k);n=$((n+1));test $n -lt %d||{ b $k;return;};"
    "case $t in /*)k=$t;;*)k=${k%%/*}/$t;;esac;done;"
    "test -e $k||{ k=;return;};"
    "x=$(cd -P ${k%%/*}/&&pwd -P)||{ b $k;return;};"
    "k=${x%%/}/${k##*/};x=$k;test -f $k||{ b $k;return;};"
    "while :;do "
    "y=$(f $x -prune -perm -020 -print -o)||y=$x;"
    "test -z $y||g $x||{ b $x;return;};"
    "if test $x = $h||test $x = /;then break;fi;"
    "x=${x%%/*};case $x in /*);;*)x=/;;esac;done;};"
    "p(){ case $1 in /*)dd if=$1 bs=%zu count=%zu;;esac;echo;};";

/*
 * The time zone that sshd has there, from the last line of its description,
 * which is text; a system without one has UTC.  A TZ in sshd's own environment
 * can't be seen.
 */
static const char zone[] = "printf %s zone=;"
			   "if test -e " KEYFILES_LOCALTIME ";then "
			   "tail -n 1 " KEYFILES_LOCALTIME "|tr -d [:cntrl:]|"
			   "dd bs=" KEYFILES_ZONE_CHARS
			   " count=1;else printf UTC0;fi;echo;";

/* Append LEN bytes of TEXT to the USED bytes of COMMAND. */
static bool
keyfiles_append(char *command, size_t *used, const char *text, size_t len)
{
	if (len >= KEYFILES_COMMAND_BYTES - *used)
		return false;
	memcpy(command + *used, text, len);
	*used += len;
	command[*used] = '\0';
	return true;
}

static bool
keyfiles_append_string(char *command, size_t *used, const char *text)
{
	return keyfiles_append(command, used, text, strlen(text));
}

/* Append the path of LEN characters at PATH, with the name of USER in it. */
static bool
keyfiles_append_path(char *command, size_t *used, const char *path, size_t len,
    const char *user)
{
	for (size_t i = 0; i < len; i++) {
		const bool name = i + 1 < len && path[i] == '%' &&
		    path[i + 1] == 'u';

		if (name ? !keyfiles_append_string(command, used, user)
			 : !keyfiles_append(command, used, path + i, 1))
			return false;
		i += name;
	}
	return true;
}

bool
keyfiles_command(const char *paths, const char *user, size_t limit_bytes,
    char command[KEYFILES_COMMAND_BYTES])
{
	size_t used, count = 0;
	char word[32];
	int len;

	len = snprintf(command, KEYFILES_COMMAND_BYTES, begin, fault_word,
	    LINKS_MAX, BLOCK_BYTES, limit_bytes / BLOCK_BYTES + 1);
	if (len < 0 || len >= KEYFILES_COMMAND_BYTES)
		return false;
	used = (size_t)len;
	for (; *(paths += strspn(paths, " ")) != '\0'; count++) {
		const size_t path_len = strcspn(paths, " ");

		snprintf(word, sizeof(word), ";k%zu=$k;", count);
		if (count == FILES_MAX ||
		    !keyfiles_append_string(command, &used, "c ") ||
		    !keyfiles_append_path(command, &used, paths, path_len,
			user) ||
		    !keyfiles_append_string(command, &used, word))
			return false;
		paths += path_len;
	}
	if (!keyfiles_append_string(command, &used, zone) ||
	    !keyfiles_append_string(command, &used, "echo content;"))
		return false;
	for (size_t i = 0; i < count; i++) {
		snprintf(word, sizeof(word), "p $k%zu;", i);
		if (!keyfiles_append_string(command, &used, word))
			return false;
	}
	return keyfiles_append_string(command, &used, ")2>/dev/null");
}

/* Add the path of LEN bytes at PATH to FAULTS, as far as there is room. */
static void
keyfiles_add_fault(char faults[KEYFILES_FAULT_BYTES], const char *path,
    size_t len)
{
	const size_t used = strlen(faults);

	snprintf(faults + used, KEYFILES_FAULT_BYTES - used, "%s%.*s",
	    used > 0 ? ", " : "", (int)(len < PATH_CHARS ? len : PATH_CHARS),
	    path);
}

/* True if the LEN bytes at LINE begin with WORD. */
static bool
keyfiles_begins(const char *line, size_t len, const char *word)
{
	return len >= strlen(word) && memcmp(line, word, strlen(word)) == 0;
}

/* Take what the LINE of LEN bytes says, before the content. */
static bool
keyfiles_take(const char *line, size_t len, struct keyfiles *found)
{
	static const size_t fault = sizeof(fault_word) - 1,
			    zone_len = sizeof(zone_word) - 1;

	if (keyfiles_begins(line, len, fault_word))
		keyfiles_add_fault(found->faults, line + fault, len - fault);
	else if (keyfiles_begins(line, len, zone_word))
		expiry_read_zone(&found->zone, line + zone_len, len - zone_len);
	else
		return false;
	return true;
}

bool
keyfiles_parse(const char *text, size_t len, struct keyfiles *found)
{
	const char *end = text + len;

	*found = (struct keyfiles){ 0 };
	for (const char *next; text < end; text = next) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t line_len;

		if (newline == NULL)
			return false;
		next = newline + 1;
		line_len = (size_t)(newline - text);
		if (line_len + 1 == strlen(content_line) &&
		    memcmp(text, content_line, line_len + 1) == 0) {
			found->content = next;
			found->len = (size_t)(end - next);
			return true;
		}
		if (!keyfiles_take(text, line_len, found))
			return false;
	}
	return false;
}
