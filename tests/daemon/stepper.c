/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tracer; see stepper.h. The child stops itself before and after what it does.
 */
#include "tests/daemon/stepper.h"

#include <check.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Far more than anything here takes. */
enum { INSTRUCTIONS_MAX = 2000000 };

static pid_t begin(void (*act)(void *context), void *context)
{
	int status = 0;
	pid_t child = fork();
	ck_assert_int_ge(child, 0);
	if (child == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(1);
		(void)raise(SIGSTOP);
		act(context);
		(void)raise(SIGSTOP);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFSTOPPED(status), "this host lets nobody trace a process");
	return child;
}

/* False: it is through. */
static bool step(pid_t child)
{
	int status = 0;
	ck_assert_int_eq(ptrace(PTRACE_SINGLESTEP, child, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert(WIFSTOPPED(status));
	return WSTOPSIG(status) == SIGTRAP;
}

static void end(pid_t child)
{
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

unsigned stepper_run(void (*act)(void *context), void (*look)(void *context), void *context)
{
	unsigned count = 0;
	pid_t child = begin(act, context);
	while (step(child) && count < INSTRUCTIONS_MAX) {
		look(context);
		count++;
	}
	end(child);
	ck_assert_uint_lt(count, INSTRUCTIONS_MAX);
	return count;
}

bool stepper_interrupt(void (*act)(void *context), unsigned instructions,
                       void (*meanwhile)(void *context), void *context)
{
	int status = 0;
	unsigned count = 0;
	pid_t child = begin(act, context);
	while (count < instructions && step(child))
		count++;
	if (count < instructions) {
		end(child);
		return false;
	}
	meanwhile(context);
	ck_assert_int_eq(ptrace(PTRACE_CONT, child, NULL, NULL), 0);
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	end(child);
	return true;
}
