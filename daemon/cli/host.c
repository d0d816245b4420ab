/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading the two files. Both are always looked at, so that one run tells what is wrong with
 * either.
 */
#include "daemon/cli/host.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <uv.h>

#include "daemon/file.h"
#include "daemon/key.h"
#include "daemon/platform/platform.h"
#include "daemon/platform/self.h"

static void print_findings(const struct findings *findings, const char *file)
{
	char line[FINDING_BYTES + FILE_PATH_BYTES];
	unsigned kept = findings->count < FINDINGS_MAX ? findings->count : FINDINGS_MAX;

	for (unsigned i = 0; i < kept; i++) {
		finding_format(&findings->items[i], file, line, sizeof line);
		(void)fprintf(stderr, "%s\n", line);
	}
	if (findings->count > kept)
		(void)fprintf(stderr, "%s: and %u more\n", file, findings->count - kept);
}

static enum code read_key(struct host *host, const char *path)
{
	struct error error;
	enum code code = platform_check_secret(path, &error);

	host->secret = sodium_malloc(sizeof *host->secret);
	if (host->secret == NULL)
		code = error_set(&error, CODE_SYSTEM, "no memory for the secret key");
	/* key_read says better what to do about a missing file. */
	if (code == CODE_OK || code == CODE_NOT_FOUND)
		code = key_read(path, host->secret, &host->public, &error);
	if (code != CODE_OK)
		(void)fprintf(stderr, "failoverd: %s\n", error.text);
	return code;
}

/* Whoever may write the file decides what is executed here. */
static enum code check_access(const char *path, struct error *error)
{
	uv_fs_t request = {0};
	int failed = uv_fs_stat(NULL, &request, path, NULL);
	const unsigned mode = failed == 0 ? (unsigned)request.statbuf.st_mode : 0;

	uv_fs_req_cleanup(&request);
	if ((mode & S_IWOTH) != 0)
		return error_set(error, CODE_DENIED,
		                 "%s: everybody can change it, and with it what runs here as root: "
		                 "chmod o-w %s",
		                 path, path);
	if ((mode & S_IWGRP) != 0)
		(void)fprintf(stderr, "%s: warning: its group can change what runs here as root\n",
		              path);
	return CODE_OK;
}

static enum code read_config(struct host *host, const struct options *options, bool has_key)
{
	const char *path = options->config;
	uint8_t *text = malloc(CONFIG_FILE_BYTES);
	struct error error;
	size_t length = 0;
	enum code code = CODE_SYSTEM;

	if (text == NULL)
		(void)fprintf(stderr, "failoverd: out of memory\n");
	else if ((code = check_access(path, &error)) != CODE_OK ||
	         (code = file_read(path, text, CONFIG_FILE_BYTES, &length, &error)) != CODE_OK)
		(void)fprintf(stderr, "failoverd: configuration: %s\n", error.text);
	else {
		code = config_load((const char *)text, length, has_key ? &host->public : NULL,
		                   &host->config, &host->findings);
		if (code != CODE_OK || !options->only_errors)
			print_findings(&host->findings, path);
	}
	free(text);
	return code;
}

enum exit_code host_open(struct host **host, const struct options *options)
{
	struct host *made;
	enum code key, config;

	*host = NULL;
	if (sodium_init() < 0 || !auth_self_test()) {
		(void)fputs("failoverd: this build of libsodium does not work here\n", stderr);
		return EXIT_REFUSED;
	}
	platform_no_core_dumps();
	made = calloc(1, sizeof *made);
	if (made == NULL) {
		(void)fputs("failoverd: out of memory\n", stderr);
		return EXIT_REFUSED;
	}
	*host = made;
	key = read_key(made, options->key);
	config = read_config(made, options, key == CODE_OK);
	if (key == CODE_DENIED && options->may_lack_key) {
		(void)fputs("failoverd: continuing without the key; the daemon has it\n", stderr);
		key = CODE_OK;
	}
	return key == CODE_OK && config == CODE_OK ? EXIT_DONE : EXIT_CONFIG;
}

void host_close(struct host *host)
{
	if (host == NULL)
		return;
	sodium_free(host->secret);
	free(host);
}
