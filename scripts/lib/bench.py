# SPDX-License-Identifier: Apache-2.0
"""The measurements of scripts/bench, each on real daemons in network namespaces: outages, memory,
processor time, and what floods and losses do. Called with everything built."""

import argparse
import json
import platform
import signal
import statistics
import subprocess
import sys
from pathlib import Path

from measure import (PORT, ROOT, Row, nearest_rank, new_cluster, verdict_of,
                     wait_all_vote)
from faults import FAULT_MEASUREMENTS

from lab import SHORTEST_MS, Lab, LabError, boottime, enter_user_namespace, paths, why_impossible

FLOOD_RATE = 100_000


def power_off_once(cluster):
    """The outage of the client in milliseconds."""
    prober = cluster.probe("web")
    owner = cluster.owner("web")
    since = cluster.power_off(owner)
    taker = cluster.wait_up("web", after=owner)
    prober.wait_owner(taker)
    outage = next(o["ms"] for o in prober.outages(since) if o["after"] == taker)
    cluster.power_on(owner)
    wait_all_vote(cluster)
    return outage


def measure_takeover(timing, slack_ms, options):
    with Lab() as lab:
        cluster = new_cluster(lab, timing)
        outages = [power_off_once(cluster) for _ in range(options.runs or 30)]
        verdict_of(cluster)
        late = cluster.probe("web").summary()["late_ms"]
    promise = cluster.promise * 1000
    name = f"takeover after power-off, {timing}"
    details = {"runs": len(outages), "promise_ms": round(promise, 2), "prober_late_ms": late}
    return [Row(f"{name}: median", statistics.median(outages), "ms", details=details),
            Row(f"{name}: 99th percentile", nearest_rank(outages, 99), "ms",
                round(promise + slack_ms, 1), details)]


def measure_moves(options):
    with Lab() as lab:
        cluster = new_cluster(lab, "lan")
        prober = cluster.probe("web")
        outages = []
        for _ in range(options.runs or 30):
            target = "beta" if cluster.owner("web") == "alpha" else "alpha"
            since = boottime()
            cluster.must("w1", "move", "web", target, "--wait")
            prober.wait_owner(target)
            # One too short to be told of counts as the longest of those.
            outages.append(max(sum(o["ms"] for o in prober.outages(since)), SHORTEST_MS))
        verdict_of(cluster)
    details = {"runs": len(outages)}
    name = "planned move of an address"
    return [Row(f"{name}: median", statistics.median(outages), "ms", 10, details),
            Row(f"{name}: worst", max(outages), "ms", 25, details)]


def processor_seconds(pid):
    """Time on a processor of all threads, exactly where the kernel tells it."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def resident_mib(pid):
    """What guard and worker share counts half for each."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
    return int(line.split()[1]) / 1024


def measure_cost(timing, bound_percent, options):
    with Lab() as lab:
        cluster = new_cluster(lab, timing)
        cluster.pass_time(2)    # the first announcements and the last of the start
        pids = {name: member.daemon.wait_both() for name, member in cluster.members.items()}
        before = {name: sum(map(processor_seconds, both)) for name, both in pids.items()}
        start = boottime()
        cluster.pass_time(options.seconds)
        passed = boottime() - start
        used = {name: (sum(map(processor_seconds, both)) - before[name]) / passed * 100
                for name, both in pids.items()}
        resident = {name: sum(map(resident_mib, both)) for name, both in pids.items()}
        verdict_of(cluster)
    return [Row(f"resident memory, {timing}: largest member", max(resident.values()), "MiB", 8,
                {name: round(value, 2) for name, value in resident.items()}),
            Row(f"processor, {timing}: busiest member", max(used.values()), "% core", bound_percent,
                {name: round(value, 4) for name, value in used.items()})]


def disturb(cluster, seconds, begin):
    """Runs `begin`, lets `seconds` pass after it; how often the owner changed and a lease ended."""
    prober = cluster.probe("web")
    since = boottime()
    begin()
    cluster.pass_time(max(0.0, seconds - (boottime() - since)))
    changes = len(prober.changes(since))
    # By the words of proto/note.c.
    ended = sum(line.count("lease expired at epoch") for name in cluster.members
                for when, line in cluster.members[name].daemon.lines if when >= since)
    longest = max([o["ms"] for o in prober.outages(since)], default=0.0)
    return changes, ended, longest


def measure_flood(options):
    rows = []
    for kind in ("random bytes", "wrong tag"):
        with Lab() as lab:
            cluster = new_cluster(lab, "lan")
            attacker = lab.host("attacker")
            cluster.switch.connect(attacker, 66)
            template, source = "random", "own"
            if kind == "wrong tag":
                template, source = record_one(cluster, lab), cluster.switch.ports["beta"][0].ipv4
            target = f"{cluster.switch.ports['alpha'][0].ipv4}:{PORT}"
            told = {}

            def flood():
                program = attacker.start("flood", [
                    paths.tool("flood"), FLOOD_RATE, options.flood_seconds, template, source,
                    target])
                program.wait_end(options.flood_seconds * 10)
                told.update(json.loads(program.text()))
            changes, ended, longest = disturb(cluster, options.flood_seconds, flood)
            verdict_of(cluster)
        details = {"per_second": told["per_second"], "seconds": told["seconds"],
                   "longest_silence_ms": longest}
        rows += [Row(f"flood, {kind}: takeovers", changes, "", 0, details),
                 Row(f"flood, {kind}: ended leases", ended, "", 0, details)]
    return rows


def record_one(cluster, lab):
    """A file with one real heartbeat to the owner, headers taken off."""
    tape, template = lab.directory / "tape", lab.directory / "template"
    recorder = cluster.members["alpha"].host.start("tape", [
        paths.tool("tape"), "record", "eth0", PORT, tape])
    recorder.wait_event("ready")
    cluster.wait_for(lambda: tape.stat().st_size > 2000, "a few heartbeats")
    recorder.stop()
    data = tape.read_bytes()
    template.write_bytes(data[4 + 14 + 20 + 8:4 + int.from_bytes(data[:4], sys.byteorder)])
    return str(template)


def measure_loss(percent, minutes, bound, options):
    with Lab() as lab:
        cluster = new_cluster(lab, "lan")
        changes, longest = 0, 0.0
        for _ in range(minutes):
            found = disturb(cluster, options.loss_seconds, lambda: cluster.lose_everywhere(percent))
            changes, longest = changes + found[0], max(longest, found[2])
            cluster.heal()
            cluster.wait_all_agree()
        verdict_of(cluster)
    name = f"loss of {percent} %, {minutes} x {options.loss_seconds} s, lan: takeovers"
    return [Row(name, changes, "", bound, {"longest_silence_ms": longest})]


MEASUREMENTS = {
    "takeover-fast": lambda o: measure_takeover("fast", 40, o),
    "takeover-lan": lambda o: measure_takeover("lan", 150, o),
    "move": measure_moves,
    "cost-lan": lambda o: measure_cost("lan", 0.3, o),
    "cost-fast": lambda o: measure_cost("fast", 3, o),
    "flood": measure_flood,
    "loss-20": lambda o: measure_loss(20, 1, 0, o),
    "loss-50": lambda o: measure_loss(50, 2, 1, o),
    **FAULT_MEASUREMENTS,
}


def parse():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__.split("\n\n")[0])
    parser.add_argument("rows", nargs="*", metavar="ROW", help=", ".join(MEASUREMENTS))
    parser.add_argument("--json", action="store_true", help="a JSON document in place of the table")
    parser.add_argument("--runs", type=int,
                        help="of what is done again and again (takeovers and moves 30, faults 20)")
    parser.add_argument("--timing", choices=("lan", "fast"), default="lan",
                        help="of the rows about faults (lan)")
    parser.add_argument("--gate", choices=("auto", "off"), default="auto",
                        help="the packet gate in the rows about faults (auto)")
    parser.add_argument("--starve-seconds", type=int, default=60, help="of each want (60)")
    parser.add_argument("--seconds", type=int, default=30, help="of memory and processor (30)")
    parser.add_argument("--flood-seconds", type=int, default=20, help="of each flood (20)")
    parser.add_argument("--loss-seconds", type=int, default=60, help="of each loss (60)")
    options = parser.parse_args()
    unknown = [row for row in options.rows if row not in MEASUREMENTS]
    if unknown:
        parser.error(f"there is no row {unknown[0]}; the rows are {', '.join(MEASUREMENTS)}")
    return options


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "describe", "--always", "--dirty"],
                          capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def main():
    options = parse()
    enter_user_namespace([sys.executable, *sys.argv])
    reason = why_impossible()
    if reason is not None:
        sys.exit(f"scripts/bench: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    rows, failures = [], []
    for name in options.rows or MEASUREMENTS:
        try:
            found = MEASUREMENTS[name](options)
        except LabError as error:
            failures.append(f"{name}: {error}")
            print(f"{name}: failed: {error}", file=sys.stderr)
            continue
        rows += found
        if not options.json:
            print("\n".join(row.as_text() for row in found), flush=True)
    if options.json:
        print(json.dumps({"commit": commit(), "machine": platform.platform(),
                          "rows": [row.as_json() for row in rows], "failures": failures}, indent=2))
    sys.exit(0 if not failures and all(row.holds for row in rows) else 1)


main()
