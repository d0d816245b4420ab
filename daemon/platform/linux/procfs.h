/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /proc tells about a process, and killing one that was looked at without ever hitting another
 * that got its pid.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process {
	int64_t pid;
	int64_t session;
	uint64_t started; /* ticks since boot */
	char state;       /* 'Z': dead, not yet collected by its parent */
};

/* False: no such process. */
bool procfs_look(int64_t pid, struct process *process);
/* Whether a process of this session lives. Dead ones that nobody has collected yet do not count:
 * they hold nothing. */
bool procfs_session_lives(int64_t session);
/* Whether there is a session of this number whose every living process has `word` in its
 * environment. */
bool procfs_session_is(int64_t session, const char *word);
/* Whether `word` is in its environment as it was at its start. */
bool procfs_has_word(int64_t pid, const char *word);
/* "process 7 (ip)", or without a name when it is gone; "" for 0. For sentences: what has ended may
 * have given its number to another. A message of the kernel carries the number of a socket, which
 * by default is that of its process. A number that no process can have is only a socket's. */
void procfs_describe(uint32_t pid, char *text, size_t size);
/* Kills the process if it is still the one that was looked at. */
void procfs_kill(const struct process *process);
/* A descriptor that is readable once the process ended; -1 and errno. */
int procfs_open(int64_t pid);
