#ifndef MOSHGATE_RATION_H
#define MOSHGATE_RATION_H

#include <stdbool.h>
#include <stddef.h>

/*
 * How much of the gateway's memory one user may take, and all together: policy,
 * by how many sessions and relays there are already.  It has been measured what
 * each of them needs.
 *
 * mosh-client has 5 MiB of data to begin with, and at most 24 MiB in a window of
 * 500x200, 35 MiB in one of 1000x300, whatever is shown there.  So the first
 * sessions of a user may have more than any real window needs, and those beyond
 * them what nearly all do: together not more than 1.3 GiB.
 *
 * A relay whose output nobody reads keeps a channel's window of it, and 1 MiB
 * besides.  One window of 16 MiB is more than TCP has on its way at 200 ms; of
 * many at a time each gets less of the link, and a smaller one is enough: for all
 * of a user not more than 160 MiB.
 */

/* Sessions by mosh, and relays, of one user. */
#define RATION_SESSIONS_MAX ((size_t)32)
#define RATION_RELAYS_MAX ((size_t)32)

/*
 * How much data, in MiB, the mosh-client of a user may have who has OTHERS
 * already; 0 if there can't be another.
 */
int ration_memory_mib(size_t others);

/* How many cells of a window fit into MEMORY_MIB. */
long long ration_cells(int memory_mib);

/* True if a user with OF_USER relays may have another, with OF_ALL in all. */
bool ration_allows_relay(size_t of_user, size_t of_all);

/* How many bytes may be on their way to that one. */
int ration_window_bytes(size_t of_user, size_t of_all);

#endif
