/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of keys. To add a key: a field in config.h, a row here, an item in failoverd.ini(5).
 */
#include "config/schema.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
	IN_CLUSTER = 1 << SECTION_CLUSTER,
	IN_MEMBER = 1 << SECTION_NODE | 1 << SECTION_WITNESS,
	IN_ROLE = 1 << SECTION_ROLE,
	IN_RESOURCE = 1 << SECTION_RESOURCE,
	IN_FENCE = 1 << SECTION_FENCE,

	OF_VIP = 1 << RESOURCE_VIP,
	OF_PROCESS = 1 << RESOURCE_PROCESS,
	OF_SCRIPT = 1 << RESOURCE_SCRIPT,

	/* Strides. */
	ONCE = 0,
	MEMBER = sizeof(struct config_member),
	SETUP_MEMBER = sizeof(struct setup_member),
	ROLE = sizeof(struct config_role),
	SETUP_ROLE = sizeof(struct setup_role),
	RESOURCE = sizeof(struct config_resource),
	FENCE = sizeof(struct config_fence),
};

static_assert((int)VARIANTS_MAX == (int)RESOURCE_TYPES, "a default for each type of resource");
static_assert((int)VARIANTS_MAX == (int)TIMING_WAN + 1, "a default for each preset");

static const struct row rows[ROWS] = {
    {"name", IN_CLUSTER, 0, VALUE_NAME, true, offsetof(struct config, cluster), ONCE,
     .help = "the name of the cluster"},
    {"timing", IN_CLUSTER, 0, VALUE_TIMING, false, 0, ONCE, .defaults = {"lan"},
     .help = "the preset for heartbeat, lease and release"},
    {"heartbeat", IN_CLUSTER, 0, VALUE_SPAN, false, offsetof(struct config, setup.timing.heartbeat),
     ONCE, .defaults = {"200ms", "20ms", "1s"}, .low = "5ms", .high = "2m",
     .help = "how often members send to each other"},
    {"lease", IN_CLUSTER, 0, VALUE_SPAN, false, offsetof(struct config, setup.timing.lease), ONCE,
     .defaults = {"2s", "200ms", "10s"}, .low = "20ms", .high = "10m",
     .help = "how long an owner may go on without a majority"},
    {"release", IN_CLUSTER, 0, VALUE_SPAN, false, offsetof(struct config, setup.timing.release),
     ONCE, .defaults = {"500ms", "50ms", "2s"}, .low = "10ms", .high = "10m",
     .help = "how long a forced release of a role may take"},
    {"port", IN_CLUSTER, 0, VALUE_PORT, false, offsetof(struct config, port), ONCE,
     .defaults = {"7360"}, .help = "the UDP port of members that set none"},
    {"dscp", IN_CLUSTER, 0, VALUE_DSCP, false, offsetof(struct config, dscp), ONCE,
     .defaults = {"CS6"}, .help = "how networks are to treat heartbeats"},
    {"group", IN_CLUSTER, 0, VALUE_ACCOUNT, false, offsetof(struct config, group), ONCE,
     .otherwise = "only root", .help = "the group whose users may change things"},
    {"gate", IN_CLUSTER, 0, VALUE_USE, false, offsetof(struct config, gate), ONCE,
     .defaults = {"auto"}, .help = "whether the kernel silences addresses at the end of a lease"},
    {"watchdog", IN_CLUSTER, 0, VALUE_USE, false, offsetof(struct config, watchdog), ONCE,
     .defaults = {"off"}, .help = "whether a host that hangs as an owner is reset"},
    {"watchdog_device", IN_CLUSTER, 0, VALUE_PATH, false, offsetof(struct config, watchdog_device),
     ONCE, .defaults = {"/dev/watchdog"}, .help = "what resets it"},
    {"watchdog_timeout", IN_CLUSTER, 0, VALUE_SECONDS, false,
     offsetof(struct config, watchdog_timeout), ONCE, .otherwise = "the longest that fits",
     .low = "1s", .high = "20m", .help = "how long after the last sign of life it is reset"},
    {"escalate", IN_CLUSTER, 0, VALUE_ESCALATE, false, offsetof(struct config, escalate), ONCE,
     .defaults = {"none"}, .help = "what is done when a release does not succeed"},

    {"address", IN_MEMBER, 0, VALUE_ADDRESSES, true, offsetof(struct config, members[0]), MEMBER,
     .help = "where the others reach it, one address for each path"},
    {"port", IN_MEMBER, 0, VALUE_PORT, false, offsetof(struct config, members[0].port), MEMBER,
     .otherwise = "that of [cluster]", .help = "its UDP port"},
    {"key", IN_MEMBER, 0, VALUE_KEYS, true, offsetof(struct config, members[0]), MEMBER,
     .help = "its public key, as `failoverd keygen` prints it"},
    {"votes", IN_MEMBER, 0, VALUE_VOTES, false, offsetof(struct config, setup.members[0].votes),
     SETUP_MEMBER, .defaults = {"1"}, .help = "whether it counts towards a majority"},

    {"nodes", IN_ROLE, 0, VALUE_NODES, true, offsetof(struct config, setup.roles[0]), SETUP_ROLE,
     .help = "the nodes that may own it, best first"},
    {"resources", IN_ROLE, 0, VALUE_RESOURCES, true, offsetof(struct config, roles[0]), ROLE,
     .help = "what it is made of, started in this order"},
    {"failback", IN_ROLE, 0, VALUE_FAILBACK, false, offsetof(struct config, setup.roles[0]),
     SETUP_ROLE, .defaults = {"never"}, .low = "0", .high = "24h",
     .help = "when it goes back to a better node"},
    {"fence", IN_ROLE, 0, VALUE_FENCES, false, offsetof(struct config, setup.roles[0].fences),
     SETUP_ROLE, .defaults = {"never"}, .help = "when its old owner is switched off"},

    {"type", IN_RESOURCE, 0, VALUE_TYPE, true, offsetof(struct config, resources[0].type), RESOURCE,
     .help = "what kind of thing it is"},
    {"critical", IN_RESOURCE, 0, VALUE_BOOL, false, offsetof(struct config, resources[0].critical),
     RESOURCE, .defaults = {"yes"}, .help = "whether its failure fails the role"},
    {"start_timeout", IN_RESOURCE, 0, VALUE_SPAN, false,
     offsetof(struct config, resources[0].start_timeout), RESOURCE,
     .defaults = {"5s", "30s", "30s"}, .low = "100ms", .high = "24h",
     .help = "how long its start may take"},
    {"stop_timeout", IN_RESOURCE, 0, VALUE_SPAN, false,
     offsetof(struct config, resources[0].stop_timeout), RESOURCE, .defaults = {"5s", "30s", "30s"},
     .low = "100ms", .high = "24h", .help = "how long its stop may take before it is killed"},
    {"restart", IN_RESOURCE, 0, VALUE_RESTART, false, offsetof(struct config, resources[0]),
     RESOURCE, .defaults = {"3/15m"},
     .help = "how often it is restarted in place before the role moves"},

    {"address", IN_RESOURCE, OF_VIP, VALUE_NETWORK, true, offsetof(struct config, resources[0]),
     RESOURCE, .help = "the virtual address with its prefix length"},
    {"interface", IN_RESOURCE, OF_VIP, VALUE_INTERFACE, true,
     offsetof(struct config, resources[0].interface), RESOURCE,
     .help = "the network interface that gets the address"},

    {"command", IN_RESOURCE, OF_PROCESS, VALUE_COMMAND, true,
     offsetof(struct config, resources[0].start), RESOURCE,
     .help = "the program to run, which stays in the foreground"},
    {"start", IN_RESOURCE, OF_SCRIPT, VALUE_COMMAND, true,
     offsetof(struct config, resources[0].start), RESOURCE,
     .help = "the command that starts it and ends"},
    {"stop", IN_RESOURCE, OF_SCRIPT, VALUE_COMMAND, true,
     offsetof(struct config, resources[0].stop), RESOURCE,
     .help = "the command that stops it and ends"},
    {"status", IN_RESOURCE, OF_SCRIPT, VALUE_COMMAND, false,
     offsetof(struct config, resources[0].status), RESOURCE, .otherwise = "not watched",
     .help = "the command that exits 0 while it is up"},
    {"status_interval", IN_RESOURCE, OF_SCRIPT, VALUE_SPAN, false,
     offsetof(struct config, resources[0].status_interval), RESOURCE, .defaults = {"10s"},
     .low = "100ms", .high = "1h", .help = "the time from one status command to the next"},
    {"status_timeout", IN_RESOURCE, OF_SCRIPT, VALUE_SPAN, false,
     offsetof(struct config, resources[0].status_timeout), RESOURCE, .defaults = {"10s"},
     .low = "100ms", .high = "1h", .help = "how long a status command may take"},
    {"user", IN_RESOURCE, OF_PROCESS | OF_SCRIPT, VALUE_ACCOUNT, false,
     offsetof(struct config, resources[0].user), RESOURCE, .otherwise = "that of the daemon",
     .help = "the user its commands run as"},
    {"directory", IN_RESOURCE, OF_PROCESS | OF_SCRIPT, VALUE_PATH, false,
     offsetof(struct config, resources[0].directory), RESOURCE, .otherwise = "/",
     .help = "the directory its commands run in"},
    {"environment", IN_RESOURCE, OF_PROCESS | OF_SCRIPT, VALUE_ENVIRONMENT, false,
     offsetof(struct config, resources[0].environment), RESOURCE, .otherwise = "nothing",
     .help = "variables its commands get beside those of every command"},
    {"stop_signal", IN_RESOURCE, OF_PROCESS, VALUE_SIGNAL, false,
     offsetof(struct config, resources[0].stop_signal), RESOURCE, .otherwise = "TERM",
     .help = "the signal that asks it to end"},

    {"agent", IN_FENCE, 0, VALUE_AGENT, true, offsetof(struct config, fences[0].agent), FENCE,
     .help = "the program that switches the node off"},
    {"timeout", IN_FENCE, 0, VALUE_SPAN, false, offsetof(struct config, fences[0].timeout), FENCE,
     .defaults = {"60s"}, .low = "1s", .high = "1h", .help = "how long the agent may take"},
    {"verify", IN_FENCE, 0, VALUE_BOOL, false, offsetof(struct config, fences[0].verify), FENCE,
     .defaults = {"yes"}, .help = "whether it is asked for the node's status afterwards"},
};

static const char *const section_words[SECTIONS] = {
    [SECTION_CLUSTER] = "cluster", [SECTION_NODE] = "node",         [SECTION_WITNESS] = "witness",
    [SECTION_ROLE] = "role",       [SECTION_RESOURCE] = "resource", [SECTION_FENCE] = "fence",
};

static const char *const type_words[RESOURCE_TYPES] = {
    [RESOURCE_VIP] = "vip",
    [RESOURCE_PROCESS] = "process",
    [RESOURCE_SCRIPT] = "script",
};

static const char *const preset_words[VARIANTS_MAX] = {
    [TIMING_LAN] = "lan",
    [TIMING_FAST] = "fast",
    [TIMING_WAN] = "wan",
};

static const char *const use_words[] = {
    [USE_OFF] = "off",
    [USE_AUTO] = "auto",
    [USE_REQUIRED] = "required",
};

static const char *const escalate_words[] = {
    [ESCALATE_NONE] = "none",
    [ESCALATE_REBOOT] = "reboot",
};

/* What the manual calls a value. */
static const char *const value_words[VALUES] = {
    [VALUE_NAME] = "name",
    [VALUE_ACCOUNT] = "account name",
    [VALUE_INTERFACE] = "interface name",
    [VALUE_PATH] = "absolute path",
    [VALUE_SPAN] = "duration",
    [VALUE_PORT] = "number from 1 to 65535",
    [VALUE_VOTES] = "0 or 1",
    [VALUE_BOOL] = "yes or no",
    [VALUE_COMMAND] = "command",
    [VALUE_ADDRESSES] = "list of 1 to 4 addresses",
    [VALUE_KEYS] = "list of 1 or 2 public keys",
    [VALUE_NETWORK] = "address/length",
    [VALUE_RESTART] = "number/duration or none",
    [VALUE_FAILBACK] = "never or a duration",
    [VALUE_NODES] = "list of 1 to 16 nodes",
    [VALUE_RESOURCES] = "list of 1 to 16 resources",
    [VALUE_TIMING] = "lan, fast or wan",
    [VALUE_TYPE] = "vip, process or script",
    [VALUE_USE] = "off, auto or required",
    [VALUE_SECONDS] = "duration in whole seconds",
    [VALUE_ESCALATE] = "none or reboot",
    [VALUE_FENCES] = "never or before-takeover",
    [VALUE_AGENT] = "program name or absolute path",
    [VALUE_ENVIRONMENT] = "list of NAME=value",
    [VALUE_SIGNAL] = "name of a signal",
    [VALUE_DSCP] = "code point or number from 0 to 63",
};

static_assert(PATHS_MAX == 4 && SEAL_KEYS_MAX == 2, "the words of values name these limits");
static_assert(MEMBERS_MAX == 16 && CONFIG_ROLE_RESOURCES_MAX == 16, "these too");

const struct row *schema_row(size_t index)
{
	assert(index < ROWS);
	return &rows[index];
}

size_t row_index(const struct row *row)
{
	return (size_t)(row - rows);
}

const char *section_word(enum section_kind kind)
{
	return section_words[kind];
}

const char *type_word(enum resource_type type)
{
	return type_words[type];
}

const char *preset_word(enum timing_preset preset)
{
	return preset_words[preset];
}

const char *use_word(enum config_use use)
{
	return use_words[use];
}

const char *escalate_word(enum config_escalate escalate)
{
	return escalate_words[escalate];
}

bool row_is_in(const struct row *row, enum section_kind kind)
{
	return (row->sections >> kind & 1) != 0;
}

bool row_has_type(const struct row *row, enum resource_type type)
{
	return row->types == 0 || (row->types >> type & 1) != 0;
}

const char *row_default(const struct row *row, unsigned variant)
{
	assert(variant < VARIANTS_MAX);
	const char *own = row->defaults[variant];
	return own == NULL ? row->defaults[0] : own;
}

const struct row *row_find(enum section_kind kind, const char *key)
{
	for (size_t i = 0; i < ROWS; i++)
		if (row_is_in(&rows[i], kind) && strcmp(rows[i].key, key) == 0)
			return &rows[i];
	return NULL;
}

const char *row_value_word(const struct row *row)
{
	return value_words[row->value];
}

static void facts_default(const struct row *row, char *out, size_t size)
{
	bool of_preset = row_is_in(row, SECTION_CLUSTER);
	const char *first = row_default(row, 0), *second = row_default(row, 1);
	if (row->required)
		snprintf(out, size, "required");
	else if (first == NULL)
		snprintf(out, size, "default: %s", row->otherwise);
	else if (row->defaults[1] == NULL)
		snprintf(out, size, "default %s", first);
	else if (of_preset)
		snprintf(out, size, "default %s, fast %s, wan %s", first, second,
		         row_default(row, TIMING_WAN));
	else
		snprintf(out, size, "default %s, vip %s", second, first);
}

void row_facts(const struct row *row, char out[ROW_FACTS_BYTES])
{
	char bounds[48] = "", absence[64];
	if (row->low != NULL)
		snprintf(bounds, sizeof bounds, " from %s to %s", row->low, row->high);
	facts_default(row, absence, sizeof absence);
	snprintf(out, ROW_FACTS_BYTES, "%s%s; %s", row_value_word(row), bounds, absence);
}
