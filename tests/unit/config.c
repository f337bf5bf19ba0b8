#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "inifile.h"
#include "scratch.h"

static void
the_host_is_all_that_must_be_set(void **state)
{
	struct config *config = inifile_parse(HOST);

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
	config_free(config);
}

static void
values_go_where_they_belong(void **state)
{
	struct config *config = inifile_parse(
	    "[remote]\nhost = 2001:db8::1\nport = 2222\n"
	    "known_hosts = /a,/b\t/c\nverify_host_key = no\n"
	    "connect_timeout = 20\nciphers = aes256-ctr,aes128-ctr\n"
	    "macs = hmac-sha2-256-etm@openssh.com\n"
	    "kex = curve25519-sha256\nhost_key_algorithms = ssh-ed25519\n"
	    "[gateway]\nkey = /k\n"
	    "[clients]\nkeys = any\nany_key = i-know\nremote_keys = /etc/keys/%u, .ssh/keys\n"
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
a_missing_host_is_asked_for(void **state)
{
	static const char expected[] =
	    "a.ini: [remote] host is not set: expected the name or address of "
	    "the far server";

	(void)state;
	inifile_refuse("", expected);
	inifile_refuse("\n\n# nothing\n", expected);
	inifile_refuse("[remote]\nport = 22\n", expected);
	inifile_refuse("[remote]\nhost =\n", expected);
	inifile_refuse("[mosh]\nhost = far\n", expected);
}

static void
uid_min_is_not_above_uid_max(void **state)
{
	(void)state;
	inifile_accept_bytes(HOST "[users]\nuid_min = 99999\n",
	    sizeof(HOST "[users]\nuid_min = 99999\n") - 1);
	inifile_refuse(HOST "[users]\nuid_min = 100000\n",
	    "a.ini: [users] uid_min is above uid_max");
	inifile_refuse(HOST "[users]\nuid_max = 65535\n",
	    "a.ini: [users] uid_min is above uid_max");
}

static void
keys_from_a_file_need_the_file(void **state)
{
	(void)state;
	inifile_refuse(HOST "[clients]\nkeys = file\n",
	    "a.ini: [clients] keys = file needs authorized_keys or "
	    "authorized_keys_content");
	inifile_taken("clients", "keys", "file\nauthorized_keys = /x");
	inifile_taken("clients", "keys",
	    "file\nauthorized_keys_content = eA==");
}

static void
what_contradicts_itself_is_refused(void **state)
{
	static const char any_key[] =
	    "a.ini: [clients] keys = any opens every account that the "
	    "gateway's key opens to whoever can connect: say auth = agent in "
	    "[gateway], or any_key = i-know beside it";
	static const char others[] =
	    "a.ini: [clients] keys = any and keys = file would let others use "
	    "what a password has opened: not with passwords = remote";

	(void)state;
	inifile_refuse(HOST "[clients]\nkeys = any\n", any_key);
	inifile_refuse(HOST
	    "[clients]\nkeys = any\n[gateway]\nauth = agent, key\n",
	    any_key);
	inifile_taken("clients", "keys", "any\n[gateway]\nauth = agent");
	inifile_refuse(HOST "[gateway]\nauth = agent\n",
	    "a.ini: [clients] keys = remote needs the gateway's key: say keys "
	    "= file or keys = any, or auth = agent, key in [gateway]");
	inifile_taken("gateway", "auth", "agent,\t key");
	inifile_refuse(HOST "verify_host_key = no\n"
			    "[clients]\npasswords = remote\n",
	    "a.ini: [clients] passwords = remote would tell them to whoever is "
	    "there, with verify_host_key = no in [remote]");
	inifile_refuse(HOST
	    "[clients]\nkeys = any\nany_key = i-know\npasswords = remote\n",
	    others);
	inifile_refuse(HOST "[clients]\nkeys = file\n"
			    "authorized_keys = /k\npasswords = remote\n",
	    others);
	inifile_taken("clients", "passwords", "remote");
	inifile_taken("clients", "keys",
	    "file\nauthorized_keys = /k\npasswords = /p");
}

static void
a_setting_set_twice_is_refused(void **state)
{
	(void)state;
	inifile_refuse(HOST "host = far\n",
	    "a.ini:3: host in [remote] is set a second time");
	inifile_refuse(HOST "port = 22\n[mosh]\n[remote]\nport = 22\n",
	    "a.ini:6: port in [remote] is set a second time");
	inifile_refuse(HOST
	    "[gateway]\nkey_content = eA==\nkey_content = eA==\n",
	    "a.ini:5: key_content in [gateway] is set a second time");
	inifile_refuse(HOST "[gateway]\nkey_content =\nkey_content = eA==\n",
	    "a.ini:5: key_content in [gateway] is set a second time");
	inifile_accept_bytes(HOST "[mosh]\nhost = other\n",
	    sizeof(HOST "[mosh]\nhost = other\n") - 1);
}

static void
an_error_is_one_line_however_long_the_value(void **state)
{
	char error[CONFIG_ERROR_BYTES], text[256] = HOST "port = ";

	(void)state;
	memset(text + strlen(text), 'x', 180);
	assert_null(inifile_parse_bytes(text, strlen(text), error));
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_host_is_all_that_must_be_set),
		cmocka_unit_test(values_go_where_they_belong),
		cmocka_unit_test(a_missing_host_is_asked_for),
		cmocka_unit_test(uid_min_is_not_above_uid_max),
		cmocka_unit_test(keys_from_a_file_need_the_file),
		cmocka_unit_test(what_contradicts_itself_is_refused),
		cmocka_unit_test(a_setting_set_twice_is_refused),
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
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("config", tests, scratch_make,
	    scratch_remove);
}
