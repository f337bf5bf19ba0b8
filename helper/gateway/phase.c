#include "phase.h"

#include <stddef.h>

#define IN(phase) (1U << PHASE_##phase)
#define WORKING                                                    \
	(IN(REACHING) | IN(ENTERING) | IN(ASKING) | IN(PROVING) |  \
	    IN(AT_WORK) | IN(CLEARING) | IN(HELD) | IN(STARTING) | \
	    IN(RUNNING))
#define FOR(job) (1U << JOB_##job)
#define ANY (~0U)

/* Which frame is legal in which phases, for which jobs. */
static const struct {
	enum frame_type type;
	unsigned phases, jobs;
} phase_frames[] = {
	{ FRAME_REACHED, IN(REACHING), ANY },
	/* once: it leads to PHASE_PROVING */
	{ FRAME_SIGN, IN(ENTERING) | IN(ASKING), ANY & ~FOR(PROBE) },
	{ FRAME_ACCEPTED, IN(ENTERING) | IN(ASKING) | IN(PROVING),
	    ANY & ~FOR(PROBE) },
	{ FRAME_ACCEPTED, IN(CLEARING), FOR(RELAY) },
	{ FRAME_NOTE, WORKING, ANY },
	{ FRAME_STEP, WORKING, FOR(CHECK) },
	{ FRAME_TEXT, IN(AT_WORK), FOR(KEYS) | FOR(LOOKUP) },
	{ FRAME_RUNNING, IN(STARTING), FOR(RELAY) },
	/* a check ends there if there is nothing to log in with */
	{ FRAME_OK, IN(ENTERING), FOR(PROBE) | FOR(CHECK) },
	{ FRAME_OK, IN(AT_WORK),
	    FOR(LOOKUP) | FOR(SESSION) | FOR(UDP) | FOR(OPEN) | FOR(CHECK) },
	{ FRAME_OK, IN(RUNNING), FOR(RELAY) },
	{ FRAME_REFUSED, WORKING, ANY },
};

bool
phase_allows(enum phase phase, enum job job, enum frame_type type)
{
	for (size_t i = 0; i < sizeof(phase_frames) / sizeof(phase_frames[0]);
	     i++) {
		if (phase_frames[i].type == type &&
		    (phase_frames[i].phases & 1U << phase) != 0 &&
		    (phase_frames[i].jobs & 1U << job) != 0)
			return true;
	}
	return false;
}

bool
phase_logs_in(enum job job)
{
	return job != JOB_PROBE && job != JOB_CHECK;
}

bool
phase_ends_with(enum job job)
{
	return job == JOB_RELAY || job == JOB_CHECK || job == JOB_PROBE;
}

bool
phase_outlives(enum phase phase)
{
	return phase == PHASE_STARTING || phase == PHASE_RUNNING;
}

enum phase
phase_accepted(enum phase phase, enum job job)
{
	if (job != JOB_RELAY)
		return PHASE_AT_WORK;
	return phase == PHASE_CLEARING ? PHASE_HELD : PHASE_CLEARING;
}

enum queue_state
phase_in_queue(enum phase phase)
{
	switch (phase) {
	case PHASE_QUEUED:
		return QUEUE_WAITING;
	case PHASE_REACHING:
	case PHASE_ENTERING:
	case PHASE_PROVING:
		return QUEUE_CONNECTING;
	case PHASE_ASKING:
		return QUEUE_ASKING;
	case PHASE_IDLE:
		return QUEUE_IDLE;
	default:
		return QUEUE_AT_WORK;
	}
}
