/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the daemon may do beyond what every user may. While it runs its own rights count, not those
 * of whoever asks: the unit of systemd has others than a shell of root.
 */
#include "config/text.h"
#include "daemon/cli/check.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/standin.h"

enum { COST_BYTES = 512 };

/* What the resources and the settings of this host ask for. */
struct wishes {
	bool has_address;
	bool has_user;
};

static void wish(struct check *check, const struct config_resource *resource, void *context)
{
	struct wishes *wishes = context;

	(void)check;
	wishes->has_address |= resource->type == RESOURCE_VIP;
	wishes->has_user |= resource->user[0] != '\0';
}

enum need { NEED_NONE, NEED_WISHED, NEED_DEMANDED };

static enum need need_of(const struct config *config, const struct wishes *wishes, enum right right)
{
	switch (right) {
	case RIGHT_ADDRESSES:
		return wishes->has_address ? NEED_DEMANDED : NEED_NONE;
	case RIGHT_GATE:
		if (!wishes->has_address || config->gate == USE_OFF)
			return NEED_NONE;
		return config->gate == USE_REQUIRED ? NEED_DEMANDED : NEED_WISHED;
	case RIGHT_URGENCY:
		return NEED_WISHED;
	case RIGHT_USERS:
		return wishes->has_user ? NEED_DEMANDED : NEED_NONE;
	case RIGHT_REBOOT:
		return config->escalate == ESCALATE_REBOOT ? NEED_DEMANDED : NEED_NONE;
	case RIGHTS:
		break;
	}
	return NEED_NONE;
}

static void check_right(struct check *check, enum right right, enum need need)
{
	static const struct {
		const char *name;
		const char *fine;
		const char *cost;
	} rows[RIGHTS] = {
	    [RIGHT_ADDRESSES] = {"addresses", "may be added, removed and announced",
	                         "no virtual address can be up here"},
	    [RIGHT_GATE] = {"packet gate", "may be brought into the kernel",
	                    "nothing silences an address when the daemon cannot"},
	    [RIGHT_URGENCY] = {"urgency", "the guard may run before other programs",
	                       "a busy host, or one short of memory, holds the guard up"},
	    [RIGHT_USERS] = {"users", "programs may be run as their users",
	                     "resources with a `user` cannot start"},
	    [RIGHT_REBOOT] = {"reboot", "this host may be restarted",
	                      "escalate = reboot has no effect"},
	};
	struct error error;

	if (platform_check_right(check->guard, right, &error) == CODE_OK) {
		check_fine(rows[right].name, rows[right].fine);
		return;
	}
	(void)error_wrap(&error, "%s", rows[right].cost);
	if (need == NEED_DEMANDED)
		check_lack(check, rows[right].name, &error);
	else
		check_warn(check, rows[right].name, error.text);
}

/* Who is in the group of the control socket may type commands. A unit has more groups than its
 * user, so only where this process has those of the daemon they are asked for. */
void check_operators(struct check *check)
{
	const char *name = check->config->group;
	struct error error;
	if (name[0] == '\0')
		return;
	const enum code code = platform_check_group(name, &error);
	if (code == CODE_OK || (code == CODE_DENIED && check->stands_in)) {
		check_fine("group", name);
		return;
	}
	if (code == CODE_DENIED)
		(void)error_set(
		    &error, code,
		    "the daemon is not in group %s and cannot give it its control socket: "
		    "SupplementaryGroups=%s in a drop-in of the unit",
		    name, name);
	check_lack(check, "group", &error);
}

void check_rights(struct check *check)
{
	struct wishes wishes = {0};

	check_each_resource(check, wish, &wishes);
	for (enum right right = 0; right < RIGHTS; right++) {
		enum need need = need_of(check->config, &wishes, right);

		if (need != NEED_NONE)
			check_right(check, right, need);
	}
}
