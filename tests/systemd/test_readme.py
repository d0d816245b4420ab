# SPDX-License-Identifier: Apache-2.0
"""The commands of the README, as they stand there, typed on fresh machines: packages are installed,
a cluster begins, grows, is upgraded and removed."""

import re

import pytest

from conftest import OPEN_CLUSTERS
from lab import Lab, boottime, paths
from nodes import UNIT, FreshCluster, make_fresh

PATIENCE = 60
FIRST = ("alpha", "beta", "w1")
CONFIGURATION = "/etc/failoverd/failoverd.ini"
README = (paths.ROOT / "README.md").read_text()


def blocks():
    """What the README has for typing and for the file, in its order."""
    indented = r"(?:^    .*\n|^\n(?=    ))+"
    fenced = r"^```ini\n(?:.*\n)*?^```\n"
    for found in re.finditer(f"{fenced}|(?<=\n\n){indented}", README, re.M):
        text = found.group()
        yield text[len("```ini\n"):-len("```\n")] if text.startswith("```") else re.sub(
            "^    ", "", text, flags=re.M)


def block(*words):
    """The only one that has all of these words."""
    found = [text for text in blocks() if all(word in text for word in words)]
    assert len(found) == 1, f"the README has {len(found)} blocks with {words}"
    return found[0]


def with_keys(text, keys):
    """In place of <what keygen printed on NAME>."""
    return re.sub(r"<what keygen printed on (\w+)>", lambda found: keys[found.group(1)], text)


def give_addresses(cluster, text):
    """Each machine those that the README has for it."""
    pattern = r"^\[(?:node|witness) (\w+)\]\naddress *= ([^;\n]*)"
    for name, listed in re.findall(pattern, text, re.M):
        for number, address in enumerate(listed.split(",")):
            cluster.members[name].host.ip(f"addr add {address.strip()}/24 dev eth{number}")


@pytest.fixture(scope="module")
def packaged(tmp_path_factory):
    return make_fresh(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def fresh(packaged):
    """Machines of which none has anything yet."""
    lab = Lab()
    try:
        cluster = FreshCluster(lab, packaged, nodes=3, networks=2, timing="lan")
        OPEN_CLUSTERS.append(cluster)
        cluster.start(*cluster.members)
        yield cluster
    finally:
        for cluster in lab.clusters:
            cluster.close()
            OPEN_CLUSTERS.remove(cluster)
        lab.close()


def install(cluster, name):
    """The public key that is printed meanwhile."""
    return cluster.shell(name, block("apt install ./", "keygen")).split()[-1]


def agree(cluster, *names):
    """Until these see the same owner, and each may vote and so own; its name."""
    def look():
        seen = [cluster.status(name) for name in names]
        return None not in seen and all(
            set(names) <= status.heard() and status.owner("web") is not None
            and status.owner("web") == seen[0].owner("web") and status.is_active("web")
            and not status.is_abstaining
            for status in seen)
    cluster.wait_for(look, f"{names} agree", PATIENCE)
    return cluster.status(names[0]).owner("web")


def stands_on(cluster):
    return [name for name in cluster.nodes if "10.0.0.100" in cluster.containers[name].must(
        "ip", "-4", "addr", "show", "dev", "eth0")]


def test_the_readme_makes_a_cluster_that_is_kept_grown_upgraded_and_removed(fresh):
    keys = {name: install(fresh, name) for name in FIRST}
    for name in FIRST:
        assert fresh.containers[name].run("systemctl", "is-active", UNIT)[1].strip() == "inactive"
    text = with_keys(block("[cluster]", "[role web]"), keys)
    give_addresses(fresh, text)
    begin(fresh, text)
    day_to_day(fresh)
    grow(fresh, text, keys)
    upgrade(fresh)
    stop(fresh)
    remove(fresh)


def begin(fresh, text):
    for name in FIRST:
        fresh.containers[name].must("tee", CONFIGURATION, text=text)
    # Nobody else is there yet, and status says so with its exit code.
    starts = block("failoverd check", "enable --now").replace("failoverd status", "")
    for name in FIRST:
        out = fresh.shell(name, starts)
        assert "0 missing, 0 warnings" in out, out
    assert agree(fresh, *FIRST) == "alpha"
    assert stands_on(fresh) == ["alpha"]
    fresh.shell("alpha", "failoverd status")
    fresh.shell("alpha", "pgrep -u nobody sleep")


def day_to_day(fresh):
    for line in block("failoverd move web beta --wait", "failoverd pause").splitlines():
        code, out, err = fresh.containers["alpha"].run("sh", "-c", line)
        assert code in (0, 3, 6), (line, out, err)
    fresh.shell("alpha", "failoverd resume alpha; failoverd start web")
    agree(fresh, *FIRST)
    fresh.shell("alpha", "failoverd move web alpha --wait")


def grow(fresh, text, keys):
    """With a node that has no vote."""
    section = block("[node gamma]", "votes")
    keys = {**keys, "gamma": install(fresh, "gamma")}
    text = with_keys(text.replace("nodes     = alpha, beta", "nodes     = alpha, beta, gamma")
                     + section, keys)
    give_addresses(fresh, section)
    for name in fresh.members:
        fresh.containers[name].must("tee", CONFIGURATION, text=text)
    for name in FIRST:
        fresh.shell(name, block("systemctl reload failoverd"))
    fresh.shell("gamma", "systemctl enable --now failoverd")
    assert agree(fresh, *fresh.members) == "alpha"
    fresh.shell("beta", "failoverd move web gamma --wait")
    assert agree(fresh, *fresh.members) == "gamma"
    fresh.shell("beta", "failoverd move web alpha --wait")


def is_another_worker(fresh, before):
    now = fresh.status("alpha")
    return now and now.json["pid"] != before.json["pid"]


def upgrade(fresh):
    """To the same version: nothing is stopped, nothing forgotten."""
    shell = fresh.containers["alpha"]
    before = fresh.status("alpha")
    owner, epoch, pid = before.owner("web"), before.epoch("web"), before.process("app")
    guard = fresh.guard("alpha")
    out = fresh.shell("alpha", block("apt install --reinstall"))
    assert "continues with the program it has" not in out
    fresh.wait_for(lambda: is_another_worker(fresh, before), "a new worker", PATIENCE)
    agree(fresh, *fresh.members)
    after = fresh.status("alpha")
    assert (after.owner("web"), after.epoch("web"), after.process("app")) == (owner, epoch, pid)
    assert fresh.guard("alpha") == guard
    # Where the daemon is stopped, an upgrade leaves it so, and what it remembers.
    fresh.shell("gamma", "systemctl stop failoverd")
    kept = fresh.shell("gamma", "sha256sum /var/lib/failoverd/*")
    fresh.shell("gamma", block("apt install --reinstall"))
    assert fresh.containers["gamma"].run("systemctl", "is-active", UNIT)[1].strip() == "inactive"
    assert fresh.shell("gamma", "sha256sum /var/lib/failoverd/*") == kept
    assert shell.run("test", "-s", CONFIGURATION)[0] == 0


def stop(fresh):
    """The role is handed over."""
    fresh.containers["alpha"].run("systemctl", "stop", UNIT)
    assert agree(fresh, "beta", "w1") == "beta"
    fresh.shell("alpha", "systemctl start failoverd")
    assert agree(fresh, *FIRST) == "beta"


def remove(fresh):
    """Its role is handed over first; a purge leaves nothing but the user."""
    first, then = block("apt remove").splitlines()
    since = boottime()
    fresh.shell("beta", first)
    assert agree(fresh, "alpha", "w1") == "alpha"
    print(f"removed and taken over after {boottime() - since:.1f} s")
    assert stands_on(fresh) == ["alpha"]
    shell = fresh.containers["beta"]
    for place in ("/etc/failoverd/node.key", CONFIGURATION, "/var/lib/failoverd"):
        shell.must("test", "-e", place)
    assert shell.run("pgrep", "-u", "failoverd")[0] == 1
    fresh.shell("beta", then)
    for place in ("/etc/failoverd", "/var/lib/failoverd", "/run/failoverd",
                  "/sys/fs/bpf/failoverd", "/usr/sbin/failoverd"):
        assert shell.run("test", "-e", place)[0] == 1, place
    assert shell.run("systemctl", "cat", UNIT)[0] != 0
