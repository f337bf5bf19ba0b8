/*
 * Whatever is in the file of passwords: whose hash it has is bounded in what it
 * costs, and nobody is there twice.
 */
#include "fuzz.h"

#include "../../helper/passwords.h"

#define INPUT_MAX_BYTES ((size_t)64 * 1024)

static void
check_entry(const struct passwords *all, size_t i)
{
	const struct passwords_entry *entry = &all->entries[i];
	bool there;

	must(passwords_hash_valid(entry->hash));
	must(passwords_hash(all, entry->name, &there) == entry->hash && there);
	must(i == 0 || strcmp(all->entries[i - 1].name, entry->name) < 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct passwords all = { 0 };
	char fault[PASSWORDS_FAULT_BYTES];
	bool there;

	if (size > INPUT_MAX_BYTES)
		size = INPUT_MAX_BYTES;
	all.file.text = copy_of(data, size, 1);
	all.file.len = size;
	if (passwords_parse("/p", &all, fault)) {
		for (size_t i = 0; i < all.count; i++)
			check_entry(&all, i);
		must(passwords_hash_valid(
		    passwords_hash(&all, "nobody:", &there)));
		must(!there);
	}
	passwords_free(&all);
	return 0;
}
