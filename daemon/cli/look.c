/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The questions to the platform behind each layer.
 */
#include "daemon/cli/look.h"

#include "config/fit.h"
#include "config/print.h"
#include "daemon/platform/watchdog.h"

enum code look_at_watchdog(const struct config *config, bool daemon_runs, struct error *text)
{
	struct watchdog_facts facts;
	struct span timeout;
	char limit[SPAN_TEXT_BYTES];
	enum code code;

	if (config->watchdog == USE_OFF) {
		(void)error_set(text, CODE_OK, "off: a kernel that hangs as an owner is not reset");
		return CODE_OK;
	}
	code = fit_watchdog(config->setup.timing, config->watchdog_timeout, &timeout, text);
	if (code == CODE_OK)
		code = platform_watchdog_look(config->watchdog_device, &facts, text);
	if (code != CODE_OK)
		return code;
	span_text(timeout, limit);
	(void)error_set(text, CODE_OK, "%s (%s) with %s%s", config->watchdog_device, facts.identity,
	                limit,
	                facts.is_running && !daemon_runs
	                    ? "; it counts although the daemon does not run: another program may "
	                      "have it"
	                    : "");
	return CODE_OK;
}
