/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes the seed corpora of fuzz_wire and fuzz_admission into a directory: `fuzz_seeds
 * tests/fuzz/corpus` after a change of the layout. The same files come out every time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"
#include "tests/proto/pages.h"
#include "tests/proto/sealed.h"

enum { RANDOM_SEEDS = 4 };

static void save(const char *directory, const char *name, const uint8_t *bytes, size_t length)
{
	char path[512];

	snprintf(path, sizeof path, "%s/%s", directory, name);
	FILE *file = fopen(path, "wb");
	if (file == NULL || fwrite(bytes, 1, length, file) != length || fclose(file) != 0) {
		perror(path);
		exit(EXIT_FAILURE);
	}
}

static void save_page(const char *directory, const char *name, const struct heartbeat *page)
{
	static const char *const helps[] = {"raw", "tagged", "sealed"};
	struct keys keys = sealed_keys(1);
	struct datagram datagram = sealed_page(page, &keys.secret);
	size_t body = datagram.length - WIRE_TRAILER_BYTES;
	uint8_t input[1 + DATAGRAM_BYTES];
	char path[128];

	snprintf(path, sizeof path, "wire/%s", name);
	save(directory, path, datagram.bytes, body);
	memcpy(input + 1, datagram.bytes, datagram.length);
	for (uint8_t help = 0; help < 3; help++) {
		input[0] = help;
		snprintf(path, sizeof path, "admission/%s-%s", name, helps[help]);
		save(directory, path, input, 1 + (help == 0 ? datagram.length : body));
	}
}

int main(int argc, char **argv)
{
	struct random random = {1};
	char name[32];

	if (argc != 2) {
		fprintf(stderr, "usage: fuzz_seeds DIRECTORY\n");
		return 2;
	}
	struct heartbeat page = page_plain();
	page.sender = 11;
	save_page(argv[1], "plain", &page);
	page.roles[page.role_count++] = role_largest(1);
	save_page(argv[1], "role", &page);
	page = page_crowded();
	page.sender = 11;
	save_page(argv[1], "crowded", &page);
	page = page_fenced();
	page.sender = 11;
	save_page(argv[1], "fenced", &page);
	page = page_resources();
	page.sender = 11;
	save_page(argv[1], "resources", &page);
	page = page_plain();
	page.sender = 11;
	for (; page.role_count < PAGE_ROLES_MAX; page.role_count++)
		page.roles[page.role_count].role = 1u + page.role_count;
	save_page(argv[1], "idle-roles", &page);
	for (int i = 0; i < RANDOM_SEEDS; i++) {
		page = page_random(&random);
		page.sender = 11;
		snprintf(name, sizeof name, "random-%d", i);
		save_page(argv[1], name, &page);
	}
	return 0;
}
