# SPDX-License-Identifier: Apache-2.0
"""Real daemons on an emulated watchdog: the whole of the node's last lines of defence, with a
kernel that may really be reset or rebooted."""

# Timing `lan`, as the guest has it.
HEARTBEAT, LEASE, RELEASE, TIMEOUT = 0.2, 2.0, 0.5, 2.0
# The console and the monitor are read by an ordinary process on a busy host.
SLACK = 0.15
# Several time-outs of the device.
LONG = 8.0


def assert_reset_in_time(vm):
    """The last confirmed heartbeat was sent at most one heartbeat before the daemon hung."""
    vm.until("prints", "watchdog: armed with 2s")
    hung, _, _ = vm.until("says", "hangs")
    fired, _, _ = vm.until("event", "WATCHDOG", LONG)
    vm.until("event", "SHUTDOWN", LONG) # for -no-reboot, a reset ends it
    print(f"reset {1000 * (fired - hung):.0f} ms after the daemon hung; others may start after "
          f"{1000 * (LEASE + RELEASE - HEARTBEAT):.0f} ms at the earliest")
    assert TIMEOUT - HEARTBEAT - SLACK < fired - hung < LEASE + RELEASE - HEARTBEAT


def test_host_whose_daemon_hangs_as_an_owner_is_reset_in_time(cluster):
    with cluster("daemon-hangs-as-owner") as vm:
        assert_reset_in_time(vm)


def test_host_whose_daemon_is_killed_as_an_owner_is_reset_in_time(cluster):
    with cluster("daemon-is-killed-as-owner") as vm:
        assert_reset_in_time(vm)


def test_host_whose_daemon_hangs_owning_nothing_is_not_reset(cluster):
    with cluster("daemon-hangs-when-passive") as vm:
        vm.until("says", "hangs")
        assert vm.stays(LONG) == []
        assert vm.printed("watchdog: armed with 2s") and vm.printed("watchdog: disarmed")


def test_owner_that_loses_its_majority_releases_and_is_not_reset(cluster):
    with cluster("owner-loses-its-majority") as vm:
        vm.until("says", "released")
        assert vm.stays(LONG) == []
        assert vm.printed("watchdog: disarmed")


def test_owner_that_leaves_stops_its_watchdog(cluster):
    with cluster("daemon-leaves-as-owner") as vm:
        vm.until("says", "left, the watchdog stopped")
        assert vm.stays(LONG) == []
        assert vm.printed("watchdog: disarmed")


def test_next_worker_takes_the_watchdog_over_and_nothing_else_happens(cluster):
    with cluster("worker-dies-as-owner") as vm:
        vm.until("says", "app up")
        vm.until("says", "killed")
        vm.until("prints", "watchdog: armed with 2s")
        assert vm.stays(LONG) == [], "no second process either"


def test_host_with_a_resource_that_does_not_die_is_reset_by_its_watchdog(cluster):
    with cluster("unkillable-under-a-watchdog") as vm:
        alone, _, _ = vm.until("says", "alone")
        fired, _, _ = vm.until("event", "WATCHDOG", LONG)
        print(f"reset {1000 * (fired - alone):.0f} ms after the majority was lost")
        assert fired - alone < LEASE + RELEASE


def test_host_with_a_resource_that_does_not_die_reboots_where_told_to(cluster):
    with cluster("unkillable-and-rebooted") as vm:
        alone, _, _ = vm.until("says", "alone")
        said, _, _ = vm.until("prints", "rebooting this host", LONG)
        rebooted, _, _ = vm.until("event", "SHUTDOWN", LONG)
        print(f"rebooting said {1000 * (said - alone):.0f} ms, done {1000 * (rebooted - alone):.0f}"
              " ms after the majority was lost")
        assert LEASE - HEARTBEAT < said - alone < LEASE + RELEASE + SLACK


def test_host_with_a_resource_that_does_not_die_goes_on_where_not(cluster):
    with cluster("unkillable-and-told") as vm:
        vm.until("says", "alone")
        vm.until("prints", "escalate = reboot would reboot this host", LONG)
        assert vm.stays(LONG) == []


def test_daemon_is_among_the_last_that_are_ended_where_memory_runs_out(cluster):
    with cluster("scores-are-told") as vm:
        vm.until("says", "scores -900 -900 0")      # guard, worker, resource


def test_owner_on_a_slow_clock_releases_by_the_time_that_passed(cluster):
    """Fault 27: ten seconds are eleven on a clock that a time daemon slows by a tenth."""
    with cluster("clock-slow-as-owner") as vm:
        vm.until("says", "slewed")
        vm.until("prints", "% slow, more than the", LONG)
        vm.until("says", "alone", LONG)
        _, said, _ = vm.until("says", "ended after", 3 * LONG)
        took = int(str(said).split("ended after ")[1].split()[0])
        print(f"released {took} ms after the majority was lost, lease 10000 ms")
        assert 9500 - 1000 * SLACK < took < 10000 + 1000 * SLACK


def test_a_clock_that_runs_fast_and_right_again_is_told(cluster):
    with cluster("clock-fast-and-right") as vm:
        vm.until("says", "slewed")
        vm.until("prints", "% fast, more than the", LONG)
        vm.until("prints", "runs at its own rate again", LONG)
