#ifndef MOSHGATE_VALUE_H
#define MOSHGATE_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "proposal.h"

/* The longest text of a VALUE_SECRET or VALUE_CONTENT, in base64. */
#define VALUE_CONTENT_MAX_BYTES ((size_t)64 * 1024)
#define VALUE_EXPECTED_BYTES ((size_t)640)
#define VALUE_TEXT_BYTES ((size_t)32)

/* What a setting can be; each is spelled as moshgate.ini(5) says. */
enum value_type {
	VALUE_NUMBER,     /* from min to max */
	VALUE_SECONDS,    /* the same; it is a time */
	VALUE_SWITCH,     /* the first of two words is "on" */
	VALUE_ENUM,       /* one of words, with blanks behind a comma or
			     without; it is its place among them */
	VALUE_WORD,       /* one of words; it is the word */
	VALUE_ONLY,       /* this one word; nothing is kept of it */
	VALUE_HOST,       /* a name or an address, or nothing */
	VALUE_PATH,       /* an absolute one */
	VALUE_PATH_MAYBE, /* the same, or nothing */
	VALUE_PASSWORDS,  /* the same, or no, or remote */
	/* lists; blanks and commas separate, only blanks are kept */
	VALUE_PATHS,      /* absolute ones */
	VALUE_KEYFILES,   /* on the remote; words of a shell command */
	VALUE_PATTERNS,   /* of names of users, for pattern_list_takes() */
	VALUE_NAMES,      /* of users */
	VALUE_ALGORITHMS, /* of a kind, for proposal_make(), or nothing */
	VALUE_PROGRAM,    /* words of a shell command: a program, arguments */
	VALUE_PORTS,      /* PORT or PORT:PORT, as mosh-server(1) takes it */
	VALUE_ESCAPE_KEY, /* MOSH_ESCAPE_KEY of mosh(1), or none */
	VALUE_COMMAND,    /* any text, for the login shell, or nothing */
	/* what a file has, in base64, or nothing */
	VALUE_SECRET,  /* in memory of sodium_malloc(3), or NULL */
	VALUE_CONTENT, /* of a file that is not secret */
};

/* How a value is kept: the C type of the member it goes to. */
enum value_form {
	VALUE_AS_NOTHING, /* there is no member */
	VALUE_AS_BOOL,
	VALUE_AS_INT,
	VALUE_AS_TEXT, /* char *, malloc'ed but for VALUE_SECRET */
};

/* Which values a setting takes. */
struct value_rule {
	enum value_type type;
	int min, max;      /* of numbers */
	const char *words; /* with a blank between two */
	enum proposal_kind kind;
};

enum value_form value_form(enum value_type type);

/* True if it is base64, which may be longer than other values. */
bool value_is_content(enum value_type type);

/*
 * Read TEXT, a value that RULE is for, and store it at TO, which has the form
 * that value_form() says; a text that was there before is freed.
 * Returns false if RULE doesn't take it, or for want of memory.
 */
bool value_parse(const struct value_rule *rule, const char *text, void *to);

/*
 * The other way round: the text of the value at FROM, which value_parse() takes
 * for the same.  It is that value's own, or written into BUFFER.  Not for what
 * value_is_content(), or has no form.
 */
const char *value_text(const struct value_rule *rule, const void *from,
    char buffer[VALUE_TEXT_BYTES]);

/* Write to EXPECTED which values RULE takes, as in "expected ...". */
void value_expected(const struct value_rule *rule,
    char expected[VALUE_EXPECTED_BYTES]);

/* Free what value_parse() keeps for the value at AT. */
void value_free(const struct value_rule *rule, void *at);

#endif
