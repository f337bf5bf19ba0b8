#include "jam.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

/* From one who waits for others to the next. */
#define JAM_PROBE_MS 1000
/* What has been found longer ago says nothing. */
#define JAM_FORGOTTEN_MS 5000

enum jam_advice
jam_advise(enum jam_note note, int64_t age_ms)
{
	/* the clock may have been set */
	if (note == JAM_NONE || age_ms < 0 || age_ms >= JAM_FORGOTTEN_MS)
		return JAM_WAIT;
	return age_ms < JAM_PROBE_MS ? JAM_LEAVE : JAM_PROBE;
}

static int64_t
jam_ms(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000 + time->tv_nsec / 1000000;
}

/*
 * True if a note is what FILE is for: the directory is the service's to write
 * to, so there may be something else where it should be.
 */
static bool
jam_is_note(const struct stat *file)
{
	return S_ISREG(file->st_mode) && file->st_uid == 0 &&
	    file->st_nlink == 1 && file->st_size <= JAM_PROBED;
}

enum jam_advice
jam_look(const char *path)
{
	enum jam_advice advice;
	struct timespec now;
	struct stat file;

	if (lstat(path, &file) < 0 || !jam_is_note(&file) ||
	    clock_gettime(CLOCK_REALTIME, &now) < 0)
		return JAM_WAIT;
	advice = jam_advise((enum jam_note)file.st_size,
	    jam_ms(&now) - jam_ms(&file.st_mtim));
	if (advice == JAM_PROBE)
		jam_write(path, JAM_PROBED);
	return advice;
}

void
jam_write(const char *path, enum jam_note note)
{
	const int fd = open(path,
	    O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat file;

	if (fd < 0)
		return;
	if (fstat(fd, &file) == 0 && jam_is_note(&file) &&
	    (note != JAM_NONE || file.st_size != JAM_NONE) &&
	    ftruncate(fd, note) == 0 && file.st_size == note)
		/* a file that is as long as before may keep its time */
		futimens(fd, NULL);
	close(fd);
}
