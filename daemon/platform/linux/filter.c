/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small packet filters as classic BPF. Each requirement is: load, compare and jump over the drop,
 * drop.
 */
#include "daemon/platform/linux/filter.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void append(struct filter *filter, struct sock_filter step)
{
	assert(filter->length < FILTER_STEPS_MAX);
	filter->steps[filter->length++] = step;
}

static void append_drop(struct filter *filter)
{
	append(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0));
}

void filter_begin(struct filter *filter)
{
	filter->length = 0;
}

void filter_at_most(struct filter *filter, uint32_t length)
{
	append(filter, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_LEN, 0));
	append(filter, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, length, 0, 1));
	append_drop(filter);
}

static uint32_t big_endian(const uint8_t *bytes, size_t width)
{
	uint32_t value = 0;
	for (size_t i = 0; i < width; i++)
		value = value << 8 | bytes[i];
	return value;
}

void filter_require(struct filter *filter, uint32_t offset, const uint8_t *bytes, size_t length)
{
	while (length > 0) {
		size_t width = length >= 4 ? 4 : length >= 2 ? 2 : 1;
		unsigned short size = width == 4 ? BPF_W : width == 2 ? BPF_H : BPF_B;
		uint32_t wanted = big_endian(bytes, width);
		/* A load beyond the end of the packet drops it. */
		append(filter, (struct sock_filter)BPF_STMT(BPF_LD | size | BPF_ABS, offset));
		append(filter,
		       (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, wanted, 1, 0));
		append_drop(filter);
		offset += (uint32_t)width;
		bytes += width;
		length -= width;
	}
}

enum code filter_attach(struct filter *filter, int fd, struct error *error)
{
	append(filter, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, UINT32_MAX));
	struct sock_fprog program = {.len = filter->length, .filter = filter->steps};
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) != 0)
		return error_set(error, CODE_UNSUPPORTED, "cannot filter packets in the kernel: %s",
		                 strerror(errno));
	return CODE_OK;
}
