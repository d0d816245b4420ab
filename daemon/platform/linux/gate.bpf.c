/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet gate in the kernel: two programs, for what arrives at an interface and for what leaves
 * it. They drop what would make others believe that a guarded address is here once the lease of its
 * role is over, and nothing else: what is merely sent to such an address from here, or comes from
 * it, belongs to its new owner. Where nothing has a claim to it, only what this host itself says of
 * it is dropped: somebody may have given the address to this host all the same, and this host may
 * be a router on the way to the owner. Knows neither roles nor who writes the lease ends.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <stdbool.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "daemon/platform/linux/gate_layout.h"

enum {
	VLAN_TAGS_MAX = 2, /* inside the frame; one more may lie beside it */
	VLAN_TAG_BYTES = 4,

	ARP_BYTES = 28, /* of an Ethernet and an IPv4 address each */
	ARP_PROTOCOL = 2,
	ARP_SENDER = 14,
	ARP_TARGET = 24,

	IPV4_SOURCE = 12,
	IPV4_DESTINATION = 16,

	IPV6_NEXT = 6,
	IPV6_SOURCE = 8,
	IPV6_DESTINATION = 24,
	IPV6_BYTES = 40,
	/* RFC 8200 has one of each kind, and one kind twice: more than these are no honest packet.
	 */
	EXTENSIONS_MAX = 8,

	NEXT_HOP_BY_HOP = 0,
	NEXT_ROUTING = 43,
	NEXT_AUTHENTICATION = 51,
	NEXT_ICMPV6 = 58,
	NEXT_DESTINATION = 60,
	NEXT_MOBILITY = 135,

	NEIGHBOUR_SOLICITATION = 135,
	NEIGHBOUR_ADVERTISEMENT = 136,
	NEIGHBOUR_TARGET = 8,
};

enum direction { ARRIVING, LEAVING };

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, GATE_LAYOUT_SLOTS);
	__type(key, uint32_t);
	__type(value, struct gate_slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, GATE_LAYOUT_ADDRESSES);
	__type(key, struct gate_key);
	__type(value, struct gate_entry);
} addresses SEC(".maps");

/* Whether the address is guarded and its lease is over, or nothing here has a claim to it and this
 * host itself `speaks` for it; counts if so. */
static __always_inline bool is_closed(const struct gate_key *key, bool speaks)
{
	struct gate_entry *entry = bpf_map_lookup_elem(&addresses, key);
	if (!entry)
		return false;
	uint32_t number = entry->slot;
	struct gate_slot *slot = bpf_map_lookup_elem(&slots, &number);
	if (!slot)
		return false;
	int64_t until = *(const volatile int64_t *)&slot->until;
	if (until == 0 || (until < 0 && !speaks) ||
	    (until > 0 && (int64_t)bpf_ktime_get_boot_ns() < until))
		return false;
	__sync_fetch_and_add(&entry->dropped, 1);
	__sync_fetch_and_add(&slot->dropped, 1);
	return true;
}

/* What is forwarded came in somewhere: a router may pass on what a role's owner says. ARP and
 * neighbour discovery are never forwarded. */
static __always_inline bool is_own(const struct __sk_buff *skb, enum direction way)
{
	return way == LEAVING && skb->ingress_ifindex == 0;
}

static __always_inline struct gate_key mapped(const uint8_t ipv4[4])
{
	uint32_t address;
	__builtin_memcpy(&address, ipv4, sizeof address);
	return (struct gate_key){{0, bpf_cpu_to_be64(0xffff00000000 | bpf_ntohl(address))}};
}

static __always_inline bool is_unspecified(const struct gate_key *key)
{
	return (key->words[0] | key->words[1]) == 0;
}

/* Asking or being told who has the address is answered by whoever has it; telling, and looking
 * whether anybody objects to having it, says that it is here. */
static __always_inline bool is_closed_arp(struct __sk_buff *skb, uint32_t at, enum direction way)
{
	uint8_t arp[ARP_BYTES];
	if (bpf_skb_load_bytes(skb, at, arp, sizeof arp) != 0 || arp[ARP_PROTOCOL] != 0x08 ||
	    arp[ARP_PROTOCOL + 1] != 0x00)
		return false;
	const uint8_t *sender = arp + ARP_SENDER;
	bool is_probe = (sender[0] | sender[1] | sender[2] | sender[3]) == 0;
	struct gate_key key = mapped(way == ARRIVING || is_probe ? arp + ARP_TARGET : sender);
	return is_closed(&key, way == LEAVING);
}

static __always_inline bool is_closed_ipv4(struct __sk_buff *skb, uint32_t at, enum direction way)
{
	uint8_t address[4];
	uint32_t from = at + (way == ARRIVING ? IPV4_DESTINATION : IPV4_SOURCE);
	if (bpf_skb_load_bytes(skb, from, address, sizeof address) != 0)
		return false;
	struct gate_key key = mapped(address);
	return is_closed(&key, is_own(skb, way));
}

static __always_inline bool is_closed_neighbour(struct __sk_buff *skb, uint32_t at, bool is_claim,
                                                enum direction way)
{
	struct gate_key target;
	uint8_t type;
	if (bpf_skb_load_bytes(skb, at, &type, sizeof type) != 0 ||
	    bpf_skb_load_bytes(skb, at + NEIGHBOUR_TARGET, &target, sizeof target) != 0)
		return false;
	if (way == ARRIVING)
		return type == NEIGHBOUR_SOLICITATION && is_closed(&target, false);
	return (type == NEIGHBOUR_ADVERTISEMENT || (type == NEIGHBOUR_SOLICITATION && is_claim)) &&
	       is_closed(&target, true);
}

/* The length of an extension header of this kind, 0 if it is none that may stand before ICMPv6. */
static __always_inline uint32_t extension_length(uint8_t kind, uint8_t units)
{
	if (kind == NEXT_AUTHENTICATION)
		return (units + 2U) * 4;
	if (kind == NEXT_HOP_BY_HOP || kind == NEXT_ROUTING || kind == NEXT_DESTINATION ||
	    kind == NEXT_MOBILITY)
		return (units + 1U) * 8;
	/* A fragment among them: neighbour discovery in fragments is ignored by everybody. */
	return 0;
}

static __always_inline bool is_closed_ipv6(struct __sk_buff *skb, uint32_t at, enum direction way)
{
	struct gate_key key, source;
	uint8_t next[2]; /* kind of the next header; length of the present one */
	if (bpf_skb_load_bytes(skb, at + IPV6_SOURCE, &source, sizeof source) != 0 ||
	    bpf_skb_load_bytes(skb, at + IPV6_DESTINATION, &key, sizeof key) != 0 ||
	    bpf_skb_load_bytes(skb, at + IPV6_NEXT, next, 1) != 0)
		return false;
	if (is_closed(way == ARRIVING ? &key : &source, is_own(skb, way)))
		return true;
	bool is_claim = is_unspecified(&source);
	at += IPV6_BYTES;
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		uint8_t kind = next[0];
		if (kind == NEXT_ICMPV6)
			return is_closed_neighbour(skb, at, is_claim, way);
		if (extension_length(kind, 0) == 0 ||
		    bpf_skb_load_bytes(skb, at, next, sizeof next) != 0)
			return false;
		at += extension_length(kind, next[1]);
	}
	/* If it asks for a guarded address, the answer does not leave. */
	return false;
}

static __always_inline int judge(struct __sk_buff *skb, enum direction way)
{
	uint32_t at = 2 * ETH_ALEN;
	uint16_t type = 0;
	bool closed = false;
	for (int i = 0; i <= VLAN_TAGS_MAX; i++) {
		if (bpf_skb_load_bytes(skb, at, &type, sizeof type) != 0)
			return TC_ACT_UNSPEC;
		if (type != bpf_htons(ETH_P_8021Q) && type != bpf_htons(ETH_P_8021AD))
			break;
		at += VLAN_TAG_BYTES;
	}
	at += sizeof type;
	if (type == bpf_htons(ETH_P_IP))
		closed = is_closed_ipv4(skb, at, way);
	else if (type == bpf_htons(ETH_P_ARP))
		closed = is_closed_arp(skb, at, way);
	else if (type == bpf_htons(ETH_P_IPV6))
		closed = is_closed_ipv6(skb, at, way);
	return closed ? TC_ACT_SHOT : TC_ACT_UNSPEC;
}

SEC("tc")
int failoverd_in(struct __sk_buff *skb)
{
	return judge(skb, ARRIVING);
}

SEC("tc")
int failoverd_out(struct __sk_buff *skb)
{
	return judge(skb, LEAVING);
}

const char gate_license[] SEC("license") = "Apache-2.0";
