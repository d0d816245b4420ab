/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a time daemon takes from the lease clock, or adds to it.
 *
 * The lease clock counts suspend, and is slewed: a daemon that corrects the time of day lets it run
 * up to a tenth slow or fast, far beyond the drift that promises allow for. The oscillator of the
 * host is not slewed. By how much the lease clock is behind it comes with every event, so what was
 * lost or gained is known afterwards, exactly, and is put right before anything is decided:
 *
 * - Lost: what the clock measured lasted longer than it says. So what this member sent counts as
 *   sent that much earlier, and its leases and the freshness of others end that much earlier. Its
 *   promises lasted longer, too, which harms nobody.
 * - Gained: what the clock measured was shorter than it says. So what this member promised ends
 * that much later. Its leases ended early, which harms nobody.
 *
 * With both, leases and promises are measured by oscillators, as their drift is what promises allow
 * for. What is left is what the clock loses between two events, at most a heartbeat. Whoever acts
 * at a lease end without this member (the guard, the packet gate) reads a lease end that is earlier
 * by the rate of the moment: see slew_expected.
 */
#include "proto/slew.h"

#include "proto/step.h"

enum {
	/* Less than a lease divided by this is not put right: the reading is not that exact. */
	HEEDED = 1000,
	/* The rate is measured over a heartbeat, and over no less than this. */
	WINDOW_MS = 250,
	/* So many windows in a row are not a disturbance of the measuring. */
	WINDOWS_TOLD = 4,
	MILLION = 1000000,
	BOUND_PPM = DRIFT_PER_MILLE * 1000,
	/* Beyond what any kernel does: a reading like this is none. */
	RATE_MAX_PPM = 200000,
};

static void count_lost(struct member *m, struct span lost)
{
	sent_count_as_earlier(&m->sent, lost);
	for (uint8_t r = 0; r < m->role_count; r++)
		m->roles[r].claim.lease_end = instant_shift(m->roles[r].claim.lease_end, -lost.ns);
	for (uint8_t p = 0; p < m->setup->member_count; p++) {
		struct peer *peer = &m->peers[p];

		peer->fresh_until = instant_shift(peer->fresh_until, -lost.ns);
		for (uint8_t r = 0; r < m->role_count; r++)
			peer->roles[r].fresh_until =
			    instant_shift(peer->roles[r].fresh_until, -lost.ns);
		/* Else it would be taken for a clock_pause. */
		peer->lag.least.ns -= lost.ns;
		peer->lag.least_now.ns -= lost.ns;
	}
}

static void count_gained(struct member *m, struct span gained)
{
	for (uint8_t r = 0; r < m->role_count; r++)
		m->roles[r].voter.until = instant_shift(m->roles[r].voter.until, gained.ns);
	/* What was over at the step before does not come back to life. */
	if (m->abstaining)
		m->abstain_until = instant_shift(m->abstain_until, gained.ns);
}

static void tell(struct step *step, struct slew *slew)
{
	const int64_t off = slew->ppm < 0 ? -slew->ppm : slew->ppm;
	const bool is_beyond = off > (slew->told ? BOUND_PPM / 2 : BOUND_PPM);

	slew->windows = is_beyond == slew->told ? 0 : slew->windows + 1;
	if (slew->windows < WINDOWS_TOLD)
		return;
	slew->windows = 0;
	slew->told = is_beyond;
	step_note(step, (struct note){.kind = is_beyond ? NOTE_CLOCK_SLEWED : NOTE_CLOCK_STEADY,
	                              .peer = NO_MEMBER,
	                              .detail = slew->ppm < 0,
	                              .count = (uint32_t)off});
}

static void measure(struct step *step, struct slew *slew, struct span behind)
{
	const struct span heartbeat = step->m->timing.heartbeat;
	const struct span elapsed = instant_since(step->now, slew->marked_at);
	const int64_t lost = behind.ns - slew->marked.ns;

	if (elapsed.ns < heartbeat.ns || elapsed.ns < span_ms(WINDOW_MS).ns)
		return;
	slew->ppm = lost / (elapsed.ns / MILLION);
	if (slew->ppm > RATE_MAX_PPM || slew->ppm < -RATE_MAX_PPM)
		slew->ppm = 0;
	slew->marked = behind;
	slew->marked_at = step->now;
	tell(step, slew);
}

void slew_update(struct step *step, struct span behind)
{
	struct slew *slew = &step->m->slew;
	const struct span heeded = span_divided(step->m->timing.lease, HEEDED);

	if (!slew->known) {
		*slew = (struct slew){.known = true,
		                      .least = behind,
		                      .most = behind,
		                      .marked = behind,
		                      .marked_at = step->now};
		return;
	}
	measure(step, slew, behind);
	if (behind.ns < slew->least.ns)
		slew->least = behind;
	if (behind.ns > slew->most.ns)
		slew->most = behind;
	if (behind.ns - slew->least.ns >= heeded.ns) {
		count_lost(step->m, (struct span){behind.ns - slew->least.ns});
		slew->least = behind;
	}
	if (slew->most.ns - behind.ns >= heeded.ns) {
		count_gained(step->m, (struct span){slew->most.ns - behind.ns});
		slew->most = behind;
	}
}

struct instant slew_expected(const struct member *m, struct instant end)
{
	const int64_t left = end.ns - m->now.ns;

	if (left <= 0 || m->slew.ppm <= 0 || end.ns == INSTANT_NEVER.ns)
		return end;
	return (struct instant){end.ns - left / MILLION * m->slew.ppm};
}
