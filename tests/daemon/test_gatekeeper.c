/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The layer of the packet gate, with a real gate and a neighbour that asks for the addresses: role
 * 0 has an IPv4 address, role 1 an IPv6 one.
 */
#include "daemon/self_fencing/gatekeeper.h"

#include <check.h>
#include <grp.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/platform/gate.h"
#include "daemon/platform/platform.h"
#include "tests/daemon/gate_fixture.h"
#include "tests/daemon/net_fixture.h"

enum { NOBODY = 65534, ROLES = 2, HOME_BYTES = 160 };

static const char four[] = "10.9.0.100", six[] = "fd00:9::100";

struct scene {
	struct gate_fixture lab;
	uv_loop_t loop;
	struct log *log;
	struct config config;
	char run_dir[64];
	struct gatekeeper keeper;
	struct leases leases;
	char why[ROLES][256]; /* of the last word about fitness */
	unsigned told;
};

static void fitness(void *context, uint8_t role, const char *why)
{
	struct scene *scene = context;
	scene->told++;
	(void)snprintf(scene->why[role], sizeof scene->why[role], "%s", why == NULL ? "" : why);
}

static void open_keeper(struct scene *scene)
{
	const struct gatekeeper_settings settings = {
	    .config = &scene->config,
	    .leases = &scene->leases,
	    .run_dir = scene->run_dir,
	    .log = scene->log,
	    .loop = &scene->loop,
	    .hooks = {.context = scene, .fitness = fitness},
	};
	struct error error;
	enum code code = gatekeeper_open(&scene->keeper, &settings, &error);
	ck_assert_msg(code == CODE_OK, "%s", error.text);
}

/* As when the process ends. */
static void close_keeper(struct scene *scene)
{
	gatekeeper_close(&scene->keeper);
	(void)uv_run(&scene->loop, UV_RUN_DEFAULT);
}

static void add_address(struct config *config, uint8_t role, const char *text)
{
	struct config_resource *resource = &config->resources[config->resource_count];
	const struct network_address address = gate_fixture_address(text);
	resource->type = RESOURCE_VIP;
	resource->address = address.address;
	(void)snprintf(resource->interface, sizeof resource->interface, "left0");
	config->roles[role].resources[config->roles[role].resource_count++] =
	    config->resource_count++;
}

static struct scene *enter(enum config_use use)
{
	struct scene *scene = calloc(1, sizeof *scene);
	struct config *config = &scene->config;
	ck_assert_ptr_nonnull(scene);
	gate_fixture_enter(&scene->lab, false);
	(void)snprintf(config->cluster, sizeof config->cluster, "%s", scene->lab.name);
	config->gate = use;
	config->setup.role_count = ROLES;
	for (uint8_t r = 0; r < ROLES; r++) {
		config->setup.roles[r].node_count = 1;
		scene->leases.end[r] = INSTANT_PAST;
	}
	add_address(config, 0, four);
	add_address(config, 1, six);
	(void)snprintf(scene->run_dir, sizeof scene->run_dir, "/tmp/failoverd-keeper-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene->run_dir));
	ck_assert_int_eq(uv_loop_init(&scene->loop), 0);
	ck_assert_int_eq(log_open(&scene->log, STDERR_FILENO, LEVEL_ERROR, NULL), CODE_OK);
	return scene;
}

static void leave(struct scene *scene)
{
	unsigned removed = 0;
	close_keeper(scene);
	ck_assert_int_eq(uv_loop_close(&scene->loop), 0);
	ck_assert_int_eq(gate_remove_others(scene->run_dir, NULL, &removed, NULL), CODE_OK);
	ck_assert_int_eq(rmdir(scene->run_dir), 0);
	log_close(scene->log);
	free(scene);
}

static void hold(struct scene *scene, uint8_t role, int64_t ms)
{
	scene->leases.end[role] = instant_plus(platform_now(), span_ms(ms));
	gatekeeper_follow(&scene->keeper);
}

static void let_go(struct scene *scene, uint8_t role)
{
	scene->leases.end[role] = INSTANT_PAST;
	gatekeeper_follow(&scene->keeper);
}

START_TEST(each_role_is_silent_from_its_own_lease_end_on_and_without_a_claim)
{
	struct scene *scene = enter(USE_AUTO);
	struct gatekeeper_view view;
	open_keeper(scene);
	ck_assert(gate_fixture_answers_none(&scene->lab, four));
	ck_assert(gatekeeper_view(&scene->keeper, 0, &view) && view.use == GATE_STANDBY);
	hold(scene, 0, 60000);
	hold(scene, 1, 0);
	ck_assert(gate_fixture_answers_all(&scene->lab, four));
	ck_assert(gate_fixture_answers_none(&scene->lab, six));
	ck_assert(gatekeeper_view(&scene->keeper, 0, &view) && view.use == GATE_OPEN);
	ck_assert(gatekeeper_view(&scene->keeper, 1, &view) && view.use == GATE_CLOSED);
	ck_assert_uint_gt(view.dropped, 0);
	let_go(scene, 1);
	ck_assert(gate_fixture_answers_none(&scene->lab, six));
	ck_assert(gate_fixture_answers_all(&scene->lab, four));
	leave(scene);
}
END_TEST

START_TEST(an_address_of_a_role_that_does_not_list_this_node_is_not_answered)
{
	struct scene *scene = enter(USE_AUTO);
	scene->config.setup.roles[1].nodes[0] = 1;
	open_keeper(scene);
	hold(scene, 0, 60000);
	ck_assert(gate_fixture_answers_all(&scene->lab, four));
	ck_assert(gate_fixture_answers_none(&scene->lab, six));
	leave(scene);
}
END_TEST

START_TEST(a_gate_closes_although_its_keeper_is_gone_and_the_next_one_goes_on)
{
	struct scene *scene = enter(USE_AUTO);
	open_keeper(scene);
	hold(scene, 0, 0);
	hold(scene, 1, 60000);
	close_keeper(scene);
	ck_assert(gate_fixture_answers_none(&scene->lab, four));
	ck_assert(gate_fixture_answers_all(&scene->lab, six));
	open_keeper(scene);
	ck_assert(gate_fixture_answers_none(&scene->lab, four));
	ck_assert(gate_fixture_answers_all(&scene->lab, six));
	leave(scene);
}
END_TEST

/* Roles stand in another order in the file by now: slot 0 was that of an owned role. */
START_TEST(an_address_follows_its_role_to_another_slot)
{
	struct scene *scene = enter(USE_AUTO);
	open_keeper(scene);
	hold(scene, 0, 60000);
	hold(scene, 1, 0);
	close_keeper(scene);
	scene->config.roles[0].resources[0] = 1;
	scene->config.roles[1].resources[0] = 0;
	const struct instant kept = scene->leases.end[0];
	scene->leases.end[0] = scene->leases.end[1];
	scene->leases.end[1] = kept;
	open_keeper(scene);
	ck_assert(gate_fixture_answers_all(&scene->lab, four));
	ck_assert(gate_fixture_answers_none(&scene->lab, six));
	leave(scene);
}
END_TEST

static bool stands(const struct scene *scene, const char *file)
{
	char name[GATE_NAME_BYTES], path[HOME_BYTES];
	gate_name(scene->config.cluster, scene->run_dir, name);
	(void)snprintf(path, sizeof path, "/sys/fs/bpf/failoverd/%s/%s", name, file);
	return access(path, F_OK) == 0;
}

START_TEST(a_gate_that_is_not_wanted_any_more_is_taken_down)
{
	struct scene *scene = enter(USE_AUTO);
	open_keeper(scene);
	hold(scene, 0, 0);
	close_keeper(scene);
	if (_i == 0)
		scene->config.gate = USE_OFF;
	else
		scene->config.setup.self = 1; /* a witness by now */
	ck_assert(stands(scene, "slots"));
	open_keeper(scene);
	ck_assert(!stands(scene, "slots"));
	ck_assert(gate_fixture_answers_all(&scene->lab, four));
	leave(scene);
}
END_TEST

START_TEST(a_gate_of_a_cluster_of_another_name_is_taken_down)
{
	struct scene *scene = enter(USE_AUTO);
	open_keeper(scene);
	hold(scene, 0, 0);
	close_keeper(scene);
	scene->leases.end[0] = instant_plus(platform_now(), span_ms(60000));
	(void)snprintf(scene->config.cluster, sizeof scene->config.cluster, "%.20s-b",
	               scene->lab.name);
	open_keeper(scene);
	ck_assert(gate_fixture_answers_all(&scene->lab, four));
	leave(scene);
}
END_TEST

static bool is_covered(const struct scene *scene, const char *interface)
{
	char file[32];
	(void)snprintf(file, sizeof file, "link-in-%u", if_nametoindex(interface));
	return stands(scene, file);
}

static void hear(struct scene *scene, const char *interface)
{
	struct network_change change = {.news = NEWS_LINK, .link = {.state = LINK_DOWN}};
	change.index = change.link.index = if_nametoindex(interface);
	gatekeeper_hear(&scene->keeper, &change);
}

START_TEST(an_interface_of_an_address_that_comes_back_is_guarded_at_once)
{
	struct scene *scene = enter(USE_AUTO);
	open_keeper(scene);
	ck_assert(is_covered(scene, "left0") && is_covered(scene, "right0"));
	net_fixture_ip("link del left0");
	net_fixture_ip("link add left0 type veth peer name right0");
	ck_assert(!is_covered(scene, "left0"));
	hear(scene, "left0");
	ck_assert(is_covered(scene, "left0"));
	leave(scene);
}
END_TEST

static bool is_late(struct scene *scene, struct instant until)
{
	(void)uv_run(&scene->loop, UV_RUN_ONCE);
	return instant_reached(platform_now(), until);
}

START_TEST(other_interfaces_are_covered_soon_but_not_the_ports_of_a_bridge)
{
	struct scene *scene = enter(USE_AUTO);
	open_keeper(scene);
	net_fixture_ip("link add bridge0 type bridge");
	net_fixture_ip("link add port0 type veth peer name far0");
	net_fixture_ip("link set port0 master bridge0");
	hear(scene, "bridge0");
	const struct instant until = instant_plus(platform_now(), span_ms(5000));
	while (!(is_covered(scene, "bridge0") && is_covered(scene, "far0")))
		ck_assert(!is_late(scene, until));
	ck_assert(!is_covered(scene, "port0"));
	leave(scene);
}
END_TEST

/* Unprivileged; whatever it is that a host lacks. */
static void lack(struct scene *scene)
{
	ck_assert(setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
	open_keeper(scene);
}

/* What the child found, which has no privileges and cannot be checked from inside. */
static int in_child(struct scene *scene, int (*look)(struct scene *scene))
{
	int status = 0;
	pid_t pid = fork();
	if (pid == 0) {
		lack(scene);
		_exit(look(scene));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int look_at_required(struct scene *scene)
{
	static const char begin[] = "the packet gate is required: ";
	return scene->told == ROLES && strncmp(scene->why[0], begin, sizeof begin - 1) == 0 &&
	               strncmp(scene->why[1], begin, sizeof begin - 1) == 0
	           ? 0
	           : 1;
}

static int look_at_auto(struct scene *scene)
{
	struct gatekeeper_view view;
	bool has_address = gatekeeper_view(&scene->keeper, 0, &view);
	gatekeeper_follow(&scene->keeper);
	return scene->told == 0 && has_address && view.use == GATE_NONE && view.why[0] != '\0' ? 0
	                                                                                       : 1;
}

START_TEST(without_a_gate_that_is_required_roles_with_addresses_are_unfit)
{
	struct scene *scene = enter(USE_REQUIRED);
	ck_assert_int_eq(in_child(scene, look_at_required), 0);
	open_keeper(scene);
	ck_assert_uint_eq(scene->told, ROLES);
	ck_assert_str_eq(scene->why[0], "");
	leave(scene);
}
END_TEST

START_TEST(without_a_gate_that_is_not_required_roles_are_fit)
{
	struct scene *scene = enter(USE_AUTO);
	ck_assert_int_eq(in_child(scene, look_at_auto), 0);
	leave(scene);
}
END_TEST

START_TEST(a_required_gate_at_something_that_is_no_ethernet_makes_its_role_unfit)
{
	struct scene *scene = enter(USE_REQUIRED);
	net_fixture_ip("tuntap add dev tun0 mode tun");
	(void)snprintf(scene->config.resources[1].interface, CONFIG_INTERFACE_BYTES, "tun0");
	open_keeper(scene);
	ck_assert_str_eq(scene->why[0], "");
	ck_assert_str_eq(scene->why[1], "the packet gate is required: interface tun0 is no "
	                                "Ethernet: the packet gate cannot stand there");
	leave(scene);
}
END_TEST

int main(void)
{
	if (gate_fixture_skip("test_gatekeeper") != 0)
		return 77;
	TCase *cases = tcase_create("gatekeeper");
	tcase_set_timeout(cases, 30);
	tcase_add_test(cases, an_address_of_a_role_that_does_not_list_this_node_is_not_answered);
	tcase_add_test(cases, each_role_is_silent_from_its_own_lease_end_on_and_without_a_claim);
	tcase_add_test(cases, a_gate_closes_although_its_keeper_is_gone_and_the_next_one_goes_on);
	tcase_add_test(cases, an_address_follows_its_role_to_another_slot);
	tcase_add_loop_test(cases, a_gate_that_is_not_wanted_any_more_is_taken_down, 0, 2);
	tcase_add_test(cases, a_gate_of_a_cluster_of_another_name_is_taken_down);
	tcase_add_test(cases, an_interface_of_an_address_that_comes_back_is_guarded_at_once);
	tcase_add_test(cases, other_interfaces_are_covered_soon_but_not_the_ports_of_a_bridge);
	tcase_add_test(cases, without_a_gate_that_is_required_roles_with_addresses_are_unfit);
	tcase_add_test(cases, without_a_gate_that_is_not_required_roles_are_fit);
	tcase_add_test(cases,
	               a_required_gate_at_something_that_is_no_ethernet_makes_its_role_unfit);
	Suite *suite = suite_create("gatekeeper");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	gate_fixture_sweep();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
