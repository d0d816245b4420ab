/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of the control socket: any bytes give a request whose strings end, or a sentence.
 */
#include "daemon/control/request.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct control_request request;
	struct error error;

	if (request_parse((const char *)bytes, length, &request, &error) == CODE_OK) {
		assert(request.verb[0] != '\0');
		assert(memchr(request.verb, '\0', sizeof request.verb) != NULL);
		assert(memchr(request.role, '\0', sizeof request.role) != NULL);
		assert(memchr(request.node, '\0', sizeof request.node) != NULL);
		assert(request.limit.ns > 0);
	} else {
		assert(error.code == CODE_INVALID && error.text[0] != '\0');
	}
	return 0;
}
