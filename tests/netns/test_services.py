# SPDX-License-Identifier: Apache-2.0
"""Processes and scripts behind the address: crash loops, time-outs, order, nothing left behind."""

from lab import Role, boottime

VIP = "10.77.0.100/24"


def shell(script):
    return f"/bin/sh -c '{script}'"


def process(script, **settings):
    return {"type": "process", "command": shell(script), **settings}


def script(start="exit 0", stop="exit 0", status="exit 0", **settings):
    return {"type": "script", "start": shell(start), "stop": shell(stop), "status": shell(status),
            **settings}


def test_a_process_that_dies_is_restarted_in_place_first(make, calm):
    """Fault 33: the service alone is killed."""
    cluster = make(roles=[Role("web", VIP, resources={"app": process("exec sleep 1000")})]).boot()
    with calm(cluster, seconds=2 * cluster.promise):
        for _ in range(2):
            before = cluster.status("alpha").process("app")
            cluster.members["alpha"].host.run(["/bin/sh", "-c", f"kill -9 {before}"])
            cluster.wait_for(lambda: cluster.status("alpha").process("app") not in (None, before),
                             "the process runs again")
    assert cluster.status("alpha").restarts("app") == 2


def test_a_crash_loop_on_one_node_moves_the_role_to_a_node_where_it_runs(make, tmp_path):
    """Fault 42: a service does not run on one node."""
    bad = tmp_path / "bad-on-alpha"
    bad.touch()
    app = process(f'test "$(uname -n)" = alpha -a -e {bad} && exit 1; exec sleep 1000')
    cluster = make(roles=[Role("web", VIP, resources={"app": app})])
    cluster.start_all()
    cluster.wait_up("web", "beta")
    cluster.probe("web").wait_owner("beta")
    assert cluster.log("alpha").count("app") > 3, "the log tells of each restart"


def test_a_role_that_fails_everywhere_is_tried_until_it_runs(make, tmp_path):
    """Fault 43: a service runs nowhere."""
    good = tmp_path / "good"
    app = process(f"test -e {good} || exit 1; exec sleep 1000")
    cluster = make(roles=[Role("web", VIP, resources={"app": app})])
    cluster.start_all()
    cluster.wait_for(lambda: all(cluster.status(n) and cluster.status(n).failures("web", n) > 0
                                 for n in cluster.nodes), "it failed on every node", 30)
    code, _, _ = cluster.command("w1", "status")
    assert code == 3

    good.touch()
    cluster.wait_up("web", timeout=60)


def test_a_start_that_hangs_is_killed_and_the_role_tried_elsewhere(make, tmp_path):
    started = tmp_path / "started"
    slow = script(start=f'test "$(uname -n)" = alpha && exec sleep 1000; touch {started}',
                  **{"start_timeout": "300ms", "restart": "none"})
    cluster = make(roles=[Role("web", VIP, resources={"slow": slow})])
    cluster.start_all()
    cluster.wait_up("web", "beta")
    assert started.exists()
    assert sleepers(cluster, "alpha") == []


def test_a_stop_that_hangs_is_killed_and_the_move_goes_on(make, tmp_path):
    """Fault 44: a stop hangs."""
    flag = f"{tmp_path}/up-on-$(uname -n)"
    slow = script(start=f"touch {flag}", stop=f"rm {flag}; exec sleep 1000",
                  status=f"test -e {flag}", **{"stop_timeout": "300ms"})
    cluster = make(roles=[Role("web", VIP, resources={"slow": slow})]).boot()
    cluster.must("w1", "move", "web", "beta", "--wait")
    cluster.probe("web").wait_owner("beta")
    assert sleepers(cluster, "alpha") == []


def test_what_cannot_be_stopped_keeps_its_role_from_running_twice(make, tmp_path):
    """Fault 45: a stop fails, and the service lives on."""
    flag = f"{tmp_path}/up-on-$(uname -n)"
    stuck = tmp_path / "stuck"
    app = script(start=f"touch {flag}", stop=f"test -e {stuck} && exit 1; rm -f {flag}",
                 status=f"test -e {flag}", **{"stop_timeout": "300ms"})
    cluster = make(timing="lan", roles=[Role("web", VIP, resources={"app": app})]).boot()
    stuck.touch()
    code, _, err = cluster.command("w1", "move", "web", "beta", "--wait", "--timeout", "2s")
    assert code == 1 and err
    assert [path.name for path in tmp_path.glob("up-on-*")] == ["up-on-alpha"]

    stuck.unlink()
    cluster.wait_up("web", "beta")
    assert [path.name for path in tmp_path.glob("up-on-*")] == ["up-on-beta"]


def test_a_status_that_fails_or_hangs_is_a_failure_of_the_resource(make, tmp_path):
    """Fault 47: a check fails or hangs."""
    for name, sick in (("fails", "exit 1"), ("hangs", "exec sleep 1000")):
        ill = tmp_path / name
        app = script(status=f"test -e {ill} && {sick}; exit 0",
                     **{"status_interval": "100ms", "status_timeout": "200ms", "restart": "none"})
        cluster = make(roles=[Role("web", VIP, resources={"app": app})]).boot()
        ill.touch()
        cluster.wait_log("alpha", "app")
        cluster.wait_for(lambda: cluster.probe("web").changes()[1:2] == ["beta"], "beta takes it")
        ill.unlink()
        cluster.wait_up("web")


def test_resources_start_in_order_and_stop_in_reverse(make, tmp_path):
    log = tmp_path / "order"
    parts = {name: script(start=f"echo +{name} >>{log}", stop=f"echo -{name} >>{log}")
             for name in ("one", "two", "three")}
    cluster = make(roles=[Role("web", resources=parts)]).boot()
    cluster.must("w1", "move", "web", "beta", "--wait")
    assert log.read_text().split() == ["+one", "+two", "+three", "-three", "-two", "-one",
                                       "+one", "+two", "+three"]


def test_a_resource_that_is_not_critical_never_fails_its_role(make, calm):
    extra = process("exit 1", critical="no")
    cluster = make(roles=[Role("web", VIP, resources={"extra": extra})]).boot()
    with calm(cluster, seconds=1.0):
        assert cluster.owner("web") == "alpha"


def test_children_of_a_process_end_with_it(make):
    app = process("sleep 1000 & sleep 1000 & wait")
    cluster = make(roles=[Role("web", VIP, resources={"app": app})]).boot()
    cluster.wait_for(lambda: len(sleepers(cluster, "alpha")) == 2, "the children run")
    cluster.must("w1", "move", "web", "beta", "--wait")
    assert sleepers(cluster, "alpha") == []
    cluster.wait_for(lambda: len(sleepers(cluster, "beta")) == 2, "the children run on beta")
    since = boottime()
    cluster.isolate("beta")
    cluster.wait_up("web", "alpha", seen_by="alpha")
    cluster.wait_for(lambda: sleepers(cluster, "beta") == [], "beta has killed them")
    assert boottime() - since < 10


def sleepers(cluster, name):
    """Processes of the machine that only sleep."""
    _, text = cluster.members[name].host.run(["ps", "-e", "-o", "pid=,comm="])
    return [line for line in text.splitlines() if line.split()[-1] == "sleep"]
