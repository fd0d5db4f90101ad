/* Owns the checks of `qrsvc doctor` that look at this machine and at the way to it: address,
 * certificate, domain, disks, the running service.  Called by doctor.c. */
#include "qrsvc/cli/doctor.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/doctor_cert.h"
#include "qrsvc/cli/fetch.h"
#include "labels/label.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define DAY_US (INT64_C(86400) * US_PER_S)
/* Certificates of 90 days are renewed 30 days before their end: 21 means that it did not work.
 */
#define CERTIFICATE_WARN 21
#define CERTIFICATE_FAIL 7
/* An office needs weeks to pay a bill; a domain that ran out is gone for good a month later. */
#define DOMAIN_WARN 60
#define DOMAIN_FAIL 14
#define CERTIFICATE_MAX (64u * 1024) /* with its chain */
#define ANSWER_MAX (256u * 1024)

/* ---- the address on the stickers ----------------------------------------------------------
 */

void doctor_address(struct doctor *d)
{
	static const char what[] = "address", example[] = "example.gov.cn";
	const struct config *c = d->cfg;
	struct addrinfo *found = NULL, hint = {.ai_socktype = SOCK_STREAM};
	const char *colon = strchr(c->host, ':');
	struct str host = colon && c->host[0] != '['
				  ? (struct str){c->host, (size_t)(colon - c->host)}
				  : str_c(c->host);
	struct err e;

	if (label_base_check(str_c(c->base_url), c->trial, NULL, 0, &e) != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what,
			"set [server] base_url before anything is printed", "%s: %s",
			c->base_url, e.detail);
	else if (str_ends(host, STR("example.gov.cn")))
		doctor_say(d, DOCTOR_FAIL, what,
			"set [server] base_url before anything is printed",
			"%s is the example's (%s)", c->base_url, example);
	else if (c->trial)
		doctor_say(d, DOCTOR_WARN, what, "set [labels] trial = off when it is earnest",
			"%s, and sheets say \"trial\"", c->base_url);
	else if (getaddrinfo(arena_str(&d->mem, host).p, NULL, &hint, &found) != 0)
		doctor_say(d, DOCTOR_FAIL, what,
			"make its DNS entry, or mend this host's resolver",
			"%s: the name is not known here", c->base_url);
	else
		doctor_say(d, DOCTOR_OK, what, "", "%s", c->base_url);
	if (found)
		freeaddrinfo(found);
}

/* ---- what runs out ------------------------------------------------------------------------
 */

static const char *date_of(struct doctor *d, int64_t us)
{
	struct civil t = clock_civil(us);

	return arena_fmt(&d->mem, "%04d-%02d-%02d", t.year, t.month, t.day).p;
}

static void certificate(struct doctor *d, const struct certificate *c)
{
	static const char what[] = "certificate", renew[] = "renew it and reload the front";
	struct str host = str_c(d->cfg->host);
	ptrdiff_t colon = str_chr(host, ':');
	int64_t now = clock_now_us(), days = (c->until_us - now) / DAY_US;

	if (colon > 0)
		host.n = (size_t)colon;
	if (!certificate_names(c, host))
		doctor_say(d, DOCTOR_FAIL, what, "get one for the host of [server] base_url",
			"it does not name %.*s", STR_F(host));
	else if (now < c->from_us)
		doctor_say(d, DOCTOR_FAIL, what, "mend the clock, or serve the older one",
			"it begins only on %s", date_of(d, c->from_us));
	else if (now >= c->until_us)
		doctor_say(d, DOCTOR_FAIL, what, renew, "ended on %s", date_of(d, c->until_us));
	else if (days < CERTIFICATE_WARN)
		doctor_say(d, doctor_least(days, CERTIFICATE_WARN, CERTIFICATE_FAIL), what,
			renew, "ends on %s, in %lld days", date_of(d, c->until_us),
			(long long)days);
	else
		doctor_say(d, DOCTOR_OK, what, "", "until %s", date_of(d, c->until_us));
}

void doctor_certificate(struct doctor *d)
{
	static const char what[] = "certificate";
	const char *path = d->cfg->certificate;
	struct certificate c;
	struct err e;
	char *pem = NULL;
	size_t n;
	enum rc rc;

	if (!path[0]) {
		doctor_say(d, DOCTOR_WARN, what,
			"set [operate] certificate to the file the front serves",
			"not looked at: TLS ends in the front, and its file is not named");
		return;
	}
	rc = cli_read_file(path, CERTIFICATE_MAX, &pem, &n, &e);
	if (rc == RC_OK &&
		(rc = certificate_read(&d->mem, (struct str){pem, n}, &c, &e)) != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what, "name the PEM file the front serves", "%s: %s",
			path, e.detail);
	else if (rc != RC_OK)
		doctor_say(d, DOCTOR_FAIL, what, "let this user read it; it is no secret", "%s",
			e.detail);
	else
		certificate(d, &c);
	free(pem);
}

void doctor_domain(struct doctor *d)
{
	static const char what[] = "domain";
	const char *until = d->cfg->domain_until;
	int32_t day;

	if (!until[0]) {
		doctor_say(d, DOCTOR_WARN, what,
			"set [operate] domain_until to the day on the registrar's bill",
			"not known until when it is paid");
		return;
	}
	if (!day_parse(str_c(until), &day)) {
		doctor_say(d, DOCTOR_FAIL, what, "write it as 2027-03-01",
			"[operate] domain_until = %s is no date", until);
		return;
	}
	int left = day - clock_today();

	if (left >= DOMAIN_WARN)
		doctor_say(d, DOCTOR_OK, what, "", "paid until %s", until);
	else
		doctor_say(d, doctor_least(left, DOMAIN_WARN, DOMAIN_FAIL), what,
			"pay the registrar, then change [operate] domain_until",
			left < 0 ? "%s: the day has passed" : "paid until %s only", until);
}

/* ---- disks --------------------------------------------------------------------------------
 */

/* Below: an upload or a sheet may not find room.  PostgreSQL stops when it has none for WAL. */
#define DISK_FAIL (256 * (int64_t)MIB)
#define DISK_WARN (2048 * (int64_t)MIB)

static void disk(struct doctor *d, const char *what, const char *path)
{
	struct statvfs s;

	if (statvfs(path, &s) != 0) {
		doctor_say(d, DOCTOR_FAIL, what, "make it, owned by the service's user",
			"%s: %s", path, strerror(errno));
		return;
	}
	int64_t room = (int64_t)s.f_bavail * (int64_t)s.f_frsize;
	bool inodes = s.f_files && s.f_favail < s.f_files / 100;
	enum doctor_mark mark = doctor_least(room, DISK_WARN, DISK_FAIL);

	if (inodes && mark == DOCTOR_OK)
		doctor_say(d, DOCTOR_WARN, what, "remove what is not needed there",
			"%s: fewer than 1 %% of its inodes are left", path);
	else
		doctor_say(d, mark, what, mark ? "make room, or give it a larger disk" : "",
			"%s: %lld MiB free", path, (long long)(room / (int64_t)MIB));
}

/* The folder of the cluster, when the postmaster runs on this machine: its command line names
 * it, which everybody may read.  pid: of our own backend. */
static bool data_folder(int64_t pid, char *ret_, size_t n)
{
	char path[64], buf[4096];
	int64_t parent = 0;
	size_t got;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	if (!(f = fopen(path, "re")))
		return false;
	got = fread(buf, 1, sizeof buf - 1, f);
	fclose(f);
	/* "PID (NAME) STATE PPID ...": the name may hold anything, so from its end on */
	struct str rest = {buf, got};
	for (ptrdiff_t at; (at = str_chr(rest, ')')) >= 0;)
		rest = str_sub(rest, (size_t)at + 1, rest.n);
	rest = str_trim(rest, " ");
	str_cut(&rest, ' ');
	if (!str_i64(str_cut(&rest, ' '), &parent))
		return false;
	snprintf(path, sizeof path, "/proc/%lld/cmdline", (long long)parent);
	if (!(f = fopen(path, "re")))
		return false;
	got = fread(buf, 1, sizeof buf - 1, f);
	fclose(f);
	rest = (struct str){buf, got};
	struct str program = str_cut(&rest, 0);
	while (str_ends(program, STR("postgres")) && rest.p) {
		if (!str_eq(str_cut(&rest, 0), STR("-D")) || !rest.p)
			continue;
		struct str folder = str_cut(&rest, 0);

		return snprintf(ret_, n, "%.*s", STR_F(folder)) < (int)n;
	}
	return false;
}

void doctor_disk(struct doctor *d)
{
	if (d->cfg->state[0])
		disk(d, "disk", d->cfg->state);
	else
		doctor_say(d, DOCTOR_OK, "disk", "",
			"no [server] state: nothing is kept in files");
}

void doctor_data_disk(struct doctor *d)
{
	struct pgsync_rows rows = {0};
	char path[4096];

	if (!doctor_ask(d, "data disk", "SELECT pg_backend_pid(), inet_server_addr() IS NULL",
		    &rows))
		return;
	if (str_eq(pgsync_cell(&rows, 0, 1), STR("t")) &&
		data_folder(pgsync_int(&rows, 0, 0), path, sizeof path))
		disk(d, "data disk", path);
	else
		doctor_say(d, DOCTOR_OK, "data disk", "",
			"the database is elsewhere: watch its disk there");
	pgsync_rows_release(&rows);
}

/* ---- the running service ------------------------------------------------------------------
 */

/* Status of PATH at one of the service's own listeners, asked as its front would. */
static int ask(struct doctor *d, const char *listen, const char *path, struct sbuf *body)
{
	struct str where = str_c(listen), any = STR("0.0.0.0:"), any6 = STR("[::]:");
	const char *host = arena_fmt(&d->mem, "Host: %s", d->cfg->host).p;
	const char *more[FETCH_MORE + 1] = {"--noproxy", "*", "-H", host};
	const char *url;
	struct err e;
	int status = 0;

	if (str_starts(where, STR("unix:"))) {
		more[4] = "--unix-socket";
		more[5] = listen + 5;
		url = arena_fmt(&d->mem, "http://localhost%s", path).p;
	} else if (str_starts(where, any) || str_starts(where, any6)) {
		bool six = str_starts(where, any6);

		url = arena_fmt(&d->mem, "http://%s%s%s",
			six ? "[::1]:" : "127.0.0.1:", listen + (six ? any6.n : any.n), path)
			      .p;
	} else {
		url = arena_fmt(&d->mem, "http://%s%s", listen, path).p;
	}
	if (fetch_get(url, more, body, &status, &e) != RC_OK)
		doctor_say(
			d, DOCTOR_WARN, "service", "install the package curl", "%s", e.detail);
	return status;
}

static void own_code(struct doctor *d, struct sbuf *body)
{
	static const char what[] = "own codes";
	struct pgsync_rows rows = {0};
	struct err e;

	if (pgsync_query(d->pg,
		    "SELECT code FROM api.label_list(NULL, '{active}', NULL, NULL, NULL, NULL, NULL)"
		    " ORDER BY random() LIMIT 1",
		    NULL, 0, &rows, &e) != RC_OK) {
		doctor_say(d, DOCTOR_FAIL, what, "run `qrsvc migrate`", "%s", e.detail);
		return;
	}
	if (pgsync_count(&rows) == 0) {
		doctor_say(d, DOCTOR_WARN, what, "print and bind the first label",
			"there is no active label to ask for");
		pgsync_rows_release(&rows);
		return;
	}
	struct str code = arena_str(&d->mem, pgsync_cell(&rows, 0, 0));
	int status =
		ask(d, d->cfg->listen, arena_fmt(&d->mem, "/%.*s.json", STR_F(code)).p, body);
	bool own = str_find(sbuf_view(body),
			   arena_fmt(&d->mem, "\"code\":\"%.*s\"", STR_F(code))) >= 0;

	pgsync_rows_release(&rows);
	if (status == 200 && own)
		doctor_say(d, DOCTOR_OK, what, "", "/%.*s opens at %s", STR_F(code),
			d->cfg->listen);
	else if (status == 0)
		doctor_say(d, DOCTOR_FAIL, what, "start the service (systemctl start qrsvc)",
			"nobody answers at %s", d->cfg->listen);
	else
		doctor_say(d, DOCTOR_FAIL, what,
			"look at the service's log (journalctl -u qrsvc)",
			"/%.*s at %s: status %d%s", STR_F(code), d->cfg->listen, status,
			status == 200 ? ", but not our page" : "");
}

void doctor_service(struct doctor *d)
{
	static const char what[] = "service";
	struct sbuf body;

	sbuf_init(&body, ANSWER_MAX);
	own_code(d, &body);
	if (!d->cfg->admin[0]) {
		doctor_say(d, DOCTOR_WARN, what, "set [server] admin",
			"no listener for health and metrics");
	} else {
		int status = ask(d, d->cfg->admin, "/readyz", &body);

		if (status == 200)
			doctor_say(d, DOCTOR_OK, what, "", "ready, says %s", d->cfg->admin);
		else if (status)
			doctor_say(d, DOCTOR_FAIL, what,
				"look at its log: it has no database, or does not hear of changes",
				"runs, but is not ready (%s)", d->cfg->admin);
		else
			doctor_say(d, DOCTOR_FAIL, what, "start it (systemctl start qrsvc)",
				"nobody answers at %s", d->cfg->admin);
	}
	sbuf_release(&body);
}
