#include "ownkeys.h"

#include <stdlib.h>
#include <string.h>

#include "../authkeys.h"
#include "../file.h"
#include "../log.h"
#include "gateway.h"

static const struct refusal ownkeys_no_memory = { .reason = "internal",
	.sentence = "Out of memory." };

/* Answer with the keys in LEN bytes at TEXT, a file of the gateway's. */
static void
ownkeys_answer_text(struct peer *peer, const char *text, size_t len)
{
	const struct gateway *gateway = peer->context;
	const struct signer *signer = pool_signer(gateway->pool);
	const struct authkeys_rules rules = {
		.own = signer != NULL ? signer_public(signer) : NULL,
		.own_len = SSHKEY_ED25519_BLOB_BYTES,
		.forced = (enum authkeys_forced)
			      gateway->config->forced_commands,
	};
	struct authkeys_report report;
	size_t filtered_len;
	char *filtered;

	filtered = authkeys_filter(text, len, &rules, &filtered_len, &report);
	if (filtered == NULL) {
		peer_refuse(peer, &ownkeys_no_memory);
		return;
	}
	if (report.note[0] != '\0')
		log_event(LOG_NOTICE, "note", "user", peer->user, "about",
		    "authorized-keys", "detail", report.note, "remedy",
		    "such lines cannot be honoured through the gateway, see "
		    "moshgate-keys(8)",
		    NULL);
	peer_answer(peer, FRAME_TEXT, filtered, filtered_len);
	free(filtered);
}

/* Answer with the keys of [clients] authorized_keys, or of its content. */
static void
ownkeys_answer_file(struct peer *peer)
{
	static const struct refusal unusable = {
		.reason = "authorized-keys-file",
		.sentence = "The gateway's file of keys cannot be used.",
		.remedy = "mend the file that authorized_keys in [clients] "
			  "names"
	};
	const struct gateway *gateway = peer->context;
	const struct config *config = gateway->config;
	char fault[FILE_FAULT_BYTES];
	struct file file;

	if (config->authorized_keys[0] == '\0') {
		ownkeys_answer_text(peer, config->authorized_keys_content,
		    strlen(config->authorized_keys_content));
		return;
	}
	if (file_read_public(config->authorized_keys, 0, AUTHKEYS_MAX_BYTES,
		&file, fault)) {
		ownkeys_answer_text(peer, file.text, file.len);
	} else {
		log_event(LOG_ERR, "note", "user", peer->user, "about",
		    "authorized-keys-file", "detail", fault, NULL);
		peer_refuse(peer, &unusable);
	}
	file_free(&file);
}

/* Answer with the key that was offered, whatever it is. */
static void
ownkeys_answer_offered(struct peer *peer)
{
	static const struct refusal not_a_key = { .reason = "not-a-key",
		.sentence = "That is no key.",
		.remedy = "the drop-in must give moshgate-keys %u %t %k %U" };
	const struct gateway *gateway = peer->context;
	const char *type = fields_get(&peer->asked, "type");
	const char *blob = fields_get(&peer->asked, "blob");
	char line[FRAME_REQUEST_MAX_BYTES];

	if (type != NULL && blob != NULL &&
	    authkeys_offered(type, blob,
		(enum authkeys_forced)gateway->config->forced_commands, line,
		sizeof(line)))
		peer_answer(peer, FRAME_TEXT, line, strlen(line));
	else
		peer_refuse(peer, &not_a_key);
}

void
ownkeys_answer(struct peer *peer)
{
	const struct gateway *gateway = peer->context;

	if (gateway->config->keys == CONFIG_KEYS_FILE)
		ownkeys_answer_file(peer);
	else
		ownkeys_answer_offered(peer);
}
