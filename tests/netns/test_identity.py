# SPDX-License-Identifier: Apache-2.0
"""Keys are changed while the cluster runs, and a copy of a member turns up."""

import shutil

from lab import Daemon, Role, boottime, paths
from lab.observe import RESPONDER_PORT

VIP = "10.77.0.100/24"
COPY_INDEX = 77
#: A neighbour is believed to be where it was for up to 45 s, and then asked for some more.
NEIGHBOUR_S = 60


def take_over_settings(cluster, *names):
    """What is in their files, one member after the other."""
    for name in names:
        daemon = cluster.members[name].daemon
        _, old = daemon.wait_both()
        cluster.must(name, "reload", "--binary")
        daemon.wait_both(other_than=[old])
        cluster.wait_for(lambda n=name: cluster.status(n), f"{name} answers")


def test_keys_are_changed_one_member_after_the_other(make, calm):
    """Fault 58: keys are changed, and one member is forgotten."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    everybody = list(cluster.members)
    fresh = {name: cluster.make_key(name, "node.key.new") for name in everybody}
    old = {name: keys[0] for name, keys in cluster.keys.items()}
    with calm(cluster, seconds=cluster.promise):
        cluster.write_configuration(keys={name: [old[name], fresh[name]] for name in everybody})
        take_over_settings(cluster, *everybody)
        for name in ("alpha", "w1"):    # beta is forgotten
            directory = cluster.members[name].directory
            (directory / "node.key.new").rename(directory / "node.key")
            take_over_settings(cluster, name)
        cluster.wait_all_agree()
        cluster.write_configuration(keys={name: [fresh[name]] for name in everybody})
        take_over_settings(cluster, "alpha", "w1")
        cluster.wait_for(lambda: refused(cluster, "alpha") and refused(cluster, "w1"),
                         "beta is refused")
        assert "beta" not in cluster.status("alpha").heard()

    code, out, err = cluster.command("beta", "reload", "--binary")
    assert code != 0 and "key" in out + err, "a file without its key is refused"
    directory = cluster.members["beta"].directory
    (directory / "node.key.new").rename(directory / "node.key")
    with calm(cluster, seconds=cluster.promise):
        take_over_settings(cluster, "beta")
        cluster.wait_all_agree()


def refused(cluster, name):
    """Datagrams that this member refused because of a key or what was made with it."""
    status = cluster.status(name)
    return sum(status.refused(why) for why in ("unknown-key", "bad-signature", "bad-tag"))


def test_a_copy_of_a_member_takes_nothing_from_the_owner(make):
    """Fault 61: a machine with the key, the state and the address of a node that owns nothing."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    copy = start_copy(cluster, "beta")
    cluster.switch.plug("copy")
    cluster.wait_for(lambda: any(cluster.status(name).refused("replay") for name in ("alpha", "w1"))
                     or copy.said("same key"), "it is noticed")
    cluster.pass_time(3 * cluster.promise)
    assert cluster.watch.standing("10.77.0.100") == ["alpha"]
    assert cluster.probe("web").changes() == ["alpha"]
    cluster.switch.unplug("copy")
    cluster.wait_all_agree(NEIGHBOUR_S)
    assert cluster.owner("web") == "alpha"


def test_a_copy_of_the_owner_never_makes_two(make):
    """Fault 61: the same of the owner: its copy knows of no claim, and says so for both."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    start_copy(cluster, "alpha")
    since = boottime()
    cluster.switch.plug("copy")
    cluster.wait_for(lambda: cluster.said_anywhere("lease expired at epoch", since),
                     "the original is not heard any more")
    cluster.pass_time(3 * cluster.promise)
    cluster.switch.unplug("copy")
    cluster.wait_all_agree(NEIGHBOUR_S)
    cluster.probe("web").wait_owner(cluster.wait_up("web"))


def start_copy(cluster, name):
    """A machine that has everything of this member, cut off from the others; its daemon."""
    original, directory = cluster.members[name], cluster.lab.directory / "copy"
    shutil.copytree(original.directory / "state", directory / "state")
    (directory / "run").mkdir()
    for file in ("failoverd.ini", "node.key"):
        shutil.copy(original.directory / file, directory)
    host = cluster.lab.host("copy")
    port = cluster.switch.connect(host, COPY_INDEX)[0]
    cluster.switch.unplug("copy")
    host.ip(f"addr del {port.ipv4}/24 dev eth0",
            f"addr add {cluster.switch.ports[name][0].ipv4}/24 dev eth0")
    cluster.watch.add(host)
    host.start("responder", [paths.tool("responder"), "copy", RESPONDER_PORT])
    copy = Daemon(host, "copy", directory / "run", [
        original.binary, "run", "--config", directory / "failoverd.ini",
        "--key", directory / "node.key", "--state-dir", directory / "state",
        "--run-dir", directory / "run"])
    copy.program.wait_line("joined as incarnation")
    return copy
