/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Foreign bytes in, a believable page or a reason out. The checks stand in the order of what they
 * cost, so that a stranger costs little however fast he sends. Knows nothing of sockets, nor of
 * what becomes of a page.
 */
#include "proto/admission.h"

#include <assert.h>
#include <string.h>

#include "proto/wire.h"

static_assert(PATHS_MAX <= 8, "admission_recent.seen_on has a bit for each path");

static uint8_t member_of(const struct admission *admission, uint64_t id)
{
	for (uint8_t i = 0; i < admission->member_count; i++)
		if (admission->ids[i] == id)
			return i;
	return NO_MEMBER;
}

static enum refusal refuse(struct admission *admission, uint8_t member, enum refusal reason)
{
	if (member < admission->member_count)
		admission->refused[member][reason]++;
	else
		admission->refused_strangers[reason]++;
	return reason;
}

static bool tag_matches(const struct admission *admission, const uint8_t *datagram, size_t length)
{
	for (uint8_t i = 0; i < admission->tag_key_count; i++)
		if (auth_tag_matches(datagram, length, &admission->tag_keys[i]))
			return true;
	return false;
}

static bool signature_matches(const struct admission *admission, uint8_t sender,
                              const uint8_t *datagram, size_t length)
{
	for (uint8_t i = 0; i < admission->key_count[sender]; i++)
		if (auth_signature_matches(datagram, length, &admission->keys[sender][i]))
			return true;
	return false;
}

/* The first eight bytes of the signature tell one page from any other. */
static uint64_t short_signature(const uint8_t *datagram, size_t length)
{
	uint64_t value;
	memcpy(&value, datagram + length - WIRE_TRAILER_BYTES, sizeof value);
	return value;
}

/* Whether a page of this stamp was let in lately, and over which paths it has come. */
static bool remembers(const struct admission_recent *recent, struct stamp stamp)
{
	size_t slot = stamp.seq % LOSS_WINDOW;

	return recent->incarnation == stamp.incarnation && recent->seen_on[slot] != 0 &&
	       recent->seqs[slot] == stamp.seq;
}

static void remember(struct admission_recent *recent, struct stamp stamp, uint64_t signature,
                     uint8_t path)
{
	size_t slot = stamp.seq % LOSS_WINDOW;

	if (recent->incarnation != stamp.incarnation)
		*recent = (struct admission_recent){.incarnation = stamp.incarnation};
	recent->seqs[slot] = stamp.seq;
	recent->signatures[slot] = signature;
	recent->seen_on[slot] = (uint8_t)(1u << path);
}

/* A page that was let in comes once more. Over a path that has not brought it yet it is the copy
 * the sender meant to send, however late; over the same path nobody but the network repeats it. */
static enum refusal again(struct admission_recent *recent, struct stamp stamp, uint64_t signature,
                          uint8_t path)
{
	size_t slot = stamp.seq % LOSS_WINDOW;
	uint8_t bit = (uint8_t)(1u << path);

	if (recent->signatures[slot] != signature || (recent->seen_on[slot] & bit) != 0)
		return REFUSAL_REPLAY;
	recent->seen_on[slot] |= bit;
	return REFUSAL_TWIN;
}

/* Everything that costs less than a microsecond or two. On REFUSAL_NONE *sender is a member. */
static enum refusal check_cheap(const struct admission *admission, const uint8_t *datagram,
                                size_t length, struct wire_head *head, uint8_t *sender)
{
	enum code code = wire_peek(datagram, length, head);

	if (code == CODE_UNSUPPORTED)
		return REFUSAL_VERSION;
	if (code != CODE_OK)
		return REFUSAL_JUNK;
	if (head->cluster != admission->cluster)
		return REFUSAL_WRONG_CLUSTER;
	if (!tag_matches(admission, datagram, length))
		return REFUSAL_BAD_TAG;
	*sender = member_of(admission, head->sender);
	return *sender == NO_MEMBER ? REFUSAL_UNKNOWN_KEY : REFUSAL_NONE;
}

enum refusal admission_receive(struct admission *admission, const uint8_t *datagram, size_t length,
                               struct arrival arrival,
                               const struct replay_window heard[MEMBERS_MAX],
                               struct heartbeat *heartbeat, uint8_t *sender, struct error *error)
{
	struct wire_head head;
	uint8_t from = NO_MEMBER;

	assert(arrival.path < PATHS_MAX);
	enum refusal reason = check_cheap(admission, datagram, length, &head, &from);
	if (reason != REFUSAL_NONE)
		return refuse(admission, arrival.source, reason);
	if (arrival.source != from)
		return refuse(admission, from, REFUSAL_SOURCE);
	/* Nobody hears itself: this is our own datagram, reflected. */
	if (from == admission->self)
		return refuse(admission, from, REFUSAL_REPLAY);

	struct admission_recent *recent = &admission->recent[from];
	uint64_t signature = short_signature(datagram, length);
	if (remembers(recent, head.stamp)) {
		reason = again(recent, head.stamp, signature, arrival.path);
		if (reason == REFUSAL_TWIN) {
			heartbeat->stamp = head.stamp;
			*sender = from;
		}
		return refuse(admission, from, reason);
	}
	if (!replay_window_is_news(&heard[from], head.stamp))
		return refuse(admission, from, REFUSAL_REPLAY);
	if (!signature_matches(admission, from, datagram, length))
		return refuse(admission, from, REFUSAL_BAD_SIGNATURE);

	struct heartbeat page;
	if (wire_decode(datagram, length - WIRE_TRAILER_BYTES, &page, error) != CODE_OK)
		return refuse(admission, from, REFUSAL_MALFORMED);
	remember(recent, head.stamp, signature, arrival.path);
	*heartbeat = page;
	*sender = from;
	return REFUSAL_NONE;
}

const char *refusal_word(enum refusal refusal)
{
	static const char *const words[REFUSALS] = {
	    [REFUSAL_NONE] = "let-in",
	    [REFUSAL_TWIN] = "twin",
	    [REFUSAL_JUNK] = "junk",
	    [REFUSAL_VERSION] = "version",
	    [REFUSAL_WRONG_CLUSTER] = "wrong-cluster",
	    [REFUSAL_BAD_TAG] = "bad-tag",
	    [REFUSAL_UNKNOWN_KEY] = "unknown-key",
	    [REFUSAL_SOURCE] = "source",
	    [REFUSAL_REPLAY] = "replay",
	    [REFUSAL_BAD_SIGNATURE] = "bad-signature",
	    [REFUSAL_MALFORMED] = "malformed",
	};
	return words[refusal];
}
