/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program as a classic filter of an interface. Ours is known by its handle, which nobody else
 * uses, at the first priority, which others use too.
 */
#include "daemon/platform/linux/gate_filter.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "daemon/platform/linux/netlink.h"

enum { FILTER_PRIORITY = 1, FILTER_HANDLE = 0xfa110, REQUEST_BYTES = 128 };

static struct bpf_tc_hook hook_at(unsigned index, enum bpf_tc_attach_point point)
{
	struct bpf_tc_hook hook;
	memset(&hook, 0, sizeof hook);
	hook.sz = sizeof hook;
	hook.ifindex = (int)index;
	hook.attach_point = point;
	return hook;
}

static enum bpf_tc_attach_point point_of(enum gate_filter_place place)
{
	return place == FILTER_ARRIVING ? BPF_TC_INGRESS : BPF_TC_EGRESS;
}

static struct bpf_tc_opts ours(void)
{
	struct bpf_tc_opts options;
	memset(&options, 0, sizeof options);
	options.sz = sizeof options;
	options.priority = FILTER_PRIORITY;
	options.handle = FILTER_HANDLE;
	return options;
}

int gate_filter_make_room(unsigned index, bool *made)
{
	struct bpf_tc_hook hook = hook_at(index, BPF_TC_INGRESS | BPF_TC_EGRESS);
	int result = bpf_tc_hook_create(&hook);
	*made = result == 0;
	return result == -EEXIST ? 0 : -result;
}

int gate_filter_put(unsigned index, enum gate_filter_place place, int program)
{
	struct bpf_tc_hook hook = hook_at(index, point_of(place));
	struct bpf_tc_opts options = ours();
	options.prog_fd = program;
	options.flags = BPF_TC_F_REPLACE;
	return -bpf_tc_attach(&hook, &options);
}

/* No such interface, discipline or filter: there is nothing to take away. */
static bool is_gone(int reason)
{
	return reason == ENODEV || reason == ENOENT || reason == EINVAL;
}

int gate_filter_take(unsigned index, enum gate_filter_place place)
{
	struct bpf_tc_hook hook = hook_at(index, point_of(place));
	const struct bpf_tc_opts options = ours();
	int reason = -bpf_tc_detach(&hook, &options);
	return is_gone(reason) ? 0 : reason;
}

static int one_found(const struct nlmsghdr *message, void *context)
{
	bool *found = context;
	if (message->nlmsg_type == RTM_NEWTFILTER)
		*found = true;
	return MNL_CB_OK;
}

static int look_for_filters(struct network *network, unsigned index, uint32_t place, bool *found)
{
	char buffer[REQUEST_BYTES];
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = RTM_GETTFILTER;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	struct tcmsg *body = mnl_nlmsg_put_extra_header(message, sizeof *body);
	body->tcm_ifindex = (int)index;
	body->tcm_parent = TC_H_MAKE(TC_H_CLSACT, place);
	return netlink_ask(network, message, one_found, found);
}

int gate_filter_give_back_room(unsigned index)
{
	struct network *network = NULL;
	bool found = false;
	if (network_open(&network, NULL) != CODE_OK)
		return EIO;
	int reason = look_for_filters(network, index, TC_H_MIN_INGRESS, &found);
	if (reason == 0)
		reason = look_for_filters(network, index, TC_H_MIN_EGRESS, &found);
	network_close(network);
	if (reason == 0 && !found) {
		struct bpf_tc_hook hook = hook_at(index, BPF_TC_INGRESS | BPF_TC_EGRESS);
		reason = -bpf_tc_hook_destroy(&hook);
	}
	return is_gone(reason) ? 0 : reason;
}
