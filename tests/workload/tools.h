/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the caller does beside its cases. */
#ifndef TOOLS_H
#define TOOLS_H

int storm_main(int argc, char **argv);
int soak_main(int argc, char **argv);
int lag_main(int argc, char **argv);
int btf_main(void);
int tally_main(void);
int results_main(int argc, char **argv);
int as_main(int argc, char **argv);
int after_exec_main(void);   /* what the set-user-ID case runs as */
int after_thread_main(void); /* what a thread of the case thread-execs runs */

#endif
