/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What /proc and the control groups of the host say.
 */
#include "tests/daemon/process_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, PATIENCE_MS = 5000 };

struct facts {
	char state;
	unsigned long user, system; /* ticks */
	unsigned long long started;
};

static bool look(int64_t pid, struct facts *facts)
{
	char path[64], text[LINE_BYTES] = "";
	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	const char *rest = length > 0 ? strrchr(text, ')') : NULL;
	return rest != NULL &&
	       sscanf(rest,
	              ") %c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %*d "
	              "%*d %*d %*d %*d %*d %llu",
	              &facts->state, &facts->user, &facts->system, &facts->started) == 4;
}

bool process_fixture_lives(int64_t pid)
{
	struct facts facts;
	return look(pid, &facts) && facts.state != 'Z' && facts.state != 'X';
}

uint64_t process_fixture_started(int64_t pid)
{
	struct facts facts;
	return look(pid, &facts) ? facts.started : 0;
}

uint64_t process_fixture_used_ms(int64_t pid)
{
	struct facts facts;
	if (!look(pid, &facts))
		return 0;
	return (uint64_t)(facts.user + facts.system) * 1000 / (uint64_t)sysconf(_SC_CLK_TCK);
}

/* The rest of the first line that has `mark`, from `skip` words on and without its end. */
static bool find_word(const char *file, const char *mark, unsigned skip, char *word)
{
	FILE *stream = fopen(file, "re");
	char line[LINE_BYTES], *rest = line, *found = NULL;
	while (stream != NULL && found == NULL && fgets(line, sizeof line, stream) != NULL)
		found = strstr(line, mark);
	if (stream != NULL)
		fclose(stream);
	for (unsigned i = 0; found != NULL && i <= skip; i++)
		found = strsep(&rest, " \n");
	if (found != NULL)
		snprintf(word, LINE_BYTES, "%s", found);
	return found != NULL;
}

void process_fixture_group_make(char *path, size_t size)
{
	char own[LINE_BYTES], mount[LINE_BYTES];
	path[0] = '\0';
	if (!find_word("/proc/self/cgroup", "0::/", 0, own) ||
	    !find_word("/proc/self/mountinfo", " - cgroup2 ", 4, mount))
		return;
	const char *below = own + strlen("0::");
	int length = snprintf(path, size, "%s%s/failoverd-test.%d", mount,
	                      strcmp(below, "/") == 0 ? "" : below, (int)getpid());
	if (length < 0 || (size_t)length >= size || mkdir(path, 0755) != 0)
		path[0] = '\0';
}

static bool write_in(const char *path, const char *file, const char *text)
{
	char full[LINE_BYTES];
	snprintf(full, sizeof full, "%s/%s", path, file);
	int fd = path[0] == '\0' ? -1 : open(full, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) > 0;
	if (fd >= 0)
		close(fd);
	return done;
}

bool process_fixture_group_join(const char *path)
{
	return write_in(path, "cgroup.procs", "0");
}

void process_fixture_group_end(const char *path)
{
	(void)write_in(path, "cgroup.kill", "1");
	for (int i = 0; path[0] != '\0' && i < PATIENCE_MS && rmdir(path) != 0; i++)
		(void)poll(NULL, 0, 1);
}
