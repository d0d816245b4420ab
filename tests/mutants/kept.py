# SPDX-License-Identifier: Apache-2.0
"""The rules without a mutant: nothing can be expected to notice their removal. Why they stay."""

from typing import NamedTuple


class Kept(NamedTuple):
    """A rule whose removal no test can be expected to find, and why it stays."""

    rule: str
    argument: str


KEPT = [
    Kept("a `none` that is not fresh frees a vote only if it was made after the grant",
         "it has to be newer by number than the claim that was granted, and of the same life; only "
         "a recording of an earlier life with the same numbers is both, and that echoes an earlier "
         "life of the voter, unless both have lost their disks and begun to count alike."),
    Kept("no slot of the gate is believed while addresses move to other slots",
         "the window is that of a few updates of a map in the kernel, at the start of a worker; "
         "that each address then is in the slot of its role is searched for."),
    Kept("an extension of a lifetime is not told of another address, and is looked at again",
         "the window is one request to the kernel, whose duration no test can choose."),
    Kept("a memory that is being written has no generation meanwhile",
         "its checksum covers the generation that it will have, so a half of it is not whole "
         "either; tests/daemon/test_shared_memory.c tears it at every byte."),
    Kept("only an owner, not a seeker, at a later epoch shows that the holder was waited for",
         "nobody seeks while its own vote or a majority is promised without an end; the voter does "
         "not lean on that. tests/proto/test_voter.c shows the rule."),
    Kept("a new life of the holder does not free a promise without an end at once",
         "its claim would have to stand on another page than the first that is heard, and its "
         "lease be over. tests/proto/test_voter.c shows the rule."),
    Kept("an off says nothing of what was promised after it was asked for (`renewed_at`)",
         "whoever was off comes back with a higher incarnation, which the word of it does not "
         "cover; only with its disk lost, and the memory of a majority, it counts from one again. "
         "tests/proto/test_voter.c shows the rule."),
    Kept("a voter refuses a claimant with an older record",
         "a page that tells a seeker of a free vote tells it the newer record too, and it does not "
         "seek before that is on its own disk; the voter does not lean on that."),
    Kept("a relearning voter grants nothing (`terms->relearning`)",
         "nobody counts on a peer that says it is relearning before it seeks; the voter does not "
         "lean on that."),
    Kept("a grant counts only by a page that carried this claim (`first_seq`)",
         "each attempt takes a new epoch, so a grant at this epoch cannot be older than the claim; "
         "the comparison costs nothing and does not lean on that."),
    Kept("`releasing` is renewed, never newly granted",
         "a new grant to who gives up would not bring a lease back, it would only make the next "
         "owner wait for one promise more."),
    Kept("a member that distrusts its disk does so also after a restart of its process",
         "its process has to die in the milliseconds before the disk itself says so; then it would "
         "vote without having learned what the others know."),
    Kept("nothing beyond the epochs reserved on disk is granted",
         "reservation runs half a block of 500 epochs ahead; to be overtaken, a disk has to be "
         "full while others reboot often, and then its host has to reboot with a working disk."),
    Kept("who may still run a role and was not overtaken is waited for while it is heard",
         "its claim renews the votes that it was given, so others would seek in vain; the voter "
         "does not lean on that. tests/proto/test_overdue.c shows the outcome."),
]
