/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of verbs: the manual of the language, printed by `scenario --help`.
 */
#include "tests/scenario/verbs.h"

#include <string.h>

const struct verb verbs[] = {
    {"cluster", "[KEY=VALUE | WORD]...",
     "a new cluster; booted 10 ms after each other, all links take 0.2 ms, a write takes 1 ms\n"
     "nodes=3 witnesses=0           members n1 n2 ... and w1 w2 ...\n"
     "timing=lan                    or fast, wan, HEARTBEAT/LEASE/RELEASE\n"
     "roles=1, r1=n1,n2             roles on all nodes in order, or on these\n"
     "failback=10s                  of all roles\n"
     "delay=200us                   of all links, in one direction\n"
     "seed=1                        of every jitter\n"
     "new                           no state files: the cluster starts for the first time\n"
     "together                      all boot at the same moment\n"
     "two-networks                  every page goes over both\n"
     "off=n2,n3                     not booted\n"
     "mismatch=n2                   its file defines r1 differently\n"
     "fence                         the old owner is switched off before a role is taken\n"
     "late                          of ten pages one comes twice, and one up to 5 s late\n"
     "bare                          no guard, and no memory survives the daemon\n"
     "restarts                      the guard starts the daemon again as soon as it died\n"
     "gate, lifetime, watchdog      what else of these a host has",
     false, verb_cluster},
    {"request", "MEMBER COMMAND...",
     "move ROLE [NODE], stop ROLE, start ROLE, pause NODE or resume NODE, typed on MEMBER", true,
     verb_request},
    {"ask", "MEMBER COMMAND...", "the same, and time passes until the answer is there", true,
     verb_ask},
    {"leave", "MEMBER", "its daemon is asked to end", true, verb_leave},
    {"timing", "MEMBER TIMING", "its file is reloaded with this timing", true, verb_timing},
    {"voters", "MEMBER NAME,NAME...", "the file of MEMBER, which is down, gives the vote to these",
     true, verb_voters},
    {"cut", "A B | C, A > C, or A", "no pages between them; > in this direction; A: to all others",
     true, verb_cut},
    {"heal", "[A | B, A > B, or A]", "the reverse, of these links or of all", true, verb_heal},
    {"unplug", "A B | C, A > C, or A", "as `cut`, of the second of two networks; `heal` ends it",
     true, verb_unplug},
    {"clog", "A B | C, A > C, or A",
     "of each heartbeat only the first page arrives, as when buffers overflow; `heal` ends it",
     true, verb_clog},
    {"loss", "[MEMBER] PERCENT%", "so many pages of every link are lost, or of those it sends",
     true, verb_loss},
    {"replay", "MEMBER...", "the pages that were recorded come to them once more", true,
     verb_replay},
    {"crash", "MEMBER... [power|guard|both]",
     "their daemons, guards, or both of them are killed, or their hosts lose power", true,
     verb_crash},
    {"boot", "MEMBER... [forget]",
     "their guards and daemons start; without the memory of the last ones", true, verb_boot},
    {"freeze", "MEMBER DURATION [step|guard|both|machine]",
     "its daemon stands still; in its next step, between the decision and the deed; its guard, or\n"
     "both of them; or the whole machine with its clock",
     true, verb_freeze},
    {"halt", "MEMBER DURATION [clock]",
     "its machine is paused: nothing runs on it, not even the guard; nor does its clock", true,
     verb_halt},
    {"agent", "NODE works|fails [time=1s]", "what its fence agent does from now on", true,
     verb_agent},
    {"thaw", "MEMBER", "it goes on before its time", true, verb_thaw},
    {"slew", "MEMBER [-]PPM", "a time daemon makes its clock too fast by this", true, verb_slew},
    {"drift", "MEMBER [-]PPM", "its clock is too fast by this", true, verb_drift},
    {"disk", "MEMBER full|ok|lost|damaged|copy|old",
     "its state file; a copy of it is made, and put back", true, verb_disk},
    {"resource", "MEMBER ROLE WORD...",
     "fails       the running resources are beyond restarting\n"
     "broken      from now on they do not start; works: they do\n"
     "unfit, fit  the host lacks what they need, such as a carrier\n"
     "start=20ms stop=30ms kill=5ms   how long they take from now on\n"
     "script=8s   only its stop ends it, which takes this long by force, too",
     true, verb_resource},
    {"run", "DURATION", "time passes", true, verb_run},
    {"skip", "DURATION", "time passes, all untold", true, verb_skip},
    {"record", "DURATION", "the same, and pages are kept for `replay`", true, verb_record},
    {"until", "CONDITION [within DURATION]",
     "time passes, at most 1 m, until\n"
     "owner ROLE [NODE]   the role is up there\n"
     "nobody ROLE         its resources are down everywhere\n"
     "silent ROLE MEMBER  packets for its address are not answered there\n"
     "answer              every command typed has its answer\n"
     "quiet               nothing was told for two promises\n"
     "told \"TEXT\"         a line with this is told",
     true, verb_until},
    {"settle", "", "until quiet and nothing is under way, all untold; then who owns what", true,
     verb_settle},
    {"show", "[MEMBER...]", "what they know", true, verb_show},
};

const unsigned verb_count = sizeof verbs / sizeof verbs[0];

static bool act(struct stage *stage, const struct verb *verb, const struct words *words)
{
	if (verb->needs_cluster && !stage->has_cluster)
		return stage_fail(stage, "there is no cluster yet");
	if (!verb->act(stage, words))
		return stage_fail(stage, "usage: %s %s", verb->name, verb->operands);
	return true;
}

bool verb_do(struct stage *stage, const char *line)
{
	struct words words;
	transcript_clear(&stage->transcript);
	if (!words_split(line, &words) || words.count == 0)
		return stage_fail(stage, "too many words");
	for (unsigned i = 0; i < verb_count; i++)
		if (strcmp(verbs[i].name, words.word[0]) == 0)
			return act(stage, &verbs[i], &words);
	return stage_fail(stage, "there is no verb \"%s\"; see scenario --help", words.word[0]);
}
