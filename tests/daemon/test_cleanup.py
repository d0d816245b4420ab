# SPDX-License-Identifier: Apache-2.0
"""What is left of a daemon that was killed, and the command that ends it."""
import os
import signal

from local import DONE, REFUSED, runs, until


def service(member):
    """Process id of the role's one process, as the daemon tells it."""
    return until(lambda: next(r["pid"] for r in member.status()["resources"]), "the service runs")


def cleanup(member, *words):
    return member.command("cleanup", *words, *member.options())


def lasting(cluster):
    """A lease that does not end while the test looks."""
    text = cluster.config.read_text()
    for old, new in (("heartbeat = 50ms", "heartbeat = 200ms"), ("lease = 1500ms", "lease = 6s")):
        text = text.replace(old, new)
    cluster.config.write_text(text)
    return cluster


def test_cleanup_is_refused_while_a_daemon_runs(cluster):
    cluster.start().owned("alpha")
    pid = service(cluster.alpha)
    result = cleanup(cluster.alpha)
    assert result.returncode == REFUSED and not result.stdout
    assert "cleanup: stop the daemon first: a failoverd runs already" in result.stderr
    assert runs(pid)


def test_cleanup_ends_what_a_killed_daemon_left(cluster):
    cluster.start().owned("alpha")
    pid = service(cluster.alpha)
    cluster.alpha.kill()
    assert runs(pid)
    result = cleanup(cluster.alpha)
    assert result.returncode == DONE and not result.stderr
    assert f"resource app: an earlier life of the daemon left process {pid}: ended" in result.stdout
    assert not runs(pid)
    assert cleanup(cluster.alpha).stdout == "nothing was left here\n"


def test_cleanup_ends_a_worker_without_a_guard_first(cluster):
    cluster.start().owned("alpha")
    pid, worker = service(cluster.alpha), cluster.alpha.worker
    os.kill(worker, signal.SIGSTOP)     # or it would have another guard in a moment
    cluster.alpha.process.kill()
    cluster.alpha.process.wait()
    cluster.alpha.process = None
    result = cleanup(cluster.alpha)
    assert result.returncode == DONE
    assert f"process {worker}: a worker without a guard: ended" in result.stdout
    assert not runs(worker) and not runs(pid)


def test_cleanup_goes_by_its_notes_where_the_configuration_is_broken(cluster):
    cluster.start().owned("alpha")
    pid = service(cluster.alpha)
    cluster.alpha.kill()
    good = cluster.config.read_text()
    cluster.config.write_text("[cluster\n")
    result = cleanup(cluster.alpha)
    assert result.returncode == DONE and not runs(pid)
    assert "cleanup: continues with the notes in" in result.stderr
    cluster.config.write_text(good)
    cluster.beta.ready()


def test_a_member_whose_host_was_cleaned_up_comes_back_without_a_claim(cluster):
    lasting(cluster).start().owned("alpha")
    cluster.alpha.kill()
    assert cleanup(cluster.alpha).returncode == DONE
    cluster.alpha.start().ready()
    # It says `none` at once: nobody has to wait for the lease that was.
    cluster.owned()


def test_expired_leaves_alone_what_has_a_lease(cluster):
    lasting(cluster).start().owned("alpha")
    pid = service(cluster.alpha)
    for state in ("runs", "is killed"):
        if state == "is killed":
            cluster.alpha.kill()
        result = cleanup(cluster.alpha, "--expired")
        assert result.returncode == DONE and runs(pid)
        assert result.stdout == "nothing is up here without a lease\n"


def test_expired_ends_what_has_no_lease_any_more(cluster):
    cluster.start().owned("alpha")
    pid = service(cluster.alpha)
    cluster.alpha.kill()
    cluster.owned("beta")   # so alpha's lease is over
    assert runs(pid)
    result = cleanup(cluster.alpha, "--expired")
    assert result.returncode == DONE and not runs(pid)
    assert "resource app: processes killed" in result.stderr


def test_expired_needs_neither_a_configuration_nor_anything_left(cluster, tmp_path):
    result = cluster.alpha.command("cleanup", "--expired", "--run-dir", tmp_path / "nowhere")
    assert result.returncode == DONE and not result.stderr
    assert result.stdout.startswith("nothing tells of a lease here")
