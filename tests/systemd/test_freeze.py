# SPDX-License-Identifier: Apache-2.0
"""A machine whose processes all stand still, while its kernel answers for its addresses."""

import pytest

from lab import boottime


@pytest.mark.parametrize("seconds", [1, 8])
def test_a_frozen_owner_and_the_one_that_takes_over_never_answer_both(web, seconds):
    """Fault 28: the whole node is frozen."""
    since = boottime()
    web.containers["alpha"].freeze()
    try:
        web.wait_for(lambda: boottime() > since + seconds, "the thaw", seconds + 5)
    finally:
        web.containers["alpha"].thaw()
    changes = web.probe("web").changes(since)
    assert changes == ([] if seconds < web.lease else ["beta"])
    web.wait_all_agree(30)
    print(f"silence {max((o['ms'] for o in web.probe('web').outages(since)), default=0):.0f} ms")
