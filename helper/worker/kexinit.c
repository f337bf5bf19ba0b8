#include "kexinit.h"

#include <stdio.h>
#include <string.h>

#include "../sshwire.h"

#define VERSION_PREFIX "SSH-"
#define SSH_MSG_IGNORE 2
#define SSH_MSG_UNIMPLEMENTED 3
#define SSH_MSG_DEBUG 4
#define SSH_MSG_KEXINIT 20
#define SSH_MSG_KEX_DH_GEX_GROUP 31
#define COOKIE_BYTES 16
/* RFC 4253, section 6.1: "total packet size of 35000 bytes" */
#define PACKET_MAX_BYTES 35000U

static const char cut[] = "...";

/* Pass over the lines before the one with the version, and over that. */
static bool
kexinit_skip_version(struct sshwire *in)
{
	static const size_t prefix_len = sizeof(VERSION_PREFIX) - 1;

	for (;;) {
		const unsigned char *line = in->at;
		const unsigned char *end = memchr(line, '\n', in->left);
		bool version;

		if (end == NULL)
			return false;
		version = (size_t)(end - line) >= prefix_len &&
		    memcmp(line, VERSION_PREFIX, prefix_len) == 0;
		sshwire_skip(in, (size_t)(end - line) + 1);
		if (version)
			return true;
	}
}

/*
 * Take the next packet; *PAYLOAD is what it holds, one byte at least: RFC 4253,
 * section 6, without a MAC.
 */
static bool
kexinit_payload(struct sshwire *in, struct sshwire *payload)
{
	unsigned char padding_len;
	uint32_t packet_len;

	if (!sshwire_u32(in, &packet_len) || packet_len > PACKET_MAX_BYTES)
		return false;
	*payload = (struct sshwire){ .at = in->at, .left = packet_len };
	if (!sshwire_skip(in, packet_len) ||
	    !sshwire_byte(payload, &padding_len) ||
	    payload->left <= padding_len)
		return false;
	payload->left -= padding_len;
	return true;
}

/* Take a list of names, of printable US-ASCII: RFC 4251, section 6. */
static bool
kexinit_list(struct sshwire *in, struct kexinit_list *list)
{
	struct sshwire names;

	if (!sshwire_string(in, &names))
		return false;
	list->names = (const char *)names.at;
	list->len = names.left;
	for (size_t i = 0; i < list->len; i++) {
		if (list->names[i] <= ' ' || list->names[i] > '~')
			return false;
	}
	return true;
}

/*
 * Take the next packet, but for those that say nothing; *PAYLOAD is what it
 * holds behind its TYPE.
 */
static bool
kexinit_packet(struct sshwire *in, struct sshwire *payload, unsigned char *type)
{
	do {
		if (!kexinit_payload(in, payload) ||
		    !sshwire_byte(payload, type))
			return false;
	} while (*type == SSH_MSG_IGNORE || *type == SSH_MSG_UNIMPLEMENTED ||
	    *type == SSH_MSG_DEBUG);
	return true;
}

bool
kexinit_find(const unsigned char *bytes, size_t len, struct kexinit *offer)
{
	struct sshwire in = { .at = bytes, .left = len }, payload;
	unsigned char type;

	if (!kexinit_skip_version(&in) ||
	    !kexinit_packet(&in, &payload, &type) || type != SSH_MSG_KEXINIT ||
	    !sshwire_skip(&payload, COOKIE_BYTES))
		return false;
	for (size_t i = 0; i < KEXINIT_KINDS; i++) {
		if (!kexinit_list(&payload, &offer->lists[i]))
			return false;
	}
	return true;
}

size_t
kexinit_group_bits(const unsigned char *bytes, size_t len)
{
	struct sshwire in = { .at = bytes, .left = len }, payload;
	unsigned char type;
	size_t bits;

	if (!kexinit_skip_version(&in))
		return 0;
	/* libssh2 takes the first one, too, wherever it is */
	do {
		if (!kexinit_packet(&in, &payload, &type))
			return 0;
	} while (type != SSH_MSG_KEX_DH_GEX_GROUP);
	return sshwire_bits(&payload, &bits) ? bits : 0;
}

/* Take the next name off LIST, which may be a copy.  False at its end. */
static bool
kexinit_next_name(struct kexinit_list *list, struct kexinit_list *name)
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
kexinit_list_of(const char *names)
{
	return (struct kexinit_list){ names, strlen(names) };
}

static bool
kexinit_same(const struct kexinit_list *name, const char *other)
{
	return name->len == strlen(other) &&
	    memcmp(name->names, other, name->len) == 0;
}

static bool
kexinit_has(struct kexinit_list list, const struct kexinit_list *wanted)
{
	struct kexinit_list name;

	while (kexinit_next_name(&list, &name)) {
		if (name.len == wanted->len &&
		    memcmp(name.names, wanted->names, name.len) == 0)
			return true;
	}
	return false;
}

/* True if NAME, among the algorithms, is a flag: RFC 8308, section 2.1. */
static bool
kexinit_is_flag(const struct kexinit_list *name)
{
	static const char strict[] = "kex-strict-";

	return kexinit_same(name, "ext-info-s") ||
	    kexinit_same(name, "ext-info-c") ||
	    (name->len >= sizeof(strict) - 1 &&
		memcmp(name->names, strict, sizeof(strict) - 1) == 0);
}

/*
 * True if CIPHER comes with a MAC of its own, and libssh2 asks for no other.
 * With chacha20-poly1305 libssh2 1.11 does, although it makes no use of it.
 */
static bool
kexinit_needs_no_mac(const struct kexinit_list *cipher)
{
	return kexinit_same(cipher, "aes256-gcm@openssh.com") ||
	    kexinit_same(cipher, "aes128-gcm@openssh.com");
}

/* Choose the first of OURS that is in THEIRS: RFC 4253, section 7.1. */
static bool
kexinit_choose(const char *ours, struct kexinit_list theirs,
    struct kexinit_list *chosen)
{
	struct kexinit_list list = kexinit_list_of(ours);

	while (kexinit_next_name(&list, chosen)) {
		if (!kexinit_is_flag(chosen) && kexinit_has(theirs, chosen))
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
		if (!kexinit_choose(ours[kind], offer->lists[kind], &chosen))
			return kind;
		if (kind == KEXINIT_CIPHER_OUT)
			no_mac[KEXINIT_MAC_OUT] = kexinit_needs_no_mac(&chosen);
		if (kind == KEXINIT_CIPHER_IN)
			no_mac[KEXINIT_MAC_IN] = kexinit_needs_no_mac(&chosen);
	}
	return KEXINIT_KINDS;
}

/*
 * Write the names in LIST to OUT, as many as SIZE bytes have room for besides
 * the mark of the cut.
 */
static void
kexinit_write_names(struct kexinit_list list, char *out, size_t size)
{
	struct kexinit_list name;
	size_t used = 0;

	out[0] = '\0';
	while (kexinit_next_name(&list, &name)) {
		const char *comma = used > 0 ? "," : "";

		if (kexinit_is_flag(&name))
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
	kexinit_write_names(kexinit_list_of(ours), here, room);
	kexinit_write_names(*theirs, there, room);
	snprintf(out, size,
	    "no %s%s in common: the gateway has %s; the remote has %s",
	    words[kind].what, alike ? "" : words[kind].where, here, there);
}

void
kexinit_select(const char *wanted, const char *const *known, size_t count,
    char *out, size_t size)
{
	struct kexinit_list list = kexinit_list_of(wanted), name;
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0;; i++) {
		size_t at = 0;
		int len;

		if (wanted[0] == '\0') {
			if (i == count)
				return;
			name = kexinit_list_of(known[i]);
		} else {
			if (!kexinit_next_name(&list, &name))
				return;
			while (at < count && !kexinit_same(&name, known[at]))
				at++;
		}
		if (at == count || kexinit_is_flag(&name))
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
