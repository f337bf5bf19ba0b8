#include "loan.h"

#include <stddef.h>

void
loan_deny(struct loan **at, const struct frame *refusal)
{
	struct loan *loan = *at;

	*at = NULL;
	if (loan != NULL)
		loan->deny(loan, refusal);
}

bool
loan_give(struct loan *loan, struct connection *connection)
{
	if (connection == NULL)
		return false;
	loan->lend(loan, connection);
	return true;
}

int64_t
loan_tend(struct loan **at, int64_t now_ms)
{
	if (*at == NULL)
		return INT64_MAX;
	if (now_ms < (*at)->end_ms)
		return (*at)->end_ms;
	loan_deny(at, NULL);
	return INT64_MAX;
}
