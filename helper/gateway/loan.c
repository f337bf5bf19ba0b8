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
