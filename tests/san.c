/*
 * What the sanitizers of a SAN=1 build are told.  It is linked into each
 * program, since sshd hands no environment of ours on.  In a bed (tests/bed)
 * reports go to files, which the bed looks at in the end; elsewhere they go to
 * standard error.
 */
#include <stddef.h>
#include <unistd.h>

#define REPORTS "/run/moshgate-bed/reports"

#define OPTION(name)            \
	const char *name(void); \
	__attribute__((no_sanitize_address)) const char *name(void)

static int
in_bed(void)
{
	return access(REPORTS, W_OK) == 0;
}

OPTION(__asan_default_options)
{
	return in_bed() ? "log_path=" REPORTS
			  "/asan:strict_string_checks=1:print_suppressions=0"
			: "strict_string_checks=1:print_suppressions=0";
}

OPTION(__ubsan_default_options)
{
	return in_bed() ? "log_path=" REPORTS "/ubsan:print_stacktrace=1"
			: "print_stacktrace=1";
}

/* Not ours to mend: libssh2 1.10 leaves these when a connection breaks. */
OPTION(__lsan_default_suppressions)
{
	return "leak:libssh2.so\n";
}
