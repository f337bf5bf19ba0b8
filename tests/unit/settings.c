#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inifile.h"

#include "../../helper/setting.h"

/* The tests run in the source's top directory. */
#define SAMPLE "contrib/moshgate.ini"
#define MANUAL "man/moshgate.ini.5"

#define SETTINGS_MAX 100
#define WORD_BYTES 64
#define VALUE_BYTES 256
#define WORDS_BYTES 1024

/* The settings as a file has them, in its order. */
struct list {
	const char *path;
	FILE *file;
	char section[WORD_BYTES];
	size_t count;
	struct {
		char section[WORD_BYTES], key[WORD_BYTES], value[VALUE_BYTES];
		bool has_value;
		/* what its text says: "from 1 to 20" */
		bool has_bounds;
		int min, max;
		/* the words that it names as values, each behind a newline */
		char words[WORDS_BYTES];
	} settings[SETTINGS_MAX];
};

static struct list *
list_open(const char *path)
{
	struct list *list = calloc(1, sizeof(*list));

	assert_non_null(list);
	list->path = path;
	list->file = fopen(path, "re");
	if (list->file == NULL)
		fail_msg("%s cannot be opened", path);
	return list;
}

static void
list_free(struct list *list)
{
	fclose(list->file);
	free(list);
}

/* The next line, without its newline; NULL at the end. */
static char *
next_line(struct list *list)
{
	static char line[VALUE_BYTES + WORD_BYTES];

	if (fgets(line, sizeof(line), list->file) == NULL)
		return NULL;
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void
copy(char *to, size_t size, const char *text, size_t len)
{
	assert_true(len < size);
	memcpy(to, text, len);
	to[len] = '\0';
}

/* If LINE is "PREFIX[section]SUFFIX", follow it. */
static bool
follow_section(struct list *list, const char *line, const char *prefix)
{
	const size_t skip = strlen(prefix);

	if (strncmp(line, prefix, skip) != 0 || line[skip] != '[')
		return false;
	line += skip + 1;
	assert_non_null(strchr(line, ']'));
	copy(list->section, sizeof(list->section), line, strcspn(line, "]"));
	return true;
}

static void
add_key(struct list *list, const char *key, size_t len)
{
	assert_true(list->count < SETTINGS_MAX);
	copy(list->settings[list->count].section, WORD_BYTES, list->section,
	    strlen(list->section));
	copy(list->settings[list->count].key, WORD_BYTES, key, len);
	list->count++;
}

static void
add_value(struct list *list, const char *value)
{
	assert_true(list->count > 0);
	assert_false(list->settings[list->count - 1].has_value);
	copy(list->settings[list->count - 1].value, VALUE_BYTES, value,
	    strlen(value));
	list->settings[list->count - 1].has_value = true;
}

/* If LINE says "from 1 to 20", these are the bounds of the setting at PLACE. */
static void
add_bounds(struct list *list, size_t place, const char *line)
{
	int min, max;

	line = strstr(line, "from ");
	/* NOLINTNEXTLINE(cert-err34-c): what is too large differs as well */
	if (line == NULL || sscanf(line, "from %d to %d", &min, &max) != 2)
		return;
	assert_true(place < SETTINGS_MAX);
	assert_false(list->settings[place].has_bounds);
	list->settings[place].has_bounds = true;
	list->settings[place].min = min;
	list->settings[place].max = max;
}

/* If LINE is ".Ql WORD", or ".It Ql WORD", the last setting has that word. */
static void
add_word(struct list *list, const char *line)
{
	char *words = list->settings[list->count - 1].words;
	const size_t used = strlen(words);
	char word[WORD_BYTES];

	if (sscanf(line, ".Ql %63s", word) == 1 ||
	    sscanf(line, ".It Ql %63s", word) == 1)
		assert_true(snprintf(words + used, WORDS_BYTES - used, "\n%s",
				word) < (int)(WORDS_BYTES - used));
}

/*
 * Every setting is a line "#key = default", or "#key =".  The comment before it
 * may have its bounds.
 */
static struct list *
read_sample(void)
{
	static const char key[] = "abcdefghijklmnopqrstuvwxyz_";
	struct list *list = list_open(SAMPLE);
	const char *line;

	while ((line = next_line(list)) != NULL) {
		size_t len;

		if (strncmp(line, "# ", 2) == 0)
			add_bounds(list, list->count, line);
		if (*line == '\0' || strcmp(line, "#") == 0 ||
		    strncmp(line, "# ", 2) == 0 ||
		    follow_section(list, line, ""))
			continue;
		len = strspn(line + 1, key);
		if (*line != '#' || len == 0 ||
		    (strcmp(line + 1 + len, " =") != 0 &&
			strncmp(line + 1 + len, " = ", 3) != 0) ||
		    line[strlen(line) - 1] == ' ')
			fail_msg("%s: \"%s\" is neither a comment nor a "
				 "setting commented out",
			    list->path, line);
		add_key(list, line + 1, len);
		line += 1 + len + 2;
		add_value(list, *line == ' ' ? line + 1 : line);
	}
	return list;
}

/* Take mdoc's escapes for "nothing" out of TEXT. */
static void
unescape(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++) {
		if (text[0] == '\\' && text[1] == '&')
			text++;
		else
			*to++ = *text;
	}
	*to = '\0';
}

/* Every setting is an item, and ends in "Default:" and the value. */
static struct list *
read_manual(void)
{
	struct list *list = list_open(MANUAL);
	char *line;

	while ((line = next_line(list)) != NULL) {
		if (strncmp(line, ".Sh ", 4) == 0) {
			list->section[0] = '\0';
		} else if (follow_section(list, line, ".Ss ")) {
			continue;
		} else if (list->section[0] != '\0' &&
		    strncmp(line, ".It Ic ", 7) == 0) {
			add_key(list, line + 7, strlen(line + 7));
		} else if (strcmp(line, "Default:") == 0) {
			line = next_line(list);
			assert_non_null(line);
			unescape(line);
			if (strcmp(line, ".Em unset") == 0)
				add_value(list, "");
			else if (strncmp(line, ".Ql ", 4) == 0)
				add_value(list, line + 4);
			else
				fail_msg("%s: \"%s\" is no default", list->path,
				    line);
		} else if (list->section[0] != '\0' && list->count > 0) {
			add_bounds(list, list->count - 1, line);
			add_word(list, line);
		}
	}
	return list;
}

/* LIST has what setting_all() has, where HOST stands for no default. */
static void
agrees(struct list *list, const char *host)
{
	size_t count;
	const struct setting *settings = setting_all(&count);

	for (size_t i = 0; i < count || i < list->count; i++) {
		const char *section = i < count ? settings[i].section : "";
		const char *key = i < count ? settings[i].key : "nothing";
		const char *value = i < count ? settings[i].initial : "";

		if (i >= list->count)
			fail_msg("%s lacks %s in [%s]", list->path, key,
			    section);
		if (strcmp(list->settings[i].section, section) != 0 ||
		    strcmp(list->settings[i].key, key) != 0)
			fail_msg("%s has %s in [%s] where helper/setting.c has "
				 "%s in [%s]",
			    list->path, list->settings[i].key,
			    list->settings[i].section, key, section);
		if (strcmp(section, "remote") == 0 && strcmp(key, "host") == 0)
			value = host;
		if (!list->settings[i].has_value ||
		    strcmp(list->settings[i].value, value) != 0)
			fail_msg("%s has \"%s\" as the default of %s in [%s], "
				 "and helper/setting.c \"%s\"",
			    list->path, list->settings[i].value, key, section,
			    value);
	}
	list_free(list);
}

static void
the_sample_shows_every_setting_with_its_default(void **state)
{
	(void)state;
	agrees(read_sample(), "far.example.org");
}

static void
the_manual_has_every_setting_with_its_default(void **state)
{
	(void)state;
	agrees(read_manual(), "");
}

/* True if LIST names WORD, of LEN bytes, as a value of the setting at PLACE. */
static bool
has_word(const struct list *list, size_t place, const char *word, size_t len)
{
	const char *at = list->settings[place].words;

	while ((at = strchr(at, '\n')) != NULL) {
		at++;
		if (strcspn(at, "\n") == len && memcmp(at, word, len) == 0)
			return true;
	}
	return false;
}

static bool
is_number(const struct setting *setting)
{
	return setting->rule.type == VALUE_NUMBER ||
	    setting->rule.type == VALUE_SECONDS;
}

/* What LIST says of bounds is what the table says. */
static void
bounds_agree(const struct list *list, bool all)
{
	size_t count;
	const struct setting *settings = setting_all(&count);

	assert_int_equal(list->count, count);
	for (size_t i = 0; i < count; i++) {
		const struct value_rule *rule = &settings[i].rule;

		if (!list->settings[i].has_bounds && !all)
			continue;
		if (list->settings[i].has_bounds != is_number(&settings[i]))
			fail_msg("%s: bounds of %s in [%s]?", list->path,
			    settings[i].key, settings[i].section);
		if (list->settings[i].min != rule->min ||
		    list->settings[i].max != rule->max)
			fail_msg("%s: %s in [%s] goes from %d to %d",
			    list->path, settings[i].key, settings[i].section,
			    rule->min, rule->max);
	}
}

static void
the_manual_has_the_bounds_of_every_number(void **state)
{
	struct list *list = read_manual();

	(void)state;
	bounds_agree(list, true);
	list_free(list);
}

static void
the_sample_has_no_other_bounds(void **state)
{
	struct list *list = read_sample();

	(void)state;
	bounds_agree(list, false);
	list_free(list);
}

static void
the_manual_has_every_word_that_is_a_value(void **state)
{
	struct list *list = read_manual();
	size_t count;
	const struct setting *settings = setting_all(&count);

	(void)state;
	assert_int_equal(list->count, count);
	for (size_t i = 0; i < count; i++) {
		const char *word = settings[i].rule.words;
		size_t len;

		for (; word != NULL && *word != '\0';
		     word += len + strspn(word + len, " ")) {
			len = strcspn(word, " ");
			if (!has_word(list, i, word, len))
				fail_msg("%s lacks \"%.*s\" for %s in [%s]",
				    list->path, (int)len, word, settings[i].key,
				    settings[i].section);
		}
	}
	list_free(list);
}

/* Without its "#" each line of the sample is a setting that is taken. */
static void
the_sample_is_right_when_all_of_it_is_set(void **state)
{
	char error[CONFIG_ERROR_BYTES], *text = NULL;
	struct list *list = read_sample();
	struct config *config;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	for (size_t i = 0; i < list->count; i++)
		fprintf(out, "[%s]\n%s = %s\n", list->settings[i].section,
		    list->settings[i].key, list->settings[i].value);
	fclose(out);
	list_free(list);
	config = config_parse(SAMPLE, text, len, error);
	free(text);
	if (config == NULL) {
		fail_msg("%s", error);
		return;
	}
	assert_string_equal(config->host, "far.example.org");
	config_free(config);
}

/* As it is installed it lacks nothing but the host. */
static void
the_sample_needs_its_host_alone(void **state)
{
	char error[CONFIG_ERROR_BYTES], *text = NULL;
	struct list *list = list_open(SAMPLE);
	size_t len;
	FILE *out = open_memstream(&text, &len);
	const char *line;

	(void)state;
	assert_non_null(out);
	while ((line = next_line(list)) != NULL)
		fprintf(out, "%s\n", line);
	fclose(out);
	assert_null(config_parse(SAMPLE, text, len, error));
	assert_string_equal(error,
	    SAMPLE ": [remote] host is not set: expected the name or address "
		   "of the far server");
	free(text);
	list_free(list);
}

static void
every_setting_takes_its_own_default(void **state)
{
	size_t count;
	const struct setting *settings = setting_all(&count);

	(void)state;
	assert_true(count > 30);
	for (size_t i = 0; i < count; i++) {
		const struct setting *s = &settings[i];

		if (strcmp(s->key, "host") != 0 ||
		    strcmp(s->section, "remote") != 0)
			config_free(inifile_parse(
			    inifile_with(s->section, s->key, s->initial)));
	}
}

static void
no_two_settings_have_one_name(void **state)
{
	size_t count;
	const struct setting *settings = setting_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < i; j++)
			assert_false(strcmp(settings[i].section,
					 settings[j].section) == 0 &&
			    strcmp(settings[i].key, settings[j].key) == 0);
	}
}

/* Or a value would be written over another, or beyond its end. */
static void
every_setting_has_a_member_of_its_own_and_of_its_type(void **state)
{
	size_t count;
	const struct setting *settings = setting_all(&count);

	(void)state;
	assert_true(count <= SETTING_MAX);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(settings[i].form,
		    value_form(settings[i].rule.type));
		for (size_t j = 0; j < i; j++)
			assert_false(settings[i].form != VALUE_AS_NOTHING &&
			    settings[j].form != VALUE_AS_NOTHING &&
			    settings[i].offset == settings[j].offset);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_sample_shows_every_setting_with_its_default),
		cmocka_unit_test(the_manual_has_every_setting_with_its_default),
		cmocka_unit_test(the_sample_is_right_when_all_of_it_is_set),
		cmocka_unit_test(the_sample_needs_its_host_alone),
		cmocka_unit_test(the_manual_has_the_bounds_of_every_number),
		cmocka_unit_test(the_sample_has_no_other_bounds),
		cmocka_unit_test(the_manual_has_every_word_that_is_a_value),
		cmocka_unit_test(every_setting_takes_its_own_default),
		cmocka_unit_test(no_two_settings_have_one_name),
		cmocka_unit_test(
		    every_setting_has_a_member_of_its_own_and_of_its_type),
	};

	return cmocka_run_group_tests_name("settings", tests, NULL, NULL);
}
