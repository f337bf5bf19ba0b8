/* What the helper tells its workers of the settings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "inifile.h"

#include "../../helper/setting.h"

/* What SECRET_BASE64 encodes. */
#define SECRET "SECRETSECRET"
#define SECRET_BASE64 "U0VDUkVUU0VDUkVU"

/* A value that is not the default, of each type that has no rule for it. */
static const char *const other_values[] = {
	[VALUE_HOST] = "192.0.2.1",
	[VALUE_PATH] = "/other path",
	[VALUE_PATH_MAYBE] = "/other",
	[VALUE_PATHS] = "/other, /paths",
	[VALUE_KEYFILES] = ".keys/%u,/keys",
	[VALUE_PATTERNS] = "a* !b?",
	[VALUE_NAMES] = "alice, bob",
	[VALUE_ALGORITHMS] = "-ssh-rsa,*sha1*",
	[VALUE_PROGRAM] = "env A=b mosh-server",
	[VALUE_PORTS] = "1:65535",
	[VALUE_ESCAPE_KEY] = "^^",
	[VALUE_COMMAND] = "cd /srv; exec \"it's\" ${HOME} \xc3\xa4",
	[VALUE_SECRET] = SECRET_BASE64,
	[VALUE_CONTENT] = SECRET_BASE64,
	[VALUE_PASSWORDS] = "/etc/moshgate/passwords",
};

static const char *
other_value(const struct value_rule *rule, char buffer[VALUE_TEXT_BYTES])
{
	switch (rule->type) {
	case VALUE_NUMBER:
	case VALUE_SECONDS:
		snprintf(buffer, VALUE_TEXT_BYTES, "%d", rule->max);
		return buffer;
	case VALUE_SWITCH:
	case VALUE_ENUM:
	case VALUE_WORD:
		return strrchr(rule->words, ' ') + 1;
	case VALUE_ONLY:
		return rule->words;
	default:
		return other_values[rule->type];
	}
}

/* A configuration in which no setting has its default, for config_free(). */
static struct config *
other_config(void)
{
	struct config *config = inifile_parse(HOST);
	size_t count;
	const struct setting *settings = setting_all(&count);
	char buffer[VALUE_TEXT_BYTES];

	for (size_t i = 0; i < count; i++) {
		const char *value = other_value(&settings[i].rule, buffer);

		assert_true(settings[i].form == VALUE_AS_NOTHING ||
		    strcmp(value, settings[i].initial) != 0);
		if (!setting_set(&settings[i], config, value))
			fail_msg("%s = %s", settings[i].key, value);
	}
	return config;
}

/* The frame with FIELDS. */
static struct frame
frame_of(const struct fields *fields)
{
	const struct frame frame = { .type = FRAME_START,
		.body = fields->text,
		.len = fields->len };

	assert_false(fields->failed);
	assert_true(fields_wellformed(&frame));
	return frame;
}

/* The member of SETTING in CONFIG has nothing in it. */
static bool
is_zero(const struct setting *setting, const struct config *config)
{
	const char *member = (const char *)config + setting->offset;

	switch (setting->form) {
	case VALUE_AS_BOOL:
		return !*(const bool *)(const void *)member;
	case VALUE_AS_INT:
		return *(const int *)(const void *)member == 0;
	case VALUE_AS_TEXT:
		return *(char *const *)(const void *)member == NULL;
	default:
		return true;
	}
}

/* A worker understands of CONFIG what it is to be told, and no more. */
static void
arrives(const struct config *config)
{
	struct config *heard = calloc(1, sizeof(*heard));
	struct fields fields = { 0 };
	char said[VALUE_TEXT_BYTES], understood[VALUE_TEXT_BYTES];
	size_t count;
	const struct setting *settings = setting_all(&count);
	struct frame frame;

	assert_non_null(heard);
	config_tell(&fields, config);
	frame = frame_of(&fields);
	assert_true(config_understand(&frame, heard));
	for (size_t i = 0; i < count; i++) {
		if (settings[i].told)
			assert_string_equal(setting_get(&settings[i], heard,
						understood),
			    setting_get(&settings[i], config, said));
		else if (!is_zero(&settings[i], heard))
			fail_msg("%s arrives", settings[i].key);
	}
	assert_int_equal(heard->key_content_size, 0);
	fields_free(&fields);
	config_free(heard);
}

static void
what_a_worker_is_told_arrives(void **state)
{
	struct config *config = inifile_parse(HOST);

	(void)state;
	arrives(config);
	config_free(config);
	config = other_config();
	arrives(config);
	config_free(config);
}

/* A worker parses what the remote sends: it must not have the key. */
static void
no_secret_is_told(void **state)
{
	struct config *config = other_config();
	struct fields fields = { 0 };
	size_t count;
	const struct setting *settings = setting_all(&count);

	(void)state;
	for (size_t i = 0; i < count; i++)
		assert_false(settings[i].told &&
		    value_is_content(settings[i].rule.type));
	assert_string_equal(config->key_content, SECRET);
	config_tell(&fields, config);
	assert_null(memmem(fields.text, fields.len, "SECRET", 6));
	assert_null(memmem(fields.text, fields.len, "U0VD", 4));
	assert_null(memmem(fields.text, fields.len, "key_content", 11));
	fields_free(&fields);
	config_free(config);
}

/* The helper's own copy of the settings may differ from what a worker hears. */
static void
a_worker_may_be_told_another_time_than_is_set(void **state)
{
	struct config *config = inifile_parse(HOST "connect_timeout = 20\n");
	struct config told = *config, *heard = calloc(1, sizeof(*heard));
	struct fields fields = { 0 };
	struct frame frame;

	(void)state;
	assert_non_null(heard);
	told.connect_timeout_s = 8;
	config_tell(&fields, &told);
	frame = frame_of(&fields);
	assert_string_equal(fields_get(&frame, "remote.connect_timeout"), "8");
	assert_true(config_understand(&frame, heard));
	assert_int_equal(heard->connect_timeout_s, 8);
	fields_free(&fields);
	config_free(config);
	config_free(heard);
}

/*
 * True if a worker understands CONFIG with VALUE for the setting at SKIP, or
 * without that setting if VALUE is NULL.
 */
static bool
understood_with(const struct config *config, size_t skip, const char *value)
{
	struct config *heard = calloc(1, sizeof(*heard));
	char buffer[VALUE_TEXT_BYTES], field[SETTING_FIELD_BYTES];
	struct fields fields = { 0 };
	size_t count;
	const struct setting *settings = setting_all(&count);
	struct frame frame;
	bool understood;

	assert_non_null(heard);
	fields_add(&fields, "user", "alice");
	for (size_t i = 0; i < count; i++) {
		if (!settings[i].told)
			continue;
		setting_field(&settings[i], field);
		if (i != skip)
			fields_add(&fields, field,
			    setting_get(&settings[i], config, buffer));
		else if (value != NULL)
			fields_add(&fields, field, value);
	}
	frame = frame_of(&fields);
	understood = config_understand(&frame, heard);
	fields_free(&fields);
	config_free(heard);
	return understood;
}

static void
nothing_may_be_missing_or_out_of_bounds(void **state)
{
	struct config *config = other_config();
	char number[VALUE_TEXT_BYTES];
	size_t count, told = 0;
	const struct setting *settings = setting_all(&count);

	(void)state;
	assert_true(understood_with(config, count, NULL));
	for (size_t i = 0; i < count; i++) {
		if (!settings[i].told)
			continue;
		told++;
		assert_false(understood_with(config, i, NULL));
		assert_false(understood_with(config, i, "\n"));
		snprintf(number, sizeof(number), "%lld",
		    settings[i].rule.max + 1LL);
		if (settings[i].form == VALUE_AS_INT)
			assert_false(understood_with(config, i, number));
	}
	assert_true(told > 10 && told < count);
	config_free(config);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_worker_is_told_arrives),
		cmocka_unit_test(no_secret_is_told),
		cmocka_unit_test(a_worker_may_be_told_another_time_than_is_set),
		cmocka_unit_test(nothing_may_be_missing_or_out_of_bounds),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests_name("told", tests, NULL, NULL);
}
