#include "failure.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct refusal failure_words[FAILURES] = {
	[FAILURE_NONE] = { .reason = "ok",
	    .sentence = "Connected.",
	    .remedy = "" },
	[FAILURE_UNRESOLVED] = { .reason = "unresolved",
	    .sentence =
		"The gateway cannot find the address of the remote server.",
	    .remedy = "check [remote] host, and DNS on the gateway" },
	[FAILURE_UNREACHABLE] = { .reason = "unreachable",
	    .sentence = "The remote server cannot be reached from the gateway.",
	    .remedy =
		"check that the remote is up, its sshd runs, and it does not "
		"block the gateway (PerSourcePenaltyExemptList, fail2ban "
		"ignoreip)" },
	[FAILURE_NO_COMMON] = { .reason = "no-common-algorithm",
	    .sentence = "The gateway and the remote server have no algorithm "
			"in common.",
	    .remedy =
		"compare ciphers, macs, kex and host_key_algorithms with the "
		"remote's \"sshd -T\"" },
	[FAILURE_HOST_KEY] = { .reason = "host-key",
	    .sentence = "The remote server's host key is not the one the "
			"gateway knows; the administrator must look into it.",
	    .remedy = "see that it is the remote at all that answers there" },
	[FAILURE_HOST_KEY_UNKNOWN] = { .reason = "host-key",
	    .sentence =
		"The gateway does not know the remote server's host key; the "
		"administrator must look into it.",
	    .remedy = "put the remote's host key into known_hosts" },
	[FAILURE_HOST_KEY_REVOKED] = { .reason = "host-key",
	    .sentence = "The remote server's host key has been revoked; the "
			"administrator must look into it.",
	    .remedy = "give the remote a new host key" },
	[FAILURE_HOST_KEY_ONLY_CA] = { .reason = "host-key",
	    .sentence =
		"The gateway knows no host key of the remote server, only who "
		"certifies it, which is not enough; the administrator must "
		"look into it.",
	    .remedy = "put the remote's host key into known_hosts" },
	[FAILURE_HOST_KEY_SHORT] = { .reason = "host-key",
	    .sentence = "The remote server's host key is too short to be "
			"trusted; the administrator must look into it.",
	    .remedy = "give the remote an ed25519 host key" },
	[FAILURE_REFUSED] = { .reason = "refused",
	    .sentence =
		"The remote server does not let the gateway in as this user.",
	    .remedy = "put the gateway's public key into this user's "
		      "authorized_keys on the remote, and check the remote's "
		      "sshd log" },
	[FAILURE_AGENT_REFUSED] = { .reason = "agent-refused",
	    .sentence = "The remote server takes none of the keys in your SSH "
			"agent.",
	    .remedy = "the user has to put one of them into authorized_keys on "
		      "the remote; see the remote's sshd log" },
	[FAILURE_AGENT_NONE] = { .reason = "no-agent",
	    .sentence = "Your SSH agent cannot be reached from the gateway; "
			"log in again with ssh -A.",
	    .remedy = "the socket that sshd forwards the agent to is gone, or "
		      "takes nobody" },
	[FAILURE_AGENT_EMPTY] = { .reason = "agent-empty",
	    .sentence = "Your SSH agent has no key that the gateway can use; "
			"add one with ssh-add.",
	    .remedy = "the user has to add a key with ssh-add" },
	[FAILURE_AGENT_DENIED] = { .reason = "agent-denied",
	    .sentence = "Your SSH agent did not let the gateway use any of its "
			"keys.",
	    .remedy = "the user has to confirm (ssh-add -c), or unlock the "
		      "agent; a key that is bound to hosts (ssh-add -h) can't "
		      "be used" },
	[FAILURE_AGENT_SILENT] = { .reason = "agent-silent",
	    .sentence = "Your SSH agent did not answer in time.",
	    .remedy = "the user has to confirm (ssh-add -c), or see to the "
		      "agent" },
	[FAILURE_AGENT_BROKEN] = { .reason = "agent-broken",
	    .sentence = "Your SSH agent ended, or says what makes no sense.",
	    .remedy = "the user has to see to the agent" },
	[FAILURE_PASSWORD] = { .reason = "wrong-password",
	    .sentence = "The remote server does not let this user in with this "
			"password.",
	    .remedy = "a wrong password, or see the remote's sshd log" },
	[FAILURE_PASSWORD_EXPIRED] = { .reason = "password-expired",
	    .sentence = "This user's password on the remote server has "
			"expired.",
	    .remedy = "have the user choose another one on the remote" },
	[FAILURE_PASSWORD_MORE] = { .reason = "more-than-a-password",
	    .sentence = "The remote server asks this user for more than a "
			"password.",
	    .remedy = "what the remote's sshd and PAM ask besides cannot be "
		      "answered through the gateway: let them ask for the "
		      "password alone, or let users come with keys" },
	[FAILURE_PASSWORD_UNWANTED] = { .reason = "no-passwords",
	    .sentence = "The remote server takes no passwords for this user.",
	    .remedy = "say PasswordAuthentication yes, or "
		      "KbdInteractiveAuthentication yes, in the remote's "
		      "sshd_config; or passwords = no in [clients]" },
	[FAILURE_NO_SHELL] = { .reason = "no-shell",
	    .sentence =
		"The remote server does not run commands for this user.",
	    .remedy =
		"run \"ssh USER@REMOTE true\" from elsewhere: the login shell "
		"or its start-up files end the session" },
	[FAILURE_LOST] = { .reason = "lost",
	    .sentence = "The connection between the gateway and the remote "
			"server broke.",
	    .remedy = "try again; if it happens every time, see the remote's "
		      "sshd log" },
	[FAILURE_TIMEOUT] = { .reason = "timeout",
	    .sentence = "The remote server did not answer in time.",
	    .remedy =
		"check the link to the remote; connect_timeout in [remote] is "
		"what one step may take" },
	[FAILURE_TOO_BIG] = { .reason = "too-big",
	    .sentence = "The remote server's answer was too long.",
	    .remedy = "authorized_keys may have 1 MiB, what the login shell's "
		      "start-up files print 1 MiB" },
	[FAILURE_ABANDONED] = { .reason = "abandoned",
	    .sentence = "The login was given up.",
	    .remedy = "" },
	[FAILURE_INTERNAL] = { .reason = "internal",
	    .sentence = "The gateway could not connect to the remote server.",
	    .remedy = "see the detail" },
};

const char *
failure_sentence(enum failure failure)
{
	return failure_words[failure].sentence;
}

struct refusal
failure_refusal(enum failure failure, const struct failure_facts *facts)
{
	struct refusal refusal = failure_words[failure];

	if (facts != NULL) {
		refusal.detail = facts->detail;
		if (facts->remedy[0] != '\0')
			refusal.remedy = facts->remedy;
	}
	return refusal;
}

void
failure_clear(struct failure_facts *facts)
{
	facts->detail[0] = '\0';
	facts->remedy[0] = '\0';
	facts->counted = false;
}

void
failure_set_detail(struct failure_facts *facts, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(facts->detail, sizeof(facts->detail), format, args);
	va_end(args);
}

void
failure_add_detail(struct failure_facts *facts, const char *format, ...)
{
	const size_t used = strlen(facts->detail);
	va_list args;

	va_start(args, format);
	vsnprintf(facts->detail + used, sizeof(facts->detail) - used, format,
	    args);
	va_end(args);
}

void
failure_add_remedy(struct failure_facts *facts, const char *format, ...)
{
	const size_t used = strlen(facts->remedy);
	va_list args;

	va_start(args, format);
	vsnprintf(facts->remedy + used, sizeof(facts->remedy) - used, format,
	    args);
	va_end(args);
}
