/* Owns `qrsvc keygen`: makes the key that signs the heads of the chain, or the one that seals
 * telephone numbers.  Asks no database; run
 * once by the operator, as the user the service runs as. */
#include "qrsvc/app/keyfile.h"
#include "qrsvc/cli/cli.h"

#include <stdio.h>

#define COMMAND "keygen"

int cli_keygen(int argc, char **argv, const struct config *cfg)
{
	bool contact = false;
	const struct cli_opt opts[] = {{"contact", NULL, &contact}, {NULL, NULL, NULL}};
	char public[KEYFILE_PUBLIC_TEXT];
	struct err e;
	int n = cli_options(COMMAND, argc, argv, opts);

	(void)cfg;
	if (n < 0)
		return CLI_USAGE;
	if (n != 1)
		return cli_usage(COMMAND, "the name of the file is needed");
	if (contact && keyfile_contact_make(argv[1], &e) != RC_OK)
		return cli_fail(COMMAND, &e);
	if (contact) {
		printf("secret key: %s (each host of the service needs it)\n", argv[1]);
		return CLI_OK;
	}
	if (keyfile_make(argv[1], public, &e) != RC_OK)
		return cli_fail(COMMAND, &e);
	printf("secret key: %s (keep a copy off this machine)\npublic key: %s.pub\n%s\n",
		argv[1], argv[1], public);
	return CLI_OK;
}
