#include "visible.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char more[] = "...";

/*
 * Returns the length in bytes of the UTF-8 sequence at TEXT (RFC 3629, section
 * 4), or 0 if there is none or it stands for a character that is not to be
 * shown.
 */
static size_t
visible_sequence_length(const unsigned char *text, size_t len)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t point;
	size_t need;

	if (text[0] >= 0xc2 && text[0] <= 0xdf) {
		need = 2;
		point = text[0] & 0x1fU;
	} else if (text[0] >= 0xe0 && text[0] <= 0xef) {
		need = 3;
		point = text[0] & 0x0fU;
	} else if (text[0] >= 0xf0 && text[0] <= 0xf4) {
		need = 4;
		point = text[0] & 0x07U;
	} else {
		return 0;
	}
	if (len < need)
		return 0;
	for (size_t i = 1; i < need; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (text[i] & 0x3fU);
	}
	if (point < least[need] || point > 0x10ffff ||
	    (point >= 0xd800 && point <= 0xdfff))
		return 0;
	/* C1 controls, and the marks that reorder or hide text */
	if (point < 0xa0 || point == 0x061c ||
	    (point >= 0x200b && point <= 0x200f) ||
	    (point >= 0x2028 && point <= 0x202e) ||
	    (point >= 0x2060 && point <= 0x206f) || point == 0xfeff ||
	    (point >= 0xe0000 && point <= 0xe007f))
		return 0;
	return need;
}

char *
visible_copy(char *out, size_t size, const char *text, size_t len)
{
	const unsigned char *in = (const unsigned char *)text;
	size_t used = 0;

	for (size_t i = 0; i < len;) {
		char escaped[8];
		size_t take = 1, put;

		if (in[i] >= 0x20 && in[i] < 0x7f && in[i] != '\\') {
			escaped[0] = (char)in[i];
			put = 1;
		} else if ((take = visible_sequence_length(in + i, len - i)) >
		    0) {
			memcpy(escaped, in + i, take);
			put = take;
		} else {
			take = 1;
			put = (size_t)snprintf(escaped, sizeof(escaped),
			    "\\x%02x", in[i]);
		}
		if (used + put + sizeof(more) > size) {
			memcpy(out + used, more, sizeof(more));
			return out;
		}
		memcpy(out + used, escaped, put);
		used += put;
		i += take;
	}
	out[used] = '\0';
	return out;
}
