/*
 * Whatever is in the user map: what the helper makes of it, and writes, is what
 * it reads again, and no uid is given a second time.
 */
#include "fuzz.h"

#include "../../helper/usertable.h"

#define INPUT_MAX_BYTES ((size_t)64 * 1024)

/* In no range a uid of TABLE's is the next. */
static void
check_next(const struct usertable *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const uid_t uid = table->entries[i].uid;

		must(usertable_next_uid(table, uid, uid) > uid);
	}
	for (size_t i = 0; i < table->given.count; i++) {
		const unsigned long last = table->given.spans[i].last;

		if (last <= USERMAP_UID_MAX)
			must(usertable_next_uid(table, (uid_t)last,
				 (uid_t)last) > last);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct usertable table = { 0 }, again = { 0 };
	char *text, *printed;
	size_t len;

	if (size > INPUT_MAX_BYTES)
		size = INPUT_MAX_BYTES;
	text = copy_of(data, size, 0);
	usertable_parse(&table, text, size);
	free(text);
	if (table.fault[0] == '\0') {
		printed = usertable_print(&table, &len);
		must(printed != NULL);
		check_next(&table);
		usertable_parse(&again, printed, len);
		free(printed);
		must(again.fault[0] == '\0' && again.count == table.count);
		must(usertable_holds(&again, &table));
		must(usertable_holds(&table, &again));
		must(uidset_holds(&again.given, &table.given));
		must(uidset_holds(&table.given, &again.given));
	}
	usertable_free(&table);
	usertable_free(&again);
	return 0;
}
