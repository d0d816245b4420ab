/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gate's programs at an interface. Not XDP: its place can be held by one program only, putting
 * one there restarts many network cards, and it takes a third to two thirds of TCP throughput where
 * packets have been merged before; and the daemon's own ear for other stations that claim its
 * addresses hears what arrives before the classifiers, not after XDP.
 */
#include "daemon/platform/linux/gate_hook.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <unistd.h>

#include "daemon/platform/linux/gate_filter.h"
#include "daemon/platform/linux/gate_pin.h"

enum { DIRECTIONS = 2 };

/* Of newer kernel headers than some we build with; parts of the kernel's interface for ever. */
enum { LINK_AT_INGRESS = 46, LINK_AT_EGRESS = 47, LINK_BEFORE_ALL = 1 << 3 };

static const struct {
	enum pin_kind link, filter;
	int link_place;
	enum gate_filter_place filter_place;
} ways[DIRECTIONS] = {
    {PIN_LINK_IN, PIN_FILTER_IN, LINK_AT_INGRESS, FILTER_ARRIVING},
    {PIN_LINK_OUT, PIN_FILTER_OUT, LINK_AT_EGRESS, FILTER_LEAVING},
};

static enum code failure(const char *what, unsigned index, int reason, struct error *error)
{
	char name[IF_NAMESIZE] = "that is gone";
	(void)if_indextoname(index, name);
	return error_set(error, reason == EPERM ? CODE_DENIED : CODE_SYSTEM,
	                 "cannot %s the packet gate at interface %s: %s", what, name,
	                 strerror(reason));
}

static int open_link(const char *directory, struct pin pin)
{
	char path[PIN_PATH_BYTES];
	pin_path(directory, pin, path);
	return bpf_obj_get(path);
}

/* Which interface the link stands at; 0: that one is gone. */
static unsigned link_index(int link)
{
	struct bpf_link_info info;
	unsigned length = sizeof info;
	memset(&info, 0, sizeof info);
	if (bpf_obj_get_info_by_fd(link, &info, &length) != 0)
		return 0;
	/* The number stands at the same place for every link of an interface. */
	return info.xdp.ifindex;
}

static bool link_stands(const char *directory, struct pin pin)
{
	int link = open_link(directory, pin);
	if (link < 0)
		return false;
	bool stands = link_index(link) == pin.index;
	(void)close(link);
	return stands;
}

/* 0, or an errno; EINVAL: this kernel has no such links. */
static int attach_link(const struct gate_hooks *hooks, unsigned way, unsigned index)
{
	const struct pin pin = {ways[way].link, index};
	char path[PIN_PATH_BYTES];
	struct bpf_link_create_opts options;
	if (link_stands(hooks->directory, pin))
		return 0;
	memset(&options, 0, sizeof options);
	options.sz = sizeof options;
	options.flags = LINK_BEFORE_ALL;
	int link = bpf_link_create(hooks->programs[way], (int)index,
	                           (enum bpf_attach_type)ways[way].link_place, &options);
	if (link < 0)
		return errno;
	/* One there is of an interface that had this number before. */
	(void)pin_unlink(hooks->directory, pin, NULL);
	pin_path(hooks->directory, pin, path);
	int reason = bpf_obj_pin(link, path) == 0 ? 0 : errno;
	(void)close(link);
	return reason;
}

static int make_mark(const struct gate_hooks *hooks, struct pin pin)
{
	char path[PIN_PATH_BYTES];
	pin_path(hooks->directory, pin, path);
	return bpf_obj_pin(hooks->mark, path) == 0 || errno == EEXIST ? 0 : errno;
}

/* The mark stands before the filter does: a filter without mark would never be taken away. */
static int attach_filter(const struct gate_hooks *hooks, unsigned way, unsigned index)
{
	const struct pin qdisc = {PIN_QDISC, index}, filter = {ways[way].filter, index};
	bool made = false;
	int reason = gate_filter_make_room(index, &made);
	if (reason == 0 && made)
		reason = make_mark(hooks, qdisc);
	if (reason == 0)
		reason = make_mark(hooks, filter);
	if (reason == 0)
		reason = gate_filter_put(index, ways[way].filter_place, hooks->programs[way]);
	return reason;
}

enum code hook_attach(const struct gate_hooks *hooks, unsigned index, struct error *error)
{
	for (unsigned way = 0; way < DIRECTIONS; way++) {
		int reason = attach_link(hooks, way, index);
		if (reason == EINVAL)
			reason = attach_filter(hooks, way, index);
		if (reason != 0)
			return failure("put", index, reason, error);
	}
	return CODE_OK;
}

static int renew_link(const struct gate_hooks *hooks, struct pin pin, unsigned way)
{
	int link = open_link(hooks->directory, pin);
	if (link < 0)
		return errno;
	bool stands = link_index(link) == pin.index;
	int reason = 0;
	if (stands && bpf_link_update(link, hooks->programs[way], NULL) != 0)
		reason = errno;
	(void)close(link);
	if (!stands)
		(void)pin_unlink(hooks->directory, pin, NULL);
	return reason;
}

static int renew_filter(const struct gate_hooks *hooks, struct pin pin, unsigned way)
{
	char name[IF_NAMESIZE];
	if (if_indextoname(pin.index, name) != NULL)
		return attach_filter(hooks, way, pin.index);
	(void)pin_unlink(hooks->directory, pin, NULL);
	(void)pin_unlink(hooks->directory, (struct pin){PIN_QDISC, pin.index}, NULL);
	return 0;
}

enum code hook_renew(const struct gate_hooks *hooks, struct error *error)
{
	struct pin_list list;
	enum code code = pin_list(hooks->directory, &list, error);
	for (size_t i = 0; i < list.count && code == CODE_OK; i++) {
		const struct pin pin = list.pins[i];
		int reason = 0;
		for (unsigned way = 0; way < DIRECTIONS; way++) {
			if (pin.kind == ways[way].link)
				reason = renew_link(hooks, pin, way);
			else if (pin.kind == ways[way].filter)
				reason = renew_filter(hooks, pin, way);
			if (reason != 0)
				code = failure("renew", pin.index, reason, error);
		}
	}
	return code;
}

static int detach_link(const char *directory, struct pin pin)
{
	int link = open_link(directory, pin);
	if (link < 0)
		return errno;
	int reason = bpf_link_detach(link) == 0 ? 0 : errno;
	(void)close(link);
	return reason;
}

static int detach_one(const char *directory, struct pin pin)
{
	switch (pin.kind) {
	case PIN_LINK_IN:
	case PIN_LINK_OUT:
		return detach_link(directory, pin);
	case PIN_FILTER_IN:
		return gate_filter_take(pin.index, FILTER_ARRIVING);
	case PIN_FILTER_OUT:
		return gate_filter_take(pin.index, FILTER_LEAVING);
	case PIN_QDISC:
		return gate_filter_give_back_room(pin.index);
	}
	return 0;
}

static bool is_among(unsigned index, const unsigned *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == index)
			return true;
	return false;
}

enum code hook_detach(const char *directory, const unsigned *keep, size_t keep_count,
                      struct error *error)
{
	struct pin_list list;
	enum code code = pin_list(directory, &list, error);
	/* In the order of the kinds: the room is given back after the filters left it. */
	for (unsigned kind = 0; kind < PIN_KINDS; kind++) {
		for (size_t i = 0; i < list.count; i++) {
			const struct pin pin = list.pins[i];
			if ((unsigned)pin.kind != kind || is_among(pin.index, keep, keep_count))
				continue;
			int reason = detach_one(directory, pin);
			if (reason != 0)
				code = failure("take down", pin.index, reason, error);
			else if (pin_unlink(directory, pin, error) != CODE_OK)
				code = CODE_SYSTEM;
		}
	}
	return code;
}
