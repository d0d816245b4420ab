/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file between two boots.
 */
#include "daemon/self_fencing/reboot_reason.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#include "daemon/platform/reboot.h"

enum { DISK_MS = 200 };

static const char NAME[] = "last-escalation";
static const char TOLD[] = ".told";

enum code reboot_reason_path(char path[FILE_PATH_BYTES], const char *state_dir, struct error *error)
{
	return file_path(path, state_dir, NAME, error);
}

enum code reboot_reason_and_reboot(const char *path, const char *why, struct error *error)
{
	struct error unwritten;
	enum code written = platform_last_words(path, why, span_ms(DISK_MS), &unwritten);
	enum code code = platform_reboot_now(error);

	if (code != CODE_OK && written != CODE_OK)
		(void)error_wrap(error, "%s", unwritten.text);
	return code;
}

/* CODE_OK: `words` are those of the file. */
static enum code read_words(struct reboot_reason *words, const char *path)
{
	uv_fs_t request = {0};
	size_t length = 0;
	time_t at;
	const struct tm *utc;
	enum code code =
	    file_read(path, (uint8_t *)words->text, sizeof words->text - 1, &length, NULL);

	if (code != CODE_OK)
		return code;
	words->text[length] = '\0';
	words->text[strcspn(words->text, "\n")] = '\0';
	if (uv_fs_stat(NULL, &request, path, NULL) == 0)
		words->written_at = request.statbuf.st_mtim.tv_sec;
	uv_fs_req_cleanup(&request);
	at = (time_t)words->written_at;
	utc = gmtime(&at);
	if (utc == NULL ||
	    strftime(words->date, sizeof words->date, "%Y-%m-%dT%H:%M:%SZ", utc) == 0)
		words->date[0] = '\0';
	words->known = true;
	return CODE_OK;
}

void reboot_reason_recall(struct reboot_reason *words, const char *state_dir)
{
	char path[FILE_PATH_BYTES], told[FILE_PATH_BYTES + sizeof TOLD];

	memset(words, 0, sizeof *words);
	if (reboot_reason_path(path, state_dir, NULL) != CODE_OK)
		return;
	(void)snprintf(told, sizeof told, "%s%s", path, TOLD);
	words->fresh = read_words(words, path) == CODE_OK;
	/* Where it cannot be renamed it is told again, which is better than never. */
	if (words->fresh)
		(void)file_set_aside(path, TOLD, NULL);
	else
		(void)read_words(words, told);
}
