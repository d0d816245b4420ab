/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's maps and programs brought into the kernel, through libbpf. It keeps nothing afterwards
 * but four descriptors.
 */
#include "daemon/platform/linux/gate_load.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/platform/linux/gate_pin.h"
#include "daemon/platform/linux/gate_program.h"

enum { LOG_BYTES = 1 << 20, REASON_BYTES = 160, MAPS_MAX = 8 };

static const char way_in[] = "in", way_out[] = "out";

/* What the kernel said against the program: the line before its statistics, the last of its log. */
static void last_words(char *log, char reason[REASON_BYTES])
{
	const char *last = "";
	char *rest = log;
	for (const char *line; (line = strsep(&rest, "\n")) != NULL;)
		if (line[0] != '\0' && strncmp(line, "processed ", 10) != 0)
			last = line;
	(void)snprintf(reason, REASON_BYTES, "%s%.*s", last[0] != '\0' ? ": " : "",
	               REASON_BYTES - 8, last);
}

static enum code refused(int reason, char *log, struct error *error)
{
	char words[REASON_BYTES];
	last_words(log, words);
	if (reason == EPERM)
		return error_set(
		    error, CODE_DENIED,
		    "no right to bring the packet gate into the kernel: it needs "
		    "CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, outside of user namespaces");
	return error_set(error, CODE_UNSUPPORTED,
	                 "the kernel does not take the packet gate, which needs Linux 5.8 or newer "
	                 "with BPF, and CAP_PERFMON beside CAP_BPF: %s%s",
	                 strerror(reason), words);
}

/* True: there is none yet, or one of the shape of `map`. */
static bool fits(const struct bpf_map *map, const char *path)
{
	struct bpf_map_info info;
	unsigned length = sizeof info;
	memset(&info, 0, sizeof info);
	int fd = bpf_obj_get(path);
	if (fd < 0)
		return errno == ENOENT;
	bool known = bpf_obj_get_info_by_fd(fd, &info, &length) == 0;
	(void)close(fd);
	return known && info.type == (unsigned)bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) &&
	       (info.map_flags & bpf_map__map_flags(map)) == bpf_map__map_flags(map);
}

static enum code place_maps(struct bpf_object *object, const char *directory, struct error *error)
{
	struct bpf_map *map;
	bpf_object__for_each_map(map, object)
	{
		char path[PIN_PATH_BYTES * 2];
		(void)snprintf(path, sizeof path, "%s/%s", directory, bpf_map__name(map));
		if (!fits(map, path))
			return error_set(error, CODE_DAMAGED,
			                 "%s is not what this version makes of it", path);
		if (bpf_map__set_pin_path(map, path) != 0)
			return error_set(error, CODE_SYSTEM, "%s: %s", path, strerror(errno));
	}
	return CODE_OK;
}

static int keep(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static enum code take(const struct bpf_object *object, struct gate_load *load, struct error *error)
{
	struct gate_load taken = {
	    .slots = keep(bpf_object__find_map_fd_by_name(object, "slots")),
	    .addresses = keep(bpf_object__find_map_fd_by_name(object, "addresses")),
	    .program_in =
		keep(bpf_program__fd(bpf_object__find_program_by_name(object, "failoverd_in"))),
	    .program_out =
		keep(bpf_program__fd(bpf_object__find_program_by_name(object, "failoverd_out"))),
	};
	if (taken.slots < 0 || taken.addresses < 0 || taken.program_in < 0 ||
	    taken.program_out < 0) {
		gate_unload(&taken);
		return error_set(error, CODE_SYSTEM, "no descriptors left for the packet gate");
	}
	*load = taken;
	return CODE_OK;
}

/* --- what an earlier life loaded */

static int obtain(const char *path)
{
	int fd = bpf_obj_get(path);
	int kept = keep(fd);
	if (fd >= 0)
		(void)close(fd);
	return kept;
}

static int obtain_map(const char *directory, const char *name)
{
	char path[PIN_PATH_BYTES * 2];
	(void)snprintf(path, sizeof path, "%s/%s", directory, name);
	return obtain(path);
}

static int obtain_program(const char *directory, const char *way)
{
	char path[PIN_PATH_BYTES];
	pin_program_path(directory, way, gate_program_print(), path);
	return obtain(path);
}

static bool is_used_by(int map, int program)
{
	struct bpf_map_info facts;
	struct bpf_prog_info info;
	uint32_t ids[MAPS_MAX];
	unsigned facts_length = sizeof facts, length = sizeof info;
	memset(&facts, 0, sizeof facts);
	memset(&info, 0, sizeof info);
	info.nr_map_ids = MAPS_MAX;
	info.map_ids = (uintptr_t)ids;
	if (bpf_obj_get_info_by_fd(map, &facts, &facts_length) != 0 ||
	    bpf_obj_get_info_by_fd(program, &info, &length) != 0)
		return false;
	for (unsigned i = 0; i < info.nr_map_ids && i < MAPS_MAX; i++)
		if (ids[i] == facts.id)
			return true;
	return false;
}

/* False: not all of it is there, or it does not belong together. */
static bool obtain_all(const char *directory, struct gate_load *load)
{
	*load = (struct gate_load){
	    .slots = obtain_map(directory, "slots"),
	    .addresses = obtain_map(directory, "addresses"),
	    .program_in = obtain_program(directory, way_in),
	    .program_out = obtain_program(directory, way_out),
	};
	if (load->slots >= 0 && load->addresses >= 0 && load->program_in >= 0 &&
	    load->program_out >= 0 && is_used_by(load->slots, load->program_in) &&
	    is_used_by(load->slots, load->program_out) &&
	    is_used_by(load->addresses, load->program_in) &&
	    is_used_by(load->addresses, load->program_out))
		return true;
	gate_unload(load);
	return false;
}

/* For the next life. Without it, that one loads them again, and nothing else is different. */
static void leave_programs(const char *directory, const struct gate_load *load)
{
	char path[PIN_PATH_BYTES];
	if (pin_unlink_programs(directory, NULL) != CODE_OK)
		return;
	pin_program_path(directory, way_in, gate_program_print(), path);
	(void)bpf_obj_pin(load->program_in, path);
	pin_program_path(directory, way_out, gate_program_print(), path);
	(void)bpf_obj_pin(load->program_out, path);
}

/* --- anew */

static enum code load_anew(struct gate_load *load, const char *directory, struct error *error)
{
	struct bpf_object_open_opts options;
	char *log = calloc(1, LOG_BYTES);
	size_t length = 0;
	const void *program = gate_program(&length);
	if (log == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	memset(&options, 0, sizeof options);
	options.sz = sizeof options;
	options.object_name = "failoverd";
	options.kernel_log_buf = log;
	options.kernel_log_size = LOG_BYTES;
	/* It would write to standard error, where only the log writes. */
	(void)libbpf_set_print(NULL);
	struct bpf_object *object = bpf_object__open_mem(program, length, &options);
	enum code code = CODE_OK;
	if (object == NULL)
		code = error_set(error, CODE_SYSTEM, "cannot read the packet gate's program: %s",
		                 strerror(errno));
	if (code == CODE_OK && directory != NULL)
		code = place_maps(object, directory, error);
	if (code == CODE_OK && bpf_object__load(object) != 0)
		code = refused(errno, log, error);
	if (code == CODE_OK)
		code = take(object, load, error);
	if (code == CODE_OK && directory != NULL)
		leave_programs(directory, load);
	bpf_object__close(object);
	free(log);
	return code;
}

enum code gate_load(struct gate_load *load, const char *directory, struct error *error)
{
	if (directory != NULL && obtain_all(directory, load))
		return CODE_OK;
	return load_anew(load, directory, error);
}

static void drop(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

void gate_unload(struct gate_load *load)
{
	drop(&load->slots);
	drop(&load->addresses);
	drop(&load->program_in);
	drop(&load->program_out);
}
