# SPDX-License-Identifier: Apache-2.0
"""A new program takes over under a client that asks each millisecond."""

from lab import boottime
from nodes import PROGRAM, UNIT

#: A silence that the load of the test machine itself may cause: scripts/bench has the real bound.
CALM_MS = 50


def test_an_upgrade_is_not_noticed(web):
    """Faults 57 and 65: the program is replaced."""
    container = web.containers["alpha"]
    status = web.status("alpha")
    before = (status.owner("web"), status.epoch("web"), status.process("app"))
    guard, worker = web.guard("alpha"), web.worker("alpha")
    since = boottime()
    # As a package does: another file in its place, then the unit is told.
    container.must("cp", PROGRAM, PROGRAM + ".new")
    container.must("mv", PROGRAM + ".new", PROGRAM)
    web.systemctl("alpha", "reload", UNIT)
    assert web.guard("alpha") == guard, "the main process goes on with the new program"
    assert web.worker("alpha") not in (0, worker)
    web.wait_all_agree()
    status = web.status("alpha")
    outages = [outage["ms"] for outage in web.probe("web").outages(since)]
    print(f"longest silence {max(outages, default=0):.1f} ms")
    assert (status.owner("web"), status.epoch("web"), status.process("app")) == before
    assert web.probe("web").changes(since) == []
    assert [ms for ms in outages if ms > CALM_MS] == []


def test_a_program_that_cannot_read_the_configuration_does_not_take_over(web):
    container = web.containers["alpha"]
    worker = web.worker("alpha")
    text = container.must("cat", "/etc/failoverd/failoverd.ini")
    container.must("tee", "/etc/failoverd/failoverd.ini", text=text + "\n[nonsense]\n")
    try:
        code, _, _ = container.run("systemctl", "reload", UNIT)
        assert code != 0
        assert web.worker("alpha") == worker
        assert web.show("alpha", "ActiveState") == "active"
    finally:
        container.must("tee", "/etc/failoverd/failoverd.ini", text=text)
