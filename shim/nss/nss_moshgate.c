/*
 * libnss_moshgate: the users who exist on the remote alone, for all programs
 * that ask the C library who a user is.
 *
 * It runs in every process, root's too, and beside whatever threads that has.
 * So it keeps next to nothing from one call to the next, leaves no descriptor
 * open, and waits for nobody longer than a login may wait.
 *
 * nss(5), and "Extending NSS" in the manual of the GNU C Library.
 */

#include <errno.h>
#include <nss.h>
#include <pthread.h>
#include <pwd.h>
#include <stdatomic.h>
#include <string.h>

#include "account.h"
#include "entry.h"

#define USER_PASSWORD "*" /* none: an "x" would want an entry in shadow(5) */
#define USER_GECOS ""
#define USER_HOME RUNSTATEDIR "/moshgate/empty"
#define USER_SHELL LIBEXECDIR "/moshgate/moshgate-session"

#define EXPORT __attribute__((visibility("default")))

EXPORT enum nss_status _nss_moshgate_getpwnam_r(const char *name,
    struct passwd *user, char *buffer, size_t size, int *errnop);
EXPORT enum nss_status _nss_moshgate_getpwuid_r(uid_t uid, struct passwd *user,
    char *buffer, size_t size, int *errnop);
EXPORT enum nss_status _nss_moshgate_setpwent(int stay_open);
EXPORT enum nss_status _nss_moshgate_getpwent_r(struct passwd *user,
    char *buffer, size_t size, int *errnop);
EXPORT enum nss_status _nss_moshgate_endpwent(void);

/* Where in the map the next getpwent() goes on. */
static _Atomic size_t position;

/* What a call leaves to its caller as it was. */
struct nss_call {
	int error;
	int cancel;
};

static struct nss_call
nss_begin(void)
{
	struct nss_call call = { .error = errno };

	/* a thread cancelled in here would leave a descriptor open */
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &call.cancel);
	return call;
}

static enum nss_status
nss_end(const struct nss_call *call, enum nss_status status, int *errnop)
{
	pthread_setcancelstate(call->cancel, NULL);
	errno = call->error;
	/* the C library has ERRNOP point to errno itself */
	if (status == NSS_STATUS_TRYAGAIN)
		*errnop = ERANGE;
	else if (status != NSS_STATUS_SUCCESS)
		*errnop = ENOENT;
	return status;
}

/* Copy TEXT to *AT, and move *AT behind it.  Returns the copy. */
static char *
nss_put(char **at, const char *text)
{
	const size_t size = strlen(text) + 1;
	char *copy = *at;

	memcpy(copy, text, size);
	*at += size;
	return copy;
}

/*
 * Answer with ENTRY: *USER, with what it points to in the SIZE bytes at BUFFER.
 */
static enum nss_status
nss_answer(const struct usermap_entry *entry, struct passwd *user, char *buffer,
    size_t size)
{
	gid_t gid;

	if (!account_users_gid(&gid))
		return NSS_STATUS_NOTFOUND;
	if (size < strlen(entry->name) + 1 + sizeof(USER_PASSWORD) +
		sizeof(USER_GECOS) + sizeof(USER_HOME) + sizeof(USER_SHELL))
		return NSS_STATUS_TRYAGAIN;
	user->pw_name = nss_put(&buffer, entry->name);
	user->pw_passwd = nss_put(&buffer, USER_PASSWORD);
	user->pw_uid = entry->uid;
	user->pw_gid = gid;
	user->pw_gecos = nss_put(&buffer, USER_GECOS);
	user->pw_dir = nss_put(&buffer, USER_HOME);
	user->pw_shell = nss_put(&buffer, USER_SHELL);
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_moshgate_getpwnam_r(const char *name, struct passwd *user, char *buffer,
    size_t size, int *errnop)
{
	const struct nss_call call = nss_begin();
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct usermap_entry entry;

	if (entry_by_name(name, &entry))
		status = nss_answer(&entry, user, buffer, size);
	return nss_end(&call, status, errnop);
}

enum nss_status
_nss_moshgate_getpwuid_r(uid_t uid, struct passwd *user, char *buffer,
    size_t size, int *errnop)
{
	const struct nss_call call = nss_begin();
	enum nss_status status = NSS_STATUS_NOTFOUND;
	struct usermap_entry entry;

	if (entry_by_uid(uid, &entry))
		status = nss_answer(&entry, user, buffer, size);
	return nss_end(&call, status, errnop);
}

enum nss_status
_nss_moshgate_setpwent(int stay_open)
{
	(void)stay_open;
	atomic_store(&position, 0);
	return NSS_STATUS_SUCCESS;
}

enum nss_status
_nss_moshgate_getpwent_r(struct passwd *user, char *buffer, size_t size,
    int *errnop)
{
	const struct nss_call call = nss_begin();
	size_t from = atomic_load(&position), next;
	enum nss_status status;
	struct usermap_entry entry;

	/*
	 * of two threads only one gets the user at FROM: the first to move on
	 */
	do {
		next = from;
		status = entry_next(&next, &entry)
		    ? nss_answer(&entry, user, buffer, size)
		    : NSS_STATUS_NOTFOUND;
	} while (status == NSS_STATUS_SUCCESS &&
	    !atomic_compare_exchange_strong(&position, &from, next));
	return nss_end(&call, status, errnop);
}

enum nss_status
_nss_moshgate_endpwent(void)
{
	atomic_store(&position, 0);
	return NSS_STATUS_SUCCESS;
}
