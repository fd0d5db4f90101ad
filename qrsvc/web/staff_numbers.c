/* Owns /staff/numbers: what an office did, month by month and office by office, as a page that
 * can be printed and as a table.  How it is counted is the database's (sql/STAFF.md); here are
 * only shares of two numbers that stand beside them. */
#include "qrsvc/web/exchange.h"

#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"

static int64_t number(const struct json *row, const char *key)
{
	return json_int(row, key, 0);
}

/* Whole per cent, rounded down, so that 100 means all. */
static struct str share_text(
	const struct page *pg, const struct json *row, const char *part, const char *all)
{
	int64_t n = number(row, part), of = number(row, all);
	if (of <= 0)
		return STR("—");
	return web_text(pg, M_nm_share, VALUE_I(n), VALUE_I(n * 100 / of));
}

/* As the database wrote it; STR_NONE: there is none. */
static struct str amount(const struct json *row, const char *key)
{
	const struct json *n = json_get(row, key);
	return n ? json_number_text(n) : STR_NONE;
}

static struct str amount_text(const struct json *row, const char *key)
{
	struct str s = amount(row, key);
	return s.n ? s : STR("—");
}

static void fill(const struct page *pg, struct view *v, const struct json *row)
{
	view_int(v, K_due, number(row, "due"));
	view_str(v, K_on_time, share_text(pg, row, "on_time", "due"));
	view_str(v, K_late, amount_text(row, "late_median"));
	view_int(v, K_posts, number(row, "posts"));
	view_str(v, K_in_time, share_text(pg, row, "posts_in_time", "posts"));
	view_str(v, K_hours, amount_text(row, "post_median_h"));
	view_int(v, K_count, number(row, "facilities"));
	view_str(v, K_with_record, share_text(pg, row, "with_record", "facilities"));
	view_str(v, K_with_label, share_text(pg, row, "with_label", "facilities"));
	view_int(v, K_times, number(row, "reminders"));
}

/* "2026-05" as its first or last day; STR_NONE if it is no month. */
static struct str month_day(struct request *rq, const char *name, bool last)
{
	struct str s = office_arg(rq, name);
	int32_t day;
	if (s.n != 7 || !day_parse(arena_fmt(rq->arena, "%.*s-01", STR_F(s)), &day))
		return STR_NONE;
	struct civil c = day_to_civil(last ? day_add_months(day, 1) - 1 : day);
	return arena_fmt(rq->arena, "%04d-%02d-%02d", c.year, c.month, c.day);
}

static struct db_param *params_of(struct request *rq)
{
	struct db_param *p = arena_array(rq->arena, 3, sizeof *p);
	struct str org = office_arg(rq, "org");
	p[0] = (struct db_param)DB_P_TEXT(org.n ? org : STR_NONE);
	p[1] = (struct db_param)DB_P_TEXT(month_day(rq, "from", false));
	p[2] = (struct db_param)DB_P_TEXT(month_day(rq, "to", true));
	return p;
}

/* "?org=..&from=..&to=..&m=.." */
static struct str query_of(
	const struct page *pg, const struct staff_view *sv, struct str org, struct str m)
{
	struct str from = json_str(sv->doc, "from"), to = json_str(sv->doc, "to");
	const struct str pairs[] = {STR("org"), org, STR("from"), str_sub(from, 0, 7),
		STR("to"), str_sub(to, 0, 7), STR("m"), m, STR("lang"),
		pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
	return office_query(pg, pairs, sizeof pairs / sizeof pairs[0]);
}

static void tables(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str top)
{
	struct str chosen = office_arg(sv->rq, "m"), last = STR_NONE;
	bool known = false;
	json_each (row, json_get(sv->doc, "rows")) {
		last = json_str(row, "month");
		known = known || str_eq(last, chosen);
	}
	if (!known)
		chosen = last;
	view_str(v, K_month, chosen);
	json_each (row, json_get(sv->doc, "rows")) {
		const struct json *org = json_get(row, "org");
		struct str month = json_str(row, "month"), code = json_str(org, "code");
		if (str_eq(code, top)) {
			struct view *m = view_add(v, K_months);
			fill(pg, m, row);
			view_str(m, K_name, month);
			view_flag(m, K_here, str_eq(month, chosen));
			if (top.n)
				view_str(m, K_url,
					web_cat(pg, query_of(pg, sv, top, month),
						STR("#units")));
		} else if (str_eq(month, chosen)) {
			struct view *u = view_add(v, K_units);
			fill(pg, u, row);
			view_str(u, K_name, json_str(org, "name"));
			view_str(u, K_url, query_of(pg, sv, code, STR_NONE));
		}
	}
	view_flag(v, K_has_units, view_count(v, K_units) > 0);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct json *org = json_get(sv->doc, "org");
	struct str top = json_str(org, "code"), name = json_str(org, "name");
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_nm_title), STR("/staff/numbers"));
	int32_t from = json_day(sv->doc, "from"), to = json_day(sv->doc, "to");
	view_str(v, K_heading,
		web_text(pg, M_nm_heading, VALUE_S(name.n ? name : web_text(pg, M_nm_own)),
			VALUE_S(web_date_plain(pg, from)), VALUE_S(web_date_plain(pg, to))));
	json_each (o, json_get(sv->doc, "offices"))
		office_option(v, K_orgs, json_str(o, "code"), json_str(o, "name"), top);
	view_flag(v, K_has_orgs, view_count(v, K_orgs) > 1);
	view_str(v, K_from, str_sub(json_str(sv->doc, "from"), 0, 7));
	view_str(v, K_to, str_sub(json_str(sv->doc, "to"), 0, 7));
	tables(pg, sv, v, top);
	view_str(v, K_csv_url,
		web_cat(pg, STR("/staff/numbers.csv"), query_of(pg, sv, top, STR_NONE)));
	return web_html(pg, T_staff_numbers, v);
}

void web_staff_numbers(struct request *rq)
{
	static const struct staff_kind kind = {"staff_numbers", ST_staff_numbers, render};
	request_staff(rq, &kind, params_of(rq), 3);
}

/* ---- the table -----------------------------------------------------------------------------
 */

static const struct column {
	const char *key, *of; /* of: a share of it stands beside */
	unsigned msg;
} columns[] = {{"due", NULL, M_nm_due}, {"on_time", "due", M_nm_on_time},
	{"late_median", NULL, M_nm_late}, {"posts", NULL, M_nm_posts},
	{"posts_in_time", "posts", M_nm_posts_in_time}, {"post_median_h", NULL, M_nm_post_h},
	{"facilities", NULL, M_nm_facilities}, {"with_record", "facilities", M_nm_record},
	{"with_label", "facilities", M_nm_label}, {"reminders", NULL, M_nm_reminders}};
#define NCOLUMNS (sizeof columns / sizeof columns[0])

static void csv_head(struct sbuf *b, const struct page *pg)
{
	sbuf_puts(b, "\xef\xbb\xbf"); /* or spreadsheets show Chinese as noise */
	sbuf_csv(b, web_text(pg, M_nm_month));
	sbuf_byte(b, ',');
	sbuf_csv(b, web_text(pg, M_nm_code));
	sbuf_byte(b, ',');
	sbuf_csv(b, web_text(pg, M_nm_org));
	for (size_t i = 0; i < NCOLUMNS; i++) {
		struct str name = web_text(pg, columns[i].msg);
		sbuf_byte(b, ',');
		sbuf_csv(b, name);
		if (!columns[i].of)
			continue;
		sbuf_byte(b, ',');
		sbuf_csv(b, web_text(pg, M_nm_share_of, VALUE_S(name)));
	}
	sbuf_puts(b, "\r\n");
}

static void csv_row(struct sbuf *b, const struct json *row)
{
	const struct json *org = json_get(row, "org");
	sbuf_csv(b, json_str(row, "month"));
	sbuf_byte(b, ',');
	sbuf_csv(b, json_str(org, "code"));
	sbuf_byte(b, ',');
	sbuf_csv(b, json_str(org, "name"));
	for (size_t i = 0; i < NCOLUMNS; i++) {
		int64_t of = columns[i].of ? number(row, columns[i].of) : 0;
		sbuf_byte(b, ',');
		sbuf_str(b, amount(row, columns[i].key));
		if (!columns[i].of)
			continue;
		sbuf_byte(b, ',');
		if (of > 0) {
			int64_t tenths = number(row, columns[i].key) * 1000 / of;
			sbuf_fmt(b, "%lld.%lld", (long long)(tenths / 10),
				(long long)(tenths % 10));
		}
	}
	sbuf_puts(b, "\r\n");
}

static void csv_cb(struct request *rq, const struct staff_answer *ans)
{
	struct page pg = {.arena = rq->arena, .site = rq->site, .lang = rq->lang};
	struct sbuf b;
	int64_t n = 0;
	if (!staff_ok(rq, ans))
		return;
	sbuf_init(&b, 4 * LIMIT_DOCUMENT);
	csv_head(&b, &pg);
	json_each (row, json_get(ans->doc, "rows")) {
		csv_row(&b, row);
		n++;
	}
	sbuf_csv(&b, web_text(&pg, M_im_complete, VALUE_I(n)));
	sbuf_puts(&b, "\r\n");
	if (b.over)
		request_error(rq, RC_TOO_LARGE);
	else
		staff_download(
			rq, "text/csv; charset=utf-8", STR("numbers.csv"), sbuf_view(&b));
	sbuf_release(&b);
}

void web_staff_numbers_csv(struct request *rq)
{
	staff_call(rq, ST_staff_numbers, params_of(rq), 3, csv_cb);
}
