/* Whatever a remote sends first, in place of what it offers. */
#include "fuzz.h"

#include "../../helper/worker/kexinit.h"

#define TEXT_BYTES 512

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ours[KEXINIT_KINDS] = {
		"curve25519-sha256,ext-info-c", "ssh-ed25519,rsa-sha2-256",
		"chacha20-poly1305@openssh.com,aes256-ctr", "aes128-ctr",
		"hmac-sha2-256", "hmac-sha2-256", "none", NULL
	};
	char *bytes = copy_of(data, size, 0), text[TEXT_BYTES];
	struct kexinit offer;
	enum kexinit_kind kind;

	must(
	    kexinit_group_bits((const unsigned char *)bytes, size) <= size * 8);
	if (kexinit_find((const unsigned char *)bytes, size, &offer)) {
		for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
			const struct kexinit_list *list = &offer.lists[i];

			must(list->names >= bytes &&
			    list->len <= size - (size_t)(list->names - bytes));
			for (size_t j = 0; j < list->len; j++)
				must(list->names[j] > ' ' &&
				    list->names[j] <= '~');
		}
		kind = kexinit_missing(&offer, ours);
		must(kind <= KEXINIT_KINDS && kind != KEXINIT_KINDS - 1);
		for (unsigned i = 0; i < KEXINIT_KINDS; i++) {
			for (size_t room = 1; room <= sizeof(text);
			     room += 73) {
				kexinit_explain(&offer, i,
				    i == kind ? ours[i] : "none", text, room);
				must(strlen(text) < room);
			}
		}
	}
	free(bytes);
	return 0;
}
