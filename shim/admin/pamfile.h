#ifndef MOSHGATE_PAMFILE_H
#define MOSHGATE_PAMFILE_H

/*
 * The file of a service of PAM, pam.d(5): whether it has sshd's passwords go to
 * moshgate-password.
 */
#define PAMFILE_DIR "/etc/pam.d"

enum pamfile_has {
	PAMFILE_NONE,      /* it has no line that does */
	PAMFILE_FIRST,     /* it has one, in the right place */
	PAMFILE_LATE,      /* it has, behind what refuses such users */
	PAMFILE_COMMON,    /* it has, in a file that is not sshd's alone */
	PAMFILE_UNGUARDED, /* it has, and not for the gateway's users alone */
	PAMFILE_MISSHAPEN, /* it has one that is not as it has to be */
	PAMFILE_NOWHERE,   /* it has one with a program that is not there */
};

/*
 * See what the file of SERVICE in the directory DIR has; files that it includes
 * are read as well.  If there are several lines the verdict is that on the first
 * which is wrong.
 */
enum pamfile_has pamfile_look(const char *dir, const char *service);

#endif
