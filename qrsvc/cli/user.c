/* Owns `qrsvc user`: accounts from the command line, the first ones among them.  Prints
 * one-time links, never a password, and hands the database only the hash of a link's token. */
#include "qrsvc/app/auth.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/open.h"

#include <pwd.h>
#include <unistd.h>

#define COMMAND "user"

struct user {
	const struct config *cfg;
	struct pgsync *pg;
	struct arena mem;
	const char *who;
	/* of add and assign */
	const char *name, *role, *org, *party, *office, *from, *to, *place, *facility;
	bool second;
};

/* ---- helpers --------------------------------------------------------------------------------
 */

static const char *system_account(void)
{
	/* cppcheck-suppress getpwuidCalled ; one thread, read at once */
	const struct passwd *p = getpwuid(getuid());
	return p && p->pw_name[0] ? p->pw_name : "command line";
}

static void member(struct sbuf *b, const char *name, const char *value)
{
	if (!value || !value[0])
		return;
	sbuf_puts(b, b->n > 1 ? ",\"" : "\"");
	sbuf_puts(b, name);
	sbuf_puts(b, "\":");
	sbuf_json(b, str_c(value));
}

/* One function of the database, its JSON answer parsed. */
static enum rc ask(struct user *u, const char *sql, const struct pgsync_param *params, int n,
	const struct json **ret_, struct err *e)
{
	struct pgsync_rows rows = {0};
	enum rc rc = pgsync_query(u->pg, sql, params, n, &rows, e);
	if (rc == RC_OK && pgsync_count(&rows) == 1)
		rc = json_parse(&u->mem, arena_str(&u->mem, pgsync_cell(&rows, 0, 0)), 64 * MIB,
			true, e, ret_);
	pgsync_rows_release(&rows);
	return rc;
}

/* The link alone on standard output, so that a script can take it. */
static void print_link(struct user *u, const struct auth_token *t, const struct json *said)
{
	struct str text = auth_token_text(&u->mem, t), login = json_str(said, "login");
	struct str until = json_str(said, "expires");
	printf("%s/staff/invite/%.*s\n", u->cfg->base_url, STR_F(text));
	fprintf(stderr,
		"%.*s opens this link once, until %.*s, and chooses a password; hand it over "
		"in person or by a way you trust\n",
		STR_F(login), STR_F(until));
}

/* ---- commands -------------------------------------------------------------------------------
 */

static enum rc add(struct user *u, const char *login, struct err *e)
{
	const struct json *said = NULL;
	struct auth_token token;
	struct sbuf b;
	auth_token_new(&token);
	sbuf_init(&b, 16 * KIB);
	sbuf_byte(&b, '{');
	member(&b, "login", login);
	member(&b, "name", u->name);
	member(&b, "role", u->role);
	member(&b, "org", u->org);
	member(&b, "party", u->party);
	member(&b, "office", u->office);
	member(&b, "from", u->from);
	member(&b, "to", u->to);
	sbuf_byte(&b, '}');
	struct pgsync_param p[] = {PG_C(u->who), PG_TEXT(sbuf_view(&b)),
		PG_BYTES(auth_token_hash(&u->mem, &token))};
	enum rc rc = ask(u, "SELECT api.user_add($1, $2, $3)", p, 3, &said, e);
	sbuf_release(&b);
	if (rc == RC_OK)
		print_link(u, &token, said);
	return rc;
}

static enum rc reset(struct user *u, const char *login, struct err *e)
{
	const struct json *said = NULL;
	struct auth_token token;
	auth_token_new(&token);
	struct pgsync_param p[] = {PG_C(u->who), PG_C(login),
		PG_BYTES(auth_token_hash(&u->mem, &token)), PG_C(u->second ? "true" : "false")};
	enum rc rc = ask(u, "SELECT api.user_reset($1, $2, $3, $4)", p, 4, &said, e);
	if (rc == RC_OK)
		print_link(u, &token, said);
	return rc;
}

static enum rc end_account(struct user *u, const char *login, struct err *e)
{
	const struct json *said = NULL;
	struct pgsync_param p[] = {PG_C(u->who), PG_C(login)};
	enum rc rc = ask(u, "SELECT api.user_end($1, $2)", p, 2, &said, e);
	if (rc == RC_OK)
		printf("%s ended for good, %lld sessions with it\n", login,
			(long long)json_int(said, "ended", 0));
	return rc;
}

static enum rc assign(struct user *u, const char *login, struct err *e)
{
	const struct json *said = NULL;
	struct sbuf b;
	sbuf_init(&b, 16 * KIB);
	sbuf_byte(&b, '{');
	member(&b, "login", login);
	member(&b, "party", u->party);
	member(&b, "org", u->org);
	member(&b, "place", u->place);
	member(&b, "facility", u->facility);
	member(&b, "from", u->from);
	member(&b, "to", u->to);
	sbuf_byte(&b, '}');
	struct pgsync_param p[] = {PG_C(u->who), PG_TEXT(sbuf_view(&b))};
	enum rc rc = ask(u, "SELECT api.assign_add($1, $2)", p, 2, &said, e);
	sbuf_release(&b);
	if (rc == RC_OK)
		printf("assignment %lld\n", (long long)json_int(said, "id", 0));
	return rc;
}

static void cell(struct str s, int width)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	printf("%.*s%*s", STR_F(s), (int)n < width ? width - (int)n : 1, "");
}

static enum rc list(struct user *u, struct err *e)
{
	const struct json *said = NULL;
	enum rc rc = ask(u, "SELECT api.user_list()", NULL, 0, &said, e);
	if (rc != RC_OK)
		return rc;
	json_each (a, json_get(said, "users")) {
		const struct json *of = json_get(a, "org");
		struct str last = json_str(a, "last");
		cell(json_str(a, "login"), 20);
		cell(json_str(a, "role"), 12);
		cell(json_str(a, "state"), 9);
		cell(json_bool(a, "second", false) ? STR("2nd") : STR("-"), 4);
		cell(last.n ? last : STR("never"), 26);
		cell(json_str(a, "name"), 16);
		struct str where = json_str(of ? of : json_get(a, "party"), "name");
		printf("%.*s\n", STR_F(where));
	}
	return RC_OK;
}

/* ---- the command ----------------------------------------------------------------------------
 */

static enum rc run(struct user *u, const char *what, const char *login, struct err *e)
{
	if (strcmp(what, "add") == 0)
		return add(u, login, e);
	if (strcmp(what, "reset") == 0)
		return reset(u, login, e);
	if (strcmp(what, "end") == 0)
		return end_account(u, login, e);
	if (strcmp(what, "assign") == 0)
		return assign(u, login, e);
	return list(u, e);
}

/* How many operands a word takes, -1: there is none. */
static int operands_of(const char *what)
{
	static const struct {
		const char *word;
		int n;
	} words[] = {{"add", 1}, {"reset", 1}, {"end", 1}, {"assign", 1}, {"list", 0}};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(what, words[i].word) == 0)
			return words[i].n;
	return -1;
}

int cli_user(int argc, char **argv, const struct config *cfg)
{
	struct user u = {.cfg = cfg, .who = NULL};
	const struct cli_opt opts[] = {{"name", &u.name, NULL}, {"role", &u.role, NULL},
		{"org", &u.org, NULL}, {"party", &u.party, NULL}, {"office", &u.office, NULL},
		{"from", &u.from, NULL}, {"to", &u.to, NULL}, {"place", &u.place, NULL},
		{"facility", &u.facility, NULL}, {"who", &u.who, NULL},
		{"second", NULL, &u.second}, {NULL, NULL, NULL}};
	struct err e;
	int n = cli_options(COMMAND, argc, argv, opts);
	const char *what = n > 0 ? argv[1] : "";
	if (n < 0)
		return CLI_USAGE;
	int want = operands_of(what);
	if (want < 0)
		return cli_usage(COMMAND, "add, reset, end, assign or list is needed");
	if (strcmp(what, "assign") == 0 && u.party && n == 1)
		want = 0; /* a firm's assignment names no account */
	if (n != 1 + want)
		return cli_usage(COMMAND,
			want ? "%s: one login is needed" : "%s takes no more words", what);
	if (!u.who)
		u.who = system_account();
	arena_init(&u.mem);
	enum rc rc = cli_open(cfg, "qr_migrate", &u.pg, &e);
	if (rc == RC_OK)
		rc = run(&u, what, n > 1 ? argv[2] : NULL, &e);
	pgsync_free(u.pg);
	arena_release(&u.mem);
	return rc == RC_OK ? CLI_OK : cli_fail(COMMAND, &e);
}
