/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one step of a member passes down: the member, the instant, and where the effects go. Private
 * to proto/. Every comparison with a moment to come goes through step_reached, which thereby also
 * schedules the wake-up for it: no deadline can be forgotten.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "proto/member.h"
#include "proto/quorum.h"

struct step {
	struct member *m;
	struct instant now;
	struct effects *out;
};

/* `member` was off at some moment after `off_after`, in this life or a later one. */
struct fence_news {
	uint8_t member, teller;
	uint32_t incarnation;
	struct instant off_after;
};

/* True from `t` on; before that the member is woken at `t`. */
bool step_reached(struct step *step, struct instant t);

void step_note(struct step *step, struct note note);
void step_start(struct step *step, uint8_t role, uint64_t epoch);
void step_release(struct step *step, uint8_t role);
void step_answer(struct step *step, uint64_t handle, struct answer answer);
void step_left(struct step *step);
/* EFFECT_FENCE or EFFECT_FENCE_CANCEL. */
void step_fence(struct step *step, enum effect_kind kind, uint8_t member, uint8_t role);

/* Something the others should hear at once. */
void step_changed(struct step *step);
/* The durable snapshot changed; returns the generation that holds the change. */
uint64_t step_persist(struct step *step);

/* Pseudo-random span in [0, limit). */
struct span step_jitter(struct step *step, struct span limit);

/* --- epochs.c: which epochs this member may have used before its host restarted */
/* Everything up to `reserved` may have been used, and what was is not known. */
void epochs_begin(struct member *m, uint64_t reserved);
/* A fresh page; `echoed`: when this member sent what it echoes. */
void epochs_hear(struct step *step, uint8_t sender, const struct heartbeat *page,
                 struct instant echoed);
void epochs_hear_role(struct step *step, const struct role_report *report, bool is_fresh);
/* Nothing that others said so far was learned: this member believed what it knew itself. */
void epochs_doubt(struct member *m);
/* The abstention grew: what was heard is not of after it. */
void epochs_doubt_late(struct member *m);
/* Whether so many other voters, of which `late` spoke after the abstention, know all that this
 * member may have forgotten. */
bool epochs_suffice(const struct member *m, uint8_t all, uint8_t late);
/* The epoch up to which this member should have reserved, so that who jumps need not wait for its
 * disk. */
uint64_t epochs_to_reserve(const struct member *m);
/* All that may have been used counts as used from now on. */
void epochs_jump(struct step *step);
void epochs_update(struct step *step);

/* --- peers.c: who is there */
bool peer_is_fresh(const struct member *m, uint8_t peer, struct instant now);
/* Fresh, and counts votes over the same set: only such a member's grants count. */
bool peer_counts(const struct member *m, uint8_t peer, struct instant now);
/* The set does not have to be fresh for a grant that is dated by itself. */
bool peer_same_voters(const struct member *m, uint8_t peer);
void peers_receive(struct step *step, uint8_t sender, uint8_t path, const struct heartbeat *page);
void peers_twin(struct step *step, uint8_t sender, uint8_t path, struct stamp stamp);
void peers_update(struct step *step);
uint8_t member_index(const struct member *m, uint64_t id);
/* The promises to this life of `holder`, or to ANY_LIFE of it, are seen to end at once. */
enum { ANY_LIFE = 0 };
void peers_votes_come_free(struct step *step, uint8_t role, uint64_t holder, uint32_t incarnation);

/* --- ballot.c: this member's votes */
void ballot_hear(struct step *step, uint8_t role, uint8_t peer);
void ballot_self(struct step *step, uint8_t role);
void ballot_update(struct step *step, uint8_t role);
void ballot_none(struct step *step, uint8_t role, uint64_t claimant, uint32_t incarnation);
/* True if that freed this vote. */
bool ballot_off(struct step *step, uint8_t role, const struct fence_news *news);

/* --- election.c: this member's claims */
void election_update(struct step *step, uint8_t role);
void election_release(struct step *step, uint8_t role, enum release_reason reason,
                      uint64_t successor);
void election_released(struct step *step, uint8_t role, uint64_t epoch);
void election_started(struct step *step, uint8_t role, uint64_t epoch);
void election_failed(struct step *step, uint8_t role, uint64_t epoch);

/* --- retire.c: what this member may own */
bool election_is_candidate(const struct member *m, uint8_t role);
enum unfit election_unfit(const struct member *m, uint8_t role, struct instant now);
/* Holds a role that is retired, under a lease: gives it up as soon as it is known to whom. */
void retire_update(struct step *step, uint8_t role);

/* --- overdue.c: a release that is not proven in time */
void overdue_update(struct step *step, uint8_t role);
/* Says it here. */
void overdue_note(struct step *step, uint8_t role);
/* Whoever could prove it ends now. */
void overdue_give_up(struct step *step, uint8_t role);
/* `before`: what was last heard of the role from `sender`. */
void overdue_hear(struct step *step, uint8_t sender, const struct peer_role_report *before,
                  const struct role_report *report);

/* --- lease.c: until when a majority supports a claim */
void lease_update(struct step *step, uint8_t role);
uint32_t lease_votes(const struct step *step, uint8_t role);
/* Whether a majority supports the claim for this page of this life, or later ones. If so, the lease
 * rests on them alone from now on. */
bool lease_rests_on(struct step *step, uint8_t role, uint64_t seq);

/* --- seek.c: when to try */
bool candidacy_is_due(struct step *step, uint8_t role);

/* --- fence.c: whom to switch off first */
/* What keeps this member from seeking a role that it wants to run, when nothing does but votes, or
 * `obstacle` is NONE. */
enum obstacle fence_obstacle(struct step *step, uint8_t role, enum obstacle obstacle);
void fence_update(struct step *step);
bool fence_is_under_way(const struct member *m);
void fence_ended(struct step *step, const struct event *event);
/* `member` is in nobody's way any more: whoever could not switch it off need not wait. */
void fence_forgive(struct step *step, uint8_t member);

/* --- clock_pause.c: whether the own clock stood still */
void clock_pause_hear(struct step *step, uint8_t sender, const struct heartbeat *page);
void clock_pause_update(struct step *step);

/* --- slew.c: what a time daemon takes from the own clock */
/* Before everything else of a step. */
void slew_update(struct step *step, struct span behind);
/* What the clock shows at the lease end `end` if it goes on losing as it does. */
struct instant slew_expected(const struct member *m, struct instant end);

/* --- fence_news.c: who was off */
void fence_learn(struct step *step, const struct fence_news *news);
/* A page that is fresh: what it says of others that were switched off, and what it shows of the
 * life of its sender. `echoed_at`: it has heard what this member sent then. */
void fence_hear(struct step *step, uint8_t sender, const struct heartbeat *page,
                struct instant echoed_at);
bool fence_has_news(const struct member *m, struct instant now);
void fence_say(const struct member *m, struct instant now, struct heartbeat *page);
/* This member says that what the holder of `report` is promised there, unchanged since `since`,
 * is void. */
bool fence_covers(const struct member *m, const struct role_report *report, struct instant since,
                  struct instant now);

/* --- fresh.c: what the echoes of a page prove */
/* NULL: the page echoes nothing of `member`. */
const struct echo *fresh_echo(const struct heartbeat *page, uint64_t member);
/* When this very life sent what the page of `peer` echoes, INSTANT_PAST if it echoes nothing of it;
 * notes the round trips. */
struct instant fresh_echoed_at(struct step *step, struct peer *peer, const struct heartbeat *page);
/* Until when the page is fresh. */
struct instant fresh_until_of(const struct step *step, const struct heartbeat *page,
                              struct instant echoed);
/* It was made after this member gave its vote in the role. */
bool fresh_since_grant(const struct member *m, uint8_t role, const struct heartbeat *page);

/* --- pace.c: how often to speak, and whether the others answer in time */
struct span pace_of(const struct member *m, struct instant now);
/* A lease of this member can be renewed in time, as far as can be told. */
bool pace_holds_lease(const struct member *m, struct instant now);
void pace_update(struct step *step);
/* The lease of this member's claim is over. */
void pace_lease_lost(struct step *step, uint8_t role);

/* --- rank.c: who should own it */
struct standing {
	bool reachable;
	bool known;
	enum unfit unfit;
	bool mismatch;
	uint8_t failures;
};
/* When a peer's count of failures was last seen to grow; INSTANT_PAST: not in this life. */
struct instant peer_role_failed_at(const struct peer_role_report *before,
                                   const struct role_report *report, struct instant now);
struct standing rank_standing(const struct member *m, uint8_t role, uint8_t member,
                              struct instant now);
/* Whether `nodes` names a before b. */
bool rank_is_listed_before(const struct member *m, uint8_t r, uint8_t a, uint8_t b);
bool rank_is_ready(struct standing standing);
/* Among the nodes of a role of setup. */
bool rank_lists(const struct member *m, uint8_t role, uint8_t member);
/* How many nodes should rather take the role than `member`. */
uint8_t rank_of(const struct member *m, uint8_t role, uint8_t member, struct instant now);
/* Best ready node other than this member and with no standing mismatch; NO_MEMBER: none. */
uint8_t rank_best_other(const struct member *m, uint8_t role, struct instant now);

/* --- record.c: what operators decided */
void record_hear(struct step *step, uint8_t role, const struct record *record);
void record_write(struct step *step, uint8_t role, enum wanted wanted);
void record_restamp(struct step *step, uint8_t role);
/* On the disks of a majority. */
bool record_is_decided(const struct member *m, uint8_t role, struct instant now);
void record_persisted(struct step *step);
void record_reserve(struct step *step);
void record_need_promise(struct step *step, struct span promise);

/* --- request.c: how commands and answers travel */
struct asked {
	uint64_t requester;
	const struct request *request;
};
void request_typed(struct step *step, const struct event *event);
void request_hear_answers(struct step *step, const struct heartbeat *page);
void request_update(struct step *step);
/* Some reachable member asks for `kind` on this role. */
bool request_is_pending(const struct member *m, uint8_t role, enum request_kind kind,
                        struct instant now);
void request_answer(struct step *step, const struct answer *answer);
bool request_is_answered(const struct member *m, const struct asked *asked);

/* --- command.c: carrying them out */
void command_carry_out(struct step *step, const struct asked *asked);
void command_update(struct step *step);

/* --- sharing.c: roles that have a resource in common */
/* What the claim that this peer was last heard of, or that of this member, covers. */
const struct identities *sharing_heard(const struct member *m, uint8_t role, uint8_t peer);
const struct identities *sharing_said(const struct member *m, uint8_t role);
/* Another role that this vote is promised for, to another than `claimant`, and that has some of
 * `what`; ROLES_MAX: none. */
uint8_t sharing_promised(const struct member *m, uint8_t role, uint64_t claimant,
                         const struct identities *what, struct instant now);
/* Whether something of the role may be up elsewhere, or here, under another name. */
bool sharing_hinders(struct step *step, uint8_t role);
/* This member could take another role that has something of this one. */
bool sharing_has_heir(const struct member *m, uint8_t role, struct instant now);
/* A new claim, and one that was kept. */
void sharing_take(struct claim *claim, const struct identities *file);
void sharing_resume(struct claim *claim, const struct identities *kept,
                    const struct identities *file, struct instant now);
/* The resources are as the file describes them: what it dropped is down. */
void sharing_settle(struct step *step, uint8_t role);
void sharing_update(struct step *step, uint8_t role);

/* --- snapshot.c: what is kept */
void snapshot_take_durable(struct member *m, const struct durable *durable);
void snapshot_take_kept(struct member *m, const struct kept *kept, struct instant now);

/* --- roles.c: the table */
/* Index of the role with this id; makes a place for one that is only heard of. ROLES_MAX: full. */
uint8_t roles_place(struct step *step, uint64_t id);
uint8_t roles_find(const struct member *m, uint64_t id);
