/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state file: any bytes give a state that encodes to the very same bytes, or a code. So that
 * the checksum does not keep the fuzzer out, it is made right first.
 */
#include "daemon/state/state_file.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	uint8_t file[STATE_FILE_BYTES], again[STATE_FILE_BYTES];
	struct durable durable;
	struct state_owner owner;
	struct error error;

	if (length > sizeof file)
		return 0;
	memcpy(file, bytes, length);
	if (length >= STATE_FILE_SUM_BYTES)
		(void)crypto_generichash(file + length - STATE_FILE_SUM_BYTES, STATE_FILE_SUM_BYTES,
		                         file, length - STATE_FILE_SUM_BYTES, NULL, 0);
	if (state_file_decode(file, length, &owner, &durable, &error) != CODE_OK) {
		assert(error.text[0] != '\0');
		return 0;
	}
	assert(state_file_encode(&owner, &durable, again) == length);
	assert(memcmp(file, again, length) == 0);
	return 0;
}
