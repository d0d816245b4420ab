/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The findings of tally.h and their lines.
 */
#include "tests/netns/tally.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 512, MAC_TEXT_BYTES = 18, NS_PER_US = 1000, US_PER_S = 1000000 };

struct when {
	unsigned long long seconds;
	unsigned microseconds;
};

static struct when when(uint64_t ns)
{
	const uint64_t us = ns / NS_PER_US;
	return (struct when){.seconds = us / US_PER_S, .microseconds = (unsigned)(us % US_PER_S)};
}

static double milliseconds(uint64_t ns)
{
	return (double)ns / 1e6;
}

__attribute__((format(printf, 2, 3))) static void tell(const struct tally *tally,
                                                       const char *format, ...)
{
	char line[LINE_BYTES];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	/* A reader that is gone has had its verdict; there is nobody to tell of it. */
	if (length > 0 && (size_t)length < sizeof line &&
	    write(tally->out, line, (size_t)length) != length)
		_exit(1);
}

static void mac_text(const uint8_t mac[ETH_ALEN], char text[MAC_TEXT_BYTES])
{
	(void)snprintf(text, MAC_TEXT_BYTES, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
	               mac[2], mac[3], mac[4], mac[5]);
}

void tally_init(struct tally *tally, int out)
{
	memset(tally, 0, sizeof *tally);
	tally->out = out;
	tally->last_owner = TALLY_OWNERS;
}

static void end_silence(struct tally *tally, uint64_t now_ns, const char *name)
{
	const uint64_t gap = now_ns - tally->last_answer_ns;
	if (tally->last_answer_ns == 0 || gap < TALLY_OUTAGE_NS)
		return;
	const struct when start = when(tally->last_answer_ns);
	const struct when end = when(now_ns);
	tally->outages++;
	if (gap > tally->longest_ns)
		tally->longest_ns = gap;
	tell(tally,
	     "{\"event\":\"outage\",\"t\":%llu.%06u,\"start\":%llu.%06u,\"end\":%llu.%06u,"
	     "\"ms\":%.1f,\"before\":\"%s\",\"after\":\"%s\"}\n",
	     end.seconds, end.microseconds, start.seconds, start.microseconds, end.seconds,
	     end.microseconds, milliseconds(gap), tally->owner, name);
}

void tally_answer(struct tally *tally, uint64_t now_ns, const char *name)
{
	const struct when now = when(now_ns);
	end_silence(tally, now_ns, name);
	tally->answers++;
	tally->last_answer_ns = now_ns;
	tally->is_silent = false;
	if (strncmp(tally->owner, name, sizeof tally->owner) == 0)
		return;
	tell(tally, "{\"event\":\"owner\",\"t\":%llu.%06u,\"node\":\"%s\",\"before\":\"%s\"}\n",
	     now.seconds, now.microseconds, name, tally->owner);
	tally->changes++;
	(void)snprintf(tally->owner, sizeof tally->owner, "%s", name);
}

static uint32_t index_of(struct tally *tally, const uint8_t mac[ETH_ALEN])
{
	for (uint32_t i = 0; i < tally->owner_count; i++)
		if (memcmp(tally->owners[i], mac, ETH_ALEN) == 0)
			return i;
	if (tally->owner_count == TALLY_OWNERS)
		return TALLY_OWNERS;
	memcpy(tally->owners[tally->owner_count], mac, ETH_ALEN);
	return tally->owner_count++;
}

void tally_question_answer(struct tally *tally, uint64_t now_ns, uint32_t number,
                           const uint8_t mac[ETH_ALEN])
{
	const struct when now = when(now_ns);
	const uint32_t owner = index_of(tally, mac);
	char text[MAC_TEXT_BYTES];
	struct tally_question *question = &tally->recent[number % TALLY_QUESTIONS];
	if (owner == TALLY_OWNERS)
		return;
	if (question->number != number)
		*question = (struct tally_question){.number = number};
	mac_text(mac, text);
	tally->question_answers++;
	if (question->answered != 0 && (question->answered & 1U << owner) == 0) {
		tally->duals++;
		char other[MAC_TEXT_BYTES];
		mac_text(tally->owners[__builtin_ctz(question->answered)], other);
		tell(tally,
		     "{\"event\":\"dual\",\"t\":%llu.%06u,\"question\":%u,\"first\":\"%s\","
		     "\"second\":\"%s\"}\n",
		     now.seconds, now.microseconds, number, other, text);
	}
	question->answered = (uint16_t)(question->answered | 1U << owner);
	if (owner == tally->last_owner)
		return;
	tally->last_owner = owner;
	tell(tally, "{\"event\":\"mac\",\"t\":%llu.%06u,\"mac\":\"%s\"}\n", now.seconds,
	     now.microseconds, text);
}

void tally_period(struct tally *tally, uint64_t now_ns, uint64_t due_ns, uint64_t missed)
{
	const uint64_t late = now_ns > due_ns ? now_ns - due_ns : 0;
	if (late > tally->late_ns)
		tally->late_ns = late;
	tally->late_count += missed;
	if (tally->is_silent || tally->last_answer_ns == 0 ||
	    now_ns < tally->last_answer_ns + TALLY_SILENT_NS)
		return;
	const struct when since = when(tally->last_answer_ns);
	tally->is_silent = true;
	tell(tally, "{\"event\":\"silent\",\"t\":%llu.%06u,\"before\":\"%s\"}\n", since.seconds,
	     since.microseconds, tally->owner);
}

void tally_summary(const struct tally *tally, uint64_t now_ns)
{
	const struct when now = when(now_ns);
	tell(tally,
	     "{\"event\":\"summary\",\"t\":%llu.%06u,\"asked\":%llu,\"answers\":%llu,"
	     "\"changes\":%llu,\"outages\":%llu,\"longest_ms\":%.1f,\"questions\":%llu,"
	     "\"question_answers\":%llu,\"duals\":%llu,\"late_ms\":%.1f,\"late_periods\":%llu}\n",
	     now.seconds, now.microseconds, (unsigned long long)tally->asked,
	     (unsigned long long)tally->answers, (unsigned long long)tally->changes,
	     (unsigned long long)tally->outages, milliseconds(tally->longest_ns),
	     (unsigned long long)tally->questions, (unsigned long long)tally->question_answers,
	     (unsigned long long)tally->duals, milliseconds(tally->late_ns),
	     (unsigned long long)tally->late_count);
}
