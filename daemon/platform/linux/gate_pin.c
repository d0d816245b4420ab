/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory of a gate in the BPF file system. What lies there lives as long as that file system
 * is mounted somewhere: so one that is mounted for a single process tree would be worse than none.
 */
#include "daemon/platform/linux/gate_pin.h"

#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

static const char root[] = "/sys/fs/bpf";
static const char home[] = "/sys/fs/bpf/failoverd";
static const char advice[] = "mount one on the host, before the daemon starts: "
			     "mount -t bpf bpf /sys/fs/bpf";

static const char program[] = "program-"; /* how the names of programs begin */

enum { BPF_FILE_SYSTEM = (int)0xcafe4a11, ATTEMPTS = 10 };

/* The file system forbids dots in names, so interfaces stand there by number. */
static const char *const names[PIN_KINDS] = {
    [PIN_LINK_IN] = "link-in-",       [PIN_LINK_OUT] = "link-out-", [PIN_FILTER_IN] = "filter-in-",
    [PIN_FILTER_OUT] = "filter-out-", [PIN_QDISC] = "qdisc-",
};

static bool is_bpf(const char *path)
{
	struct statfs facts;
	return statfs(path, &facts) == 0 && (int)facts.f_type == BPF_FILE_SYSTEM;
}

/* The unit of systemd is shown nothing of the file system but our home. */
static bool is_mounted(void)
{
	return is_bpf(home) || is_bpf(root);
}

/* Whether two paths lead to the same thing. Where the first process may not be looked at, nothing
 * is known, and it is taken to be so. */
static bool is_same(const char *mine, const char *of_first_process)
{
	struct stat here, there;
	if (stat(of_first_process, &there) != 0)
		return errno == EACCES || errno == EPERM;
	return stat(mine, &here) == 0 && here.st_dev == there.st_dev && here.st_ino == there.st_ino;
}

static enum code not_lasting(struct error *error)
{
	return error_set(
	    error, CODE_UNSUPPORTED,
	    "the BPF file system at %s would end with this process, which has mounts of "
	    "its own: %s",
	    root, advice);
}

enum code pin_probe(struct error *error)
{
	/* First: what is above it may be an empty directory that the unit of systemd is shown. */
	if (is_bpf(home))
		return is_same(home, "/proc/1/root/sys/fs/bpf/failoverd") ? CODE_OK
		                                                          : not_lasting(error);
	if (is_bpf(root))
		return is_same(root, "/proc/1/root/sys/fs/bpf") ? CODE_OK : not_lasting(error);
	if (access(root, F_OK) != 0)
		return error_set(error, CODE_UNSUPPORTED,
		                 "this kernel has no BPF file system (%s: %s)", root,
		                 strerror(errno));
	return is_same("/proc/self/ns/mnt", "/proc/1/ns/mnt") ? CODE_OK : not_lasting(error);
}

static enum code mount_root(struct error *error)
{
	if (is_mounted())
		return CODE_OK;
	if (mount("bpf", root, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700") == 0)
		return CODE_OK;
	return error_set(error, errno == EPERM ? CODE_DENIED : CODE_UNSUPPORTED,
	                 "there is no BPF file system at %s, and it cannot be mounted (%s): %s",
	                 root, strerror(errno), advice);
}

enum code pin_directory(const char *name, char path[PIN_PATH_BYTES], struct error *error)
{
	static const char allowed[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t length = strlen(name);
	if (length == 0 || length > PIN_PATH_BYTES / 2 || strspn(name, allowed) != length)
		return error_set(error, CODE_INVALID, "\"%s\" is no name for a packet gate", name);
	(void)snprintf(path, PIN_PATH_BYTES, "%s/%s", home, name);
	return CODE_OK;
}

enum code pin_each_gate(const char *ending,
                        enum code (*each)(void *context, const char *name, struct error *error),
                        void *context, struct error *error)
{
	enum code code = CODE_OK;
	DIR *stream = opendir(home);
	if (stream == NULL && errno == ENOENT)
		return CODE_OK;
	if (stream == NULL)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s", home,
		                 strerror(errno));
	for (const struct dirent *entry; code == CODE_OK && (entry = readdir(stream)) != NULL;) {
		size_t length = strlen(entry->d_name);
		if (length > strlen(ending) &&
		    strcmp(entry->d_name + length - strlen(ending), ending) == 0)
			code = each(context, entry->d_name, error);
	}
	(void)closedir(stream);
	return code;
}

/* Whoever removes the last gate removes their home, which may be now. */
static bool make_directories(const char *directory)
{
	for (int i = 0; i < ATTEMPTS; i++) {
		if (mkdir(home, 0700) != 0 && errno != EEXIST)
			return false;
		if (mkdir(directory, 0700) == 0 || errno == EEXIST)
			return true;
		if (errno != ENOENT)
			return false;
	}
	return false;
}

static enum code cannot_make(const char *directory, struct error *error)
{
	int reason = errno;
	bool denied = reason == EPERM || reason == EACCES || reason == EROFS;
	return error_set(error, denied ? CODE_DENIED : CODE_SYSTEM, "cannot make %s: %s%s%s",
	                 directory, strerror(reason),
	                 denied ? "; it needs root, or a directory of its user at " : "",
	                 denied ? home : "");
}

enum code pin_prepare(const char *directory, struct error *error)
{
	enum code code = pin_probe(error);
	if (code == CODE_OK)
		code = mount_root(error);
	if (code != CODE_OK)
		return code;
	if (!make_directories(directory))
		return cannot_make(directory, error);
	return CODE_OK;
}

/* Those whose names begin so. */
static enum code remove_files(const char *directory, DIR *stream, const char *start,
                              struct error *error)
{
	enum code code = CODE_OK;
	for (const struct dirent *entry; (entry = readdir(stream)) != NULL;) {
		if (entry->d_name[0] == '.' || strncmp(entry->d_name, start, strlen(start)) != 0 ||
		    unlinkat(dirfd(stream), entry->d_name, 0) == 0)
			continue;
		code = error_set(error, CODE_SYSTEM, "cannot remove %s/%s: %s", directory,
		                 entry->d_name, strerror(errno));
	}
	return code;
}

enum code pin_remove(const char *directory, struct error *error)
{
	DIR *stream = opendir(directory);
	if (stream == NULL && errno == ENOENT)
		return CODE_OK;
	if (stream == NULL)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s",
		                 directory, strerror(errno));
	enum code code = remove_files(directory, stream, "", error);
	(void)closedir(stream);
	if (code == CODE_OK && rmdir(directory) != 0)
		code = error_set(error, CODE_SYSTEM, "cannot remove %s: %s", directory,
		                 strerror(errno));
	/* Other gates may live there; and one that somebody else made for a daemon stays. */
	struct stat owner;
	if (stat(home, &owner) == 0 && owner.st_uid == geteuid())
		(void)rmdir(home);
	return code;
}

void pin_program_path(const char *directory, const char *way, const char *print,
                      char path[PIN_PATH_BYTES])
{
	(void)snprintf(path, PIN_PATH_BYTES, "%s/%s%s-%s", directory, program, way, print);
}

enum code pin_unlink_programs(const char *directory, struct error *error)
{
	DIR *stream = opendir(directory);
	if (stream == NULL)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s",
		                 directory, strerror(errno));
	enum code code = remove_files(directory, stream, program, error);
	(void)closedir(stream);
	return code;
}

void pin_path(const char *directory, struct pin pin, char path[PIN_PATH_BYTES])
{
	(void)snprintf(path, PIN_PATH_BYTES, "%s/%s%u", directory, names[pin.kind], pin.index);
}

enum code pin_unlink(const char *directory, struct pin pin, struct error *error)
{
	char path[PIN_PATH_BYTES];
	pin_path(directory, pin, path);
	if (unlink(path) == 0 || errno == ENOENT)
		return CODE_OK;
	return error_set(error, CODE_SYSTEM, "cannot remove %s: %s", path, strerror(errno));
}

static bool parse(const char *name, struct pin *pin)
{
	for (unsigned kind = 0; kind < PIN_KINDS; kind++) {
		size_t length = strlen(names[kind]);
		if (strncmp(name, names[kind], length) != 0 ||
		    sscanf(name + length, "%u", &pin->index) != 1)
			continue;
		pin->kind = (enum pin_kind)kind;
		return true;
	}
	return false;
}

enum code pin_list(const char *directory, struct pin_list *list, struct error *error)
{
	list->count = 0;
	DIR *stream = opendir(directory);
	if (stream == NULL && errno == ENOENT)
		return CODE_OK;
	if (stream == NULL)
		return error_set(error, errno == EACCES ? CODE_DENIED : CODE_SYSTEM, "%s: %s",
		                 directory, strerror(errno));
	const struct dirent *entry;
	while (list->count < PIN_LIST_MAX && (entry = readdir(stream)) != NULL)
		if (parse(entry->d_name, &list->pins[list->count]))
			list->count++;
	(void)closedir(stream);
	return CODE_OK;
}
