/* Owns `qrsvc migrate`: brings a database to the state of this program's sql folder.  Never
 * drops data, never goes backwards; each migration is one transaction and is either wholly
 * there or not at all.  Called by an operator, the demo and the tests. */
#include "qrsvc/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/config.h"
#include "qrsvc/db/pgsync.h"

#define COMMAND "migrate"
#define MIGRATIONS_MAX 1000
#define SQL_FILE_MAX (4u * 1024 * 1024) /* a file of seeds with every division code */

/* "qrsvc" in ASCII: whoever migrates holds this advisory lock. */
#define LOCK_SQL "SELECT pg_advisory_lock(x'7172737663'::bigint)"

struct migration {
	int number;
	char *name, *sql;
	char sha256[SHA256_HEX + 1];
};

struct plan {
	struct arena mem; /* paths and names of files */
	const char *dir;
	struct migration list[MIGRATIONS_MAX];
	int n, applied; /* the first `applied` stand in the database */
	bool check;
	struct pgsync *pg;
};

static void plan_free(struct plan *p)
{
	for (int i = 0; i < p->n; i++) {
		free(p->list[i].name);
		free(p->list[i].sql);
	}
	pgsync_free(p->pg);
	arena_release(&p->mem);
	free(p);
}

/* Line ends and blanks at the end of lines do not change what a migration does. */
static struct str normalised(struct arena *a, const char *sql)
{
	struct str rest = str_c(sql), line;
	char *out = arena_alloc(a, rest.n + 2);
	size_t n = 0;

	while (rest.p) {
		line = str_trim(str_cut(&rest, '\n'), "\r");
		while (line.n && strchr(" \t\r", line.p[line.n - 1]))
			line.n--;
		memcpy(out + n, line.p, line.n);
		n += line.n;
		out[n++] = '\n';
	}
	while (n > 1 && out[n - 2] == '\n')
		n--;
	return (struct str){out, n};
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_sql(const struct dirent *d)
{
	return d->d_name[0] != '.' && str_ends(str_c(d->d_name), STR(".sql"));
}

static enum rc load_migration(struct plan *p, const char *file, struct err *e)
{
	struct migration *m = &p->list[p->n];
	const char *path = arena_fmt(&p->mem, "%s/migrations/%s", p->dir, file).p;
	struct arena a;
	uint64_t number;
	size_t n;
	enum rc rc;

	if (strlen(file) < 10 || file[4] != '_' || !str_u64((struct str){file, 4}, &number))
		return err_set(
			e, RC_BAD, "migrations/%s: the name must be NNNN_words.sql", file);
	if (p->n == MIGRATIONS_MAX || (int)number != p->n + 1)
		return err_set(e, RC_BAD,
			"migrations/%s: number %04d was expected; numbers have no "
			"gap and no double",
			file, p->n + 1);
	rc = cli_read_file(path, SQL_FILE_MAX, &m->sql, &n, e);
	if (rc != RC_OK)
		return rc;
	m->number = (int)number;
	m->name = xstrdup(file);
	arena_init(&a);
	sha256_hex(normalised(&a, m->sql), m->sha256);
	arena_release(&a);
	p->n++;
	return RC_OK;
}

static enum rc load_migrations(struct plan *p, struct err *e)
{
	const char *path = arena_fmt(&p->mem, "%s/migrations", p->dir).p;
	struct dirent **names;
	enum rc rc = RC_OK;
	int n;

	n = scandir(path, &names, is_sql, by_name);
	if (n < 0)
		return err_set(e, RC_IO, "cannot read %s: %s; name the folder with --sql", path,
			strerror(errno));
	for (int i = 0; i < n; i++) {
		if (rc == RC_OK)
			rc = load_migration(p, names[i]->d_name, e);
		free(names[i]);
	}
	free(names);
	if (rc == RC_OK && p->n == 0)
		rc = err_set(e, RC_NOT_FOUND, "%s holds no migration", path);
	return rc;
}

/* Compares what the database says was applied with our files. */
static enum rc compare(struct plan *p, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_query(
		p->pg, "SELECT to_regclass('core.migration') IS NOT NULL", NULL, 0, &rows, e);
	bool fresh = rc == RC_OK && str_eq(pgsync_cell(&rows, 0, 0), STR("f"));

	pgsync_rows_release(&rows);
	if (rc != RC_OK || fresh)
		return rc;
	rc = pgsync_query(p->pg,
		"SELECT number, name, sha256 FROM core.migration ORDER BY number", NULL, 0,
		&rows, e);
	for (size_t i = 0; rc == RC_OK && i < pgsync_count(&rows); i++) {
		int number = (int)pgsync_int(&rows, i, 0);
		struct str name = pgsync_cell(&rows, i, 1);

		if (number != (int)i + 1)
			rc = err_set(e, RC_CONFLICT,
				"the database lacks migration %zu but has %d: it was changed "
				"by hand; restore it from a backup",
				i + 1, number);
		else if (number > p->n)
			rc = err_set(e, RC_CONFLICT,
				"the database has migration %.*s, this program does not: "
				"install the newer program",
				STR_F(name));
		else if (!str_eq(pgsync_cell(&rows, i, 2), str_c(p->list[i].sha256)))
			rc = err_set(e, RC_CONFLICT,
				"migrations/%s was changed after it was applied; restore that "
				"file and put the change into a new migration",
				p->list[i].name);
		else
			p->applied = number;
	}
	pgsync_rows_release(&rows);
	return rc;
}

static enum rc apply_one(struct plan *p, const struct migration *m, struct err *e)
{
	struct pgsync_param v[] = {PG_INT(m->number), PG_C(m->name), PG_C(m->sha256)};
	const char *name = arena_fmt(&p->mem, "migrations/%s", m->name).p;
	enum rc rc = pgsync_do(p->pg, "BEGIN", e);

	if (rc == RC_OK)
		rc = pgsync_script(p->pg, name, m->sql, e);
	if (rc == RC_OK)
		rc = pgsync_query(p->pg,
			"INSERT INTO core.migration (number, name, sha256)"
			" VALUES ($1, $2, $3)",
			v, 3, NULL, e);
	if (rc == RC_OK)
		rc = pgsync_do(p->pg, "COMMIT", e);
	if (rc == RC_OK)
		printf("applied %s\n", name);
	return rc;
}

/* Every file of one folder, whole, in one transaction. */
static enum rc apply_folder(struct plan *p, const char *folder, struct err *e)
{
	const char *path = arena_fmt(&p->mem, "%s/%s", p->dir, folder).p;
	struct dirent **names;
	int n;
	enum rc rc;

	n = scandir(path, &names, is_sql, by_name);
	if (n < 0)
		return err_set(e, RC_IO, "cannot read %s: %s", path, strerror(errno));
	rc = pgsync_do(p->pg, "BEGIN", e);
	for (int i = 0; i < n; i++) {
		const char *name = arena_fmt(&p->mem, "%s/%s", folder, names[i]->d_name).p;
		char *sql = NULL;
		size_t len;

		if (rc == RC_OK)
			rc = cli_read_file(arena_fmt(&p->mem, "%s/%s", p->dir, name).p,
				SQL_FILE_MAX, &sql, &len, e);
		if (rc == RC_OK)
			rc = pgsync_script(p->pg, name, sql, e);
		free(sql);
		free(names[i]);
	}
	free(names);
	if (rc == RC_OK)
		rc = pgsync_do(p->pg, "COMMIT", e);
	if (rc == RC_OK)
		printf("applied %s (%d files)\n", folder, n);
	return rc;
}

static enum rc all_applied(const struct plan *p, struct err *e)
{
	if (p->applied < p->n)
		return err_set(e, RC_CONFLICT,
			"%d of %d migrations are not applied (next: %s); run `qrsvc migrate`",
			p->n - p->applied, p->n, p->list[p->applied].name);
	return RC_OK;
}

static enum rc check_only(struct plan *p, struct err *e)
{
	enum rc rc = all_applied(p, e);

	if (rc == RC_OK)
		printf("up to date: %d migrations\n", p->n);
	return rc;
}

enum rc cli_migrations(struct pgsync *pg, const char *sql, int *ret_n, struct err *e)
{
	struct plan *p = xcalloc(1, sizeof *p);
	enum rc rc;

	arena_init(&p->mem);
	p->dir = sql;
	p->pg = pg;
	rc = load_migrations(p, e);
	if (rc == RC_OK)
		rc = compare(p, e);
	if (rc == RC_OK)
		rc = all_applied(p, e);
	*ret_n = p->n;
	p->pg = NULL; /* the caller's */
	plan_free(p);
	return rc;
}

static enum rc set_timezone(struct plan *p, const char *zone, struct err *e)
{
	struct pgsync_param v[] = {PG_C(zone)};

	return pgsync_query(p->pg, "UPDATE core.site SET timezone = $1 WHERE timezone <> $1", v,
		1, NULL, e);
}

static enum rc migrate(struct plan *p, const struct config *cfg, bool seed, struct err *e)
{
	enum rc rc = pgsync_open(cfg->dsn, "qr_migrate", &p->pg, e);

	if (rc == RC_OK)
		rc = pgsync_do(p->pg, LOCK_SQL, e);
	if (rc == RC_OK)
		rc = pgsync_do(p->pg, "SET ROLE qr_owner", e);
	if (rc == RC_OK)
		rc = compare(p, e);
	if (rc == RC_OK && p->check)
		return check_only(p, e);
	for (int i = p->applied; rc == RC_OK && i < p->n; i++)
		rc = apply_one(p, &p->list[i], e);
	if (rc == RC_OK)
		rc = apply_folder(p, "api", e);
	if (rc == RC_OK)
		rc = set_timezone(p, cfg->timezone, e);
	if (rc == RC_OK && seed)
		rc = apply_folder(p, "seed", e);
	/* builds anew what a changed rule, word, time zone or builder touches, if any did */
	if (rc == RC_OK)
		rc = pgsync_query(p->pg, "SELECT api.publish_seeds()", NULL, 0, NULL, e);
	if (rc == RC_OK)
		printf("up to date: %d migrations\n", p->n);
	return rc;
}

/* Roles belong to the cluster, not to a database: only a superuser may make them. */
static enum rc make_roles(struct plan *p, const char *dsn, const char *superuser, struct err *e)
{
	struct pgsync *pg = NULL;
	const char *path = arena_fmt(&p->mem, "%s/roles.sql", p->dir).p;
	char *sql = NULL;
	size_t n;
	enum rc rc;

	rc = cli_read_file(path, SQL_FILE_MAX, &sql, &n, e);
	if (rc == RC_OK)
		rc = pgsync_open(dsn, superuser, &pg, e);
	if (rc == RC_OK)
		rc = pgsync_script(pg, "roles.sql", sql, e);
	if (rc == RC_OK)
		printf("applied roles.sql\n");
	pgsync_free(pg);
	free(sql);
	return rc;
}

int cli_migrate(int argc, char **argv, const struct config *cfg)
{
	const char *sql = NULL, *superuser = "postgres";
	bool seed = false, check = false, roles = false, bootstrap = false;
	const struct cli_opt opts[] = {
		{"sql", &sql, NULL},
		{"superuser", &superuser, NULL},
		{"seed", NULL, &seed},
		{"check", NULL, &check},
		{"roles", NULL, &roles},
		{"bootstrap", NULL, &bootstrap},
		{NULL, NULL, NULL},
	};
	char found[PATH_MAX];
	struct plan *p;
	struct err e;
	enum rc rc = RC_OK;
	int n = cli_options(COMMAND, argc, argv, opts);

	if (n != 0)
		return n < 0 ? CLI_USAGE : cli_usage(COMMAND, "%s is not expected", argv[1]);
	if (check && (seed || roles || bootstrap))
		return cli_usage(COMMAND, "--check changes nothing and stands alone");
	if (!sql && !cli_data_dir("sql", found, sizeof found))
		return cli_usage(
			COMMAND, "the folder of SQL files is missing, name it with --sql");
	crypto_init();
	p = xcalloc(1, sizeof *p);
	arena_init(&p->mem);
	p->dir = sql ? sql : found;
	p->check = check;
	if (roles || bootstrap)
		rc = make_roles(p, cfg->dsn, superuser, &e);
	if (rc == RC_OK && !roles)
		rc = load_migrations(p, &e);
	if (rc == RC_OK && !roles)
		rc = migrate(p, cfg, seed || bootstrap, &e);
	plan_free(p);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
