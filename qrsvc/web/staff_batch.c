/* Owns the pages of ordered batches: how far one is, the list of them, the PDF.  A page that
 * waits asks to be loaded again by the field Refresh, which needs no script, and has a link for
 * those whose browser does not. */
#include "qrsvc/web/office.h"

#include "qrsvc/base/json.h"

#define REFRESH_S 2

static const struct {
	const char *state;
	unsigned msg;
} states[] = {{"waiting", M_lb_waiting}, {"working", M_lb_working}, {"done", M_lb_done},
	{"failed", M_lb_failed}};

static struct str state_words(const struct page *pg, struct str state)
{
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (str_eq(state, str_c(states[i].state)))
			return web_text(pg, states[i].msg);
	return state;
}

static struct str sheet_title(const struct page *pg, struct str name)
{
	const struct label_template *t = office_template(name);
	if (t && str_eq(str_c(label_template_info(t).name), name))
		return office_template_title(pg, t);
	return name;
}

static void fill(const struct page *pg, struct view *v, const struct json *b)
{
	struct str state = json_str(b, "state");
	int64_t count = json_int(b, "count", 0), bytes = json_int(b, "bytes", 0);
	view_int(v, K_n, json_int(b, "id", 0));
	view_int(v, K_count, count);
	view_str(v, K_at, web_staff_time(pg, json_str(b, "made")));
	view_str(v, K_who_name, json_str(b, "by"));
	view_str(v, K_template, sheet_title(pg, json_str(b, "template")));
	view_str(v, K_printer, json_str(b, "printer"));
	view_int(v, K_start, json_int(b, "start", 1));
	view_str(v, K_state_word, state_words(pg, state));
	view_flag(v, K_failed, str_eq(state, STR("failed")));
	if (bytes > 0)
		view_int(v, K_kb, (bytes + 1023) / 1024);
	view_str(v, K_url,
		web_url(pg, STR("/staff/labels/"), web_number(pg, json_int(b, "id", 0))));
	if (str_eq(state, STR("done")) && bytes > 0)
		view_str(v, K_file_url,
			web_cat(pg, STR("/staff/labels/"), web_number(pg, json_int(b, "id", 0)),
				STR("/pdf")));
}

/* Sheets used, and where the next batch may begin. */
static void next_free(const struct page *pg, struct view *v, const struct json *b)
{
	struct str name = json_str(b, "template");
	const struct label_template *t = office_template(name);
	if (!t || !str_eq(str_c(label_template_info(t).name), name))
		return;
	int64_t per = office_positions(t),
		used = json_int(b, "start", 1) - 1 + json_int(b, "count", 0);
	(void)pg;
	view_int(v, K_sheets, (used + per - 1) / per);
	if (used % per)
		view_int(v, K_next, used % per + 1);
}

static enum rc render_batch(struct page *pg, const struct staff_view *sv)
{
	const struct json *b = json_get(sv->doc, "batch");
	struct str id = web_number(pg, json_int(b, "id", 0)), state = json_str(b, "state"),
		   path = web_cat(pg, STR("/staff/labels/"), id);
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_lb_batch, VALUE_S(id)), path);
	bool waits = str_eq(state, STR("waiting")) || str_eq(state, STR("working"));
	if (!b)
		return RC_NOT_FOUND;
	fill(pg, v, b);
	next_free(pg, v, b);
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_why, json_str(b, "why"));
	view_str(v, K_batches_url, web_url(pg, STR("/staff/labels/batches")));
	view_str(v, K_labels_url, web_url(pg, STR("/staff/labels")));
	view_str(v, K_void_url,
		web_cat(pg, STR("/staff/labels/void"), STR("?batch="), id,
			pg->lang_asked ? STR("&lang=") : STR(""),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR("")));
	view_flag(v, K_done, str_eq(state, STR("done")));
	if (waits) {
		int64_t done = json_int(b, "done", 0);
		view_flag(v, K_waits, true);
		view_str(v, K_done_n, web_number(pg, done));
		staff_refresh(sv->rq, REFRESH_S, STR_NONE);
	}
	return web_html(pg, T_staff_batch, v);
}

void web_staff_batch(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_batch", ST_staff_label_batch, render_batch};
	int64_t id;
	if (staff_arg_id(rq, &id))
		request_staff(rq, &kind, (struct db_param[]){DB_P_INT(id)}, 1);
}

/* ---- list ----------------------------------------------------------------------------------
 */

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(
		pg, sv, web_text(pg, M_lb_batches), STR("/staff/labels/batches"));
	json_each (b, json_get(sv->doc, "batches"))
		fill(pg, view_add(v, K_batches), b);
	view_str(v, K_labels_url, web_url(pg, STR("/staff/labels")));
	return web_html(pg, T_staff_batches, v);
}

void web_staff_batches(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_batches", ST_staff_label_batches, render_list};
	request_staff(rq, &kind, NULL, 0);
}

/* ---- the file ------------------------------------------------------------------------------
 */

static void file_cb(struct request *rq, const struct staff_answer *ans)
{
	office_pdf(rq, ans, "labels");
}

void web_staff_batch_file(struct request *rq)
{
	int64_t id;
	if (staff_arg_id(rq, &id))
		staff_call(
			rq, ST_staff_label_file, (struct db_param[]){DB_P_INT(id)}, 1, file_cb);
}
