#include "newcomers.h"

#include "gateway.h"

bool
newcomers_init(struct gateway *gateway)
{
	struct logins_parts parts = { .loop = gateway->loop,
		.shares = gateway->shares,
		.outage = &gateway->outage,
		.directory = gateway->directory,
		.admission = &gateway->admission };

	gateway->patience = parts.patience = patience_new();
	gateway->provisional = parts.provisional = provisional_new();
	gateway->origins = origins_new();
	gateway->logins = logins_new(&parts);
	gateway->proofs = proofs_new(&parts, gateway->pool, gateway->logins);
	return gateway->patience != NULL && gateway->provisional != NULL &&
	    gateway->origins != NULL && gateway->logins != NULL &&
	    gateway->proofs != NULL;
}

void
newcomers_end(struct gateway *gateway)
{
	proofs_free(gateway->proofs);
	logins_free(gateway->logins);
	origins_free(gateway->origins);
	provisional_free(gateway->provisional);
	patience_free(gateway->patience);
}

void
newcomers_configure(struct gateway *gateway)
{
	const struct config *config = gateway->config;
	const struct provisional_settings settings = {
		.uid_min = (uid_t)config->uid_min,
		.uid_max = (uid_t)config->uid_max,
		.new_names_per_address = config->new_names_per_address,
		.lookups_per_minute = config->lookups_per_minute,
	};

	patience_configure(gateway->patience, config->lookups_per_minute,
	    config->negative_ttl_s);
	provisional_configure(gateway->provisional, &settings);
}
