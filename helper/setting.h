#ifndef MOSHGATE_SETTING_H
#define MOSHGATE_SETTING_H

#include <stdbool.h>
#include <stddef.h>

#include "value.h"

#define SETTING_MAX 64         /* settings */
#define SETTING_FIELD_BYTES 64 /* of SECTION.KEY */

enum config_keys {
	CONFIG_KEYS_REMOTE, /* the remote's authorized_keys */
	CONFIG_KEYS_FILE,   /* a file of the gateway's */
	CONFIG_KEYS_ANY,    /* whatever key is offered */
};

/* What proves to the remote who comes. */
enum config_auth {
	CONFIG_AUTH_KEY,       /* the gateway's key */
	CONFIG_AUTH_AGENT,     /* the client's agent */
	CONFIG_AUTH_AGENT_KEY, /* the agent, or else the key */
};

/*
 * What moshgate.ini(5) says, as the table has it.  Strings are
 * never NULL but for key_content; an empty one is "not set".  Times are in
 * seconds, as in the file.
 */
struct config {
	/* [remote] */
	char *host;
	char *known_hosts; /* paths, separated by blanks */
	char *ciphers, *macs, *kex, *host_key_algorithms;
	int port, connect_timeout_s, required_rsa_size;
	bool verify_host_key;
	/* [gateway] */
	char *key;
	char *key_content; /* in secret memory, or NULL */
	size_t key_content_size;
	int auth; /* enum config_auth */
	/* [clients] */
	char *remote_keys; /* paths, separated by blanks */
	char *authorized_keys, *authorized_keys_content;
	char *users; /* patterns, separated by blanks */
	int keys;    /* enum config_keys */
	int cache_ttl_s;
	int forced_commands; /* enum authkeys_forced */
	int any_key; /* not 0: keys = any, although nobody is checked then */
	char *passwords; /* "no", "remote", or the path of a file */
	/* [users] */
	int uid_min, uid_max;
	int negative_ttl_s, lookups_per_minute, new_names_per_address;
	char *names;    /* separated by blanks */
	char *reserved; /* patterns, separated by blanks */
	/* [mosh] */
	char *mosh_server, *mosh_ports, *mosh_host;
	char *predict, *escape_key;
	int network_timeout_s;
	bool title_prefix;
	bool fallback; /* to SSH, where mosh cannot go */
	/* [session] */
	char *command;
	int share_idle_s, share_max_age_s, share_max;
};

/* A setting of moshgate.ini(5): a line of the one table that there is. */
struct setting {
	const char *section, *key;
	const char *initial; /* its default, as in the file */
	struct value_rule rule;
	/* the member of struct config: where it is, and of which type */
	size_t offset;
	enum value_form form;
	bool told; /* to workers */
};

/*
 * The settings, in the order of the manual page; stores in *COUNT how many,
 * which is at most SETTING_MAX.
 */
const struct setting *setting_all(size_t *count);

/* The setting called by the LEN bytes at KEY in SECTION, or NULL. */
const struct setting *setting_find(const char *section, const char *key,
    size_t len);

bool setting_section_known(const char *section);

/*
 * Read VALUE, as it stands in the file, into SETTING's member of CONFIG.
 * Returns false if the setting doesn't take it, or for want of memory.
 */
bool setting_set(const struct setting *setting, struct config *config,
    const char *value);

/* The value in CONFIG of a setting that is told, for setting_set(). */
const char *setting_get(const struct setting *setting,
    const struct config *config, char buffer[VALUE_TEXT_BYTES]);

/* Free what CONFIG has of SETTING. */
void setting_free(const struct setting *setting, struct config *config);

/* Write to FIELD the name of the field by which a worker is told SETTING. */
void setting_field(const struct setting *setting,
    char field[SETTING_FIELD_BYTES]);

#endif
