/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Callbacks of the loop to events, and the one timer that follows the member's deadline. Loop time
 * only wakes the loop; what time it is for the member is read from the lease clock right before
 * each step.
 */
#include "daemon/events.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/effects.h"
#include "daemon/platform/platform.h"
#include "daemon/root.h"

/* A fault of this program: nothing of the step leaves it, and what was kept before the step is what
 * the next worker continues from. If that breaks again, the guard releases everything. */
_Noreturn static void end_broken(struct daemon *daemon, enum event_kind kind)
{
	log_write(daemon->log, LEVEL_ERROR,
	          "fault of this program: after event %d not \"%s\": this process ends here, and "
	          "nothing of this step is done; please report it with the lines before",
	          (int)kind, daemon->effects.broken);
	log_close(daemon->log); /* which writes what is left */
	abort();
}

void events_step(struct daemon *daemon, struct event event)
{
	assert(!daemon->stepping);
	daemon->stepping = true;
	event.behind = platform_behind();
	event.now = platform_now();
	member_step(&daemon->member, &event, &daemon->effects);
	if (daemon->effects.broken != NULL)
		end_broken(daemon, event.kind);
	leases_read(&daemon->leases, &daemon->member, daemon->config.setup.role_count);
	self_fencing_follow(&daemon->self_fencing);
	strays_follow(&daemon->strays);
	effects_apply(daemon);
	if (!uv_is_closing((uv_handle_t *)&daemon->wakeup)) /* the runner is, too */
		reannounce_follow(&daemon->reannounce, &daemon->effects, daemon->runner);
	retire_follow(&daemon->retire);
	daemon->stepping = false;
	verbs_after_step(&daemon->verbs);
}

/* --- the network */

static void received(void *context, struct arrival arrival, const uint8_t *bytes, size_t length)
{
	struct daemon *daemon = context;
	struct error error = {0};
	uint8_t sender = NO_MEMBER;
	enum refusal refusal =
	    admission_receive(&daemon->admission, bytes, length, arrival,
	                      member_heard(&daemon->member), &daemon->page, &sender, &error);

	if (refusal == REFUSAL_NONE) {
		struct event event = {.kind = EVENT_HEARTBEAT};

		event.as.heartbeat.page = &daemon->page;
		event.as.heartbeat.sender = sender;
		event.as.heartbeat.path = arrival.path;
		resource_news_hear(&daemon->resource_news, &daemon->page, sender, platform_now());
		events_step(daemon, event);
	} else if (refusal == REFUSAL_TWIN) {
		struct event event = {.kind = EVENT_TWIN};

		event.as.twin.stamp = daemon->page.stamp;
		event.as.twin.sender = sender;
		event.as.twin.path = arrival.path;
		events_step(daemon, event);
	} else if (refusal == REFUSAL_MALFORMED) {
		refused_log_malformed(&daemon->refused_log, error.text);
	}
}

struct net_hooks events_net_hooks(struct daemon *daemon)
{
	return (struct net_hooks){.context = daemon, .received = received};
}

/* --- the state file */

static void written(void *context, uint64_t generation)
{
	struct event event = {.kind = EVENT_PERSISTED};

	event.as.generation = generation;
	events_step(context, event);
}

static void store_in_trouble(void *context, const struct error *error)
{
	struct daemon *daemon = context;

	if (error != NULL)
		log_write(daemon->log, LEVEL_ERROR,
		          "state: %s; tried again every second; until then this member grants and "
		          "takes nothing that has to be remembered",
		          error->text);
	else
		log_write(daemon->log, LEVEL_INFO, "state: written again");
}

struct store_hooks events_store_hooks(struct daemon *daemon)
{
	return (struct store_hooks){
	    .context = daemon, .written = written, .trouble = store_in_trouble};
}

/* --- the resources */

static void resources_step(struct daemon *daemon, enum event_kind kind, uint8_t role,
                           uint64_t epoch)
{
	struct event event = {.kind = kind};

	event.as.resources.role = role;
	event.as.resources.epoch = epoch;
	events_step(daemon, event);
}

static void started(void *context, uint8_t role, uint64_t epoch)
{
	struct daemon *daemon = context;

	daemon->roles[role].failure[0] = '\0';
	resources_step(daemon, EVENT_STARTED, role, epoch);
}

static void released(void *context, uint8_t role, uint64_t epoch)
{
	struct daemon *daemon = context;

	if (daemon->roles[role].epoch == epoch)
		daemon->roles[role].active = false;
	resources_step(daemon, EVENT_RELEASED, role, epoch);
}

static void failed(void *context, uint8_t role, uint64_t epoch, const char *why)
{
	struct daemon *daemon = context;

	(void)snprintf(daemon->roles[role].failure, HOST_ROLE_WHY_BYTES, "%s", why);
	log_write(daemon->log, LEVEL_ERROR, "%s: cannot run here: %s",
	          daemon->config.setup.roles[role].name, why);
	resources_step(daemon, EVENT_FAILED, role, epoch);
}

void events_fitness(struct daemon *daemon, uint8_t role, enum fitness_source source,
                    const char *why)
{
	struct host_role *known = &daemon->roles[role];
	struct event event = {.kind = EVENT_FITNESS};
	char before[HOST_ROLE_WHY_BYTES];

	memcpy(before, known->why, strlen(known->why) + 1);
	(void)snprintf(known->unfit[source], HOST_ROLE_WHY_BYTES, "%s", why == NULL ? "" : why);
	known->why = "";
	for (unsigned i = FITNESS_SOURCES; i-- > 0;)
		known->why = known->unfit[i][0] == '\0' ? known->why : known->unfit[i];
	known->fit = known->why[0] == '\0';
	if (daemon->runner == NULL)
		return;
	if (!known->fit && strcmp(before, known->why) != 0)
		log_write(daemon->log, LEVEL_WARNING, "%s: not possible here: %s",
		          daemon->config.setup.roles[role].name, known->why);
	event.as.fitness.role = role;
	event.as.fitness.fit = known->fit;
	events_step(daemon, event);
}

static void fitness(void *context, uint8_t role, bool fit, const char *why)
{
	events_fitness(context, role, FIT_RESOURCES, fit ? NULL : why);
}

static bool may_act(void *context, uint8_t role)
{
	const struct daemon *daemon = context;

	return member_may_act(&daemon->member, role, platform_now()) &&
	       self_fencing_allow(&daemon->self_fencing, role) &&
	       retire_allows(&daemon->retire, role);
}

static void network_changed(void *context, const struct network_change *change)
{
	struct daemon *daemon = context;

	self_fencing_network(&daemon->self_fencing, change);
	strays_hear(&daemon->strays, change);
}

struct runner_hooks events_runner_hooks(struct daemon *daemon)
{
	return (struct runner_hooks){
	    .context = daemon,
	    .started = started,
	    .released = released,
	    .failed = failed,
	    .fitness = fitness,
	    .may_act = may_act,
	    .network = network_changed,
	};
}

static bool is_silent(void *context, uint8_t role)
{
	const struct daemon *daemon = context;

	return gatekeeper_silences(&daemon->self_fencing.gatekeeper, role);
}

static void strays_changed(void *context, bool is_any)
{
	struct event event = {.kind = EVENT_STRAY};

	event.as.is_stray = is_any;
	events_step(context, event);
}

struct strays_hooks events_strays_hooks(struct daemon *daemon)
{
	return (struct strays_hooks){
	    .context = daemon,
	    .is_silent = is_silent,
	    .changed = strays_changed,
	};
}

/* --- the layers that end an ownership */

static void watchdog_fitness(void *context, uint8_t role, const char *why)
{
	events_fitness(context, role, FIT_WATCHDOG, why);
}

static void gate_fitness(void *context, uint8_t role, const char *why)
{
	events_fitness(context, role, FIT_GATE, why);
}

static void keep(void *context, struct kept *kept)
{
	const struct daemon *daemon = context;

	member_keep(&daemon->member, kept);
}

static void wake_guard(void *context)
{
	struct daemon *daemon = context;

	guard_link_wake_guard(&daemon->guard_link);
}

static void limit_addresses(void *context, uint8_t role, struct lifetime_lease lease)
{
	struct daemon *daemon = context;

	runner_lease(daemon->runner, role, lease);
}

static void list_up(void *context, uint8_t role, char *out, size_t size)
{
	const struct daemon *daemon = context;

	runner_list_up(daemon->runner, role, out, size);
}

static void kill_again(void *context, uint8_t role)
{
	struct daemon *daemon = context;

	runner_release(daemon->runner, role, daemon->roles[role].epoch, true,
	               daemon->leases.release[role]);
}

struct self_fencing_hooks events_self_fencing_hooks(struct daemon *daemon)
{
	return (struct self_fencing_hooks){
	    .context = daemon,
	    .watchdog_fitness = watchdog_fitness,
	    .gate_fitness = gate_fitness,
	    .keep = keep,
	    .wake_guard = wake_guard,
	    .limit_addresses = limit_addresses,
	    .list_up = list_up,
	    .kill_again = kill_again,
	};
}

/* --- fencing */

void events_fenced(void *context, uint8_t member, uint32_t incarnation, bool is_off)
{
	struct event event = {.kind = EVENT_FENCED};

	event.as.fenced.member = member;
	event.as.fenced.incarnation = incarnation;
	event.as.fenced.is_off = is_off;
	events_step(context, event);
}

/* --- time */

static void wake_up(uv_timer_t *timer)
{
	struct daemon *daemon = timer->data;
	const struct instant now = platform_now();
	const struct event event = {.kind = EVENT_DEADLINE};

	/* The loop's clock has whole milliseconds: it may wake us one too early. */
	if (instant_before(now, daemon->due))
		return;
	reannounce_late(&daemon->reannounce, now, instant_since(now, daemon->due));
	events_step(daemon, event);
}

/* Right before the loop waits: sets the timer to the deadline as it is now. */
static void follow_deadline(uv_prepare_t *prepare)
{
	struct daemon *daemon = prepare->data;
	struct instant now = platform_now();
	int64_t left;

	self_fencing_turn(&daemon->self_fencing);
	daemon->due = member_deadline(&daemon->member);
	left = instant_since(daemon->due, now).ns;
	/* At least one, so that a deadline that stays in the past does not spin. */
	uv_update_time(&daemon->loop);
	(void)uv_timer_start(&daemon->wakeup, wake_up,
	                     left <= 1000000 ? 1 : (uint64_t)((left + 999999) / 1000000), 0);
}

void events_open(struct daemon *daemon)
{
	const struct reannounce_settings reannounce = {
	    .setup = &daemon->config.setup, .member = &daemon->member, .log = daemon->log};

	reannounce_init(&daemon->reannounce, &reannounce);
	(void)uv_timer_init(&daemon->loop, &daemon->wakeup);
	(void)uv_prepare_init(&daemon->loop, &daemon->prepare);
	daemon->wakeup.data = daemon;
	daemon->prepare.data = daemon;
	(void)uv_prepare_start(&daemon->prepare, follow_deadline);
}

void events_close(struct daemon *daemon)
{
	uv_close((uv_handle_t *)&daemon->wakeup, NULL);
	uv_close((uv_handle_t *)&daemon->prepare, NULL);
}
