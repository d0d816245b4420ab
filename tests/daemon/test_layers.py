# SPDX-License-Identifier: Apache-2.0
"""Real daemons on the loopback interface, and the layers below them that this host lacks."""
from local import until


def configure(cluster, *lines):
    """A timing that a watchdog fits, and these lines besides."""
    text = cluster.config.read_text()
    for old, new in (("heartbeat = 50ms", "heartbeat = 200ms"), ("lease = 500ms", "lease = 2s"),
                     ("release = 200ms", "release = 500ms")):
        text = text.replace(old, new)
    cluster.config.write_text(text.replace("[cluster]\n", "\n".join(["[cluster]", *lines, ""])))


def test_a_node_without_the_watchdog_it_requires_votes_and_owns_nothing(cluster):
    configure(cluster, "watchdog = required", "watchdog_device = /nowhere/dog")
    cluster.start()
    status = until(lambda: (s := cluster.alpha.status()) and s["quorum"]["voters_heard"] == 3
                   and s["roles"][0]["nodes"][0]["detail"] and s, "alpha says why")
    node = status["roles"][0]["nodes"][0]
    assert not node["ready"] and node["reason"] == "resource-unfit"
    assert node["detail"] == "watchdog: /nowhere/dog: cannot look at it: " \
        "No such file or directory; load the driver of the watchdog, or of softdog where there " \
        "is none"
    assert status["roles"][0]["owner"] is None
    assert cluster.alpha.log.count("watchdog: required, and it cannot be used") == 1


def test_a_node_without_the_watchdog_it_would_like_owns_and_says_so(cluster):
    configure(cluster, "watchdog = auto", "watchdog_device = /nowhere/dog")
    cluster.start().owned("alpha")
    assert cluster.alpha.log.count("watchdog: not used: /nowhere/dog: cannot look at it") == 1
