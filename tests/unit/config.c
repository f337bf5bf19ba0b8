#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "scratch.h"

#include "../../helper/config.h"
#include "../../shim/lib/usermap.h"

/* Every file has to name the remote. */
#define HOST "[remote]\nhost = far\n"

/* The configuration in LEN bytes at TEXT, or NULL and ERROR. */
static struct config *
parse_bytes(const char *text, size_t len, char error[CONFIG_ERROR_BYTES])
{
	char *copy = malloc(len + 1);
	struct config *config;

	assert_non_null(copy);
	memcpy(copy, text, len);
	copy[len] = '\0';
	memset(error, 'x', CONFIG_ERROR_BYTES);
	config = config_parse("a.ini", copy, len, error);
	free(copy);
	return config;
}

/* The configuration in TEXT, which must be right; for config_free(). */
static struct config *
parse(const char *text)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = parse_bytes(text, strlen(text), error);

	if (config == NULL)
		fail_msg("refused: %s", error);
	return config;
}

static void
accept_bytes(const char *text, size_t len)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = parse_bytes(text, len, error);

	if (config == NULL) {
		fail_msg("refused: %s", error);
		return;
	}
	assert_string_equal(error, "");
	assert_string_equal(config->host, "far");
	config_free(config);
}

/* The LEN bytes at TEXT are refused, and the message is EXPECTED. */
static void
refuse_bytes(const char *text, size_t len, const char *expected)
{
	char error[CONFIG_ERROR_BYTES];
	struct config *config = parse_bytes(text, len, error);

	if (config != NULL)
		fail_msg("taken, not refused with \"%s\"", expected);
	assert_string_equal(error, expected);
}

static void
refuse(const char *text, const char *expected)
{
	refuse_bytes(text, strlen(text), expected);
}

/* The file that sets KEY in SECTION to VALUE, with the host before it. */
static const char *
file_with(const char *section, const char *key, const char *value)
{
	static char text[1024];

	if (strcmp(section, "remote") == 0)
		snprintf(text, sizeof(text), "[remote]\n%s%s = %s\n",
		    strcmp(key, "host") == 0 ? "" : "host = far\n", key, value);
	else
		snprintf(text, sizeof(text), HOST "[%s]\n%s = %s\n", section,
		    key, value);
	return text;
}

static void
taken(const char *section, const char *key, const char *value)
{
	config_free(parse(file_with(section, key, value)));
}

/* VALUE is refused, in a message that names file and line and quotes it. */
static void
not_taken(const char *section, const char *key, const char *value,
    const char *expected)
{
	const char *text = file_with(section, key, value);
	char error[CONFIG_ERROR_BYTES], message[CONFIG_ERROR_BYTES];
	unsigned lines = 0;
	struct config *config;

	for (const char *c = text; *c != '\0'; c++)
		lines += *c == '\n';
	snprintf(message, sizeof(message),
	    "a.ini:%u: %s: expected %s, not \"%s\"", lines, key, expected,
	    value);
	config = parse_bytes(text, strlen(text), error);
	if (config != NULL)
		fail_msg("%s = %s is taken", key, value);
	assert_string_equal(error, message);
}

static void
the_host_is_all_that_must_be_set(void **state)
{
	struct config *config = parse(HOST);

	(void)state;
	assert_string_equal(config->host, "far");
	assert_int_equal(config->port, 22);
	assert_string_equal(config->known_hosts,
	    "/etc/moshgate/known_hosts  /etc/ssh/ssh_known_hosts");
	assert_true(config->verify_host_key);
	assert_int_equal(config->connect_timeout_s, 10);
	assert_string_equal(config->ciphers, "");
	assert_string_equal(config->macs, "");
	assert_string_equal(config->kex, "");
	assert_string_equal(config->host_key_algorithms, "");
	assert_string_equal(config->key, "/etc/moshgate/id_ed25519");
	assert_null(config->key_content);
	assert_int_equal(config->keys, CONFIG_KEYS_REMOTE);
	assert_string_equal(config->remote_keys,
	    ".ssh/authorized_keys .ssh/authorized_keys2");
	assert_int_equal(config->cache_ttl_s, 60);
	assert_string_equal(config->authorized_keys, "");
	assert_string_equal(config->authorized_keys_content, "");
	assert_string_equal(config->passwords, "no");
	assert_string_equal(config->users, "*");
	assert_int_equal(config->uid_min, 65536);
	assert_int_equal(config->uid_max, 99999);
	assert_string_equal(config->names, "");
	assert_int_equal(config->negative_ttl_s, 60);
	assert_int_equal(config->lookups_per_minute, 6);
	assert_string_equal(config->mosh_server, "mosh-server");
	assert_string_equal(config->mosh_ports, "60000:61000");
	assert_string_equal(config->mosh_host, "");
	assert_int_equal(config->network_timeout_s, 604800);
	assert_string_equal(config->predict, "adaptive");
	assert_string_equal(config->escape_key, "none");
	assert_true(config->title_prefix);
	assert_string_equal(config->command, "");
	assert_int_equal(config->share_idle_s, 600);
	assert_int_equal(config->share_max_age_s, 300);
	assert_int_equal(config->share_max, 256);
	assert_false(config->remote_log);
	config_free(config);
}

static void
every_setting_takes_its_own_default(void **state)
{
	size_t count;
	const struct config_setting *settings = config_settings(&count);

	(void)state;
	assert_true(count > 30);
	for (size_t i = 0; i < count; i++) {
		const struct config_setting *s = &settings[i];

		if (strcmp(s->key, "host") != 0 ||
		    strcmp(s->section, "remote") != 0)
			taken(s->section, s->key, s->initial);
	}
}

static void
no_two_settings_have_one_name(void **state)
{
	size_t count;
	const struct config_setting *settings = config_settings(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(settings[i].section,
					 settings[j].section) == 0 &&
			    strcmp(settings[i].key, settings[j].key) == 0);
	}
}

static void
values_go_where_they_belong(void **state)
{
	struct config *config = parse(
	    "[remote]\nhost = 2001:db8::1\nport = 2222\n"
	    "known_hosts = /a,/b\t/c\nverify_host_key = no\n"
	    "connect_timeout = 20\nciphers = aes256-ctr,aes128-ctr\n"
	    "macs = hmac-sha2-256-etm@openssh.com\n"
	    "kex = curve25519-sha256\nhost_key_algorithms = ssh-ed25519\n"
	    "[gateway]\nkey = /k\n"
	    "[clients]\nkeys = any\nremote_keys = /etc/keys/%u, .ssh/keys\n"
	    "cache_ttl = 0\nauthorized_keys = /ak\nusers = a*, !ab\n"
	    "[users]\nuid_min = 1000\nuid_max = 2000\nnames = a,b\n"
	    "negative_ttl = 1\nlookups_per_minute = 7\n"
	    "[mosh]\nserver = env A=b mosh-server\nports = 60001\n"
	    "host = far2\nnetwork_timeout = 60\npredict = never\n"
	    "escape_key = ^^\ntitle_prefix = no\n"
	    "[session]\nshare_idle = 2\nshare_max_age = 10\nshare_max = 3\n");

	(void)state;
	assert_string_equal(config->host, "2001:db8::1");
	assert_int_equal(config->port, 2222);
	assert_string_equal(config->known_hosts, "/a /b /c");
	assert_false(config->verify_host_key);
	assert_int_equal(config->connect_timeout_s, 20);
	assert_string_equal(config->ciphers, "aes256-ctr,aes128-ctr");
	assert_string_equal(config->macs, "hmac-sha2-256-etm@openssh.com");
	assert_string_equal(config->kex, "curve25519-sha256");
	assert_string_equal(config->host_key_algorithms, "ssh-ed25519");
	assert_string_equal(config->key, "/k");
	assert_int_equal(config->keys, CONFIG_KEYS_ANY);
	assert_string_equal(config->remote_keys, "/etc/keys/%u  .ssh/keys");
	assert_int_equal(config->cache_ttl_s, 0);
	assert_string_equal(config->authorized_keys, "/ak");
	assert_string_equal(config->users, "a*  !ab");
	assert_int_equal(config->uid_min, 1000);
	assert_int_equal(config->uid_max, 2000);
	assert_string_equal(config->names, "a b");
	assert_int_equal(config->negative_ttl_s, 1);
	assert_int_equal(config->lookups_per_minute, 7);
	assert_string_equal(config->mosh_server, "env A=b mosh-server");
	assert_string_equal(config->mosh_ports, "60001");
	assert_string_equal(config->mosh_host, "far2");
	assert_int_equal(config->network_timeout_s, 60);
	assert_string_equal(config->predict, "never");
	assert_string_equal(config->escape_key, "^^");
	assert_false(config->title_prefix);
	assert_int_equal(config->share_idle_s, 2);
	assert_int_equal(config->share_max_age_s, 10);
	assert_int_equal(config->share_max, 3);
	config_free(config);
}

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
		taken(section, key, value);
		snprintf(value, sizeof(value), "%ld", numbers[i].last);
		taken(section, key, value);
		snprintf(value, sizeof(value), "%ld", numbers[i].last + 1);
		not_taken(section, key, value, expected);
		if (numbers[i].first > 0) {
			snprintf(value, sizeof(value), "%ld",
			    numbers[i].first - 1);
			not_taken(section, key, value, expected);
		}
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++)
			not_taken(section, key, bad[j], expected);
	}
}

static void
uids_are_neither_the_systems_nor_out_of_range(void **state)
{
	static const char expected[] = "a number from 1000 to 2000000000";

	(void)state;
	taken("users", "uid_min", "1000");
	taken("users", "uid_max", "2000000000");
	not_taken("users", "uid_min", "999", expected);
	not_taken("users", "uid_min", "0", expected);
	not_taken("users", "uid_max", "2000000001", expected);
	not_taken("users", "uid_max", "-1", expected);
}

static void
yes_and_no_are_spelled_so(void **state)
{
	static const char *const bad[] = { "", "Yes", "YES", "true", "1", "on",
		"yes!", "ye", "noo" };

	(void)state;
	taken("remote", "verify_host_key", "no");
	taken("mosh", "title_prefix", "no");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		not_taken("remote", "verify_host_key", bad[i], "yes or no");
		not_taken("mosh", "title_prefix", bad[i], "yes or no");
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
		taken("remote", "host", good[i]);
		taken("mosh", "host", good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		not_taken("remote", "host", bad[i], expected);
		not_taken("mosh", "host", bad[i], expected);
	}
}

static void
paths_are_absolute(void **state)
{
	(void)state;
	taken("gateway", "key", "/a b/c");
	not_taken("gateway", "key", "", "an absolute path");
	taken("clients", "authorized_keys", "/x");
	taken("clients", "authorized_keys", "");
	not_taken("gateway", "key", "id_ed25519", "an absolute path");
	not_taken("gateway", "key", "~/.ssh/id_ed25519", "an absolute path");
	not_taken("clients", "authorized_keys", "./x", "an absolute path");
	taken("remote", "known_hosts", "");
	taken("remote", "known_hosts", "/a, /b ,/c");
	not_taken("remote", "known_hosts", "a", "absolute paths");
	not_taken("remote", "known_hosts", "/a b", "absolute paths");
	not_taken("remote", "known_hosts", "/a,~/b", "absolute paths");
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
	taken("clients", "remote_keys", "/etc/ssh/keys/%u .ssh/a_b-c+d@e");
	taken("clients", "remote_keys", "/%u/%u%u,%u2");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		not_taken("clients", "remote_keys", bad[i], expected);
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
	taken("mosh", "server", "/opt/mosh/bin/mosh-server -v");
	taken("mosh", "server", "env TZ=:UTC mosh-server");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		not_taken("mosh", "server", bad[i], expected);
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
		taken("mosh", "ports", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		not_taken("mosh", "ports", bad[i], "PORT or PORT:PORT");
}

static void
algorithms_are_names_with_commas(void **state)
{
	static const char *const keys[] = { "ciphers", "macs", "kex",
		"host_key_algorithms" };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		taken("remote", keys[i], "");
		taken("remote", keys[i], "a-1@x.org,b");
		not_taken("remote", keys[i], "a b",
		    "names of algorithms, separated by commas");
		not_taken("remote", keys[i], "+a",
		    "names of algorithms, separated by commas");
	}
}

static void
words_are_taken_as_they_are_spelled(void **state)
{
	static const char predict[] = "adaptive, always, never or experimental";

	(void)state;
	taken("mosh", "predict", "always");
	taken("mosh", "predict", "experimental");
	not_taken("mosh", "predict", "", predict);
	not_taken("mosh", "predict", "Always", predict);
	taken("mosh", "fallback", "no");
	not_taken("mosh", "fallback", "yes", "ssh or no");
	taken("clients", "keys", "any");
	not_taken("clients", "keys", "", "remote, file or any");
	not_taken("clients", "keys", "Any", "remote, file or any");
	not_taken("clients", "keys", "remote,any", "remote, file or any");
	taken("clients", "forced_commands", "honor");
	taken("clients", "forced_commands", "refuse");
	not_taken("clients", "forced_commands", "yes", "refuse or honor");
}

static void
an_escape_key_is_one_character(void **state)
{
	static const char *const good[] = { "none", "~", "x", "^^", "^]" };
	static const char *const bad[] = { "", "no", "None", "ab", "^ab",
		"\xc3\xa4", "\x7f", "\001", "^\001" };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		taken("mosh", "escape_key", good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		not_taken("mosh", "escape_key", bad[i],
		    "none, a character, or ^ and a character");
}

static void
patterns_and_names_of_users_have_their_characters(void **state)
{
	(void)state;
	taken("clients", "users", "");
	taken("clients", "users", "*, !root, a?c, [a-z]*");
	not_taken("clients", "users", "a/b", "patterns of user names");
	not_taken("clients", "users", "a\\*", "patterns of user names");
	not_taken("clients", "users", "(a|b)", "patterns of user names");
	taken("users", "names", "alice, bob.b");
	not_taken("users", "names", "a*", "user names");
	not_taken("users", "names", "a:b", "user names");
}

/* Anything else would promise what this version doesn't do. */
static void
what_this_version_lacks_is_refused(void **state)
{
	(void)state;
	not_taken("gateway", "auth", "agent",
	    "key (this version has no other)");
	not_taken("gateway", "auth", "agent, key",
	    "key (this version has no other)");
	not_taken("clients", "passwords", "remote",
	    "no (this version has no other)");
	not_taken("clients", "passwords", "/etc/passwords",
	    "no (this version has no other)");
	taken("session", "command", "tmux new-session -A -s \"it's\" \\ $HOME");
	not_taken("session", "command", "a\tb",
	    "a command, without control characters");
	not_taken("session", "remote_log", "yes",
	    "no (this version has no other)");
}

static void
a_missing_host_is_asked_for(void **state)
{
	static const char expected[] =
	    "a.ini: [remote] host is not set: expected the name or address of "
	    "the far server";

	(void)state;
	refuse("", expected);
	refuse("\n\n# nothing\n", expected);
	refuse("[remote]\nport = 22\n", expected);
	refuse("[remote]\nhost =\n", expected);
	refuse("[mosh]\nhost = far\n", expected);
}

static void
uid_min_is_not_above_uid_max(void **state)
{
	(void)state;
	accept_bytes(HOST "[users]\nuid_min = 99999\n",
	    sizeof(HOST "[users]\nuid_min = 99999\n") - 1);
	refuse(HOST "[users]\nuid_min = 100000\n",
	    "a.ini: [users] uid_min is above uid_max");
	refuse(HOST "[users]\nuid_max = 65535\n",
	    "a.ini: [users] uid_min is above uid_max");
}

static void
keys_from_a_file_need_the_file(void **state)
{
	(void)state;
	refuse(HOST "[clients]\nkeys = file\n",
	    "a.ini: [clients] keys = file needs authorized_keys or "
	    "authorized_keys_content");
	taken("clients", "keys", "file\nauthorized_keys = /x");
	taken("clients", "keys", "file\nauthorized_keys_content = eA==");
}

static void
an_unknown_section_is_refused_even_when_empty(void **state)
{
	(void)state;
	refuse(HOST "[sessions]\nshare_idle = 1\n",
	    "a.ini:3: there is no section [sessions]");
	refuse(HOST "[sessions]\n", "a.ini:3: there is no section [sessions]");
	refuse("[sessions]\n" HOST, "a.ini:1: there is no section [sessions]");
	refuse(HOST "[Mosh]\n", "a.ini:3: there is no section [Mosh]");
	refuse(HOST "[]\n", "a.ini:3: there is no section []");
	refuse(HOST "[ mosh ]\n", "a.ini:3: there is no section [ mosh ]");
	refuse(HOST "[mosh] port = 1\n",
	    "a.ini:3: expected nothing behind [section]");
	refuse(HOST "[mosh\n", "a.ini:3: expected [section], not \"[mosh\"");
	refuse(HOST "[a-section-with-a-name-of-31-chars]\n",
	    "a.ini:3: expected [section], not "
	    "\"[a-section-with-a-name-of-31-chars]\"");
}

/* inih skips blanks, and a byte order mark, before it looks for a section. */
static void
an_unknown_section_cannot_hide_behind_blanks(void **state)
{
	static const char *const blanks[] = { " ", "\t", "\v", "\f", "\r",
		" \f", "\xef\xbb\xbf" };

	(void)state;
	for (size_t i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		char error[CONFIG_ERROR_BYTES], text[128];
		struct config *config;

		snprintf(text, sizeof(text), "%s[sessions]\n" HOST, blanks[i]);
		config = parse_bytes(text, strlen(text), error);
		if (config != NULL)
			fail_msg("taken behind \\x%02x",
			    (unsigned char)blanks[i][0]);
		assert_memory_equal(error, "a.ini:1: ", 9);
	}
}

static void
sections_may_come_twice_and_in_any_order(void **state)
{
	struct config *config = parse(
	    "[mosh]\npredict = never\n" HOST "[session]\n[mosh] ; again\n"
	    "title_prefix = no\n[users]#\n");

	(void)state;
	assert_string_equal(config->predict, "never");
	assert_false(config->title_prefix);
	config_free(config);
}

static void
an_unknown_setting_is_refused(void **state)
{
	(void)state;
	refuse(HOST "prot = 22\n",
	    "a.ini:3: there is no setting \"prot\" in [remote]");
	refuse(HOST "Port = 22\n",
	    "a.ini:3: there is no setting \"Port\" in [remote]");
	refuse(HOST "predict = never\n",
	    "a.ini:3: there is no setting \"predict\" in [remote]");
	refuse(HOST "port22 = \n",
	    "a.ini:3: there is no setting \"port22\" in [remote]");
	refuse(HOST "= 22\n", "a.ini:3: there is no setting \"\" in [remote]");
}

static void
a_setting_before_any_section_is_refused(void **state)
{
	char error[CONFIG_ERROR_BYTES];

	(void)state;
	assert_null(parse_bytes("host = far\n", 11, error));
	assert_memory_equal(error, "a.ini:1: ", 9);
	assert_non_null(strstr(error, "host"));
}

static void
a_setting_set_twice_is_refused(void **state)
{
	(void)state;
	refuse(HOST "host = far\n",
	    "a.ini:3: host in [remote] is set a second time");
	refuse(HOST "port = 22\n[mosh]\n[remote]\nport = 22\n",
	    "a.ini:6: port in [remote] is set a second time");
	refuse(HOST "[gateway]\nkey_content = eA==\nkey_content = eA==\n",
	    "a.ini:5: key_content in [gateway] is set a second time");
	refuse(HOST "[gateway]\nkey_content =\nkey_content = eA==\n",
	    "a.ini:5: key_content in [gateway] is set a second time");
	accept_bytes(HOST "[mosh]\nhost = other\n",
	    sizeof(HOST "[mosh]\nhost = other\n") - 1);
}

static void
an_indented_line_is_refused(void **state)
{
	(void)state;
	refuse(HOST "  far2\n",
	    "a.ini:3: expected no blank at the start of the line");
	refuse(HOST "\tport = 22\n",
	    "a.ini:3: expected no blank at the start of the line");
}

static void
a_line_that_is_no_setting_is_named(void **state)
{
	static const char expected[] =
	    "a.ini:3: expected [section] or key = value";

	(void)state;
	refuse(HOST "nonsense", expected);
	refuse(HOST "nonsense\n", expected);
	refuse(HOST "nonsense\nport = 22\n\n# the end\n", expected);
	refuse(HOST "nonsense\nport = bad\n", expected);
	refuse(HOST "nonsense\n[sessions]\n", expected);
}

static void
the_first_of_several_errors_is_told(void **state)
{
	(void)state;
	refuse("[remote]\nport = bad\nhosts = far\n[sessions]\n",
	    "a.ini:2: port: expected a number from 1 to 65535, not \"bad\"");
}

static void
a_nul_byte_is_refused(void **state)
{
	static const char in_value[] = HOST "port = 2\0002\n";
	static const char in_comment[] = HOST "# a\0b\n";
	static const char at_the_end[] = HOST "\0";

	(void)state;
	refuse_bytes(in_value, sizeof(in_value) - 1,
	    "a.ini:3: there is a NUL byte in this line");
	refuse_bytes(in_comment, sizeof(in_comment) - 1,
	    "a.ini:3: there is a NUL byte in this line");
	refuse_bytes(at_the_end, sizeof(at_the_end) - 1,
	    "a.ini:3: there is a NUL byte in this line");
}

static void
lines_may_end_as_on_windows(void **state)
{
	struct config *config = parse("# x\r\n[remote]\r\nhost = far\r\n\r\n"
				      "[mosh] \r\npredict = never\r\n");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_string_equal(config->predict, "never");
	config_free(config);
}

static void
the_last_line_may_lack_its_newline(void **state)
{
	struct config *config = parse("[remote]\nport = 23\nhost = far");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_int_equal(config->port, 23);
	config_free(config);
	refuse(HOST "port = x",
	    "a.ini:3: port: expected a number from 1 to 65535, not \"x\"");
}

static void
comments_begin_with_a_semicolon_or_a_hash(void **state)
{
	struct config *config = parse("; a\n# b\n[remote] # c\n"
				      ";host = near\n#host = near\n"
				      "host = far ; d\nport = 23\t; e = f\n"
				      "# [sessions]\n;[sessions]\n#nonsense\n");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_int_equal(config->port, 23);
	config_free(config);
	refuse(HOST "port = 22 # no\n",
	    "a.ini:3: port: expected a number from 1 to 65535, not "
	    "\"22 # no\"");
}

static void
a_colon_is_an_equals_sign(void **state)
{
	struct config *config = parse("[remote]\nhost: far\nport : 23\n");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_int_equal(config->port, 23);
	config_free(config);
}

/* A file whose third line, a comment or KEY = ..., is LEN bytes long. */
static char *
file_with_line(const char *begin, size_t len)
{
	char *text = malloc(sizeof(HOST) + len + 64);

	assert_non_null(text);
	memcpy(text, HOST, sizeof(HOST) - 1);
	memset(text + sizeof(HOST) - 1, 'x', len);
	memcpy(text + sizeof(HOST) - 1, begin, strlen(begin));
	memcpy(text + sizeof(HOST) - 1 + len, "\nport = 23\n", 12);
	return text;
}

/* inih's buffer of 200 bytes also holds a newline and a NUL. */
static void
a_line_has_at_most_198_bytes(void **state)
{
	static const size_t bad[] = { 199, 200, 201, 5000 };
	static const char *const begins[] = { "#", "ciphers = " };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = file_with_line(begins[i], 198);
		struct config *config = parse(text);

		assert_int_equal(config->port, 23);
		if (i == 1)
			assert_int_equal(strlen(config->ciphers), 188);
		config_free(config);
		free(text);
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			text = file_with_line(begins[i], bad[j]);
			refuse(text,
			    "a.ini:3: the line is longer than 198 bytes");
			free(text);
		}
	}
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
		struct config *config = parse(text);

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
	struct config *config = parse(text);

	(void)state;
	assert_int_equal(strlen(config->authorized_keys_content), 3000);
	config_free(config);
	free(text);
}

static void
a_key_leaves_nothing_in_the_text_it_came_from(void **state)
{
	static const char *const values[] = { "S0VZS0VZS0VZS0VZ",
		"S0VZS0VZ:not:base64", "S0VZS0VZ\nkey_content = S0VZS0VZ" };

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char error[CONFIG_ERROR_BYTES], text[256];
		struct config *config;
		size_t len;

		snprintf(text, sizeof(text),
		    HOST "[gateway]\n key_content\t:  %s\n[mosh]\n", values[i]);
		len = strlen(text);
		config = config_parse("a.ini", text, len, error);
		if (i == 0)
			assert_string_equal(config->key_content,
			    "KEYKEYKEYKEY");
		else
			assert_null(config);
		assert_null(memmem(text, len, "S0VZ", 4));
		assert_null(strstr(error, "S0VZ"));
		config_free(config);
	}
}

/* However it is written, what may be a key does not go to the log. */
static void
no_error_quotes_a_key(void **state)
{
	static const char *const lines[] = { "key_content = %s*",
		"\fkey_content = %s", "\vkey_content = %s",
		" key_content =\n %s==", "key_content = %s\n %s=\n%s=\n",
		"key_content = %s\n%s==\n", "key_content =\n%s==\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char error[CONFIG_ERROR_BYTES], text[512] = HOST "[gateway]\n";
		size_t used = strlen(text);

		for (const char *c = lines[i]; *c != '\0'; c++) {
			if (c[0] == '%' && c[1] == 's') {
				memcpy(text + used, "S0VZS0VZ", 8);
				used += 8;
				c++;
			} else {
				text[used++] = *c;
			}
		}
		text[used] = '\0';
		config_free(parse_bytes(text, used, error));
		if (strstr(error, "S0VZ") != NULL)
			fail_msg("%s", error);
	}
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
		refuse(text,
		    "a.ini:4: key_content: expected the key file, in base64, "
		    "in one line of at most 65536 bytes");
	}
	refuse(HOST "[clients]\nauthorized_keys_content = ????\n",
	    "a.ini:4: authorized_keys_content: expected an authorized_keys "
	    "file, in base64, in one line of at most 65536 bytes");
	refuse(HOST "[clients]\nauthorized_keys_content = YQBi\n",
	    "a.ini:4: authorized_keys_content: expected an authorized_keys "
	    "file, in base64");
}

static void
content_of_more_than_64_kib_is_refused(void **state)
{
	char *text = file_with_content("gateway", "key_content",
	    (size_t)48 * 1024 + 1);

	(void)state;
	refuse(text,
	    "a.ini:4: key_content: expected the key file, in base64, in one "
	    "line of at most 65536 bytes");
	free(text);
}

static void
content_belongs_in_its_section(void **state)
{
	(void)state;
	refuse(HOST "[mosh]\nkey_content = eA==\n",
	    "a.ini:4: there is no setting \"key_content\" in [mosh]");
	refuse(HOST "[gateway]\nauthorized_keys_content = eA==\n",
	    "a.ini:4: there is no setting \"authorized_keys_content\" in "
	    "[gateway]");
	refuse(HOST "[gateway]\nkey_contents = eA==\n",
	    "a.ini:4: there is no setting \"key_contents\" in [gateway]");
}

static void
an_error_is_one_line_however_long_the_value(void **state)
{
	char error[CONFIG_ERROR_BYTES], text[256] = HOST "port = ";

	(void)state;
	memset(text + strlen(text), 'x', 180);
	assert_null(parse_bytes(text, strlen(text), error));
	assert_true(strlen(error) < CONFIG_ERROR_BYTES);
	assert_null(strchr(error, '\n'));
}

/* Reads the file called a.ini with TEXT in it and MODE; ERROR is "" if good. */
static struct config *
read_file(const char *text, mode_t mode, uid_t owner,
    char error[CONFIG_ERROR_BYTES])
{
	char path[PATH_MAX];

	scratch_write("a.ini", text, strlen(text), mode);
	scratch_path("a.ini", path);
	if (owner != geteuid())
		scratch_own("a.ini", owner, (gid_t)-1);
	error[0] = '\0';
	return config_read(path, error);
}

static void
file_refused(const char *text, mode_t mode, uid_t owner, const char *reason)
{
	char error[CONFIG_ERROR_BYTES], expected[PATH_MAX];

	assert_null(read_file(text, mode, owner, error));
	scratch_path("a.ini", expected);
	strncat(expected, ": ", sizeof(expected) - strlen(expected) - 1);
	strncat(expected, reason, sizeof(expected) - strlen(expected) - 1);
	assert_string_equal(error, expected);
}

static void
a_file_of_roots_is_read(void **state)
{
	static const mode_t good[] = { 0400, 0600, 0640, 0644, 0755 };
	char error[CONFIG_ERROR_BYTES];

	(void)state;
	scratch_need_root();
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct config *config = read_file(HOST, good[i], 0, error);

		assert_non_null(config);
		assert_string_equal(config->host, "far");
		config_free(config);
	}
}

static void
an_error_in_a_file_names_its_path(void **state)
{
	char error[CONFIG_ERROR_BYTES], expected[PATH_MAX];

	(void)state;
	scratch_need_root();
	assert_null(read_file(HOST "[sessions]\n", 0640, 0, error));
	scratch_path("a.ini", expected);
	strncat(expected, ":3: there is no section [sessions]",
	    sizeof(expected) - strlen(expected) - 1);
	assert_string_equal(error, expected);
}

static void
a_file_of_somebody_elses_is_refused(void **state)
{
	(void)state;
	if (geteuid() == 0)
		file_refused(HOST, 0644, 1000,
		    "not owned by root (chown root)");
	else
		file_refused(HOST, 0644, geteuid(),
		    "not owned by root (chown root)");
}

static void
a_file_that_others_can_write_is_refused(void **state)
{
	static const char reason[] = "writable by others than root "
				     "(chmod go-w)";

	(void)state;
	scratch_need_root();
	file_refused(HOST, 0660, 0, reason);
	file_refused(HOST, 0642, 0, reason);
	file_refused(HOST, 0666, 0, reason);
}

static void
a_key_in_a_file_for_others_is_refused(void **state)
{
	static const char text[] = HOST "[gateway]\nkey_content = eA==\n";
	static const char reason[] = "readable by others, with a key in it "
				     "(chown root:_moshgate, chmod 0640)";
	char error[CONFIG_ERROR_BYTES];
	struct config *config;

	(void)state;
	scratch_need_root();
	file_refused(text, 0644, 0, reason);
	file_refused(text, 0604, 0, reason);
	config = read_file(text, 0640, 0, error);
	assert_non_null(config);
	config_free(config);
}

static void
a_key_in_a_file_for_another_group_is_refused(void **state)
{
	static const char text[] = HOST "[gateway]\nkey_content = eA==\n";
	static const struct {
		const char *text;
		mode_t mode;
		bool taken;
	} files[] = { { text, 0640, false }, { text, 0600, true },
		{ HOST, 0640, true } };
	char error[CONFIG_ERROR_BYTES], path[PATH_MAX];

	(void)state;
	scratch_need_root();
	scratch_path("a.ini", path);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct config *config;

		scratch_write("a.ini", files[i].text, strlen(files[i].text),
		    files[i].mode);
		scratch_own("a.ini", 0, 1000);
		config = config_read(path, error);
		assert_int_equal(config != NULL, files[i].taken);
		assert_int_equal(error[0] == '\0', files[i].taken);
		if (config == NULL)
			assert_non_null(
			    strstr(error, ": readable by others, with a key"));
		config_free(config);
	}
}

static void
what_is_no_plain_file_is_refused(void **state)
{
	char error[CONFIG_ERROR_BYTES], path[PATH_MAX];

	(void)state;
	assert_null(config_read(scratch_dir, error));
	assert_non_null(strstr(error, ": not a plain file"));
	assert_null(config_read("/dev/zero", error));
	assert_string_equal(error, "/dev/zero: not a plain file");
	scratch_path("fifo", path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_null(config_read(path, error));
	assert_non_null(strstr(error, ": not a plain file"));
}

static void
a_missing_file_is_named(void **state)
{
	char error[CONFIG_ERROR_BYTES];

	(void)state;
	assert_null(config_read("/nowhere/a.ini", error));
	assert_string_equal(error,
	    "/nowhere/a.ini: cannot be read: No such file or directory");
}

static void
a_file_of_more_than_256_kib_is_refused(void **state)
{
	char *text = malloc(CONFIG_MAX_BYTES + 2), error[CONFIG_ERROR_BYTES];
	struct config *config;

	(void)state;
	assert_non_null(text);
	memset(text, '\n', CONFIG_MAX_BYTES + 1);
	text[CONFIG_MAX_BYTES + 1] = '\0';
	memcpy(text + CONFIG_MAX_BYTES - sizeof(HOST), HOST, sizeof(HOST) - 1);
	if (geteuid() == 0) {
		file_refused(text, 0640, 0, "too long");
		text[CONFIG_MAX_BYTES] = '\0';
		config = read_file(text, 0640, 0, error);
		assert_non_null(config);
		assert_string_equal(config->host, "far");
		config_free(config);
	}
	free(text);
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
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *config = parse(
		    file_with("clients", "users", cases[i].patterns));

		if (config_wants_user(config, cases[i].name) != cases[i].wanted)
			fail_msg("users = %s: %s", cases[i].patterns,
			    cases[i].name);
		config_free(config);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_is_all_that_must_be_set),
		cmocka_unit_test(every_setting_takes_its_own_default),
		cmocka_unit_test(no_two_settings_have_one_name),
		cmocka_unit_test(values_go_where_they_belong),
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
		cmocka_unit_test(algorithms_are_names_with_commas),
		cmocka_unit_test(words_are_taken_as_they_are_spelled),
		cmocka_unit_test(an_escape_key_is_one_character),
		cmocka_unit_test(
		    patterns_and_names_of_users_have_their_characters),
		cmocka_unit_test(what_this_version_lacks_is_refused),
		cmocka_unit_test(a_missing_host_is_asked_for),
		cmocka_unit_test(uid_min_is_not_above_uid_max),
		cmocka_unit_test(keys_from_a_file_need_the_file),
		cmocka_unit_test(an_unknown_section_is_refused_even_when_empty),
		cmocka_unit_test(an_unknown_section_cannot_hide_behind_blanks),
		cmocka_unit_test(sections_may_come_twice_and_in_any_order),
		cmocka_unit_test(an_unknown_setting_is_refused),
		cmocka_unit_test(a_setting_before_any_section_is_refused),
		cmocka_unit_test(a_setting_set_twice_is_refused),
		cmocka_unit_test(an_indented_line_is_refused),
		cmocka_unit_test(a_line_that_is_no_setting_is_named),
		cmocka_unit_test(the_first_of_several_errors_is_told),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(lines_may_end_as_on_windows),
		cmocka_unit_test(the_last_line_may_lack_its_newline),
		cmocka_unit_test(comments_begin_with_a_semicolon_or_a_hash),
		cmocka_unit_test(a_colon_is_an_equals_sign),
		cmocka_unit_test(a_line_has_at_most_198_bytes),
		cmocka_unit_test(a_key_may_be_given_as_long_base64),
		cmocka_unit_test(authorized_keys_may_be_given_as_long_base64),
		cmocka_unit_test(a_key_leaves_nothing_in_the_text_it_came_from),
		cmocka_unit_test(no_error_quotes_a_key),
		cmocka_unit_test(content_that_is_no_base64_is_refused),
		cmocka_unit_test(content_of_more_than_64_kib_is_refused),
		cmocka_unit_test(content_belongs_in_its_section),
		cmocka_unit_test(an_error_is_one_line_however_long_the_value),
		cmocka_unit_test(a_file_of_roots_is_read),
		cmocka_unit_test(an_error_in_a_file_names_its_path),
		cmocka_unit_test(a_file_of_somebody_elses_is_refused),
		cmocka_unit_test(a_file_that_others_can_write_is_refused),
		cmocka_unit_test(a_key_in_a_file_for_others_is_refused),
		cmocka_unit_test(a_key_in_a_file_for_another_group_is_refused),
		cmocka_unit_test(what_is_no_plain_file_is_refused),
		cmocka_unit_test(a_missing_file_is_named),
		cmocka_unit_test(a_file_of_more_than_256_kib_is_refused),
		cmocka_unit_test(a_user_name_is_one_that_no_system_takes_amiss),
		cmocka_unit_test(patterns_say_who_may_come),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("config", tests, scratch_make,
	    scratch_remove);
}
