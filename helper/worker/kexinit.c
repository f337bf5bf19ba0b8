#include "kexinit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define VERSION_PREFIX "SSH-"
#define SSH_MSG_IGNORE 2
#define SSH_MSG_UNIMPLEMENTED 3
#define SSH_MSG_DEBUG 4
#define SSH_MSG_KEXINIT 20
#define COOKIE_BYTES 16
/* RFC 4253, section 6.1: "total packet size of 35000 bytes" */
#define PACKET_MAX_BYTES 35000U

static const char cut[] = "...";

/* What is left to be read. */
struct input {
	const unsigned char *at;
	size_t len;
};

static bool
skip(struct input *in, size_t len)
{
	if (in->len < len)
		return false;
	in->at += len;
	in->len -= len;
	return true;
}

static bool
get_u32(struct input *in, uint32_t *n)
{
	const unsigned char *at = in->at;

	if (!skip(in, 4))
		return false;
	*n = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
	return true;
}

/* Pass over the lines before the one with the version, and over that. */
static bool
skip_version(struct input *in)
{
	static const size_t prefix_len = sizeof(VERSION_PREFIX) - 1;

	for (;;) {
		const unsigned char *line = in->at;
		const unsigned char *end = memchr(line, '\n', in->len);
		bool version;

		if (end == NULL)
			return false;
		version = (size_t)(end - line) >= prefix_len &&
		    memcmp(line, VERSION_PREFIX, prefix_len) == 0;
		skip(in, (size_t)(end - line) + 1);
		if (version)
			return true;
	}
}

/* Get the payload of the next packet: RFC 4253, section 6, without a MAC. */
static bool
get_payload(struct input *in, struct input *payload)
{
	uint32_t packet_len;
	unsigned padding_len;

	if (!get_u32(in, &packet_len) || packet_len > PACKET_MAX_BYTES ||
	    packet_len > in->len || packet_len < 2)
		return false;
	padding_len = in->at[0];
	if (padding_len > packet_len - 2)
		return false;
	payload->at = in->at + 1;
	payload->len = packet_len - 1 - padding_len;
	return skip(in, packet_len);
}

/* Names are of printable US-ASCII: RFC 4251, section 6. */
static bool
get_list(struct input *in, struct kexinit_list *list)
{
	uint32_t len;

	if (!get_u32(in, &len))
		return false;
	list->names = (const char *)in->at;
	list->len = len;
	if (!skip(in, len))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (list->names[i] <= ' ' || list->names[i] > '~')
			return false;
	}
	return true;
}

bool
kexinit_find(const unsigned char *bytes, size_t len, struct kexinit *offer)
{
	struct input in = { bytes, len }, payload;
	unsigned char type;

	if (!skip_version(&in))
		return false;
	do {
		if (!get_payload(&in, &payload))
			return false;
		type = payload.at[0];
	} while (type == SSH_MSG_IGNORE || type == SSH_MSG_UNIMPLEMENTED ||
	    type == SSH_MSG_DEBUG);
	if (type != SSH_MSG_KEXINIT || !skip(&payload, 1 + COOKIE_BYTES))
		return false;
	for (size_t i = 0; i < KEXINIT_KINDS; i++) {
		if (!get_list(&payload, &offer->lists[i]))
			return false;
	}
	return true;
}

/* Take the next name off LIST, which may be a copy.  False at its end. */
static bool
next_name(struct kexinit_list *list, struct kexinit_list *name)
{
	const char *comma;

	while (list->len > 0 && list->names[0] == ',') {
		list->names++;
		list->len--;
	}
	if (list->len == 0)
		return false;
	comma = memchr(list->names, ',', list->len);
	name->names = list->names;
	name->len = comma != NULL ? (size_t)(comma - list->names) : list->len;
	list->names += name->len;
	list->len -= name->len;
	return true;
}

static struct kexinit_list
list_of(const char *names)
{
	return (struct kexinit_list){ names, strlen(names) };
}

static bool
same(const struct kexinit_list *name, const char *other)
{
	return name->len == strlen(other) &&
	    memcmp(name->names, other, name->len) == 0;
}

static bool
has(struct kexinit_list list, const struct kexinit_list *wanted)
{
	struct kexinit_list name;

	while (next_name(&list, &name)) {
		if (name.len == wanted->len &&
		    memcmp(name.names, wanted->names, name.len) == 0)
			return true;
	}
	return false;
}

/* What stands among the algorithms, and is a flag: RFC 8308, section 2.1. */
static bool
is_flag(const struct kexinit_list *name)
{
	static const char strict[] = "kex-strict-";

	return same(name, "ext-info-s") || same(name, "ext-info-c") ||
	    (name->len >= sizeof(strict) - 1 &&
		memcmp(name->names, strict, sizeof(strict) - 1) == 0);
}

/* Ciphers that come with a MAC of their own. */
static bool
needs_no_mac(const struct kexinit_list *cipher)
{
	return same(cipher, "chacha20-poly1305@openssh.com") ||
	    same(cipher, "aes256-gcm@openssh.com") ||
	    same(cipher, "aes128-gcm@openssh.com");
}

/* The first of OURS that is in THEIRS is chosen: RFC 4253, section 7.1. */
static bool
choose(const char *ours, struct kexinit_list theirs,
    struct kexinit_list *chosen)
{
	struct kexinit_list list = list_of(ours);

	while (next_name(&list, chosen)) {
		if (!is_flag(chosen) && has(theirs, chosen))
			return true;
	}
	return false;
}

enum kexinit_kind
kexinit_missing(const struct kexinit *offer,
    const char *const ours[KEXINIT_KINDS])
{
	bool no_mac[KEXINIT_KINDS] = { false };

	for (unsigned kind = 0; kind < KEXINIT_KINDS; kind++) {
		struct kexinit_list chosen;

		if (ours[kind] == NULL || no_mac[kind])
			continue;
		if (!choose(ours[kind], offer->lists[kind], &chosen))
			return kind;
		if (kind == KEXINIT_CIPHER_OUT)
			no_mac[KEXINIT_MAC_OUT] = needs_no_mac(&chosen);
		if (kind == KEXINIT_CIPHER_IN)
			no_mac[KEXINIT_MAC_IN] = needs_no_mac(&chosen);
	}
	return KEXINIT_KINDS;
}

/*
 * Write the names in LIST to OUT, as many as SIZE bytes have room for besides
 * the mark of the cut.
 */
static void
write_names(struct kexinit_list list, char *out, size_t size)
{
	struct kexinit_list name;
	size_t used = 0;

	out[0] = '\0';
	while (next_name(&list, &name)) {
		const char *comma = used > 0 ? "," : "";

		if (is_flag(&name))
			continue;
		if (name.len + 1 + sizeof(cut) + 1 > size - used) {
			snprintf(out + used, size - used, "%s%s", comma, cut);
			return;
		}
		used += (size_t)snprintf(out + used, size - used, "%s%.*s",
		    comma, (int)name.len, name.names);
	}
	if (used == 0)
		snprintf(out, size, "none");
}

void
kexinit_explain(const struct kexinit *offer, enum kexinit_kind kind,
    const char *ours, char *out, size_t size)
{
	static const struct {
		const char *what, *where;
		enum kexinit_kind other; /* the other direction, or itself */
	} words[KEXINIT_KINDS] = {
		[KEXINIT_KEX] = { "key exchange", "", KEXINIT_KEX },
		[KEXINIT_HOST_KEY] = { "host key algorithm", "",
		    KEXINIT_HOST_KEY },
		[KEXINIT_CIPHER_OUT] = { "cipher", " to the remote",
		    KEXINIT_CIPHER_IN },
		[KEXINIT_CIPHER_IN] = { "cipher", " from the remote",
		    KEXINIT_CIPHER_OUT },
		[KEXINIT_MAC_OUT] = { "MAC", " to the remote", KEXINIT_MAC_IN },
		[KEXINIT_MAC_IN] = { "MAC", " from the remote",
		    KEXINIT_MAC_OUT },
		[KEXINIT_COMPRESSION_OUT] = { "compression", " to the remote",
		    KEXINIT_COMPRESSION_IN },
		[KEXINIT_COMPRESSION_IN] = { "compression", " from the remote",
		    KEXINIT_COMPRESSION_OUT },
	};
	const struct kexinit_list *theirs = &offer->lists[kind];
	const struct kexinit_list *other = &offer->lists[words[kind].other];
	/* it nearly always offers the same in both directions */
	const bool alike = theirs->len == other->len &&
	    memcmp(theirs->names, other->names, theirs->len) == 0;
	char here[1024], there[1024];
	size_t room = size > 128 ? (size - 128) / 2 : 1;

	if (room > sizeof(here))
		room = sizeof(here);
	out[0] = '\0';
	if (room < sizeof(cut) + 2)
		return;
	write_names(list_of(ours), here, room);
	write_names(*theirs, there, room);
	snprintf(out, size,
	    "no %s%s in common: the gateway has %s; the remote has %s",
	    words[kind].what, alike ? "" : words[kind].where, here, there);
}

void
kexinit_select(const char *wanted, const char *const *known, size_t count,
    char *out, size_t size)
{
	struct kexinit_list list = list_of(wanted), name;
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0;; i++) {
		size_t at = 0;
		int len;

		if (wanted[0] == '\0') {
			if (i == count)
				return;
			name = list_of(known[i]);
		} else {
			if (!next_name(&list, &name))
				return;
			while (at < count && !same(&name, known[at]))
				at++;
		}
		if (at == count || is_flag(&name))
			continue;
		len = snprintf(out + used, size - used, "%s%.*s",
		    used > 0 ? "," : "", (int)name.len, name.names);
		if (len < 0 || (size_t)len >= size - used) {
			out[used] = '\0';
			return;
		}
		used += (size_t)len;
	}
}
