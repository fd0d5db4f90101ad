/* Owns `qrsvc erase`: lawful deletion of what a record holds, with the chain intact.  What is
 * erased and what stays is api.erase()'s business; here it is asked for, with its ground, and
 * reported.  Copies: workers drop a photo when they are told by the database; mirrors and
 * backups are named at the end, since nothing here reaches them. */
#include "qrsvc/base/arena.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/open.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define COMMAND "erase"

/* Who is at the keyboard: not "root" when somebody became root. */
static const char *me(void)
{
	const char *sudo = getenv("SUDO_USER");
	/* cppcheck-suppress getpwuidCalled ; one thread, read at once */
	const struct passwd *pw = getpwuid(getuid());

	return sudo && *sudo ? sudo : pw ? pw->pw_name : "unknown";
}

static void each(const struct json *list, const char *what)
{
	json_each (x, list)
		printf("%s %.*s\n", what, STR_F(json_text(x)));
}

static enum rc erase(struct pgsync *pg, struct pgsync_param v[4], struct err *e)
{
	struct pgsync_rows rows = {0};
	const struct json *said = NULL;
	struct arena mem;
	enum rc rc = pgsync_query(pg, "SELECT api.erase($1, $2, $3, $4)", v, 4, &rows, e);

	arena_init(&mem);
	if (rc == RC_OK)
		rc = json_parse(&mem, pgsync_cell(&rows, 0, 0), LIMIT_DOCUMENT, true, e, &said);
	if (rc == RC_OK) {
		each(json_get(said, "photos"), "photo");
		each(json_get(said, "reports"), "report");
		printf("erased: %lld texts, %zu photos, %zu reports; %lld documents published "
		       "anew\n",
			(long long)json_int(said, "texts", 0),
			json_count(json_get(said, "photos")),
			json_count(json_get(said, "reports")),
			(long long)json_int(said, "documents", 0));
		puts("Copies that are left: backups until they age out, mirrors and caches of "
		     "others until they ask again; restoring an older backup means erasing "
		     "this once more.");
	}
	arena_release(&mem);
	pgsync_rows_release(&rows);
	return rc;
}

int cli_erase(int argc, char **argv, const struct config *cfg)
{
	static const char *const kinds[] = {"text", "photo", "report", "record"};
	const char *ground = NULL, *who = me();
	const struct cli_opt opts[] = {
		{"ground", &ground, NULL}, {"who", &who, NULL}, {NULL, NULL, NULL}};
	struct pgsync *pg = NULL;
	struct err e;
	size_t i = 0;
	enum rc rc;
	int n = cli_options(COMMAND, argc, argv, opts);

	if (n < 0)
		return CLI_USAGE;
	if (n != 2)
		return cli_usage(COMMAND, "what is to be erased, and its id");
	while (i < sizeof kinds / sizeof kinds[0] && strcmp(kinds[i], argv[1]) != 0)
		i++;
	if (i == sizeof kinds / sizeof kinds[0])
		return cli_usage(COMMAND, "text, photo, report or record can be erased");
	if (!ground || !*ground)
		return cli_usage(COMMAND, "--ground says by which law or decision");
	struct pgsync_param v[] = {PG_C(who), PG_C(argv[1]), PG_C(argv[2]), PG_C(ground)};

	rc = cli_open(cfg, "qr_migrate", &pg, &e);
	if (rc == RC_OK)
		rc = erase(pg, v, &e);
	pgsync_free(pg);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
