/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Effects to the world, through a table indexed by their kind. The order within one step is free as
 * far as the member is concerned; here it is what people wait for first: resources, then the disk,
 * then the datagrams, then words.
 */
#include "daemon/effects.h"

#include "daemon/platform/platform.h"
#include "daemon/root.h"
#include "proto/auth.h"
#include "proto/wire.h"

static void apply_start(struct daemon *daemon, const struct effect *effect)
{
	struct host_role *role = &daemon->roles[effect->as.resources.role];

	role->active = true;
	role->epoch = effect->as.resources.epoch;
	runner_start(daemon->runner, effect->as.resources.role, effect->as.resources.epoch);
}

static void apply_release(struct daemon *daemon, const struct effect *effect)
{
	struct host_role *role = &daemon->roles[effect->as.resources.role];

	role->active = true;
	role->epoch = effect->as.resources.epoch;
	runner_release(daemon->runner, effect->as.resources.role, effect->as.resources.epoch,
	               effect->as.resources.forced, effect->as.resources.limit);
}

static void apply_answer(struct daemon *daemon, const struct effect *effect)
{
	verbs_answer(&daemon->verbs, effect->as.answer.handle, &effect->as.answer.answer);
}

static void apply_note(struct daemon *daemon, const struct effect *effect)
{
	char text[NOTE_TEXT_BYTES];

	note_format(&daemon->config.setup, &effect->as.note, text, sizeof text);
	log_write(daemon->log, note_level(&effect->as.note), "%s", text);
}

static void apply_left(struct daemon *daemon, const struct effect *effect)
{
	(void)effect;
	shutdown_done(&daemon->shutdown);
}

static void apply_fence(struct daemon *daemon, const struct effect *effect)
{
	fencer_start(&daemon->fencer, effect);
}

static void apply_fence_cancel(struct daemon *daemon, const struct effect *effect)
{
	fencer_cancel(&daemon->fencer, effect->as.fence.member);
}

static const struct applier {
	unsigned turn; /* in which pass over the effects */
	void (*apply)(struct daemon *daemon, const struct effect *effect);
} appliers[] = {
    [EFFECT_START] = {0, apply_start},
    [EFFECT_RELEASE] = {0, apply_release},
    [EFFECT_ANSWER] = {1, apply_answer},
    [EFFECT_NOTE] = {0, apply_note},
    [EFFECT_LEFT] = {1, apply_left},
    [EFFECT_FENCE] = {1, apply_fence},
    [EFFECT_FENCE_CANCEL] = {1, apply_fence_cancel},
};

static void apply_turn(struct daemon *daemon, unsigned turn)
{
	for (uint16_t i = 0; i < daemon->effects.count; i++) {
		const struct effect *effect = &daemon->effects.items[i];

		if (appliers[effect->kind].turn == turn)
			appliers[effect->kind].apply(daemon, effect);
	}
}

static void look(const void *context, uint8_t resource, struct resource_view *view)
{
	runner_view(context, resource, view);
}

/* Each page is signed once and tagged for each receiver. */
static void send_pages(struct daemon *daemon)
{
	uint8_t datagram[DATAGRAM_BYTES];
	struct error error;
	size_t length;

	while (member_next_page(&daemon->member, platform_now(), &daemon->page)) {
		/* Once this is closing, the runner is, too. */
		if (!uv_is_closing((uv_handle_t *)&daemon->wakeup))
			resource_news_say(&daemon->resource_news,
			                  (struct resource_eyes){look, daemon->runner},
			                  &daemon->leases, &daemon->page, platform_now());
		if (wire_encode(&daemon->page, datagram, &length, &error) != CODE_OK) {
			log_write(daemon->log, LEVEL_ERROR, "a page was not sent: %s", error.text);
			continue;
		}
		auth_sign(datagram, length, daemon->secret);
		net_send(daemon->net, datagram, length);
	}
}

void effects_apply(struct daemon *daemon)
{
	apply_turn(daemon, 0);
	if (daemon->effects.persist) {
		uint64_t generation = member_durable(&daemon->member, &daemon->durable);

		store_write(daemon->store, &daemon->durable, generation);
	}
	if (daemon->effects.send)
		send_pages(daemon);
	apply_turn(daemon, 1);
}
