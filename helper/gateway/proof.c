#include "proof.h"

#include <stdlib.h>

struct proofs {
	struct logins_parts parts;
	struct pool *pool;
	struct logins *logins;
};

struct proofs *
proofs_new(const struct logins_parts *parts, struct pool *pool,
    struct logins *logins)
{
	struct proofs *proofs = calloc(1, sizeof(*proofs));

	if (proofs == NULL)
		return NULL;
	proofs->parts = *parts;
	proofs->pool = pool;
	proofs->logins = logins;
	return proofs;
}

void
proofs_free(struct proofs *proofs)
{
	free(proofs);
}

void
proofs_ask(struct proofs *proofs, struct proof *proof)
{
	static const struct refusal not_yet = { .reason = "internal",
		.sentence = "The gateway cannot do that." };

	(void)proofs;
	proof->answer(proof, PROOF_FAILED, &not_yet);
}

void
proofs_forget(struct proof *proof)
{
	proof->of = NULL;
}
