#ifndef MOSHGATE_MISHAP_H
#define MOSHGATE_MISHAP_H

#include "../refusal.h"

/* Why a connection is over where neither its worker nor the remote says so. */

extern const struct refusal mishap_no_process; /* its worker can't be started */
extern const struct refusal mishap_late;       /* it takes too long */
extern const struct refusal mishap_broken;     /* it ends, or says nonsense */
extern const struct refusal mishap_deaf;       /* it takes nothing */

#endif
