#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "inifile.h"

#include "../../shim/lib/usermap.h"

static void
numbers_are_taken_from_their_first_to_their_last(void **state)
{
	static const struct {
		const char *section, *key;
		long first, last;
		const char *expected;
	} numbers[] = {
		{ "remote", "port", 1, 65535, "a number from 1 to 65535" },
		{ "remote", "connect_timeout", 1, 20,
		    "a number of seconds from 1 to 20" },
		{ "clients", "cache_ttl", 0, 86400,
		    "a number of seconds from 0 to 86400" },
		{ "users", "negative_ttl", 0, 86400,
		    "a number of seconds from 0 to 86400" },
		{ "users", "lookups_per_minute", 1, 10000,
		    "a number from 1 to 10000" },
		{ "mosh", "network_timeout", 60, 31536000,
		    "a number of seconds from 60 to 31536000" },
		{ "session", "share_idle", 0, 86400,
		    "a number of seconds from 0 to 86400" },
		{ "session", "share_max_age", 10, 86400,
		    "a number of seconds from 10 to 86400" },
		{ "session", "share_max", 1, 10000,
		    "a number from 1 to 10000" },
	};
	static const char *const bad[] = { "", "x", "1x", "1 2", "-1", "+1",
		"1.5", "0x10", "1e3", "4294967297", "18446744073709551617",
		"99999999999999999999999", "yes" };
	char value[32];

	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const char *section = numbers[i].section;
		const char *key = numbers[i].key;
		const char *expected = numbers[i].expected;

		snprintf(value, sizeof(value), "%ld", numbers[i].first);
		inifile_taken(section, key, value);
		snprintf(value, sizeof(value), "%ld", numbers[i].last);
		inifile_taken(section, key, value);
		snprintf(value, sizeof(value), "%ld", numbers[i].last + 1);
		inifile_not_taken(section, key, value, expected);
		if (numbers[i].first > 0) {
			snprintf(value, sizeof(value), "%ld",
			    numbers[i].first - 1);
			inifile_not_taken(section, key, value, expected);
		}
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
			inifile_not_taken(section, key, bad[j], expected);
	}
}

static void
uids_are_neither_the_systems_nor_out_of_range(void **state)
{
	static const char expected[] = "a number from 1000 to 2000000000";

	(void)state;
	inifile_taken("users", "uid_min", "1000");
	inifile_taken("users", "uid_max", "2000000000");
	inifile_not_taken("users", "uid_min", "999", expected);
	inifile_not_taken("users", "uid_min", "0", expected);
	inifile_not_taken("users", "uid_max", "2000000001", expected);
	inifile_not_taken("users", "uid_max", "-1", expected);
}

static void
yes_and_no_are_spelled_so(void **state)
{
	static const char *const bad[] = { "", "Yes", "YES", "true", "1", "on",
		"yes!", "ye", "noo" };

	(void)state;
	inifile_taken("remote", "verify_host_key", "no");
	inifile_taken("mosh", "title_prefix", "no");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		inifile_not_taken("remote", "verify_host_key", bad[i],
		    "yes or no");
		inifile_not_taken("mosh", "title_prefix", bad[i], "yes or no");
	}
}

static void
a_host_is_a_name_or_an_address(void **state)
{
	static const char expected[] = "a host name or address";
	static const char *const good[] = { "far.example.org", "192.0.2.1",
		"::1", "fe80::1%eth0", "x_y", "A" };
	static const char *const bad[] = { "-oProxyCommand=x", "-far", "a b",
		"a,b", "a/b", "[::1]", "user@far", "far;reboot", "f\xc3\xa4r",
		"a*", "'far'", "\"far\"", "!far" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		inifile_taken("remote", "host", good[i]);
		inifile_taken("mosh", "host", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		inifile_not_taken("remote", "host", bad[i], expected);
		inifile_not_taken("mosh", "host", bad[i], expected);
	}
}

static void
paths_are_absolute(void **state)
{
	(void)state;
	inifile_taken("gateway", "key", "/a b/c");
	inifile_not_taken("gateway", "key", "", "an absolute path");
	inifile_taken("clients", "authorized_keys", "/x");
	inifile_taken("clients", "authorized_keys", "");
	inifile_not_taken("gateway", "key", "id_ed25519", "an absolute path");
	inifile_not_taken("gateway", "key", "~/.ssh/id_ed25519",
	    "an absolute path");
	inifile_not_taken("clients", "authorized_keys", "./x",
	    "an absolute path");
	inifile_taken("remote", "known_hosts", "");
	inifile_taken("remote", "known_hosts", "/a, /b ,/c");
	inifile_not_taken("remote", "known_hosts", "a", "absolute paths");
	inifile_not_taken("remote", "known_hosts", "/a b", "absolute paths");
	inifile_not_taken("remote", "known_hosts", "/a,~/b", "absolute paths");
	/* a file with the line ends of another system */
	inifile_not_taken("gateway", "key", "/a\rkeys = any",
	    "an absolute path");
	inifile_not_taken("clients", "authorized_keys", "/a\vb",
	    "an absolute path");
	inifile_not_taken("remote", "known_hosts", "/a\rport=22",
	    "absolute paths");
}

static void
remote_keys_are_harmless_words_for_a_shell(void **state)
{
	static const char expected[] = "paths, of letters, digits, "
				       "./_-+@ and %u";
	static const char *const bad[] = { "", ",", "a;b", "$HOME/x", "`id`",
		"a\\b", "'a'", "\"a\"", "a|b", "a&b", "a>b", "~/x", "a*", "a?",
		"[a]", "{a}", "(a)", "a!b", "a#b", "a=b", "\xc3\xa4", "%", "%%",
		"%%u", "a%", "%h/x", "%U", "%k", "%u %i", "%u%", "% u", "%,u" };

	(void)state;
	inifile_taken("clients", "remote_keys",
	    "/etc/ssh/keys/%u .ssh/a_b-c+d@e");
	inifile_taken("clients", "remote_keys", "/%u/%u%u,%u2");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		inifile_not_taken("clients", "remote_keys", bad[i], expected);
}

static void
the_mosh_server_is_a_harmless_command_for_a_shell(void **state)
{
	static const char expected[] = "a command, of letters, digits and "
				       "./_-+@%=:,";
	static const char *const bad[] = { "", "a;b", "$HOME/x", "`id`", "a\\b",
		"'a'", "\"a\"", "a|b", "a&b", "a>b", "~/x", "a*", "(a)", "a!b",
		"a#b" };

	(void)state;
	inifile_taken("mosh", "server", "/opt/mosh/bin/mosh-server -v");
	inifile_taken("mosh", "server", "env TZ=:UTC mosh-server");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		inifile_not_taken("mosh", "server", bad[i], expected);
}

static void
mosh_ports_are_one_or_a_range(void **state)
{
	static const char *const good[] = { "1", "65535", "60000:60000",
		"1:65535" };
	static const char *const bad[] = { "", "0", "65536", "0:1", "1:65536",
		"2:1", "1:", ":1", ":", "1:2:3", "1-2", "a:b", "1 :2", "1: 2",
		"00000000001:2", "60000:61000;id" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		inifile_taken("mosh", "ports", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		inifile_not_taken("mosh", "ports", bad[i], "PORT or PORT:PORT");
}

static void
algorithms_are_those_that_there_are(void **state)
{
	static const struct {
		const char *key, *name, *expected;
	} kinds[] = {
		{ "ciphers", "aes256-ctr",
		    "a list, or one behind +, - or ^, of "
		    "chacha20-poly1305@openssh.com,aes128-gcm@openssh.com,"
		    "aes256-gcm@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,"
		    "aes256-cbc,rijndael-cbc@lysator.liu.se,aes192-cbc,"
		    "aes128-cbc,cast128-cbc,blowfish-cbc,3des-cbc,arcfour256,"
		    "arcfour128,arcfour" },
		{ "macs", "hmac-md5",
		    "a list, or one behind +, - or ^, of "
		    "umac-64-etm@openssh.com,umac-128-etm@openssh.com,"
		    "hmac-sha2-256-etm@openssh.com,"
		    "hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,"
		    "umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,"
		    "hmac-sha2-512,hmac-sha1,hmac-ripemd160,"
		    "hmac-ripemd160@openssh.com,hmac-sha1-96,hmac-md5,"
		    "hmac-md5-96" },
		{ "kex", "ecdh-sha2-nistp256",
		    "a list, or one behind +, - or ^, of "
		    "mlkem768x25519-sha256,sntrup761x25519-sha512,"
		    "sntrup761x25519-sha512@openssh.com,curve25519-sha256,"
		    "curve25519-sha256@libssh.org,ecdh-sha2-nistp256,"
		    "ecdh-sha2-nistp384,ecdh-sha2-nistp521,"
		    "diffie-hellman-group-exchange-sha256,"
		    "diffie-hellman-group16-sha512,"
		    "diffie-hellman-group18-sha512,"
		    "diffie-hellman-group14-sha256,"
		    "diffie-hellman-group14-sha1,"
		    "diffie-hellman-group-exchange-sha1,"
		    "diffie-hellman-group1-sha1" },
		{ "host_key_algorithms", "ssh-rsa",
		    "a list, or one behind +, - or ^, of "
		    "ssh-ed25519,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,"
		    "ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,ssh-rsa,"
		    "ssh-dss" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		static const char *const bad[] = { "a b", "none-such",
			"+none-such", "-*", "none" };
		char added[64];

		snprintf(added, sizeof(added), "+%s", kinds[i].name);
		inifile_taken("remote", kinds[i].key, "");
		inifile_taken("remote", kinds[i].key, kinds[i].name);
		inifile_taken("remote", kinds[i].key, added);
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
			inifile_not_taken("remote", kinds[i].key, bad[j],
			    kinds[i].expected);
	}
}

static void
words_are_taken_as_they_are_spelled(void **state)
{
	static const char predict[] = "adaptive, always, never or experimental";

	(void)state;
	inifile_taken("mosh", "predict", "always");
	inifile_taken("mosh", "predict", "experimental");
	inifile_not_taken("mosh", "predict", "", predict);
	inifile_not_taken("mosh", "predict", "Always", predict);
	inifile_taken("mosh", "fallback", "no");
	inifile_not_taken("mosh", "fallback", "yes", "ssh or no");
	inifile_taken("clients", "keys", "any\nany_key = i-know");
	inifile_not_taken("clients", "keys", "", "remote, file or any");
	inifile_not_taken("clients", "keys", "Any", "remote, file or any");
	inifile_not_taken("clients", "keys", "remote,any",
	    "remote, file or any");
	inifile_taken("clients", "forced_commands", "honor");
	inifile_taken("clients", "forced_commands", "refuse");
	inifile_not_taken("clients", "forced_commands", "yes",
	    "refuse or honor");
}

static void
what_proves_who_comes_is_a_key_or_an_agent_or_both(void **state)
{
	static const char ways[] = "key, agent or agent,key";

	(void)state;
	inifile_taken("gateway", "auth", "key");
	inifile_taken("gateway", "auth", "agent,key");
	inifile_taken("gateway", "auth", "agent, \t key");
	inifile_not_taken("gateway", "auth", "agent key", ways);
	inifile_not_taken("gateway", "auth", "agent ,key", ways);
	inifile_not_taken("gateway", "auth", "key, agent", ways);
	inifile_not_taken("gateway", "auth", "agent,", ways);
}

static void
passwords_are_a_files_or_the_remotes_or_none(void **state)
{
	static const char passwords[] = "no, remote or an absolute path";

	(void)state;
	inifile_taken("clients", "passwords", "no");
	inifile_taken("clients", "passwords", "remote");
	inifile_taken("clients", "passwords", "/etc/moshgate/passwords");
	inifile_not_taken("clients", "passwords", "", passwords);
	inifile_not_taken("clients", "passwords", "yes", passwords);
	inifile_not_taken("clients", "passwords", "passwords", passwords);
	inifile_not_taken("clients", "passwords", "/a\rb", passwords);
}

static void
an_escape_key_is_one_character(void **state)
{
	static const char *const good[] = { "none", "~", "x", "^^", "^]" };
	static const char *const bad[] = { "", "no", "None", "ab", "^ab",
		"\xc3\xa4", "\x7f", "\001", "^\001" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		inifile_taken("mosh", "escape_key", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		inifile_not_taken("mosh", "escape_key", bad[i],
		    "none, a character, or ^ and a character");
}

static void
patterns_and_names_of_users_have_their_characters(void **state)
{
	(void)state;
	inifile_taken("clients", "users", "");
	inifile_taken("clients", "users", "*, !root, a?c, [a-z]*");
	inifile_not_taken("clients", "users", "a/b", "patterns of user names");
	inifile_not_taken("clients", "users", "a\\*", "patterns of user names");
	inifile_not_taken("clients", "users", "(a|b)",
	    "patterns of user names");
	inifile_taken("users", "names", "alice, bob.b");
	inifile_not_taken("users", "names", "a*", "user names");
	inifile_not_taken("users", "names", "a:b", "user names");
}

/* Anything else would promise what this version doesn't do. */
static void
what_this_version_lacks_is_refused(void **state)
{
	(void)state;
	inifile_not_taken("session", "remote_log", "yes",
	    "no (this version has no other)");
	inifile_taken("session", "command",
	    "tmux new-session -A -s \"it's\" \\ $HOME");
	inifile_not_taken("session", "command", "a\tb",
	    "a command, without control characters");
	inifile_not_taken("session", "remote_log", "yes",
	    "no (this version has no other)");
}

/* A file with KEY = the base64 of LEN bytes of 'k', in SECTION. */
static char *
file_with_content(const char *section, const char *key, size_t len)
{
	const size_t size = sodium_base64_encoded_len(len,
	    sodium_base64_VARIANT_ORIGINAL);
	unsigned char *content = malloc(len);
	char *base64 = malloc(size), *text = NULL;

	assert_non_null(content);
	assert_non_null(base64);
	memset(content, 'k', len);
	sodium_bin2base64(base64, size, content, len,
	    sodium_base64_VARIANT_ORIGINAL);
	assert_true(asprintf(&text, HOST "[%s]\n%s = %s\n[mosh]\n", section,
			key, base64) > 0);
	free(content);
	free(base64);
	return text;
}

static void
a_key_may_be_given_as_long_base64(void **state)
{
	static const size_t lens[] = { 1, 2, 3, 100, 411, 4000, 48 * 1024 };

	(void)state;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		char *text = file_with_content("gateway", "key_content",
		    lens[i]);
		struct config *config = inifile_parse(text);

		assert_int_equal(config->key_content_size, lens[i] + 1);
		assert_int_equal(strspn(config->key_content, "k"), lens[i]);
		assert_int_equal(config->key_content[lens[i]], '\0');
		config_free(config);
		free(text);
	}
}

static void
authorized_keys_may_be_given_as_long_base64(void **state)
{
	char *text = file_with_content("clients", "authorized_keys_content",
	    3000);
	struct config *config = inifile_parse(text);

	(void)state;
	assert_int_equal(strlen(config->authorized_keys_content), 3000);
	config_free(config);
	free(text);
}

static void
content_that_is_no_base64_is_refused(void **state)
{
	static const char *const bad[] = { "*", "A", "AA", "AA=", "AAA",
		"A===", "AA==A", "AAAA ; no", "-AAA", "_AAA", "\"AAAA\"" };
	char text[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
		    HOST "[gateway]\nkey_content = "
			 "%s\n",
		    bad[i]);
		inifile_refuse(text,
		    "a.ini:4: key_content: expected the key file, in base64, "
		    "in one line of at most 65536 bytes");
	}
	/* a NUL byte in what it encodes */
	inifile_refuse(HOST "[gateway]\nkey_content = YQBi\n",
	    "a.ini:4: key_content: expected the key file, in base64, in one "
	    "line of at most 65536 bytes");
	inifile_refuse(HOST "[clients]\nauthorized_keys_content = ????\n",
	    "a.ini:4: authorized_keys_content: expected an authorized_keys "
	    "file, in base64, in one line of at most 65536 bytes");
	inifile_refuse(HOST "[clients]\nauthorized_keys_content = YQBi\n",
	    "a.ini:4: authorized_keys_content: expected an authorized_keys "
	    "file, in base64, in one line of at most 65536 bytes");
}

static void
content_of_more_than_64_kib_is_refused(void **state)
{
	char *text = file_with_content("gateway", "key_content",
	    (size_t)48 * 1024 + 1);

	(void)state;
	inifile_refuse(text,
	    "a.ini:4: key_content: expected the key file, in base64, in one "
	    "line of at most 65536 bytes");
	free(text);
}

static void
content_belongs_in_its_section(void **state)
{
	(void)state;
	inifile_refuse(HOST "[mosh]\nkey_content = eA==\n",
	    "a.ini:4: there is no setting \"key_content\" in [mosh]");
	inifile_refuse(HOST "[gateway]\nauthorized_keys_content = eA==\n",
	    "a.ini:4: there is no setting \"authorized_keys_content\" in "
	    "[gateway]");
	inifile_refuse(HOST "[gateway]\nkey_contents = eA==\n",
	    "a.ini:4: there is no setting \"key_contents\" in [gateway]");
}

static void
a_user_name_is_one_that_no_system_takes_amiss(void **state)
{
	static const char *const good[] = { "alice", "a", "A", "_apt", "a-b",
		"a.b", ".a", "...", "1a", "a1", "0x10", "1.5", "1-1",
		("abcdefghijklmnopqrstuvwxyz_0123456789.-"
		 "ABCDEFGHIJKLMNOPQRSTUVWXY") };
	static const char *const bad[] = { "", ".", "..", "-", "-a", "--help",
		"0", "1000", "4294967296", "a b", "a/b", "../a", "a:b", "a\nb",
		"a\tb", "a;b", "a$", "$(id)", "`id`", "a@b", "a\\b", "a*",
		"a'b", "a\"b", "a%u", "+a", "a,b", "\xc3\xa4", "\x7f",
		("abcdefghijklmnopqrstuvwxyz_0123456789.-"
		 "ABCDEFGHIJKLMNOPQRSTUVWXYZ") };

	(void)state;
	assert_int_equal(strlen(good[sizeof(good) / sizeof(good[0]) - 1]), 64);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		if (!username_valid(good[i]))
			fail_msg("\"%s\" is refused", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (username_valid(bad[i]))
			fail_msg("\"%s\" is taken", bad[i]);
	}
}

static void
patterns_say_who_may_come(void **state)
{
	static const struct {
		const char *patterns, *name;
		bool wanted;
	} cases[] = {
		{ "*", "alice", true },
		{ "*", ".alice", true },
		{ "", "alice", false },
		{ "alice", "alice", true },
		{ "alice", "alic", false },
		{ "alice", "alice2", false },
		{ "alice", "Alice", false },
		{ "alice bob", "bob", true },
		{ "alice,bob", "bob", true },
		{ "alice, bob", "carol", false },
		{ "a*", "alice", true },
		{ "a*", "bob", false },
		{ "a?c", "abc", true },
		{ "a?c", "ac", false },
		{ "[ab]*", "bob", true },
		{ "[!ab]*", "bob", false },
		{ "* !alice", "alice", false },
		{ "!alice *", "alice", false },
		{ "!alice *", "bob", true },
		{ "* !a*", "alice", false },
		{ "!a* alice", "alice", false },
		{ "!alice", "bob", false },
		{ "!", "bob", false },
		{ "* !", "bob", true },
		/* on some remotes all these are one user */
		{ "* !alice", "Alice", false },
		{ "* !Alice", "aLICE", false },
		{ "* !a*", "ALICE", false },
		{ "!ALICE alice", "alice", false },
		{ "* !alice", "alicE2", true },
		{ "A*", "alice", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config = inifile_parse(
		    inifile_with("clients", "users", cases[i].patterns));

		if (config_wants_user(config, cases[i].name) != cases[i].wanted)
			fail_msg("users = %s: %s", cases[i].patterns,
			    cases[i].name);
		config_free(config);
	}
}

static void
reserved_names_are_so_whatever_their_case_is(void **state)
{
	static const struct {
		const char *patterns, *name;
		bool reserved;
	} cases[] = {
		{ "svc-*", "svc-x", true },
		{ "svc-*", "SVC-x", true },
		{ "Svc-*", "svc-x", true },
		{ "svc-* !svc-x", "svc-x", false },
		{ "svc-* !svc-x", "Svc-x", true },
		{ "", "alice", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config = inifile_parse(
		    inifile_with("users", "reserved", cases[i].patterns));

		if (config_reserves_user(config, cases[i].name) !=
		    cases[i].reserved)
			fail_msg("reserved = %s: %s", cases[i].patterns,
			    cases[i].name);
		config_free(config);
	}
}

static void
names_are_taken_to_the_letter(void **state)
{
	struct config *config = inifile_parse(
	    inifile_with("users", "names", "carol Dee"));

	(void)state;
	assert_true(config_names_user(config, "carol"));
	assert_false(config_names_user(config, "Carol"));
	assert_false(config_names_user(config, "dee"));
	assert_true(config_names_like(config, "Carol"));
	assert_true(config_names_like(config, "dee"));
	assert_true(config_names_like(config, "carol"));
	assert_false(config_names_like(config, "alice"));
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    numbers_are_taken_from_their_first_to_their_last),
		cmocka_unit_test(uids_are_neither_the_systems_nor_out_of_range),
		cmocka_unit_test(yes_and_no_are_spelled_so),
		cmocka_unit_test(a_host_is_a_name_or_an_address),
		cmocka_unit_test(paths_are_absolute),
		cmocka_unit_test(remote_keys_are_harmless_words_for_a_shell),
		cmocka_unit_test(
		    the_mosh_server_is_a_harmless_command_for_a_shell),
		cmocka_unit_test(mosh_ports_are_one_or_a_range),
		cmocka_unit_test(algorithms_are_those_that_there_are),
		cmocka_unit_test(words_are_taken_as_they_are_spelled),
		cmocka_unit_test(an_escape_key_is_one_character),
		cmocka_unit_test(
		    patterns_and_names_of_users_have_their_characters),
		cmocka_unit_test(what_this_version_lacks_is_refused),
		cmocka_unit_test(
		    what_proves_who_comes_is_a_key_or_an_agent_or_both),
		cmocka_unit_test(passwords_are_a_files_or_the_remotes_or_none),
		cmocka_unit_test(a_key_may_be_given_as_long_base64),
		cmocka_unit_test(authorized_keys_may_be_given_as_long_base64),
		cmocka_unit_test(content_that_is_no_base64_is_refused),
		cmocka_unit_test(content_of_more_than_64_kib_is_refused),
		cmocka_unit_test(content_belongs_in_its_section),
		cmocka_unit_test(a_user_name_is_one_that_no_system_takes_amiss),
		cmocka_unit_test(patterns_say_who_may_come),
		cmocka_unit_test(reserved_names_are_so_whatever_their_case_is),
		cmocka_unit_test(names_are_taken_to_the_letter),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("value", tests, NULL, NULL);
}
