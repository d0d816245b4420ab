/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of members, roles and resources. A column is as wide as a name may usually be; longer ones
 * shift their row, which stays readable.
 */
#include "daemon/cli/view.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { CELL_BYTES = 48 };

static const cJSON *get(const cJSON *from, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(from, name);
}

static const char *text_or(const cJSON *from, const char *name, const char *otherwise)
{
	const char *text = cJSON_GetStringValue(get(from, name));

	return text == NULL ? otherwise : text;
}

static double number(const cJSON *from, const char *name)
{
	const cJSON *item = get(from, name);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* "35 ms", "12.3 s", "5 m", or "-" for null. */
static void format_ms(const cJSON *item, char out[CELL_BYTES])
{
	if (!cJSON_IsNumber(item))
		(void)snprintf(out, CELL_BYTES, "-");
	else if (item->valuedouble < 1000)
		(void)snprintf(out, CELL_BYTES, "%.0f ms", item->valuedouble);
	else if (item->valuedouble < 600000)
		(void)snprintf(out, CELL_BYTES, "%.1f s", item->valuedouble / 1000);
	else
		(void)snprintf(out, CELL_BYTES, "%.0f min", item->valuedouble / 60000);
}

static void print_list(const cJSON *status, const char *name, const char *mark)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, get(status, name))(void)
	    printf("%s %s\n", mark, cJSON_GetStringValue(item));
}

static void print_head(const cJSON *status)
{
	const cJSON *quorum = get(status, "quorum");

	(void)printf("cluster %s, seen by %s: %s\n", text_or(status, "cluster", "?"),
	             text_or(status, "self", "?"),
	             cJSON_IsTrue(get(status, "healthy")) ? "healthy" : "DEGRADED");
	(void)printf("%.0f of %.0f voters heard, %.0f needed\n", number(quorum, "voters_heard"),
	             number(quorum, "voters_total"), number(quorum, "votes_needed"));
	print_list(status, "problems", "!");
	print_list(status, "warnings", "-");
}

/* Flags that are set, as words. */
static void print_flags(const cJSON *member)
{
	static const char *const flags[] = {"paused",  "relearning",    "abstaining",
	                                    "leaving", "voters_differ", "config_differs"};

	for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
		if (cJSON_IsTrue(get(member, flags[i])))
			(void)printf(" %s", flags[i]);
	}
}

static void print_refused(const cJSON *of, const char *indent)
{
	const cJSON *refused = get(of, "refused");
	const cJSON *item;

	if (refused == NULL || refused->child == NULL)
		return;
	(void)printf("%srefused:", indent);
	cJSON_ArrayForEach(item, refused)(void) printf(" %s %.0f", item->string, item->valuedouble);
	(void)printf("\n");
}

static void print_path(const cJSON *path)
{
	char seen[CELL_BYTES], rtt[CELL_BYTES] = "-";

	format_ms(get(path, "age_ms"), seen);
	if (cJSON_IsNumber(get(path, "rtt_us")))
		(void)snprintf(rtt, sizeof rtt, "%.2f ms", number(path, "rtt_us") / 1000);
	(void)printf("  %s -> %s  seen %s  rtt %s  lost in %.0f %% out %.0f %%",
	             text_or(path, "here", "?"), text_or(path, "there", "?"), seen, rtt,
	             number(path, "loss_in_percent"), number(path, "loss_out_percent"));
	if (number(path, "send_errors") > 0)
		(void)printf("  send errors %.0f (%s)", number(path, "send_errors"),
		             text_or(path, "send_error", "?"));
	(void)printf("\n");
}

static void print_members(const cJSON *status)
{
	const cJSON *member, *path;

	(void)printf("\n%-16s %-8s %-12s %-8s %s\n", "MEMBER", "KIND", "STATE", "SEEN", "NOTES");
	cJSON_ArrayForEach(member, get(status, "members"))
	{
		char seen[CELL_BYTES];

		format_ms(get(member, "age_ms"), seen);
		(void)printf("%-16s %-8s %-12s %-8s", text_or(member, "name", "?"),
		             text_or(member, "kind", "?"), text_or(member, "state", "?"), seen);
		if (!cJSON_IsTrue(get(member, "votes")))
			(void)printf(" no-vote");
		print_flags(member);
		(void)printf("\n");
		cJSON_ArrayForEach(path, get(member, "paths")) print_path(path);
		print_refused(member, "  ");
	}
	if (get(get(status, "strangers"), "refused") != NULL &&
	    get(get(status, "strangers"), "refused")->child != NULL) {
		(void)printf("strangers\n");
		print_refused(get(status, "strangers"), "  ");
	}
}

static void print_node(const cJSON *role, const cJSON *node)
{
	const bool owns = strcmp(text_or(role, "owner", ""), text_or(node, "member", "?")) == 0;
	const bool ready = cJSON_IsTrue(get(node, "ready"));

	(void)printf("  %-14s %s%s", text_or(node, "member", "?"),
	             owns    ? "owner"
	             : ready ? "ready"
	                     : "not ready: ",
	             owns || ready ? "" : text_or(node, "reason", "?"));
	if (cJSON_IsString(get(node, "detail")))
		(void)printf(" (%s)", text_or(node, "detail", ""));
	if (number(node, "failures") > 0)
		(void)printf(", failed %.0f times", number(node, "failures"));
	(void)printf("\n");
}

static void print_kernel(const cJSON *kernel)
{
	const char *error = text_or(kernel, "gate_error", NULL);

	if (kernel == NULL || !cJSON_IsObject(kernel))
		return;
	(void)printf("  packet gate %s", text_or(kernel, "gate", "?"));
	if (error != NULL)
		(void)printf(" (%s)", error);
	else
		(void)printf(", %.0f packets dropped", number(kernel, "dropped"));
	(void)printf("; addresses %s\n",
	             cJSON_IsTrue(get(kernel, "lifetime")) ? "expire" : "do not expire");
}

static void print_roles(const cJSON *status)
{
	const cJSON *role, *node;

	if (cJSON_GetArraySize(get(status, "roles")) == 0)
		return;
	(void)printf("\n%-16s %-8s %-16s %-9s %-8s %s\n", "ROLE", "WANTED", "OWNER", "PHASE",
	             "EPOCH", "LEASE LEFT");
	cJSON_ArrayForEach(role, get(status, "roles"))
	{
		const bool holds = strcmp(text_or(role, "claim", ""), "holding") == 0;
		char left[CELL_BYTES];

		format_ms(get(role, "lease_left_ms"), left);
		(void)printf("%-16s %-8s %-16s %-9s %-8.0f %s\n", text_or(role, "name", "?"),
		             text_or(role, "wanted", "?"), text_or(role, "owner", "-"),
		             text_or(role, "phase", "-"), number(role, "epoch"),
		             holds ? left : "-");
		cJSON_ArrayForEach(node, get(role, "nodes")) print_node(role, node);
		print_kernel(get(role, "kernel"));
		if (cJSON_IsNumber(get(role, "retry_in_ms"))) {
			format_ms(get(role, "retry_in_ms"), left);
			(void)printf("  tried here again in %s\n", left);
		}
	}
}

static void print_resources(const cJSON *status)
{
	const cJSON *resource;

	if (cJSON_GetArraySize(get(status, "resources")) == 0)
		return;
	(void)printf("\n%-16s %-16s %-8s %-9s %-8s %-9s %s\n", "RESOURCE", "ROLE", "TYPE", "STATE",
	             "PID", "RESTARTS", "DETAIL");
	cJSON_ArrayForEach(resource, get(status, "resources"))
	{
		char pid[CELL_BYTES] = "-";

		if (cJSON_IsNumber(get(resource, "pid")))
			(void)snprintf(pid, sizeof pid, "%.0f", number(resource, "pid"));
		(void)printf("%-16s %-16s %-8s %-9s %-8s %-9.0f %s%s\n",
		             text_or(resource, "name", "?"), text_or(resource, "role", "?"),
		             text_or(resource, "type", "?"), text_or(resource, "state", "?"), pid,
		             number(resource, "restarts"),
		             cJSON_IsFalse(get(resource, "critical")) ? "(not critical) " : "",
		             text_or(resource, "detail", ""));
	}
}

static void print_watchdog(const cJSON *watchdog)
{
	const bool armed = cJSON_IsTrue(get(watchdog, "armed"));
	char timeout[CELL_BYTES], petted[CELL_BYTES];

	format_ms(get(watchdog, "timeout_ms"), timeout);
	format_ms(get(watchdog, "petted_ms"), petted);
	(void)printf("watchdog        %s", text_or(watchdog, "use", "?"));
	if (cJSON_IsString(get(watchdog, "error")))
		(void)printf(", cannot be used: %s", text_or(watchdog, "error", ""));
	else if (cJSON_IsString(get(watchdog, "device")))
		(void)printf(", %s (%s) with %s, %s", text_or(watchdog, "device", "?"),
		             text_or(watchdog, "identity", "?"), timeout,
		             armed ? "armed, petted " : "not armed: nothing is owned here");
	(void)printf("%s%s\n", armed ? petted : "", armed ? " ago" : "");
}

static void print_host(const cJSON *status)
{
	const cJSON *escalation = get(status, "escalation"), *pauses = get(status, "pauses");
	char last[CELL_BYTES], longest[CELL_BYTES];

	if (pauses == NULL)
		return;
	format_ms(get(pauses, "last_ms"), last);
	format_ms(get(pauses, "longest_ms"), longest);
	(void)printf("\n");
	print_watchdog(get(status, "watchdog"));
	(void)printf("escalation      %s", text_or(escalation, "means", "?"));
	if (cJSON_IsString(get(escalation, "last_at")))
		(void)printf(", last at %s: %s", text_or(escalation, "last_at", ""),
		             text_or(escalation, "last_why", ""));
	(void)printf("\npauses          %.0f", number(pauses, "count"));
	if (number(pauses, "count") > 0)
		(void)printf(", the last %s, the longest %s", last, longest);
	(void)printf("\n");
}

void view_print(const cJSON *status)
{
	print_head(status);
	print_members(status);
	print_roles(status);
	print_resources(status);
	print_host(status);
}
