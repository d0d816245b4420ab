# SPDX-License-Identifier: Apache-2.0
"""Guard and worker as processes: who starts, ends and replaces whom."""
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import time

import pytest

from local import BINARY, CONFIG, DONE, PATIENCE, REFUSED, runs, until

HANG_LIMIT = 10.0 # s, of the guard


@pytest.fixture(name="alpha")
def one_daemon(cluster):
    """One member alone: it owns nothing, and its guard and worker are all there is."""
    alpha = cluster.alpha.start().ready()
    alpha.guard, alpha.first = alpha.process.pid, alpha.worker
    return alpha


def another_worker(member, than):
    def look():
        worker = member.worker
        return worker not in (0, than) and worker
    return until(look, "another worker")


def answers(member, by):
    def look():
        status = member.status()
        return status and status["pid"] == by
    until(look, f"process {by} answers")


def owner_of(cluster):
    """Who has the role, and the node that has not."""
    cluster.owned()
    name = cluster.w1.status()["roles"][0]["owner"]
    return sorted((cluster.alpha, cluster.beta), key=lambda node: node.name != name)


def guard_of(member):
    """Who has the lock, also when it is not our child."""
    return int((member.path / "run" / "lock").read_text())


def state(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def environment(pid):
    return pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")


def end_stranger(pid):
    """Ends a guard that is not our child."""
    os.kill(pid, signal.SIGTERM)
    until(lambda: not runs(pid), f"process {pid} ends")


# --- a worker that dies


def test_a_worker_that_dies_is_followed_by_another_at_once(alpha):
    os.kill(alpha.first, signal.SIGKILL)
    second = another_worker(alpha, alpha.first)
    answers(alpha, second)
    assert alpha.process.poll() is None and guard_of(alpha) == alpha.guard
    assert "was ended by signal 9: starting it again" in alpha.log
    status = alpha.status()["guard"]
    assert status["pid"] == alpha.guard and status["watches"] and status["worker_starts"] == 2
    assert alpha.end() == DONE


def test_a_worker_that_ends_without_being_asked_is_started_again(alpha):
    os.kill(alpha.first, signal.SIGTERM)
    another_worker(alpha, alpha.first)
    assert "exited with status 0: starting it again" in alpha.log
    assert alpha.end() == DONE


def test_the_fifth_death_within_a_minute_is_followed_by_a_pause(alpha):
    worker = alpha.first
    for _ in range(4):
        os.kill(worker, signal.SIGKILL)
        worker = another_worker(alpha, worker)
    os.kill(worker, signal.SIGKILL)
    until(lambda: "5 times within 60 s: releasing what is up here; it is started again in 5 s"
          in alpha.log, "the guard says so")
    assert alpha.worker == 0
    another_worker(alpha, worker)
    assert alpha.end() == DONE


def test_a_guard_in_such_a_pause_ends_when_asked(alpha):
    worker = alpha.first
    for _ in range(4):
        os.kill(worker, signal.SIGKILL)
        worker = another_worker(alpha, worker)
    os.kill(worker, signal.SIGKILL)
    until(lambda: "5 times within" in alpha.log, "the guard says so")
    assert alpha.end() == DONE


def test_a_first_worker_that_refuses_ends_the_guard_with_its_status(cluster):
    alpha = cluster.alpha
    (alpha.path / "state").write_text("no directory")
    result = alpha.command("run", *alpha.options())
    assert result.returncode == REFUSED and "starting it again" not in result.stderr


# --- a worker that hangs


def test_a_worker_that_hangs_is_killed_and_followed_by_another(alpha):
    os.kill(alpha.first, signal.SIGSTOP)
    until(lambda: "was unresponsive for 10 s: killing it" in alpha.log, "the guard notices")
    another_worker(alpha, alpha.first)
    assert not runs(alpha.first)
    assert alpha.end() == DONE


def test_a_host_that_sleeps_is_no_hanging_worker(alpha):
    for pid in (alpha.first, alpha.guard):
        os.kill(pid, signal.SIGSTOP)
    time.sleep(HANG_LIMIT + 1)
    os.kill(alpha.guard, signal.SIGCONT) # awake before its worker, as it may be
    time.sleep(0.5)
    os.kill(alpha.first, signal.SIGCONT)
    answers(alpha, alpha.first)
    assert alpha.worker == alpha.first
    assert alpha.end() == DONE


def test_a_hung_worker_does_not_keep_the_guard_from_ending(alpha):
    os.kill(alpha.first, signal.SIGSTOP)
    alpha.process.send_signal(signal.SIGTERM)
    assert alpha.process.wait(HANG_LIMIT + PATIENCE) == REFUSED
    assert not runs(alpha.first)
    assert "while shutting down: releasing what it left up" in alpha.log
    alpha.process = None


# --- signals


def test_sigterm_to_the_guard_ends_both_gracefully(cluster):
    owner, other = owner_of(cluster.start())
    worker, app = owner.worker, owner.status()["resources"][0]["pid"]
    assert owner.end() == DONE
    assert not runs(worker) and not runs(app)
    assert owner.log.count("shutting down:") == 1 and "released by force" not in owner.log
    cluster.owned(other.name)


def test_sigterm_while_the_worker_begins_ends_with_0(cluster):
    for _ in range(5):
        alpha = cluster.alpha.start()
        until(lambda: alpha.worker, "there is a worker")
        assert alpha.end() == DONE


def test_an_interrupt_at_the_terminal_is_one_request_and_not_two(alpha):
    os.killpg(alpha.guard, signal.SIGINT)
    assert alpha.process.wait(PATIENCE) == DONE
    alpha.process = None
    assert alpha.log.count("shutting down:") == 1 and "released by force" not in alpha.log


def test_sighup_is_told_and_ignored(alpha):
    alpha.process.send_signal(signal.SIGHUP)
    until(lambda: "guard: SIGHUP is ignored" in alpha.log, "the guard says so")
    assert alpha.worker == alpha.first and alpha.process.poll() is None
    answers(alpha, alpha.first)


# --- a guard that dies


def test_a_worker_whose_guard_dies_starts_another_which_replaces_it(alpha):
    alpha.process.kill()
    alpha.process.wait(PATIENCE)
    until(lambda: not runs(alpha.first), "the old worker is ended")
    second = until(lambda: (alpha.status() or {}).get("pid"), "another worker answers")
    guard = alpha.status()["guard"]
    assert guard["pid"] == guard_of(alpha) != alpha.guard and guard["watches"]
    assert second != alpha.first
    assert f"process {alpha.first} is the worker of an earlier guard: killing it" in alpha.log
    alpha.process = None
    end_stranger(guard["pid"])
    assert not runs(second)


def test_a_second_guard_is_refused_while_one_lives(alpha):
    result = alpha.command("run", *alpha.options())
    assert result.returncode == REFUSED
    assert f"a failoverd runs already (process {alpha.guard}" in result.stderr
    assert alpha.worker == alpha.first


def test_after_both_were_killed_it_starts_again(alpha):
    alpha.kill()
    alpha.start().ready()
    assert alpha.worker != alpha.first and alpha.status()["guard"]["watches"]


def test_a_stopped_worker_that_a_guard_left_is_killed_by_the_next(alpha):
    os.kill(alpha.first, signal.SIGSTOP)
    alpha.process.kill()
    alpha.process.wait(PATIENCE)
    assert runs(alpha.first)
    alpha.start().ready()
    assert not runs(alpha.first)


def test_a_worker_that_another_version_left_is_killed_by_the_next_guard(alpha):
    os.kill(alpha.first, signal.SIGSTOP)
    alpha.process.kill()
    alpha.process.wait(PATIENCE)
    memory = alpha.path / "run" / "memory"
    data = bytearray(memory.read_bytes())
    data[8] ^= 1 # the layout
    memory.write_bytes(data)
    alpha.start().ready()
    assert not runs(alpha.first)


def test_a_memory_that_was_removed_is_noticed_by_the_next_worker(alpha):
    (alpha.path / "run" / "memory").unlink()
    os.kill(alpha.first, signal.SIGKILL)
    until(lambda: "the guard has another: was it removed?" in alpha.log, "the worker says so")
    assert alpha.end() == DONE


# --- what it hands down


def test_neither_resources_nor_their_environment_know_of_the_guard(cluster):
    app = owner_of(cluster.start())[0].status()["resources"][0]["pid"]
    names = {word.split(b"=")[0] for word in environment(app)}
    assert not any(name.startswith((b"FAILOVERD_GUARD", b"FAILOVERD_MANAGED", b"NOTIFY_",
                                    b"WATCHDOG_")) for name in names)
    limits = pathlib.Path(f"/proc/{app}/limits").read_text()
    assert re.search(r"Max realtime timeout +unlimited +unlimited", limits)
    assert os.sched_getscheduler(app) == os.SCHED_OTHER
    assert os.listdir(f"/proc/{app}/fd") in (["0", "1", "2"],)


def may_be_first(pid):
    """Whether this host lets a process be before others."""
    try:
        os.sched_setscheduler(pid, os.SCHED_RR, os.sched_param(1))
        os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
    except PermissionError:
        return False
    return True


def test_guard_and_worker_run_before_ordinary_processes_or_say_why_not(cluster):
    owner, _ = owner_of(cluster.start()) # has written its state file, with a thread of its own
    sleeper = subprocess.Popen(["/bin/sleep", "60"])
    # Of the worker every thread: they wait for each other.
    tasks = f"/proc/{owner.worker}/task"
    until(lambda: len(os.listdir(tasks)) == 3, "loop, log and state file have their threads")
    threads = [owner.process.pid, *map(int, os.listdir(tasks))]
    policies = {os.sched_getscheduler(thread) & ~os.SCHED_RESET_ON_FORK for thread in threads}
    if may_be_first(sleeper.pid):
        assert policies == {os.SCHED_RR}
        assert os.sched_getparam(owner.process.pid).sched_priority == \
            os.sched_getparam(owner.worker).sched_priority
    else:
        assert owner.log.count("a busy host may delay it") == 2
    sleeper.kill()
    sleeper.wait(PATIENCE)


def test_a_worker_that_computes_without_pause_gives_way_and_lives_on(alpha):
    os.kill(alpha.first, signal.SIGXCPU)
    until(lambda: "priority for 60 s" in alpha.log, "the worker says so")
    answers(alpha, alpha.first)
    assert os.sched_getscheduler(alpha.first) & ~os.SCHED_RESET_ON_FORK == os.SCHED_OTHER


# --- the service manager


class Manager:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.settimeout(PATIENCE)
        self.socket.bind(str(path))
        self.path = path

    def hear(self):
        return self.socket.recv(4096).decode()

    def hear_until(self, word):
        words = []
        while word not in words:
            words.append(self.hear())
        return words


@pytest.fixture(name="manager")
def make_manager(tmp_path, monkeypatch):
    manager = Manager(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", str(manager.path))
    monkeypatch.setenv("WATCHDOG_USEC", "300000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    yield manager
    manager.socket.close()


def test_the_service_manager_hears_ready_watchdog_and_stopping(cluster, manager):
    alpha = cluster.alpha.start()
    before = manager.hear_until("READY=1")
    assert set(before[:-1]) <= {"WATCHDOG=1"}
    assert alpha.status()["pid"] == alpha.worker
    assert manager.hear() == "WATCHDOG=1"
    os.kill(alpha.worker, signal.SIGKILL)
    # Nothing that concerns it: the service is the guard.
    assert [manager.hear() for _ in range(5)] == ["WATCHDOG=1"] * 5
    alpha.process.send_signal(signal.SIGTERM)
    assert set(manager.hear_until("STOPPING=1")[:-1]) <= {"WATCHDOG=1"}
    assert alpha.end() == DONE


def test_a_watchdog_of_another_process_is_not_ours(cluster, manager, monkeypatch):
    monkeypatch.setenv("WATCHDOG_PID", "1")
    alpha = cluster.alpha.start()
    assert manager.hear() == "READY=1"
    alpha.process.send_signal(signal.SIGTERM)
    assert manager.hear() == "STOPPING=1"
    assert alpha.end() == DONE


def test_the_words_of_the_manager_are_for_the_guard_alone(cluster, manager):
    owner, _ = owner_of(cluster.start())
    manager.hear_until("READY=1")
    app = owner.status()["resources"][0]["pid"]
    for pid in (owner.worker, app):
        assert not any(word.startswith((b"NOTIFY_SOCKET", b"WATCHDOG_"))
                       for word in environment(pid))
    assert any(word.startswith(b"NOTIFY_SOCKET") for word in environment(owner.process.pid))


# --- another program


def reload(member):
    return member.command("reload", "--binary", *member.options()[:4], "--run-dir",
                          member.path / "run")


def test_reload_replaces_the_worker_and_keeps_the_guard(alpha):
    result = reload(alpha)
    assert result.returncode == DONE, result.stderr
    assert f"which was {alpha.first}" in result.stdout
    answers(alpha, alpha.worker)
    assert alpha.worker != alpha.first and alpha.process.poll() is None
    assert guard_of(alpha) == alpha.guard and "starting it again" not in alpha.log
    assert alpha.end() == DONE


def test_a_broken_configuration_is_refused_and_the_daemon_runs_on(alpha):
    alpha.cluster.config.write_text(alpha.cluster.config.read_text() + "[nonsense]\n")
    result = reload(alpha)
    assert result.returncode == CONFIG and "the daemon runs on as it is" in result.stderr
    assert alpha.worker == alpha.first
    answers(alpha, alpha.first)


@pytest.fixture(name="program")
def copied_program(tmp_path, monkeypatch):
    program = tmp_path / "failoverd"
    shutil.copy2(BINARY, program)
    monkeypatch.setattr("local.BINARY", str(program))
    return program


def replace_file(program, content):
    beside = program.with_suffix(".new")
    beside.write_bytes(content)
    beside.chmod(0o755)
    os.replace(beside, program)


def test_another_program_in_the_file_takes_over(program, cluster):
    alpha = cluster.alpha.start().ready()
    replace_file(program, program.read_bytes() + b"\0")
    first = alpha.worker
    assert reload(alpha).returncode == DONE
    another_worker(alpha, first)
    for pid in (alpha.process.pid, alpha.worker):
        assert os.readlink(f"/proc/{pid}/exe") == str(program)


def test_a_worker_that_dies_after_an_upgrade_is_the_program_of_its_guard(program, cluster):
    alpha = cluster.alpha.start().ready()
    replace_file(program, program.read_bytes() + b"\0")
    first = alpha.worker
    os.kill(first, signal.SIGKILL)
    second = another_worker(alpha, first)
    assert os.readlink(f"/proc/{second}/exe") == f"{program} (deleted)"


def test_a_program_that_cannot_be_run_leaves_the_old_one(program, cluster, monkeypatch):
    alpha = cluster.alpha.start().ready()
    first = alpha.worker
    replace_file(program, b"no program")
    monkeypatch.setattr("local.BINARY", BINARY) # who asks is another file
    reload(alpha)
    until(lambda: "going on with the old program" in alpha.log, "the guard says so")
    answers(alpha, another_worker(alpha, first))
    assert alpha.end() == DONE


def test_a_guard_that_became_a_program_that_refuses_says_so_and_ends(cluster):
    """The check of `reload` read another file than the daemon does."""
    alpha = cluster.alpha.start().ready()
    good = cluster.config.with_name("good.ini")
    good.write_text(cluster.config.read_text())
    cluster.config.write_text("[nonsense]\n")
    result = alpha.command("reload", "--binary", "--config", good, "--key", alpha.path / "key",
                           "--run-dir", alpha.path / "run", "--timeout", "1s")
    assert result.returncode != DONE
    assert alpha.process.wait(PATIENCE) == CONFIG
    alpha.process = None
    assert "refused; nothing was started" in alpha.log
    cluster.config.write_text(good.read_text())
