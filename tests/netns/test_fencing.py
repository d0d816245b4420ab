# SPDX-License-Identifier: Apache-2.0
"""A role that starts elsewhere only when its old owner is known to be off. The agent asks the test,
which is the hand at the plug."""

import pathlib

import pytest

from lab import Role, boottime

VIP = "10.77.0.100/24"
AGENT = pathlib.Path(__file__).with_name("agent.sh")


class Plugs:
    """The agents of all nodes, and who pulls for them."""

    def __init__(self, make, place, nodes=2, witnesses=1, settings=None):
        self.place = place
        place.mkdir()
        sections = {("fence", name): {"agent": AGENT, "timeout": "20s", "place": place,
                                      "plug": name}
                    for name in ("alpha", "beta", "gamma", "delta", "epsilon")[:nodes]}
        role = Role("web", VIP, fence="before-takeover")
        self.cluster = make(nodes=nodes, witnesses=witnesses, roles=[role], sections=sections,
                            settings=settings)
        self.cluster.boot()
        self.prober = self.cluster.probe("web")

    def set_mode(self, mode):
        (self.place / "mode").write_text(mode)

    def is_asked(self, name):
        return (self.place / f"{name}.asked").exists()

    def wait_asked(self, name):
        self.cluster.wait_for(lambda: self.is_asked(name), f"{name} is to be switched off")

    def pull(self, name):
        """The cable first: what is thawed to die must not speak any more."""
        self.cluster.switch.unplug(name)
        if self.cluster.members[name].freezer is not None:
            self.cluster.thaw(name)
        moment = self.cluster.power_off(name)
        (self.place / f"{name}.off").touch()
        return moment

    def journal(self):
        path = self.place / "journal"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def plugs(make, tmp_path):
    return lambda **wishes: Plugs(make, tmp_path / "plugs", **wishes)


def test_a_machine_that_stands_still_is_switched_off_before_another_answers(plugs):
    """Nothing on it releases anything, and its kernel goes on answering for the address: without
    fencing both would answer once the promise is over."""
    lab = plugs(settings={"gate": "off"})
    frozen = lab.cluster.freeze("alpha")
    lab.wait_asked("alpha")
    assert lab.cluster.holds_for(2, lambda: lab.cluster.owner("web", "beta") is None)
    assert lab.prober.owner == "alpha"

    off = lab.pull("alpha")
    lab.cluster.wait_up("web", "beta")
    lab.prober.wait_owner("beta", after=off)

    assert off - frozen > lab.cluster.promise
    assert lab.journal() == ["off alpha ", "status alpha "]
    assert lab.prober.changes() == ["alpha", "beta"]


def test_a_confirmed_off_ends_the_wait_for_a_silent_owner(plugs):
    lab = plugs()
    lab.cluster.power_off("alpha")
    (lab.place / "alpha.off").touch()
    lab.cluster.wait_up("web", "beta")
    status = lab.cluster.status("beta")
    last = status.member("alpha")["fencing"]["last"]
    assert last["off"] and "switched it off" in last["text"]


def test_a_failed_agent_leaves_the_role_where_it_was(plugs):
    lab = plugs()
    lab.set_mode("fail")
    lab.cluster.isolate("alpha")
    lab.cluster.wait_log("beta", "alpha could not be fenced (1 time in a row)")
    status = lab.cluster.status("beta")
    last = status.member("alpha")["fencing"]["last"]
    assert not last["off"] and "cannot log in to the controller" in last["text"]
    assert any("could not be switched off" in text for text in status.json["problems"])
    assert lab.cluster.holds_for(2, lambda: lab.cluster.owner("web", "beta") is None)

    lab.cluster.heal()      # and the owner itself says that it has let go
    lab.cluster.wait_up("web")
    lab.cluster.wait_all_agree()


def test_who_is_heard_again_is_not_switched_off(plugs):
    lab = plugs()
    lab.cluster.isolate("alpha")
    lab.wait_asked("alpha")
    healed = boottime()
    lab.cluster.heal()
    lab.cluster.wait_log("beta", "alpha need not be switched off any more", after=healed)
    lab.cluster.wait_up("web")
    lab.cluster.wait_all_agree()


def test_only_the_side_with_a_majority_asks(plugs):
    lab = plugs()
    lab.cluster.isolate("beta")
    assert lab.cluster.holds_for(3, lambda: lab.cluster.owner("web", "alpha") == "alpha")
    assert lab.journal() == []


def test_the_next_node_asks_when_the_best_one_cannot(plugs):
    lab = plugs(nodes=3, witnesses=0)
    lab.set_mode("fail")
    lab.cluster.power_off("alpha")
    lab.cluster.wait_log("beta", "alpha could not be fenced")
    lab.cluster.wait_log("gamma", "alpha could not be fenced")


def test_a_move_and_a_shutdown_switch_nobody_off(plugs):
    lab = plugs()
    lab.cluster.must("alpha", "move", "web", "beta", "--wait")
    lab.cluster.must("alpha", "move", "web", "alpha", "--wait")
    lab.cluster.end_daemon("alpha", 15)
    lab.cluster.wait_up("web", "beta")
    assert lab.cluster.holds_for(2, lambda: lab.journal() == [])


def test_an_agent_that_lies_is_found_out(plugs):
    """Nothing can be promised then; but it is said."""
    lab = plugs()
    lab.set_mode("lie")
    lab.cluster.isolate("alpha")
    lab.cluster.wait_up("web", "beta")
    lab.cluster.heal()
    lab.cluster.wait_log("beta", "alpha was not fenced: its fence agent reported success")
