#include "usermap.h"

#include <string.h>

bool
username_valid(const char *name)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "abcdefghijklmnopqrstuvwxyz0123456789._-";
	const size_t len = strlen(name);

	return len >= 1 && len <= USERNAME_MAX_CHARS &&
	    strspn(name, allowed) == len && name[0] != '-' &&
	    strcmp(name, ".") != 0 && strcmp(name, "..") != 0 &&
	    strspn(name, "0123456789") != len;
}

bool
usermap_uid_valid(unsigned long uid)
{
	return uid >= USERMAP_UID_MIN && uid <= USERMAP_UID_MAX &&
	    uid != 65534 && uid != USERMAP_UID_DEAD_END;
}

bool
usermap_line(const char *line, size_t len, struct usermap_entry *entry)
{
	const char *colon = memchr(line, ':', len);
	size_t name_len, digits;
	unsigned long uid = 0;

	if (colon == NULL)
		return false;
	name_len = (size_t)(colon - line);
	digits = len - name_len - 1;
	if (name_len > USERNAME_MAX_CHARS || digits < 1 || digits > 10 ||
	    colon[1] == '0')
		return false;
	memcpy(entry->name, line, name_len);
	entry->name[name_len] = '\0';
	/* a NUL in the line would end the name early */
	if (strlen(entry->name) != name_len || !username_valid(entry->name))
		return false;
	for (size_t i = 0; i < digits; i++) {
		const char c = colon[1 + i];

		if (c < '0' || c > '9')
			return false;
		uid = uid * 10 + (unsigned long)(c - '0');
	}
	if (!usermap_uid_valid(uid))
		return false;
	entry->uid = (uid_t)uid;
	return true;
}

enum usermap_kind
usermap_next(struct usermap_rest *rest, struct usermap_next *next)
{
	const char *newline;

	next->line = rest->at;
	next->len = rest->left;
	if (rest->left == 0)
		return USERMAP_END;
	newline = memchr(rest->at, '\n', rest->left);
	if (newline == NULL)
		return USERMAP_CUT;
	next->len = (size_t)(newline - rest->at);
	rest->at += next->len + 1;
	rest->left -= next->len + 1;
	if (*next->line == '#')
		return USERMAP_COMMENT;
	return usermap_line(next->line, next->len, &next->entry)
	    ? USERMAP_ENTRY
	    : USERMAP_GARBLED;
}
