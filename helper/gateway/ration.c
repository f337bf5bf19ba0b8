#include "ration.h"

/* The first sessions of a user, and the others. */
#define RATION_AMPLE_SESSIONS ((size_t)8)
#define RATION_AMPLE_MIB 64
#define RATION_SPARE_MIB 32
/* What mosh-client needs in any window, and more of it for each cell. */
#define RATION_BASE_MIB 16
#define RATION_CELLS_PER_MIB 6250

/*
 * With so many relays in all only who has few gets another: there must be
 * processes left for logins.
 */
#define RATION_CROWDED ((size_t)384)
#define RATION_FULL ((size_t)512)
#define RATION_FEW_RELAYS ((size_t)4)

#define RATION_MIB (1024 * 1024)

int
ration_memory_mib(size_t others)
{
	if (others < RATION_AMPLE_SESSIONS)
		return RATION_AMPLE_MIB;
	return others < RATION_SESSIONS_MAX ? RATION_SPARE_MIB : 0;
}

long long
ration_cells(int memory_mib)
{
	return memory_mib > RATION_BASE_MIB
	    ? (long long)(memory_mib - RATION_BASE_MIB) * RATION_CELLS_PER_MIB
	    : 0;
}

bool
ration_allows_relay(size_t of_user, size_t of_all)
{
	if (of_user >= RATION_RELAYS_MAX || of_all >= RATION_FULL)
		return false;
	return of_all < RATION_CROWDED || of_user < RATION_FEW_RELAYS;
}

int
ration_window_bytes(size_t of_user, size_t of_all)
{
	static const struct {
		size_t of_user, of_all; /* fewer than these */
		int mib;
	} windows[] = { { 4, 16, 16 }, { 8, 64, 4 } };

	for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
		if (of_user < windows[i].of_user && of_all < windows[i].of_all)
			return windows[i].mib * RATION_MIB;
	}
	return 2 * RATION_MIB;
}
