/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command: runs seeds until so many takeovers have happened, prints what it did, and for a
 * broken promise the last lines of the story, the file with all of it, and the command that tells
 * it again.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/run.h"
#include "tests/world/show.h"

enum { LAST_LINES = 60, PATH_BYTES = 4096, MS = 1000000 };

struct options {
	uint64_t first;
	uint64_t seeds;     /* 0: as many as the takeovers need */
	uint64_t takeovers; /* 0: as many as the seeds give */
	const struct profile *profile;
	bool verbose;
	bool no_wire;
	const char *program; /* path of this program; its directory has this length */
	int directory_length;
};

struct total {
	uint64_t seeds, takeovers, events, pages, acknowledged;
	int64_t virtual_ns, slowest_settled_ms, slowest_bound_ms;
};

static void print_line(void *context, const char *line)
{
	(void)context;
	puts(line);
}

static int usage(void)
{
	fprintf(stderr, "usage: sim [--seed N | --first N] [--seeds COUNT] [--takeovers COUNT]\n"
	                "           [--profile NAME] [--verbose] [--no-wire]\n"
	                "profiles:");
	for (unsigned i = 0; i < run_profile_count; i++)
		fprintf(stderr, " %s", run_profiles[i].name);
	fprintf(stderr, "\n");
	return 2;
}

static bool number(const char *text, uint64_t *value)
{
	char *end = NULL;
	if (text == NULL || *text < '0' || *text > '9')
		return false;
	*value = strtoull(text, &end, 10);
	return *end == '\0';
}

static bool with_value(struct options *options, const char *name, const char *value)
{
	if (strcmp(name, "--seed") == 0) {
		options->seeds = 1;
		return number(value, &options->first);
	}
	if (strcmp(name, "--first") == 0)
		return number(value, &options->first);
	if (strcmp(name, "--seeds") == 0)
		return number(value, &options->seeds);
	if (strcmp(name, "--takeovers") == 0)
		return number(value, &options->takeovers);
	if (strcmp(name, "--profile") != 0 || value == NULL)
		return false;
	options->profile = run_profile(value);
	return options->profile != NULL;
}

static bool parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--verbose") == 0)
			options->verbose = true;
		else if (strcmp(argv[i], "--no-wire") == 0)
			options->no_wire = true;
		else if (!with_value(options, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
			return false;
		else
			i++;
	}
	if (options->seeds == 0 && options->takeovers == 0)
		options->takeovers = 3000;
	return true;
}

static bool is_done(const struct options *options, const struct total *total)
{
	if (options->seeds > 0 && total->seeds >= options->seeds)
		return true;
	return options->takeovers > 0 && total->takeovers >= options->takeovers;
}

static void add(struct total *total, const struct run *run)
{
	const struct world *world = run->world;
	total->seeds++;
	total->takeovers += world->check.starts;
	total->acknowledged += world->check.acknowledged;
	total->events += world->steps;
	total->pages += world->net.delivered;
	total->virtual_ns += world->now;
	int64_t settled = run->settled_after / MS, bound = run->bound / MS;
	if (bound > 0 && total->slowest_bound_ms * settled >= total->slowest_settled_ms * bound) {
		total->slowest_settled_ms = settled;
		total->slowest_bound_ms = bound;
	}
}

static void write_line(void *context, const char *line)
{
	fprintf(context, "%s\n", line);
}

/* The same seed once more, told to a file beside the program. */
static void write_story(const struct options *options, struct run *run, uint64_t seed)
{
	char path[PATH_BYTES];
	struct world *world = run->world;
	snprintf(path, sizeof path, "%.*ssim-%s-%" PRIu64 ".txt", options->directory_length,
	         options->program, run->profile->name, seed);
	FILE *file = fopen(path, "w");
	if (file == NULL) {
		printf("narration: %s cannot be written\n", path);
		return;
	}
	world->story.sink = write_line;
	world->story.context = file;
	bool again = !run_seed(run, world, seed, options->profile, !options->no_wire);
	for (uint8_t h = 0; h < world->plan.member_count; h++)
		show_host(world, h, write_line, file);
	fprintf(file, "%s\n", again ? world->check.violation : "this time nothing was broken");
	bool written = fclose(file) == 0;
	printf("narration: %s%s%s\n", path, written ? "" : " (incomplete)",
	       again ? "" : " (this time nothing was broken: the simulation is not repeatable)");
}

static void report_violation(const struct options *options, struct run *run, uint64_t seed)
{
	story_last(run->world, LAST_LINES, print_line, NULL);
	for (uint8_t h = 0; h < run->world->plan.member_count; h++)
		show_host(run->world, h, print_line, NULL);
	printf("sim: seed %" PRIu64 " (%s): %s\n", seed, run->profile->name,
	       run->world->check.violation);
	write_story(options, run, seed);
	printf("replay: sim --seed %" PRIu64 "%s%s%s --verbose\n", seed,
	       options->profile != NULL ? " --profile " : "",
	       options->profile != NULL ? options->profile->name : "",
	       options->no_wire ? " --no-wire" : "");
}

static void report(const struct total *total, bool violated, struct timespec since)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t ms = (now.tv_sec - since.tv_sec) * 1000 + (now.tv_nsec - since.tv_nsec) / 1000000;
	uint64_t took = ms > 0 ? (uint64_t)ms : 1;
	printf("sim: %" PRIu64 " seeds, %" PRIu64 " takeovers, %" PRIu64 " events, %d violations\n",
	       total->seeds, total->takeovers, total->events, violated);
	printf("sim: %" PRIu64 " commands acknowledged, %" PRIu64 " pages, %" PRId64
	       " s of virtual time in %" PRIu64 " ms: %" PRIu64 " takeovers/s, %" PRIu64
	       " events/s\n",
	       total->acknowledged, total->pages, total->virtual_ns / 1000000000, took,
	       total->takeovers * 1000 / took, total->events * 1000 / took);
	if (total->slowest_bound_ms > 0)
		printf("sim: slowest to settle after healing: %" PRId64 " ms of %" PRId64
		       " ms allowed\n",
		       total->slowest_settled_ms, total->slowest_bound_ms);
}

int main(int argc, char **argv)
{
	struct options options = {.first = 1, .program = argv[0]};
	const char *slash = strrchr(argv[0], '/');
	options.directory_length = slash == NULL ? 0 : (int)(slash + 1 - argv[0]);
	if (!parse(argc, argv, &options))
		return usage();
	struct timespec since;
	clock_gettime(CLOCK_MONOTONIC, &since);
	struct world *world = world_open();
	world->story.fine = true;
	world->story.threshold = LEVEL_DEBUG;
	world->story.sink = options.verbose ? print_line : NULL;
	struct total total = {.slowest_bound_ms = 1};
	bool violated = false;
	for (uint64_t seed = options.first; !violated && !is_done(&options, &total); seed++) {
		struct run run;
		violated = !run_seed(&run, world, seed, options.profile, !options.no_wire);
		add(&total, &run);
		if (violated)
			report_violation(&options, &run, seed);
	}
	report(&total, violated, since);
	world_close(world);
	return violated ? 1 : 0;
}
