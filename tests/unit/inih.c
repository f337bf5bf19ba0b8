#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "inifile.h"

static void
an_unknown_section_is_refused_even_when_empty(void **state)
{
	(void)state;
	inifile_refuse(HOST "[sessions]\nshare_idle = 1\n",
	    "a.ini:3: there is no section [sessions]");
	inifile_refuse(HOST "[sessions]\n",
	    "a.ini:3: there is no section [sessions]");
	inifile_refuse("[sessions]\n" HOST,
	    "a.ini:1: there is no section [sessions]");
	inifile_refuse(HOST "[Mosh]\n", "a.ini:3: there is no section [Mosh]");
	inifile_refuse(HOST "[]\n", "a.ini:3: there is no section []");
	inifile_refuse(HOST "[ mosh ]\n",
	    "a.ini:3: there is no section [ mosh ]");
	inifile_refuse(HOST "[mosh] port = 1\n",
	    "a.ini:3: expected nothing behind [section]");
	inifile_refuse(HOST "[mosh\n",
	    "a.ini:3: expected [section], not \"[mosh\"");
	inifile_refuse(HOST "[a-section-with-a-name-of-31-chars]\n",
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
		config = inifile_parse_bytes(text, strlen(text), error);
		if (config != NULL)
			fail_msg("taken behind \\x%02x",
			    (unsigned char)blanks[i][0]);
		assert_memory_equal(error, "a.ini:1: ", 9);
	}
}

static void
sections_may_come_twice_and_in_any_order(void **state)
{
	struct config *config = inifile_parse(
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
	inifile_refuse(HOST "prot = 22\n",
	    "a.ini:3: there is no setting \"prot\" in [remote]");
	inifile_refuse(HOST "Port = 22\n",
	    "a.ini:3: there is no setting \"Port\" in [remote]");
	inifile_refuse(HOST "predict = never\n",
	    "a.ini:3: there is no setting \"predict\" in [remote]");
	inifile_refuse(HOST "port22 = \n",
	    "a.ini:3: there is no setting \"port22\" in [remote]");
	inifile_refuse(HOST "= 22\n",
	    "a.ini:3: there is no setting \"\" in [remote]");
}

static void
a_setting_before_any_section_is_refused(void **state)
{
	char error[CONFIG_ERROR_BYTES];

	(void)state;
	assert_null(inifile_parse_bytes("host = far\n", 11, error));
	assert_memory_equal(error, "a.ini:1: ", 9);
	assert_non_null(strstr(error, "host"));
}

static void
an_indented_line_is_refused(void **state)
{
	(void)state;
	inifile_refuse(HOST "  far2\n",
	    "a.ini:3: expected no blank at the start of the line");
	inifile_refuse(HOST "\tport = 22\n",
	    "a.ini:3: expected no blank at the start of the line");
}

static void
a_line_that_is_no_setting_is_named(void **state)
{
	static const char expected[] =
	    "a.ini:3: expected [section] or key = value";

	(void)state;
	inifile_refuse(HOST "nonsense", expected);
	inifile_refuse(HOST "nonsense\n", expected);
	inifile_refuse(HOST "nonsense\nport = 22\n\n# the end\n", expected);
	inifile_refuse(HOST "nonsense\nport = bad\n", expected);
	inifile_refuse(HOST "nonsense\n[sessions]\n", expected);
}

static void
the_first_of_several_errors_is_told(void **state)
{
	(void)state;
	inifile_refuse("[remote]\nport = bad\nhosts = far\n[sessions]\n",
	    "a.ini:2: port: expected a number from 1 to 65535, not \"bad\"");
}

static void
a_nul_byte_is_refused(void **state)
{
	static const char in_value[] = HOST "port = 2\0002\n";
	static const char in_comment[] = HOST "# a\0b\n";
	static const char at_the_end[] = HOST "\0";

	(void)state;
	inifile_refuse_bytes(in_value, sizeof(in_value) - 1,
	    "a.ini:3: there is a NUL byte in this line");
	inifile_refuse_bytes(in_comment, sizeof(in_comment) - 1,
	    "a.ini:3: there is a NUL byte in this line");
	inifile_refuse_bytes(at_the_end, sizeof(at_the_end) - 1,
	    "a.ini:3: there is a NUL byte in this line");
}

static void
lines_may_end_as_on_windows(void **state)
{
	struct config *config = inifile_parse(
	    "# x\r\n[remote]\r\nhost = far\r\n\r\n"
	    "[mosh] \r\npredict = never\r\n");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_string_equal(config->predict, "never");
	config_free(config);
}

static void
the_last_line_may_lack_its_newline(void **state)
{
	struct config *config = inifile_parse(
	    "[remote]\nport = 23\nhost = far");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_int_equal(config->port, 23);
	config_free(config);
	inifile_refuse(HOST "port = x",
	    "a.ini:3: port: expected a number from 1 to 65535, not \"x\"");
}

static void
comments_begin_with_a_semicolon_or_a_hash(void **state)
{
	struct config *config = inifile_parse(
	    "; a\n# b\n[remote] # c\n"
	    ";host = near\n#host = near\n"
	    "host = far\n[remote] ; d\nport = 23\n"
	    "# [sessions]\n;[sessions]\n#nonsense\n");

	(void)state;
	assert_string_equal(config->host, "far");
	assert_int_equal(config->port, 23);
	config_free(config);
	inifile_refuse(HOST "port = 22 # no\n",
	    "a.ini:3: port: expected a number from 1 to 65535, not "
	    "\"22 # no\"");
}

static void
a_colon_is_an_equals_sign(void **state)
{
	struct config *config = inifile_parse(
	    "[remote]\nhost: far\nport : 23\n");

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
	static const char *const begins[] = { "#", "ciphers = -" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text = file_with_line(begins[i], 198);
		struct config *config = inifile_parse(text);

		assert_int_equal(config->port, 23);
		if (i == 1)
			assert_int_equal(strlen(config->ciphers), 188);
		config_free(config);
		free(text);
		for (size_t j = 0; j < sizeof(bad) / sizeof(bad[0]); j++) {
			text = file_with_line(begins[i], bad[j]);
			inifile_refuse(text,
			    "a.ini:3: the line is longer than 198 bytes");
			free(text);
		}
	}
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
		config_free(inifile_parse_bytes(text, used, error));
		if (strstr(error, "S0VZ") != NULL)
			fail_msg("%s", error);
	}
}

/* inih takes a blank and ";" for the begin of a comment, and drops it. */
static void
a_value_that_would_be_cut_is_refused(void **state)
{
	static const struct {
		const char *section, *line, *key;
	} cut[] = {
		{ "session", "command = cd /srv ; exec rbash", "command" },
		{ "session", "command = cd /srv\t; exec rbash", "command" },
		{ "session", "command = cd /srv;  ; exec rbash", "command" },
		{ "session", "command = 'a ;b'", "command" },
		{ "session", "command = ; exec rbash", "command" },
		{ "session", "command = \t; exec rbash", "command" },
		{ "session", "command: a ; b", "command" },
		{ "session", "command = a \v; b", "command" },
		{ "session", "command = a ;", "command" },
		{ "session", "share_max = 5 ; of them", "share_max" },
		{ "session", "remote_log = no ;", "remote_log" },
		{ "gateway", "key = /etc/key ;2", "key" },
		{ "clients", "users = * ;!mallory", "users" },
		{ "users", "names = alice ; bob", "names" },
		{ "mosh", "escape_key = ^ ;", "escape_key" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cut) / sizeof(cut[0]); i++) {
		char text[128], expected[256];

		snprintf(text, sizeof(text), HOST "[%s]\n%s\n", cut[i].section,
		    cut[i].line);
		snprintf(expected, sizeof(expected),
		    "a.ini:4: %s: a blank and \";\" begin a comment here: take "
		    "the blank away, or give the comment a line of its own",
		    cut[i].key);
		inifile_refuse(text, expected);
	}
}

/* The same in the name of a setting: inih then finds no "=" at all. */
static void
a_name_that_would_be_cut_is_refused(void **state)
{
	static const char expected[] =
	    "a.ini:3: expected [section] or key = value";

	(void)state;
	inifile_refuse(HOST "port ; = 22\n", expected);
	inifile_refuse(HOST "port ; = 22", expected);
	inifile_refuse(HOST "port ;x: 22\n[mosh]\npredict = bad\n", expected);
	inifile_refuse(HOST "port ;\n", expected);
}

/* What is between "=" and the end of the line, without blanks around. */
static void
a_value_is_what_stands_there(void **state)
{
	static const struct {
		const char *line, *command;
	} values[] = {
		{ "command = cd /srv; exec rbash", "cd /srv; exec rbash" },
		{ "command =;", ";" },
		{ "command = ;;", NULL },
		{ "command = a;b;;c", "a;b;;c" },
		{ "command = \"a b\"", "\"a b\"" },
		{ "command = 'a'", "'a'" },
		{ "command = a # b", "a # b" },
		{ "command = # b", "# b" },
		{ "command = a = b", "a = b" },
		{ "command : a = b", "a = b" },
		{ "command = a : b", "a : b" },
		{ "command == a", "= a" },
		{ "command = [mosh]", "[mosh]" },
		{ "command = a \\", "a \\" },
		{ "command = a\\;b\\n", "a\\;b\\n" },
		{ "command = ${HOME}%i%%", "${HOME}%i%%" },
		{ "command \t=\v a \t\f\r", "a" },
		{ "command =a", "a" },
		{ "command=", "" },
		{ "command = \t ", "" },
		{ "command = \xef\xbb\xbf\xc3\xa4\xa0\x85",
		    "\xef\xbb\xbf\xc3\xa4\xa0\x85" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char error[CONFIG_ERROR_BYTES], text[128];
		struct config *config;

		snprintf(text, sizeof(text), HOST "[session]\n%s\n",
		    values[i].line);
		config = inifile_parse_bytes(text, strlen(text), error);
		if (values[i].command == NULL) {
			assert_null(config);
			continue;
		}
		if (config == NULL) {
			fail_msg("%s: %s", values[i].line, error);
			return;
		}
		assert_string_equal(config->command, values[i].command);
		config_free(config);
	}
}

/* inih keeps 49 characters of the name of a section, or of one before. */
static void
a_long_name_is_not_cut(void **state)
{
	static const char x[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
	char text[256], expected[256];

	(void)state;
	for (int len = 20; len < 44; len++) {
		char error[CONFIG_ERROR_BYTES];

		snprintf(text, sizeof(text), HOST "[remote%.*s]\nport = 1\n",
		    len, x);
		assert_null(inifile_parse_bytes(text, strlen(text), error));
		assert_memory_equal(error, "a.ini:3: ", 9);
		snprintf(text, sizeof(text), HOST "port%.*s = 1\n", len, x);
		snprintf(expected, sizeof(expected),
		    "a.ini:3: there is no setting \"port%.*s\" in [remote]",
		    len, x);
		inifile_refuse(text, expected);
	}
}

/* A line's length counts in bytes, whatever characters they make. */
static void
a_line_with_long_characters_has_at_most_198_bytes(void **state)
{
	static const char begin[] = HOST "[session]\ncommand = ";
	char umlauts[190], text[512];
	struct config *config;

	(void)state;
	/* "command = " has 10 bytes */
	for (size_t i = 0; i < sizeof(umlauts) - 1; i++)
		umlauts[i] = i % 2 == 0 ? '\xc3' : '\xa4';
	umlauts[sizeof(umlauts) - 1] = '\0';
	snprintf(text, sizeof(text), "%s%.188s\n", begin, umlauts);
	config = inifile_parse(text);
	assert_int_equal(strlen(config->command), 188);
	config_free(config);
	snprintf(text, sizeof(text), "%sx%.188s\n", begin, umlauts);
	inifile_refuse(text, "a.ini:4: the line is longer than 198 bytes");
}

/* A key whose line inih never sees. */
static void
a_comment_behind_a_key_is_refused(void **state)
{
	(void)state;
	inifile_refuse(HOST "[gateway]\nkey_content = ; S0VZ\n",
	    "a.ini:4: key_content: expected the key file, in base64, in one "
	    "line of at most 65536 bytes");
	inifile_refuse(HOST "[gateway]\nkey_content = S0VZ ; the key\n",
	    "a.ini:4: key_content: expected the key file, in base64, in one "
	    "line of at most 65536 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unknown_section_is_refused_even_when_empty),
		cmocka_unit_test(an_unknown_section_cannot_hide_behind_blanks),
		cmocka_unit_test(sections_may_come_twice_and_in_any_order),
		cmocka_unit_test(an_unknown_setting_is_refused),
		cmocka_unit_test(a_setting_before_any_section_is_refused),
		cmocka_unit_test(an_indented_line_is_refused),
		cmocka_unit_test(a_line_that_is_no_setting_is_named),
		cmocka_unit_test(the_first_of_several_errors_is_told),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(lines_may_end_as_on_windows),
		cmocka_unit_test(the_last_line_may_lack_its_newline),
		cmocka_unit_test(comments_begin_with_a_semicolon_or_a_hash),
		cmocka_unit_test(a_colon_is_an_equals_sign),
		cmocka_unit_test(a_line_has_at_most_198_bytes),
		cmocka_unit_test(a_key_leaves_nothing_in_the_text_it_came_from),
		cmocka_unit_test(no_error_quotes_a_key),
		cmocka_unit_test(a_value_that_would_be_cut_is_refused),
		cmocka_unit_test(a_name_that_would_be_cut_is_refused),
		cmocka_unit_test(a_value_is_what_stands_there),
		cmocka_unit_test(a_long_name_is_not_cut),
		cmocka_unit_test(
		    a_line_with_long_characters_has_at_most_198_bytes),
		cmocka_unit_test(a_comment_behind_a_key_is_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("inih", tests, NULL, NULL);
}
