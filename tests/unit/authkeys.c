#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../helper/authkeys.h"

#define BASE64 \
	"AAAAC3NzaC1lZDI1NTE5AAAAIK0wmN/Cr3JXqmLW7u+g9pTh+wyqDHpSQEIQczXkVx9q"
#define OTHER64 \
	"AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl"
#define KEY "ssh-ed25519 " BASE64
#define OTHER "ssh-ed25519 " OTHER64

static void
filter_bytes(const char *text, size_t len, const char *expected,
    struct authkeys_report *report)
{
	const struct authkeys_rules rules = { .forced = AUTHKEYS_REFUSE };
	char *in = malloc(len > 0 ? len : 1), *out, *again;
	struct authkeys_report second;
	size_t out_len, again_len;

	assert_non_null(in);
	memcpy(in, text, len);
	out = authkeys_filter(in, len, &rules, &out_len, report);
	free(in);
	assert_non_null(out);
	assert_int_equal(out_len, strlen(out));
	assert_string_equal(out, expected);
	/* what comes out is understood to be just that */
	again = authkeys_filter(out, out_len, &rules, &again_len, &second);
	assert_non_null(again);
	assert_string_equal(again, out);
	assert_int_equal(second.kept, report->kept);
	assert_int_equal(second.left_out, 0);
	assert_int_equal(second.changed, 0);
	assert_string_equal(second.note, "");
	free(again);
	free(out);
}

/* TEXT becomes EXPECTED, KEPT lines of it, with LEFT_OUT others. */
static void
becomes(const char *text, const char *expected, size_t kept, size_t left_out)
{
	struct authkeys_report report;

	filter_bytes(text, strlen(text), expected, &report);
	assert_int_equal(report.kept, kept);
	assert_int_equal(report.left_out, left_out);
	assert_int_equal(report.note[0] != '\0',
	    report.left_out + report.changed > 0);
}

/* A line with OPTIONS is kept as it is. */
static void
kept(const char *options)
{
	char text[1024], expected[1024];

	snprintf(text, sizeof(text), "%s " KEY " a@b\n", options);
	snprintf(expected, sizeof(expected), "%s " KEY "\n", options);
	becomes(text, expected, 1, 0);
}

/* A line with OPTIONS is left out, and the lines around it are not. */
static void
left_out(const char *options)
{
	struct authkeys_report report;
	char text[1024];

	snprintf(text, sizeof(text), OTHER "\n%s " KEY " a@b\n" OTHER "\n",
	    options);
	filter_bytes(text, strlen(text), OTHER "\n" OTHER "\n", &report);
	assert_int_equal(report.kept, 2);
	assert_int_equal(report.left_out, 1);
	assert_memory_equal(report.note, "line 2: ", 8);
}

/* A line with OPTIONS is kept with KEPT, "" or with a blank behind, alone. */
static void
reduced(const char *options, const char *kept)
{
	struct authkeys_report report;
	char text[1024], expected[1024];

	snprintf(text, sizeof(text), "%s " KEY " a@b\n", options);
	snprintf(expected, sizeof(expected), "%s" KEY "\n", kept);
	filter_bytes(text, strlen(text), expected, &report);
	assert_int_equal(report.kept, 1);
	assert_int_equal(report.left_out, 0);
	assert_int_equal(report.changed, 1);
	assert_memory_equal(report.note, "line 1: ", 8);
}

static void
a_plain_key_is_kept(void **state)
{
	(void)state;
	becomes(KEY "\n", KEY "\n", 1, 0);
	becomes(KEY " alice@laptop, 2024\n", KEY "\n", 1, 0);
	becomes(KEY "\n" OTHER "\n", KEY "\n" OTHER "\n", 2, 0);
}

static void
options_that_the_gateway_enforces_are_kept(void **state)
{
	(void)state;
	kept("from=\"10.0.0.0/8,!10.1.0.0/16\"");
	kept("expiry-time=\"20301231\"");
	kept("restrict");
	kept("pty");
	kept("no-pty");
	kept("verify-required");
	kept("no-touch-required");
	kept("agent-forwarding");
	kept("no-agent-forwarding");
	kept("port-forwarding");
	kept("no-port-forwarding");
	kept("x11-forwarding");
	kept("no-x11-forwarding");
	kept("permitopen=\"localhost:80\"");
	kept("permitlisten=\"8080\"");
	kept("user-rc");
	kept("no-user-rc");
}

static void
several_options_are_kept_together(void **state)
{
	(void)state;
	kept("restrict,pty");
	kept("no-port-forwarding,from=\"*.example.org\",no-pty,"
	     "permitopen=\"a:1\",permitopen=\"b:2\"");
}

static void
a_forced_command_leaves_the_line_out(void **state)
{
	(void)state;
	left_out("command=\"/bin/backup\"");
	left_out("command=\"\"");
	left_out("no-pty,command=\"a b, c\",restrict");
	left_out("restrict,pty,command=\"x\"");
	left_out("command=\"say \\\"hi\\\", then go\"");
}

static void
certificate_authorities_are_left_out(void **state)
{
	(void)state;
	left_out("cert-authority");
	left_out("cert-authority,principals=\"alice,bob\"");
	left_out("principals=\"alice\"");
	left_out("from=\"*\",cert-authority");
}

static void
environment_and_tunnel_are_removed(void **state)
{
	(void)state;
	reduced("environment=\"A=b\"", "");
	reduced("tunnel=\"0\"", "");
	reduced("tunnel=\"any\"", "");
	reduced("no-pty,environment=\"A=b c\",from=\"*\"",
	    "no-pty,from=\"*\" ");
	reduced("environment=\"A=b\",environment=\"C=d\",restrict",
	    "restrict ");
	reduced("from=\"*\",tunnel=\"0\"", "from=\"*\" ");
}

/* sshd refuses the whole line for them, "bad key options". */
static void
environment_and_tunnel_that_sshd_cannot_read_leave_the_line_out(void **state)
{
	(void)state;
	left_out("environment=\"A\"");
	left_out("environment=\"\"");
	left_out("environment=\"=b\"");
	left_out("environment=\"A-B=c\"");
	left_out("tunnel=\"\"");
	left_out("tunnel=\"x\"");
	left_out("tunnel=\"-1\"");
}

static void
unknown_options_leave_the_line_out(void **state)
{
	(void)state;
	left_out("sandbox");
	left_out("sandbox=\"x\"");
	left_out("restrict,from-2030");
	left_out("no-restrict");
	left_out("touch-required");
	left_out("no-command");
	left_out("ptyx");
	left_out("pt");
	left_out("nopty");
	left_out("fromage=\"*\"");
}

static void
an_option_with_a_value_it_does_not_take_leaves_the_line_out(void **state)
{
	(void)state;
	left_out("restrict=\"yes\"");
	left_out("no-pty=\"\"");
	left_out("cert-authority=\"x\"");
}

static void
an_option_without_the_value_it_takes_leaves_the_line_out(void **state)
{
	(void)state;
	left_out("command");
	left_out("from");
	left_out("environment");
	left_out("tunnel");
	left_out("expiry-time");
	left_out("command=");
	left_out("from=10.0.0.1");
	left_out("from='10.0.0.1'");
	left_out("command=x");
}

static void
option_names_have_no_case(void **state)
{
	(void)state;
	kept("No-Pty");
	kept("FROM=\"*\"");
	kept("Restrict,PTY");
	left_out("COMMAND=\"x\"");
	left_out("Command=\"x\"");
	left_out("CERT-Authority");
	left_out("Principals=\"x\"");
	reduced("Environment=\"A=b\"", "");
	reduced("TUNNEL=\"1\"", "");
}

static void
quotes_hide_blanks_commas_and_quotes(void **state)
{
	(void)state;
	kept("from=\"a, b\"");
	kept("from=\"a\\\"b\"");
	kept("from=\"a\\\" ,command=\\\"x\"");
	kept("from=\",command=x \"");
	kept("from=\"\\\"\"");
	kept("from=\"a\\b\"");
	kept("from=\"a=b\"");
	kept("from=\"#\"");
	kept("from=\"" KEY "\"");
	kept("from=\"a\tb\"");
	reduced("environment=\"A=\\\",command=\\\"x\",no-pty", "no-pty ");
}

/* As in sshd, a backslash escapes a quote and nothing else. */
static void
a_backslash_before_a_backslash_escapes_nothing(void **state)
{
	(void)state;
	left_out("from=\"a\\\\\",command=\"x\"");
	left_out("from=\"\\\\\\\"");
}

static void
options_that_cannot_be_taken_apart_leave_the_line_out(void **state)
{
	(void)state;
	left_out("from=\"a");
	left_out("from=\"a\\\"");
	left_out("from=a\"");
	left_out("from=\"a\"b");
	left_out("from=\"a\"\"b\"");
	left_out("from=\"a\"restrict");
	left_out("no-pty\"");
	left_out("\"no-pty\"");
	left_out("no-pty=");
	left_out("=\"x\"");
	left_out("no-pty;restrict");
	left_out("no-pty:restrict");
}

static void
empty_options_are_passed_over_as_by_sshd(void **state)
{
	(void)state;
	becomes(", " KEY "\n", KEY "\n", 1, 0);
	becomes(",no-pty " KEY "\n", "no-pty " KEY "\n", 1, 0);
	becomes("no-pty,,\t" KEY "\n", "no-pty " KEY "\n", 1, 0);
	becomes(",,no-pty,,restrict, " KEY "\n", "no-pty,restrict " KEY "\n", 1,
	    0);
	left_out("no-pty,,command=\"x\"");
	left_out(",=\"x\"");
	left_out(",,x,");
}

static void
options_end_at_the_first_blank(void **state)
{
	(void)state;
	left_out("no-pty, restrict");
	left_out("no-pty restrict");
	left_out("no-pty ,command=\"x\"");
	left_out("no-pty\tcommand=\"x\"");
}

static void
comments_and_empty_lines_are_passed_over(void **state)
{
	(void)state;
	becomes("", "", 0, 0);
	becomes("\n\n", "", 0, 0);
	becomes("# a comment\n#" KEY "\n \t# another\n   \n\t\n" KEY "\n",
	    KEY "\n", 1, 0);
}

static void
blanks_and_tabs_may_come_before_and_between(void **state)
{
	(void)state;
	becomes(" \t " KEY "\n", KEY "\n", 1, 0);
	becomes("ssh-ed25519\t" BASE64 "\tcomment\n", KEY "\n", 1, 0);
	becomes("ssh-ed25519 \t  " BASE64 "  \n", KEY "\n", 1, 0);
	becomes("\tno-pty \t ssh-ed25519\t\t" BASE64 "\n", "no-pty " KEY "\n",
	    1, 0);
}

static void
lines_may_end_as_on_windows(void **state)
{
	(void)state;
	becomes(KEY "\r\nno-pty " OTHER " x\r\n\r\n# c\r\n",
	    KEY "\nno-pty " OTHER "\n", 2, 0);
}

static void
the_last_line_may_lack_its_newline(void **state)
{
	(void)state;
	becomes(KEY, KEY "\n", 1, 0);
	becomes(KEY "\r", KEY "\n", 1, 0);
	becomes(KEY "\nno-pty " OTHER, KEY "\nno-pty " OTHER "\n", 2, 0);
}

static void
a_comment_cannot_add_anything(void **state)
{
	(void)state;
	becomes(KEY " command=\"x\" " OTHER "\n", KEY "\n", 1, 0);
	becomes(KEY " \033[2J\n", KEY "\n", 1, 0);
}

/* Lines before and after a line with one bad thing in it are kept. */
static void
a_line_with_a_nul_byte_is_left_out(void **state)
{
	static const char text[] = KEY "\n" OTHER " a\0b\n" KEY "\n";
	static const char option[] = "from=\"\0\" " KEY "\n";
	struct authkeys_report report;

	(void)state;
	filter_bytes(text, sizeof(text) - 1, KEY "\n" KEY "\n", &report);
	assert_int_equal(report.left_out, 1);
	assert_string_equal(report.note, "line 2: left out for a NUL byte");
	filter_bytes(option, sizeof(option) - 1, "", &report);
	assert_int_equal(report.left_out, 1);
}

/*
 * The base64 of a key blob of TYPE with LEN bytes behind the type's name; those
 * of an RSA key are two numbers, the first of which is 3.
 */
static char *
key64(const char *type, size_t len)
{
	const size_t type_len = strlen(type);
	const size_t size = sodium_base64_encoded_len(4 + type_len + len,
	    sodium_base64_VARIANT_ORIGINAL);
	unsigned char *blob = calloc(1, 4 + type_len + len);
	char *text = malloc(size);

	assert_non_null(blob);
	assert_non_null(text);
	blob[3] = (unsigned char)type_len;
	memcpy(blob + 4, type, type_len);
	for (size_t i = 0; i < len; i++)
		blob[4 + type_len + i] = (unsigned char)(i * 7 + 1);
	if (strcmp(type, "ssh-rsa") == 0) {
		unsigned char *body = blob + 4 + type_len;

		assert_in_range(len, 10, 65535);
		memcpy(body, "\0\0\0\1\3\0\0", 7);
		body[7] = (unsigned char)((len - 9) >> 8);
		body[8] = (unsigned char)(len - 9);
	}
	sodium_bin2base64(text, size, blob, 4 + type_len + len,
	    sodium_base64_VARIANT_ORIGINAL);
	free(blob);
	return text;
}

/* A line of TYPE whose base64 is that of a key of INNER. */
static void
typed(const char *type, const char *inner, bool good)
{
	char *base64 = key64(inner, 64), *line = NULL, *expected = NULL;

	assert_true(asprintf(&line, "no-pty %s %s x\n", type, base64) > 0);
	assert_true(asprintf(&expected, "no-pty %s %s\n", type, base64) > 0);
	becomes(line, good ? expected : "", good, !good);
	free(base64);
	free(line);
	free(expected);
}

static void
the_types_of_keys_that_sshd_has_are_kept(void **state)
{
	static const char *const types[] = { "ssh-ed25519", "ssh-rsa",
		"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
		"ecdsa-sha2-nistp521", "sk-ssh-ed25519@openssh.com",
		"sk-ecdsa-sha2-nistp256@openssh.com" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		typed(types[i], types[i], true);
}

static void
other_types_are_left_out(void **state)
{
	static const char *const types[] = { "ssh-dss", "ssh-ed448", "SSH-RSA",
		"ssh-rsa-cert-v01@openssh.com",
		"ssh-ed25519-cert-v01@openssh.com", "rsa-sha2-512",
		"ssh-ed25519@openssh.com", "ssh-ed2551", "ssh-ed255199" };

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		typed(types[i], types[i], false);
}

static void
a_key_that_is_of_another_type_inside_is_left_out(void **state)
{
	(void)state;
	typed("ssh-ed25519", "ssh-rsa", false);
	typed("ssh-rsa", "ssh-ed25519", false);
	typed("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", false);
	typed("ssh-ed25519", "ssh-ed25519-cert-v01@openssh.com", false);
	typed("ssh-ed25519", "ssh-ed2551", false);
}

static void
what_is_no_key_is_left_out(void **state)
{
	static const char *const bad[] = { "nonsense", "ssh-ed25519",
		"ssh-ed25519 ", "no-pty", "no-pty ssh-ed25519",
		"ssh-ed25519 ****", "ssh-ed25519 AAAA",
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", "ssh-ed25519 " BASE64 "=",
		"ssh-ed25519 " BASE64 "A", "ssh-ed25519 \"" BASE64 "\"",
		"ssh-ed25519 -" BASE64, "ssh-ed25519 ssh-ed25519 " BASE64,
		BASE64, "ssh-ed25519 =" BASE64, "1024 65537 12345 alice",
		"---- BEGIN SSH2 PUBLIC KEY ----", "\xef\xbb\xbf" KEY,
		"\v" KEY };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct authkeys_report report;

		snprintf(text, sizeof(text), OTHER "\n%s\n" OTHER "\n", bad[i]);
		filter_bytes(text, strlen(text), OTHER "\n" OTHER "\n",
		    &report);
		assert_int_equal(report.left_out, 1);
		assert_string_equal(report.note,
		    "line 2: left out: not a key sshd would know");
	}
}

/*
 * sshd goes by the first line that has the key.  When a forced command is in
 * that line, another line with the same key must not open what it closed.
 */
static void
a_key_left_out_is_not_let_in_by_a_later_line(void **state)
{
	(void)state;
	becomes("command=\"backup\" " KEY "\n" KEY "\n" OTHER "\n", OTHER "\n",
	    1, 2);
	becomes("command=\"backup\" " KEY "\nno-pty " KEY " again\n", "", 0, 2);
	becomes("sandbox " KEY "\n" OTHER "\n" KEY "\n", OTHER "\n", 1, 2);
}

/* sshd passes over these inside a key, which is the same key then. */
static void
a_key_left_out_with_blanks_inside_closes_later_lines_too(void **state)
{
	static const char blanks[] = "\v\f\r";

	(void)state;
	for (size_t at = 0; at <= strlen(BASE64); at++) {
		for (const char *c = blanks; *c != '\0'; c++) {
			char key[128], text[512];

			snprintf(key, sizeof(key), "ssh-ed25519 %.*s%c%s",
			    (int)at, BASE64, *c, &BASE64[at]);
			snprintf(text, sizeof(text),
			    "command=\"x\" %s a@b\n" KEY "\n" OTHER "\n", key);
			becomes(text, OTHER "\n", 1, 2);
			snprintf(text, sizeof(text),
			    "command=\"x\" " KEY "\n%s a@b\n" OTHER "\n", key);
			becomes(text, OTHER "\n", 1, 2);
			snprintf(text, sizeof(text), "%s a@b\n", key);
			becomes(text, KEY "\n", 1, 0);
		}
	}
	becomes("sandbox ssh-ed25519 \v\f\r" BASE64 "\r\f\v\n" KEY "\n", "", 0,
	    2);
}

/* There the first line opens it for sshd as well. */
static void
a_later_line_does_not_take_a_key_back(void **state)
{
	(void)state;
	becomes(KEY "\ncommand=\"backup\" " KEY "\n", KEY "\n", 1, 1);
	becomes("from=\"a\" " KEY "\nfrom=\"b\" " KEY "\n",
	    "from=\"a\" " KEY "\nfrom=\"b\" " KEY "\n", 2, 0);
}

static void
the_gateways_own_key_is_nobodys_way_in(void **state)
{
	static const char text[] = KEY "\n" OTHER "\nno-pty " KEY " x\n"
				       "command=\"x\" " KEY "\n";
	struct authkeys_rules rules = { .forced = AUTHKEYS_REFUSE };
	struct authkeys_report report;
	unsigned char own[64];
	size_t own_len, len;
	char *out;

	(void)state;
	assert_int_equal(sodium_base642bin(own, sizeof(own), BASE64,
			     strlen(BASE64), NULL, &own_len, NULL,
			     sodium_base64_VARIANT_ORIGINAL),
	    0);
	rules.own = own;
	rules.own_len = own_len;
	out = authkeys_filter(text, sizeof(text) - 1, &rules, &len, &report);
	assert_non_null(out);
	assert_string_equal(out, OTHER "\n");
	assert_int_equal(report.kept, 1);
	assert_int_equal(report.left_out, 0);
	assert_string_equal(report.note, "");
	free(out);
	rules.own_len--;
	out = authkeys_filter(text, sizeof(text) - 1, &rules, &len, &report);
	assert_int_equal(report.kept, 3);
	free(out);
}

static void
long_lines_are_kept_whole(void **state)
{
	const size_t len = (size_t)16 * 1024;
	char *line = malloc(len + 256), *expected = malloc(len + 256), *to;

	(void)state;
	assert_non_null(line);
	assert_non_null(expected);
	to = stpcpy(line, "from=\"");
	memset(to, 'x', len);
	strncpy(to + len, "\" " KEY, 128);
	snprintf(expected, len + 256, "%s\n", line);
	becomes(line, expected, 1, 0);
	/* a comment as long */
	to = stpcpy(line, KEY " ");
	memset(to, 'x', len);
	to[len] = '\0';
	becomes(line, KEY "\n", 1, 0);
	free(line);
	free(expected);
}

static void
a_key_has_at_most_16_kib(void **state)
{
	static const struct {
		size_t len;
		bool good;
	} keys[] = { { 8192, true }, { 16384 - 11, true },
		{ 16384 - 10, false }, { 65535, false } };

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char *base64 = key64("ssh-rsa", keys[i].len), *line = NULL;

		assert_true(asprintf(&line, "ssh-rsa %s\n", base64) > 0);
		becomes(line, keys[i].good ? line : "", keys[i].good,
		    !keys[i].good);
		free(line);
		free(base64);
	}
}

static void
a_mebibyte_of_lines_is_filtered(void **state)
{
	static const char line[] = "no-pty " KEY "\n";
	const size_t lines = AUTHKEYS_MAX_BYTES / (sizeof(line) - 1);
	char *text = malloc(AUTHKEYS_MAX_BYTES + 1), *to = text;

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i < lines; i++)
		to = stpcpy(to, line);
	becomes(text, text, lines, 0);
	memset(text, '\n', AUTHKEYS_MAX_BYTES);
	text[AUTHKEYS_MAX_BYTES] = '\0';
	becomes(text, "", 0, 0);
	memset(text, 'x', AUTHKEYS_MAX_BYTES);
	becomes(text, "", 0, 1);
	memset(text, '"', AUTHKEYS_MAX_BYTES);
	becomes(text, "", 0, 1);
	memset(text, ',', AUTHKEYS_MAX_BYTES);
	becomes(text, "", 0, 1);
	free(text);
}

/* LINES lines, each BEFORE and a key of its own. */
static char *
different_keys(char *to, const char *before, size_t lines)
{
	unsigned char blob[51];
	size_t len;

	assert_int_equal(sodium_base642bin(blob, sizeof(blob), BASE64,
			     strlen(BASE64), NULL, &len, NULL,
			     sodium_base64_VARIANT_ORIGINAL),
	    0);
	for (size_t i = 0; i < lines; i++) {
		char base64[128];

		blob[30] = (unsigned char)(i >> 8);
		blob[31] = (unsigned char)i;
		sodium_bin2base64(base64, sizeof(base64), blob, sizeof(blob),
		    sodium_base64_VARIANT_ORIGINAL);
		to += sprintf(to, "%sssh-ed25519 %s\n", before, base64);
	}
	return to;
}

static void
thousands_of_keys_left_out_stay_out(void **state)
{
	const size_t lines = 5000;
	char *text = malloc(AUTHKEYS_MAX_BYTES + 1), *to;

	(void)state;
	assert_non_null(text);
	to = different_keys(text, "command=\"x\" ", lines);
	to = different_keys(to, "", lines);
	assert_true(to < text + AUTHKEYS_MAX_BYTES);
	becomes(text, "", 0, 2 * lines);
	different_keys(text, "", lines);
	becomes(text, text, lines, 0);
	free(text);
}

static void
any_byte_before_a_key_makes_another_line_or_none(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		const char text[] = { (char)c, '\0' };
		struct authkeys_report report;
		char line[256];
		const bool passed = strchr(" \t\r\n", c) != NULL && c != '\r';

		snprintf(line, sizeof(line), "%s" KEY "\n", text);
		filter_bytes(line, strlen(line), passed ? KEY "\n" : "",
		    &report);
		assert_int_equal(report.left_out, !passed && c != '#');
	}
}

static void
the_report_counts_and_notes_the_first(void **state)
{
	static const char text[] = "# comment\n" KEY "\n"
				   "environment=\"A=b\" " OTHER "\n"
				   "junk\n"
				   "restrict " OTHER "\n";
	struct authkeys_report report;

	(void)state;
	filter_bytes(text, sizeof(text) - 1,
	    KEY "\n" OTHER "\nrestrict " OTHER "\n", &report);
	assert_int_equal(report.kept, 3);
	assert_int_equal(report.left_out, 1);
	assert_int_equal(report.changed, 1);
	assert_string_equal(report.note,
	    "line 3: kept without its option environment");
}

static void
a_note_names_the_option(void **state)
{
	struct authkeys_report report;
	char text[512];

	(void)state;
	filter_bytes("command=\"secret\" " KEY,
	    strlen("command=\"secret\" " KEY), "", &report);
	assert_string_equal(report.note,
	    "line 1: left out for its option command");
	snprintf(text, sizeof(text), "%0300d " KEY, 0);
	filter_bytes(text, strlen(text), "", &report);
	assert_string_equal(report.note,
	    "line 1: left out for its option "
	    "00000000000000000000000000000000");
}

/* From a remote in ZONE, TEXT becomes EXPECTED, and NOTE is noted. */
static void
from_zone(const struct expiry_zone *zone, const char *text,
    const char *expected, const char *note)
{
	const struct authkeys_rules rules = { .forced = AUTHKEYS_REFUSE,
		.zone = zone };
	struct authkeys_report report;
	size_t len;
	char *out = authkeys_filter(text, strlen(text), &rules, &len, &report);

	assert_non_null(out);
	assert_string_equal(out, expected);
	assert_int_equal(len, strlen(out));
	assert_string_equal(report.note, note);
	assert_int_equal(report.changed, 0);
	free(out);
}

static void
a_time_is_given_the_zone_of_the_remote(void **state)
{
	static const struct expiry_zone zone = { .known = true,
		.offset_s = -5 * 3600 };

	(void)state;
	from_zone(&zone, "expiry-time=\"20270601\" " KEY "\n",
	    "expiry-time=\"20270601050000Z\" " KEY "\n", "");
	from_zone(&zone,
	    "no-pty,Expiry-Time=\"202706010000\",expiry-time=\"20270601Z\","
	    "from=\"a\" " KEY "\n",
	    "no-pty,expiry-time=\"20270601050000Z\",expiry-time=\"20270601Z\","
	    "from=\"a\" " KEY "\n",
	    "");
	/* what sshd can't read it is left to refuse */
	from_zone(&zone, "expiry-time=\"tomorrow\" " KEY "\n",
	    "expiry-time=\"tomorrow\" " KEY "\n", "");
	/* in no other option */
	from_zone(&zone, "from=\"20270601\" " KEY "\n",
	    "from=\"20270601\" " KEY "\n", "");
	from_zone(NULL, "expiry-time=\"20270601\" " KEY "\n",
	    "expiry-time=\"20270601\" " KEY "\n", "");
}

static void
without_a_known_zone_the_line_is_left_out(void **state)
{
	static const struct expiry_zone unknown = { 0 };

	(void)state;
	from_zone(&unknown,
	    "expiry-time=\"20270601Z\" " OTHER "\n"
	    "expiry-time=\"20270601\" " KEY "\n" KEY "\n",
	    "expiry-time=\"20270601Z\" " OTHER "\n",
	    "line 2: left out: its expiry-time has no Z behind it, and the "
	    "remote's time zone is not known");
}

static void
many_times_have_room(void **state)
{
	static const char option[] = "expiry-time=\"20270601\"",
			  becomes_it[] = "expiry-time=\"20270601000000Z\"";
	static const struct expiry_zone zone = { .known = true };
	static char text[128 * 1024], expected[128 * 1024];
	char *to = text, *to_expected = expected;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		to = stpcpy(stpcpy(to, i > 0 ? "," : ""), option);
		to_expected = stpcpy(stpcpy(to_expected, i > 0 ? "," : ""),
		    becomes_it);
	}
	stpcpy(to, " " KEY "\n");
	stpcpy(to_expected, " " KEY "\n");
	from_zone(&zone, text, expected, "");
}

/* With commands honoured, TEXT becomes EXPECTED. */
static void
honoured(const char *text, const char *expected)
{
	const struct authkeys_rules rules = { .forced = AUTHKEYS_HONOR };
	struct authkeys_report report;
	size_t len;
	char *out = authkeys_filter(text, strlen(text), &rules, &len, &report);

	assert_non_null(out);
	assert_int_equal(len, strlen(out));
	assert_string_equal(out, expected);
	free(out);
}

static void
a_forced_command_is_kept_where_it_is_honoured(void **state)
{
	(void)state;
	honoured("command=\"rrsync /srv\" " KEY "\n",
	    "command=\"rrsync /srv\" " KEY "\n");
	honoured("restrict,COMMAND=\"echo \\\"a, b\\\"\" " KEY " c\n",
	    "restrict,COMMAND=\"echo \\\"a, b\\\"\" " KEY "\n");
	honoured("environment=\"A=b\",command=\"\" " KEY,
	    "command=\"\" " KEY "\n");
}

static void
other_keys_get_a_command_that_says_so(void **state)
{
	(void)state;
	honoured(KEY "\n" OTHER,
	    "command=\"" AUTHKEYS_ANY_COMMAND "\" " KEY "\n"
	    "command=\"" AUTHKEYS_ANY_COMMAND "\" " OTHER "\n");
	honoured("no-pty " KEY,
	    "no-pty,command=\"" AUTHKEYS_ANY_COMMAND "\" " KEY "\n");
	honoured("tunnel=\"1\" " KEY,
	    "command=\"" AUTHKEYS_ANY_COMMAND "\" " KEY "\n");
}

static void
what_the_gateway_would_do_itself_is_no_command(void **state)
{
	(void)state;
	honoured("command=\"internal-sftp\" " KEY, "");
	honoured("command=\"internal-sftp -R\" " KEY "\n" KEY "\n", "");
	honoured("command=\"" AUTHKEYS_ANY_COMMAND "\" " KEY, "");
	honoured("cert-authority " KEY, "");
	honoured("cert-authority,command=\"x\" " KEY, "");
	honoured("principals=\"a\",cert-authority " KEY, "");
}

/* Keys of RSA, of 64 bits: the exponent and the modulus have zeros in front. */
#define RSA_BASE64 "AAAAB3NzaC1yc2EAAAADAQABAAAACQDBAgMEBQYHCA=="
#define RSA "ssh-rsa " RSA_BASE64
#define RSA_ZEROS "ssh-rsa AAAAB3NzaC1yc2EAAAAEAAEAAQAAAAsAAADBAgMEBQYHCA=="
#define RSA_NEGATIVE "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACMECAwQFBgcI"
#define RSA_MENDED "ssh-rsa AAAAB3NzaC1yc2EAAAAFAAABAAEAAAAIwQIDBAUGBwg="
#define RSA_LONGER "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAACQDBAgMEBQYHCAA="

static void
a_key_in_other_bytes_is_the_same_key(void **state)
{
	(void)state;
	becomes(RSA "\n", RSA "\n", 1, 0);
	becomes(RSA_ZEROS "\n", RSA "\n", 1, 0);
	becomes("command=\"x\" " RSA_ZEROS "\n" RSA "\n", "", 0, 2);
	becomes("command=\"x\" " RSA "\n" RSA_ZEROS "\n", "", 0, 2);
	becomes(RSA_NEGATIVE "\n", "", 0, 1);
	becomes(RSA_LONGER "\n", "", 0, 1);
	becomes(RSA_MENDED "\n", "", 0, 1);
}

/* sshd has more names for the type of an RSA key than the key itself. */
static void
a_line_not_understood_closes_its_keys(void **state)
{
	(void)state;
	becomes("command=\"x\" rsa-sha2-512 " RSA_BASE64 "\n" RSA "\n" OTHER
		"\n",
	    OTHER "\n", 1, 2);
	becomes("rsa-sha2-256 " RSA_BASE64 "\n" RSA_ZEROS "\n", "", 0, 2);
	becomes("command=\"x\" ED25519 " BASE64 "\n" KEY "\n", "", 0, 2);
	becomes("command=\"a b\" who-knows-what " BASE64 " " OTHER64 "\n" OTHER
		"\n" KEY "\n",
	    "", 0, 3);
	becomes("#" KEY "\n" KEY "\n", KEY "\n", 1, 0);
}

static void
a_nul_byte_does_not_hide_a_command(void **state)
{
	static const char text[] = "command=\"x\" " KEY "\0 a\n" KEY "\n" OTHER
				   "\0\n" OTHER "\n";
	struct authkeys_report report;

	(void)state;
	filter_bytes(text, sizeof(text) - 1, "", &report);
	assert_int_equal(report.left_out, 4);
}

static void
an_offered_key_becomes_a_line(void **state)
{
	char out[256];

	(void)state;
	assert_true(authkeys_offered("ssh-ed25519", BASE64, AUTHKEYS_REFUSE,
	    out, sizeof(out)));
	assert_string_equal(out, KEY "\n");
}

static void
an_offer_that_is_no_key_does_not(void **state)
{
	static const struct {
		const char *type, *blob;
	} bad[] = {
		{ "", "" },
		{ "ssh-ed25519", "" },
		{ "", BASE64 },
		{ "ssh-rsa", BASE64 },
		{ "ssh-ed25519", BASE64 "=" },
		{ "ssh-ed25519", BASE64 "\n" },
		{ "ssh-ed25519", BASE64 " " OTHER64 },
		{ "ssh-ed25519 ", BASE64 },
		{ "command=\"x\" ssh-ed25519", BASE64 },
		{ "ssh-ed25519\nssh-ed25519", BASE64 },
		{ "ssh-ed25519-cert-v01@openssh.com", BASE64 },
	};
	char out[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(authkeys_offered(bad[i].type, bad[i].blob,
		    AUTHKEYS_REFUSE, out, sizeof(out)));
}

static void
an_offer_is_kept_within_its_room(void **state)
{
	const size_t needed = sizeof(KEY "\n");
	size_t shortest = 0;

	(void)state;
	for (size_t size = 32; size <= needed + 8; size++) {
		char *out = malloc(size);

		assert_non_null(out);
		if (authkeys_offered("ssh-ed25519", BASE64, AUTHKEYS_REFUSE,
			out, size)) {
			assert_string_equal(out, KEY "\n");
			shortest = shortest > 0 ? shortest : size;
		}
		free(out);
	}
	assert_in_range(shortest, needed, needed + 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_key_is_kept),
		cmocka_unit_test(options_that_the_gateway_enforces_are_kept),
		cmocka_unit_test(several_options_are_kept_together),
		cmocka_unit_test(a_forced_command_leaves_the_line_out),
		cmocka_unit_test(certificate_authorities_are_left_out),
		cmocka_unit_test(environment_and_tunnel_are_removed),
		cmocka_unit_test(
		    environment_and_tunnel_that_sshd_cannot_read_leave_the_line_out),
		cmocka_unit_test(unknown_options_leave_the_line_out),
		cmocka_unit_test(
		    an_option_with_a_value_it_does_not_take_leaves_the_line_out),
		cmocka_unit_test(
		    an_option_without_the_value_it_takes_leaves_the_line_out),
		cmocka_unit_test(option_names_have_no_case),
		cmocka_unit_test(quotes_hide_blanks_commas_and_quotes),
		cmocka_unit_test(
		    a_backslash_before_a_backslash_escapes_nothing),
		cmocka_unit_test(
		    options_that_cannot_be_taken_apart_leave_the_line_out),
		cmocka_unit_test(empty_options_are_passed_over_as_by_sshd),
		cmocka_unit_test(options_end_at_the_first_blank),
		cmocka_unit_test(comments_and_empty_lines_are_passed_over),
		cmocka_unit_test(blanks_and_tabs_may_come_before_and_between),
		cmocka_unit_test(lines_may_end_as_on_windows),
		cmocka_unit_test(the_last_line_may_lack_its_newline),
		cmocka_unit_test(a_comment_cannot_add_anything),
		cmocka_unit_test(a_line_with_a_nul_byte_is_left_out),
		cmocka_unit_test(the_types_of_keys_that_sshd_has_are_kept),
		cmocka_unit_test(other_types_are_left_out),
		cmocka_unit_test(
		    a_key_that_is_of_another_type_inside_is_left_out),
		cmocka_unit_test(what_is_no_key_is_left_out),
		cmocka_unit_test(a_key_left_out_is_not_let_in_by_a_later_line),
		cmocka_unit_test(
		    a_key_left_out_with_blanks_inside_closes_later_lines_too),
		cmocka_unit_test(a_later_line_does_not_take_a_key_back),
		cmocka_unit_test(the_gateways_own_key_is_nobodys_way_in),
		cmocka_unit_test(long_lines_are_kept_whole),
		cmocka_unit_test(a_key_has_at_most_16_kib),
		cmocka_unit_test(a_mebibyte_of_lines_is_filtered),
		cmocka_unit_test(thousands_of_keys_left_out_stay_out),
		cmocka_unit_test(
		    any_byte_before_a_key_makes_another_line_or_none),
		cmocka_unit_test(the_report_counts_and_notes_the_first),
		cmocka_unit_test(a_note_names_the_option),
		cmocka_unit_test(a_time_is_given_the_zone_of_the_remote),
		cmocka_unit_test(without_a_known_zone_the_line_is_left_out),
		cmocka_unit_test(many_times_have_room),
		cmocka_unit_test(a_forced_command_is_kept_where_it_is_honoured),
		cmocka_unit_test(other_keys_get_a_command_that_says_so),
		cmocka_unit_test(
		    what_the_gateway_would_do_itself_is_no_command),
		cmocka_unit_test(a_key_in_other_bytes_is_the_same_key),
		cmocka_unit_test(a_line_not_understood_closes_its_keys),
		cmocka_unit_test(a_nul_byte_does_not_hide_a_command),
		cmocka_unit_test(an_offered_key_becomes_a_line),
		cmocka_unit_test(an_offer_that_is_no_key_does_not),
		cmocka_unit_test(an_offer_is_kept_within_its_room),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("authkeys", tests, NULL, NULL);
}
