/* Owns: the table of commands.  Called by main.c. */
#include "qrsvc/cli/cli.h"

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
	{"verify", "recompute documents, records, hashes and photos; name what differs",
		"[--key PUBLIC] [--heads FILE]   exit status 1 when anything differs; changes nothing\n"
		"  --key    file of the public key of `qrsvc keygen`, or the key itself; several\n"
		"           by commas when it was changed, the oldest first\n"
		"  --heads  a /chain.json saved earlier: its heads must still be there as they were\n",
		cli_verify},
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
		NULL},
	{"user", "accounts of people who log in",
		"add LOGIN --name NAME --role ROLE --org CODE | --party P [--office CODE]\n"
		"          [--from DATE] [--to DATE]       prints a link that works once\n"
		"reset LOGIN [--second]                    a new link; --second: the second factor too\n"
		"end LOGIN                                 for good\n"
		"assign LOGIN | --party P   --org CODE | --place CODE | --facility CODE\n"
		"                                          what a firm or an account looks after\n"
		"list\n"
		"  ROLE  inspector, manager, office, supervisor, admin or auditor\n"
		"  P     number of a firm, or its credit code\n"
		"  --who NAME stands in the audit (default: the system account)\n",
		cli_user},
	{"erase", "delete what the law wants gone; the chain stays whole",
		"text UUID[/REVISION[/NAME]] --ground TEXT   free text of a record\n"
		"photo SHA256 --ground TEXT                  one photo, in all sizes\n"
		"report SHA256 --ground TEXT                 a report file\n"
		"record UUID --ground TEXT                   all three, of one record\n"
		"  --who NAME stands in the audit (default: the system account)\n"
		"  Facts (dates, results, parties) stay, and so do the hashes of what is gone.\n"
		"  Backups keep their copy until they age out.\n",
		cli_erase},
	{"calendar", "load the days off of a year, and the days worked instead",
		"FILE.csv --year YEAR --basis TEXT [--source TEXT] [--calendar CODE]\n"
		"  rows of DAY,off|work,NAME; takes the place of what was loaded for the year\n"
		"  without a file: what is loaded\n"
		"  --who NAME stands in the audit (default: the system account)\n",
		cli_calendar},
	{"keygen", "make the key that signs the heads of the chain",
		"FILE   the secret key, in FILE.pub its public half; for [chain] key\n"
		"--contact FILE   the key that seals residents' telephone numbers; for\n"
		"  [tickets] contact_key\n",
		cli_keygen},
	{"check-links", "ask every host in use for a sample of the printed codes",
		"[--sample N]   default 20; exit status 1 when one does not open\n",
		cli_check_links},
	{"mirror", "write all public pages as files any web server can serve",
		"DIR   run as the service's user, nightly; DIR is empty or an earlier copy\n"
		"  only what has changed is written, what is public no longer is deleted\n"
		"  exit status 1 when the copy is not complete\n",
		cli_mirror},
	{"doctor", "look at everything this service stands on, say what to mend",
		"[--quiet] [--sql DIR]   one line a check: ok, warn or fail, and what to do\n"
		"  exit status 0 when all is well, 1 with warnings, 2 when something is broken\n"
		"  --quiet leaves out what is well; run it as the service's user\n",
		NULL},
	{NULL, NULL, NULL, NULL},
};

const struct command *cli_find(const char *name)
{
	for (const struct command *c = cli_commands; c->name; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}
