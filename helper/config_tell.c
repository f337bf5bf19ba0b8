#include "config.h"
#include "setting.h"

void
config_tell(struct fields *fields, const struct config *config)
{
	char buffer[VALUE_TEXT_BYTES], field[SETTING_FIELD_BYTES];
	size_t count;
	const struct setting *settings = setting_all(&count);

	for (size_t i = 0; i < count; i++) {
		if (!settings[i].told)
			continue;
		setting_field(&settings[i], field);
		fields_add(fields, field,
		    setting_get(&settings[i], config, buffer));
	}
}

bool
config_understand(const struct frame *frame, struct config *config)
{
	char field[SETTING_FIELD_BYTES];
	size_t count;
	const struct setting *settings = setting_all(&count);

	for (size_t i = 0; i < count; i++) {
		const char *value;

		if (!settings[i].told)
			continue;
		setting_field(&settings[i], field);
		value = fields_get(frame, field);
		if (value == NULL || !setting_set(&settings[i], config, value))
			return false;
	}
	return true;
}
