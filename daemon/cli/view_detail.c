/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One role or one member, with everything the document says of it.
 */
#include <stdio.h>
#include <string.h>

#include "daemon/cli/view.h"
#include "daemon/cli/view_values.h"

enum { NAME_WIDTH = 16, TYPE_WIDTH = 8, STATE_WIDTH = 10, NUMBER_WIDTH = 8, TEXT_BYTES = 512 };

/* --- a role */

static void print_node(const cJSON *role, const cJSON *node, const struct paint *paint)
{
	const bool owns = strcmp(view_text(role, "owner", ""), view_text(node, "member", "?")) == 0;
	const bool ready = view_is(node, "ready");
	const char *detail = view_text(node, "detail", "");
	char text[TEXT_BYTES], failed[VIEW_CELL_BYTES] = "";

	if (view_number(node, "failures") > 0)
		(void)snprintf(failed, sizeof failed, ", failed %.0f times",
		               view_number(node, "failures"));
	(void)snprintf(text, sizeof text, "%s%s%s%s%s%s",
	               owns    ? "owner"
	               : ready ? "ready"
	                       : "not ready: ",
	               owns || ready ? "" : view_text(node, "reason", "?"),
	               detail[0] != '\0' ? " (" : "", detail, detail[0] != '\0' ? ")" : "", failed);
	(void)printf("  ");
	paint_cell(paint, PAINT_PLAIN, view_text(node, "member", "?"), NAME_WIDTH);
	paint_rest(paint, owns || ready ? PAINT_GOOD : PAINT_WARN, text, NAME_WIDTH + 3);
}

static void print_kernel(const cJSON *kernel)
{
	const char *error = view_text(kernel, "gate_error", NULL);

	if (!cJSON_IsObject(kernel))
		return;
	(void)printf("packet gate %s", view_text(kernel, "gate", "?"));
	if (error != NULL)
		(void)printf(" (%s)", error);
	else
		(void)printf(", %.0f packets dropped", view_number(kernel, "dropped"));
	(void)printf("; addresses %s\n", view_is(kernel, "lifetime") ? "expire" : "do not expire");
}

static void print_resource(const cJSON *resource, const struct paint *paint)
{
	const bool failed = strcmp(view_text(resource, "state", ""), "failed") == 0;
	char pid[VIEW_CELL_BYTES] = "-", restarts[VIEW_CELL_BYTES], detail[TEXT_BYTES];
	char last[VIEW_CELL_BYTES], longest[VIEW_CELL_BYTES], stop[3 * VIEW_CELL_BYTES] = "";

	if (cJSON_IsNumber(view_get(resource, "pid")))
		(void)snprintf(pid, sizeof pid, "%.0f", view_number(resource, "pid"));
	(void)snprintf(restarts, sizeof restarts, "%.0f", view_number(resource, "restarts"));
	if (cJSON_IsNumber(view_get(resource, "stop_longest_ms"))) {
		view_ms(view_get(resource, "stop_last_ms"), last);
		view_ms(view_get(resource, "stop_longest_ms"), longest);
		(void)snprintf(stop, sizeof stop, "(stop took %s, at most %s) ", last, longest);
	}
	(void)snprintf(detail, sizeof detail, "%s%s%s",
	               cJSON_IsFalse(view_get(resource, "critical")) ? "(not critical) " : "", stop,
	               view_text(resource, "detail", ""));
	(void)printf("  ");
	paint_cell(paint, PAINT_PLAIN, view_text(resource, "name", "?"), NAME_WIDTH);
	paint_cell(paint, PAINT_PLAIN, view_text(resource, "type", "?"), TYPE_WIDTH);
	paint_cell(paint, failed ? PAINT_BAD : PAINT_PLAIN, view_text(resource, "state", "?"),
	           STATE_WIDTH);
	paint_cell(paint, PAINT_PLAIN, pid, NUMBER_WIDTH);
	paint_cell(paint, PAINT_PLAIN, restarts, NUMBER_WIDTH);
	paint_rest(paint, PAINT_PLAIN, detail,
	           NAME_WIDTH + TYPE_WIDTH + STATE_WIDTH + 2 * NUMBER_WIDTH + 7);
}

static void print_resources(const cJSON *status, const char *role, const struct paint *paint)
{
	const cJSON *resource;
	bool any = false;

	cJSON_ArrayForEach(resource, view_get(status, "resources"))
	{
		if (strcmp(view_text(resource, "role", ""), role) != 0)
			continue;
		if (!any) {
			(void)printf("\nresources on %s\n  ", view_text(status, "self", "?"));
			paint_cell(paint, PAINT_HEAD, "RESOURCE", NAME_WIDTH);
			paint_cell(paint, PAINT_HEAD, "TYPE", TYPE_WIDTH);
			paint_cell(paint, PAINT_HEAD, "STATE", STATE_WIDTH);
			paint_cell(paint, PAINT_HEAD, "PID", NUMBER_WIDTH);
			paint_cell(paint, PAINT_HEAD, "RESTARTS", NUMBER_WIDTH);
			paint_rest(paint, PAINT_HEAD, "DETAIL", 0);
			any = true;
		}
		print_resource(resource, paint);
	}
}

/* What the owner, another member, said of them. */
static void print_owned(const cJSON *role, const struct paint *paint)
{
	const cJSON *resource;

	(void)printf("\nresources on %s, as it says\n  ", view_text(role, "owner", "?"));
	paint_cell(paint, PAINT_HEAD, "RESOURCE", NAME_WIDTH);
	paint_cell(paint, PAINT_HEAD, "TYPE", TYPE_WIDTH);
	paint_cell(paint, PAINT_HEAD, "STATE", STATE_WIDTH);
	paint_cell(paint, PAINT_HEAD, "SINCE", NUMBER_WIDTH);
	paint_rest(paint, PAINT_HEAD, "DETAIL", 0);
	cJSON_ArrayForEach(resource, view_get(role, "resources"))
	{
		const char *state = view_text(resource, "state", "unknown");
		const bool failed = strcmp(state, "failed") == 0;
		char since[VIEW_CELL_BYTES];

		view_ms(view_get(resource, "since_ms"), since);
		(void)printf("  ");
		paint_cell(paint, PAINT_PLAIN, view_text(resource, "name", "?"), NAME_WIDTH);
		paint_cell(paint, PAINT_PLAIN, view_text(resource, "type", "?"), TYPE_WIDTH);
		paint_cell(paint, failed ? PAINT_BAD : PAINT_PLAIN, state, STATE_WIDTH);
		paint_cell(paint, PAINT_PLAIN, since, NUMBER_WIDTH);
		paint_rest(paint, PAINT_PLAIN, view_text(resource, "detail", ""),
		           NAME_WIDTH + TYPE_WIDTH + STATE_WIDTH + NUMBER_WIDTH + 6);
	}
}

static void print_owner(const cJSON *role)
{
	const char *owner = view_text(role, "owner", NULL);

	if (owner != NULL)
		(void)printf("%s on %s", view_text(role, "phase", "?"), owner);
	else
		(void)printf("%s", view_is(role, "owner_unknown") ? "owner unknown: no quorum here"
		                                                  : "no owner");
}

static void print_role(const cJSON *status, const cJSON *role, const struct paint *paint)
{
	const cJSON *vote = view_get(role, "vote"), *node;
	char span[VIEW_CELL_BYTES];

	(void)printf("role %s: ", view_text(role, "name", "?"));
	print_owner(role);
	(void)printf("; wanted %s; epoch %.0f\n", view_text(role, "wanted", "?"),
	             view_number(role, "epoch"));
	if (strcmp(view_text(role, "claim", "none"), "none") != 0) {
		view_ms(view_get(role, "lease_left_ms"), span);
		(void)printf("claim of this node: %s, lease %s left\n",
		             view_text(role, "claim", "?"), span);
	}
	view_ms(view_get(vote, "promised_ms"), span);
	if (cJSON_IsString(view_get(vote, "holder")))
		(void)printf("vote of this member: %s, for %s\n", view_text(vote, "holder", "?"),
		             span);
	else
		(void)printf("vote of this member: free\n");
	if (cJSON_IsNumber(view_get(role, "retry_in_ms"))) {
		view_ms(view_get(role, "retry_in_ms"), span);
		(void)printf("next attempt on this node in %s\n", span);
	}
	print_kernel(view_get(role, "kernel"));
	(void)printf("\nnodes, best first\n");
	cJSON_ArrayForEach(node, view_get(role, "nodes")) print_node(role, node, paint);
	print_resources(status, view_text(role, "name", "?"), paint);
	if (cJSON_GetArraySize(view_get(role, "resources")) > 0 &&
	    strcmp(view_text(role, "owner", ""), view_text(status, "self", "")) != 0)
		print_owned(role, paint);
}

/* --- a member */

static void print_refused(const cJSON *of)
{
	const cJSON *refused = view_get(of, "refused"), *item;

	if (refused == NULL || refused->child == NULL)
		return;
	(void)printf("refused datagrams:");
	cJSON_ArrayForEach(item, refused)(void) printf(" %s %.0f", item->string, item->valuedouble);
	(void)printf("\n");
}

static void print_path(const cJSON *path, const struct paint *paint)
{
	const bool heard = view_is(path, "heard");
	char seen[VIEW_CELL_BYTES], rtt[VIEW_CELL_BYTES] = "-", errors[TEXT_BYTES / 2] = "",
				    text[TEXT_BYTES];

	view_ms(view_get(path, "age_ms"), seen);
	if (cJSON_IsNumber(view_get(path, "rtt_us")))
		(void)snprintf(rtt, sizeof rtt, "%.2f ms", view_number(path, "rtt_us") / 1000);
	if (view_number(path, "send_errors") > 0)
		(void)snprintf(errors, sizeof errors, "  send errors %.0f (%s)",
		               view_number(path, "send_errors"),
		               view_text(path, "send_error", "?"));
	(void)snprintf(
	    text, sizeof text, "path %s -> %s  seen %s  rtt %s  lost in %.0f %% out %.0f %%%s",
	    view_text(path, "here", "?"), view_text(path, "there", "?"), seen, rtt,
	    view_number(path, "loss_in_percent"), view_number(path, "loss_out_percent"), errors);
	paint_sentence(paint, heard ? PAINT_PLAIN : PAINT_BAD, ' ', text);
}

static void print_watchdog(const cJSON *watchdog)
{
	const bool armed = view_is(watchdog, "armed");
	char timeout[VIEW_CELL_BYTES], fed[VIEW_CELL_BYTES];

	view_ms(view_get(watchdog, "timeout_ms"), timeout);
	view_ms(view_get(watchdog, "fed_ms"), fed);
	(void)printf("watchdog        %s", view_text(watchdog, "use", "?"));
	if (cJSON_IsString(view_get(watchdog, "error")))
		(void)printf(", cannot be used: %s", view_text(watchdog, "error", ""));
	else if (cJSON_IsString(view_get(watchdog, "device")))
		(void)printf(", %s (%s) with %s, %s", view_text(watchdog, "device", "?"),
		             view_text(watchdog, "identity", "?"), timeout,
		             armed ? "armed, fed " : "not armed: nothing is owned here");
	(void)printf("%s%s\n", armed ? fed : "", armed ? " ago" : "");
}

/* What only this member knows: of itself. */
static void print_self(const cJSON *status)
{
	const cJSON *escalation = view_get(status, "escalation"),
		    *pauses = view_get(status, "pauses");
	char last[VIEW_CELL_BYTES], longest[VIEW_CELL_BYTES];

	view_ms(view_get(pauses, "last_ms"), last);
	view_ms(view_get(pauses, "longest_ms"), longest);
	print_watchdog(view_get(status, "watchdog"));
	(void)printf("escalation      %s", view_text(escalation, "means", "?"));
	if (cJSON_IsString(view_get(escalation, "last_at")))
		(void)printf(", last at %s: %s", view_text(escalation, "last_at", ""),
		             view_text(escalation, "last_why", ""));
	(void)printf("\npauses          %.0f", view_number(pauses, "count"));
	if (view_number(pauses, "count") > 0)
		(void)printf(", the last %s, the longest %s", last, longest);
	(void)printf("\n");
}

static void print_member(const cJSON *status, const cJSON *member, const struct paint *paint)
{
	const cJSON *path;
	char seen[VIEW_CELL_BYTES], flags[TEXT_BYTES];

	view_ms(view_get(member, "age_ms"), seen);
	view_flags(member, flags, sizeof flags);
	(void)printf("%s %s: %s%s%s%s%s; incarnation %.0f\n", view_text(member, "kind", "?"),
	             view_text(member, "name", "?"), view_text(member, "state", "?"),
	             cJSON_IsNumber(view_get(member, "age_ms")) ? ", heard " : "",
	             cJSON_IsNumber(view_get(member, "age_ms")) ? seen : "",
	             cJSON_IsNumber(view_get(member, "age_ms")) ? " ago" : "",
	             view_is(member, "votes") ? "" : ", no vote",
	             view_number(member, "incarnation"));
	if (flags[0] != '\0')
		(void)printf("%s\n", flags);
	cJSON_ArrayForEach(path, view_get(member, "paths")) print_path(path, paint);
	print_refused(member);
	if (strcmp(view_text(member, "state", ""), "self") == 0)
		print_self(status);
}

bool view_detail(const cJSON *status, const char *name, const struct paint *paint)
{
	const cJSON *role = view_named(view_get(status, "roles"), name);
	const cJSON *member = view_named(view_get(status, "members"), name);

	if (role != NULL)
		print_role(status, role, paint);
	if (member != NULL)
		print_member(status, member, paint);
	return role != NULL || member != NULL;
}
