/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table for each kind of reason; see note_text.h.
 */
#include "proto/note_text.h"

#include "proto/note.h"

const char *note_refusal_text(uint8_t reason)
{
	static const char *const texts[REFUSAL_REASONS] = {
	    [REFUSED_PROMISED] = "this vote is promised to another",
	    [REFUSED_ABSTAINING] = "this member abstains: it does not know what it promised before",
	    [REFUSED_RELEARNING] = "this member lost its state and has not heard a majority yet",
	    [REFUSED_OLD_EPOCH] = "the epoch is not above those granted before",
	    [REFUSED_SHARED] = "something of it is promised to another node in another role",
	    [REFUSED_OLD_RECORD] = "it does not know the newest command of an operator yet",
	    [REFUSED_NOT_STORED] = "this member's disk has not stored what a vote needs",
	};
	return reason < REFUSAL_REASONS ? texts[reason] : "?";
}

const char *note_release_text(uint8_t reason)
{
	static const char *const texts[RELEASE_REASONS] = {
	    [RELEASE_MOVE] = "an operator moves it",
	    [RELEASE_STOP] = "an operator stopped it",
	    [RELEASE_FAILED] = "it failed here",
	    [RELEASE_UNFIT] = "this node cannot run it now",
	    [RELEASE_LEAVE] = "this daemon is shutting down",
	    [RELEASE_FAILBACK] = "a node that is listed before this one is fit again",
	    [RELEASE_RESTARTED] = "the daemon came back after the lease was over",
	    [RELEASE_RETIRED] = "the configuration does not let this node own it any more",
	};
	return reason < RELEASE_REASONS ? texts[reason] : "?";
}

const char *obstacle_text(enum obstacle obstacle)
{
	static const char *const texts[OBSTACLES] = {
	    [OBSTACLE_NONE] = "nothing",
	    [OBSTACLE_UNWANTED] = "an operator stopped it",
	    [OBSTACLE_UNFIT] = "it is not fit",
	    [OBSTACLE_DISK] = "its disk has not stored what a claim needs",
	    [OBSTACLE_RELEASING] = "its own resources are not down yet",
	    [OBSTACLE_ABSTAINING] = "it abstains until every promise it may have given is over",
	    [OBSTACLE_RELEARNING] = "it lost its state and has not heard enough others yet",
	    [OBSTACLE_PROMISED] = "its own vote is promised to another",
	    [OBSTACLE_CLAIMED] = "another node claims it",
	    [OBSTACLE_SHARED] = "a resource of it may still be up in another role, as the file of "
				"another node has it",
	    [OBSTACLE_QUORUM] = "too few voters are reachable",
	    [OBSTACLE_VOTES] = "the votes of the others are promised or withheld",
	    [OBSTACLE_HEIR] = "the node it was handed to goes first",
	    [OBSTACLE_FENCING] = "the last owner is being switched off first",
	    [OBSTACLE_FENCE_TURN] = "a node before it is to switch off the last owner first",
	    [OBSTACLE_FENCE_FAILED] = "the last owner could not be switched off from here",
	    [OBSTACLE_NO_FENCE] = ("the last owner has to be switched off first, and this node has "
	                           "no fence agent for it"),
	};
	return texts[obstacle];
}
