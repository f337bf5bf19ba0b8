/* When a key expires, on a host in another time zone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../../helper/expiry.h"

#define ZONEINFO "/usr/share/zoneinfo/"

static struct expiry_zone
zone_of(const char *text)
{
	struct expiry_zone zone;

	expiry_read_zone(&zone, text, strlen(text));
	return zone;
}

/* In the zone TEXT it is OFFSET_S more than in Greenwich. */
static void
is_east(const char *text, int offset_s)
{
	const struct expiry_zone zone = zone_of(text);

	if (!zone.known)
		fail_msg("\"%s\" is not understood", text);
	assert_int_equal(zone.offset_s, offset_s);
}

static void
a_zone_is_that_of_its_standard_time(void **state)
{
	(void)state;
	is_east("UTC0", 0);
	is_east("GMT0BST,M3.5.0/1,M10.5.0", 0);
	is_east("CET-1CEST,M3.5.0,M10.5.0/3", 3600);
	is_east("EST5EDT,M3.2.0,M11.1.0", -5 * 3600);
	is_east("NST3:30NDT,M3.2.0,M11.1.0", -12600);
	is_east("<+0545>-5:45", 20700);
	is_east("<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", -10800);
	is_east("IST-1GMT0,M10.5.0,M3.5.0/1", 3600);
	is_east("<+14>-14", 14 * 3600);
	is_east("X+01:02:03", -3723);
	is_east("X-24", 86400);
}

static void
what_is_no_zone_is_not_known(void **state)
{
	static const char *const bad[] = { "", "UTC", "0", "-1", "<+01",
		"<+01>", "CET-", "CET-x", "CET-25", "CET-1:60",
		"CET-1:", "CET-1:2:60", " UTC0",
		("\xc3\xa4"
		 "0") };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (zone_of(bad[i]).known)
			fail_msg("\"%s\" is a zone", bad[i]);
	}
}

/* TEXT, in the zone called ZONE, is UTC everywhere. */
static void
is_everywhere(const char *text, const char *zone_name, const char *expected)
{
	const struct expiry_zone zone = zone_of(zone_name);
	char utc[EXPIRY_UTC_BYTES];

	assert_int_equal(expiry_read(text, strlen(text), &zone, utc),
	    EXPIRY_LOCAL);
	assert_string_equal(utc, expected);
}

static void
a_time_without_a_zone_is_given_one(void **state)
{
	(void)state;
	is_everywhere("20270601", "UTC0", "20270601000000Z");
	is_everywhere("202706011234", "UTC0", "20270601123400Z");
	is_everywhere("20270601123456", "UTC0", "20270601123456Z");
	is_everywhere("20270601", "CET-1CEST", "20270531230000Z");
	is_everywhere("20270601", "EST5EDT", "20270601050000Z");
	is_everywhere("202712312359", "NST3:30NDT", "20280101032900Z");
	is_everywhere("202803010000", "<+0545>-5:45", "20280229181500Z");
	is_everywhere("21000301", "<+14>-14", "21000228100000Z");
	is_everywhere("20000229235959", "X12", "20000301115959Z");
	/* as mktime(3) and strptime(3) have it */
	is_everywhere("20270231", "UTC0", "20270303000000Z");
	is_everywhere("20270601235961", "UTC0", "20270602000001Z");
	is_everywhere("2027 6 1 1 2 3", "UTC0", "20270601010203Z");
}

static void
no_time_is_too_early_or_too_late(void **state)
{
	(void)state;
	is_everywhere("19700101", "UTC0", "19700101000001Z");
	is_everywhere("19691231", "UTC0", "19700101000001Z");
	is_everywhere("00000101", "X-24", "19700101000001Z");
	is_everywhere("19700101", "EST5EDT", "19700101050000Z");
	is_everywhere("99991231235959", "UTC0", "99991231235959Z");
	is_everywhere("99991231235959", "EST5EDT", "99991231235959Z");
	is_everywhere("99991231", "X-1", "99991230230000Z");
}

static void
anything_else_stays_as_it_is(void **state)
{
	static const char *const others[] = { "", "Z", "20270601Z", "20270601z",
		"20270601UTC", "202706011234Z", "2027060", "202706010",
		"2027060112345678", "20271301", "20270001", "20270632",
		"20270600", "202706012400", "202706011260", "20270601123462",
		"tomorrow", "2027-6-1", "+2027061", "-2027061", "2027061 ",
		"20270 6 ", "202706\\\"1", "2027\t601", "forever.....",
		"20270601\xff\xff\xff\xff" };
	const struct expiry_zone zone = zone_of("CET-1CEST");
	const struct expiry_zone unknown = { 0 };
	char utc[EXPIRY_UTC_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		const size_t len = strlen(others[i]);

		assert_int_equal(expiry_read(others[i], len, &zone, utc),
		    EXPIRY_AS_IT_IS);
		assert_int_equal(expiry_read(others[i], len, &unknown, utc),
		    EXPIRY_AS_IT_IS);
	}
	assert_int_equal(expiry_read("20270601\0"
				     "0000",
			     13, &zone, utc),
	    EXPIRY_AS_IT_IS);
}

static void
where_the_zone_is_not_known_nor_is_the_time(void **state)
{
	const struct expiry_zone unknown = { 0 };
	char utc[EXPIRY_UTC_BYTES];

	(void)state;
	assert_int_equal(expiry_read("20270601", 8, &unknown, utc),
	    EXPIRY_UNKNOWN);
}

/* Write to LINE the last line of the description of the zone NAME. */
static bool
last_line(const char *name, char line[128])
{
	char path[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), ZONEINFO "%s", name);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	/* it is behind a newline, which may be in what comes before as well */
	for (int c, len = 0; (c = fgetc(file)) != EOF;) {
		if (c == '\n' || len == 127) {
			line[len] = '\0';
			len = 0;
			found = true;
		} else {
			line[len++] = (char)c;
		}
	}
	fclose(file);
	return found;
}

/* As sshd does it there. */
static time_t
as_sshd(const char *text)
{
	struct tm tm;
	char spread[32];

	memset(&tm, 0, sizeof(tm));
	snprintf(spread, sizeof(spread), "%.4s-%.2s-%.2sT%.2s:%.2s", text,
	    text + 4, text + 6, text + 8, text + 10);
	assert_non_null(strptime(spread, "%Y-%m-%dT%H:%M", &tm));
	return mktime(&tm);
}

static void
it_is_the_time_that_sshd_means_there(void **state)
{
	static const char *const names[] = { "Europe/Berlin", "Europe/London",
		"Europe/Dublin", "America/New_York", "America/St_Johns",
		"Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
		"Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago",
		"America/Nuuk", "UTC", "Europe/Moscow", "Asia/Tehran" };
	char line[128], text[13], utc[EXPIRY_UTC_BYTES], expected[32];
	int tried = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct expiry_zone zone;
		struct tm there_tm;
		time_t there;

		if (!last_line(names[i], line))
			continue;
		tried++;
		zone = zone_of(line);
		assert_true(zone.known);
		setenv("TZ", names[i], 1);
		tzset();
		for (int month = 1; month <= 240; month++) {
			snprintf(text, sizeof(text), "%04d%02d%02d%02d%02d",
			    2026 + month / 12, month % 12 + 1, 1 + month % 28,
			    month % 24, month % 60);
			assert_int_equal(expiry_read(text, 12, &zone, utc),
			    EXPIRY_LOCAL);
			there = as_sshd(text);
			strftime(expected, sizeof(expected), "%Y%m%d%H%M%SZ",
			    gmtime_r(&there, &there_tm));
			if (strcmp(utc, expected) != 0)
				fail_msg("%s in %s is %s, not %s", text,
				    names[i], expected, utc);
		}
	}
	unsetenv("TZ");
	/* without tzdata there would be none */
	assert_true(tried > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zone_is_that_of_its_standard_time),
		cmocka_unit_test(what_is_no_zone_is_not_known),
		cmocka_unit_test(a_time_without_a_zone_is_given_one),
		cmocka_unit_test(no_time_is_too_early_or_too_late),
		cmocka_unit_test(anything_else_stays_as_it_is),
		cmocka_unit_test(where_the_zone_is_not_known_nor_is_the_time),
		cmocka_unit_test(it_is_the_time_that_sshd_means_there),
	};

	return cmocka_run_group_tests_name("expiry", tests, NULL, NULL);
}
