/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The perfect network and the queue that keeps its messages in order; see cluster.h.
 */
#include "tests/proto/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[CLUSTER_MEMBERS] = {"alpha", "beta", "w1"};

static void fill_setup(struct setup *setup, uint8_t self, bool third_is_node)
{
	setup->cluster_id = name_id("test");
	setup->config_digest = 1;
	setup->timing = (struct timing){span_ms(200), span_ms(2000), span_ms(500)};
	setup->self = self;
	setup->member_count = CLUSTER_MEMBERS;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++) {
		struct setup_member *member = &setup->members[i];
		snprintf(member->name, sizeof member->name, "%s", names[i]);
		member->id = name_id(names[i]);
		member->is_node = i < 2 || third_is_node;
		member->votes = true;
		member->path_count = 1;
	}
	setup->role_count = 1;
	struct setup_role *role = &setup->roles[0];
	snprintf(role->name, sizeof role->name, "ledger");
	role->id = name_id("ledger");
	role->definition = 7;
	role->node_count = third_is_node ? 3 : 2;
	for (uint8_t i = 0; i < role->node_count; i++)
		role->nodes[i] = i;
}

static struct instant clock_of(const struct cluster *c, uint8_t i)
{
	return instant_minus(c->now, c->missed[i]);
}

static struct instant deadline_of(const struct cluster *c, uint8_t i)
{
	return instant_plus(member_deadline(&c->members[i]), c->missed[i]);
}

void cluster_boot(struct cluster *c, uint8_t i, const struct durable *durable,
                  const struct kept *kept)
{
	c->dead[i] = false;
	member_init(&c->members[i], &c->setups[i], durable, kept, 100u + i, clock_of(c, i));
	struct durable snapshot;
	uint64_t generation = member_durable(&c->members[i], &snapshot);
	if (!c->disk_full[i])
		cluster_step(c, i,
		             (struct event){.kind = EVENT_PERSISTED, .as.generation = generation});
}

struct cluster *cluster_new(bool third_is_node)
{
	struct cluster *c = calloc(1, sizeof *c);
	if (c == NULL)
		abort();
	c->now = (struct instant){1000000000};
	c->loud = getenv("FAILOVERD_TEST_LOUD") != NULL;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		fill_setup(&c->setups[i], i, third_is_node);
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		c->dead[i] = true;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
		cluster_boot(c, i, NULL, NULL);
	return c;
}

void cluster_free(struct cluster *c)
{
	free(c);
}

static void enqueue(struct cluster *c, uint8_t to, const struct event *event,
                    const struct heartbeat *page)
{
	struct cluster_message *message = &c->queue[c->last++ % CLUSTER_QUEUE];
	if (c->last - c->first > CLUSTER_QUEUE)
		abort();
	message->to = to;
	message->event = *event;
	if (page != NULL)
		message->page = *page;
}

static void deliver(struct cluster *c, uint8_t from)
{
	struct heartbeat page;
	while (member_next_page(&c->members[from], clock_of(c, from), &page))
		for (uint8_t to = 0; to < CLUSTER_MEMBERS; to++) {
			struct event event = {.kind = EVENT_HEARTBEAT,
			                      .as.heartbeat = {.sender = from}};
			if (to != from && !c->deaf[to] && !c->mute[from])
				enqueue(c, to, &event, &page);
		}
}

static void note(struct cluster *c, uint8_t i, const struct note *note)
{
	char text[NOTE_TEXT_BYTES];
	if (c->loud) {
		note_format(&c->setups[i], note, text, sizeof text);
		printf("[%8.1f] %-5s %s\n", (double)c->now.ns / 1e6, names[i], text);
	}
	if (c->note_count < CLUSTER_NOTES) {
		c->note_member[c->note_count] = i;
		c->notes[c->note_count++] = note->kind;
	}
}

static void apply(struct cluster *c, uint8_t i, const struct effect *effect)
{
	struct event event = {.as.resources = {.role = effect->as.resources.role,
	                                       .epoch = effect->as.resources.epoch}};
	switch (effect->kind) {
	case EFFECT_START:
		c->up[i] = true;
		c->starts[i]++;
		event.kind = EVENT_STARTED;
		if (!c->slow_start)
			enqueue(c, i, &event, NULL);
		break;
	case EFFECT_RELEASE:
		if (c->slow_stop)
			break;
		c->up[i] = false;
		event.kind = EVENT_RELEASED;
		if (!c->unproven[i])
			enqueue(c, i, &event, NULL);
		break;
	case EFFECT_ANSWER:
		c->last_answer = effect->as.answer.answer;
		c->last_handle = effect->as.answer.handle;
		c->answers++;
		break;
	case EFFECT_NOTE:
		note(c, i, &effect->as.note);
		break;
	case EFFECT_FENCE:
		c->fence.count++;
		c->fence.by = i;
		c->fence.member = effect->as.fence.member;
		c->fence.incarnation = effect->as.fence.incarnation;
		break;
	case EFFECT_FENCE_CANCEL:
		c->fence.cancelled++;
		break;
	case EFFECT_LEFT:
		break;
	}
}

static void step_one(struct cluster *c, uint8_t i, struct event *event)
{
	event->now = clock_of(c, i);
	member_step(&c->members[i], event, &c->out);
	if (c->out.broken != NULL) {
		fprintf(stderr, "%s: broken: %s\n", names[i], c->out.broken);
		abort();
	}
	if (c->out.persist && !c->disk_full[i]) {
		struct durable snapshot;
		struct event written = {.kind = EVENT_PERSISTED};
		written.as.generation = member_durable(&c->members[i], &snapshot);
		enqueue(c, i, &written, NULL);
	}
	for (uint16_t e = 0; e < c->out.count; e++)
		apply(c, i, &c->out.items[e]);
	if (c->out.send)
		deliver(c, i);
	(void)cluster_owner(c);
}

void cluster_step(struct cluster *c, uint8_t i, struct event event)
{
	enqueue(c, i, &event, NULL);
	while (c->first != c->last) {
		struct cluster_message *message = &c->queue[c->first % CLUSTER_QUEUE];
		if (message->event.kind == EVENT_HEARTBEAT)
			message->event.as.heartbeat.page = &message->page;
		if (!c->dead[message->to])
			step_one(c, message->to, &message->event);
		c->first++;
	}
}

void cluster_run(struct cluster *c, struct span span)
{
	struct instant end = instant_plus(c->now, span);
	for (;;) {
		uint8_t next = NO_MEMBER;
		for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++)
			if (!c->dead[i] && !c->paused[i] &&
			    (next == NO_MEMBER ||
			     instant_before(deadline_of(c, i), deadline_of(c, next))))
				next = i;
		if (next == NO_MEMBER || instant_before(end, deadline_of(c, next)))
			break;
		c->now = instant_later(c->now, deadline_of(c, next));
		cluster_step(c, next, (struct event){.kind = EVENT_DEADLINE});
	}
	c->now = end;
}

uint8_t cluster_owner(const struct cluster *c)
{
	uint8_t owner = NO_MEMBER;
	for (uint8_t i = 0; i < CLUSTER_MEMBERS; i++) {
		if (!c->up[i] || c->dead[i])
			continue;
		if (owner != NO_MEMBER)
			abort();
		owner = i;
	}
	return owner;
}

void cluster_request(struct cluster *c, uint8_t member, enum request_kind kind, uint8_t target)
{
	cluster_step(c, member,
	             (struct event){.kind = EVENT_REQUEST,
	                            .as.request = {.kind = kind,
	                                           .role = 0,
	                                           .target = target,
	                                           .handle = 42,
	                                           .limit = span_ms(5000)}});
}

void cluster_fenced(struct cluster *c, bool is_off)
{
	uint8_t member = c->fence.member;
	if (is_off) {
		c->dead[member] = true;
		c->up[member] = false;
	}
	cluster_step(c, c->fence.by,
	             (struct event){.kind = EVENT_FENCED,
	                            .as.fenced = {.member = member,
	                                          .incarnation = c->fence.incarnation,
	                                          .is_off = is_off}});
}

bool cluster_noted(const struct cluster *c, uint8_t member, enum note_kind kind)
{
	for (unsigned i = 0; i < c->note_count; i++)
		if (c->note_member[i] == member && c->notes[i] == kind)
			return true;
	return false;
}
