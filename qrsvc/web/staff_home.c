/* Owns /staff/: what there is to do today, and /staff/search.  Never orders or filters: the
 * lists come as they are shown.  Called by routes.c. */
#include "qrsvc/web/work.h"

static void group(const struct page *pg, const struct staff_view *sv, struct view *v,
	const char *list, unsigned title)
{
	const struct json *records = json_get(sv->doc, list);
	if (!json_count(records))
		return;
	struct view *g = view_add(v, K_groups);
	view_str(g, K_group, web_text(pg, title));
	json_each (r, records)
		work_record_line(pg, sv->ref, g, K_records, r);
}

static void facilities(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (f, json_get(sv->doc, "facilities"))
		work_facility_line(pg, sv->ref, v, K_facilities, f);
	view_flag(v, K_facilities_any, view_count(v, K_facilities) > 0);
}

static struct str summary(const struct page *pg, const struct json *counts)
{
	int64_t overdue = json_int(counts, "overdue", 0),
		failed = json_int(counts, "failed", 0), soon = json_int(counts, "due_soon", 0);
	if (!overdue && !failed && !soon)
		return web_text(pg, M_wk_sum_none);
	return web_text(pg, M_wk_sum, VALUE_I(overdue), VALUE_I(failed), VALUE_I(soon));
}

static enum rc render_home(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_wk_home), STR("/staff/"));
	view_str(v, K_heading, web_text(pg, M_wk_home));
	view_str(v, K_summary, summary(pg, json_get(sv->doc, "counts")));
	group(pg, sv, v, "returned", M_wk_returned);
	group(pg, sv, v, "waiting", M_wk_waiting);
	group(pg, sv, v, "drafts", M_wk_drafts);
	facilities(pg, sv, v);
	return web_html(pg, T_staff_home, v);
}

/* A number in degrees, as it may stand in an address; else nothing. */
static struct str degrees(struct request *rq, struct str name, int most)
{
	struct str s = request_query(rq, name), op, num;
	int64_t whole;
	if (!s.p || !form_number(rq->arena, s, &op, &num) || op.p)
		return STR_NONE;
	struct str head = num;
	return str_i64(str_cut(&head, '.'), &whole) && whole > -most && whole < most ? num
										     : STR_NONE;
}

const struct staff_kind work_home_kind = {"staff_home", ST_staff_home, render_home};

void web_staff_home(struct request *rq)
{
	struct str lon = degrees(rq, STR("lon"), 180), lat = degrees(rq, STR("lat"), 90);
	if (!lon.p || !lat.p)
		lon = lat = STR_NONE;
	const struct db_param p[] = {DB_P_TEXT(lon), DB_P_TEXT(lat)};
	request_staff(rq, &work_home_kind, p, 2);
}

static enum rc render_search(struct page *pg, const struct staff_view *sv)
{
	struct str q = request_query(sv->rq, STR("q"));
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_wk_search_title), STR("/staff/search"));
	view_str(v, K_heading, web_text(pg, M_wk_search_title));
	view_str(v, K_typed, q);
	facilities(pg, sv, v);
	int64_t n = (int64_t)view_count(v, K_facilities);
	if (q.n && !n)
		view_str(v, K_summary, web_text(pg, M_wk_search_none, VALUE_S(q)));
	else if (q.n)
		view_str(v, K_summary,
			web_text(pg,
				json_bool(sv->doc, "more", false) ? M_wk_search_more
								  : M_wk_search_n,
				VALUE_I(n)));
	return web_html(pg, T_staff_search, v);
}

void web_staff_search(struct request *rq)
{
	static const struct staff_kind kind = {"staff_search", ST_staff_search, render_search};
	struct str q = str_trim(request_query(rq, STR("q")), " \t");
	const struct db_param p[] = {DB_P_TEXT(q.p ? q : STR(""))};
	request_staff(rq, &kind, p, 1);
}
