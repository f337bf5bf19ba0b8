/*
 * Whether the users who go to the remote are told apart from everybody else.
 */
#include "check.h"

#include <grp.h>
#include <pwd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../lib/clock.h"
#include "check_map.h"
#include "check_uids.h"
#include "report.h"

/* For all names together: a directory service may take long for each. */
static const int64_t lookups_ms = 10000;

/* True if NAME is in the line of GROUP. */
static bool
check_users_is_listed(const struct group *group, const char *name)
{
	for (char **member = group->gr_mem; *member != NULL; member++) {
		if (strcmp(*member, name) == 0)
			return true;
	}
	return false;
}

bool
check_is_member(const char *name)
{
	const struct passwd *account = getpwnam(name);
	const struct group *group;
	gid_t gid;

	if (account == NULL)
		return false;
	gid = account->pw_gid;
	group = getgrnam(CHECK_GROUP);
	return group != NULL &&
	    (group->gr_gid == gid || check_users_is_listed(group, name));
}

/*
 * The map and the other sources of the name service
 */

/* True if there is an account of ENTRY's name that isn't the one of the map. */
static bool
check_users_is_account(const struct check_entry *entry)
{
	const struct passwd *account = getpwnam(entry->name);

	return account != NULL && account->pw_uid != entry->uid;
}

/* If somebody else has the uid of ENTRY, add to LIST who has it. */
static void
check_users_add_if_taken(const struct check_map *map,
    const struct check_entry *entry, struct report_list *list)
{
	const struct passwd *account = getpwuid(entry->uid);
	char item[192];

	if (account == NULL || strcmp(account->pw_name, entry->name) == 0 ||
	    check_map_has(map, account->pw_name, entry->uid))
		return;
	snprintf(item, sizeof(item), "%s (uid %lu, which is that of %.64s)",
	    entry->name, (unsigned long)entry->uid, account->pw_name);
	report_list_add(list, item);
}

/* See that nobody in MAP is a user of the gateway as well. */
static bool
check_users_overlaps(const struct check_map *map)
{
	const int64_t end_ms = clock_now_ms() + lookups_ms;
	struct report_list local = { 0 }, taken = { 0 };
	char text[sizeof(local.text) + 128], more[32];
	size_t seen;

	for (seen = 0; seen < map->count && clock_now_ms() < end_ms; seen++) {
		const struct check_entry *entry = &map->entries[seen];

		if (check_users_is_account(entry) &&
		    !check_is_member(entry->name))
			report_list_add(&local, entry->name);
		check_users_add_if_taken(map, entry, &taken);
	}
	if (seen < map->count) {
		snprintf(text, sizeof(text),
		    "the name service is slow: only %zu of %zu users in the "
		    "map were looked up",
		    seen, map->count);
		report_warning("overlap", text,
		    "see what takes its time: getent passwd alice");
	}
	if (local.count > 0) {
		snprintf(text, sizeof(text),
		    "in the user map, but an account here, which stays local: "
		    "%s%s",
		    local.text, report_list_more(&local, more));
		report_warning("overlap", text,
		    "to send it to the remote put it into group " CHECK_GROUP
		    " with the login shell " CHECK_SESSION
		    ", or else remove the account");
	}
	if (taken.count == 0)
		return true;
	snprintf(text, sizeof(text),
	    "in the user map, but not with a uid of its own: %s%s", taken.text,
	    report_list_more(&taken, more));
	return report(false, "overlap", text,
	    "give the account of the gateway another uid");
}

/*
 * Accounts
 */

static bool
check_users_account(const struct passwd *account)
{
	char text[256];

	if (account->pw_uid == 0)
		return report(false, "account",
		    "root is in group " CHECK_GROUP ": it is never sent to the "
		    "remote, and sshd takes no password for it any more",
		    "gpasswd -d root " CHECK_GROUP);
	if (strcmp(account->pw_shell, CHECK_SESSION) == 0)
		return true;
	snprintf(text, sizeof(text), "%s has the login shell %s",
	    account->pw_name, account->pw_shell);
	return report(false, "account", text,
	    "usermod -s " CHECK_SESSION " for that user");
}

/* What has been seen of the accounts in the group. */
struct members {
	bool ok;
	size_t count;
	char *someone;
};

/* Look at ACCOUNT, and count it unless it is one of MAP. */
static void
check_users_add_member(struct members *members, const struct check_map *map,
    const struct passwd *account)
{
	if (!check_users_account(account))
		members->ok = false;
	if (check_map_has(map, account->pw_name, account->pw_uid))
		return;
	members->count++;
	if (members->someone[0] == '\0' &&
	    strlen(account->pw_name) < CHECK_USER_BYTES)
		memcpy(members->someone, account->pw_name,
		    strlen(account->pw_name) + 1);
}

/*
 * Look at the accounts that GROUP lists, then at those whose own group it is.
 */
static void
check_users_add_members(struct members *members, const struct check_map *map,
    const struct group *group)
{
	const struct passwd *account;

	for (char **member = group->gr_mem; *member != NULL; member++) {
		account = getpwnam(*member);
		if (account != NULL)
			check_users_add_member(members, map, account);
	}
	setpwent();
	while ((account = getpwent()) != NULL) {
		if (account->pw_gid == group->gr_gid &&
		    !check_users_is_listed(group, account->pw_name))
			check_users_add_member(members, map, account);
	}
	endpwent();
}

/* Store in SOMEONE a user of MAP whom the name service finds. */
static void
check_users_pick_mapped(const struct check_map *map,
    char someone[CHECK_USER_BYTES])
{
	static const size_t tries = 10;
	const struct passwd *account;

	for (size_t i = 0; i < map->count && i < tries; i++) {
		account = getpwnam(map->entries[i].name);
		if (account != NULL && account->pw_uid == map->entries[i].uid) {
			memcpy(someone, map->entries[i].name,
			    strlen(map->entries[i].name) + 1);
			return;
		}
	}
}

/* See that the accounts in the group are as they must be. */
static bool
check_users_accounts(bool mapped, const struct check_map *map,
    char someone[CHECK_USER_BYTES])
{
	struct members members = { .ok = true, .someone = someone };
	const struct group *group = getgrnam(CHECK_GROUP);
	char text[128];

	if (group == NULL)
		return report(false, "accounts",
		    "there is no group " CHECK_GROUP,
		    "groupadd --system " CHECK_GROUP);
	check_users_add_members(&members, map, group);
	if (someone[0] == '\0')
		check_users_pick_mapped(map, someone);
	if (!members.ok)
		return false;
	if (mapped)
		snprintf(text, sizeof(text),
		    "%zu in group %s; users of the remote known: %zu",
		    members.count, CHECK_GROUP, map->count);
	else
		snprintf(text, sizeof(text), "%zu in group %s", members.count,
		    CHECK_GROUP);
	return report(mapped || members.count > 0, "accounts", text,
	    "put the accounts that are to go to the remote in that group, "
	    "with the login shell " CHECK_SESSION);
}

bool
check_users(bool mapped, char someone[CHECK_USER_BYTES])
{
	static const struct check_map none = { 0 };
	struct check_map map;
	bool ok;

	someone[0] = '\0';
	ok = check_map_read(mapped, &map);
	if (ok && mapped)
		ok = check_users_overlaps(&map) && check_uids(&map);
	ok = check_users_accounts(mapped, mapped ? &map : &none, someone) && ok;
	check_map_free(&map);
	return ok;
}
