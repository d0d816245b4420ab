/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What guard and worker of one run directory have in common, as one JSON line: their process ids
 * and until when each role's lease runs. Reads the mapped file only, so it works with both of them
 * stopped or dead, and disturbs neither.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/guard/shared_memory.h"

enum { PATH_BYTES = 4096 };

static const struct shared_memory *map(const char *run_dir)
{
	char path[PATH_BYTES];
	struct stat facts;
	(void)snprintf(path, sizeof path, "%s/memory", run_dir);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	errno = EMEDIUMTYPE;
	const struct shared_memory *memory = NULL;
	if (fstat(fd, &facts) == 0 && facts.st_size == (off_t)sizeof *memory) {
		void *at = mmap(NULL, sizeof *memory, PROT_READ, MAP_SHARED, fd, 0);
		memory = at == MAP_FAILED ? NULL : at;
	}
	(void)close(fd);
	return memory;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		(void)fputs("usage: recall RUN_DIR\n", stderr);
		return 2;
	}
	const struct shared_memory *memory = map(argv[1]);
	if (memory == NULL) {
		(void)fprintf(stderr, "recall: the memory of %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	(void)printf("{\"guard_pid\": %" PRId64 ", \"worker_pid\": %" PRId64 ", \"roles\": [",
	             atomic_load(&memory->guard_pid), atomic_load(&memory->worker_pid));
	const char *between = "";
	for (size_t i = 0; i < ROLES_MAX; i++) {
		uint64_t id = atomic_load(&memory->roles[i].id);
		if (id == 0)
			continue;
		(void)printf("%s{\"id\": \"%016" PRIx64 "\", \"lease_end\": %" PRId64 "}", between,
		             id, atomic_load(&memory->roles[i].lease_end));
		between = ", ";
	}
	(void)puts("]}");
	return 0;
}
