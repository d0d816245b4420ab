/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden tests: golden/NNN-topic.ini is loaded; its findings, and the printed configuration where
 * it is valid, must be what golden/NNN-topic.expect says. What is printed must load to the same
 * struct and print to the same bytes. A line "; self = KEY" at the top says whose host it is.
 *
 * golden DIRECTORY runs all; golden --update DIRECTORY writes the .expect files anew, to be read
 * before they are committed.
 */
#include <check.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/print.h"
#include "config/value.h"

enum { OUT_BYTES = 1024 * 1024, PATH_TEXT_BYTES = 512 };

/* One case: everything is freed by the end of the process that Check forks for it. */
struct golden {
	char name[PATH_TEXT_BYTES];
	char *text;
	size_t length;
	char *out;
	size_t out_length;
	struct config *config;
	struct findings *findings;
	enum code code;
};

static void *allocate(size_t size)
{
	void *memory = calloc(1, size);
	if (memory == NULL)
		abort();
	return memory;
}

static char *read_file(const char *path, size_t *length)
{
	FILE *file = fopen(path, "rb");
	char *text = allocate(OUT_BYTES);
	*length = 0;
	if (file == NULL)
		return text;
	*length = fread(text, 1, OUT_BYTES - 1, file);
	fclose(file);
	return text;
}

static int is_case(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);
	return length > 4 && strcmp(entry->d_name + length - 4, ".ini") == 0;
}

static const char *directory(void)
{
	const char *path = getenv("GOLDEN_DIRECTORY");
	return path == NULL ? "." : path;
}

/* Number of cases; the name of case `index` without its ending. */
static int list_cases(int index, char name[PATH_TEXT_BYTES])
{
	struct dirent **entries = NULL;
	int count = scandir(directory(), &entries, is_case, alphasort);
	for (int i = 0; i < count; i++) {
		if (i == index)
			snprintf(name, PATH_TEXT_BYTES, "%.*s", (int)strlen(entries[i]->d_name) - 4,
			         entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return count;
}

static void path_of(const char *name, const char *ending, char path[PATH_TEXT_BYTES * 2])
{
	snprintf(path, PATH_TEXT_BYTES * 2, "%s/%s%s", directory(), name, ending);
}

static bool self_of(const struct golden *golden, struct public_key *self)
{
	char text[KEY_TEXT_BYTES] = "";
	if (sscanf(golden->text, "; self = %44s", text) != 1)
		return false;
	return value_key(text, self, NULL) == CODE_OK;
}

static void load_case(int index, struct golden *golden)
{
	char path[PATH_TEXT_BYTES * 2], line[FINDING_BYTES + PATH_TEXT_BYTES * 2];
	struct public_key self;
	memset(golden, 0, sizeof *golden);
	list_cases(index, golden->name);
	path_of(golden->name, ".ini", path);
	golden->text = read_file(path, &golden->length);
	golden->out = allocate(OUT_BYTES);
	golden->config = allocate(sizeof *golden->config);
	golden->findings = allocate(sizeof *golden->findings);
	golden->code =
	    config_load(golden->text, golden->length, self_of(golden, &self) ? &self : NULL,
	                golden->config, golden->findings);
	for (unsigned i = 0; i < golden->findings->count; i++) {
		finding_format(&golden->findings->items[i], "ini", line, sizeof line);
		golden->out_length += (size_t)snprintf(
		    golden->out + golden->out_length, OUT_BYTES - golden->out_length, "%s\n", line);
	}
	size_t printed = 0;
	if (golden->code == CODE_OK)
		config_print(golden->config, golden->out + golden->out_length,
		             OUT_BYTES - golden->out_length, &printed, NULL);
	golden->out_length += printed;
}

static void free_case(struct golden *golden)
{
	free(golden->text);
	free(golden->out);
	free(golden->config);
	free(golden->findings);
}

START_TEST(findings_and_print_are_as_expected)
{
	struct golden golden;
	char path[PATH_TEXT_BYTES * 2];
	size_t length;
	load_case(_i, &golden);
	path_of(golden.name, ".expect", path);
	char *expected = read_file(path, &length);
	ck_assert_msg(strcmp(expected, golden.out) == 0, "%s: expected:\n%s\ngot:\n%s", golden.name,
	              expected, golden.out);
	ck_assert_int_eq(golden.code == CODE_OK, golden.findings->errors == 0);
	free(expected);
	free_case(&golden);
}
END_TEST

START_TEST(findings_are_in_order_of_lines)
{
	struct golden golden;
	load_case(_i, &golden);
	for (unsigned i = 1; i < golden.findings->count; i++)
		ck_assert_uint_le(golden.findings->items[i - 1].line,
		                  golden.findings->items[i].line);
	free_case(&golden);
}
END_TEST

START_TEST(printed_config_loads_to_the_same_struct)
{
	struct golden golden;
	load_case(_i, &golden);
	if (golden.code == CODE_OK) {
		struct config *again = allocate(sizeof *again);
		char *first = allocate(OUT_BYTES), *second = allocate(OUT_BYTES);
		size_t first_length, second_length;
		config_print(golden.config, first, OUT_BYTES, &first_length, NULL);
		enum code code = config_load(first, first_length, NULL, again, golden.findings);
		ck_assert_msg(code == CODE_OK, "%s: %s", golden.name,
		              golden.findings->items[0].text);
		golden.config->setup.self = NO_MEMBER;
		ck_assert_mem_eq(again, golden.config, sizeof *again);
		config_print(again, second, OUT_BYTES, &second_length, NULL);
		ck_assert_str_eq(second, first);
		free(second);
		free(first);
		free(again);
	}
	free_case(&golden);
}
END_TEST

static int update(void)
{
	char name[PATH_TEXT_BYTES];
	int count = list_cases(0, name);
	for (int i = 0; i < count; i++) {
		struct golden golden;
		char path[PATH_TEXT_BYTES * 2];
		load_case(i, &golden);
		path_of(golden.name, ".expect", path);
		FILE *file = fopen(path, "wb");
		if (file == NULL) {
			perror(path);
			return EXIT_FAILURE;
		}
		fwrite(golden.out, 1, golden.out_length, file);
		fclose(file);
		free_case(&golden);
	}
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	char name[PATH_TEXT_BYTES];
	bool is_update = argc == 3 && strcmp(argv[1], "--update") == 0;
	if (argc != 2 && !is_update) {
		fprintf(stderr, "usage: %s [--update] DIRECTORY\n", argv[0]);
		return EXIT_FAILURE;
	}
	setenv("GOLDEN_DIRECTORY", argv[argc - 1], 1);
	if (is_update)
		return update();
	int count = list_cases(0, name);
	if (count <= 0) {
		fprintf(stderr, "%s: no cases\n", argv[1]);
		return EXIT_FAILURE;
	}
	Suite *suite = suite_create("golden");
	TCase *cases = tcase_create("golden");
	tcase_add_loop_test(cases, findings_and_print_are_as_expected, 0, count);
	tcase_add_loop_test(cases, findings_are_in_order_of_lines, 0, count);
	tcase_add_loop_test(cases, printed_config_loads_to_the_same_struct, 0, count);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
