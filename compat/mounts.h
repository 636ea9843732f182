/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef CONNSNOOP_MOUNTS_H
#define CONNSNOOP_MOUNTS_H

/*
 * One line of /proc/self/mountinfo (proc_pid_mountinfo(5)), which is taken apart: the mount point, if it is the root of a
 * file system of this type, else NULL. It points into the line.
 */
char *mounts_point(char *line, const char *type);

#endif
