# SPDX-License-Identifier: Apache-2.0
"""The daemon itself ends, comes back, and answers for its state."""

import signal

from lab import Role, boottime, paths

VIP = "10.77.0.100/24"


def test_sigterm_hands_the_roles_over(make):
    """Fault 66: the service is stopped."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    prober = cluster.probe("web")
    since = boottime()

    assert cluster.end_daemon("alpha", signal.SIGTERM) == 0
    cluster.wait_up("web", "beta")
    prober.wait_owner("beta")

    # A handover may be too short for the prober to tell of it.
    longest = max((outage["ms"] for outage in prober.outages(since)), default=0)
    assert longest < cluster.promise * 1000, "without waiting for the promise"
    cluster.start("alpha")
    cluster.wait_all_agree()
    assert cluster.owner("web") == "beta"


def test_sigterm_without_another_node_releases_everything(make):
    """Fault 66: the service is stopped, and nobody can take its roles."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    cluster.power_off("beta")
    cluster.wait_up("web", "alpha")
    assert cluster.end_daemon("alpha", signal.SIGTERM) == 0
    _, text = cluster.members["alpha"].host.run(["ip", "addr", "show", "dev", "eth0"])
    assert "10.77.0.100" not in text


def test_a_killed_daemon_that_comes_back_within_the_lease_goes_on(make, calm):
    """Fault 2: guard and worker of the owner are killed together, and started again at once."""
    app = {"type": "process", "command": "/bin/sleep 1000"}
    cluster = make(timing="lan", roles=[Role("web", VIP, resources={"app": app})]).boot()
    before = cluster.status("alpha").process("app")
    with calm(cluster, seconds=2 * cluster.promise):
        cluster.end_daemon("alpha", signal.SIGKILL)
        cluster.start("alpha")
        cluster.wait_all_agree()
    assert cluster.status("alpha").process("app") == before


def test_a_killed_bystander_and_a_killed_witness_come_back_unnoticed(make, calm):
    cluster = make(roles=[Role("web", VIP)]).boot()
    for name in ("beta", "w1"):
        with calm(cluster, seconds=2 * cluster.promise):
            cluster.end_daemon(name, signal.SIGKILL)
            cluster.start(name)
        cluster.wait_all_agree()


def test_the_whole_cluster_comes_back_after_a_power_cut(make):
    """Fault 22: every member reboots at once."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    epoch = cluster.status("alpha").epoch("web")
    for name in list(cluster.members):
        cluster.power_off(name)
    for name in list(cluster.members):
        cluster.power_on(name)
    owner = cluster.wait_up("web")
    cluster.wait_all_agree()
    assert cluster.status(owner).epoch("web") > epoch, "an epoch is never used twice"


def test_status_tells_by_its_exit_code(make):
    cluster = make(roles=[Role("web", VIP)]).boot()
    for name in cluster.members:
        assert cluster.command(name, "status")[0] == 0

    cluster.power_off("w1")
    cluster.power_off("alpha")
    cluster.wait_for(lambda: cluster.command("beta", "status")[0] == 3, "beta has no quorum")

    cluster.end_daemon("beta")
    code, _, err = cluster.command("beta", "status")
    assert code == 4
    assert "run" in err, "it says that no daemon runs"


def test_check_accepts_what_the_daemons_run_with(make):
    cluster = make(roles=[Role("web", VIP)])
    member = cluster.members["alpha"]
    code, text = member.host.run([
        paths.FAILOVERD, "check",
        *member.options("config", "key", "state-dir", "run-dir")])
    assert code == 0, text
    assert "255" in text or "0.26" in text or "ms" in text, "it prints the worst-case failover time"


def test_a_second_daemon_on_the_same_directories_refuses_to_run(make, calm):
    cluster = make(roles=[Role("web", VIP)]).boot()
    member = cluster.members["alpha"]
    with calm(cluster, seconds=cluster.promise):
        code, text = member.host.run([
            paths.FAILOVERD, "run",
            *member.options("config", "key", "state-dir", "run-dir")])
        assert code != 0, text
