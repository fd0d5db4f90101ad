/* Owns: the table of commands.  Called by main.c. */
#include <errno.h>
#include <limits.h>
#include <unistd.h>

#include "qrsvc/cli/cli.h"
#include "qrsvc/config.h"

/* Commands that need fonts or libzbar live in qrsvc-jobs, beside this program. */
static int in_jobs(int argc, char **argv, const struct config *cfg)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path - sizeof "qrsvc-jobs");
	char **args = calloc((size_t)argc + 2, sizeof *args);
	char *slash;

	path[n > 0 ? n : 0] = 0;
	slash = strrchr(path, '/');
	if (slash && args) {
		memcpy(slash + 1, "qrsvc-jobs", sizeof "qrsvc-jobs");
		args[0] = path;
		memcpy(args + 1, argv, (size_t)argc * sizeof *args);
		if (cfg->path && cfg->path[0])
			setenv("QRSVC_CONFIG", cfg->path, 1);
		fflush(NULL);
		execv(path, args);
	}
	free(args);
	fprintf(stderr, "qrsvc %s: cannot run %s: %s; install it beside qrsvc\n", argv[0], path,
		strerror(errno));
	return CLI_FAIL;
}

const struct command cli_commands[] = {
	{"migrate", "bring the database to this program's version",
		"[--seed] [--sql DIR]     apply migrations, functions (and data of the catalogue)\n"
		"--check                  say whether anything is missing, change nothing\n"
		"--roles                  make the roles of the cluster, as --superuser (postgres)\n"
		"--bootstrap              --roles, then all of it with --seed: a new database\n",
		cli_migrate},
	{"import", "load facilities, records or photos from a table",
		"facilities FILE.csv [OPTION...]\n"
		"records FILE.csv [OPTION...]\n"
		"photos FILE.csv|FOLDER [OPTION...]   FOLDER/RECORD-KEY/SLOT[-N].jpg\n"
		"  --profile NAME|FILE   what the columns mean (default plain; deploy/profiles)\n"
		"  --source NAME         whose keys these are (default: the profile's)\n"
		"  --skip-bad            load the good rows; the default is all or nothing\n"
		"  --revise              changed content becomes a new revision, not a refusal\n"
		"  --rejected FILE       where refused rows go (default FILE.rejected.csv)\n"
		"  --dry-run             check everything, load nothing\n",
		cli_import},
	{"labels", "issue, bind, replace, void and print labels, with a ledger",
		"issue [--count N] [--org CODE]            new blank codes\n"
		"cover [SELECTION] [--count N]             a label for all that have none\n"
		"list [CODE...] [SELECTION]                as a table\n"
		"bind CODE --facility F | --place P [--spot TEXT] [--reason TEXT]\n"
		"replace CODE [--reason TEXT]              a new code, the old one says so\n"
		"damaged CODE [--reason TEXT]              torn or gone; stays until replaced\n"
		"void CODE... --reason TEXT                out of use for good\n"
		"batches                                   what was printed, by whom\n"
		"pdf FILE [CODE...] [SELECTION] [PRINT]    a sheet, with its line in the ledger\n"
		"png FOLDER [CODE...] [SELECTION] [PRINT]  one picture a label\n"
		"  F and P are codes, or \"SOURCE KEY\" of an import\n"
		"  SELECTION  --org CODE --place P --kind KIND --state blank,active --damaged\n"
		"             --unprinted\n"
		"  PRINT      --template NAME --printer NAME --calibration FILE --start POSITION\n"
		"             --skip 3,7 --by-column --crop-marks --trial\n"
		"  --who NAME stands in the ledger (default: the system account)\n",
		in_jobs},
	{NULL, NULL, NULL, NULL},
};

const struct command *cli_find(const char *name)
{
	for (const struct command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}
