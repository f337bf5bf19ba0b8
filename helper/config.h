#ifndef MOSHGATE_CONFIG_H
#define MOSHGATE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "../shim/lib/fields.h"
#include "setting.h"

#define CONFIG_PATH SYSCONFDIR "/moshgate/moshgate.ini"
#define CONFIG_MAX_BYTES ((size_t)256 * 1024)
#define CONFIG_ERROR_BYTES 1024

/*
 * Read the configuration in the LEN bytes at TEXT, which messages call NAME.
 * TEXT is changed: what may be secret in it is wiped.
 * Returns a new configuration, for config_free(); or NULL, and in ERROR one
 * line that names file, line, and what was expected there.
 */
struct config *config_parse(const char *name, char *text, size_t len,
    char error[CONFIG_ERROR_BYTES]);

/*
 * The same for the file at PATH.  It must be a plain file of root's that only
 * root can write; with key_content in it, not everybody may read it either.
 */
struct config *config_read(const char *path, char error[CONFIG_ERROR_BYTES]);

void config_free(struct config *config);

/*
 * Add to FIELDS, as section.key, what of CONFIG a worker needs.  No secret is
 * among that.
 */
void config_tell(struct fields *fields, const struct config *config);

/*
 * The other way round: store in CONFIG, all zero before, what FRAME tells.  The
 * settings that a worker is not told stay zero.
 * Returns false if one is missing, or is none that the file may have.  CONFIG is
 * for config_free() in any case.
 */
bool config_understand(const struct frame *frame, struct config *config);

/* Which passwords let a client in. */
enum config_passwords {
	CONFIG_PASSWORDS_NO,
	CONFIG_PASSWORDS_FILE,   /* those of CONFIG->passwords, a path */
	CONFIG_PASSWORDS_REMOTE, /* those that the remote takes */
};
enum config_passwords config_passwords(const struct config *config);

/* True if the gateway has a key by which it may log in: [gateway] auth. */
bool config_has_key(const struct config *config);

/*
 * True if the patterns of [clients] users take NAME.  Those that exclude names
 * do so whatever the case is.
 */
bool config_wants_user(const struct config *config, const char *name);

/* True if the patterns of [users] reserved take NAME, whatever the case is. */
bool config_reserves_user(const struct config *config, const char *name);

/* True if NAME is one of [users] names. */
bool config_names_user(const struct config *config, const char *name);

/* The same, whatever the case is. */
bool config_names_like(const struct config *config, const char *name);

#endif
