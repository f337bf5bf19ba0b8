#include "job.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name;
	enum frame_type frame;
} jobs[] = {
	[JOB_LOOKUP] = { "lookup", FRAME_LOOKUP },
	[JOB_KEYS] = { "keys", FRAME_KEYS },
	[JOB_SESSION] = { "session", FRAME_SESSION },
	[JOB_UDP] = { "udp", FRAME_UDP },
	[JOB_OPEN] = { "open", FRAME_PING },
	[JOB_RELAY] = { "relay", FRAME_HOLD },
	[JOB_CHECK] = { "check", 0 },
	[JOB_PROBE] = { "probe", 0 },
};

#define JOBS (sizeof(jobs) / sizeof(jobs[0]))

const char *
job_name(enum job job)
{
	return jobs[job].name;
}

enum frame_type
job_frame(enum job job)
{
	return jobs[job].frame;
}

bool
job_by_name(const char *name, enum job *job)
{
	for (size_t i = 0; i < JOBS; i++) {
		if (strcmp(jobs[i].name, name) == 0) {
			*job = (enum job)i;
			return true;
		}
	}
	return false;
}

bool
job_by_frame(enum frame_type type, enum job *job)
{
	for (size_t i = 0; i < JOBS; i++) {
		if (jobs[i].frame == type && type != 0) {
			*job = (enum job)i;
			return true;
		}
	}
	return false;
}
