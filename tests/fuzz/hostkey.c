/* Whatever ssh-keygen -F says about a host. */
#include "fuzz.h"

#include "../../helper/sshkey.h"
#include "../../helper/worker/hostkey.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = copy_of(data, size, 0), algorithms[128];
	struct hostkeys keys = { 0 };

	hostkey_parse(text, size, &keys);
	must(keys.count <= HOSTKEY_MAX);
	hostkey_algorithms(&keys, "", algorithms, sizeof(algorithms));
	must(strlen(algorithms) < sizeof(algorithms));
	hostkey_algorithms(&keys, "ssh-ed25519,rsa-sha2-256", algorithms,
	    sizeof(algorithms));
	must(strlen(algorithms) < sizeof(algorithms));
	for (size_t i = 0; i < keys.count; i++) {
		const struct hostkey *key = &keys.keys[i];
		char fingerprint[SSHKEY_FINGERPRINT_BYTES];
		enum hostkey_result result = hostkey_check(&keys, key->blob,
		    key->len);

		sshkey_fingerprint(key->blob, key->len, fingerprint);
		must(sshkey_kind(key->blob, key->len) != NULL);
		must(strlen(key->type) < sizeof(key->type));
		if (key->mark == HOSTKEY_REVOKED)
			must(result == HOSTKEY_IS_REVOKED);
		if (key->mark == HOSTKEY_PLAIN)
			must(result == HOSTKEY_OK ||
			    result == HOSTKEY_IS_REVOKED);
	}
	hostkey_free(&keys);
	free(text);
	return 0;
}
