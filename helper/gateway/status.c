#include "status.h"

#include <stdio.h>
#include <stdlib.h>

#include "../../shim/lib/clock.h"
#include "gateway.h"
#include "session.h"

/* Where the lines go, and what the time is. */
struct status {
	FILE *out;
	int64_t now_ms;
};

static void
status_print_age(const struct status *status, int64_t since_ms)
{
	const int64_t s = (status->now_ms - since_ms) / 1000;

	fprintf(status->out, "%lld:%02lld:%02lld\n", (long long)(s / 3600),
	    (long long)(s / 60 % 60), (long long)(s % 60));
}

static void
status_print_session(void *context, struct peer *peer)
{
	const struct status *status = context;
	struct session_status session;

	if (!session_status(peer, &session))
		return;
	if (session.phase != SESSION_MOSH &&
	    (session.phase != SESSION_SSH || !session.terminal))
		return;
	fprintf(status->out, "session\t%s\t%s\t", peer->user,
	    session.phase == SESSION_SSH ? "ssh" : session.mosh_at);
	status_print_age(status, session.began_ms);
}

/* What a connection with FACTS is called. */
static const char *
status_of_connection(const struct connection_facts *facts)
{
	switch (facts->phase) {
	case PHASE_QUEUED:
		return "queued";
	case PHASE_REACHING:
	case PHASE_ENTERING:
	case PHASE_PROVING:
		return "connecting";
	case PHASE_AT_WORK:
		return facts->served > 0 ? "busy" : "connecting";
	case PHASE_HELD:
		return "spare";
	case PHASE_IDLE:
		return "connected";
	default:
		return "busy";
	}
}

static void
status_print_connection(void *context, struct connection *connection)
{
	const struct status *status = context;
	const struct connection_facts *facts = connection_facts(connection);

	fprintf(status->out, "connection\t%s\t%s\t",
	    connection_entry(connection)->user, status_of_connection(facts));
	if (facts->phase == PHASE_IDLE || facts->phase == PHASE_RUNNING ||
	    (facts->phase == PHASE_AT_WORK && facts->served > 0))
		status_print_age(status, facts->began_ms);
	else
		fputs("-\n", status->out);
}

/* Print all there is. */
static void
status_print(struct gateway *gateway, struct status *status)
{
	const char *host = gateway->config->host;
	const size_t blocked = reach_blocked(trial_reach(gateway->trial),
	    status->now_ms);

	if (blocked > 0)
		fprintf(status->out, "remote\t%s\tUDP blocked for %zu\t-\n",
		    host, blocked);
	if (gateway->outage.down)
		fprintf(status->out, "remote\t%s\tout of reach\t-\n", host);
	peers_each(gateway->peers, status_print_session, status);
	pool_each(gateway->pool, status_print_connection, status);
}

static void
status_ask(struct peer *peer)
{
	static const struct refusal not_root = { .reason = "not-root",
		.sentence = "Only root may ask that." };
	static const struct refusal no_memory = { .reason = "internal",
		.sentence = "Out of memory." };
	struct status status = { .now_ms = clock_now_ms() };
	char *text = NULL;
	size_t len = 0;

	if (peer->uid != 0) {
		peer_refuse(peer, &not_root);
		return;
	}
	status.out = open_memstream(&text, &len);
	if (status.out == NULL) {
		peer_refuse(peer, &no_memory);
		return;
	}
	status_print(peer->context, &status);
	if (fclose(status.out) != 0 || len > FRAME_ANSWER_MAX_BYTES)
		peer_refuse(peer, &no_memory);
	else
		peer_answer(peer, FRAME_TEXT, text, len);
	free(text);
}

const struct peer_kind status_kind = {
	.type = FRAME_STATUS,
	.ask = status_ask,
};
