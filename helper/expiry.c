#include "expiry.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define EXPIRY_DAY_S ((int64_t)86400)
#define EXPIRY_YEAR_MAX 9999
/* POSIX has no more hours in the offset of a zone. */
#define EXPIRY_ZONE_HOURS_MAX 24

/* A time of the calendar; days and less may be too many. */
struct expiry_time {
	int year, month, day; /* the months and days count from 1 */
	int hour, minute, second;
};

static bool
expiry_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * Take a number of MAX at most, of two digits or one, off the text between *AT
 * and END.
 */
static bool
expiry_take_number(const char **at, const char *end, int max, int *number)
{
	const char *begin = *at;

	*number = 0;
	while (*at < end && *at < begin + 2 && expiry_is_digit(**at))
		*number = *number * 10 + *(*at)++ - '0';
	return *at > begin && *number <= max;
}

/* Pass over the name of a zone: letters, or anything in <>. */
static bool
expiry_skip_name(const char **at, const char *end)
{
	const char *begin = *at;

	if (*at < end && **at == '<') {
		const char *close = memchr(*at, '>', (size_t)(end - *at));

		*at = close != NULL ? close + 1 : end;
		return close != NULL;
	}
	while (*at < end &&
	    ((**at >= 'a' && **at <= 'z') || (**at >= 'A' && **at <= 'Z')))
		++*at;
	return *at > begin;
}

void
expiry_read_zone(struct expiry_zone *zone, const char *text, size_t len)
{
	const char *const end = text + len;
	int hours, minutes = 0, seconds = 0;
	bool west;

	*zone = (struct expiry_zone){ 0 };
	if (!expiry_skip_name(&text, end) || text == end)
		return;
	west = *text != '-';
	text += *text == '-' || *text == '+';
	if (!expiry_take_number(&text, end, EXPIRY_ZONE_HOURS_MAX, &hours))
		return;
	if (text < end && *text == ':' &&
	    (text++, !expiry_take_number(&text, end, 59, &minutes)))
		return;
	if (text < end && *text == ':' &&
	    (text++, !expiry_take_number(&text, end, 59, &seconds)))
		return;
	zone->known = true;
	zone->offset_s = hours * 3600 + minutes * 60 + seconds;
	if (west)
		zone->offset_s = -zone->offset_s;
}

/* Days from 1970 on to the DAY of that month, in the Gregorian calendar. */
static int64_t
expiry_days(const struct expiry_time *time)
{
	/* years begin in March here, so that February's end is theirs */
	const int64_t year = time->year - (time->month <= 2);
	const int64_t months = (time->month + 9) % 12;

	return year * 365 + year / 4 - year / 100 + year / 400 +
	    (months * 153 + 2) / 5 + time->day - 1 - 719468;
}

/* The other way round: what day is DAYS from 1970 on? */
static struct expiry_time
expiry_date(int64_t days)
{
	struct expiry_time time = { .year = (int)(days / 366) + 1970,
		.month = 1,
		.day = 1 };

	while (time.year++, expiry_days(&time) <= days)
		continue;
	time.year--;
	for (time.month = 12; expiry_days(&time) > days;)
		time.month--;
	time.day = (int)(days - expiry_days(&time)) + 1;
	return time;
}

/*
 * Take a number of DIGITS, from MIN to MAX, off *TEXT, as strptime(3) does it:
 * blanks may stand in front.
 */
static bool
expiry_take_field(const char **text, int digits, int min, int max, int *number)
{
	const char *end = *text + digits;

	while (*text < end && **text == ' ')
		++*text;
	*number = 0;
	if (*text == end)
		return false;
	for (; *text < end; ++*text) {
		if (!expiry_is_digit(**text))
			return false;
		*number = *number * 10 + **text - '0';
	}
	return *number >= min && *number <= max;
}

/* Take TEXT, of LEN bytes, apart. */
static bool
expiry_take_time(const char *text, size_t len, struct expiry_time *time)
{
	*time = (struct expiry_time){ 0 };
	if (len != 8 && len != 12 && len != 14)
		return false;
	return expiry_take_field(&text, 4, 0, EXPIRY_YEAR_MAX, &time->year) &&
	    expiry_take_field(&text, 2, 1, 12, &time->month) &&
	    expiry_take_field(&text, 2, 1, 31, &time->day) &&
	    (len == 8 ||
		(expiry_take_field(&text, 2, 0, 23, &time->hour) &&
		    expiry_take_field(&text, 2, 0, 59, &time->minute))) &&
	    (len < 14 || expiry_take_field(&text, 2, 0, 61, &time->second));
}

enum expiry
expiry_read(const char *text, size_t len, const struct expiry_zone *zone,
    char utc[EXPIRY_UTC_BYTES])
{
	const struct expiry_time last = { EXPIRY_YEAR_MAX, 12, 31, 23, 59, 59 };
	const int64_t last_s = (expiry_days(&last) + 1) * EXPIRY_DAY_S - 1;
	struct expiry_time time;
	int64_t time_s;
	int rest_s;

	if (!expiry_take_time(text, len, &time))
		return EXPIRY_AS_IT_IS;
	if (!zone->known)
		return EXPIRY_UNKNOWN;
	time_s = expiry_days(&time) * EXPIRY_DAY_S + time.hour * 3600 +
	    time.minute * 60 + time.second - zone->offset_s;
	/* what is past is past: sshd takes 0 for never, and less for always */
	if (time_s < 1)
		time_s = 1;
	if (time_s > last_s)
		time_s = last_s;
	time = expiry_date(time_s / EXPIRY_DAY_S);
	rest_s = (int)(time_s % EXPIRY_DAY_S);
	snprintf(utc, EXPIRY_UTC_BYTES, "%04d%02d%02d%02d%02d%02dZ", time.year,
	    time.month, time.day, rest_s / 3600, rest_s / 60 % 60, rest_s % 60);
	return EXPIRY_LOCAL;
}
