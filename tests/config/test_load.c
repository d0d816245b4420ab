/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What loading makes of a text beyond its findings: indexes, ids, digests, the host's own section;
 * the limits of size; and rules that no file can be written for.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/check.h"
#include "config/load.h"
#include "config/print.h"
#include "config/value.h"

static const char key_a[] = "W63ugvYOMQEzJgFXS76qPgBQRE6WoXALhZnA9xcaJj0=";
static const char key_b[] = "6zwrjYb+M24zPt+ZT/yAavEG4x2tNYMrTjqOkFRPLT8=";
static const char key_w[] = "VVJ9PY4uGQOen/elI9DlN8VBn8jSLS8wtKQ2xTKg67g=";

static const char members[] =
    "[cluster]\nname = ledger\n"
    "[node alpha]\naddress = 10.0.0.1\nkey = W63ugvYOMQEzJgFXS76qPgBQRE6WoXALhZnA9xcaJj0=\n"
    "[node beta]\naddress = 10.0.0.2\nkey = 6zwrjYb+M24zPt+ZT/yAavEG4x2tNYMrTjqOkFRPLT8=\n"
    "[witness w1]\naddress = 10.0.0.3\nkey = VVJ9PY4uGQOen/elI9DlN8VBn8jSLS8wtKQ2xTKg67g=\n";
static const char role[] = "[role ledger]\nnodes = beta, alpha\nresources = app\n"
			   "[resource app]\ntype = process\ncommand = /opt/app\n";

enum { TEXT_BYTES = CONFIG_FILE_BYTES + 4096 };

/* A text under construction and what became of it. */
struct load {
	size_t length;
	char text[TEXT_BYTES];
	struct config config;
	struct findings findings;
};

static struct load *begin(void)
{
	struct load *load = calloc(1, sizeof *load);
	ck_assert_ptr_nonnull(load);
	return load;
}

static void add(struct load *load, const char *text)
{
	size_t length = strlen(text);
	ck_assert_uint_lt(load->length + length, TEXT_BYTES);
	memcpy(load->text + load->length, text, length + 1);
	load->length += length;
}

static enum code finish(struct load *load)
{
	return config_load(load->text, load->length, NULL, &load->config, &load->findings);
}

static struct load *load_parts(const char *first, const char *second)
{
	struct load *load = begin();
	add(load, first);
	add(load, second);
	ck_assert_msg(finish(load) == CODE_OK, "%s", load->findings.items[0].text);
	return load;
}

static bool tells(const struct load *load, const char *text)
{
	for (unsigned i = 0; i < load->findings.count; i++)
		if (strcmp(load->findings.items[i].text, text) == 0)
			return true;
	return false;
}

START_TEST(references_become_indexes_and_names_become_ids)
{
	struct load *load = load_parts(members, role);
	const struct setup *setup = &load->config.setup;
	ck_assert_uint_eq(setup->cluster_id, name_id("ledger"));
	ck_assert_uint_eq(setup->member_count, 3);
	ck_assert_uint_eq(setup->members[2].id, name_id("w1"));
	ck_assert(setup->members[1].is_node && !setup->members[2].is_node);
	ck_assert(setup->members[0].votes && setup->members[2].votes);
	ck_assert_uint_eq(setup->members[0].path_count, 1);
	ck_assert_uint_eq(setup->role_count, 1);
	ck_assert_uint_eq(setup->roles[0].id, name_id("ledger"));
	ck_assert_uint_eq(setup->roles[0].node_count, 2);
	ck_assert_uint_eq(setup->roles[0].nodes[0], 1);
	ck_assert_uint_eq(setup->roles[0].nodes[1], 0);
	ck_assert_uint_eq(load->config.roles[0].resource_count, 1);
	ck_assert_uint_eq(load->config.roles[0].resources[0], 0);
	ck_assert_int_eq(load->config.resources[0].type, RESOURCE_PROCESS);
	ck_assert_uint_eq(setup->self, NO_MEMBER);
	free(load);
}
END_TEST

START_TEST(host_finds_its_section_by_its_key)
{
	static const struct {
		const char *key;
		uint8_t self;
	} hosts[] = {{key_a, 0}, {key_b, 1}, {key_w, 2}};
	struct load *load = load_parts(members, role);
	for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
		struct public_key self;
		ck_assert_int_eq(value_key(hosts[i].key, &self, NULL), CODE_OK);
		ck_assert_int_eq(
		    config_load(load->text, load->length, &self, &load->config, &load->findings),
		    CODE_OK);
		ck_assert_uint_eq(load->config.setup.self, hosts[i].self);
	}
	free(load);
}
END_TEST

START_TEST(digest_is_of_the_meaning_and_not_of_the_text)
{
	struct load *one = load_parts(members, role);
	struct load *other = begin();
	add(other, "; the same in other words\n[cluster]\ntiming=lan\nlease = 2000ms\n");
	add(other, members + strlen("[cluster]\n"));
	add(other, "votes = 1 ; as ever\n\n");
	add(other, role);
	ck_assert_int_eq(finish(other), CODE_OK);
	ck_assert_uint_ne(one->config.setup.config_digest, 0);
	ck_assert_uint_eq(other->config.setup.config_digest, one->config.setup.config_digest);
	ck_assert_uint_eq(other->config.setup.roles[0].definition,
	                  one->config.setup.roles[0].definition);
	free(other);
	free(one);
}
END_TEST

static const struct {
	const char *addition; /* behind the one resource */
	bool changes_role;
} changes[] = {
    {"critical = no\n", true},
    {"user = www-data\n", true},
    {"stop_timeout = 31s\n", true},
    {"[node gamma]\naddress = 10.0.0.4\nkey = sG9PSMZaGmUG61K51szGafAdqj9pYX+94b4oH9UsNks=\n",
     false},
    {"[resource spare]\ntype = process\ncommand = /opt/spare\n", false},
};

START_TEST(digest_changes_with_every_value)
{
	struct load *one = load_parts(members, role);
	struct load *other = begin();
	add(other, members);
	add(other, role);
	add(other, changes[_i].addition);
	ck_assert_int_eq(finish(other), CODE_OK);
	ck_assert_uint_ne(other->config.setup.config_digest, one->config.setup.config_digest);
	ck_assert_int_eq(other->config.setup.roles[0].definition !=
	                     one->config.setup.roles[0].definition,
	                 changes[_i].changes_role);
	free(other);
	free(one);
}
END_TEST

START_TEST(definition_is_of_the_role_alone)
{
	struct load *one = load_parts(members, role);
	struct load *other = begin();
	add(other, members);
	add(other, "[role first]\nnodes = alpha\nresources = first\n"
	           "[resource first]\ntype = process\ncommand = /opt/first\n");
	add(other, role);
	ck_assert_int_eq(finish(other), CODE_OK);
	ck_assert_uint_eq(other->config.setup.roles[1].definition,
	                  one->config.setup.roles[0].definition);
	ck_assert_uint_ne(other->config.setup.roles[0].definition,
	                  one->config.setup.roles[0].definition);
	free(other);
	free(one);
}
END_TEST

START_TEST(file_larger_than_the_limit_is_refused_unread)
{
	struct load *load = begin();
	memset(load->text, '\n', CONFIG_FILE_BYTES + 1);
	load->length = CONFIG_FILE_BYTES + 1;
	ck_assert_int_eq(finish(load), CODE_INVALID);
	ck_assert_uint_eq(load->findings.errors, 1);
	ck_assert_str_eq(load->findings.items[0].text,
	                 "the file has 262145 bytes; at most 262144 are read");
	free(load);
}
END_TEST

START_TEST(more_findings_than_are_kept_are_counted_and_the_first_lines_kept)
{
	struct load *load = begin();
	add(load, members);
	add(load, role);
	for (int i = 0; i < FINDINGS_MAX * 2; i++)
		add(load, "x = 1\n");
	ck_assert_int_eq(finish(load), CODE_INVALID);
	ck_assert_uint_eq(load->findings.errors, FINDINGS_MAX * 2);
	ck_assert_uint_eq(load->findings.count, FINDINGS_MAX);
	ck_assert_uint_eq(load->findings.items[0].line, 18);
	ck_assert_uint_eq(load->findings.items[FINDINGS_MAX - 1].line, 18 + FINDINGS_MAX - 1);
	free(load);
}
END_TEST

START_TEST(error_found_late_in_an_early_line_displaces_a_later_one)
{
	struct load *load = begin();
	add(load, "[cluster]\nname = ledger\nlease = 20ms\n");
	add(load, members + strlen("[cluster]\nname = ledger\n"));
	add(load, role);
	for (int i = 0; i < FINDINGS_MAX * 2; i++)
		add(load, "x = 1\n");
	ck_assert_int_eq(finish(load), CODE_INVALID);
	ck_assert_uint_eq(load->findings.count, FINDINGS_MAX);
	ck_assert_uint_eq(load->findings.items[0].line, 3);
	free(load);
}
END_TEST

static void add_numbered(struct load *load, const char *format_before, int number,
                         const char *behind)
{
	char text[16];
	add(load, format_before);
	snprintf(text, sizeof text, "%d", number);
	add(load, text);
	add(load, behind);
}

/* A file with as many roles and resources as there may be, and `more` beyond. */
static void add_full(struct load *load, int more)
{
	add(load, members);
	for (int i = 0; i < ROLES_MAX + more; i++) {
		add_numbered(load, "[role r", i, "]\nnodes = alpha\n");
		add_numbered(load, "resources = a", i, "");
		add_numbered(load, ", b", i, "\n");
	}
	for (int i = 0; i < CONFIG_RESOURCES_MAX / 2 + more; i++) {
		add_numbered(load, "[resource a", i, "]\ntype = process\ncommand = /opt/a\n");
		add_numbered(load, "[resource b", i, "]\ntype = process\ncommand = /opt/b\n");
	}
}

START_TEST(full_file_loads_and_prints_and_loads_again)
{
	struct load *load = begin(), *again = begin();
	struct error error;
	add_full(load, 0);
	ck_assert_int_eq(finish(load), CODE_OK);
	ck_assert_uint_eq(load->config.setup.role_count, ROLES_MAX);
	ck_assert_uint_eq(load->config.resource_count, CONFIG_RESOURCES_MAX);
	ck_assert_int_eq(
	    config_print(&load->config, again->text, sizeof again->text, &again->length, &error),
	    CODE_OK);
	ck_assert_int_eq(finish(again), CODE_OK);
	ck_assert_mem_eq(&again->config, &load->config, sizeof load->config);
	free(again);
	free(load);
}
END_TEST

/* There are as many warnings as can be kept before the errors come. */
START_TEST(one_role_and_one_resource_too_many_are_told_before_any_warning)
{
	struct load *load = begin();
	add_full(load, 1);
	ck_assert_int_eq(finish(load), CODE_INVALID);
	ck_assert_uint_eq(load->findings.errors, 3);
	ck_assert(tells(load, "there are more than 64 roles"));
	ck_assert(tells(load, "there are more than 128 resources"));
	ck_assert(tells(load, "[role r0] has the only node 'alpha'; it cannot fail over"));
	free(load);
}
END_TEST

START_TEST(print_says_how_much_room_it_needs)
{
	struct load *load = load_parts(members, role);
	struct error error;
	char small[100];
	size_t length = 77;
	ck_assert_int_eq(config_print(&load->config, small, sizeof small, &length, &error),
	                 CODE_TOO_LARGE);
	ck_assert_uint_eq(length, 77);
	ck_assert_ptr_nonnull(strstr(error.text, "100 are at hand"));
	free(load);
}
END_TEST

/* Nobody can name two members so that 64 bits of their hashes are equal; so the ids are made so. */
START_TEST(members_and_roles_with_equal_ids_are_refused)
{
	struct load *load = load_parts(members, role);
	struct draft *draft = calloc(1, sizeof *draft);
	ck_assert_ptr_nonnull(draft);
	load->config.setup.members[1].id = load->config.setup.members[0].id;
	load->config.setup.roles[1] = load->config.setup.roles[0];
	memcpy(load->config.setup.roles[1].name, "second", sizeof "second");
	draft->config = &load->config;
	draft->findings = &load->findings;
	draft->sections[0] = (struct section){.kind = SECTION_NODE, .index = 0, .line = 1};
	draft->sections[1] = (struct section){.kind = SECTION_NODE, .index = 1, .line = 2};
	draft->sections[2] = (struct section){.kind = SECTION_ROLE, .index = 0, .line = 3};
	draft->sections[3] = (struct section){.kind = SECTION_ROLE, .index = 1, .line = 4};
	draft->section_count = 4;
	draft->is_partial = true;
	memset(&load->findings, 0, sizeof load->findings);
	check_rules(draft);
	ck_assert_str_eq(load->findings.items[0].text,
	                 "the names of [node alpha] and [node beta] have the same hash; rename one "
	                 "of them");
	ck_assert_uint_eq(load->findings.items[0].line, 2);
	ck_assert(tells(load, "the names of [role ledger] and [role second] have the same hash; "
	                      "rename one of them"));
	free(draft);
	free(load);
}
END_TEST

START_TEST(finding_names_file_and_line_and_grade)
{
	struct finding finding = {.is_error = true, .line = 7, .text = "it is wrong"};
	char text[64];
	finding_format(&finding, "a.ini", text, sizeof text);
	ck_assert_str_eq(text, "a.ini:7: error: it is wrong");
	finding.line = 0;
	finding.is_error = false;
	finding_format(&finding, "a.ini", text, sizeof text);
	ck_assert_str_eq(text, "a.ini: warning: it is wrong");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("load");
	TCase *cases = tcase_create("load");
	tcase_add_test(cases, references_become_indexes_and_names_become_ids);
	tcase_add_test(cases, host_finds_its_section_by_its_key);
	tcase_add_test(cases, digest_is_of_the_meaning_and_not_of_the_text);
	tcase_add_loop_test(cases, digest_changes_with_every_value, 0,
	                    sizeof changes / sizeof *changes);
	tcase_add_test(cases, definition_is_of_the_role_alone);
	tcase_add_test(cases, file_larger_than_the_limit_is_refused_unread);
	tcase_add_test(cases, more_findings_than_are_kept_are_counted_and_the_first_lines_kept);
	tcase_add_test(cases, error_found_late_in_an_early_line_displaces_a_later_one);
	tcase_add_test(cases, full_file_loads_and_prints_and_loads_again);
	tcase_add_test(cases, one_role_and_one_resource_too_many_are_told_before_any_warning);
	tcase_add_test(cases, print_says_how_much_room_it_needs);
	tcase_add_test(cases, members_and_roles_with_equal_ids_are_refused);
	tcase_add_test(cases, finding_names_file_and_line_and_grade);
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
