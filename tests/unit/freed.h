#ifndef MOSHGATE_FREED_H
#define MOSHGATE_FREED_H

#include <dlfcn.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * A free() and a realloc() in place of the C library's, for a test program that
 * has to know whether a secret stays behind in memory that is free.  The
 * sanitizers have their own: with them FREED_SEEN is false.
 */
#if defined(__SANITIZE_ADDRESS__)
#define FREED_SEEN false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FREED_SEEN false
#endif
#endif

static const char freed_secret[] = "a secret that must not be left lying";
/* Blocks with the secret in them that were freed or may have been moved. */
static size_t freed_secrets;

#ifndef FREED_SEEN
#define FREED_SEEN true

static void
freed_look(void *block)
{
	if (block != NULL &&
	    memmem(block, malloc_usable_size(block), freed_secret,
		strlen(freed_secret)) != NULL)
		freed_secrets++;
}

void
free(void *ptr)
{
	static void (*next)(void *);
	static bool looking;

	freed_look(ptr);
	if (next == NULL && !looking) {
		looking = true;
		*(void **)&next = dlsym(RTLD_NEXT, "free");
	}
	/* what is freed while that is looked for stays allocated */
	if (next != NULL)
		next(ptr);
}

void *
realloc(void *ptr, size_t size)
{
	static void *(*next)(void *, size_t);

	freed_look(ptr);
	if (next == NULL)
		*(void **)&next = dlsym(RTLD_NEXT, "realloc");
	return next(ptr, size);
}
#endif

#endif
