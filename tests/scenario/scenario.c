/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plays a scenario: text with verbs and the exact lines the world told after each. A file begins
 * with a paragraph that says what is shown and why it matters; then come blocks: a verb, "----",
 * the lines, an empty line. Lines that begin with # are remarks.
 *
 * The promises of tests/world/check.h hold after every event, or the file fails whatever it
 * expects. --rewrite writes what was told into the file; only commit it if you know why it changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/verbs.h"

enum { FILE_BYTES_MAX = 256 * 1024 };

struct play {
	const char *path;
	bool rewrite;
	char *text;      /* owned */
	const char *at;  /* the rest of text */
	unsigned line;   /* number of the line `at` begins */
	char word[1000]; /* the line that was taken last */
	struct stage stage;
	struct transcript told, expected; /* expected: of one block */
	unsigned blocks, differing;
};

static bool load(struct play *play)
{
	FILE *file = fopen(play->path, "rb");
	play->text = calloc(1, FILE_BYTES_MAX);
	if (file == NULL || play->text == NULL) {
		printf("%s: cannot be read\n", play->path);
		return false;
	}
	size_t length = fread(play->text, 1, FILE_BYTES_MAX - 1, file);
	bool whole = feof(file) && strlen(play->text) == length;
	fclose(file);
	if (!whole)
		printf("%s: too long, or not text\n", play->path);
	play->at = play->text;
	play->line = 1;
	return whole;
}

static bool save(const struct play *play)
{
	const char *text = transcript_text(&play->told);
	if (strcmp(text, play->text) == 0)
		return true;
	FILE *file = fopen(play->path, "wb");
	bool written = file != NULL && fputs(text, file) >= 0;
	written = file != NULL && fclose(file) == 0 && written;
	printf("%s: %s\n", play->path, written ? "rewritten" : "cannot be written");
	return written;
}

/* The next line into play->word; false: there is none. */
static bool take_line(struct play *play)
{
	if (*play->at == '\0')
		return false;
	size_t length = strcspn(play->at, "\n");
	snprintf(play->word, sizeof play->word, "%.*s", (int)length, play->at);
	play->at += length + (play->at[length] == '\n');
	play->line++;
	return true;
}

static void take_expected(struct play *play)
{
	transcript_clear(&play->expected);
	if (strncmp(play->at, "----\n", 5) != 0)
		return; /* a new block; it differs, as every verb tells something */
	(void)take_line(play);
	while (*play->at != '\0' && *play->at != '\n' && take_line(play))
		transcript_line(&play->expected, play->word);
}

static void print_difference(const char *mark, const char *line, size_t length)
{
	printf("    %s%.*s\n", mark, (int)length, line);
}

/* One block whose verb is in play->word; false: the file fails whatever it expects. */
static bool play_block(struct play *play)
{
	unsigned line = play->line - 1;
	char verb[sizeof play->word];
	memcpy(verb, play->word, sizeof verb);
	take_expected(play);
	bool done = verb_do(&play->stage, verb);
	if (play->stage.transcript.length == 0)
		transcript_line(&play->stage.transcript, "ok");
	const char *told = transcript_text(&play->stage.transcript);
	transcript_line(&play->told, verb);
	transcript_line(&play->told, "----");
	transcript_add(&play->told, told);
	play->blocks++;
	bool differs = strcmp(told, transcript_text(&play->expected)) != 0;
	play->differing += differs;
	if (!done || (differs && !play->rewrite)) {
		printf("%s:%u: %s\n", play->path, line, verb);
		transcript_diff(transcript_text(&play->expected), told, print_difference);
	}
	if (!done)
		printf("%s:%u: %s\n", play->path, line, play->stage.failure);
	return done;
}

static bool play_file(struct play *play)
{
	while (take_line(play)) {
		if (play->word[0] == '\0' || play->word[0] == '#')
			transcript_line(&play->told, play->word);
		else if (!play_block(play))
			return false;
	}
	if (play->rewrite)
		return save(play);
	if (play->differing > 0)
		printf("%s: %u of %u blocks differ (- expected, + told). If that is meant: "
		       "scenario --rewrite %s\n",
		       play->path, play->differing, play->blocks, play->path);
	return play->differing == 0;
}

static bool play_one(const char *path, bool rewrite)
{
	struct play play = {.path = path, .rewrite = rewrite};
	stage_open(&play.stage);
	bool good = load(&play) && play_file(&play);
	stage_close(&play.stage);
	transcript_close(&play.told);
	transcript_close(&play.expected);
	free(play.text);
	return good;
}

static void print_help(void)
{
	puts("usage: scenario [--rewrite] FILE...\n\nVerbs:");
	for (unsigned i = 0; i < verb_count; i++) {
		printf("\n%s %s\n", verbs[i].name, verbs[i].operands);
		for (const char *at = verbs[i].help; *at != '\0';) {
			size_t length = strcspn(at, "\n");
			printf("    %.*s\n", (int)length, at);
			at += length + (at[length] == '\n');
		}
	}
}

int main(int argc, char **argv)
{
	int first = 1;
	bool rewrite = argc > 1 && strcmp(argv[1], "--rewrite") == 0;
	first += rewrite;
	if (argc == first || argv[first][0] == '-') {
		print_help();
		return argc == first || strcmp(argv[first], "--help") != 0 ? 2 : 0;
	}
	bool good = true;
	for (int i = first; i < argc; i++)
		good &= play_one(argv[i], rewrite);
	return good ? 0 : 1;
}
