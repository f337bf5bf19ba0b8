#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "scratch.h"

#include "../../helper/sshkey.h"
#include "../../helper/worker/hostkey.h"

#define BASE64 \
	"AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q"
#define OTHER64 \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
#define FOUND "# Host far found: line 1 \n"

static void
a_host_on_port_22_goes_by_its_name_alone(void **state)
{
	char name[HOSTKEY_NAME_BYTES];

	(void)state;
	hostkey_name("far.example.org", 22, name);
	assert_string_equal(name, "far.example.org");
	hostkey_name("2001:db8::1", 22, name);
	assert_string_equal(name, "2001:db8::1");
}

static void
a_host_on_another_port_goes_by_both(void **state)
{
	char name[HOSTKEY_NAME_BYTES];

	(void)state;
	hostkey_name("far.example.org", 2222, name);
	assert_string_equal(name, "[far.example.org]:2222");
	hostkey_name("2001:db8::1", 65535, name);
	assert_string_equal(name, "[2001:db8::1]:65535");
}

static void
the_longest_host_keeps_its_port(void **state)
{
	char host[254], name[HOSTKEY_NAME_BYTES];

	(void)state;
	memset(host, 'x', 253);
	host[253] = '\0';
	hostkey_name(host, 65535, name);
	assert_int_equal(strlen(name), 253 + 8);
	assert_string_equal(name + 254, "]:65535");
}

static struct hostkeys
parse(const char *text, size_t len)
{
	char *copy = malloc(len > 0 ? len : 1);
	struct hostkeys keys = { 0 };

	assert_non_null(copy);
	memcpy(copy, text, len);
	assert_true(hostkey_parse(copy, len, &keys));
	free(copy);
	return keys;
}

static unsigned char *
decode(const char *base64, size_t *len)
{
	unsigned char *blob = malloc(strlen(base64) + 1);

	assert_non_null(blob);
	assert_int_equal(sodium_base642bin(blob, strlen(base64), base64,
			     strlen(base64), NULL, len, NULL,
			     sodium_base64_VARIANT_ORIGINAL),
	    0);
	return blob;
}

static enum hostkey_result
check(const struct hostkeys *keys, const char *base64)
{
	size_t len;
	unsigned char *blob = decode(base64, &len);
	enum hostkey_result result = hostkey_check(keys, blob, len);

	free(blob);
	return result;
}

/* TEXT is what ssh-keygen -F wrote; what is then said of BASE64's key. */
static void
says(const char *text, enum hostkey_result expected)
{
	struct hostkeys keys = parse(text, strlen(text));

	assert_int_equal(check(&keys, BASE64), expected);
	hostkey_free(&keys);
}

static void
the_key_on_file_is_right(void **state)
{
	(void)state;
	says(FOUND "far ssh-ed25519 " BASE64 "\n", HOSTKEY_OK);
	says(FOUND "far ssh-ed25519 " BASE64 " a comment\n", HOSTKEY_OK);
	says(FOUND "far ssh-ed25519 " BASE64, HOSTKEY_OK);
	says(FOUND "far\tssh-ed25519\t" BASE64 "\r\n", HOSTKEY_OK);
	says(FOUND "far ssh-ed25519 " OTHER64 "\n# Host far found: line 7\n"
		   "far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_OK);
}

static void
no_line_means_that_the_host_is_unknown(void **state)
{
	(void)state;
	says("", HOSTKEY_UNKNOWN);
	says(FOUND, HOSTKEY_UNKNOWN);
	says("\n\n \n", HOSTKEY_UNKNOWN);
}

static void
only_other_keys_mean_that_it_changed(void **state)
{
	(void)state;
	says(FOUND "far ssh-ed25519 " OTHER64 "\n", HOSTKEY_CHANGED);
	says(FOUND "far ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB\n", HOSTKEY_CHANGED);
}

static void
a_revoked_key_is_revoked_whatever_else_is_there(void **state)
{
	(void)state;
	says(FOUND "@revoked far ssh-ed25519 " BASE64 "\n", HOSTKEY_IS_REVOKED);
	says(FOUND "@revoked far ssh-ed25519 " BASE64 "\n" FOUND
		   "far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_IS_REVOKED);
	says(FOUND "far ssh-ed25519 " BASE64 "\n" FOUND
		   "@revoked far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_IS_REVOKED);
	says(FOUND "@cert-authority far ssh-ed25519 " BASE64 "\n" FOUND
		   "@revoked far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_IS_REVOKED);
}

static void
another_revoked_key_says_nothing_of_this_one(void **state)
{
	(void)state;
	says(FOUND "@revoked far ssh-ed25519 " OTHER64 "\n", HOSTKEY_UNKNOWN);
	says(FOUND "@revoked far ssh-ed25519 " OTHER64 "\n"
		   "far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_OK);
}

static void
a_certificate_authority_is_no_host_key(void **state)
{
	(void)state;
	says(FOUND "@cert-authority far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_ONLY_CA);
	says(FOUND "@cert-authority far ssh-ed25519 " OTHER64 "\n",
	    HOSTKEY_ONLY_CA);
	says(FOUND "@cert-authority far ssh-ed25519 " BASE64 "\n"
		   "far ssh-ed25519 " OTHER64 "\n",
	    HOSTKEY_CHANGED);
	says(FOUND "@cert-authority far ssh-ed25519 " OTHER64 "\n"
		   "far ssh-ed25519 " BASE64 "\n",
	    HOSTKEY_OK);
}

static void
other_marks_say_nothing(void **state)
{
	(void)state;
	says("@new-mark far ssh-ed25519 " BASE64 "\n", HOSTKEY_UNKNOWN);
	says("@ far ssh-ed25519 " BASE64 "\n", HOSTKEY_UNKNOWN);
}

static void
junk_says_nothing(void **state)
{
	static const char *const junk[] = { "far", "far ssh-ed25519",
		"far ssh-ed25519 ****", "far ssh-ed25519 AAA", "far " BASE64,
		"@revoked", "@revoked far", "@revoked far ssh-ed25519",
		"ssh-ed25519 " BASE64, "\001\002\003",
		"# far ssh-ed25519 " BASE64 };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		struct hostkeys keys;

		says(junk[i], HOSTKEY_UNKNOWN);
		snprintf(text, sizeof(text),
		    "%s\nfar ssh-ed25519 " BASE64 "\n%s\n", junk[i], junk[i]);
		keys = parse(text, strlen(text));
		assert_int_equal(keys.count, 1);
		assert_int_equal(check(&keys, BASE64), HOSTKEY_OK);
		hostkey_free(&keys);
	}
}

static void
a_nul_byte_ends_nothing_but_the_text(void **state)
{
	static const char text[] = "far ssh-ed25519 " BASE64 "\n\0"
				   "far ssh-ed25519 " OTHER64 "\n";
	struct hostkeys keys = parse(text, sizeof(text) - 1);

	(void)state;
	assert_int_equal(check(&keys, BASE64), HOSTKEY_OK);
	hostkey_free(&keys);
}

static void
a_type_longer_than_any_is_junk(void **state)
{
	struct hostkeys keys;
	char text[256], type[65];

	(void)state;
	memset(type, 'x', 64);
	type[64] = '\0';
	snprintf(text, sizeof(text), "far %s AAAA\nfar %s AAAA\n", type,
	    type + 1);
	keys = parse(text, strlen(text));
	assert_int_equal(keys.count, 1);
	assert_string_equal(keys.keys[0].type, type + 1);
	hostkey_free(&keys);
}

static void
so_many_keys_are_taken_and_not_one_more(void **state)
{
	static const char line[] = "far ssh-ed25519 " BASE64 "\n";
	char *text = malloc((HOSTKEY_MAX + 1) * sizeof(line)), *to = text;
	struct hostkeys keys = { 0 };

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < HOSTKEY_MAX; i++)
		to = stpcpy(to, line);
	assert_true(hostkey_parse(text, strlen(text), &keys));
	assert_int_equal(keys.count, HOSTKEY_MAX);
	assert_int_equal(check(&keys, BASE64), HOSTKEY_OK);
	assert_int_equal(check(&keys, OTHER64), HOSTKEY_CHANGED);
	assert_true(hostkey_parse("# end\n", 6, &keys));
	assert_false(hostkey_parse(line, sizeof(line) - 1, &keys));
	assert_int_equal(keys.count, HOSTKEY_MAX);
	hostkey_free(&keys);
	memcpy(to, line, sizeof(line));
	assert_false(hostkey_parse(text, strlen(text), &keys));
	assert_int_equal(keys.count, HOSTKEY_MAX);
	hostkey_free(&keys);
	free(text);
}

/* One of more than 16 KiB, which no key of today has. */
static void
a_key_may_be_long(void **state)
{
	static const size_t size = (size_t)40 * 1024;
	char *base64 = malloc(size + 1), *text = malloc(size + 64);
	struct hostkeys keys;

	(void)state;
	assert_non_null(base64);
	assert_non_null(text);
	memset(base64, 'A', size);
	base64[size] = '\0';
	sprintf(text, "@revoked far ssh-rsa %s\n", base64);
	keys = parse(text, strlen(text));
	assert_int_equal(check(&keys, base64), HOSTKEY_IS_REVOKED);
	hostkey_free(&keys);
	free(text);
	free(base64);
}

static void
check_is_of_the_whole_key(void **state)
{
	struct hostkeys keys = parse("far ssh-ed25519 " BASE64 "\n",
	    sizeof("far ssh-ed25519 " BASE64));
	size_t len;
	unsigned char *blob = decode(BASE64, &len);

	(void)state;
	assert_int_equal(hostkey_check(&keys, blob, len), HOSTKEY_OK);
	assert_int_equal(hostkey_check(&keys, blob, len - 1), HOSTKEY_CHANGED);
	assert_int_equal(hostkey_check(&keys, blob, 0), HOSTKEY_CHANGED);
	for (size_t i = 0; i < len; i++) {
		blob[i] ^= 1;
		assert_int_equal(hostkey_check(&keys, blob, len),
		    HOSTKEY_CHANGED);
		blob[i] ^= 1;
	}
	free(blob);
	hostkey_free(&keys);
}

static void
asks_for_of(const char *text, const char *wanted, const char *expected)
{
	struct hostkeys keys = parse(text, strlen(text));
	char algorithms[256];

	hostkey_algorithms(&keys, wanted, algorithms, sizeof(algorithms));
	assert_string_equal(algorithms, expected);
	hostkey_free(&keys);
}

static void
asks_for(const char *text, const char *expected)
{
	asks_for_of(text, "", expected);
}

static void
the_algorithms_asked_for_are_those_of_the_keys_on_file(void **state)
{
	(void)state;
	asks_for("", "");
	asks_for("far ssh-ed25519 AAAA\n", "ssh-ed25519");
	asks_for("far ssh-rsa AAAA\n", "rsa-sha2-512,rsa-sha2-256,ssh-rsa");
	asks_for("far ecdsa-sha2-nistp256 AAAA\nfar ssh-rsa AAAA\n"
		 "far ssh-ed25519 AAAA\n",
	    "ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256,ssh-rsa,"
	    "ssh-ed25519");
}

static void
an_algorithm_is_asked_for_once(void **state)
{
	(void)state;
	asks_for("far ssh-ed25519 AAAA\nfar ssh-ed25519 BBBB\n"
		 "far ssh-rsa AAAA\nfar ssh-rsa BBBB\n",
	    "ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa");
}

static void
marked_keys_ask_for_no_algorithm(void **state)
{
	(void)state;
	asks_for("@revoked far ssh-ed25519 AAAA\n"
		 "@cert-authority far ssh-rsa AAAA\n",
	    "");
	asks_for("@revoked far ssh-ed25519 AAAA\nfar ssh-ed25519 BBBB\n",
	    "ssh-ed25519");
}

static void
of_those_in_the_setting_that_have_a_key(void **state)
{
	static const char both[] = "far ssh-ed25519 AAAA\nfar ssh-rsa AAAA\n";

	(void)state;
	asks_for_of(both, "ssh-rsa,rsa-sha2-256,ssh-ed25519",
	    "ssh-rsa,rsa-sha2-256,ssh-ed25519");
	asks_for_of(both, "rsa-sha2-512,ecdsa-sha2-nistp256", "rsa-sha2-512");
	asks_for_of("far ssh-ed25519 AAAA\n",
	    "rsa-sha2-512,ssh-ed25519,ssh-dss,ssh-ed25519", "ssh-ed25519");
	asks_for_of("far ssh-ed25519 AAAA\n", "rsa-sha2-512,ssh-rsa", "");
	asks_for_of("far ssh-rsa AAAA\n", "ssh-ed25519", "");
	asks_for_of("far ssh-ed25519 AAAA\n", "ssh-ed2551,ssh-ed25519x,,", "");
	asks_for_of("far ssh-ed25519 AAAA\n",
	    "ssh-ed25519-cert-v01@openssh.com", "");
	asks_for_of("@revoked far ssh-ed25519 AAAA\n", "ssh-ed25519", "");
	asks_for_of("", "ssh-ed25519", "");
}

static void
algorithms_that_do_not_fit_are_left_out_whole(void **state)
{
	static const char text[] = "far ssh-ed25519 AAAA\nfar ssh-rsa AAAA\n";
	struct hostkeys keys = parse(text, sizeof(text) - 1);
	static const char all[] =
	    "ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa";

	(void)state;
	for (size_t size = 1; size <= sizeof(all); size++) {
		char *algorithms = malloc(size);

		assert_non_null(algorithms);
		hostkey_algorithms(&keys, "", algorithms, size);
		assert_string_equal(algorithms,
		    size == sizeof(all)                 ? all
			: size >= sizeof("ssh-ed25519") ? "ssh-ed25519"
							: "");
		free(algorithms);
	}
	hostkey_free(&keys);
}

/* The base64 of the public key in the file called NAME.pub; malloc'ed. */
static char *
public64(const char *name)
{
	char file[64], *text, *word;
	size_t len;

	snprintf(file, sizeof(file), "%s.pub", name);
	text = scratch_read(file, &len);
	word = strchr(text, ' ') + 1;
	memmove(text, word, strlen(word) + 1);
	text[strcspn(text, " \n")] = '\0';
	return text;
}

static int
make_keys(void **state)
{
	if (sodium_init() < 0 || scratch_make(state) < 0)
		return -1;
	scratch_key("ed25519", "ed25519", "", "", "RFC4716");
	scratch_key("ecdsa", "ecdsa", "256", "", "RFC4716");
	scratch_key("rsa", "rsa", "2048", "", "RFC4716");
	scratch_key("new", "ed25519", "", "", "RFC4716");
	return 0;
}

static void
the_fingerprint_is_what_ssh_keygen_prints(void **state)
{
	static const char *const names[] = { "ed25519", "ecdsa", "rsa" };
	char fingerprint[SSHKEY_FINGERPRINT_BYTES], path[PATH_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const arguments[] = { "-l", "-f", path, NULL };
		char *base64 = public64(names[i]), *printed, *begin;
		size_t len;
		unsigned char *blob = decode(base64, &len);

		sshkey_fingerprint(blob, len, fingerprint);
		scratch_path(names[i], path);
		printed = scratch_keygen(arguments);
		begin = strstr(printed, "SHA256:");
		assert_non_null(begin);
		begin[strcspn(begin, " ")] = '\0';
		assert_string_equal(fingerprint, begin);
		free(printed);
		free(base64);
		free(blob);
	}
}

/* Write the file called NAME with LINES, in which %s is the key called KEY. */
static void
known_hosts(const char *name, const char *lines, const char *key)
{
	char *base64 = public64(key), *text = malloc(4096), *to = text;

	assert_non_null(text);
	for (; *lines != '\0'; lines++) {
		if (lines[0] == '%')
			to = stpcpy(stpcpy(to, "ssh-ed25519 "), base64);
		else
			*to++ = *lines;
	}
	scratch_write(name, text, (size_t)(to - text), 0600);
	free(text);
	free(base64);
}

/* The verdict about NAME and the key called "ed25519" by the file "known". */
static void
found(const char *name, enum hostkey_result expected)
{
	struct hostkey_fault fault;
	struct hostkeys keys;
	char path[PATH_MAX], *base64 = public64("ed25519");

	scratch_path("known", path);
	assert_true(hostkey_find(path, name, &keys, &fault));
	if (check(&keys, base64) != expected)
		fail_msg("%s: %d, not %d", name, check(&keys, base64),
		    expected);
	hostkey_free(&keys);
	free(base64);
}

static void
a_plain_name_is_found(void **state)
{
	(void)state;
	known_hosts("known", "near,far,192.0.2.1 %\n", "ed25519");
	found("far", HOSTKEY_OK);
	found("near", HOSTKEY_OK);
	found("192.0.2.1", HOSTKEY_OK);
	found("fa", HOSTKEY_UNKNOWN);
	found("far.example.org", HOSTKEY_UNKNOWN);
	known_hosts("known", "far %\n", "new");
	found("far", HOSTKEY_CHANGED);
}

/* ssh puts a name in lower case before it looks for it, or hashes it. */
static void
a_name_has_no_case(void **state)
{
	char name[HOSTKEY_NAME_BYTES], path[PATH_MAX];
	const char *const arguments[] = { "-q", "-H", "-f", path, NULL };

	(void)state;
	known_hosts("known", "far.example.org,[far.example.org]:2222 %\n",
	    "ed25519");
	hostkey_name("Far.Example.ORG", 22, name);
	found(name, HOSTKEY_OK);
	hostkey_name("FAR.example.org", 2222, name);
	found(name, HOSTKEY_OK);
	scratch_path("known", path);
	free(scratch_keygen(arguments));
	found(name, HOSTKEY_OK);
	hostkey_name("Far.Example.ORG", 22, name);
	found(name, HOSTKEY_OK);
	assert_string_equal(name, "far.example.org");
	hostkey_name("FE80::A%Eth0", 2222, name);
	assert_string_equal(name, "[fe80::a%eth0]:2222");
}

static void
a_hashed_name_is_found(void **state)
{
	char path[PATH_MAX], *text;
	const char *const arguments[] = { "-q", "-H", "-f", path, NULL };
	size_t len;

	(void)state;
	known_hosts("known", "far %\n[far]:2222 %\n@revoked out %\n",
	    "ed25519");
	scratch_path("known", path);
	free(scratch_keygen(arguments));
	text = scratch_read("known", &len);
	assert_null(strstr(text, "far"));
	free(text);
	found("far", HOSTKEY_OK);
	found("[far]:2222", HOSTKEY_OK);
	found("near", HOSTKEY_UNKNOWN);
	found("[far]:22", HOSTKEY_UNKNOWN);
	found("out", HOSTKEY_IS_REVOKED);
	known_hosts("known", "far %\n", "new");
	free(scratch_keygen(arguments));
	found("far", HOSTKEY_CHANGED);
}

static void
wildcards_and_negation_are_heeded(void **state)
{
	(void)state;
	known_hosts("known", "*.example.org,!bad.example.org,f?r %\n",
	    "ed25519");
	found("a.example.org", HOSTKEY_OK);
	found("far", HOSTKEY_OK);
	found("bad.example.org", HOSTKEY_UNKNOWN);
	found("example.org", HOSTKEY_UNKNOWN);
	found("fr", HOSTKEY_UNKNOWN);
	known_hosts("known", "!far,* %\n", "ed25519");
	found("far", HOSTKEY_UNKNOWN);
	found("[far]:2222", HOSTKEY_OK);
	known_hosts("known", "[*.example.org]:2222 %\n", "ed25519");
	found("[a.example.org]:2222", HOSTKEY_OK);
	found("a.example.org", HOSTKEY_UNKNOWN);
	known_hosts("known", "@revoked !far,* %\nfar %\n", "ed25519");
	found("far", HOSTKEY_OK);
}

static void
a_port_is_a_part_of_the_name(void **state)
{
	(void)state;
	known_hosts("known", "[far]:2222 %\n[2001:db8::1]:2222 %\n", "ed25519");
	found("[far]:2222", HOSTKEY_OK);
	found("[2001:db8::1]:2222", HOSTKEY_OK);
	found("far", HOSTKEY_UNKNOWN);
	found("[far]:2223", HOSTKEY_UNKNOWN);
	known_hosts("known", "far %\n", "ed25519");
	found("[far]:2222", HOSTKEY_UNKNOWN);
}

static void
revoked_and_authority_marks_are_found(void **state)
{
	(void)state;
	known_hosts("known", "@revoked * %\nfar %\n", "ed25519");
	found("far", HOSTKEY_IS_REVOKED);
	known_hosts("known", "far %\n@revoked far %\n", "ed25519");
	found("far", HOSTKEY_IS_REVOKED);
	known_hosts("known", "@cert-authority *.example.org %\n", "ed25519");
	found("far.example.org", HOSTKEY_ONLY_CA);
	found("far", HOSTKEY_UNKNOWN);
	known_hosts("known", "@cert-authority * %\nfar %\n@revoked * %\n",
	    "ed25519");
	found("far", HOSTKEY_IS_REVOKED);
}

static void
a_key_of_each_type_is_found(void **state)
{
	static const char *const names[] = { "ed25519", "ecdsa", "rsa" };
	char text[4096], path[PATH_MAX], algorithms[256];
	struct hostkey_fault fault;
	struct hostkeys keys;
	size_t len, used = 0;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		char file[16], *line;

		snprintf(file, sizeof(file), "%s.pub", names[i]);
		line = scratch_read(file, &len);
		used += (size_t)snprintf(text + used, sizeof(text) - used,
		    "far %s", line);
		free(line);
	}
	scratch_write("known", text, strlen(text), 0644);
	scratch_path("known", path);
	assert_true(hostkey_find(path, "far", &keys, &fault));
	assert_int_equal(keys.count, 3);
	hostkey_algorithms(&keys, "", algorithms, sizeof(algorithms));
	assert_string_equal(algorithms,
	    "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512,rsa-sha2-256,"
	    "ssh-rsa");
	for (size_t i = 0; i < 3; i++) {
		char *base64 = public64(names[i]);
		unsigned char *blob = decode(base64, &len);

		assert_int_equal(hostkey_check(&keys, blob, len), HOSTKEY_OK);
		assert_string_equal(sshkey_kind(blob, len), names[i]);
		assert_string_equal(sshkey_kind(blob, 10), "unknown");
		free(blob);
		free(base64);
	}
	assert_string_equal(sshkey_kind(NULL, 0), "unknown");
	hostkey_free(&keys);
}

/* A list of revoked keys may be long, and the last line counts as well. */
static void
a_long_list_of_revoked_keys_is_read_whole(void **state)
{
	static const char line[] = "@revoked * ssh-ed25519 " OTHER64 "\n";
	char *base64 = public64("ed25519"), *text, *to, path[PATH_MAX];
	struct hostkey_fault fault;
	struct hostkeys keys;

	(void)state;
	text = malloc((HOSTKEY_MAX + 2) * sizeof(line));
	assert_non_null(text);
	to = text + sprintf(text, "far ssh-ed25519 %s\n", base64);
	for (size_t i = 0; i < HOSTKEY_MAX - 2; i++)
		to = stpcpy(to, line);
	to += sprintf(to, "@revoked * ssh-ed25519 %s\n", base64);
	scratch_write("known", text, (size_t)(to - text), 0644);
	found("far", HOSTKEY_IS_REVOKED);
	/* with one more, nobody can tell */
	to = stpcpy(to, line);
	scratch_write("known", text, (size_t)(to - text), 0644);
	scratch_path("known", path);
	assert_false(hostkey_find(path, "far", &keys, &fault));
	hostkey_free(&keys);
	assert_non_null(strstr(fault.detail, "more than 8192 lines about far"));
	assert_non_null(strstr(fault.remedy, "not needed"));
	free(text);
	free(base64);
}

static void
comments_and_damaged_lines_are_passed_over(void **state)
{
	(void)state;
	known_hosts("known",
	    "# far %\nfar\nfar ssh-ed25519\nfar ssh-ed25519 AAAA\n\n"
	    "far nonsense nonsense\nfar %",
	    "ed25519");
	found("far", HOSTKEY_OK);
}

static void
all_files_count_and_a_missing_one_is_empty(void **state)
{
	char *base64 = public64("ed25519"), paths[4 * PATH_MAX];
	struct hostkey_fault fault;
	struct hostkeys keys;

	(void)state;
	known_hosts("known", "far %\n", "new");
	known_hosts("more", "far %\n", "ed25519");
	known_hosts("revoked", "@revoked far %\n", "ed25519");
	snprintf(paths, sizeof(paths), "%s/known  %s/missing %s/more",
	    scratch_dir, scratch_dir, scratch_dir);
	assert_true(hostkey_find(paths, "far", &keys, &fault));
	assert_int_equal(keys.count, 2);
	assert_int_equal(keys.keys[0].file, 0);
	assert_int_equal(keys.keys[1].file, 2);
	assert_int_equal(check(&keys, base64), HOSTKEY_OK);
	hostkey_free(&keys);
	snprintf(paths, sizeof(paths), "%s/more %s/revoked", scratch_dir,
	    scratch_dir);
	assert_true(hostkey_find(paths, "far", &keys, &fault));
	assert_int_equal(check(&keys, base64), HOSTKEY_IS_REVOKED);
	hostkey_free(&keys);
	snprintf(paths, sizeof(paths), "%s/missing", scratch_dir);
	assert_true(hostkey_find(paths, "far", &keys, &fault));
	assert_int_equal(keys.count, 0);
	hostkey_free(&keys);
	assert_true(hostkey_find("", "far", &keys, &fault));
	assert_int_equal(keys.count, 0);
	hostkey_free(&keys);
	free(base64);
}

static void
a_path_is_named_by_its_number(void **state)
{
	static const char paths[] = " /a  /b/c /d ";
	static const char *const expected[] = { "/a", "/b/c", "/d", "", "" };
	char path[8];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		hostkey_path(paths, i, path, sizeof(path));
		assert_string_equal(path, expected[i]);
	}
	hostkey_path("", 0, path, sizeof(path));
	assert_string_equal(path, "");
}

/* The file "known" is refused: DETAIL says so of its path. */
static void
not_relied_on(const char *detail)
{
	struct hostkey_fault fault = { "", "" };
	char path[PATH_MAX], expected[2 * PATH_MAX + 64];
	struct hostkeys keys;

	scratch_path("known", path);
	assert_false(hostkey_find(path, "far", &keys, &fault));
	hostkey_free(&keys);
	snprintf(expected, sizeof(expected), "%s: %s", path, detail);
	assert_string_equal(fault.detail, expected);
	snprintf(expected, sizeof(expected), "chown root %s && chmod 644 %s",
	    path, path);
	assert_non_null(strstr(fault.remedy, expected));
}

static void
a_file_that_others_can_write_is_not_relied_on(void **state)
{
	static const mode_t bad[] = { 0664, 0646, 0622, 0602, 0620 };
	static const mode_t good[] = { 0644, 0600, 0640, 0400, 0444 };
	static const char fault[] = "writable by others than root (chmod go-w)";
	char path[PATH_MAX];

	(void)state;
	known_hosts("known", "far %\n", "ed25519");
	scratch_path("known", path);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(chmod(path, bad[i]), 0);
		not_relied_on(fault);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(chmod(path, good[i]), 0);
		found("far", HOSTKEY_OK);
	}
}

static void
a_file_of_somebody_elses_is_not_relied_on(void **state)
{
	(void)state;
	scratch_need_root();
	known_hosts("known", "far %\n", "ed25519");
	scratch_own("known", 1000, 0);
	not_relied_on("not owned by root (chown root)");
}

static void
what_is_no_plain_file_is_not_relied_on(void **state)
{
	char path[PATH_MAX], below[PATH_MAX + 8];
	struct hostkey_fault fault;
	struct hostkeys keys;

	(void)state;
	scratch_path("known", path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkdir(path, 0755), 0);
	not_relied_on("not a plain file");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0644), 0);
	not_relied_on("not a plain file");
	assert_int_equal(unlink(path), 0);
	/* a path through what is no directory is not one that is not there */
	scratch_write("known", "", 0, 0644);
	snprintf(below, sizeof(below), "%s/below", path);
	assert_false(hostkey_find(below, "far", &keys, &fault));
	hostkey_free(&keys);
}

/* A link to a good file is as good as that. */
static void
a_link_is_followed(void **state)
{
	char path[PATH_MAX], link[PATH_MAX];

	(void)state;
	known_hosts("real", "far %\n", "ed25519");
	scratch_path("known", link);
	scratch_path("real", path);
	assert_int_equal(unlink(link), 0);
	assert_int_equal(symlink("real", link), 0);
	found("far", HOSTKEY_OK);
	assert_int_equal(chmod(path, 0666), 0);
	not_relied_on("writable by others than root (chmod go-w)");
}

/*
 * It might have said that the key is revoked.  Tried as nobody, for root may
 * read everything.
 */
static void
a_file_that_may_not_be_read_is_an_error(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	known_hosts("known", "far %\n", "ed25519");
	assert_int_equal(chmod(scratch_dir, 0755), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct hostkey_fault fault = { "", "" };
		struct hostkeys keys;
		bool fit = chdir(scratch_dir) == 0 && chmod("known", 0) == 0 &&
		    (geteuid() != 0 || setuid(65534) == 0);

		fit = fit && !hostkey_find("known", "far", &keys, &fault);
		_exit(fit &&
			    strcmp(fault.detail,
				"known: cannot be read: Permission denied") == 0
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_on_port_22_goes_by_its_name_alone),
		cmocka_unit_test(a_host_on_another_port_goes_by_both),
		cmocka_unit_test(the_longest_host_keeps_its_port),
		cmocka_unit_test(the_key_on_file_is_right),
		cmocka_unit_test(no_line_means_that_the_host_is_unknown),
		cmocka_unit_test(only_other_keys_mean_that_it_changed),
		cmocka_unit_test(
		    a_revoked_key_is_revoked_whatever_else_is_there),
		cmocka_unit_test(another_revoked_key_says_nothing_of_this_one),
		cmocka_unit_test(a_certificate_authority_is_no_host_key),
		cmocka_unit_test(other_marks_say_nothing),
		cmocka_unit_test(junk_says_nothing),
		cmocka_unit_test(a_nul_byte_ends_nothing_but_the_text),
		cmocka_unit_test(a_type_longer_than_any_is_junk),
		cmocka_unit_test(so_many_keys_are_taken_and_not_one_more),
		cmocka_unit_test(a_key_may_be_long),
		cmocka_unit_test(check_is_of_the_whole_key),
		cmocka_unit_test(
		    the_algorithms_asked_for_are_those_of_the_keys_on_file),
		cmocka_unit_test(an_algorithm_is_asked_for_once),
		cmocka_unit_test(marked_keys_ask_for_no_algorithm),
		cmocka_unit_test(of_those_in_the_setting_that_have_a_key),
		cmocka_unit_test(algorithms_that_do_not_fit_are_left_out_whole),
		cmocka_unit_test(the_fingerprint_is_what_ssh_keygen_prints),
		cmocka_unit_test(a_plain_name_is_found),
		cmocka_unit_test(a_name_has_no_case),
		cmocka_unit_test(a_hashed_name_is_found),
		cmocka_unit_test(wildcards_and_negation_are_heeded),
		cmocka_unit_test(a_port_is_a_part_of_the_name),
		cmocka_unit_test(revoked_and_authority_marks_are_found),
		cmocka_unit_test(a_key_of_each_type_is_found),
		cmocka_unit_test(a_long_list_of_revoked_keys_is_read_whole),
		cmocka_unit_test(comments_and_damaged_lines_are_passed_over),
		cmocka_unit_test(all_files_count_and_a_missing_one_is_empty),
		cmocka_unit_test(a_path_is_named_by_its_number),
		cmocka_unit_test(a_file_that_others_can_write_is_not_relied_on),
		cmocka_unit_test(a_file_of_somebody_elses_is_not_relied_on),
		cmocka_unit_test(what_is_no_plain_file_is_not_relied_on),
		cmocka_unit_test(a_link_is_followed),
		cmocka_unit_test(a_file_that_may_not_be_read_is_an_error),
	};

	return cmocka_run_group_tests_name("hostkey", tests, make_keys,
	    scratch_remove);
}
