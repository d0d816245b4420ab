/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packet gate from outside the kernel: loads its program, keeps its maps in files, writes lease
 * ends into the mapped one. What gate.bpf.c does with them needs nobody.
 */
#include "daemon/platform/gate.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config/print.h"
#include "daemon/platform/linux/gate_hook.h"
#include "daemon/platform/linux/gate_layout.h"
#include "daemon/platform/linux/gate_load.h"
#include "daemon/platform/linux/gate_pin.h"

static_assert((int)GATE_SLOTS == (int)GATE_LAYOUT_SLOTS, "contract and kernel agree");
static_assert((int)GATE_ADDRESSES_MAX == (int)GATE_LAYOUT_ADDRESSES, "contract and kernel agree");

enum { CLOCK_LINE_BYTES = 128 };

struct gate {
	char directory[PIN_PATH_BYTES];
	struct gate_load load;   /* owned */
	struct gate_slot *slots; /* mapped */
	int64_t clock_offset_ns; /* what this process' boot clock is ahead of the host's */
	/* What this life asked for; the rest is of earlier ones. */
	size_t guarded_count, covered_count;
	struct gate_key guarded[GATE_ADDRESSES_MAX];
	unsigned covered[GATE_INTERFACES_MAX];
};

static size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* In a time namespace the clock of this process is not the one the kernel's program reads. */
static int64_t clock_offset(void)
{
	char line[CLOCK_LINE_BYTES];
	int64_t seconds = 0, ns = 0, offset = 0;
	FILE *file = fopen("/proc/self/timens_offsets", "re");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof line, file) != NULL)
		if (sscanf(line, "boottime %" SCNd64 " %" SCNd64, &seconds, &ns) == 2)
			offset = seconds * 1000000000 + ns;
	(void)fclose(file);
	return offset;
}

static enum code map_slots(struct gate *gate, int fd, struct error *error)
{
	void *page = mmap(NULL, page_bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	static_assert(sizeof(struct gate_slot[GATE_SLOTS]) <= 4096, "the slots fill one page");
	if (page == MAP_FAILED)
		return error_set(error, CODE_SYSTEM, "cannot map the packet gate's lease ends: %s",
		                 strerror(errno));
	gate->slots = page;
	gate->clock_offset_ns = clock_offset();
	return CODE_OK;
}

enum code gate_probe(struct error *error)
{
	struct gate_load load;
	enum code code = pin_probe(error);
	if (code == CODE_OK)
		code = gate_load(&load, NULL, error);
	if (code == CODE_OK)
		gate_unload(&load);
	return code;
}

static struct gate_hooks hooks_of(const struct gate *gate)
{
	return (struct gate_hooks){
	    .directory = gate->directory,
	    .programs = {gate->load.program_in, gate->load.program_out},
	    .mark = gate->load.slots,
	};
}

/* A gate of another version whose maps are of another shape cannot be taken over. */
static enum code load_over(struct gate *gate, struct error *error)
{
	enum code code = gate_load(&gate->load, gate->directory, error);
	if (code != CODE_DAMAGED)
		return code;
	code = hook_detach(gate->directory, NULL, 0, error);
	if (code == CODE_OK)
		code = pin_remove(gate->directory, error);
	if (code == CODE_OK)
		code = pin_prepare(gate->directory, error);
	return code == CODE_OK ? gate_load(&gate->load, gate->directory, error) : code;
}

enum code gate_open(struct gate **gate, const char *name, struct error *error)
{
	struct gate *made = calloc(1, sizeof *made);
	if (made == NULL)
		return error_set(error, CODE_SYSTEM, "out of memory");
	made->load = GATE_LOAD_NONE;
	enum code code = pin_directory(name, made->directory, error);
	if (code == CODE_OK)
		code = pin_prepare(made->directory, error);
	if (code == CODE_OK)
		code = load_over(made, error);
	if (code == CODE_OK)
		code = map_slots(made, made->load.slots, error);
	if (code == CODE_OK) {
		const struct gate_hooks hooks = hooks_of(made);
		code = hook_renew(&hooks, error);
	}
	if (code != CODE_OK) {
		gate_close(made);
		return code;
	}
	*gate = made;
	return CODE_OK;
}

void gate_close(struct gate *gate)
{
	if (gate == NULL)
		return;
	if (gate->slots != NULL)
		(void)munmap(gate->slots, page_bytes());
	gate_unload(&gate->load);
	free(gate);
}

/* Only where packets begin with an Ethernet header does the program find what it looks for. */
static enum code must_be_ethernet(unsigned index, struct error *error)
{
	struct ifreq request;
	memset(&request, 0, sizeof request);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_known = fd >= 0 && if_indextoname(index, request.ifr_name) != NULL &&
	                ioctl(fd, SIOCGIFHWADDR, &request) == 0;
	(void)close(fd);
	if (!is_known)
		return error_set(error, CODE_NOT_FOUND, "there is no interface of number %u",
		                 index);
	if (request.ifr_hwaddr.sa_family != ARPHRD_ETHER &&
	    request.ifr_hwaddr.sa_family != ARPHRD_LOOPBACK)
		return error_set(error, CODE_UNSUPPORTED,
		                 "interface %s is no Ethernet: the packet gate cannot stand there",
		                 request.ifr_name);
	return CODE_OK;
}

static bool is_covered(const struct gate *gate, unsigned index)
{
	for (size_t i = 0; i < gate->covered_count; i++)
		if (gate->covered[i] == index)
			return true;
	return false;
}

/* Interfaces come and go with containers; their numbers do not come back soon. */
static void forget_gone(struct gate *gate)
{
	char name[IF_NAMESIZE];
	size_t kept = 0;
	for (size_t i = 0; i < gate->covered_count; i++)
		if (if_indextoname(gate->covered[i], name) != NULL)
			gate->covered[kept++] = gate->covered[i];
	gate->covered_count = kept;
}

enum code gate_cover(struct gate *gate, unsigned index, struct error *error)
{
	enum code code = must_be_ethernet(index, error);
	if (code != CODE_OK)
		return code;
	if (!is_covered(gate, index)) {
		if (gate->covered_count == GATE_INTERFACES_MAX)
			forget_gone(gate);
		if (gate->covered_count == GATE_INTERFACES_MAX)
			return error_set(error, CODE_TOO_LARGE,
			                 "the packet gate can be attached to %d interfaces at most",
			                 GATE_INTERFACES_MAX);
		gate->covered[gate->covered_count++] = index;
	}
	const struct gate_hooks hooks = hooks_of(gate);
	return hook_attach(&hooks, index, error);
}

static struct gate_key key_of(const struct address *address)
{
	struct gate_key key;
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};
	memcpy(bytes + 12, address->bytes, 4);
	memcpy(&key, address->family == AF_INET6 ? address->bytes : bytes, sizeof key);
	return key;
}

/* Where the key is among those of this life, or behind them. */
static size_t place_of(const struct gate *gate, const struct gate_key *key)
{
	size_t i = 0;
	while (i < gate->guarded_count && memcmp(&gate->guarded[i], key, sizeof *key) != 0)
		i++;
	return i;
}

static enum code put_address(struct gate *gate, const struct gate_key *key, unsigned slot,
                             struct error *error)
{
	struct gate_entry entry;
	size_t place = place_of(gate, key);
	if (place == GATE_ADDRESSES_MAX)
		return error_set(error, CODE_TOO_LARGE, "it guards %d addresses at most",
		                 GATE_ADDRESSES_MAX);
	bool is_known = bpf_map_lookup_elem(gate->load.addresses, key, &entry) == 0;
	if (!is_known || entry.slot != slot) {
		memset(&entry, 0, sizeof entry);
		entry.slot = slot;
		if (bpf_map_update_elem(gate->load.addresses, key, &entry, BPF_ANY) != 0)
			return error_set(error, errno == E2BIG ? CODE_TOO_LARGE : CODE_SYSTEM, "%s",
			                 strerror(errno));
	}
	gate->guarded[place] = *key;
	if (place == gate->guarded_count)
		gate->guarded_count++;
	return CODE_OK;
}

/* The address first: where its interface is missing, it is guarded at the others. */
enum code gate_guard(struct gate *gate, const struct network_address *address, unsigned slot,
                     struct error *error)
{
	assert(slot < GATE_SLOTS);
	const struct gate_key key = key_of(&address->address);
	enum code code = put_address(gate, &key, slot, error);
	if (code != CODE_OK) {
		char text[ADDRESS_TEXT_BYTES];
		address_format(&address->address, text);
		return error_wrap(error, "the packet gate cannot guard %s", text);
	}
	unsigned index = address->index;
	if (index == 0)
		index = if_nametoindex(address->interface);
	if (index == 0)
		return error_set(error, CODE_NOT_FOUND, "there is no interface %s",
		                 address->interface);
	return gate_cover(gate, index, error);
}

bool gate_slot_of(const struct gate *gate, const struct address *address, unsigned *slot)
{
	struct gate_entry entry;
	const struct gate_key key = key_of(address);
	if (bpf_map_lookup_elem(gate->load.addresses, &key, &entry) != 0)
		return false;
	*slot = entry.slot;
	return true;
}

static enum code take_address(struct gate *gate, const struct gate_key *key, struct error *error)
{
	if (bpf_map_delete_elem(gate->load.addresses, key) == 0 || errno == ENOENT)
		return CODE_OK;
	return error_set(error, CODE_SYSTEM, "the packet gate keeps guarding an address: %s",
	                 strerror(errno));
}

enum code gate_unguard(struct gate *gate, const struct address *address, struct error *error)
{
	const struct gate_key key = key_of(address);
	size_t place = place_of(gate, &key);
	if (place < gate->guarded_count)
		gate->guarded[place] = gate->guarded[--gate->guarded_count];
	return take_address(gate, &key, error);
}

static enum code forget_addresses(struct gate *gate, struct error *error)
{
	struct gate_key kept, key;
	const struct gate_key *after = NULL;
	enum code code = CODE_OK;
	while (code == CODE_OK && bpf_map_get_next_key(gate->load.addresses, after, &key) == 0) {
		if (place_of(gate, &key) == gate->guarded_count) {
			code = take_address(gate, &key, error);
		} else {
			kept = key;
			after = &kept;
		}
	}
	return code;
}

enum code gate_forget_rest(struct gate *gate, struct error *error)
{
	enum code code = forget_addresses(gate, error);
	forget_gone(gate);
	if (code == CODE_OK)
		code = hook_detach(gate->directory, gate->covered, gate->covered_count, error);
	return code;
}

void gate_lease_end(struct gate *gate, unsigned slot, struct instant end)
{
	assert(slot < GATE_SLOTS);
	int64_t until = end.ns - gate->clock_offset_ns;
	/* Zero and less would mean that nothing ends. */
	__atomic_store_n(&gate->slots[slot].until, until > 0 ? until : 1, __ATOMIC_RELEASE);
}

void gate_disclaim(struct gate *gate, unsigned slot)
{
	assert(slot < GATE_SLOTS);
	__atomic_store_n(&gate->slots[slot].until, -1, __ATOMIC_RELEASE);
}

void gate_pass(struct gate *gate, unsigned slot)
{
	assert(slot < GATE_SLOTS);
	__atomic_store_n(&gate->slots[slot].until, 0, __ATOMIC_RELEASE);
}

uint64_t gate_dropped(const struct gate *gate, unsigned slot)
{
	assert(slot < GATE_SLOTS);
	return __atomic_load_n(&gate->slots[slot].dropped, __ATOMIC_RELAXED);
}

uint64_t gate_dropped_for(const struct gate *gate, const struct address *address)
{
	struct gate_entry entry;
	const struct gate_key key = key_of(address);
	if (bpf_map_lookup_elem(gate->load.addresses, &key, &entry) != 0)
		return 0;
	return entry.dropped;
}
