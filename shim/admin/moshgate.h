#ifndef MOSHGATE_MOSHGATE_H
#define MOSHGATE_MOSHGATE_H

/*
 * The subcommands of moshgate(8): each takes its own arguments, its name being
 * argv[0], and returns the exit status.
 */
int check_main(int argc, char **argv);
int passwd_main(int argc, char **argv);
int status_main(int argc, char **argv);

#endif
