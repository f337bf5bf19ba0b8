#include "budget.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

size_t
budget_read(struct budget *budget, size_t len)
{
	if (budget->left_bytes == 0)
		return 0;
	/* only lines are read byte by byte, which is slow */
	if (len == 1 && budget->lines_bytes++ >= BUDGET_LINES_BYTES)
		return 0;
	return len < budget->left_bytes ? len : budget->left_bytes;
}

void
budget_was_read(struct budget *budget, size_t got)
{
	budget->left_bytes -= got;
}

static bool
budget_has_room(const struct budget *budget, size_t count)
{
	return budget->memory_bytes < BUDGET_MEMORY_BYTES &&
	    count < BUDGET_MEMORY_BYTES - budget->memory_bytes;
}

void *
budget_alloc(struct budget *budget, size_t count)
{
	void *memory = budget_has_room(budget, count) ? malloc(count) : NULL;

	if (memory != NULL)
		budget->memory_bytes += malloc_usable_size(memory);
	return memory;
}

/* As budget_realloc(), but nothing is left where MEMORY was. */
static void *
budget_move(struct budget *budget, void *memory, size_t count)
{
	const size_t old = memory != NULL ? malloc_usable_size(memory) : 0;
	void *more = budget_alloc(budget, count);

	if (more == NULL || memory == NULL)
		return more;
	memcpy(more, memory, old < count ? old : count);
	budget_free(budget, memory);
	return more;
}

void *
budget_realloc(struct budget *budget, void *memory, size_t count)
{
	const size_t old = memory != NULL ? malloc_usable_size(memory) : 0;
	void *more = NULL;

	if (budget->wipes)
		return budget_move(budget, memory, count);
	if (budget_has_room(budget, count))
		more = realloc(memory, count);
	if (more != NULL)
		budget->memory_bytes += malloc_usable_size(more) - old;
	return more;
}

void
budget_free(struct budget *budget, void *memory)
{
	const size_t bytes = malloc_usable_size(memory);

	budget->memory_bytes -= bytes;
	if (budget->wipes && memory != NULL)
		explicit_bzero(memory, bytes);
	free(memory);
}
