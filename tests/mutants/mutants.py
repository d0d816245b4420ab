#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the simulator has teeth: for each rule that keeps a role on one node, breaks it in a
copy of proto/ and demands that sim reports a violation within so many takeovers. Changes nothing
in the tree. A text that is not found exactly once is an error: the rule has moved, move the mutant
too. Where what has to come together is too rare for chance, the mutant names the scenario that must
fail instead.
"""

import argparse
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    rule: str
    scenario: str = ""  # "": the simulator finds it


class Kept(NamedTuple):
    """A rule whose removal the simulator cannot be expected to find, and why it stays."""

    rule: str
    argument: str


MUTANTS = [
    Mutant(
        "echo-is-a-vote", "lease.c",
        "tally_add(&support->until, instant_plus(sent->at, sent->lease));",
        "tally_add(&support->until, hearsay->fresh_until);",
        "a vote is dated by `by`, not by the echo: hearing is not promising"),
    Mutant(
        "todays-lease", "lease.c",
        "tally_add(&support->until, instant_plus(sent->at, sent->lease));",
        "tally_add(&support->until, instant_plus(sent->at, m->timing.lease));",
        "a vote lasts the lease its page declared, not today's setting"),
    Mutant(
        "todays-release", "lease.c",
        "if (sent->release.ns < support->release.ns)",
        "if (sent->release.ns < 0)",
        "a forced release takes no longer than the counted pages declared"),
    Mutant(
        "promise-shortened", "voter.c",
        "\t\tvoter->until = instant_later(voter->until, until);\n\t\tvoter->by = bid->by;",
        "\t\tvoter->until = until;\n\t\tvoter->by = bid->by;",
        "a promise is never shortened by a renewal"),
    Mutant(
        "promise-without-release", "setup.c",
        "int64_t covered = timing.lease.ns + timing.release.ns;",
        "int64_t covered = timing.lease.ns;",
        "a promise covers the forced release after the lease"),
    Mutant(
        "promise-without-drift", "setup.c",
        "(covered * fast + slow - 1) / slow", "covered + 0 * (slow + fast)",
        "a promise covers the drift of both clocks"),
    Mutant(
        "another-life-frees", "voter.c",
        "if (voter->holder != claimant || voter->by.incarnation != incarnation)",
        "if (voter->holder != claimant)",
        "only the life that was promised a vote frees it before its end",
        scenario="restart-without-memory"),
    Mutant(
        "answers-before-it-looks", "request.c",
        "if (p != m->setup->self && !peer_is_fresh(m, p, step->now))", "if (false)",
        "a command that is typed on a daemon which has just begun waits until it knows",
        scenario="typed-at-once"),
    Mutant(
        "no-abstention", "member.c",
        "m->abstaining = instant_before(now, m->abstain_until);", "m->abstaining = false;",
        "a voter that lost its memory abstains for its longest promise"),
    Mutant(
        "abstention-forgotten", "snapshot.c",
        "m->abstain_until = kept->abstain_until;", "m->abstain_until = now;",
        "a restart of the process does not end an abstention"),
    Mutant(
        "restart-says-none", "snapshot.c",
        "if (kept->claim != CLAIM_HOLDING && kept->claim != CLAIM_RELEASING)",
        "if (kept != NULL)",
        "a restarted owner goes on claiming what its memory says is up"),
    Mutant(
        "lease-comes-back", "lease.c",
        "if (claim->state != CLAIM_SEEKING && instant_reached(step->now, claim->lease_end))",
        "if (step->now.ns < 0)",
        "a lease that ended never comes back"),
    Mutant(
        "epoch-not-above-top", "voter.c",
        "if (bid->epoch <= voter->top)", "if (bid->epoch == 0)",
        "a new owner needs an epoch above everything granted or claimed"),
    Mutant(
        "no-freshness", "peers.c",
        "\tconst struct echo *echo = echo_of(page, m->self_id);\n",
        "\tif (page != NULL)\n\t\treturn instant_plus(step->now, m->timing.lease);\n"
        "\tconst struct echo *echo = echo_of(page, m->self_id);\n",
        "only a page that echoes something recent is a bid"),
    Mutant(
        "majority-too-small", "quorum.c",
        "voters / 2 + 1", "(voters + 1) / 2",
        "two majorities share a voter, also of an even number"),
    Mutant(
        "minority-is-enough", "quorum.c",
        "voters / 2 + 1", "(voters + 2) / 3",
        "two majorities share a voter"),
    Mutant(
        "other-voter-set", "peers.c",
        "return peer == m->setup->self || m->peers[peer].voters == m->voters_id;",
        "return peer == m->setup->self || m->peers[peer].voters != 0;",
        "grants count only from members that count with the same voters"),
    Mutant(
        "votes-of-anybody", "lease.c",
        "\t    !voters_contain(&m->voters, m->setup->members[peer].id))\n\t\treturn;\n"
        "\tif (report->holder",
        "\t    m->voters.count == 0)\n\t\treturn;\n\tif (report->holder",
        "grants count only from members of the voter set"),
    Mutant(
        "promise-ignored", "voter.c",
        "if (voter->holder != bid->claimant && !voter_is_free(voter, now) &&\n"
        "\t    !is_succeeded(voter, bid, now))",
        "if (voter->holder != bid->claimant && bid->epoch <= voter->top)",
        "a vote is promised until its promise is over"),
    Mutant(
        "no-restamp", "election.c",
        "\trecord_restamp(step, r);\n", "",
        "a new owner stamps the record anew"),
    Mutant(
        "acknowledged-early", "command.c",
        "instant_before(step->now, role->claim.lease_end) &&\n"
        "\t\t    record_is_decided(m, r, step->now))",
        "instant_before(step->now, role->claim.lease_end))",
        "a command is acknowledged when a majority has it on disk"),
    Mutant(
        "relearned-from-one", "member.c",
        "if (heard < needed && !all_new)", "if (heard < 1)",
        "a member that lost its disk votes only after hearing so many that nothing is missed"),
    Mutant(
        "learned-from-first-pages", "whole.c",
        "has_end = (has_end || is_first) && (whole->pages >> i & 1) != 0;",
        "has_end = has_end || is_first;",
        "a member that lost its disk has heard a peer when it heard all pages of a heartbeat",
        scenario="state-lost-many-roles"),
    Mutant(
        "promise-not-stored", "voter.c",
        "if (bid->promise.ns > terms->longest_promise.ns) {", "if (bid->claimant == 0) {",
        "a promise longer than the disk knows of is not given"),
    Mutant(
        "reboot-reuses-epochs", "snapshot.c",
        "voter_raise_top(&m->roles[i].voter, m->epoch_floor);",
        "voter_raise_top(&m->roles[i].voter, 0);",
        "a reboot starts from the end of the reserved epochs"),
    Mutant(
        "stale-none-frees", "peers.c",
        "if (!report->is_candidate || !instant_before(step->now, fresh_until))",
        "if (!report->is_candidate ||\n\t    (report->claim != CLAIM_NONE && "
        "!instant_before(step->now, fresh_until)))",
        "only a fresh page frees a vote",
        scenario="replayed-after-disk-loss"),
    Mutant(
        "older-page-overrules", "peers.c",
        "if (hearsay->known && !stamp_newer(page->stamp, hearsay->stamp))",
        "if (hearsay->known && page->sender == 0)",
        "what a page says of a role counts only if no newer one spoke of it"),
    Mutant(
        "all-are-new", "peers.c",
        "peer->new_with_us = page->relearning || overlapped;",
        "peer->new_with_us = page->relearning || overlapped || true;",
        "only members that were without memory together may do without a majority"),
    Mutant(
        "promise-not-relearned", "peers.c",
        "m->abstain_until = instant_later(m->abstain_until, instant_plus(m->started_at, longest));",
        "(void)longest;",
        "a member that lost its disk abstains for the longest promise anybody knows of",
        scenario="state-lost-long-promise"),
    Mutant(
        "command-follows-nothing", "command.c",
        "if (!already && asked->request->follows != role->record.counter) {",
        "if (!already && asked->request->id == 0) {",
        "a stop or start that follows another command than it knew of is not carried out",
        scenario="stop-carried-out-once"),
    Mutant(
        "pause-follows-nothing", "command.c",
        "if (m->paused != paused && asked->request->follows != m->pause_counter) {",
        "if (m->paused != paused && asked->request->id == 0) {",
        "a pause or resume that follows another command than it knew of is not carried out",
        scenario="pause-carried-out-once"),
    Mutant(
        "old-copy-trusted", "peers.c",
        "\tdistrust_state(step);\n", "",
        "state that is older than what others remember of this member is as good as lost",
        scenario="state-put-back"),
    Mutant(
        "clock-stood-still", "election.c",
        "\tif (claim->state != CLAIM_SEEKING && instant_before(step->now, claim->lease_end))\n"
        "\t\tend_superseded(step, r);\n", "",
        "an owner that hears of a later one has no lease, whatever its clock says",
        scenario="machine-paused-early"),
    Mutant(
        "clocks-not-compared", "standstill.c",
        "if (missed.ns > enough.ns) {", "if (missed.ns < 0) {",
        "an owner whose clock stood still for longer than its lease has none",
        scenario="machine-paused"),
    Mutant(
        "fenced-promise-ends", "voter.c",
        "(!voter->endless && instant_reached(now, voter->until))",
        "instant_reached(now, voter->until)",
        "a promise to one who has to be off first does not end by time"),
    Mutant(
        "fenced-promise-forgotten", "snapshot.c",
        "role->voter.endless = kept->endless && member_index(m, kept->holder) != NO_MEMBER;",
        "role->voter.endless = false;",
        "a restart of the process does not give a promise without an end one"),
    Mutant(
        "off-without-success", "fence.c",
        "if (!event->as.fenced.is_off) {", "if (event->now.ns < 0) {",
        "only a confirmed off frees a vote"),
    Mutant(
        "isolated-shoots", "fence.c",
        "if (hope.votes < quorum_of(step->m->voters.count))", "if (hope.votes == 0)",
        "a node without a majority switches nobody off",
        scenario="fence-split"),
    Mutant(
        "owner-is-shot", "fence.c",
        "instant_before(hearsay->at, lease_is_over_at(m, holder, hearsay->same_since)))",
        "hearsay->at.ns < 0)",
        "nobody is switched off whose promises are still renewed",
        scenario="fence-one-link"),
]

KEPT = [
    Kept("only an owner, not a seeker, at a later epoch shows that the holder was waited for",
         "nobody seeks while its own vote or a majority is promised without an end; the voter does "
         "not lean on that. tests/proto/test_voter.c shows the rule."),
    Kept("a new life of the holder does not free a promise without an end at once",
         "its claim would have to stand on another page than the first that is heard, and its "
         "lease be over. tests/proto/test_voter.c shows the rule."),
    Kept("an off says nothing of what was promised after it was asked for (`renewed_at`)",
         "whoever was off comes back with a higher incarnation, which the word of it does not "
         "cover; only with its disk lost, and the memory of a majority, it counts from one again. "
         "tests/proto/test_voter.c shows the rule."),
    Kept("a voter refuses a claimant with an older record",
         "a page that tells a seeker of a free vote tells it the newer record too, and it does not "
         "seek before that is on its own disk; the voter does not lean on that."),
    Kept("a relearning voter grants nothing (`terms->relearning`)",
         "nobody counts on a peer that says it is relearning before it seeks; the voter does not "
         "lean on that."),
    Kept("a grant counts only by a page that carried this claim (`first_seq`)",
         "each attempt takes a new epoch, so a grant at this epoch cannot be older than the claim; "
         "the comparison costs nothing and does not lean on that."),
    Kept("`releasing` is renewed, never newly granted",
         "a new grant to who gives up would not bring a lease back, it would only make the next "
         "owner wait for one promise more."),
    Kept("a member that distrusts its disk does so also after a restart of its process",
         "its process has to die in the milliseconds before the disk itself says so; then it would "
         "vote without having learned what the others know."),
    Kept("nothing beyond the epochs reserved on disk is granted",
         "reservation runs half a block of 500 epochs ahead; to be overtaken, a disk has to be "
         "full while others reboot often, and then its host has to reboot with a working disk."),
]


class Result(NamedTuple):
    mutant: Mutant
    found: str  # "" when it was not
    takeovers: int
    seeds: int
    seconds: float


def run(command: list[str], limit: float | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)


class Bench:
    """Objects of the unchanged sources, and what it takes to build one changed."""

    def __init__(self, root: pathlib.Path, proto: pathlib.Path, work: pathlib.Path, cc: str):
        self.root, self.proto, self.work = root, proto, work
        self.compile = [cc, "-std=c11", "-D_GNU_SOURCE", "-O2", "-w"]
        self.sources = sorted(proto.glob("*.c"))
        world = sorted((root / "tests" / "world").glob("*.c"))
        self.programs = {
            "sim": world + [source for source in sorted((root / "tests" / "sim").glob("*.c"))
                            if not source.name.startswith("test_")],
            "scenario": world + sorted((root / "tests" / "scenario").glob("*.c")) +
                        sorted((root / "config").glob("*.c")) + [root / "daemon" / "answer.c"],
        }

    def object(self, source: pathlib.Path, includes: pathlib.Path,
               out: pathlib.Path) -> pathlib.Path:
        target = out / (source.parent.name + "_" + source.stem + ".o")
        made = run([*self.compile, f"-I{includes}", f"-I{self.root}", "-c", str(source),
                    "-o", str(target)])
        if made.returncode != 0:
            sys.exit(f"mutants: {source} does not compile:\n{made.stderr}")
        return target

    def prepare(self, jobs: int) -> None:
        base = self.work / "base"
        base.mkdir()
        every = sorted({*self.sources, *self.programs["sim"], *self.programs["scenario"]})
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            self.objects = dict(zip(every, pool.map(
                lambda source: self.object(source, self.proto.parent, base), every)))

    def link(self, objects: list[pathlib.Path], target: pathlib.Path) -> None:
        made = run([self.compile[0], *map(str, objects), "-lsodium", "-linih", "-o", str(target)])
        if made.returncode != 0:
            sys.exit(f"mutants: {target} does not link:\n{made.stderr}")

    def build(self, mutant: Mutant | None, program: str) -> pathlib.Path:
        place = self.work / (mutant.name if mutant else f"unchanged-{program}")
        place.mkdir()
        objects = dict(self.objects)
        if mutant:
            shutil.copytree(self.proto, place / "proto")
            source = place / "proto" / mutant.file
            text = source.read_text()
            if text.count(mutant.old) != 1:
                sys.exit(f"mutants: {mutant.name}: proto/{mutant.file} has its text "
                         f"{text.count(mutant.old)} times, not once:\n{mutant.old}")
            source.write_text(text.replace(mutant.old, mutant.new))
            objects[self.proto / mutant.file] = self.object(source, place, place)
        self.link([objects[source] for source in self.sources + self.programs[program]],
                  place / program)
        return place / program


def play(scenario: pathlib.Path, mutant: Mutant, root: pathlib.Path) -> Result:
    file = root / "tests" / "scenario" / f"{mutant.scenario}.txt"
    began = time.monotonic()
    ran = run([str(scenario), str(file)], 600)
    broken = re.search(r"a promise is broken: (.*)", ran.stdout)
    what = broken[1] if broken else "tells something else" if ran.returncode else ""
    return Result(mutant, f"scenario {file.stem}: {what}" if what else "", 0, 0,
                  time.monotonic() - began)


def simulate(sim: pathlib.Path, mutant: Mutant | None, takeovers: int) -> Result:
    began = time.monotonic()
    try:
        ran = run([str(sim), "--takeovers", str(takeovers)], 600)
    except subprocess.TimeoutExpired:
        return Result(mutant, "does not end", 0, 0, time.monotonic() - began)
    seconds = time.monotonic() - began
    counts = re.search(r"sim: (\d+) seeds, (\d+) takeovers", ran.stdout)
    seeds, done = (int(counts[1]), int(counts[2])) if counts else (0, 0)
    if ran.returncode == 0:
        return Result(mutant, "", done, seeds, seconds)
    what = re.search(r"sim: seed \d+ \((\S+)\): (.*)", ran.stdout)
    if what:
        return Result(mutant, f"{what[1]}: {what[2]}", done, seeds, seconds)
    aborted = ran.stderr.strip().splitlines()[-1:] or [f"exit {ran.returncode}"]
    return Result(mutant, aborted[0], done, seeds, seconds)


def check_texts(proto: pathlib.Path) -> list[str]:
    """Names of mutants whose text is not there exactly once."""
    return [m.name for m in MUTANTS if (proto / m.file).read_text().count(m.old) != 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    here = pathlib.Path(__file__).resolve().parents[2]
    parser.add_argument("--proto", type=pathlib.Path, default=here / "proto",
                        help="mutate this copy of proto/ instead")
    parser.add_argument("--takeovers", type=int, default=20000)
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--cc", default=os.environ.get("CC", "cc"))
    options = parser.parse_args()
    missing = check_texts(options.proto)
    if missing:
        print("mutants: text not found exactly once:", ", ".join(missing), file=sys.stderr)
        return 2
    chosen = [m for m in MUTANTS if not options.only or m.name in options.only]
    if options.only and len(chosen) != len(options.only):
        print("mutants: no such mutant; there are:", " ".join(m.name for m in MUTANTS),
              file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as work:
        bench = Bench(here, options.proto.resolve(), pathlib.Path(work), options.cc)
        bench.prepare(options.jobs)

        def try_one(mutant: Mutant | None) -> Result:
            if mutant and mutant.scenario:
                return play(bench.build(mutant, "scenario"), mutant, here)
            return simulate(bench.build(mutant, "sim"), mutant, options.takeovers)

        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            unchanged = try_one(None)
            if unchanged.found:
                print(f"mutants: the unchanged code fails already: {unchanged.found}")
                return 1
            scenario = bench.build(None, "scenario")
            for mutant in chosen:
                failed = play(scenario, mutant, here).found if mutant.scenario else ""
                if failed:
                    print(f"mutants: the unchanged code fails already: {failed}")
                    return 1
            print(f"{'mutant':26} {'takeovers':>9} {'seeds':>6} {'seconds':>8}  found as")
            results = []
            for result in pool.map(try_one, chosen):
                results.append(result)
                print(f"{result.mutant.name:26} {result.takeovers:9} {result.seeds:6} "
                      f"{result.seconds:8.1f}  {result.found or 'NOT FOUND'}", flush=True)
    for kept in KEPT:
        print(f"not searched for: {kept.rule}\n    {kept.argument}")
    lost = [r for r in results if not r.found]
    for result in lost:
        print(f"mutants: not found: {result.mutant.rule}")
    print(f"mutants: {len(results) - len(lost)} of {len(results)} found, "
          f"{unchanged.takeovers} takeovers without a violation when nothing is changed")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
