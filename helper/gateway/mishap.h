#ifndef MOSHGATE_MISHAP_H
#define MOSHGATE_MISHAP_H

#include "../refusal.h"

/* Why a connection is over where neither its worker nor the remote says so. */

extern const struct refusal mishap_no_process; /* its worker can't be started */
extern const struct refusal mishap_late;       /* it takes too long */
extern const struct refusal mishap_broken;     /* it ends, or says nonsense */
extern const struct refusal mishap_deaf;       /* it takes nothing */
extern const struct refusal mishap_lost;       /* it ends while it idles */
extern const struct refusal mishap_reloaded;   /* it is of other settings */
extern const struct refusal mishap_silent;  /* too many wait for the remote */
extern const struct refusal mishap_crowded; /* too many agents are asked */
extern const struct refusal mishap_slow;    /* others wait for this one's */

#endif
