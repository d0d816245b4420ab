# SPDX-License-Identifier: Apache-2.0
"""What scripts/bench measures about the layers that end an ownership, and about a daemon that is
killed or replaced without one: silences of a client, answers of two nodes, addresses that stay.

A silence that an idle address of the same machine shared is the machine's own and does not count;
what is left is compared with what the client lost in the same time before, with nothing disturbed.
"""

import statistics

from measure import VIP, Row, wait_all_vote

from lab import SHORTEST_MS, Cluster, Knocker, Lab, LabError, Role, boottime, paths

ADDRESS = VIP.split("/")[0]
RUNS = 20
SHORT_MS = 5
NEAR_S = 0.005
AFTER_S = 1.5   # a client could notice a disturbance: the daemon is back after a tenth of that
#: An idle address that was silent for so long says that the test machine stood still.
STILL_MS = 30
REPEATS = 2     # of as many runs as count: those that were spoilt are not done again for ever
FLOOD_RATE = 5000
APP = {"type": "process", "command": "/bin/sleep 100000"}


def fault_cluster(lab, options, stalling=None):
    cluster = Cluster(lab, timing=options.timing, settings={"gate": options.gate},
                      roles=[Role("web", VIP, resources={"app": APP})])
    if stalling is not None:
        cluster.give_stalling_disk(stalling)
    cluster.boot()
    cluster.may_stand_in_silence = True     # told of as a row, where it matters
    cluster.idle_prober()
    return cluster


def complain(cluster):
    found = cluster.complaints()
    if found:
        raise LabError("what must never happen: " + "; ".join(found[:5]))


def back_home(cluster):
    """Everybody is well and votes, and the role is up: its owner."""
    wait_all_vote(cluster)
    owner = cluster.wait_up("web")
    cluster.probe("web").wait_owner(owner)
    return owner


class Stillness:
    """Whether the test machine itself stood still: an idle address was silent for long, or a
    witness that nobody disturbs did not run. Such a run says nothing of failoverd."""

    def __init__(self, cluster):
        self._cluster, self._since, self._pauses = cluster, boottime(), self._count(cluster)

    @staticmethod
    def _count(cluster):
        return cluster.status("w1").json["pauses"]["count"]

    def was_seen(self):
        silences = self._cluster.idle_prober().outages(self._since)
        return (any(o["ms"] > STILL_MS for o in silences)
                or self._count(self._cluster) != self._pauses)


def repeat(cluster, runs, once):
    """Calls `once` until so many runs count, and for these what it returns: (function, whether the
    run was spoilt in a way of its own). How many did not count."""
    kept = repeated = 0
    while kept < runs:
        stillness = Stillness(cluster)
        findings, is_spoilt = once()
        if not (is_spoilt or stillness.was_seen()) or repeated >= REPEATS * runs:
            findings()
            kept += 1
        else:
            repeated += 1
    return repeated


def silence_of_takeover(cluster, since):
    """In milliseconds; one too short to be told of counts as the longest of those."""
    return max([o["ms"] for o in cluster.probe("web").outages(since)
                if o["before"] != o["after"]], default=SHORTEST_MS)


# What nobody should notice.


class Unnoticed:
    """Counts, over runs, what changed although nothing should."""

    def __init__(self):
        self.longest, self.back = [], []
        self.lost = self.lost_before = self.epochs = self.services = self.addresses = 0

    def run(self, cluster, disturb):
        """One run; what it returns counts it."""
        window = 1.5 * cluster.promise
        owner = back_home(cluster)
        calm = boottime()
        cluster.pass_time(window)
        before, since = cluster.status(owner), boottime()
        disturb(cluster, owner)
        back = (boottime() - since) * 1000
        cluster.pass_time(since + window - boottime())
        after = cluster.status(owner)
        lost_before = silences_of_web_alone(cluster, calm)
        lost = silences_of_web_alone(cluster, since)
        # What is to be shown is measured with the idle address first.
        is_spoilt = any(o["ms"] > SHORT_MS and o["start"] < since + AFTER_S
                        for o in cluster.idle_prober().outages(since))

        def count():
            self.back.append(back)
            self.longest.append(max(lost, default=0.0))
            self.lost += len(lost)
            self.lost_before += len(lost_before)
            same = after is not None and after.owner("web") == owner
            self.epochs += not same or after.epoch("web") != before.epoch("web")
            self.services += not same or after.process("app") != before.process("app")
            self.addresses += cluster.watch.intervals(ADDRESS)[-1][1] > since
        return count, is_spoilt

    def rows(self, name, repeated):
        details = {"runs": len(self.back), "repeated": repeated,
                   "longest_silence_ms": max(self.longest)}
        return [Row(f"{name}: silences beyond 5 ms", self.lost, "", self.lost_before, details),
                Row(f"{name}: as many as before, undisturbed", self.lost_before, ""),
                Row(f"{name}: new epochs or owners", self.epochs, "", 0),
                Row(f"{name}: services with another process id", self.services, "", 0),
                Row(f"{name}: times the address left", self.addresses, "", 0),
                Row(f"{name}: daemon answers again, median", statistics.median(self.back), "ms"),
                Row(f"{name}: daemon answers again, worst", max(self.back), "ms"),
                Row(f"{name}: runs repeated", repeated, "")]


def silences_of_web_alone(cluster, start):
    """In milliseconds, those beyond 5 ms in the time right after `start` which an idle address did
    not share, give or take what it takes to ask."""
    idle = cluster.idle_prober().outages(start)
    return [o["ms"] for o in cluster.probe("web").outages(start)
            if o["ms"] > SHORT_MS and o["start"] < start + AFTER_S
            and not any(i["start"] - NEAR_S < o["end"] and o["start"] - NEAR_S < i["end"]
                        for i in idle)]


def kill_worker(cluster, owner):
    daemon = cluster.members[owner].daemon
    _, old = daemon.wait_both()
    daemon.kill_worker()
    daemon.wait_both(other_than=[old])
    cluster.wait_for(lambda: cluster.status(owner), "the new worker answers")


def kill_guard(cluster, owner):
    daemon = cluster.members[owner].daemon
    old = daemon.wait_both()
    daemon.kill_guard()
    daemon.wait_both(other_than=old)
    cluster.wait_for(lambda: cluster.status(owner), "the new worker answers")


def upgrade(cluster, owner):
    _, old = cluster.members[owner].daemon.wait_both()
    cluster.upgrade(owner)
    cluster.members[owner].daemon.wait_both(other_than=[old])
    cluster.wait_for(lambda: cluster.status(owner), "the new program answers")


def measure_unnoticed(name, disturb, options):
    """Under load: a client each millisecond, and a flood of junk at the owner."""
    counts = Unnoticed()
    with Lab() as lab:
        cluster = fault_cluster(lab, options)
        attacker = lab.host("attacker")
        cluster.switch.connect(attacker, 66)
        target = f"{cluster.switch.ports['alpha'][0].ipv4}:7360"
        attacker.start("flood", [paths.tool("flood"), FLOOD_RATE, 36000, "random", "own", target])

        def once():
            # The guard takes five deaths within a minute for a fault of the program.
            if disturb is kill_worker:
                cluster.pass_time(12)
            return counts.run(cluster, disturb)
        repeated = repeat(cluster, options.runs or RUNS, once)
        complain(cluster)
    return counts.rows(f"{name}, {options.timing}", repeated)


# What makes the role move.


def isolate_hung(cluster, owner):
    cluster.isolate(owner)
    return cluster.members[owner].daemon.stop_worker()


def cont_hung(cluster, owner):
    """Unless its guard, which kills what hangs for ten seconds, was first."""
    daemon = cluster.members[owner].daemon
    if daemon.worker is not None:
        daemon.cont_worker()


def heal_hung(cluster, owner):
    cluster.heal()
    cont_hung(cluster, owner)


def daemon_of(cluster, owner):
    return cluster.members[owner].daemon


#: name: (what is done to the owner, how it is undone, how long it lasts in seconds)
STUCK = {
    "both-kill": (lambda c, o: daemon_of(c, o).kill_both(), lambda c, o: c.start(o), 4),
    "worker-stop": (lambda c, o: daemon_of(c, o).stop_worker(), cont_hung, 10),
    "both-stop": (lambda c, o: daemon_of(c, o).stop_both(),
                  lambda c, o: daemon_of(c, o).cont_both(), 10),
    "freeze": (lambda c, o: c.freeze(o), lambda c, o: c.thaw(o), 8),
    "isolated-hung": (isolate_hung, heal_hung, 10),
}


class Stuck:
    """Counts, over runs, how the role left a node that could not act."""

    def __init__(self):
        self.outages, self.both, self.gone, self.twice = [], [], [], 0

    def run(self, cluster, fault):
        """One run; what it returns counts it."""
        begin, end, seconds = fault
        prober = cluster.probe("web")
        owner = back_home(cluster)
        other = next(name for name in cluster.nodes if name != owner)
        # One that hangs for ten seconds is killed by its guard, one that goes on in time is not.
        daemon_of(cluster, owner).deaths_caused += 1
        since = begin(cluster, owner)
        taker = cluster.wait_up("web", after=owner, seen_by=other)
        prober.wait_owner(taker)
        cluster.pass_time(max(0.0, since + seconds - boottime()))
        end(cluster, owner)
        back_home(cluster)
        cluster.pass_time(0.3)

        def count():
            self.outages.append(silence_of_takeover(cluster, since))
            duals = [e["t"] for e in prober.program.events("dual") if e["t"] >= since]
            # Both answered a question each 5 ms.
            self.both.append((duals[-1] - duals[0]) * 1000 + 5 if duals else 0.0)
            self.twice += bool(duals)
            stood = [i for i in cluster.watch.intervals(ADDRESS) if i[0] == owner][-1]
            self.gone.append((stood[2] - since) * 1000)
        return count, False

    def rows(self, name, cluster, repeated):
        runs = {"runs": len(self.both), "repeated": repeated}
        promise = cluster.promise * 1000
        slack = {"lan": 150, "fast": 40}[cluster.timing]
        # Without whole seconds the kernel cannot end an address: there the gate has to do.
        bound = promise if cluster.timing == "lan" else None
        return [Row(f"{name}: two answered, longest", max(self.both), "ms",
                    cluster.heartbeat * 1000 + 20, runs),
                Row(f"{name}: runs in which two answered", self.twice, ""),
                Row(f"{name}: address gone, median", statistics.median(self.gone), "ms"),
                Row(f"{name}: address gone, worst", max(self.gone), "ms", bound),
                Row(f"{name}: silence, median", statistics.median(self.outages), "ms"),
                Row(f"{name}: silence, worst", max(self.outages), "ms", round(promise + slack, 1)),
                Row(f"{name}: runs repeated", repeated, "")]


def measure_stuck(name, options):
    counts = Stuck()
    with Lab() as lab:
        cluster = fault_cluster(lab, options)
        repeated = repeat(cluster, options.runs or RUNS, lambda: counts.run(cluster, STUCK[name]))
        complain(cluster)
    return counts.rows(f"{name}, {options.timing}, gate {options.gate}", cluster, repeated)


# The packet gate to the millisecond.


def knock_once(cluster, lab, how):
    """When each kind of question was last answered, in milliseconds after the lease end."""
    owner = back_home(cluster)
    neighbour = next((host for host in lab.hosts if host.name == "neighbour"), None)
    if neighbour is None:
        neighbour = lab.host("neighbour")
        cluster.switch.connect(neighbour, 67)
    knocker = Knocker(neighbour, ADDRESS, cluster.members[owner].host, cluster.switch)
    cluster.pass_time(0.1)
    daemon = daemon_of(cluster, owner)
    since = getattr(daemon, how)()
    end = daemon.lease_end()
    other = next(name for name in cluster.nodes if name != owner)
    cluster.wait_up("web", after=owner, seen_by=other)
    cluster.pass_time(0.2)
    last = knocker.stop()
    if min(last.values()) < since - 1:
        raise LabError(f"a kind of question was not answered before: {last}")
    if how == "stop_both":
        daemon.cont_both()
    else:
        cluster.start(owner)
    return {kind: (when - end) * 1000 for kind, when in last.items()}


def measure_gate(options):
    rows = []
    for timing in ("lan", "fast"):
        options.timing = timing
        for how, words in (("kill_both", "killed"), ("stop_both", "stopped")):
            with Lab() as lab:
                cluster = fault_cluster(lab, options)
                found = [knock_once(cluster, lab, how) for _ in range(options.runs or RUNS)]
                complain(cluster)
            worst = {kind: round(max(f[kind] for f in found), 3) for kind in found[0]}
            rows.append(Row(f"gate, {timing}, both {words}: last answer after lease end",
                            max(worst.values()), "ms", SHORT_MS, {"runs": len(found), **worst}))
    return rows


# An orderly end.


def measure_stop(options):
    """SIGTERM at the guard, as `systemctl stop` sends it, beside moves of the same role."""
    outages = {"stop": [], "move": []}
    with Lab() as lab:
        cluster = fault_cluster(lab, options)
        prober = cluster.probe("web")
        for _ in range(options.runs or RUNS):
            for kind, found in outages.items():
                owner = back_home(cluster)
                other = next(name for name in cluster.nodes if name != owner)
                since = boottime()
                if kind == "stop":
                    cluster.end_daemon(owner, 15)
                else:
                    cluster.must("w1", "move", "web", other, "--wait")
                cluster.wait_up("web", other, seen_by=other)
                prober.wait_owner(other)
                found.append(silence_of_takeover(cluster, since))
                if kind == "stop":
                    cluster.start(owner)
        complain(cluster)
    name = f"stop of the daemon, {options.timing}"
    worst = max(outages["move"])
    details = {"runs": len(outages["stop"]), "move_median_ms": statistics.median(outages["move"]),
               "move_worst_ms": worst}
    return [Row(f"{name}: silence, median", statistics.median(outages["stop"]), "ms", 10, details),
            Row(f"{name}: silence, worst", max(outages["stop"]), "ms", 25, details),
            Row("move of the same role: silence, worst", worst, "ms")]


# Wants.


def measure_want(name, options):
    """The owner's host lacks something for a minute: nobody else may have the role with it."""
    with Lab() as lab:
        cluster = fault_cluster(lab, options, stalling="alpha" if name == "disk" else None)
        prober, since = cluster.probe("web"), boottime()
        with cluster.want(name, "alpha"):
            while boottime() < since + options.starve_seconds:
                # Something to write down, which is refused while it cannot be.
                cluster.command("w1", "pause", "alpha", "--timeout", "2s")
                cluster.command("w1", "resume", "alpha", "--timeout", "2s")
        cluster.wait_for(lambda: cluster.command("w1", "resume", "alpha")[0] == 0, "it is resumed",
                         60)
        cluster.pass_time(cluster.promise)
        back_home(cluster)
        duals = [e for e in prober.program.events("dual") if e["t"] >= since]
        changes = prober.changes(since)
        ended = cluster.said_anywhere("lease expired at epoch", since)
        complain(cluster)
    longest = max([o["ms"] for o in prober.outages(since)], default=0.0)
    title = f"{name}, {options.timing}, {options.starve_seconds} s"
    return [Row(f"{title}: questions that two answered", len(duals), "", 0),
            Row(f"{title}: takeovers", len(changes), "", None, {"longest_silence_ms": longest}),
            Row(f"{title}: takeovers without an explained end",
                max(0, len(changes) - len(ended)), "", 0, {"said": ended[:5]})]


FAULT_MEASUREMENTS = {
    "worker-kill": lambda o: measure_unnoticed("worker killed", kill_worker, o),
    "guard-kill": lambda o: measure_unnoticed("guard killed", kill_guard, o),
    "upgrade": lambda o: measure_unnoticed("program replaced", upgrade, o),
    **{name: (lambda o, name=name: measure_stuck(name, o)) for name in STUCK},
    "gate": measure_gate,
    "stop": measure_stop,
    **{name: (lambda o, name=name: measure_want(name, o))
       for name in ("processor", "memory", "disk")},
}
