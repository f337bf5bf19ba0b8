#include "setting.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "../shim/lib/usermap.h"

/* Which values it takes. */
#define NUMBER(low, high) .type = VALUE_NUMBER, .min = (low), .max = (high)
#define SECONDS(low, high) .type = VALUE_SECONDS, .min = (low), .max = (high)
#define UID NUMBER(USERMAP_UID_MIN, USERMAP_UID_MAX)
#define DAY_S 86400
#define YEAR_S (365 * DAY_S)
#define SWITCH(list) .type = VALUE_SWITCH, .words = (list)
#define ENUM(list) .type = VALUE_ENUM, .words = (list)
#define WORD(list) .type = VALUE_WORD, .words = (list)
#define ONLY(word) .type = VALUE_ONLY, .words = (word)
#define OF(what) .type = VALUE_ALGORITHMS, .kind = (what)
#define A(kind) .type = (kind)

/* The member of struct config: where it is, and of which type. */
#define TO(member) offsetof(struct config, member), FORM(member)
#define FORM(member) FORM_OF(((struct config *)0)->member)
#define FORM_OF(it) \
	_Generic((it), bool : VALUE_AS_BOOL, int : VALUE_AS_INT, char * : VALUE_AS_TEXT)
#define NOWHERE 0, VALUE_AS_NOTHING

/* The last column: whether workers are told. */
#define TOLD true
#define OURS false

static const struct setting setting_table[] = {
	{ "remote", "host", "", { A(VALUE_HOST) }, TO(host), TOLD },
	{ "remote", "port", "22", { NUMBER(1, 65535) }, TO(port), TOLD },
	{ "remote", "known_hosts",
	    "/etc/moshgate/known_hosts, /etc/ssh/ssh_known_hosts",
	    { A(VALUE_PATHS) }, TO(known_hosts), TOLD },
	{ "remote", "verify_host_key", "yes", { SWITCH("yes no") },
	    TO(verify_host_key), TOLD },
	{ "remote", "connect_timeout", "10", { SECONDS(1, 20) },
	    TO(connect_timeout_s), TOLD },
	{ "remote", "ciphers", "", { OF(PROPOSAL_CIPHER) }, TO(ciphers), TOLD },
	{ "remote", "macs", "", { OF(PROPOSAL_MAC) }, TO(macs), TOLD },
	{ "remote", "kex", "", { OF(PROPOSAL_KEX) }, TO(kex), TOLD },
	{ "remote", "host_key_algorithms", "", { OF(PROPOSAL_HOST_KEY) },
	    TO(host_key_algorithms), TOLD },
	{ "remote", "required_rsa_size", "2048", { NUMBER(1024, 16384) },
	    TO(required_rsa_size), TOLD },
	{ "gateway", "key", "/etc/moshgate/id_ed25519", { A(VALUE_PATH) },
	    TO(key), OURS },
	{ "gateway", "key_content", "", { A(VALUE_SECRET) }, TO(key_content),
	    OURS },
	/* in the order of enum config_auth */
	{ "gateway", "auth", "key", { ENUM("key agent agent,key") }, TO(auth),
	    OURS },
	/* in the order of enum config_keys */
	{ "clients", "keys", "remote", { ENUM("remote file any") }, TO(keys),
	    TOLD },
	{ "clients", "remote_keys",
	    ".ssh/authorized_keys .ssh/authorized_keys2", { A(VALUE_KEYFILES) },
	    TO(remote_keys), TOLD },
	{ "clients", "cache_ttl", "60", { SECONDS(0, DAY_S) }, TO(cache_ttl_s),
	    OURS },
	{ "clients", "authorized_keys", "", { A(VALUE_PATH_MAYBE) },
	    TO(authorized_keys), OURS },
	{ "clients", "authorized_keys_content", "", { A(VALUE_CONTENT) },
	    TO(authorized_keys_content), OURS },
	{ "clients", "any_key", "no", { ENUM("no i-know") }, TO(any_key),
	    OURS },
	{ "clients", "passwords", "no", { A(VALUE_PASSWORDS) }, TO(passwords),
	    OURS },
	/* in the order of enum authkeys_forced */
	{ "clients", "forced_commands", "refuse", { ENUM("refuse honor") },
	    TO(forced_commands), TOLD },
	{ "clients", "users", "*", { A(VALUE_PATTERNS) }, TO(users), OURS },
	{ "users", "uid_min", "65536", { UID }, TO(uid_min), OURS },
	{ "users", "uid_max", "99999", { UID }, TO(uid_max), OURS },
	{ "users", "names", "", { A(VALUE_NAMES) }, TO(names), OURS },
	{ "users", "reserved", "", { A(VALUE_PATTERNS) }, TO(reserved), OURS },
	{ "users", "negative_ttl", "60", { SECONDS(0, DAY_S) },
	    TO(negative_ttl_s), OURS },
	{ "users", "lookups_per_minute", "6", { NUMBER(1, 10000) },
	    TO(lookups_per_minute), OURS },
	{ "users", "new_names_per_address", "4", { NUMBER(1, 4096) },
	    TO(new_names_per_address), OURS },
	{ "mosh", "server", "mosh-server", { A(VALUE_PROGRAM) },
	    TO(mosh_server), TOLD },
	{ "mosh", "ports", "60000:61000", { A(VALUE_PORTS) }, TO(mosh_ports),
	    TOLD },
	{ "mosh", "host", "", { A(VALUE_HOST) }, TO(mosh_host), TOLD },
	{ "mosh", "network_timeout", "604800", { SECONDS(60, YEAR_S) },
	    TO(network_timeout_s), TOLD },
	{ "mosh", "predict", "adaptive",
	    { WORD("adaptive always never experimental") }, TO(predict), OURS },
	{ "mosh", "escape_key", "none", { A(VALUE_ESCAPE_KEY) }, TO(escape_key),
	    OURS },
	{ "mosh", "title_prefix", "yes", { SWITCH("yes no") }, TO(title_prefix),
	    OURS },
	{ "mosh", "fallback", "ssh", { SWITCH("ssh no") }, TO(fallback), OURS },
	{ "session", "command", "", { A(VALUE_COMMAND) }, TO(command), TOLD },
	{ "session", "share_idle", "600", { SECONDS(0, DAY_S) },
	    TO(share_idle_s), OURS },
	{ "session", "share_max_age", "300", { SECONDS(10, DAY_S) },
	    TO(share_max_age_s), OURS },
	{ "session", "share_max", "256", { NUMBER(1, 10000) }, TO(share_max),
	    OURS },
	{ "session", "remote_log", "no", { ONLY("no") }, NOWHERE, OURS },
};

#define SETTINGS (sizeof(setting_table) / sizeof(setting_table[0]))

static_assert(SETTINGS <= SETTING_MAX, "SETTING_MAX is too small");

const struct setting *
setting_all(size_t *count)
{
	*count = SETTINGS;
	return setting_table;
}

const struct setting *
setting_find(const char *section, const char *key, size_t len)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		const struct setting *s = &setting_table[i];

		if (strcmp(s->section, section) == 0 && strlen(s->key) == len &&
		    memcmp(s->key, key, len) == 0)
			return s;
	}
	return NULL;
}

bool
setting_section_known(const char *section)
{
	for (size_t i = 0; i < SETTINGS; i++) {
		if (strcmp(setting_table[i].section, section) == 0)
			return true;
	}
	return false;
}

bool
setting_set(const struct setting *setting, struct config *config,
    const char *value)
{
	return value_parse(&setting->rule, value,
	    (char *)config + setting->offset);
}

const char *
setting_get(const struct setting *setting, const struct config *config,
    char buffer[VALUE_TEXT_BYTES])
{
	return value_text(&setting->rule,
	    (const char *)config + setting->offset, buffer);
}

void
setting_free(const struct setting *setting, struct config *config)
{
	value_free(&setting->rule, (char *)config + setting->offset);
}

void
setting_field(const struct setting *setting, char field[SETTING_FIELD_BYTES])
{
	snprintf(field, SETTING_FIELD_BYTES, "%s.%s", setting->section,
	    setting->key);
}
