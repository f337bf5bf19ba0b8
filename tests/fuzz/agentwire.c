/* Whatever a user's agent answers. */
#include "fuzz.h"

#include "../../helper/worker/agentwire.h"

/* True if WIRE lies in the SIZE bytes at BYTES. */
static bool
is_in(const struct sshwire *wire, const unsigned char *bytes, size_t size)
{
	return wire->at >= bytes && wire->left <= size &&
	    (size_t)(wire->at - bytes) <= size - wire->left;
}

static void
try_keys(const unsigned char *bytes, size_t size, bool newer)
{
	struct agentwire_keys keys;
	unsigned char *renamed;

	if (!agentwire_read_keys(bytes, size, newer, SIZE_MAX, &keys))
		return;
	must(keys.count <= AGENTWIRE_KEYS_MAX && keys.count <= keys.all &&
	    keys.others <= keys.all);
	for (size_t i = 0; i < keys.count; i++) {
		must(is_in(&keys.key[i].blob, bytes, size));
		if (agentwire_rename_rsa(&keys.key[i].blob, &renamed) == 0)
			continue;
		must(keys.key[i].rsa);
		free(renamed);
	}
}

static void
try_signature(const unsigned char *bytes, size_t size, const char *name)
{
	const struct sshwire algorithm = { .at = (const unsigned char *)name,
		.left = strlen(name) };
	struct sshwire signature;

	if (agentwire_read_signature(bytes, size, &algorithm, &signature) ==
	    AGENTWIRE_SIGNED)
		must(is_in(&signature, bytes, size) &&
		    signature.left <= AGENTWIRE_SIGNATURE_MAX_BYTES);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = copy_of(data, size, 0);
	const unsigned char *bytes = (const unsigned char *)copy;
	struct sshwire algorithm;
	unsigned char *request;
	size_t len;

	if (size >= AGENTWIRE_LENGTH_BYTES && agentwire_length(bytes, &len))
		must(len > 0 && len <= AGENTWIRE_MAX_BYTES);
	try_keys(bytes, size, false);
	try_keys(bytes, size, true);
	try_signature(bytes, size, "ssh-ed25519");
	try_signature(bytes, size, "rsa-sha2-512");
	try_signature(bytes, size, "sk-ssh-ed25519@openssh.com");
	if (agentwire_read_algorithm(bytes, size, &algorithm)) {
		must(is_in(&algorithm, bytes, size));
		len = agentwire_ask_signature(&algorithm, &algorithm, bytes,
		    size, &request);
		if (len > 0)
			free(request);
	}
	free(copy);
	return 0;
}
