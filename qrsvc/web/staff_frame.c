/* Owns what every page behind the login shares: header, pages one may go to, fields of forms
 * that are shown again, the summary of what was refused.  Knows no page.  Called by
 * web/staff_*.c. */
#include "qrsvc/http/msg.h"
#include "qrsvc/web/staff.h"

/* ---- header -------------------------------------------------------------------------------
 */

bool web_staff_right(const struct staff_view *sv, const char *right)
{
	json_each (r, json_get(sv->me, "rights"))
		if (str_eq(json_text(r), str_c(right)))
			return true;
	return false;
}

struct str web_staff_role(const struct page *pg, struct str role)
{
	static const struct {
		const char *role;
		unsigned msg;
	} table[] = {{"inspector", M_st_role_inspector}, {"manager", M_st_role_manager},
		{"office", M_st_role_office}, {"supervisor", M_st_role_supervisor},
		{"admin", M_st_role_admin}, {"auditor", M_st_role_auditor}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(role, str_c(table[i].role)))
			return web_text(pg, table[i].msg);
	return role;
}

static void nav(
	const struct page *pg, const struct staff_view *sv, struct view *v, struct str path)
{
	static const struct {
		const char *right, *path;
		unsigned msg;
	} table[] = {{"view", "/staff/", M_st_home}, {"board", "/staff/board", M_st_nav_board},
		{"board", "/staff/inbox", M_ib_title}, {"board", "/staff/numbers", M_nm_title},
		{"tickets", "/staff/tickets", M_tk_title},
		{"reply", "/staff/replies", M_vo_list},
		{"announce", "/staff/events", M_ev_title},
		{"labels", "/staff/labels", M_st_nav_labels},
		{"labels", "/staff/notices", M_nt_title},
		{"filing", "/staff/filings", M_st_nav_filings},
		{"import", "/staff/import", M_im_title},
		{"export", "/staff/export", M_ex_title},
		{"users", "/staff/users", M_st_nav_users},
		{"admin", "/staff/admin", M_ad_title}, {"admin", "/staff/outbox", M_ob_title},
		{"audit", "/staff/audit", M_st_nav_audit},
		{"admin", "/staff/status", M_hs_nav}};
	int64_t unread = json_int(sv->me, "unread", 0);
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		if (!web_staff_right(sv, table[i].right))
			continue;
		/* whoever handles reports finds the replies there */
		if (table[i].msg == M_vo_list && web_staff_right(sv, "tickets"))
			continue;
		struct view *item = view_add(v, K_nav);
		view_str(item, K_url, web_url(pg, str_c(table[i].path)));
		view_str(item, K_label, web_text(pg, table[i].msg));
		view_flag(item, K_here, str_eq(path, str_c(table[i].path)));
		if (unread > 0 && table[i].msg == M_ib_title)
			view_str(item, K_label, web_text(pg, M_ib_nav, VALUE_I(unread)));
	}
	/* One page to go to is the one everybody is on. */
	view_flag(v, K_has_nav, view_count(v, K_nav) > 1);
}

struct view *web_staff_begin(
	const struct page *pg, const struct staff_view *sv, struct str title, struct str path)
{
	struct str whole =
		web_text(pg, M_title_short, VALUE_S(title), VALUE_S(web_site_name(pg)));
	struct view *v = web_begin(pg, whole, TONE_MUTE, path);
	view_str(v, K_theme, STR_NONE); /* pages of offices are full to the last byte */
	view_str(v, K_csrf, sv->csrf);
	view_str(v, K_staff_url, web_url(pg, STR("/staff/")));
	if (sv->me) {
		view_str(v, K_me_name, json_str(sv->me, "name"));
		view_str(v, K_me_login, json_str(sv->me, "login"));
		view_str(v, K_me_role, web_staff_role(pg, json_str(sv->me, "role")));
		view_str(v, K_account_url, web_url(pg, STR("/staff/account")));
		view_str(v, K_account,
			arena_fmt(
				pg->arena, "%lld", (long long)json_int(sv->me, "account", 0)));
		nav(pg, sv, v, path);
	}
	return v;
}

struct str web_staff_time(const struct page *pg, struct str rfc3339)
{
	int64_t us;
	if (!rfc3339.p || !clock_parse(rfc3339, &us))
		return STR_NONE;
	return web_datetime(pg, us);
}

/* ---- fields -------------------------------------------------------------------------------
 */

/* The database writes "photos:before" where the input is called "photos-before". */
static bool same_field(struct str said, struct str name)
{
	if (said.n != name.n)
		return false;
	for (size_t i = 0; i < said.n; i++)
		if ((said.p[i] == ':' ? '-' : said.p[i]) !=
			(name.p[i] == ':' ? '-' : name.p[i]))
			return false;
	return true;
}

struct str web_staff_typed(const struct staff_view *sv, const char *name, struct str stored)
{
	struct str typed = sv->refused == RC_OK ? STR_NONE : request_form(sv->rq, str_c(name));
	return typed.p ? typed : stored;
}

bool web_staff_chosen(
	const struct staff_view *sv, const char *name, const char *value, bool stored)
{
	const struct http_body *b = &sv->rq->http->body;
	if (sv->refused == RC_OK)
		return stored;
	for (size_t i = 0; i < b->nparts; i++)
		if (str_eq(b->parts[i].name, str_c(name)) &&
			str_eq(b->parts[i].value, str_c(value)))
			return true;
	return false;
}

struct str web_staff_error(const struct page *pg, const struct staff_view *sv, const char *name)
{
	json_each (e, sv->errors)
		if (same_field(json_str(e, "field"), str_c(name)))
			return web_staff_why(pg, e);
	return STR_NONE;
}

void web_staff_field(const struct page *pg, const struct staff_view *sv, struct view *v,
	unsigned key, unsigned err_key, const char *name, struct str stored)
{
	view_str(v, key, web_staff_typed(sv, name, stored));
	view_str(v, err_key, web_staff_error(pg, sv, name));
}

/* ---- the summary --------------------------------------------------------------------------
 */

static unsigned label_of(struct str field, const struct staff_label *labels, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct str f = str_c(labels[i].field);
		if (same_field(field, f) ||
			(f.n && f.p[f.n - 1] == ':' && str_starts(field, f)))
			return labels[i].msg;
	}
	return 0;
}

static void summary_line(const struct page *pg, struct view *v, const struct json *e,
	const struct staff_label *labels, size_t n)
{
	struct str field = json_str(e, "field"), why = web_staff_why(pg, e);
	unsigned label = label_of(field, labels, n);
	if (!field.n) {
		view_item(v, K_error_lines, why);
		return;
	}
	char *id = arena_alloc(pg->arena, field.n + 2);
	id[0] = '#';
	for (size_t i = 0; i < field.n; i++)
		id[i + 1] = field.p[i] == ':' ? '-' : field.p[i];
	struct view *link = view_add(v, K_error_links);
	view_str(link, K_url, (struct str){id, field.n + 1});
	view_str(link, K_label,
		label ? web_text(pg, M_label_colon, VALUE_S(web_text(pg, label)), VALUE_S(why))
		      : why);
}

void web_staff_errors(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct staff_label *labels, size_t n)
{
	int64_t count = 0;
	if (sv->refused == RC_OK)
		return;
	json_each (e, sv->errors) {
		summary_line(pg, v, e, labels, n);
		count++;
	}
	if (!count && json_get(sv->detail, "why")) {
		view_item(v, K_error_lines, web_staff_why(pg, sv->detail));
		count = 1;
	}
	if (!count)
		view_item(v, K_error_lines, web_text(pg, M_why_other));
	view_flag(v, K_has_errors, true);
	view_str(v, K_errors_title, web_text(pg, M_st_errors, VALUE_I(count ? count : 1)));
}

void web_staff_keep(const struct staff_view *sv, struct view *v)
{
	struct staff_kept kept;
	size_t at = 0;
	while (staff_kept_next(sv->rq, &at, &kept)) {
		struct view *k = view_add(v, K_kept);
		view_str(k, K_kept_name, kept.name);
		view_str(k, K_kept_value, kept.value);
	}
}
