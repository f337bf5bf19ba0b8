#include "der.h"

#include <string.h>

bool
der_take(struct der *in, enum der_tag tag, struct der *element)
{
	size_t len, header = 2;

	if (in->left < 2 || in->at[0] != tag)
		return false;
	len = in->at[1];
	if (len == 0x81) {
		header = 3;
		if (in->left < header || in->at[2] < 0x80)
			return false;
		len = in->at[2];
	} else if (len == 0x82) {
		header = 4;
		if (in->left < header || in->at[2] == 0)
			return false;
		len = (size_t)in->at[2] << 8 | in->at[3];
	} else if (len > 0x7f) {
		return false;
	}
	if (len > in->left - header)
		return false;
	element->at = in->at + header;
	element->left = len;
	in->at += header + len;
	in->left -= header + len;
	return true;
}

bool
der_is(const struct der *in, const char *text)
{
	return in->left == strlen(text) && memcmp(in->at, text, in->left) == 0;
}
