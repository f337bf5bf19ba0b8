#ifndef MOSHGATE_MISHAP_H
#define MOSHGATE_MISHAP_H

#include "../refusal.h"

/* Why a connection is over where neither its worker nor the remote says so. */

extern const struct refusal mishap_no_process; /* its worker can't be started */
extern const struct refusal mishap_late;       /* it takes too long */
extern const struct refusal mishap_silent;     /* as it does for others */
extern const struct refusal mishap_lost;       /* it ends without a word */
extern const struct refusal mishap_reloaded;   /* the settings are others */
extern const struct refusal mishap_broken;     /* it ends, or says nonsense */
extern const struct refusal mishap_deaf;       /* it takes nothing */

#endif
