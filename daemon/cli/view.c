/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The overview. A row is what one looks for at 3 a.m.: who owns the role, is it up, who could take
 * it over. What makes it longer than the terminal is left to `status NAME`, except what is wrong.
 */
#include "daemon/cli/view.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/cli/view_values.h"

enum {
	MEMBER_WIDTH = 16,
	KIND_WIDTH = 7,
	STATE_WIDTH = 11,
	SEEN_WIDTH = 8,
	PATHS_WIDTH = 5,
	OWNER_WIDTH = 16,
	EPOCH_WIDTH = 7,
	REST_BYTES = 256,
	/* Up to so many members have a line each; of more, only those that are not up. */
	MEMBERS_SHOWN = 6,
	/* Two title lines, a blank one and a heading for members and for roles, and the prompt. */
	FIXED_ROWS = 7,
	SENTENCE_ROWS_LEAST = 3,
};

static void print_title(const cJSON *status, const struct paint *paint)
{
	const cJSON *quorum = view_get(status, "quorum");
	const bool healthy = view_is(status, "healthy"), degraded = view_is(status, "degraded");
	const enum paint_colour colour = !healthy ? PAINT_BAD : degraded ? PAINT_WARN : PAINT_GOOD;
	char title[REST_BYTES];

	(void)snprintf(title, sizeof title, "cluster %s, seen by %s: %s",
	               view_text(status, "cluster", "?"), view_text(status, "self", "?"),
	               !healthy   ? "NOT HEALTHY"
	               : degraded ? "degraded: one more failure would be an outage"
	                          : "healthy");
	paint_rest(paint, colour, title, 0);
	(void)printf("%.0f of %.0f voters heard, %.0f needed\n",
	             view_number(quorum, "voters_heard"), view_number(quorum, "voters_total"),
	             view_number(quorum, "votes_needed"));
}

static bool is_plainly_up(const cJSON *member)
{
	const char *state = view_text(member, "state", "?");
	char flags[REST_BYTES];

	view_flags(member, flags, sizeof flags);
	return (strcmp(state, "up") == 0 || strcmp(state, "self") == 0) && flags[0] == '\0';
}

static int member_rows(const cJSON *members)
{
	const int count = cJSON_GetArraySize(members);
	const cJSON *member;
	int rows = 1; /* that tells of the others */

	if (count <= MEMBERS_SHOWN)
		return count;
	cJSON_ArrayForEach(member, members) rows += !is_plainly_up(member);
	return rows;
}

/* How many lines of sentences leave every row of the tables on the screen. */
static int sentence_room(const cJSON *status, const struct paint *paint)
{
	const int room = paint->rows - FIXED_ROWS - member_rows(view_get(status, "members")) -
	                 cJSON_GetArraySize(view_get(status, "roles"));

	if (paint->rows == 0)
		return INT_MAX;
	return room > SENTENCE_ROWS_LEAST ? room : SENTENCE_ROWS_LEAST;
}

/* The worst first, as many as there is room for, and how many are left out. */
static void print_sentences(const cJSON *status, const struct paint *paint)
{
	static const struct {
		const char *name;
		enum paint_colour colour;
		char mark;
	} lists[] = {{"problems", PAINT_BAD, '!'},
	             {"risks", PAINT_WARN, '!'},
	             {"warnings", PAINT_PLAIN, '-'}};
	enum { LISTS = sizeof lists / sizeof lists[0] };
	int room = sentence_room(status, paint), left = 0;
	const cJSON *item;

	for (size_t i = 0; i < LISTS; i++)
		left += cJSON_GetArraySize(view_get(status, lists[i].name));
	for (size_t i = 0; i < LISTS; i++) {
		cJSON_ArrayForEach(item, view_get(status, lists[i].name))
		{
			const char *text = cJSON_GetStringValue(item);

			room -= paint_lines(paint, text);
			/* The line that counts the others needs room, too. */
			if (room < (left > 1 ? 1 : 0)) {
				(void)printf("- and %d more: failoverd status --json\n", left);
				return;
			}
			paint_sentence(paint, lists[i].colour, lists[i].mark, text);
			left--;
		}
	}
}

static void print_member(const cJSON *member, const struct paint *paint)
{
	const cJSON *paths = view_get(member, "paths"), *path;
	const char *state = view_text(member, "state", "?");
	const bool is_up = strcmp(state, "up") == 0 || strcmp(state, "self") == 0;
	char seen[VIEW_CELL_BYTES], heard[VIEW_CELL_BYTES] = "-", flags[REST_BYTES / 2],
				    notes[REST_BYTES];
	int count = 0;

	view_ms(view_get(member, "age_ms"), seen);
	cJSON_ArrayForEach(path, paths) count += view_is(path, "heard");
	if (cJSON_GetArraySize(paths) > 0)
		(void)snprintf(heard, sizeof heard, "%d/%d", count, cJSON_GetArraySize(paths));
	view_flags(member, flags, sizeof flags);
	(void)snprintf(notes, sizeof notes, "%s%s%s", view_is(member, "votes") ? "" : "no-vote",
	               view_is(member, "votes") || flags[0] == '\0' ? "" : " ", flags);
	paint_cell(paint, PAINT_PLAIN, view_text(member, "name", "?"), MEMBER_WIDTH);
	paint_cell(paint, PAINT_PLAIN, view_text(member, "kind", "?"), KIND_WIDTH);
	paint_cell(paint, is_up ? PAINT_GOOD : PAINT_BAD, state, STATE_WIDTH);
	paint_cell(paint, PAINT_PLAIN, seen, SEEN_WIDTH);
	paint_cell(paint, count < cJSON_GetArraySize(paths) ? PAINT_WARN : PAINT_PLAIN, heard,
	           PATHS_WIDTH);
	paint_rest(paint, PAINT_WARN, notes,
	           MEMBER_WIDTH + KIND_WIDTH + STATE_WIDTH + SEEN_WIDTH + PATHS_WIDTH + 5);
}

static void print_members(const cJSON *status, const struct paint *paint)
{
	const cJSON *members = view_get(status, "members"), *member;
	const bool all = cJSON_GetArraySize(members) <= MEMBERS_SHOWN;
	int hidden = 0;

	(void)printf("\n");
	paint_cell(paint, PAINT_HEAD, "MEMBER", MEMBER_WIDTH);
	paint_cell(paint, PAINT_HEAD, "KIND", KIND_WIDTH);
	paint_cell(paint, PAINT_HEAD, "STATE", STATE_WIDTH);
	paint_cell(paint, PAINT_HEAD, "SEEN", SEEN_WIDTH);
	paint_cell(paint, PAINT_HEAD, "PATHS", PATHS_WIDTH);
	paint_rest(paint, PAINT_HEAD, "NOTES", 0);
	cJSON_ArrayForEach(member, members)
	{
		if (all || !is_plainly_up(member))
			print_member(member, paint);
		else
			hidden++;
	}
	if (hidden > 0)
		(void)printf("%d %s up\n", hidden, hidden == 1 ? "member is" : "members are");
}

/* "up", "starting", "stopped" (on purpose), "down", "unknown". */
static const char *role_state(const cJSON *role)
{
	if (view_is(role, "owner_unknown"))
		return "unknown";
	if (cJSON_IsString(view_get(role, "owner")))
		return view_text(role, "phase", "?");
	return strcmp(view_text(role, "wanted", ""), "stopped") == 0 ? "stopped" : "down";
}

static enum paint_colour state_colour(const char *state)
{
	if (strcmp(state, "up") == 0)
		return PAINT_GOOD;
	return strcmp(state, "down") == 0 || strcmp(state, "unknown") == 0 ? PAINT_BAD : PAINT_WARN;
}

/* "beta, gamma", or "none: beta paused, gamma unreachable". */
static void list_standbys(const cJSON *role, char out[REST_BYTES])
{
	const char *owner = view_text(role, "owner", "");
	char reasons[REST_BYTES] = "";
	const cJSON *node;
	size_t used = 0, told = 0;

	out[0] = '\0';
	cJSON_ArrayForEach(node, view_get(role, "nodes"))
	{
		const char *name = view_text(node, "member", "?");

		if (strcmp(name, owner) == 0)
			continue;
		if (view_is(node, "ready") && used < REST_BYTES)
			used += (size_t)snprintf(out + used, REST_BYTES - used, "%s%s",
			                         used > 0 ? ", " : "", name);
		else if (told < sizeof reasons)
			told += (size_t)snprintf(reasons + told, sizeof reasons - told, "%s%s %s",
			                         told > 0 ? ", " : "", name,
			                         view_text(node, "reason", "?"));
	}
	if (used == 0)
		(void)snprintf(out, REST_BYTES, "none%s%.200s", told > 0 ? ": " : "", reasons);
}

static void print_roles(const cJSON *status, const struct paint *paint)
{
	const int used = MEMBER_WIDTH + OWNER_WIDTH + STATE_WIDTH + EPOCH_WIDTH + 4;
	const cJSON *role;

	if (cJSON_GetArraySize(view_get(status, "roles")) == 0)
		return;
	(void)printf("\n");
	paint_cell(paint, PAINT_HEAD, "ROLE", MEMBER_WIDTH);
	paint_cell(paint, PAINT_HEAD, "OWNER", OWNER_WIDTH);
	paint_cell(paint, PAINT_HEAD, "STATE", STATE_WIDTH);
	paint_cell(paint, PAINT_HEAD, "EPOCH", EPOCH_WIDTH);
	paint_rest(paint, PAINT_HEAD, "STANDBY", 0);
	cJSON_ArrayForEach(role, view_get(status, "roles"))
	{
		const char *state = role_state(role);
		char standbys[REST_BYTES], epoch[VIEW_CELL_BYTES];

		list_standbys(role, standbys);
		(void)snprintf(epoch, sizeof epoch, "%.0f", view_number(role, "epoch"));
		paint_cell(paint, PAINT_PLAIN, view_text(role, "name", "?"), MEMBER_WIDTH);
		paint_cell(
		    paint, PAINT_PLAIN,
		    view_text(role, "owner", view_is(role, "owner_unknown") ? "unknown" : "-"),
		    OWNER_WIDTH);
		paint_cell(paint, state_colour(state), state, STATE_WIDTH);
		paint_cell(paint, PAINT_PLAIN, epoch, EPOCH_WIDTH);
		paint_rest(paint, strncmp(standbys, "none", 4) == 0 ? PAINT_WARN : PAINT_PLAIN,
		           standbys, used);
	}
}

void view_overview(const cJSON *status, const struct paint *paint)
{
	print_title(status, paint);
	print_sentences(status, paint);
	print_members(status, paint);
	print_roles(status, paint);
}
