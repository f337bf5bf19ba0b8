#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "scratch.h"

#include "../../helper/gateway/signer.h"

#define NEW_KEY_AT(path)                                             \
	"make one with \"ssh-keygen -t ed25519 -N '' -f " path "\" " \
	"(then chown root:_moshgate, chmod 0640)"

/* RFC 8410, section 10.3. */
static const char rfc_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";

/* The key in the file called "key", which is good; for signer_close(). */
static struct signer *
good_key(void)
{
	char error[SIGNER_ERROR_BYTES], *text;
	struct signer *signer;
	size_t len;

	text = scratch_read("key", &len);
	signer = signer_parse("k", text, len, error);
	if (signer == NULL)
		fail_msg("refused: %s", error);
	free(text);
	return signer;
}

static int
make_keys(void **state)
{
	if (sodium_init() < 0 || scratch_make(state) < 0)
		return -1;
	scratch_key("key", "ed25519", "", "", "RFC4716");
	scratch_key("phrase", "ed25519", "", "open sesame", "RFC4716");
	scratch_key("rsa", "rsa", "2048", "", "RFC4716");
	scratch_write("ed25519.pem", rfc_key, strlen(rfc_key), 0600);
	return 0;
}

static void
its_fingerprint_is_what_ssh_keygen_prints(void **state)
{
	struct signer *signer = good_key();
	char path[PATH_MAX], *printed, *begin;
	const char *const arguments[] = { "-l", "-f", path, NULL };

	(void)state;
	scratch_path("key.pub", path);
	printed = scratch_keygen(arguments);
	begin = strstr(printed, "SHA256:");
	assert_non_null(begin);
	begin[strcspn(begin, " ")] = '\0';
	assert_string_equal(signer_fingerprint(signer), begin);
	free(printed);
	signer_close(signer);
}

static void
its_public_half_is_that_of_the_pub_file(void **state)
{
	struct signer *signer = good_key();
	char base64[128], *text, *word;
	size_t len;

	(void)state;
	sodium_bin2base64(base64, sizeof(base64), signer_public(signer),
	    SSHKEY_ED25519_BLOB_BYTES, sodium_base64_VARIANT_ORIGINAL);
	text = scratch_read("key.pub", &len);
	assert_memory_equal(text, "ssh-ed25519 ", 12);
	word = text + 12;
	word[strcspn(word, " \n")] = '\0';
	assert_string_equal(word, base64);
	free(text);
	signer_close(signer);
}

/* What is said of a file names that file. */
static void
a_bad_key_file_is_told_by_its_name(void **state)
{
	char error[SIGNER_ERROR_BYTES], expected[4 * PATH_MAX];
	char resolved[PATH_MAX], path[PATH_MAX];
	struct config config = { .key = resolved };

	(void)state;
	scratch_path("phrase", path);
	assert_non_null(realpath(path, resolved));
	assert_null(signer_open(&config, error));
	snprintf(expected, sizeof(expected),
	    "%s: the gateway's key has a passphrase, and nobody is there to "
	    "type it: take it away with \"ssh-keygen -p -N '' -f %s\" (chmod "
	    "0600 before, 0640 after), or make one with \"ssh-keygen -t "
	    "ed25519 -N '' -f %s\" (then chown root:_moshgate, chmod 0640)",
	    resolved, resolved, resolved);
	assert_string_equal(error, expected);
}

static struct config
config_for(const char *path)
{
	static char passwords[] = "no";

	return (struct config){ .key = (char *)(uintptr_t)path,
		.passwords = passwords };
}

static const char open_to_others[] = "open to others";

/* The file called "key", with MODE, opens; or else because it FAULT. */
static void
opens(mode_t mode, const char *fault)
{
	char error[SIGNER_ERROR_BYTES] = "", path[PATH_MAX];
	char expected[4 * PATH_MAX], resolved[PATH_MAX];
	struct config config;
	struct signer *signer;

	scratch_path("key", path);
	assert_non_null(realpath(path, resolved));
	config = config_for(resolved);
	assert_int_equal(chmod(path, mode), 0);
	signer = signer_open(&config, error);
	assert_int_equal(chmod(path, 0600), 0);
	if (fault == NULL) {
		assert_non_null(signer);
	} else {
		assert_null(signer);
		snprintf(expected, sizeof(expected),
		    "%s: the gateway's key: %s: \"chown root:_moshgate %s && "
		    "chmod 0640 %s\"",
		    resolved, fault, resolved, resolved);
		assert_string_equal(error, expected);
	}
	signer_close(signer);
}

static void
a_key_file_for_root_and_its_group_is_opened(void **state)
{
	(void)state;
	opens(0600, NULL);
	opens(0400, NULL);
	opens(0640, NULL);
	opens(0440, NULL);
}

static void
a_key_file_open_to_everybody_is_refused(void **state)
{
	(void)state;
	opens(0644, open_to_others);
	opens(0604, open_to_others);
	opens(0444, open_to_others);
}

static void
a_key_file_open_to_another_group_is_refused(void **state)
{
	(void)state;
	scratch_need_root();
	scratch_own("key", 0, 1000);
	opens(0640, open_to_others);
	opens(0440, open_to_others);
	opens(0600, NULL);
	scratch_own("key", 0, 0);
}

/* Root's helper is in its own group, by which it reads its key. */
static void
a_key_file_open_to_the_helpers_own_group_is_opened(void **state)
{
	(void)state;
	scratch_need_root();
	scratch_own("key", 0, 1000);
	assert_int_equal(setegid(1000), 0);
	opens(0640, NULL);
	assert_int_equal(setegid(0), 0);
	opens(0640, open_to_others);
	scratch_own("key", 0, 0);
}

static void
a_key_file_that_others_can_write_is_refused(void **state)
{
	static const char fault[] = "writable by others than root "
				    "(chmod go-w)";

	(void)state;
	opens(0660, fault);
	opens(0620, fault);
	opens(0602, fault);
	opens(0666, fault);
}

static void
a_key_file_of_somebody_elses_is_refused(void **state)
{
	(void)state;
	scratch_need_root();
	scratch_own("key", 1000, 0);
	opens(0600, "not owned by root (chown root)");
	scratch_own("key", 0, 0);
}

static void
a_missing_key_file_says_how_to_make_one(void **state)
{
	struct config config = config_for("/nowhere/key");
	char error[SIGNER_ERROR_BYTES];

	(void)state;
	assert_null(signer_open(&config, error));
	assert_string_equal(error,
	    "/nowhere/key: the gateway's key: cannot be read: No such file or "
	    "directory: " NEW_KEY_AT("/nowhere/key"));
}

/* Let CONFIG have the key in the file called NAME as its key_content. */
static void
give_content(struct config *config, const char *name)
{
	size_t len;
	char *text = scratch_read(name, &len);

	config->key_content_size = len + 1;
	config->key_content = sodium_malloc(len + 1);
	assert_non_null(config->key_content);
	memcpy(config->key_content, text, len + 1);
	free(text);
}

static void
only_a_gateway_that_has_passwords_tried_needs_no_key(void **state)
{
	struct config config = config_for("/nowhere/key");
	char error[SIGNER_ERROR_BYTES], path[PATH_MAX];
	static char remote[] = "remote";

	(void)state;
	config.passwords = remote;
	assert_null(signer_open(&config, error));
	assert_string_equal(error, "");
	/* one that is there must be good, and so must be where it leads */
	scratch_path("phrase", path);
	config.key = path;
	assert_null(signer_open(&config, error));
	assert_string_not_equal(error, "");
	scratch_path("dangling", path);
	assert_int_equal(symlink("/nowhere/key", path), 0);
	assert_null(signer_open(&config, error));
	assert_string_not_equal(error, "");
	unlink(path);
	scratch_path("key/below", path);
	assert_null(signer_open(&config, error));
	assert_string_not_equal(error, "");
}

static void
with_the_clients_agent_alone_the_key_is_not_read(void **state)
{
	struct config config = config_for("/nowhere/key");
	char error[SIGNER_ERROR_BYTES], path[PATH_MAX];

	(void)state;
	config.auth = CONFIG_AUTH_AGENT;
	assert_null(signer_open(&config, error));
	assert_string_equal(error, "");
	scratch_path("key", path);
	config.key = path;
	give_content(&config, "key");
	assert_null(signer_open(&config, error));
	assert_string_equal(error, "");
	assert_null(config.key_content);
}

static void
what_is_no_plain_file_is_refused(void **state)
{
	char error[SIGNER_ERROR_BYTES];
	struct config config = config_for(scratch_dir);

	(void)state;
	assert_null(signer_open(&config, error));
	assert_non_null(strstr(error, ": the gateway's key: not a plain file"));
	config = config_for("/dev/zero");
	assert_null(signer_open(&config, error));
	assert_string_equal(error,
	    "/dev/zero: the gateway's key: not a plain file: " NEW_KEY_AT(
		"/dev/zero"));
}

static void
a_key_file_of_more_than_64_kib_is_refused(void **state)
{
	char error[SIGNER_ERROR_BYTES], path[PATH_MAX];
	char *text = calloc(1, (size_t)64 * 1024 + 1);
	struct config config;

	(void)state;
	assert_non_null(text);
	scratch_write("long", text, (size_t)64 * 1024 + 1, 0600);
	scratch_path("long", path);
	config = config_for(path);
	assert_null(signer_open(&config, error));
	assert_non_null(
	    strstr(error, ": the gateway's key: too long: make one with "));
	free(text);
}

static void
key_content_goes_before_the_key_file(void **state)
{
	struct signer *expected = good_key(), *signer;
	struct config config = config_for("/nowhere/key");
	char error[SIGNER_ERROR_BYTES];

	(void)state;
	give_content(&config, "key");
	signer = signer_open(&config, error);
	assert_non_null(signer);
	assert_string_equal(signer_fingerprint(signer),
	    signer_fingerprint(expected));
	assert_null(config.key_content);
	signer_close(signer);
	give_content(&config, "ed25519.pem");
	signer = signer_open(&config, error);
	assert_non_null(signer);
	signer_close(signer);
	give_content(&config, "rsa");
	assert_null(signer_open(&config, error));
	assert_memory_equal(error, "[gateway] key_content: ", 23);
	signer_close(expected);
}

/* A request to be authenticated, RFC 4252 section 7, in the making. */
struct waiter {
	const char *session_id, *user, *service, *method, *type;
	size_t session_id_len, blob_len;
	const unsigned char *blob;
	unsigned char message, has_signature;
	const char *tail;
	unsigned char bytes[1024];
	size_t len;
};

static void
add(struct waiter *request, const void *bytes, size_t len)
{
	assert_true(request->len + len <= sizeof(request->bytes));
	memcpy(request->bytes + request->len, bytes, len);
	request->len += len;
}

static void
add_string(struct waiter *request, const void *bytes, size_t len)
{
	const unsigned char size[] = { 0, 0, (unsigned char)(len >> 8),
		(unsigned char)len };

	add(request, size, sizeof(size));
	add(request, bytes, len);
}

static void
make(struct waiter *request)
{
	request->len = 0;
	add_string(request, request->session_id, request->session_id_len);
	add(request, &request->message, 1);
	add_string(request, request->user, strlen(request->user));
	add_string(request, request->service, strlen(request->service));
	add_string(request, request->method, strlen(request->method));
	add(request, &request->has_signature, 1);
	add_string(request, request->type, strlen(request->type));
	add_string(request, request->blob, request->blob_len);
	add(request, request->tail, strlen(request->tail));
}

static struct waiter
alices_request(const struct signer *signer)
{
	static const char session_id[64] = "0123456789abcdef0123456789abcdef";

	return (struct waiter){ .session_id = session_id,
		.session_id_len = 32,
		.message = 50,
		.user = "alice",
		.service = "ssh-connection",
		.method = "publickey",
		.has_signature = 1,
		.type = "ssh-ed25519",
		.blob = signer_public(signer),
		.blob_len = SSHKEY_ED25519_BLOB_BYTES,
		.tail = "" };
}

static bool
signs(const struct signer *signer, struct waiter *request)
{
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];

	make(request);
	if (!signer_sign(signer, "alice", request->bytes, request->len,
		signature))
		return false;
	assert_int_equal(crypto_sign_verify_detached(signature, request->bytes,
			     request->len, signer_public(signer) + 19),
	    0);
	return true;
}

static void
a_users_request_is_signed_and_verifies(void **state)
{
	struct signer *signer = good_key();
	struct waiter request = alices_request(signer);

	(void)state;
	assert_true(signs(signer, &request));
	signer_close(signer);
}

static void
a_session_id_is_of_some_hash(void **state)
{
	static const size_t good[] = { 20, 32, 48, 64 };
	struct signer *signer = good_key();
	struct waiter request = alices_request(signer);

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		request.session_id_len = good[i];
		assert_true(signs(signer, &request));
	}
	request.session_id_len = 19;
	assert_false(signs(signer, &request));
	request.session_id_len = 0;
	assert_false(signs(signer, &request));
	signer_close(signer);
}

/* Sign alice's REQUEST, changed by one assignment: it must not be. */
#define refuses(assignment)                                      \
	do {                                                     \
		struct waiter request = alices_request(signer);  \
                                                                 \
		request.assignment;                              \
		if (signs(signer, &request))                     \
			fail_msg("signed with %s", #assignment); \
	} while (0)

static void
nothing_else_is_signed(void **state)
{
	struct signer *signer = good_key();
	unsigned char other[SSHKEY_ED25519_BLOB_BYTES];

	(void)state;
	memcpy(other, signer_public(signer), sizeof(other));
	other[50] ^= 1;
	refuses(user = "bob");
	refuses(user = "alicia");
	refuses(user = "alic");
	refuses(user = "");
	refuses(service = "ssh-userauth");
	refuses(service = "ssh-connectio");
	refuses(service = "ssh-connection2");
	refuses(service = "");
	refuses(method = "hostbased");
	refuses(method = "password");
	refuses(message = 51);
	refuses(message = 0);
	refuses(has_signature = 0);
	refuses(has_signature = 2);
	refuses(type = "ssh-rsa");
	refuses(type = "ssh-ed25519-cert-v01@openssh.com");
	refuses(blob = other);
	refuses(blob_len = SSHKEY_ED25519_BLOB_BYTES - 1);
	refuses(tail = "x");
	signer_close(signer);
}

static void
half_a_request_is_not_signed(void **state)
{
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];
	struct signer *signer = good_key();
	struct waiter request = alices_request(signer);

	(void)state;
	make(&request);
	for (size_t i = 0; i < request.len; i++) {
		unsigned char *half = malloc(i > 0 ? i : 1);

		assert_non_null(half);
		memcpy(half, request.bytes, i);
		assert_false(signer_sign(signer, "alice", half, i, signature));
		free(half);
	}
	signer_close(signer);
}

static void
a_request_with_any_byte_flipped_is_not_signed(void **state)
{
	static const size_t session_id_ends = 4 + 32;
	unsigned char signature[SSHKEY_ED25519_SIGNATURE_BYTES];
	struct signer *signer = good_key();
	struct waiter request = alices_request(signer);

	(void)state;
	make(&request);
	for (size_t i = 0; i < request.len; i++) {
		if (i >= 4 && i < session_id_ends)
			continue;
		for (int bit = 0; bit < 8; bit++) {
			request.bytes[i] ^= (unsigned char)(1 << bit);
			assert_false(signer_sign(signer, "alice", request.bytes,
			    request.len, signature));
			request.bytes[i] ^= (unsigned char)(1 << bit);
		}
	}
	signer_close(signer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_fingerprint_is_what_ssh_keygen_prints),
		cmocka_unit_test(its_public_half_is_that_of_the_pub_file),
		cmocka_unit_test(a_bad_key_file_is_told_by_its_name),
		cmocka_unit_test(a_key_file_for_root_and_its_group_is_opened),
		cmocka_unit_test(a_key_file_open_to_everybody_is_refused),
		cmocka_unit_test(a_key_file_open_to_another_group_is_refused),
		cmocka_unit_test(
		    a_key_file_open_to_the_helpers_own_group_is_opened),
		cmocka_unit_test(a_key_file_that_others_can_write_is_refused),
		cmocka_unit_test(a_key_file_of_somebody_elses_is_refused),
		cmocka_unit_test(a_missing_key_file_says_how_to_make_one),
		cmocka_unit_test(
		    only_a_gateway_that_has_passwords_tried_needs_no_key),
		cmocka_unit_test(
		    with_the_clients_agent_alone_the_key_is_not_read),
		cmocka_unit_test(what_is_no_plain_file_is_refused),
		cmocka_unit_test(a_key_file_of_more_than_64_kib_is_refused),
		cmocka_unit_test(key_content_goes_before_the_key_file),
		cmocka_unit_test(a_users_request_is_signed_and_verifies),
		cmocka_unit_test(a_session_id_is_of_some_hash),
		cmocka_unit_test(nothing_else_is_signed),
		cmocka_unit_test(half_a_request_is_not_signed),
		cmocka_unit_test(a_request_with_any_byte_flipped_is_not_signed),
	};

	return cmocka_run_group_tests_name("signer", tests, make_keys,
	    scratch_remove);
}
