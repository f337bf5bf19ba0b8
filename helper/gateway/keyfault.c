#include "keyfault.h"

#include <stdio.h>

#define DEFAULT_KEY SYSCONFDIR "/moshgate/id_ed25519"
#define FIRST_BYTES 1024

/* Write what to do about the file at PATH rather than to make another key. */
static void
keyfault_first(enum keyfault_remedy remedy, const char *path,
    char first[FIRST_BYTES])
{
	switch (remedy) {
	case KEYFAULT_TAKE_PASSPHRASE:
		snprintf(first, FIRST_BYTES,
		    "take it away with \"ssh-keygen -p -N '' -f %s\" (chmod "
		    "0600 before, 0640 after), or ",
		    path);
		break;
	case KEYFAULT_DECRYPT:
		snprintf(first, FIRST_BYTES,
		    "write one that has none with \"openssl pkey -in %s -out "
		    "%s.new\", or ",
		    path, path);
		break;
	case KEYFAULT_NAME_PRIVATE:
		snprintf(first, FIRST_BYTES,
		    "name the file without .pub in its place, or ");
		break;
	case KEYFAULT_CONVERT:
		snprintf(first, FIRST_BYTES,
		    "convert it with \"puttygen %s -O private-openssh -o "
		    "%s.new\", or ",
		    path, path);
		break;
	default:
		first[0] = '\0';
		break;
	}
}

void
keyfault_explain(const struct keyfault *fault, const char *name,
    const char *joint, char *error, size_t size)
{
	const char *path = name[0] == '/' ? name : DEFAULT_KEY;
	char first[FIRST_BYTES], what[FIRST_BYTES];

	snprintf(what, sizeof(what), "%s: the gateway's key%s%s%s%s", name,
	    joint, fault->words, fault->title != NULL ? fault->title : "",
	    fault->title != NULL ? ", not ed25519" : "");
	if (fault->remedy == KEYFAULT_LET_READ) {
		snprintf(error, size,
		    "%s: \"chown root:_moshgate %s && chmod 0640 %s\"", what,
		    path, path);
	} else if (fault->remedy == KEYFAULT_FREE_MEMORY) {
		snprintf(error, size, "%s: give the gateway more", what);
	} else {
		keyfault_first(fault->remedy, path, first);
		snprintf(error, size,
		    "%s: %smake one with \"ssh-keygen -t ed25519 -N '' -f %s\" "
		    "(then chown root:_moshgate, chmod 0640)",
		    what, first, path);
	}
}
