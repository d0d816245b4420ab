# SPDX-License-Identifier: Apache-2.0
"""The disk is full, read-only, damaged, old or lost: said clearly, and no wrong vote is given."""

import shutil

import pytest

from lab import Role

VIP = "10.77.0.100/24"


def cluster_with_disk(make, name, **wishes):
    cluster = make(roles=[Role("web", VIP)], **wishes)
    cluster.give_disk(name)
    return cluster.boot()


def full(cluster, name):
    cluster.fill_disk(name)
    return lambda: cluster.empty_disk(name)


def read_only(cluster, name):
    cluster.set_disk(name, "ro")
    return lambda: cluster.set_disk(name, "rw")


@pytest.mark.parametrize("break_disk, reason", [(full, "no space left"), (read_only, "read-only")])
def test_an_owner_that_cannot_write_keeps_its_role_and_says_so(make, calm, break_disk, reason):
    """Fault 25: the disk of the owner is full or read-only."""
    cluster = cluster_with_disk(make, "alpha")
    with calm(cluster, seconds=4 * cluster.promise):
        mend = break_disk(cluster, "alpha")
        code, out, err = cluster.command("beta", "pause", "alpha", "--timeout", "1s")
        assert code == 1, "what is not on disk is not acknowledged: " + out + err
        cluster.wait_for(lambda: reason in str(cluster.status("alpha").json["state_error"]),
                         "status says it")
        cluster.wait_log("alpha", reason)
        assert reason in cluster.command("alpha", "status")[1]
    mend()
    cluster.wait_for(lambda: cluster.status("alpha").json["state_error"] is None, "it is mended")
    cluster.must("beta", "resume", "alpha")
    assert reason not in cluster.command("alpha", "status")[1]


@pytest.mark.parametrize("break_disk", [full, read_only])
def test_a_voter_that_cannot_write_gives_no_vote_it_could_forget(make, break_disk):
    """Fault 25: the disk of a voter is full or read-only when it starts."""
    cluster = cluster_with_disk(make, "w1")
    cluster.end_daemon("w1")
    mend = break_disk(cluster, "w1")
    cluster.start("w1")
    cluster.wait_log("w1", "state")
    cluster.power_off("alpha")
    cluster.wait_for(lambda: cluster.status("beta").owner("web") is None, "alpha is missed")
    assert cluster.holds_for(3 * cluster.promise, lambda: cluster.probe("web").owner is None), \
        "nobody has two votes"
    mend()
    if not cluster.members["w1"].daemon.is_running():
        cluster.start("w1")
    cluster.wait_up("web", "beta")


def ruin(directory):
    for file in (directory / "state", directory / "state.old"):
        if file.exists():
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)


def lose(directory):
    shutil.rmtree(directory)
    directory.mkdir()


@pytest.mark.parametrize("harm, word", [(ruin, "damaged"), (lose, "starts as new")])
def test_a_voter_without_its_state_says_so_and_abstains(make, calm, harm, word):
    """Fault 24: the state of a voter is damaged or lost while it is off."""
    cluster = make(timing="lan", roles=[Role("web", VIP)]).boot()
    cluster.power_off("w1")
    harm(cluster.members["w1"].directory / "state")
    with calm(cluster, seconds=2 * cluster.promise):
        cluster.power_on("w1")
        cluster.wait_for(lambda: cluster.status("w1"), "w1 is there")
        assert cluster.status("w1").is_abstaining
        cluster.wait_log("w1", word)
    cluster.wait_for(lambda: not cluster.status("w1").is_abstaining, "it votes again")
    cluster.power_off("alpha")
    cluster.wait_up("web", "beta")


def test_an_old_copy_of_the_state_gives_no_vote_twice(make):
    """Fault 24: the state of a voter is one of last week, copied back while it is off."""
    cluster = make(roles=[Role("web", VIP)]).boot()
    state = cluster.members["w1"].directory / "state"
    copy = state.with_name("copy")
    shutil.copytree(state, copy)
    for _ in range(3):      # lives and epochs that the copy knows nothing of
        cluster.power_off("w1")
        cluster.power_on("w1")
        cluster.wait_all_agree()
        owner = cluster.owner("web")
        cluster.power_off(owner)
        cluster.wait_up("web", after=owner)
        cluster.power_on(owner)
        cluster.wait_all_agree()
    owner = cluster.owner("web")
    epoch = cluster.status(owner).epoch("web")
    cluster.power_off("w1")
    lose(state)
    shutil.copytree(copy, state, dirs_exist_ok=True)
    cluster.power_on("w1")
    cluster.wait_all_agree()
    # From both others: either alone may not know what the other was promised.
    cluster.wait_for(lambda: not cluster.status("w1").is_abstaining, "it has learned again")
    cluster.power_off(owner)
    taker = cluster.wait_up("web", after=owner)
    assert cluster.status(taker).epoch("web") > epoch, "an epoch is never used twice"
