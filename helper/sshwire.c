#include "sshwire.h"

#include <string.h>

bool
sshwire_skip(struct sshwire *in, size_t len)
{
	if (in->left < len)
		return false;
	in->at += len;
	in->left -= len;
	return true;
}

bool
sshwire_byte(struct sshwire *in, unsigned char *value)
{
	const unsigned char *at = in->at;

	if (!sshwire_skip(in, 1))
		return false;
	*value = *at;
	return true;
}

bool
sshwire_u32(struct sshwire *in, uint32_t *value)
{
	const unsigned char *at = in->at;

	if (!sshwire_skip(in, 4))
		return false;
	*value = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
	    (uint32_t)at[2] << 8 | at[3];
	return true;
}

bool
sshwire_string(struct sshwire *in, struct sshwire *string)
{
	uint32_t len;

	if (!sshwire_u32(in, &len))
		return false;
	*string = (struct sshwire){ .at = in->at, .left = len };
	return sshwire_skip(in, len);
}

bool
sshwire_expected(struct sshwire *in, const void *expected, size_t len)
{
	struct sshwire string;

	return sshwire_string(in, &string) && string.left == len &&
	    memcmp(string.at, expected, len) == 0;
}

bool
sshwire_bits(struct sshwire *in, size_t *bits)
{
	struct sshwire number;

	if (!sshwire_string(in, &number) ||
	    (number.left > 0 && (*number.at & 0x80) != 0))
		return false;
	while (number.left > 0 && *number.at == 0)
		sshwire_skip(&number, 1);
	*bits = number.left * 8;
	for (unsigned mask = 0x80; *bits > 0 && (*number.at & mask) == 0;
	     mask >>= 1)
		--*bits;
	return true;
}

void
sshwire_put_u32(unsigned char to[4], uint32_t number)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*to++ = (unsigned char)(number >> shift);
}

bool
sshwire_is(const struct sshwire *in, const char *text)
{
	return in->left == strlen(text) && memcmp(in->at, text, in->left) == 0;
}
