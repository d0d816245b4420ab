/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a script can be brought down in the time that others wait for it, and what can tell that
 * it is. How long its `stop` takes nobody knows before it ran here, so nothing is run: the daemon
 * measures it.
 */
#include <stdio.h>
#include <string.h>

#include "config/print.h"
#include "daemon/cli/check.h"
#include "daemon/resource/stop_time.h"

enum { ROW_BYTES = NAME_BYTES + 16, TEXT_BYTES = 320 };

static void check_time(struct check *check, const struct config_resource *resource)
{
	const struct timing timing = check->config->setup.timing;
	const struct stop_time time = stop_time_find(check->options->run_dir, resource);
	char row[ROW_BYTES], text[TEXT_BYTES], longest[SPAN_TEXT_BYTES], release[SPAN_TEXT_BYTES];

	(void)snprintf(row, sizeof row, "%s stop time", resource->name);
	span_text(timing.release, release);
	span_text(span_ms(time.longest.ns / 1000000 + 1), longest);
	if (!time.is_known)
		(void)snprintf(text, sizeof text,
		               "not measured on this host since it booted; it should take at most "
		               "half of release (%s)",
		               release);
	else if (stop_time_is_long(&time, timing))
		(void)snprintf(text, sizeof text,
		               "took up to %s, more than half of release (%s): after a lost lease "
		               "others may start it before it is down; set a longer release, or "
		               "escalate, watchdog or fence",
		               longest, release);
	else
		(void)snprintf(text, sizeof text, "took up to %s; release is %s", longest, release);
	if (stop_time_is_long(&time, timing))
		check_warn(check, row, text);
	else
		check_fine(row, text);
}

static bool has_word(const struct command *command, const char *wanted)
{
	const char *word = command->words;

	for (uint8_t i = 0; i < command->word_count; i++, word += strlen(word) + 1)
		if (strcmp(word, wanted) == 0)
			return true;
	return false;
}

/* `systemctl is-active` ends with 3 for a unit that is down and for one on its way down; only the
 * word that it writes tells them apart. */
static bool hides_the_word(const struct command *status)
{
	return has_word(status, "is-active") &&
	       (has_word(status, "--quiet") || has_word(status, "-q"));
}

void check_stop(struct check *check, const struct config_resource *resource)
{
	char row[ROW_BYTES];

	(void)snprintf(row, sizeof row, "%s status", resource->name);
	check_time(check, resource);
	if (resource->status.word_count == 0)
		check_warn(check, row,
		           "without a status command only a stop that ends with 0 proves that it "
		           "is down");
	else if (hides_the_word(&resource->status))
		check_warn(check, row,
		           "with --quiet a unit that is still stopping looks as if it were down: "
		           "leave it out of the status command");
}
