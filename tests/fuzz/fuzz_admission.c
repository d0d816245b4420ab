/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a datagram. The first byte says how far the harness helps it past the cryptography,
 * which no fuzzer gets past alone: not at all, to the signature, or to the parser behind it.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/admission.h"
#include "proto/bytes.h"
#include "proto/wire.h"
#include "tests/proto/sealed.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum help { HELP_NONE, HELP_TAG, HELP_ALL };
enum { HELPS = HELP_ALL + 1 };

/* Keys take longer to make than a datagram to refuse. */
static struct {
	struct admission admission;
	struct keys keys;
} fixture;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fixture.admission = sealed_door();
	fixture.keys = sealed_keys(1);
	return 0;
}

/* Makes the head that of member 1, whatever is in it, but leaves its stamp. */
static void correct_head(uint8_t *body, size_t length)
{
	struct writer writer = {body, length, 0};

	writer_put(&writer, 0x464f5644, 4);
	writer_put(&writer, WIRE_MAJOR, 1);
	writer_patch(&writer, 8, length, 2);
	writer_patch(&writer, 10, fixture.admission.cluster, 8);
	writer_patch(&writer, 18, fixture.admission.ids[1], 8);
}

/* The input as the datagram that arrives. */
static struct datagram prepared(enum help help, const uint8_t *data, size_t size)
{
	struct datagram datagram = {0};

	switch (help) {
	case HELP_ALL:
		memcpy(datagram.bytes, data, size);
		correct_head(datagram.bytes, size);
		return sealed_body(datagram.bytes, size, &fixture.keys.secret);
	case HELP_TAG:
		memcpy(datagram.bytes, data, size);
		correct_head(datagram.bytes, size);
		datagram.length = auth_tag(datagram.bytes, size, &fixture.admission.tag_keys[0]);
		return datagram;
	case HELP_NONE:
		memcpy(datagram.bytes, data, size);
		datagram.length = size;
		return datagram;
	}
	return datagram;
}

static enum refusal arrive(struct admission *admission, const struct datagram *datagram,
                           uint8_t path, struct heartbeat *page, uint8_t *sender)
{
	static const struct replay_window heard[MEMBERS_MAX] = {0};
	struct arrival arrival = {1, path};
	struct error error;
	/* Memory that ends where the datagram ends, for the sanitizer to see the first byte too
	 * many. */
	uint8_t *bytes = malloc(datagram->length + 1);
	assert(bytes != NULL);
	memcpy(bytes + 1, datagram->bytes, datagram->length);
	enum refusal result = admission_receive(admission, bytes + 1, datagram->length, arrival,
	                                        heard, page, sender, &error);
	free(bytes);
	return result;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct admission admission = fixture.admission;
	struct heartbeat page;
	uint8_t sender = NO_MEMBER;

	if (size < 1)
		return 0;
	enum help help = (enum help)(data[0] % HELPS);
	size_t most = help == HELP_NONE ? DATAGRAM_BYTES : WIRE_BODY_BYTES;
	if (size - 1 > most || (help != HELP_NONE && size - 1 < WIRE_HEAD_BYTES))
		return 0;
	struct datagram datagram = prepared(help, data + 1, size - 1);
	enum refusal result = arrive(&admission, &datagram, 0, &page, &sender);
	assert(help != HELP_TAG || result != REFUSAL_NONE);
	assert(help != HELP_ALL || result == REFUSAL_NONE || result == REFUSAL_REPLAY ||
	       result == REFUSAL_MALFORMED);
	assert(result != REFUSAL_TWIN);
	if (result != REFUSAL_NONE) {
		assert(admission.refused[1][result] == 1);
		assert(sender == NO_MEMBER);
		return 0;
	}
	assert(heartbeat_check(&page, NULL) == CODE_OK);
	assert(sender == 1 && page.sender == admission.ids[1] && page.cluster == admission.cluster);
	assert(arrive(&admission, &datagram, 0, &page, &sender) == REFUSAL_REPLAY);
	assert(arrive(&admission, &datagram, 1, &page, &sender) == REFUSAL_TWIN);
	assert(arrive(&admission, &datagram, 1, &page, &sender) == REFUSAL_REPLAY);
	return 0;
}
