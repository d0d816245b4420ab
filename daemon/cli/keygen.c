/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `failoverd keygen`: a new key pair. The secret goes to a file and nowhere else; the public key to
 * standard output, so that a script can pick it up.
 */
#include <sodium.h>
#include <stdio.h>

#include "config/print.h"
#include "daemon/cli/commands.h"
#include "daemon/key.h"
#include "daemon/platform/self.h"

enum exit_code command_keygen(const struct options *options)
{
	struct secret_key secret;
	struct public_key public;
	char text[KEY_TEXT_BYTES];
	struct error error;
	enum code code;

	if (sodium_init() < 0) {
		(void)fputs("failoverd: keygen: libsodium does not start: no random numbers?\n",
		            stderr);
		return EXIT_REFUSED;
	}
	platform_no_core_dumps();
	(void)sodium_mlock(&secret, sizeof secret); /* where allowed */
	key_make(&secret, &public);
	code = key_write(options->out, &secret, &error);
	(void)sodium_munlock(&secret, sizeof secret); /* wipes it, too */
	sodium_memzero(&secret, sizeof secret);
	if (code != CODE_OK) {
		(void)fprintf(stderr, "failoverd: keygen: %s\n", error.text);
		return EXIT_REFUSED;
	}
	key_format(&public, text);
	(void)printf("%s\n", text);
	if (fflush(stdout) != 0) {
		(void)fputs("failoverd: keygen: the public key could not be printed\n", stderr);
		return EXIT_REFUSED;
	}
	(void)fprintf(
	    stderr,
	    "The secret key is in %s; it never leaves this host. The line above is the public "
	    "key:\nput it into the section of this host, as `key = %s`, in the "
	    "configuration of every member.\n",
	    options->out, text);
	return EXIT_DONE;
}
