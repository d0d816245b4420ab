/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration as one plain, validated struct: no pointers, no defaults left open, references
 * resolved to indexes. Made by load.h, printed by print.h. Knows neither files nor sockets.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "config/address.h"
#include "proto/auth.h"
#include "proto/setup.h"

enum {
	CONFIG_RESOURCES_MAX = 128,     /* two for each role, all together */
	CONFIG_ROLE_RESOURCES_MAX = 16, /* of one role */
	CONFIG_COMMAND_BYTES = 512,     /* a command line with its words */
	CONFIG_WORDS_MAX = 32,          /* words of one command */
	DSCP_MAX = 63,
	DSCP_DEFAULT = 48,           /* CS6: what keeps a network itself alive */
	CONFIG_SIGNAL_BYTES = 8,     /* of a name of value_signal */
	CONFIG_INTERFACE_BYTES = 16, /* IFNAMSIZ of Linux */
	CONFIG_PATH_BYTES = 256,
	CONFIG_FILE_BYTES = 256 * 1024, /* a larger file is refused unread */
	CONFIG_RESTARTS_MAX = 32,       /* in one window; beyond it is a crash loop */
	CONFIG_LINE_BYTES = 2048,       /* the longest command, every character of it quoted */
	CONFIG_PORT_DEFAULT = 7360,
	CONFIG_FENCES_MAX = 32,       /* fence agents of all nodes together */
	CONFIG_NODE_FENCES_MAX = 4,   /* of one node, tried one after the other */
	CONFIG_FENCE_BYTES = 1024,    /* options of one agent, with their zeros */
	CONFIG_FENCE_SECRETS_MAX = 4, /* of them: what is read from a file */
	FENCE_NAME_BYTES = NAME_BYTES + 2,
};

/* A command: its words stand one behind the other, each with its zero. */
struct command {
	uint8_t word_count; /* 0: not set */
	uint16_t length;
	char words[CONFIG_COMMAND_BYTES];
};

struct config_member {
	uint8_t address_count;
	struct address addresses[PATHS_MAX];
	uint16_t port;
	uint8_t key_count;
	struct public_key keys[SEAL_KEYS_MAX];
};

enum resource_type { RESOURCE_VIP, RESOURCE_PROCESS, RESOURCE_SCRIPT };
enum { RESOURCE_TYPES = RESOURCE_SCRIPT + 1 };

struct config_resource {
	char name[NAME_BYTES];
	enum resource_type type;
	bool critical;
	struct span start_timeout, stop_timeout;
	uint8_t restarts;           /* restart = 3/15m: at most 3 in place ... */
	struct span restart_window; /* ... within 15 minutes, then the role moves */

	/* vip */
	struct address address;
	uint8_t prefix;
	char interface[CONFIG_INTERFACE_BYTES];

	/* process: `start` is its command; script: all three */
	struct command start, stop, status;
	struct span status_interval, status_timeout;
	char user[NAME_BYTES];                 /* "": as the daemon */
	char directory[CONFIG_PATH_BYTES];     /* "": / */
	struct command environment;            /* "NAME=value" each, for all its commands */
	char stop_signal[CONFIG_SIGNAL_BYTES]; /* process: "": TERM */
};

static_assert((int)CONFIG_ROLE_RESOURCES_MAX <= (int)IDENTITIES_MAX, "each has an identity");

struct config_role {
	uint8_t resource_count;
	uint8_t resources[CONFIG_ROLE_RESOURCES_MAX]; /* indexes, started in this order */
};

/* One way to switch a node off. */
struct config_fence {
	char name[FENCE_NAME_BYTES];   /* of the section: "beta", "beta 2" */
	uint8_t member;                /* whom: index of members */
	uint8_t turn;                  /* 1: tried first */
	char agent[CONFIG_PATH_BYTES]; /* the name of a program, or its absolute path */
	struct span timeout;           /* of the agent, with the question whether it was right */
	bool verify;                   /* ask whether the node is off */
	/* What the agent is told: name and value of each, each with its zero, in order of names. */
	uint8_t option_count;
	uint16_t length;
	char options[CONFIG_FENCE_BYTES];
};

/* What may be used where the host has it. */
enum config_use { USE_OFF, USE_AUTO, USE_REQUIRED };
enum config_escalate { ESCALATE_NONE, ESCALATE_REBOOT };

struct config {
	char cluster[NAME_BYTES];
	char group[NAME_BYTES]; /* whose users may change things, besides root; "": nobody */
	uint16_t port;          /* of members that set none */
	uint8_t dscp;           /* of datagrams, 0 to 63 */
	enum config_use watchdog;
	char watchdog_device[CONFIG_PATH_BYTES];
	struct span watchdog_timeout;  /* 0: the longest that fits */
	enum config_use gate;          /* of packets */
	enum config_escalate escalate; /* what is done when a release does not succeed in time */
	struct setup setup; /* what proto/ needs; setup.members[i] belongs to members[i] */
	struct config_member members[MEMBERS_MAX];
	struct config_role roles[ROLES_MAX]; /* roles[i] belongs to setup.roles[i] */
	uint8_t resource_count;
	struct config_resource resources[CONFIG_RESOURCES_MAX];
	uint8_t fence_count;
	struct config_fence fences[CONFIG_FENCES_MAX];
};
