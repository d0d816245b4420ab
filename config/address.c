/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses from text and to text, and what their bits alone tell.
 */
#include "config/address.h"

#include <assert.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
	GROUPS = 8,         /* of 16 bits, in an IPv6 address */
	GROUP_DIGITS = 4,   /* hexadecimal */
	MAPPED_GROUPS = 5,  /* zeros before ffff and an IPv4 address */
	DOTTED_GROUPS = 2,  /* that an IPv4 address at the end takes */
	DECIMAL_DIGITS = 3, /* of a part of an IPv4 address */
};

/* Dotted decimal up to the end of the text, without leading zeros. */
static bool read_dotted(const char *text, uint8_t bytes[ADDRESS_BYTES_V4])
{
	for (unsigned part = 0; part < ADDRESS_BYTES_V4; part++) {
		size_t length = strspn(text, "0123456789");
		unsigned value = 0;

		if (length == 0 || length > DECIMAL_DIGITS || (length > 1 && *text == '0'))
			return false;
		for (size_t i = 0; i < length; i++)
			value = value * 10 + (unsigned)(text[i] - '0');
		if (value > UINT8_MAX || text[length] != (part < ADDRESS_BYTES_V4 - 1 ? '.' : '\0'))
			return false;
		bytes[part] = (uint8_t)value;
		text += length + 1;
	}
	return true;
}

static unsigned digit(char character)
{
	if (character >= '0' && character <= '9')
		return (unsigned)(character - '0');
	return (unsigned)((character | 0x20) - 'a' + 10);
}

/* One group of an IPv6 address at `*text`, or two as dotted decimal where there is room for them;
 * advances over it. Returns how many groups; 0: it is none. */
static unsigned read_group(const char **text, unsigned room, uint8_t *bytes)
{
	size_t length = strspn(*text, "0123456789abcdefABCDEF");
	unsigned value = 0;

	if ((*text)[length] == '.') {
		if (room < DOTTED_GROUPS || !read_dotted(*text, bytes))
			return 0;
		*text += strlen(*text);
		return DOTTED_GROUPS;
	}
	if (length == 0 || length > GROUP_DIGITS)
		return 0;
	for (size_t i = 0; i < length; i++)
		value = value << 4 | digit((*text)[i]);
	bytes[0] = (uint8_t)(value >> 8);
	bytes[1] = (uint8_t)value;
	*text += length;
	return 1;
}

/* Groups with a colon between each two, until `::` or the end. Returns their number; `*bad`: there
 * is something else. */
static unsigned read_groups(const char **text, unsigned room, uint8_t *bytes, bool *bad)
{
	unsigned count = 0;

	while (count < room) {
		unsigned more = read_group(text, room - count, bytes + count * 2);

		*bad = more == 0;
		count += more;
		if (*bad || **text == '\0' || strncmp(*text, "::", 2) == 0)
			return count;
		*bad = **text != ':';
		if (*bad)
			return count;
		*text += 1;
	}
	*bad = true; /* a colon, and no room */
	return count;
}

static bool read_v6(const char *text, uint8_t bytes[ADDRESS_BYTES])
{
	uint8_t tail[ADDRESS_BYTES];
	unsigned before = 0, after = 0;
	bool bad = false;

	if (strncmp(text, "::", 2) != 0)
		before = read_groups(&text, GROUPS, bytes, &bad);
	if (bad || *text == '\0')
		return !bad && before == GROUPS;
	if (before > GROUPS - 1)
		return false;
	text += 2;
	if (*text != '\0') /* `::` stands for one group at least */
		after = read_groups(&text, GROUPS - 1 - before, tail, &bad);
	if (bad || *text != '\0')
		return false;
	memcpy(bytes + ADDRESS_BYTES - after * 2, tail, after * 2);
	return true;
}

bool address_read(const char *text, struct address *address)
{
	memset(address, 0, sizeof *address);
	address->family = strchr(text, ':') == NULL ? ADDRESS_IPV4 : ADDRESS_IPV6;
	return address->family == ADDRESS_IPV4 ? read_dotted(text, address->bytes)
	                                       : read_v6(text, address->bytes);
}

static unsigned group_at(const uint8_t *bytes, unsigned group)
{
	return (unsigned)bytes[group * 2] << 8 | bytes[group * 2 + 1];
}

/* The first of the longest runs of two zero groups or more, of the first `groups`. */
static unsigned longest_zeros(const uint8_t *bytes, unsigned groups, unsigned *length)
{
	unsigned best = groups, run = 0;

	*length = 1;
	for (unsigned i = 0; i < groups; i++) {
		run = group_at(bytes, i) == 0 ? run + 1 : 0;
		if (run > *length) {
			*length = run;
			best = i + 1 - run;
		}
	}
	return best;
}

static size_t write_dotted(const uint8_t *bytes, char *out, size_t size)
{
	return (size_t)snprintf(out, size, "%u.%u.%u.%u", bytes[0], bytes[1], bytes[2], bytes[3]);
}

static bool is_mapped(const uint8_t *bytes)
{
	static const uint8_t zeros[MAPPED_GROUPS * 2];

	return memcmp(bytes, zeros, sizeof zeros) == 0 && group_at(bytes, MAPPED_GROUPS) == 0xffff;
}

static void write_v6(const uint8_t *bytes, char out[ADDRESS_TEXT_BYTES])
{
	unsigned groups = is_mapped(bytes) ? GROUPS - DOTTED_GROUPS : GROUPS, length;
	unsigned zeros = longest_zeros(bytes, groups, &length);
	size_t used = 0;

	for (unsigned i = 0; i < groups;) {
		const char *colon = i > 0 && i != zeros + length ? ":" : "";

		if (i == zeros) {
			used += (size_t)snprintf(out + used, ADDRESS_TEXT_BYTES - used, "::");
			i += length;
			continue;
		}
		used += (size_t)snprintf(out + used, ADDRESS_TEXT_BYTES - used, "%s%x", colon,
		                         group_at(bytes, i++));
	}
	if (groups == GROUPS)
		return;
	out[used++] = ':';
	(void)write_dotted(bytes + groups * 2, out + used, ADDRESS_TEXT_BYTES - used);
}

void address_format(const struct address *address, char out[ADDRESS_TEXT_BYTES])
{
	assert(address->family == ADDRESS_IPV4 || address->family == ADDRESS_IPV6);
	if (address->family == ADDRESS_IPV4)
		(void)write_dotted(address->bytes, out, ADDRESS_TEXT_BYTES);
	else
		write_v6(address->bytes, out);
}

bool address_is_loopback(const struct address *address)
{
	static const uint8_t loopback[ADDRESS_BYTES] = {[ADDRESS_BYTES - 1] = 1};
	return address->family == ADDRESS_IPV4
	           ? address->bytes[0] == 127
	           : memcmp(address->bytes, loopback, sizeof loopback) == 0;
}
