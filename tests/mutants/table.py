# SPDX-License-Identifier: Apache-2.0
"""The mutants: in which file which text becomes what, which rule that breaks, and which tests must
notice. A file is named by its layer and its last part: it may move to another directory of the
layer.
"""

from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    rule: str
    #: Of these tests at least one must notice: "sim", "sim:PROFILE"; "scenario/NAME";
    #: "proto/NAME", "daemon/NAME" and "sim/NAME" for test_NAME.c of that directory;
    #: "netns/FILE.py::TEST" below tests/.
    killers: tuple[str, ...] = ("sim",)


MUTANTS = [
    Mutant(
        "unsure-members-vouch", "proto/epochs.c",
        "if (page->unsure_epoch != 0)\n\t\treturn;", "",
        "who does not know its own epochs vouches for another's", ("sim:memory", "sim")),
    Mutant(
        "vouched-before-abstention", "proto/epochs.c",
        "if (instant_before(echoed, m->abstain_until))\n\t\treturn;", "",
        "what a member promised before its restart completes a majority after it was vouched for",
        ("proto/epochs",)),
    Mutant(
        "vouched-epochs-forgotten", "proto/epochs.c",
        "voter_raise_top(voter, voter->seen < m->epoch_jump ? voter->seen : m->epoch_jump);",
        "(void)voter;",
        "an epoch that others vouch for is granted again", ("proto/epochs", "sim")),
    Mutant(
        "no-jump-when-asked", "proto/epochs.c",
        "report->claim_epoch <= m->epoch_jump)\n\t\tepochs_jump(step);",
        "report->claim_epoch == 0)\n\t\tepochs_jump(step);",
        "a vote is given at an epoch that may have been granted before the restart",
        ("proto/epochs", "sim")),
    Mutant(
        "echo-is-a-vote", "proto/lease.c",
        "tally_add(&support->until, instant_plus(sent->at, sent->lease));",
        "tally_add(&support->until, heard->fresh_until);",
        "a vote is dated by `by`, not by the echo: hearing is not promising"),
    Mutant(
        "todays-lease", "proto/lease.c",
        "tally_add(&support->until, instant_plus(sent->at, sent->lease));",
        "tally_add(&support->until, instant_plus(sent->at, m->timing.lease));",
        "a vote lasts the lease its page declared, not today's setting"),
    Mutant(
        "todays-release", "proto/lease.c",
        "if (sent->release.ns < support->release.ns)",
        "if (sent->release.ns < 0)",
        "a forced release takes no longer than the counted pages declared"),
    Mutant(
        "promise-shortened", "proto/voter.c",
        "\t\tvoter->until = instant_later(voter->until, until);\n\t\tvoter->by = bid->by;",
        "\t\tvoter->until = until;\n\t\tvoter->by = bid->by;",
        "a promise is never shortened by a renewal"),
    Mutant(
        "promise-without-release", "proto/setup.c",
        "int64_t covered = timing.lease.ns + timing.release.ns;",
        "int64_t covered = timing.lease.ns;",
        "a promise covers the forced release after the lease"),
    Mutant(
        "promise-without-drift", "proto/setup.c",
        "(covered * fast + slow - 1) / slow", "covered + 0 * (slow + fast)",
        "a promise covers the drift of both clocks"),
    Mutant(
        "another-life-frees", "proto/voter.c",
        "if (voter->holder != claimant || voter->by.incarnation != incarnation)",
        "if (voter->holder != claimant)",
        "only the life that was promised a vote frees it before its end",
        killers=("scenario/restart-without-memory",)),
    Mutant(
        "answers-before-it-looks", "proto/request.c",
        "if (p != m->setup->self && !peer_is_fresh(m, p, step->now))", "if (false)",
        "a command that is typed on a daemon which has just begun waits until it knows",
        killers=("scenario/typed-at-once",)),
    Mutant(
        "no-abstention", "proto/member.c",
        "m->abstaining = instant_before(now, m->abstain_until);", "m->abstaining = false;",
        "a voter that lost its memory abstains for its longest promise"),
    Mutant(
        "abstention-forgotten", "proto/snapshot.c",
        "m->abstain_until = kept->abstain_until;", "m->abstain_until = now;",
        "a restart of the process does not end an abstention"),
    Mutant(
        "restart-says-none", "proto/snapshot.c",
        "bool is_up = kept->claim == CLAIM_HOLDING || kept->claim == CLAIM_RELEASING;",
        "bool is_up = false;",
        "a restarted owner goes on claiming what its memory says is up"),
    Mutant(
        "lease-comes-back", "proto/lease.c",
        "if (claim->state != CLAIM_SEEKING && instant_reached(step->now, claim->lease_end))",
        "if (step->now.ns < 0)",
        "a lease that ended never comes back"),
    Mutant(
        "epoch-not-above-top", "proto/voter.c",
        "if (bid->epoch <= voter->top)", "if (bid->epoch == 0)",
        "a new owner needs an epoch above everything granted or claimed"),
    Mutant(
        "no-freshness", "proto/fresh.c",
        "\tif (echoed.ns == INSTANT_PAST.ns)\n\t\treturn INSTANT_PAST;\n"
        "\treturn instant_earlier(instant_plus(step->now, its),",
        "\treturn instant_later(instant_plus(step->now, its),",
        "only a page that echoes something recent is a bid"),
    Mutant(
        "majority-too-small", "proto/quorum.c",
        "voters / 2 + 1", "(voters + 1) / 2",
        "two majorities share a voter, also of an even number"),
    Mutant(
        "minority-is-enough", "proto/quorum.c",
        "voters / 2 + 1", "(voters + 2) / 3",
        "two majorities share a voter"),
    Mutant(
        "other-voter-set", "proto/peers.c",
        "return peer == m->setup->self || m->peers[peer].voters == m->voters_id;",
        "return peer == m->setup->self || m->peers[peer].voters != 0;",
        "grants count only from members that count with the same voters"),
    Mutant(
        "votes-of-anybody", "proto/lease.c",
        "\t    !voters_contain(&m->voters, m->setup->members[peer].id))\n\t\treturn;\n"
        "\tif (report->holder",
        "\t    m->voters.count == 0)\n\t\treturn;\n\tif (report->holder",
        "grants count only from members of the voter set"),
    Mutant(
        "promise-ignored", "proto/voter.c",
        "if (voter->holder != bid->claimant && !voter_is_free(voter, now) &&\n"
        "\t    !is_succeeded(voter, bid, now))",
        "if (voter->holder != bid->claimant && bid->epoch <= voter->top)",
        "a vote is promised until its promise is over"),
    Mutant(
        "no-restamp", "proto/election.c",
        "\trecord_restamp(step, r);\n", "",
        "a new owner stamps the record anew"),
    Mutant(
        "acknowledged-early", "proto/command.c",
        "instant_before(step->now, role->claim.lease_end) &&\n"
        "\t\t    record_is_decided(m, r, step->now))",
        "instant_before(step->now, role->claim.lease_end))",
        "a command is acknowledged when a majority has it on disk"),
    Mutant(
        "relearned-from-one", "proto/member.c",
        "if (!is_enough && !all_new)", "if (heard == 0)",
        "a member that lost its disk votes only after hearing so many that nothing is missed"),
    Mutant(
        "learned-from-first-pages", "proto/whole.c",
        "has_end = (has_end || is_first) && (whole->pages >> i & 1) != 0;",
        "has_end = has_end || is_first;",
        "a member that lost its disk has heard a peer when it heard all pages of a heartbeat",
        killers=("scenario/state-lost-many-roles", "proto/whole")),
    Mutant(
        "regained-from-memory", "proto/ballot.c",
        "if (bids(m, r, p, CLAIM_HOLDING, now))\n\t\t\treturn NO_MEMBER;",
        "if (bids(m, r, p, CLAIM_HOLDING, now))\n\t\t\treturn p;",
        "an owner regains a vote with a page that arrives, not for what it said last",
        killers=("scenario/owner-power-off",)),
    Mutant(
        "voters-at-their-own-pace", "proto/pace.c",
        "if (its.ns > 0 && its.ns < pace.ns)", "if (its.ns < 0)",
        "whoever gives a vote answers as often as the claimant needs",
        killers=("scenario/timing-mixed",)),
    Mutant(
        "own-lease-for-all", "proto/fresh.c",
        "return instant_earlier(instant_plus(step->now, its),",
        "return instant_later(INSTANT_PAST,",
        "a member that is silent for its own lease is not there, whatever the lease of others",
        killers=("scenario/timing-mixed",)),
    Mutant(
        "deaf-owner-waited-for", "proto/peers.c",
        "(is_fresh || fresh_since_grant(m, r, page))", "is_fresh",
        "an owner that is heard but deaf frees its votes when it has released",
        killers=("scenario/owner-deaf",)),
    Mutant(
        "promise-forgotten-early", "proto/record.c",
        "instant_plus(m->needed_since, m->longest_promise)", "m->needed_since",
        "the longest promise is forgotten when every promise as long is over"),
    Mutant(
        "promise-for-ever", "proto/record.c",
        "m->longest_promise = needed;", "needed = m->longest_promise;",
        "a long lease that was taken back does not bind every reboot for ever",
        killers=("scenario/lease-mistyped",)),
    Mutant(
        "short-reigns-in-a-row", "proto/pace.c",
        "role->lease_retry_at = instant_plus(step->now, wait);", "(void)wait;",
        "a lease that ended soon after it was won is not sought again at once",
        killers=("scenario/lease-lost-soon",)),
    Mutant(
        "too-far-and-tries", "proto/pace.c",
        "2 * quickest(&m->peers[p]).ns <= m->timing.lease.ns", "true",
        "a node to which the voters are too far for its lease owns nothing",
        killers=("scenario/lease-too-short",)),
    Mutant(
        "promise-not-stored", "proto/voter.c",
        "if (bid->promise.ns > terms->longest_promise.ns) {", "if (bid->claimant == 0) {",
        "a promise longer than the disk knows of is not given"),
    Mutant(
        "reboot-reuses-epochs", "proto/epochs.c",
        "voter_raise_top(&m->roles[r].voter, m->epoch_jump);",
        "voter_raise_top(&m->roles[r].voter, 0);",
        "a reboot starts from the end of the reserved epochs unless others vouch"),
    Mutant(
        "stale-none-frees", "proto/peers.c",
        "report->claim == CLAIM_NONE && (is_fresh || fresh_since_grant(m, r, page))",
        "report->claim == CLAIM_NONE",
        "only a fresh page frees a vote",
        killers=("scenario/replayed-after-disk-loss",)),
    Mutant(
        "older-page-overrules", "proto/peers.c",
        "if (heard->known && !stamp_newer(page->stamp, heard->stamp))",
        "if (heard->known && page->sender == 0)",
        "what a page says of a role counts only if no newer one spoke of it"),
    Mutant(
        "all-are-new", "proto/peers.c",
        "peer->new_with_us = page->relearning || overlapped;",
        "peer->new_with_us = page->relearning || overlapped || true;",
        "only members that were without memory together may do without a majority"),
    Mutant(
        "promise-not-relearned", "proto/peers.c",
        "m->abstain_until = instant_later(before, instant_plus(m->started_at, longest));",
        "(void)longest;",
        "a member that lost its disk abstains for the longest promise anybody knows of",
        killers=("scenario/state-lost-long-promise",)),
    Mutant(
        "command-follows-nothing", "proto/command.c",
        "(!already && asked->request->follows != role->record.counter)) {",
        "(!already && asked->request->id == 0)) {",
        "a stop or start that follows another command than it knew of is not carried out",
        killers=("scenario/stop-carried-out-once",)),
    Mutant(
        "pause-follows-nothing", "proto/command.c",
        "if (m->paused != paused && asked->request->follows != m->pause_counter) {",
        "if (m->paused != paused && asked->request->id == 0) {",
        "a pause or resume that follows another command than it knew of is not carried out",
        killers=("scenario/pause-carried-out-once",)),
    Mutant(
        "old-copy-trusted", "proto/peers.c",
        "\tdistrust_state(step);\n", "",
        "state that is older than what others remember of this member is as good as lost",
        killers=("scenario/state-put-back",)),
    Mutant(
        "clock-stood-still", "proto/election.c",
        "\tif (claim->state != CLAIM_SEEKING && instant_before(step->now, claim->lease_end))\n"
        "\t\tend_superseded(step, r);\n", "",
        "an owner that hears of a later one has no lease, whatever its clock says",
        killers=("scenario/machine-paused-early",)),
    Mutant(
        "clocks-not-compared", "proto/clock_pause.c",
        "if (missed.ns > enough.ns) {", "if (missed.ns < 0) {",
        "an owner whose clock stood still for longer than its lease has none",
        killers=("scenario/machine-paused",)),
    Mutant(
        "slew-is-not-lost", "proto/slew.c",
        "\t\tcount_lost(step->m, (struct span){behind.ns - slew->least.ns});\n", "",
        "what a slewed clock lost is taken off leases",
        killers=("scenario/slewed-clocks",)),
    Mutant(
        "slew-is-not-gained", "proto/slew.c",
        "\t\tcount_gained(step->m, (struct span){slew->most.ns - behind.ns});\n", "",
        "what a slewed clock gained is added to promises",
        killers=("scenario/slewed-clocks",)),
    Mutant(
        "fenced-promise-ends", "proto/voter.c",
        "(!voter->endless && instant_reached(now, voter->until))",
        "instant_reached(now, voter->until)",
        "a promise to one who has to be off first does not end by time"),
    Mutant(
        "fenced-promise-forgotten", "proto/snapshot.c",
        "role->voter.endless = kept->endless && member_index(m, kept->holder) != NO_MEMBER;",
        "role->voter.endless = false;",
        "a restart of the process does not give a promise without an end one"),
    Mutant(
        "off-without-success", "proto/fence.c",
        "if (!event->as.fenced.is_off) {", "if (event->now.ns < 0) {",
        "only a confirmed off frees a vote"),
    Mutant(
        "isolated-shoots", "proto/fence.c",
        "if (hope.votes < quorum_of(step->m->voters.count))", "if (hope.votes == 0)",
        "a node without a majority switches nobody off",
        killers=("scenario/fence-split",)),
    Mutant(
        "owner-is-shot", "proto/fence.c",
        "instant_before(heard->at, lease_is_over_at(m, holder, heard->same_since)))",
        "heard->at.ns < 0)",
        "nobody is switched off whose promises are still renewed",
        killers=("scenario/fence-one-link",)),
    Mutant(
        "pages-before-a-restart", "proto/snapshot.c",
        "m->heard[peer] = replay_window_up_to(heard);", "m->heard[peer].newest = heard;",
        "of what was on its way before a restart nothing is news",
        killers=("proto/snapshot",)),
    Mutant(
        "every-page-is-news", "proto/replay_window.c",
        "return behind < LOSS_WINDOW && (heard->window >> behind & 1) == 0;",
        "return behind < LOSS_WINDOW;",
        "a page counts once",
        killers=("proto/replay_window",)),
    Mutant(
        "released-at-any-epoch", "proto/election.c",
        "if (claim->state != CLAIM_RELEASING || claim->epoch != epoch)",
        "if (claim->state != CLAIM_RELEASING || epoch == 0)",
        "word of an earlier release does not free what is up now",
        killers=("proto/election",)),
    Mutant(
        "started-at-any-epoch", "proto/election.c",
        "role->claim.epoch != epoch)\n\t\treturn;\n\tsharing_settle(step, r);",
        "epoch == UINT64_MAX)\n\t\treturn;\n\tsharing_settle(step, r);",
        "word of an earlier start does not count for this one",
        killers=("proto/election",)),
    Mutant(
        "disks-without-a-vote", "proto/record.c",
        "if (p != m->setup->self && peer_counts(m, p, now) && heard->known &&",
        "if (p != m->setup->self && peer_is_fresh(m, p, now) && heard->known &&",
        "only disks of voters acknowledge a command",
        killers=("proto/record",)),
    Mutant(
        "own-disk-without-a-vote", "proto/record.c",
        "uint8_t votes = voters_contain(&m->voters, m->self_id);", "uint8_t votes = 1;",
        "the owner's own disk counts only if it votes",
        killers=("proto/record",)),
    Mutant(
        "no-abstention-after-old-copy", "proto/peers.c",
        "instant_later(m->abstain_until, instant_plus(step->now, m->longest_promise));",
        "instant_later(m->abstain_until, step->now);",
        "who was put back to an old state abstains from when it is found out",
        killers=("proto/peers",)),
    Mutant(
        "off-of-any-age", "proto/fence_news.c",
        ".off_after = instant_minus(echoed_at, ago),", ".off_after = step->now,",
        "an off frees only what was promised before it",
        killers=("proto/fence",)),
    Mutant(
        "off-told-by-anybody", "proto/fence_news.c",
        "if (!may_tell(m, r, news->teller))", "if (r >= m->role_count)",
        "only who could take the role says that its owner was off",
        killers=("proto/fence",)),
    Mutant(
        "off-told-with-other-voters", "proto/fence_news.c",
        "if (!peer_same_voters(m, sender))", "if (sender == NO_MEMBER)",
        "an off is believed of who counts with the same voters",
        killers=("proto/fence",)),
    Mutant(
        "owner-not-looked-for", "proto/fence.c",
        "\tlook_for_owner(step, r, &hope);\n", "",
        "an owner that was heard is switched off although its voters have forgotten it",
        killers=("proto/fence",)),
    Mutant(
        "owner-before-a-reboot", "proto/fence.c",
        "report->claim_epoch >= role->noted_owner_epoch &&",
        "report->claim_epoch >= role->voter.top &&",
        "also after a reboot, which raises `top` beyond it",
        killers=("proto/fence",)),
    Mutant(
        "own-vote-beyond-its-promise", "proto/lease.c",
        "tally_add(&support->until, instant_earlier(until, covered));",
        "tally_add(&support->until, until);\n\t(void)covered;",
        "the own vote supports no more than its own promise covers",
        killers=("proto/lease",)),
    Mutant(
        "hearsay-does-not-age", "proto/clock_pause.c",
        "count_as_earlier(&peer->roles[r].fresh_until, missed);", "(void)missed;",
        "what was heard before a standstill is as old as it is",
        killers=("proto/clock_pause",)),
    Mutant(
        "peers-do-not-age", "proto/clock_pause.c",
        "count_as_earlier(&peer->fresh_until, missed);", "(void)missed;",
        "who was heard before a standstill is as long silent as it was",
        killers=("proto/clock_pause",)),
    Mutant(
        "not-confirmed-after-a-gap", "proto/member.c",
        "\tm->reconfirm_since = step->now;\n\tstep_note(", "\tstep_note(",
        "after a long gap nothing is started before a majority has answered",
        killers=("proto/member",)),
    Mutant(
        "acts-unconfirmed", "proto/member.c",
        "!instant_before(claim->confirmed_at, m->reconfirm_since) &&",
        "!instant_before(claim->confirmed_at, INSTANT_PAST) &&",
        "the right to act is confirmed after a gap",
        killers=("proto/member",)),
    Mutant(
        "no-rules-after-a-step", "proto/member.c",
        "out->broken = member_check(m);", "out->broken = NULL;",
        "a state that cannot be right is named",
        killers=("proto/member_check",)),
    Mutant(
        "lease-before-claim", "daemon/shared_memory.c",
        "\tbool wakes = false;\n\tshared_memory_keep(memory, kept);\n",
        "\tbool wakes = false;\n\tfor (size_t i = 0; i < count; i++)\n"
        "\t\twakes |= shared_memory_set_lease(memory, leases[i].role, leases[i].end,\n"
        "\t\t                          leases[i].release);\n\tshared_memory_keep(memory, kept);\n",
        "of a lease that the guard knows the next worker knows the claim",
        killers=("daemon/ledger_race",)),
    Mutant(
        "entry-freed-too-early", "daemon/ledger.c",
        "\tatomic_store(&place->state, LEDGER_WRITING);\n\tatomic_fetch_add(&place->uses, 1);",
        "\tif (before != NULL && before != place)\n"
        "\t\tatomic_store(&before->state, LEDGER_FREE);\n"
        "\tatomic_store(&place->state, LEDGER_WRITING);\n\tatomic_fetch_add(&place->uses, 1);",
        "a resource that is written anew is known at every moment",
        killers=("daemon/ledger_race",)),
    Mutant(
        "entry-up-too-early", "daemon/ledger.c",
        "\tcopy_content(place, entry);\n\tatomic_store(&place->state, LEDGER_UP);",
        "\tatomic_store(&place->state, LEDGER_UP);\n\tcopy_content(place, entry);",
        "what is not written yet is not up",
        killers=("daemon/ledger_race",)),
    Mutant(
        "entry-not-counted", "daemon/ledger.c",
        "\tatomic_fetch_add(&place->uses, 1);\n", "",
        "an entry is told from a later one in its place",
        killers=("daemon/ledger", "daemon/ledger_race")),
    Mutant(
        "entry-read-once", "daemon/ledger.c",
        "return atomic_load(&place->uses) == uses && atomic_load(&place->state) == LEDGER_UP;",
        "return true;",
        "what is written anew while the guard reads it is not believed",
        killers=("daemon/ledger_race",)),
    Mutant(
        "another-entry-released", "daemon/ledger.c",
        "\t(void)atomic_compare_exchange_strong(&place->state, &released, LEDGER_UP);\n",
        "\t(void)released;\n",
        "what took the place of what the guard brought down is still up",
        killers=("daemon/ledger_race",)),
    Mutant(
        "end-of-another-role", "daemon/ledger.c",
        "return atomic_load(&role->id) == id ? end : INSTANT_PAST;", "return end;",
        "the lease end of a place that becomes another role's is not believed",
        killers=("daemon/ledger_race",)),
    Mutant(
        "role-before-its-lease", "daemon/ledger.c",
        "\tatomic_store(&role->release, release.ns);\n"
        "\tatomic_store(&role->lease_end, end.ns);\n\tatomic_store(&role->id, id);\n",
        "\tatomic_store(&role->id, id);\n\tatomic_store(&role->release, release.ns);\n"
        "\tatomic_store(&role->lease_end, end.ns);\n",
        "a role has no lease of another one before its own is stored",
        killers=("daemon/ledger_race",)),
    Mutant(
        "guard-sleeps-on", "daemon/ledger.c",
        "\tatomic_store(&memory->guard_looks_at, at.ns);\n"
        "\treturn instant_earlier(at, shared_memory_next_end(memory, now));",
        "\tstruct instant next = instant_earlier(at, shared_memory_next_end(memory, now));\n"
        "\tatomic_store(&memory->guard_looks_at, at.ns);\n\treturn next;",
        "the guard is told of a lease that is stored while it goes to sleep",
        killers=("daemon/ledger_race",)),
    Mutant(
        "orphan-lives", "daemon/guard.c",
        "\tif (!orphan_is_gone(guard))\n\t\treturn;\n", "\t(void)orphan_is_gone;\n",
        "the worker of a dead guard is killed before another one starts",
        killers=("daemon/test_guard_process.py::"
                 "test_a_stopped_worker_that_a_guard_left_is_killed_by_the_next",)),
    Mutant(
        "nothing-cleaned-up", "daemon/daemon.c",
        "\tcode = clean_up(daemon, kept, error);\n", "\t(void)clean_up;\n",
        "what an earlier life left is down before the first heartbeat says `none`",
        killers=("daemon/test_ends.py::"
                 "test_a_daemon_without_memory_ends_its_leftovers_and_gets_the_role_back_or"
                 "_another",)),
    Mutant(
        "gate-keeps-its-slot", "daemon/gate.c",
        "if (!is_known || entry.slot != slot) {", "if (!is_known) {",
        "an address follows its role to another slot",
        killers=("daemon/gatekeeper",)),
    Mutant(
        "overdue-blocks-all", "proto/candidacy.c",
        "if (peer_role->report.may_run &&\n"
        "\t\t    peer_role->report.claim_epoch < m->roles[r].voter.seen)",
        "if (peer_role->report.may_run && 0)",
        "who was overtaken and cannot prove that it is down does not keep others from the role",
        killers=("proto/overdue", "scenario/script-stops-late")),
    Mutant(
        "overdue-is-fit", "proto/retire.c",
        "if (role->claim.may_run)", "if (0)",
        "a role is not handed to a node that may still run it",
        killers=("proto/overdue",)),
    Mutant(
        "overdue-forgotten", "proto/snapshot.c",
        "claim->may_run = !holds && kept->may_run;", "claim->may_run = false;",
        "what may still run is said by the next life of the daemon, too",
        killers=("proto/overdue",)),
    Mutant(
        "overdue-unsaid", "proto/overdue.c",
        "\tclaim->may_run = true;\n\tstep_changed(step);\n\toverdue_note(step, r);",
        "\tclaim->may_run = false;",
        "what nothing proves to be down is said by every member",
        killers=("proto/overdue", "scenario/script-stops-late")),
]
