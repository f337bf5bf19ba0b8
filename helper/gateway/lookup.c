#include "lookup.h"

#include "../../shim/lib/clock.h"
#include "gateway.h"

/* What sshd is told of a name. */
enum lookup_verdict {
	LOOKUP_HAS,      /* it has a uid, maybe but for a while */
	LOOKUP_DEAD_END, /* it looks like one that has, and gets nowhere */
	LOOKUP_NOBODY,   /* it is left to the gateway's own accounts */
};

/* Nothing of this differs in what it does or how long it takes. */
static const struct refusal lookup_refused = { .reason = "refused-before",
	.remedy = "the remote has said no, and is not asked for a while; "
		  "reload moshgate to have it asked at once" };
static const struct refusal lookup_crowded = { .reason = "too-many-new",
	.remedy = "so many new names have come from this address within ten "
		  "minutes as new_names_per_address in [users] allows" };
static const struct refusal lookup_no_uid = { .reason = "no-uid",
	.detail = "every uid is or was somebody's, or has been given to a name "
		  "that is not known yet",
	.remedy = "raise uid_max in [users]" };

/* Store in *UID one that a new name may have, or in *WHY why there is none. */
static bool
lookup_spare_uid(struct gateway *gateway, uid_t *uid, struct refusal *why)
{
	const struct config *config = gateway->config;
	const unsigned long fresh = provisional_fresh(gateway->provisional);

	/* it may be that one has become somebody's */
	while (provisional_rested(gateway->provisional, clock_now_ms(), uid)) {
		if (!users_had(gateway->users, *uid))
			return true;
	}
	if (fresh > (unsigned long)config->uid_max) {
		*why = lookup_no_uid;
		return false;
	}
	if (users_spare_uid(gateway->users, (uid_t)fresh,
		(uid_t)config->uid_max, uid))
		return true;
	*why = admission_no_uid(&gateway->admission,
	    users_spare_result(gateway->users));
	return false;
}

/* The same for NAME, which has none: it keeps it for a while. */
static enum lookup_verdict
lookup_give(struct peer *peer, const char *name, uid_t *uid,
    struct refusal *why)
{
	struct gateway *gateway = peer->context;
	const bool counts = !config_names_user(gateway->config, name);
	const struct address address = address_read(peer->client);
	const int64_t now_ms = clock_now_ms();

	if (counts && patience_is_paused(gateway->patience, name, now_ms)) {
		*why = lookup_refused;
		return LOOKUP_DEAD_END;
	}
	if (counts &&
	    !provisional_may_give(gateway->provisional, &address, now_ms)) {
		*why = lookup_crowded;
		return LOOKUP_DEAD_END;
	}
	if (!lookup_spare_uid(gateway, uid, why))
		return LOOKUP_DEAD_END;
	provisional_give(gateway->provisional, name, counts ? &address : NULL,
	    *uid, now_ms);
	return LOOKUP_HAS;
}

/* Who is NAME?  Its uid is stored in *UID, or in *WHY why it has none. */
static enum lookup_verdict
lookup_name(struct peer *peer, const char *name, uid_t *uid,
    struct refusal *why)
{
	struct gateway *gateway = peer->context;

	users_refresh(gateway->users);
	if (users_find(gateway->users, name, uid))
		return LOOKUP_HAS;
	if (!admission_wants(&gateway->admission, name, why))
		return LOOKUP_NOBODY;
	if (users_like(gateway->users, name) ||
	    (config_names_like(gateway->config, name) &&
		!config_names_user(gateway->config, name))) {
		*why = admission_like;
		return LOOKUP_DEAD_END;
	}
	if (provisional_find(gateway->provisional, name, clock_now_ms(), uid)) {
		if (!users_had(gateway->users, *uid))
			return LOOKUP_HAS;
		/* the map has been mended meanwhile, and says whose it is */
		provisional_drop(gateway->provisional, name);
	}
	return lookup_give(peer, name, uid, why);
}

/* Tell sshd that NAME has UID. */
static void
lookup_answer(struct peer *peer, const char *name, uid_t uid)
{
	struct gateway *gateway = peer->context;
	struct fields fields = { 0 };

	origins_note(gateway->origins, peer->sshd_pid, name, peer->client, uid,
	    clock_now_ms());
	fields_add_number(&fields, "uid", (long long)uid);
	peer_answer(peer, FRAME_OK, fields.text, fields.len);
	fields_free(&fields);
}

/* Tell sshd that there is nobody. */
static void
lookup_refuse(struct peer *peer, const char *name, const struct refusal *why)
{
	struct gateway *gateway = peer->context;
	/* the particulars are the administrator's alone */
	const struct refusal refusal = { .reason = why->reason,
		.sentence = "The gateway does not ask the remote server for "
			    "this name.",
		.remedy = why->remedy };

	loginlog_unknown(&gateway->loginlog, peer, name, why);
	peer_turn_away(peer, &refusal);
}

/* Answer PEER, out of memory. */
static void
lookup_go(struct users_looking *looking)
{
	struct peer *peer = looking->asker;
	struct gateway *gateway = peer->context;
	const char *name = fields_get(&peer->asked, "name");
	struct refusal why;
	uid_t uid;

	switch (lookup_name(peer, name, &uid, &why)) {
	case LOOKUP_HAS:
		lookup_answer(peer, name, uid);
		break;
	case LOOKUP_DEAD_END:
		loginlog_dead_end(&gateway->loginlog, peer, name, &why);
		lookup_answer(peer, name, USERMAP_UID_DEAD_END);
		break;
	case LOOKUP_NOBODY:
		lookup_refuse(peer, name, &why);
		break;
	}
}

static void
lookup_ask(struct peer *peer)
{
	static const struct refusal not_root = { .reason = "not-root",
		.sentence = "Only root may ask that." };
	static const struct refusal bad_name = { .reason = "bad-name",
		.remedy = "no user can have that name" };
	const struct gateway *gateway = peer->context;
	const char *name = fields_get(&peer->asked, "name");
	struct users_looking *looking = peer->request;

	peer_read_word(peer, "sshd_pid", peer->sshd_pid,
	    sizeof(peer->sshd_pid));
	peer_read_word(peer, "address", peer->client, sizeof(peer->client));
	if (peer->uid != 0) {
		peer_refuse(peer, &not_root);
		return;
	}
	if (name == NULL || !username_valid(name)) {
		lookup_refuse(peer, "", &bad_name);
		return;
	}
	*looking = (struct users_looking){ .done = lookup_go, .asker = peer };
	/* it may have been mended by hand */
	if (users_damaged(gateway->users))
		users_look(gateway->users, looking);
	else
		lookup_go(looking);
}

static void
lookup_leave(struct peer *peer)
{
	users_look_no_more(peer->request);
}

const struct peer_kind lookup_kind = {
	.type = FRAME_LOOKUP,
	.request_bytes = sizeof(struct users_looking),
	.ask = lookup_ask,
	.leave = lookup_leave,
};
