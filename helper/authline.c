#include "authline.h"

#include <sodium.h>
#include <string.h>

#include "sshwire.h"

struct authline_run
authline_word(struct authline_run *rest)
{
	struct authline_run word;

	while (rest->len > 0 && (*rest->at == ' ' || *rest->at == '\t')) {
		rest->at++;
		rest->len--;
	}
	word.at = rest->at;
	word.len = 0;
	while (word.len < rest->len && word.at[word.len] != ' ' &&
	    word.at[word.len] != '\t')
		word.len++;
	rest->at += word.len;
	rest->len -= word.len;
	return word;
}

/*
 * Take the options off REST: all up to the first blank outside quotes.  A quote
 * is escaped by a backslash, and nothing else is.
 */
static bool
authline_options(struct authline_run *rest, struct authline_run *options)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < rest->len; i++) {
		if (rest->at[i] == '\\' && i + 1 < rest->len &&
		    rest->at[i + 1] == '"')
			i++;
		else if (rest->at[i] == '"')
			quoted = !quoted;
		else if (!quoted && (rest->at[i] == ' ' || rest->at[i] == '\t'))
			break;
	}
	if (quoted)
		return false;
	*options = (struct authline_run){ .at = rest->at, .len = i };
	rest->at += i;
	rest->len -= i;
	return true;
}

/*
 * The numbers of an RSA key may have zeros in front, and sshd takes it for the
 * same key.  Since keys are told from each other by their bytes, write it to
 * BLOB, of *LEN bytes, as it ought to be.  Returns false if it is no key at all.
 */
static bool
authline_normalize_rsa(unsigned char *blob, size_t *len)
{
	struct sshwire rest = { .at = blob, .left = *len }, number;
	unsigned char *to;

	if (!sshwire_string(&rest, &number))
		return false;
	to = blob + 4 + number.left;
	for (int i = 0; i < 2; i++) {
		size_t pad, size;

		/* sshd takes no negative number */
		if (!sshwire_string(&rest, &number) ||
		    (number.left > 0 && (*number.at & 0x80) != 0))
			return false;
		while (number.left > 0 && *number.at == 0)
			sshwire_skip(&number, 1);
		pad = number.left > 0 && (*number.at & 0x80) != 0;
		size = number.left + pad;
		/* to the left, or where it is: a sign was there if it is here */
		if (to + 4 + pad > number.at)
			return false;
		memmove(to + 4 + pad, number.at, number.left);
		sshwire_put_u32(to, (uint32_t)size);
		to += 4;
		if (pad > 0)
			*to = 0;
		to += size;
	}
	*len = (size_t)(to - blob);
	return rest.left == 0;
}

bool
authline_decode(struct authline_run word, struct authline_key *key)
{
	const char *end;

	if (sodium_base642bin(key->blob, sizeof(key->blob), word.at, word.len,
		"\v\f\r", &key->len, &end,
		sodium_base64_VARIANT_ORIGINAL) != 0 ||
	    end != word.at + word.len)
		return false;
	key->type = sshkey_type_of(key->blob, key->len);
	return key->type != NULL && key->type->authorized &&
	    key->len > 4 + strlen(key->type->name) &&
	    (strcmp(key->type->kind, "rsa") != 0 ||
		authline_normalize_rsa(key->blob, &key->len));
}

/* Take a type and a key of it off REST. */
static bool
authline_typed_key(struct authline_run *rest, struct authline_key *key)
{
	const struct authline_run name = authline_word(rest);

	return sshkey_type_named(name.at, name.len) != NULL &&
	    authline_decode(authline_word(rest), key) &&
	    sshkey_type_named(name.at, name.len) == key->type;
}

bool
authline_read(struct authline_run text, struct authline_run *options,
    struct authline_key *key)
{
	struct authline_run rest = text, word = authline_word(&rest);
	const struct sshkey_type *type = sshkey_type_named(word.at, word.len);

	*options = (struct authline_run){ .at = text.at, .len = 0 };
	rest = text;
	if (type != NULL && type->authorized)
		return authline_typed_key(&rest, key);
	return authline_options(&rest, options) &&
	    authline_typed_key(&rest, key);
}
