#include "authmethods.h"

#include <stddef.h>
#include <string.h>

/* True if METHOD is one of the LEN bytes of LIST. */
static bool
authmethods_list_has(const char *list, size_t len, const char *method)
{
	const size_t method_len = strlen(method);
	const char *const end = list + len;

	while (list < end) {
		const size_t name_len = strcspn(list, ":, ");

		if (name_len == method_len &&
		    memcmp(list, method, name_len) == 0)
			return true;
		list += strcspn(list, ", ");
		if (list < end)
			list++;
	}
	return false;
}

enum authmethods_use
authmethods_use(const char *methods, const char *method)
{
	enum authmethods_use use = AUTHMETHODS_UNUSED;

	while (methods[0] != '\0') {
		const size_t len = strcspn(methods, " ");

		if (authmethods_list_has(methods, len, method)) {
			if (!authmethods_list_has(methods, len, "publickey"))
				return AUTHMETHODS_ALONE;
			use = AUTHMETHODS_BESIDE_KEY;
		}
		methods += len;
		methods += strspn(methods, " ");
	}
	return use;
}

/* True if all of the LEN bytes of LIST are methods that take a password. */
static bool
authmethods_list_is_passwords(const char *list, size_t len)
{
	static const char *const passwords[] = { "password",
		"keyboard-interactive" };
	const char *const end = list + len;

	while (list < end) {
		const size_t method_len = strcspn(list, ", ");

		if (!authmethods_list_has(list, method_len, passwords[0]) &&
		    !authmethods_list_has(list, method_len, passwords[1]))
			return false;
		list += method_len + 1;
	}
	return true;
}

bool
authmethods_take_a_password_alone(const char *methods)
{
	while (methods[0] != '\0') {
		const size_t len = strcspn(methods, " ");

		if (authmethods_list_is_passwords(methods, len))
			return true;
		methods += len;
		methods += strspn(methods, " ");
	}
	return false;
}
