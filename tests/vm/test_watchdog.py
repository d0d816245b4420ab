# SPDX-License-Identifier: Apache-2.0
"""The watchdog of the daemon on an emulated device: a machine that hangs as an owner is reset
before another node may start, and a machine that owns nothing never is."""

# Timing `lan`, as the guest has it.
LEASE, RELEASE, TIMEOUT = 2.0, 0.5, 2.0
# The console and the monitor are read by an ordinary process on a busy host.
SLACK = 0.15
# Several time-outs of the device.
LONG = 8.0


def reset_after_sent(vm):
    """Seconds from the last confirmed heartbeat's sending until the machine is reset."""
    at, said, ms = vm.until("says", "sent")
    sent = at - (ms - int(said.split()[1])) / 1000
    vm.until("says", "hangs")
    fired, _, _ = vm.until("event", "WATCHDOG", LONG)
    vm.until("event", "SHUTDOWN", LONG)  # for -no-reboot, a reset ends it
    print(f"reset {1000 * (fired - sent):.0f} ms after the last confirmed heartbeat was sent; "
          f"others may start after {1000 * (LEASE + RELEASE):.0f} ms")
    return fired - sent


def assert_reset_in_time(vm):
    passed = reset_after_sent(vm)
    assert passed < LEASE + RELEASE
    assert passed > TIMEOUT - SLACK


def test_owner_that_hangs_is_reset_before_another_may_start(machine):
    """Fault 63: the owner hangs."""
    with machine("hang-as-owner") as vm:
        vm.until("says", "armed 2000")
        assert_reset_in_time(vm)


def test_owner_that_lost_its_majority_and_hangs_is_reset_before_another_may_start(machine):
    with machine("hang-without-majority") as vm:
        assert_reset_in_time(vm)


def test_owner_whose_kernel_panics_is_reset_before_another_may_start(machine):
    with machine("panic-as-owner") as vm:
        assert_reset_in_time(vm)


def test_owner_that_is_killed_is_reset_before_another_may_start(machine):
    """Fault 63: the owner is killed."""
    with machine("be-killed-as-owner") as vm:
        assert_reset_in_time(vm)


def test_machine_that_owns_nothing_may_hang(machine):
    with machine("hang-when-passive") as vm:
        vm.until("says", "armed 2000")
        vm.until("says", "disarmed")
        vm.until("says", "hangs")
        assert vm.stays(LONG) == []


def test_owner_without_a_majority_releases_and_is_not_reset(machine):
    with machine("lose-the-majority") as vm:
        _, said, _ = vm.until("says", "sent")
        _, _, warned = vm.until("says", "not fed for")
        _, _, disarmed = vm.until("says", "disarmed")
        sent = int(said.split()[1])
        print(f"warned {warned - sent} ms, disarmed {disarmed - sent} ms after the last "
              "confirmed heartbeat was sent")
        assert 1200 <= warned - sent < 1000 * LEASE
        vm.until("says", "hangs")
        assert vm.stays(LONG) == []


def test_successor_of_a_killed_owner_takes_the_device_over_and_stops_it(machine):
    with machine("die-and-be-succeeded") as vm:
        vm.until("says", "hangs")
        vm.until("says", "armed 2000")
        vm.until("says", "disarmed")
        vm.until("says", "hangs")
        assert vm.stays(LONG) == []


def test_timeout_is_read_back_and_letter_v_stops_the_device(machine):
    with machine("read-back") as vm:
        vm.until("says", "runs")
        said = []
        while not said or not said[-1].startswith("hangs"):
            said.append(vm.until("says", "")[1])
        assert said[0].startswith("facts 'i6300ESB timer' running 0")
        assert said[1:-2] == [f"wanted {s}000 armed {s}000" for s in (2, 4, 8, 16, 32, 64)]
        assert said[-2] == "running 0"
        assert vm.stays(LONG) == []


def test_device_that_another_program_has_is_left_to_it(machine):
    with machine("share-it") as vm:
        _, said, _ = vm.until("says", "failed")
        assert "cannot open it: Device or resource busy; another program has it" in said
        vm.until("says", "the role is not covered")
        vm.until("says", "hangs")
        assert vm.stays(LONG) == []


def test_device_that_cannot_be_stopped_is_never_armed(machine):
    """Fault 62: the watchdog cannot be stopped."""
    with machine("own-without-way-out") as vm:
        _, said, _ = vm.until("says", "failed")
        assert "once armed this watchdog cannot be stopped" in said
        vm.until("says", "the role is not covered")
        vm.until("says", "hangs")
        assert vm.stays(LONG) == []
