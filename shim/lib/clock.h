#ifndef MOSHGATE_CLOCK_H
#define MOSHGATE_CLOCK_H

#include <stdint.h>

/* Milliseconds on the monotonic clock. */
int64_t clock_now_ms(void);

#endif
