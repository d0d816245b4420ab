/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decisions as data, and the only place with their English: what was decided, why, on which
 * evidence. The log, the scenario tests and the simulator print the same line.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "proto/clock.h"
#include "proto/heartbeat.h"
#include "proto/setup.h"

enum note_kind {
	NOTE_JOINED,     /* epoch: incarnation; span: abstains this long */
	NOTE_STATE_LOST, /* no stored state: relearning */
	NOTE_RELEARNED,  /* count: members it learned from */
	NOTE_ABSTENTION_OVER,
	NOTE_PEER_HEARD,         /* peer; epoch: its incarnation */
	NOTE_PEER_SILENT,        /* peer; span: since last heard */
	NOTE_PEER_LEAVING,       /* peer */
	NOTE_PEER_ONE_WAY,       /* peer: heard, but does not hear us */
	NOTE_VOTERS_DIFFER,      /* peer counts with another voter set */
	NOTE_CONFIG_DIFFERS,     /* peer has another configuration */
	NOTE_FILE_VOTERS_DIFFER, /* our file names other voters than the remembered set */
	NOTE_QUORUM_SEEN,        /* count of voters heard, of total */
	NOTE_QUORUM_LOST,
	NOTE_SEEKING,     /* role, epoch, count: rank */
	NOTE_WITHDRAWN,   /* role, epoch, count: votes it had, of total */
	NOTE_TAKEN,       /* role, epoch, count: votes, of total; span: lease */
	NOTE_UP,          /* role, epoch; span: since taken */
	NOTE_GRANTED,     /* role, epoch, peer: to whom; span: promise */
	NOTE_REFUSED,     /* role, epoch, peer: whom; detail: enum refusal_reason below */
	NOTE_LEASE_OVER,  /* role, epoch; span: since the last majority */
	NOTE_RELEASING,   /* role, epoch; detail: enum release_reason below; peer: target */
	NOTE_RELEASED,    /* role, epoch; span: release took; peer: successor */
	NOTE_FAILED_HERE, /* role, epoch; count: failures; span: back-off */
	NOTE_UNFIT,       /* role; detail: enum unfit */
	NOTE_FIT,         /* role */
	NOTE_WANTED,      /* role, detail: enum wanted; peer: asked by */
	NOTE_PAUSED,      /* peer: asked by */
	NOTE_RESUMED,
	NOTE_CLEARED,           /* role, peer: where it was typed */
	NOTE_REQUEST_REFUSED,   /* role, peer: asked by, detail: enum verdict */
	NOTE_INCARNATION_TAKEN, /* epoch: new incarnation, heard of a higher one of ours;
	                           count: how often in a row, less than a minute apart */
	NOTE_EPOCHS_RESERVED,   /* epoch: end */
	NOTE_SHARED,        /* role, epoch: what the file adds to it may be up in another role */
	NOTE_OWNER_SEEN,    /* role, epoch, peer: new owner */
	NOTE_PAUSE_NOTICED, /* span: gap between two steps longer than half a lease */
	NOTE_UNOWNED, /* role is wanted, nobody claims it; span: so long; detail: enum obstacle */
	NOTE_FENCING, /* role, peer: who is to be switched off; epoch: its incarnation; span: limit
	               */
	NOTE_FENCED,  /* peer, epoch: its incarnation, span: took */
	NOTE_FENCE_FAILED,    /* peer, count: failures in a row, span: back-off */
	NOTE_FENCE_CANCELLED, /* peer */
	NOTE_FREED_BY_OFF,    /* role, epoch: of the grant, peer: to whom, other: who says so */
	NOTE_NOT_OFF,         /* peer was confirmed to be off, and is heard in the same life */
	NOTE_CALLED_OFF,      /* peer says that this member was off, and it was not */
	NOTE_CLOCK_STOOD,     /* span: that the clocks of the others went on meanwhile */
	NOTE_LEASE_SHORT, /* role, epoch: its lease ended soon after it was won; span: back-off */
	NOTE_TOO_FAR,     /* span: lease; the voters answer too slowly for it */
	NOTE_NEAR_ENOUGH, /* they do not any more */
	NOTE_PROMISE_LAPSED, /* span: the longest promise that may still stand */
	NOTE_CLOCK_SLEWED,   /* detail: 1 fast, 0 slow; count: ppm, beyond the drift allowed for */
	NOTE_CLOCK_STEADY,   /* the same, within it again */
	NOTE_MAY_RUN, /* role, epoch; not proven down span after the lease; peer: where, if not here
	               */
	/* count: number of the path; peer: to whom, NO_MEMBER: to all; span: for so long */
	NOTE_PATH_SILENT,
	NOTE_PATH_HEARD,  /* likewise; is heard again */
	NOTE_PROVEN_DOWN, /* role, peer: where it might have run until now */
};
enum { NOTES = NOTE_PROVEN_DOWN + 1 };

/* Why a voter did not grant (NOTE_REFUSED). */
enum refusal_reason {
	REFUSED_PROMISED, /* the grant to another still stands */
	REFUSED_ABSTAINING,
	REFUSED_RELEARNING,
	REFUSED_OLD_EPOCH,
	REFUSED_OLD_RECORD,
	REFUSED_NOT_STORED, /* epoch or longest promise is not on this disk yet */
	REFUSED_SHARED,     /* promised to another that has some of it in another role */
};
enum { REFUSAL_REASONS = REFUSED_SHARED + 1 };

/* Why an owner gives up (NOTE_RELEASING). */
enum release_reason {
	RELEASE_MOVE,
	RELEASE_STOP,
	RELEASE_FAILED,
	RELEASE_UNFIT,
	RELEASE_LEAVE,
	RELEASE_FAILBACK,
	RELEASE_RESTARTED, /* the daemon came back and its lease was over */
	RELEASE_RETIRED,   /* the configuration does not let this member own it any more */
};
enum { RELEASE_REASONS = RELEASE_RETIRED + 1 };

/* What keeps this node from seeking a role; the first that applies. */
enum obstacle {
	OBSTACLE_NONE,
	OBSTACLE_UNWANTED,  /* stopped by an operator, and nobody asks otherwise */
	OBSTACLE_UNFIT,     /* enum unfit says why */
	OBSTACLE_DISK,      /* epoch, record or promise is not stored here yet */
	OBSTACLE_RELEASING, /* its resources are not down here yet */
	OBSTACLE_ABSTAINING,
	OBSTACLE_RELEARNING,
	OBSTACLE_PROMISED, /* this node's own vote is promised to another */
	OBSTACLE_CLAIMED,  /* somebody reachable claims it */
	OBSTACLE_SHARED,   /* something of it may be up in another role, as another file has it */
	OBSTACLE_QUORUM,   /* too few voters are reachable */
	OBSTACLE_VOTES,    /* enough are reachable, but their votes are promised */
	OBSTACLE_HEIR,     /* another was named to go first */
	/* The last owner has to be off first: */
	OBSTACLE_FENCING,      /* this node sees to it */
	OBSTACLE_FENCE_TURN,   /* a better one should */
	OBSTACLE_FENCE_FAILED, /* this node could not, and waits before it tries again */
	OBSTACLE_NO_FENCE,     /* this node has no way to */
};
enum { OBSTACLES = OBSTACLE_NO_FENCE + 1 };

/* Never NULL. */
const char *obstacle_text(enum obstacle obstacle);

enum note_level { LEVEL_ERROR, LEVEL_WARNING, LEVEL_INFO, LEVEL_DEBUG };

struct note {
	enum note_kind kind;
	uint64_t role; /* id; 0: none */
	uint64_t epoch;
	uint8_t peer;  /* NO_MEMBER: none */
	uint8_t other; /* likewise, where the kind names one */
	uint8_t detail;
	uint32_t count;
	uint32_t total;
	struct span span;
};

enum { NOTE_TEXT_BYTES = 256 };

enum note_level note_level(const struct note *note);

/* Writes one line without newline, at most `size` bytes with the zero. */
void note_format(const struct setup *setup, const struct note *note, char *out, size_t size);
