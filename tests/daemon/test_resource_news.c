/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an owner says of its resources beside what has to be said, and what others keep of it.
 */
#include "daemon/worker/resource_news.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/setup.h"
#include "proto/wire.h"
#include "tests/proto/pages.h"

enum { RESOURCES = 20, OWN = 16 /* of them in role 0, which is ours */ };

struct scene {
	struct config config;
	struct leases leases;
	struct resource_news news;
	struct resource_view views[RESOURCES];
};

static void look(const void *context, uint8_t resource, struct resource_view *view)
{
	const struct scene *scene = context;
	*view = scene->views[resource];
}

static struct scene *scene_new(void)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct config *config = &scene->config;
	ck_assert_ptr_nonnull(scene);
	config->setup.role_count = scene->leases.count = 2;
	for (uint8_t r = 0; r < 2; r++)
		config->setup.roles[r].id = 1u + r;
	for (uint8_t i = 0; i < RESOURCES; i++) {
		struct config_role *role = &config->roles[i < OWN ? 0 : 1];
		snprintf(config->resources[i].name, sizeof config->resources[i].name, "r%u", i);
		role->resources[role->resource_count++] = i;
		scene->views[i].state = RESOURCE_UP;
	}
	config->resource_count = RESOURCES;
	scene->leases.end[0] = INSTANT_NEVER;
	scene->leases.end[1] = INSTANT_PAST;
	resource_news_open(&scene->news, config);
	return scene;
}

static struct instant at_ms(int64_t ms)
{
	return (struct instant){1000000000000LL + ms * 1000000};
}

static void say(struct scene *scene, struct heartbeat *page, int64_t ms)
{
	resource_news_say(&scene->news, (struct resource_eyes){look, scene}, &scene->leases, page,
	                  at_ms(ms));
}

/* Which were said in `pages` pages, 10 ms apart, as a set; fails when one was said twice. */
static unsigned said_in(struct scene *scene, int pages, int64_t ms)
{
	unsigned set = 0;
	for (int i = 0; i < pages; i++) {
		struct heartbeat page = page_plain();
		say(scene, &page, ms + i * 10);
		for (uint8_t j = 0; j < page.resource_count; j++)
			for (unsigned r = 0; r < RESOURCES; r++)
				if (page.resources[j].resource == scene->news.ids[r]) {
					ck_assert_uint_eq(set >> r & 1, 0);
					set |= 1u << r;
				}
	}
	return set;
}

START_TEST(all_of_our_roles_are_said_in_turn_and_no_others)
{
	struct scene *scene = scene_new();
	ck_assert_uint_eq(said_in(scene, 4, 0), (1u << OWN) - 1);
	ck_assert_uint_eq(said_in(scene, 10, 100), 0); /* nothing new within a second */
	ck_assert_uint_eq(said_in(scene, 4, 1100), (1u << OWN) - 1);
	free(scene);
}
END_TEST

START_TEST(a_change_is_said_before_the_second_is_over)
{
	struct scene *scene = scene_new();
	(void)said_in(scene, 4, 0);
	scene->views[7].state = RESOURCE_FAILED;
	snprintf(scene->views[7].detail, sizeof scene->views[7].detail, "exited with status 1");
	ck_assert_uint_eq(said_in(scene, 2, 50), 1u << 7);
	free(scene);
}
END_TEST

START_TEST(a_full_page_says_nothing_and_the_next_goes_on)
{
	struct scene *scene = scene_new();
	struct heartbeat full = page_plain();
	for (uint64_t role = 1; wire_bytes(&full) + WIRE_ROLE_BYTES <= WIRE_BODY_BYTES; role++)
		full.roles[full.role_count++] = role_largest(role);
	for (int i = 0; i < RESOURCES; i++)
		memset(scene->views[i].detail, 'x', RESOURCE_DETAIL_BYTES);
	say(scene, &full, 0);
	ck_assert_uint_eq(full.resource_count, 0);
	ck_assert_uint_le(wire_bytes(&full), WIRE_BODY_BYTES);
	ck_assert_uint_eq(said_in(scene, 6, 10), (1u << OWN) - 1);
	free(scene);
}
END_TEST

START_TEST(what_was_heard_is_of_that_member_and_for_a_while)
{
	struct scene *owner = scene_new(), *other = scene_new();
	struct heartbeat page = page_plain();
	owner->views[2].since_known = true;
	owner->views[2].since = at_ms(-5000);
	snprintf(owner->views[2].detail, sizeof owner->views[2].detail, "why");
	say(owner, &page, 0);
	resource_news_hear(&other->news, &page, 1, at_ms(0));
	const struct resource_heard *heard = resource_news_find(&other->news, 2, 1, at_ms(9));
	ck_assert_ptr_nonnull(heard);
	ck_assert_int_eq(heard->report.state, RESOURCE_UP);
	ck_assert_uint_eq(heard->report.seconds, 5);
	ck_assert_str_eq(heard->report.detail, "why");
	ck_assert_ptr_null(resource_news_find(&other->news, 2, 0, at_ms(9)));
	ck_assert_ptr_null(resource_news_find(&other->news, 2, 1, at_ms(10000)));
	/* Of another role, or another resource, it is not. */
	page.resource_count = 1;
	page.resources[0].role = 2;
	page.resources[0].state = RESOURCE_FAILED;
	resource_news_hear(&other->news, &page, 1, at_ms(1));
	heard = resource_news_find(&other->news, 0, 1, at_ms(9));
	ck_assert_int_eq(heard->report.state, RESOURCE_UP);
	free(owner);
	free(other);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("resource_news");
	TCase *all = tcase_create("all");
	tcase_add_test(all, all_of_our_roles_are_said_in_turn_and_no_others);
	tcase_add_test(all, a_change_is_said_before_the_second_is_over);
	tcase_add_test(all, a_full_page_says_nothing_and_the_next_goes_on);
	tcase_add_test(all, what_was_heard_is_of_that_member_and_for_a_while);
	suite_add_tcase(suite, all);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
