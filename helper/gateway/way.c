#include "way.h"

#include <stddef.h>
#include <string.h>

const struct refusal way_udp_blocked = { .reason = "udp-blocked",
	.sentence = "UDP does not get through to the remote server, which mosh "
		    "needs.",
	.remedy = "let UDP through to the ports on the remote that ports in "
		  "[mosh] says, and back" };

static const struct refusal way_asked = {
	.sentence = "MOSHGATE=ssh asks for it."
};

static const struct {
	const char *what;
	struct refusal why;
} way_unfit[] = {
	{ "terminal",
	    { .reason = "dumb-terminal",
		.sentence = "mosh cannot use a dumb terminal (TERM=dumb).",
		.remedy = "" } },
	{ "locale",
	    { .reason = "gateway-locale",
		.sentence = "This gateway has no UTF-8 locale, which mosh "
			    "needs.",
		.remedy = "install the locale C.UTF-8 or another one in UTF-8 "
			  "on the gateway" } },
	{ "window",
	    { .reason = "large-window",
		.sentence = "The window is too large for mosh.",
		.remedy = "" } },
	{ "many",
	    { .reason = "too-many",
		.sentence = "You have too many sessions by mosh on this "
			    "gateway.",
		.remedy = "" } },
};

static bool
way_wants(const struct way_facts *facts, const char *what)
{
	return facts->wanted != NULL && strcmp(facts->wanted, what) == 0;
}

bool
way_may_fall_back(const struct way_facts *facts)
{
	return facts->fallback && facts->streams && !way_wants(facts, "mosh");
}

/* What of the near end mosh can't use; NULL if it can. */
static const struct refusal *
way_find_unfit(const struct way_facts *facts)
{
	for (size_t i = 0; facts->unfit != NULL &&
	     i < sizeof(way_unfit) / sizeof(way_unfit[0]);
	     i++) {
		if (strcmp(facts->unfit, way_unfit[i].what) == 0)
			return &way_unfit[i].why;
	}
	return NULL;
}

enum way
way_choose(const struct way_facts *facts, const struct refusal **why)
{
	*why = NULL;
	if (!facts->terminal)
		return WAY_SSH;
	if (facts->streams && way_wants(facts, "ssh")) {
		*why = &way_asked;
		return WAY_SSH;
	}
	*why = way_find_unfit(facts);
	if (*why != NULL)
		return way_may_fall_back(facts) ? WAY_SSH : WAY_NONE;
	if (!facts->blocked || !way_may_fall_back(facts))
		return WAY_MOSH;
	*why = &way_udp_blocked;
	return WAY_SSH;
}
