/*
 * Loaded into the helper when it runs under valgrind (LD_PRELOAD).  There
 * /proc/self/exe is valgrind, and a worker would be one without a program.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int
open(const char *path, int flags, ...) /* NOLINT: the header has other names */
{
	int (*next)(const char *, int, ...);
	const char *program = getenv("MOSHGATE_PROGRAM");
	void *symbol = dlsym(RTLD_NEXT, "open");
	mode_t mode = 0;
	va_list args;

	memcpy(&next, &symbol, sizeof(next));
	if ((flags & (O_CREAT | O_TMPFILE)) != 0) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (program != NULL && strcmp(path, "/proc/self/exe") == 0)
		path = program;
	return next(path, flags, mode);
}
