/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an edit of each key is while only some members have read it: whether the role has another
 * definition then, and whether its resources are others. A key without a row fails.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/load.h"
#include "config/schema.h"

static const char base[] =
    "[cluster]\nname = ledger\n"
    "[node alpha]\naddress = 10.0.0.1\nkey = W63ugvYOMQEzJgFXS76qPgBQRE6WoXALhZnA9xcaJj0=\n"
    "[node beta]\naddress = 10.0.0.2\nkey = 6zwrjYb+M24zPt+ZT/yAavEG4x2tNYMrTjqOkFRPLT8=\n"
    "[witness w1]\naddress = 10.0.0.3\nkey = VVJ9PY4uGQOen/elI9DlN8VBn8jSLS8wtKQ2xTKg67g=\n"
    "[role ledger]\nnodes = beta, alpha\nresources = ip, app, job\n"
    "[resource ip]\ntype = vip\naddress = 10.0.9.1/24\ninterface = eth0\n"
    "[resource app]\ntype = process\ncommand = /opt/app\n"
    "[resource job]\ntype = script\nstart = /opt/start\nstop = /opt/stop\nstatus = /opt/ok\n";

enum { SAME = 0, DEFINITION = 1, IDENTITY = 2, VOTERS = 4, TIMING = 8, CLUSTER = 16 };

/* The first `old` of the file becomes `new`; NULL: not edited here, for the base has not what
 * the key needs (a fence, a watchdog, another key pair). */
static const struct edit {
	enum section_kind section;
	const char *key, *old, *new;
	unsigned changes;
} edits[] = {
    {SECTION_CLUSTER, "name", "name = ledger", "name = other", CLUSTER},
    {SECTION_CLUSTER, "timing", "[cluster]", "[cluster]\ntiming = wan", TIMING},
    {SECTION_CLUSTER, "heartbeat", "[cluster]", "[cluster]\nheartbeat = 100ms", TIMING},
    {SECTION_CLUSTER, "lease", "[cluster]", "[cluster]\nlease = 3s", TIMING},
    {SECTION_CLUSTER, "release", "[cluster]", "[cluster]\nrelease = 600ms", TIMING},
    {SECTION_CLUSTER, "port", "[cluster]", "[cluster]\nport = 7361", SAME},
    {SECTION_CLUSTER, "dscp", "[cluster]", "[cluster]\ndscp = EF", SAME},
    {SECTION_CLUSTER, "group", "[cluster]", "[cluster]\ngroup = adm", SAME},
    {SECTION_CLUSTER, "gate", "[cluster]", "[cluster]\ngate = off", SAME},
    {SECTION_CLUSTER, "watchdog", NULL, NULL, SAME},
    {SECTION_CLUSTER, "watchdog_device", NULL, NULL, SAME},
    {SECTION_CLUSTER, "watchdog_timeout", NULL, NULL, SAME},
    {SECTION_CLUSTER, "escalate", NULL, NULL, SAME},
    {SECTION_NODE, "address", "10.0.0.1", "10.0.0.7", SAME},
    {SECTION_NODE, "port", "[node alpha]", "[node alpha]\nport = 7361", SAME},
    {SECTION_NODE, "key", NULL, NULL, SAME},
    {SECTION_NODE, "votes", "[node alpha]", "[node alpha]\nvotes = 0", VOTERS},
    {SECTION_ROLE, "nodes", "beta, alpha", "alpha, beta", DEFINITION},
    {SECTION_ROLE, "resources", "ip, app, job", "ip, job, app", DEFINITION},
    {SECTION_ROLE, "failback", "[role ledger]", "[role ledger]\nfailback = 1m", DEFINITION},
    {SECTION_ROLE, "fence", NULL, NULL, SAME},
    {SECTION_RESOURCE, "type", "type = process\ncommand", "type = script\nstop = /opt/x\nstart",
     DEFINITION},
    {SECTION_RESOURCE, "critical", "[resource ip]", "[resource ip]\ncritical = no", DEFINITION},
    {SECTION_RESOURCE, "start_timeout", "[resource ip]", "[resource ip]\nstart_timeout = 6s",
     DEFINITION},
    {SECTION_RESOURCE, "stop_timeout", "[resource ip]", "[resource ip]\nstop_timeout = 6s",
     DEFINITION},
    {SECTION_RESOURCE, "restart", "[resource app]", "[resource app]\nrestart = 1/1m", DEFINITION},
    {SECTION_RESOURCE, "address", "10.0.9.1/24", "10.0.9.2/24", DEFINITION | IDENTITY},
    {SECTION_RESOURCE, "interface", "eth0", "eth1", DEFINITION},
    {SECTION_RESOURCE, "command", "/opt/app", "/opt/new", DEFINITION | IDENTITY},
    {SECTION_RESOURCE, "start", "/opt/start", "/opt/new", DEFINITION | IDENTITY},
    {SECTION_RESOURCE, "stop", "/opt/stop", "/opt/new", DEFINITION},
    {SECTION_RESOURCE, "status", "/opt/ok", "/opt/new", DEFINITION},
    {SECTION_RESOURCE, "status_interval", "[resource job]", "[resource job]\nstatus_interval = 9s",
     DEFINITION},
    {SECTION_RESOURCE, "status_timeout", "[resource job]", "[resource job]\nstatus_timeout = 9s",
     DEFINITION},
    {SECTION_RESOURCE, "user", "[resource app]", "[resource app]\nuser = nobody",
     DEFINITION | IDENTITY},
    {SECTION_RESOURCE, "directory", "[resource app]", "[resource app]\ndirectory = /tmp",
     DEFINITION | IDENTITY},
    {SECTION_RESOURCE, "environment", "[resource app]", "[resource app]\nenvironment = A=1",
     DEFINITION | IDENTITY},
    {SECTION_RESOURCE, "stop_signal", "[resource app]", "[resource app]\nstop_signal = INT",
     DEFINITION},
    {SECTION_FENCE, "agent", NULL, NULL, SAME},
    {SECTION_FENCE, "timeout", NULL, NULL, SAME},
    {SECTION_FENCE, "verify", NULL, NULL, SAME},
};
enum { EDITS = sizeof edits / sizeof *edits, TEXT_BYTES = 2048 };

static struct config *load(const char *text)
{
	static struct findings findings;
	struct config *config = calloc(1, sizeof *config);
	ck_assert_ptr_nonnull(config);
	ck_assert_msg(config_load(text, strlen(text), NULL, config, &findings) == CODE_OK, "%s",
	              findings.items[0].text);
	return config;
}

static unsigned difference(const struct setup *a, const struct setup *b)
{
	struct voters x = setup_voters(a), y = setup_voters(b);
	const struct setup_role *r = &a->roles[0], *s = &b->roles[0];
	bool same = identities_cover(&r->identities, &s->identities) &&
	            identities_cover(&s->identities, &r->identities);
	return (r->definition != s->definition ? DEFINITION : 0U) | (same ? 0U : IDENTITY) |
	       (voters_digest(&x) != voters_digest(&y) ? VOTERS : 0U) |
	       (memcmp(&a->timing, &b->timing, sizeof a->timing) != 0 ? TIMING : 0U) |
	       (a->cluster_id != b->cluster_id ? CLUSTER : 0U);
}

START_TEST(a_rolling_edit_of_a_key_is_what_its_row_says)
{
	const struct edit *edit = &edits[_i];
	char text[TEXT_BYTES];
	if (edit->old == NULL)
		return;
	const char *at = strstr(base, edit->old);
	ck_assert_ptr_nonnull(at);
	snprintf(text, sizeof text, "%.*s%s%s", (int)(at - base), base, edit->new,
	         at + strlen(edit->old));
	struct config *before = load(base), *after = load(text);
	ck_assert_msg(difference(&before->setup, &after->setup) == edit->changes,
	              "%s: changes %u, the row says %u", edit->key,
	              difference(&before->setup, &after->setup), edit->changes);
	ck_assert_uint_ne(before->setup.config_digest, after->setup.config_digest);
	free(after);
	free(before);
}
END_TEST

START_TEST(every_key_has_a_row)
{
	for (size_t i = 0; i < ROWS; i++) {
		bool found = false;
		for (size_t e = 0; e < EDITS; e++)
			found = found || row_find(edits[e].section, edits[e].key) == schema_row(i);
		ck_assert_msg(found, "%s: say in this test what a rolling edit of it is",
		              schema_row(i)->key);
	}
}
END_TEST

int main(void)
{
	TCase *cases = tcase_create("rolling keys");
	tcase_add_loop_test(cases, a_rolling_edit_of_a_key_is_what_its_row_says, 0, EDITS);
	tcase_add_test(cases, every_key_has_a_row);
	Suite *suite = suite_create("rolling keys");
	suite_add_tcase(suite, cases);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
