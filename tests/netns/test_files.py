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
    cluster = make(nodes=3, witnesses=0, timing="lan",
                   roles=[Role("web", WEB, resources={"app": worker(file)})]).boot()
    cluster.roles[0].nodes = ["beta", "gamma"]
    cluster.write_configuration()
    since = boottime()
    take_over(cluster, "alpha")
    cluster.wait_up("web", after="alpha")
    cluster.wait_log("alpha", "does not let this node own it any more", since)
    cluster.wait_for(lambda: said(file) == ["started", "stopped", "started"],
                     lambda: f"stopped here and started there: {said(file)}")
    take_over(cluster, "beta", "gamma")
    cluster.wait_up("web", after="alpha")
    cluster.wait_all_agree()
    assert cluster.said_anywhere("may be up twice", since) == []
    assert cluster.end_daemon("alpha", 15) == 0


def test_a_role_that_is_taken_out_of_the_file_ends_in_order(make, tmp_path):
    """Fault 56: the role is in no file any more."""
    file = tmp_path / "said"
    roles = [Role("web", WEB), Role("mail", MAIL, resources={"app": worker(file)})]
    cluster = make(timing="lan", roles=roles)
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
        assert '"mail"' not in cluster.command(name, "status", "--json")[1]
        assert cluster.end_daemon(name, 15) == 0


def test_an_address_that_moves_to_another_role_is_never_up_twice(make):
    """Fault 55: one member has read the file in which the address is in another role."""
    extra = {"type": "vip", "address": "10.77.0.102/24", "interface": "eth0"}
    web = Role("web", WEB, nodes=["alpha", "beta"], resources={"extra": extra})
    mail = Role("mail", MAIL, nodes=["beta", "alpha"])
    cluster = make(timing="lan", roles=[web, mail]).boot()
    epoch = cluster.status("beta").epoch("mail")
    mail.resources["extra"] = web.resources.pop("extra")
    cluster.write_configuration()
    since = boottime()
    code, _, err = cluster.command("alpha", "reload", "--binary")
    assert code == 1 and "reload beta first" in err, err
    assert list(cluster.watch.standing("10.77.0.102")) == ["alpha"]
    take_over(cluster, "beta")
    cluster.wait_log("beta", "may still be up in another role", since)
    assert list(cluster.watch.standing("10.77.0.102")) == ["alpha"]
    take_over(cluster, "alpha", "w1")
    cluster.wait_for(lambda: list(cluster.watch.standing("10.77.0.102")) == ["beta"],
                     "the address is in its new role")
    assert cluster.watch.overlaps("10.77.0.102") == []
    assert cluster.status("beta").epoch("mail") == epoch, "nothing else was moved"


def test_a_role_with_a_new_name_is_never_up_twice(make):
    """Fault 55: one member has read the file in which the role has another name."""
    cluster = make(timing="lan", roles=[Role("web", WEB)]).boot()
    cluster.roles[0] = Role("site", WEB)
    cluster.write_configuration()
    since = boottime()
    take_over(cluster, "beta")
    cluster.wait_log("beta", "site: no owner for", since)
    assert list(cluster.watch.standing(cluster.roles[0].address)) == ["alpha"]
    take_over(cluster, "alpha", "w1")
    cluster.wait_up("site")
    cluster.wait_all_agree()
    assert cluster.watch.overlaps(cluster.roles[0].address) == []
