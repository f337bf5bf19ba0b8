#include "mishap.h"

const struct refusal mishap_no_process = { .reason = "internal",
	.sentence = "The gateway could not start a process.",
	.remedy = "raise the limit on processes" };

const struct refusal mishap_late = { .reason = "timeout",
	.sentence = "The remote server did not answer in time.",
	.remedy = "check the link to the remote, and DNS on the gateway" };

const struct refusal mishap_broken = { .reason = "internal",
	.sentence = "The connection to the remote server broke on the gateway.",
	.remedy = "a worker ended unexpectedly: see this log for a crash" };

const struct refusal mishap_deaf = { .reason = "internal",
	.sentence = "The connection to the remote server broke on the gateway.",
	.remedy = "a worker does not take what it has asked for: see this log "
		  "for a crash" };

const struct refusal mishap_lost = { .reason = "lost",
	.sentence = "The connection between the gateway and the remote server "
		    "broke.",
	.remedy = "try again; if it happens every time, see the remote's sshd "
		  "log" };

const struct refusal mishap_reloaded = { .reason = "reloaded",
	.sentence = "The gateway's settings have just changed; please log in "
		    "again.",
	.detail = "the settings were read again during this login" };

const struct refusal mishap_silent = { .reason = "busy",
	.sentence = "The remote server does not answer; try again in a minute.",
	.detail = "others wait for the remote already, which does not answer",
	.remedy = "check the link to the remote" };

const struct refusal mishap_crowded = { .reason = "busy",
	.sentence = "Others log in with their SSH agents just now, which takes "
		    "time; try again in a minute.",
	.detail = "the agents of others, or of another login of the user's, "
		  "have not answered yet" };

const struct refusal mishap_slow = { .reason = "agent-silent",
	.sentence = "Your SSH agent did not answer in time.",
	.detail = "the agent did not answer within 10 s, while others waited "
		  "for their turn",
	.remedy = "the user has to confirm (ssh-add -c), or see to the agent" };
