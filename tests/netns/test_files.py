# SPDX-License-Identifier: Apache-2.0
"""Files that differ for a while: the configuration is edited and taken over by one member after the
other. Whatever is edited, nothing runs twice, nothing is killed that could be stopped, and the end
is what the new file says."""

import pathlib

from lab import Role, boottime

WEB, MAIL = "10.77.0.100/24", "10.77.0.101/24"
#: What stops in order says so before it ends, in the file that is its first argument.
SCRIPT = """trap 'echo stopped >> "$1"; exit 0' TERM
echo started >> "$1"
while :; do sleep 0.05; done
"""


def worker(file):
    script = file.with_suffix(".sh")
    script.write_text(SCRIPT)
    return {"type": "process", "command": f"/bin/sh {script} {file}"}


def said(file):
    return pathlib.Path(file).read_text().split() if pathlib.Path(file).exists() else []


def take_over(cluster, *names):
    """Each takes over its file, which is changed already."""
    for name in names:
        cluster.must(name, "reload", "--binary")


def test_an_owner_that_is_taken_out_of_nodes_hands_over(make, tmp_path):
    """Fault 56: the owner is not among the nodes any more."""
    file = tmp_path / "said"
    cluster = make(nodes=3, witnesses=0, settings={"escalate": "none"},
                   roles=[Role("web", WEB, resources={"app": worker(file)})]).boot()
    cluster.roles[0].nodes = ["beta", "gamma"]
    cluster.write_configuration()
    since = boottime()
    take_over(cluster, "alpha")
    cluster.wait_up("web", after="alpha")
    cluster.wait_log("alpha", "does not let this node own it any more", since)
    assert said(file) == ["started", "stopped", "started"]
    take_over(cluster, "beta", "gamma")
    cluster.wait_up("web", after="alpha")
    cluster.wait_all_agree()
    assert cluster.said_anywhere("may be up twice", since) == []
    assert cluster.end_daemon("alpha", 15) == 0


def test_a_role_that_is_taken_out_of_the_file_ends_in_order(make, tmp_path):
    """Fault 56: the role is in no file any more."""
    file = tmp_path / "said"
    cluster = make(roles=[Role("web", WEB), Role("mail", MAIL, resources={"app": worker(file)})])
    cluster.boot()
    cluster.must("alpha", "move", "mail", "beta", "--wait")
    mail = cluster.roles.pop()
    cluster.write_configuration()
    since = boottime()
    with_it = len(said(file))
    take_over(cluster, "beta", "alpha", "w1")
    cluster.wait_for(lambda: said(file)[-1] == "stopped", "mail has stopped")
    cluster.wait_for(lambda: not cluster.watch.standing(mail.address), "its address is gone")
    assert set(said(file)[with_it:]) <= {"started", "stopped"}
    cluster.wait_up("web")
    cluster.wait_all_agree()
    assert cluster.said_anywhere("may be up twice", since) == []
    for name in ("alpha", "beta"):
        assert '"mail"' not in cluster.must(name, "status", "--json")
        assert cluster.end_daemon(name, 15) == 0
