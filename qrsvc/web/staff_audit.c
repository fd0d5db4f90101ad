/* Owns /staff/audit: who did what, for auditors: searched, page by page, and as a table for
 * spreadsheets.  Every cell of the table goes through sbuf_csv(), so none is run as a formula.
 * Changes nothing. */
#include "qrsvc/web/office.h"

#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"

#define ROWS 50
#define EXPORT_ROWS 1000 /* a statement */
#define EXPORT_MAX (16u * MIB)
#define EXPORT_ROWS_MAX 50000 /* then the table ends and says so: choose fewer days */
#define DETAIL_SHOWN 400      /* bytes of an act's detail on the page */

static const char *const filters[] = {"who", "what", "subject", "q", "from", "to"};
#define NFILTERS (sizeof filters / sizeof filters[0])

static struct str filter_json(struct request *rq)
{
	struct sbuf b;
	sbuf_init(&b, 16384);
	for (size_t i = 0; i < NFILTERS; i++) {
		struct str s = office_arg(rq, filters[i]);
		int32_t day;
		bool is_day = i >= 4;
		if (!s.n || s.n > 200 || (is_day && !day_parse(s, &day)))
			continue;
		sbuf_puts(&b, b.n ? ",\"" : "{\"");
		sbuf_puts(&b, filters[i]);
		sbuf_puts(&b, "\":");
		sbuf_json(&b, s);
	}
	sbuf_puts(&b, b.n ? "}" : "{}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

/* "?who=..&before=.." of the filter as it stands. */
static struct str link_query(const struct page *pg, struct request *rq, struct str before)
{
	struct str pairs[2 * NFILTERS + 4];
	size_t n = 0;
	for (size_t i = 0; i < NFILTERS; i++) {
		pairs[n++] = str_c(filters[i]);
		pairs[n++] = office_arg(rq, filters[i]);
	}
	pairs[n++] = STR("before");
	pairs[n++] = before;
	pairs[n++] = STR("lang");
	pairs[n++] = pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE;
	return office_query(pg, pairs, n);
}

/* ---- words ---------------------------------------------------------------------------------
 */

/* "labels: 3, template: a4-24": one line of what was written down. */
static void detail_text(struct sbuf *b, const struct json *j, int depth)
{
	int64_t n;
	bool first = true;
	switch (json_type(j)) {
	case JSON_STRING:
		sbuf_str(b, json_text(j));
		break;
	case JSON_NUMBER:
		if (json_integer(j, &n))
			sbuf_fmt(b, "%lld", (long long)n);
		else
			sbuf_str(b, json_number_text(j));
		break;
	case JSON_BOOL:
		sbuf_puts(b, json_is_true(j) ? "true" : "false");
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		json_each (x, j) {
			if (!first)
				sbuf_puts(b, ", ");
			first = false;
			if (json_key(x).p) {
				sbuf_str(b, json_key(x));
				sbuf_puts(b, ": ");
			}
			if (depth < 4)
				detail_text(b, x, depth + 1);
		}
		break;
	default:
		break;
	}
}

static struct str detail_of(struct arena *a, const struct json *row, size_t most)
{
	struct sbuf b;
	sbuf_init(&b, 65536);
	detail_text(&b, json_get(row, "detail"), 0);
	struct str s = sbuf_view(&b);
	bool cut = s.n > most;
	if (cut) {
		s.n = most;
		while (s.n && (s.p[s.n] & 0xc0) == 0x80)
			s.n--;
	}
	s = cut ? arena_fmt(a, "%.*s…", STR_F(s)) : arena_str(a, s);
	sbuf_release(&b);
	return s;
}

/* ---- the page ------------------------------------------------------------------------------
 */

static void one_act(const struct page *pg, struct view *v, const struct json *row)
{
	struct str role = json_str(row, "role");
	view_int(v, K_n, json_int(row, "seq", 0));
	view_str(v, K_at, web_staff_time(pg, json_str(row, "at")));
	view_str(v, K_who_name, json_str(row, "who"));
	if (role.n)
		view_str(v, K_role, web_staff_role(pg, role));
	view_str(v, K_what, json_str(row, "what"));
	view_str(v, K_subject, json_str(row, "subject"));
	view_str(v, K_detail, detail_of(pg->arena, row, DETAIL_SHOWN));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_au_title), STR("/staff/audit"));
	static const unsigned keys[] = {K_who_name, K_what, K_subject, K_q, K_from, K_to};
	struct str what = office_arg(sv->rq, "what");
	int64_t next = json_int(sv->doc, "next", 0);
	for (size_t i = 0; i < NFILTERS; i++)
		view_str(v, keys[i], office_arg(sv->rq, filters[i]));
	json_each (w, json_get(sv->doc, "whats"))
		office_option(v, K_whats, json_text(w), STR_NONE, what);
	json_each (row, json_get(sv->doc, "rows"))
		one_act(pg, view_add(v, K_acts), row);
	if (next > 0)
		view_str(v, K_next_url,
			web_cat(pg, STR("/staff/audit"),
				link_query(pg, sv->rq, web_number(pg, next))));
	if (office_arg(sv->rq, "before").n)
		view_str(v, K_newest_url,
			web_cat(pg, STR("/staff/audit"), link_query(pg, sv->rq, STR_NONE)));
	view_str(v, K_csv_url,
		web_cat(pg, STR("/staff/audit.csv"), link_query(pg, sv->rq, STR_NONE)));
	view_str(v, K_chain_url, web_url(pg, STR("/chain")));
	return web_html(pg, T_staff_audit, v);
}

static struct db_param *ask(struct request *rq, int64_t before, int limit)
{
	struct db_param *p = arena_array(rq->arena, 3, sizeof *p);
	p[0] = (struct db_param)DB_P_TEXT(filter_json(rq));
	p[1] = before > 0 ? (struct db_param)DB_P_INT(before)
			  : (struct db_param){.type = DB_NULL};
	p[2] = (struct db_param)DB_P_INT(limit);
	return p;
}

void web_staff_audit(struct request *rq)
{
	static const struct staff_kind kind = {"staff_audit", ST_staff_audit, render};
	int64_t before = office_number(office_arg(rq, "before"), 1, INT64_MAX, 0);
	request_staff(rq, &kind, ask(rq, before, ROWS), 3);
}

/* ---- the table -----------------------------------------------------------------------------
 */

struct export
{
	struct sbuf out;
	int64_t rows;
};

/* One field behind the other; dates and numbers are ours, all else came from outside. */
static void csv_row(struct request *rq, struct sbuf *b, const struct json *row)
{
	static const char *const texts[] = {"at", "who", "role", "what", "subject"};
	sbuf_fmt(b, "%lld", (long long)json_int(row, "seq", 0));
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		sbuf_byte(b, ',');
		sbuf_csv(b, json_str(row, texts[i]));
	}
	sbuf_byte(b, ',');
	sbuf_csv(b, detail_of(rq->arena, row, 30000)); /* a cell holds 32,767 characters */
	sbuf_byte(b, ',');
	sbuf_csv(b, json_str(row, "hash"));
	sbuf_puts(b, "\r\n");
}

static void export_cb(struct request *rq, const struct staff_answer *ans)
{
	struct export *x = rq->user;
	if (ans->rc != RC_OK || json_bool(json_get(ans->doc, "me"), "reauth", true)) {
		struct staff_answer again = {
			.rc = ans->rc == RC_OK ? RC_REAUTH : ans->rc, .detail = ans->detail};
		sbuf_release(&x->out);
		staff_ok(rq, &again);
		return;
	}
	json_each (row, json_get(ans->doc, "rows")) {
		csv_row(rq, &x->out, row);
		x->rows++;
	}
	int64_t next = json_int(ans->doc, "next", 0);
	if (next > 0 && x->rows < EXPORT_ROWS_MAX && !x->out.over) {
		staff_call(rq, ST_staff_audit, ask(rq, next, EXPORT_ROWS), 3, export_cb);
		return;
	}
	/* A table that ends early must not look whole. */
	if (next > 0)
		sbuf_fmt(&x->out, "...,,,,,,\"not all: older than %lld is missing\",\r\n",
			(long long)next);
	struct str all = sbuf_view(&x->out);
	if (x->out.over)
		request_error(rq, RC_TOO_LARGE);
	else
		staff_download(rq, "text/csv; charset=utf-8", STR("audit.csv"), all);
	sbuf_release(&x->out);
}

void web_staff_audit_csv(struct request *rq)
{
	struct export *x = arena_alloc(rq->arena, sizeof *x);
	rq->user = x;
	sbuf_init(&x->out, EXPORT_MAX);
	/* with the mark of UTF-8, or spreadsheets show Chinese as noise */
	sbuf_puts(&x->out, "\xef\xbb\xbfseq,at,who,role,what,subject,detail,hash\r\n");
	staff_call(rq, ST_staff_audit, ask(rq, 0, EXPORT_ROWS), 3, export_cb);
}
