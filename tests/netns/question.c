/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames of question.h, made of the headers the system defines.
 */
#include "tests/netns/question.h"

#include <arpa/inet.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <netinet/ip6.h>
#include <string.h>

enum {
	ASKER_LAST_BYTE = 253,
	NUMBER_AT = 2, /* in the hardware address: 02:f1 and four bytes of number */
	HOP_LIMIT = 255,
	ADVERTISEMENT_BYTES = ETH_HLEN + sizeof(struct ip6_hdr) + sizeof(struct nd_neighbor_advert),
};

bool question_init(struct question *question, const char *text, const uint8_t mac[ETH_ALEN])
{
	memset(question, 0, sizeof *question);
	memcpy(question->mac, mac, ETH_ALEN);
	if (inet_pton(AF_INET, text, question->address) == 1) {
		memcpy(question->asker, question->address, 3);
		question->asker[3] = ASKER_LAST_BYTE;
		return true;
	}
	question->is_ipv6 = true;
	question->asker[0] = 0xfe;
	question->asker[1] = 0x80;
	question->asker[15] = ASKER_LAST_BYTE;
	return inet_pton(AF_INET6, text, question->address) == 1;
}

static void numbered_mac(uint32_t number, uint8_t mac[ETH_ALEN])
{
	const uint32_t wire = htonl(number);
	mac[0] = 0x02;
	mac[1] = 0xf1;
	memcpy(mac + NUMBER_AT, &wire, sizeof wire);
}

static size_t ethernet(uint8_t *frame, const uint8_t *to, const uint8_t *from, uint16_t type)
{
	struct ether_header header = {.ether_type = htons(type)};
	memcpy(header.ether_dhost, to, ETH_ALEN);
	memcpy(header.ether_shost, from, ETH_ALEN);
	memcpy(frame, &header, sizeof header);
	return sizeof header;
}

static size_t who_has(const struct question *question, uint32_t number, uint8_t *frame)
{
	static const uint8_t everyone[ETH_ALEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct ether_arp arp = {
	    .ea_hdr = {.ar_hrd = htons(ARPHRD_ETHER),
	               .ar_pro = htons(ETHERTYPE_IP),
	               .ar_hln = ETH_ALEN,
	               .ar_pln = 4,
	               .ar_op = htons(ARPOP_REQUEST)},
	};
	numbered_mac(number, arp.arp_sha);
	memcpy(arp.arp_spa, question->asker, sizeof arp.arp_spa);
	memcpy(arp.arp_tpa, question->address, sizeof arp.arp_tpa);
	/* The frame itself comes from the real interface: switches shall learn nothing new. */
	size_t at = ethernet(frame, everyone, question->mac, ETHERTYPE_ARP);
	memcpy(frame + at, &arp, sizeof arp);
	return at + sizeof arp;
}

/* The sum of RFC 1071 over the pseudo header of IPv6 and the message. */
static uint16_t checksum(const struct ip6_hdr *ip, const uint8_t *message, size_t length)
{
	uint32_t sum = IPPROTO_ICMPV6 + (uint32_t)length;
	const uint8_t *addresses = (const uint8_t *)&ip->ip6_src;
	for (size_t i = 0; i < 2 * sizeof ip->ip6_src; i += 2)
		sum += (uint32_t)(addresses[i] << 8 | addresses[i + 1]);
	for (size_t i = 0; i + 1 < length; i += 2)
		sum += (uint32_t)(message[i] << 8 | message[i + 1]);
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static size_t solicitation(const struct question *question, uint32_t number, uint8_t *frame)
{
	struct {
		struct nd_neighbor_solicit head;
		struct nd_opt_hdr option;
		uint8_t mac[ETH_ALEN];
	} message = {
	    .head = {.nd_ns_hdr = {.icmp6_type = ND_NEIGHBOR_SOLICIT}},
	    .option = {.nd_opt_type = ND_OPT_SOURCE_LINKADDR, .nd_opt_len = 1},
	};
	struct ip6_hdr ip = {.ip6_ctlun.ip6_un1 = {.ip6_un1_flow = htonl(0x60000000),
	                                           .ip6_un1_plen = htons(sizeof message),
	                                           .ip6_un1_nxt = IPPROTO_ICMPV6,
	                                           .ip6_un1_hlim = HOP_LIMIT}};
	/* The solicited-node group of the address, and the hardware group that belongs to it. */
	static const uint8_t group[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
	uint8_t group_mac[ETH_ALEN] = {0x33, 0x33, 0xff};
	memcpy(&ip.ip6_dst, group, sizeof group);
	memcpy((uint8_t *)&ip.ip6_dst + sizeof group, question->address + 13, 3);
	memcpy(group_mac + 3, question->address + 13, 3);
	memcpy(&ip.ip6_src, question->asker, sizeof ip.ip6_src);
	memcpy(&message.head.nd_ns_target, question->address, sizeof message.head.nd_ns_target);
	numbered_mac(number, message.mac);
	message.head.nd_ns_hdr.icmp6_cksum =
	    checksum(&ip, (const uint8_t *)&message, sizeof message);

	size_t at = ethernet(frame, group_mac, question->mac, ETHERTYPE_IPV6);
	memcpy(frame + at, &ip, sizeof ip);
	at += sizeof ip;
	memcpy(frame + at, &message, sizeof message);
	return at + sizeof message;
}

size_t question_frame(const struct question *question, uint32_t number,
                      uint8_t frame[QUESTION_BYTES])
{
	return question->is_ipv6 ? solicitation(question, number, frame)
	                         : who_has(question, number, frame);
}

static bool is_reply(const struct question *question, const uint8_t *frame, size_t length)
{
	struct ether_arp arp;
	if (length < ETH_HLEN + sizeof arp)
		return false;
	memcpy(&arp, frame + ETH_HLEN, sizeof arp);
	return arp.ea_hdr.ar_op == htons(ARPOP_REPLY) &&
	       memcmp(arp.arp_spa, question->address, sizeof arp.arp_spa) == 0;
}

static bool is_advertisement(const struct question *question, const uint8_t *frame, size_t length)
{
	struct nd_neighbor_advert advert;
	if (length < ADVERTISEMENT_BYTES)
		return false;
	memcpy(&advert, frame + ETH_HLEN + sizeof(struct ip6_hdr), sizeof advert);
	return frame[ETH_HLEN + offsetof(struct ip6_hdr, ip6_nxt)] == IPPROTO_ICMPV6 &&
	       advert.nd_na_type == ND_NEIGHBOR_ADVERT &&
	       memcmp(&advert.nd_na_target, question->address, 16) == 0;
}

bool question_answered(const struct question *question, const uint8_t *frame, size_t length,
                       uint32_t *number, uint8_t mac[ETH_ALEN])
{
	if (length < ETH_HLEN || frame[0] != 0x02 || frame[1] != 0xf1)
		return false;
	bool answers = question->is_ipv6 ? is_advertisement(question, frame, length)
	                                 : is_reply(question, frame, length);
	if (!answers)
		return false;
	uint32_t wire = 0;
	memcpy(&wire, frame + NUMBER_AT, sizeof wire);
	*number = ntohl(wire);
	memcpy(mac, frame + ETH_ALEN, ETH_ALEN);
	return true;
}
