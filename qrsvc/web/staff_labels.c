/* Owns /staff/labels: which labels, on what, from which position; the first label and the count
 * before anything is made; ordering the batch.  The PDF is the jobs process's (jobs/labels.c),
 * the rules are the database's.  Nothing is issued by looking. */
#include "qrsvc/web/office.h"

#include "qrsvc/base/json.h"

#define SHOWN 10       /* rows of the preview */
#define BLANK_MAX 2000 /* new blank labels at once: a box of sheets */

/* What is asked for, from the query or the form. */
struct order {
	struct str org, place, kind, which, template, printer;
	struct str chosen; /* codes of facilities, with blanks between them; as the board sends
			      them */
	int64_t blank;
	unsigned start; /* 0: not said */
	const struct label_template *tpl;
};

static const struct {
	const char *value;
	unsigned msg;
} which[] = {{"without", M_lb_without}, {"damaged", M_lb_damaged},
	{"unprinted", M_lb_unprinted}, {"blank", M_lb_blank}};

static struct order order_of(struct request *rq)
{
	struct order o = {.org = office_arg(rq, "o"),
		.place = office_arg(rq, "p"),
		.kind = office_arg(rq, "k"),
		.which = office_arg(rq, "w"),
		.template = office_arg(rq, "t"),
		.printer = office_arg(rq, "printer"),
		.chosen = office_arg(rq, "f"),
		.blank = office_number(office_arg(rq, "n"), 1, BLANK_MAX, 24)};
	bool known = false;
	for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
		known = known || str_eq(o.which, str_c(which[i].value));
	if (!known)
		o.which = o.chosen.n ? STR("chosen") : STR("without");
	o.tpl = office_template(o.template);
	if (o.tpl) {
		o.template = str_c(label_template_info(o.tpl).name);
		o.start = (unsigned)office_number(
			office_arg(rq, "s"), 1, office_positions(o.tpl), 0);
	}
	return o;
}

static bool is_chosen(const struct order *o)
{
	return str_eq(o->which, STR("chosen"));
}

static bool is_blank(const struct order *o)
{
	return str_eq(o->which, STR("blank"));
}

static void chosen_json(struct sbuf *b, struct str codes)
{
	bool first = true;
	sbuf_puts(b, "\"facilities\":[");
	while (codes.p) {
		struct str code = str_cut(&codes, ' ');
		if (!code.n)
			continue;
		if (!first)
			sbuf_byte(b, ',');
		first = false;
		sbuf_json(b, code);
	}
	sbuf_byte(b, ']');
}

/* FILTER of sql/STAFF.md. */
static struct str filter_json(struct request *rq, const struct order *o)
{
	struct sbuf b;
	sbuf_init(&b, 16384);
	sbuf_puts(&b, "{");
	if (is_blank(o))
		sbuf_fmt(&b, "\"blank\":%lld", (long long)o->blank);
	else if (is_chosen(o))
		chosen_json(&b, o->chosen);
	else
		sbuf_fmt(&b, "\"%.*s\":true", STR_F(o->which));
	const struct {
		const char *key;
		struct str value;
	} more[] = {{"org", o->org}, {"place", o->place}, {"kind", o->kind}};
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		if (more[i].value.n) {
			sbuf_fmt(&b, ",\"%s\":", more[i].key);
			sbuf_json(&b, more[i].value);
		}
	sbuf_puts(&b, "}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

/* ---- the page ------------------------------------------------------------------------------
 */

static void options(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct order *o)
{
	json_each (org, json_get(sv->doc, "orgs"))
		office_option(v, K_orgs, json_str(org, "code"), json_str(org, "name"), o->org);
	json_each (p, json_get(sv->doc, "places"))
		office_option(v, K_places, json_str(p, "code"), json_str(p, "name"), o->place);
	json_each (k, json_get(sv->doc, "kinds")) {
		struct str code =
			json_type(k) == JSON_STRING ? json_text(k) : json_str(k, "code");
		const struct json *names = json_get(k, "name");
		if (!names)
			names = json_get(json_member(json_get(sv->ref, "kinds"), code), "name");
		office_option(v, K_kinds, code, web_word(pg, names), o->kind);
	}
	if (o->chosen.n)
		office_option(v, K_whiches, STR("chosen"), web_text(pg, M_lb_chosen), o->which);
	for (size_t i = 0; i < sizeof which / sizeof which[0]; i++)
		office_option(v, K_whiches, str_c(which[i].value), web_text(pg, which[i].msg),
			o->which);
	office_template_options(pg, v, o->template);
	view_int(v, K_blank_n, o->blank);
}

/* The next free position of the sheet that lies in the printer: behind the last batch. */
static unsigned next_position(const struct json *last, const struct order *o)
{
	int64_t per = o->tpl ? (int64_t)office_positions(o->tpl) : 1;
	if (!str_eq(json_str(last, "template"), o->template))
		return 1;
	return (unsigned)((json_int(last, "start", 1) - 1 + json_int(last, "count", 0)) % per) +
	       1;
}

static struct label_row row_of(const struct json *j)
{
	struct label_row row = {.number = 1};
	struct str name = json_str(j, "name"), place = json_str(j, "place");
	row.field[LABEL_CODE] = json_str(j, "code");
	row.field[LABEL_LINE1] = name.n ? name : place;
	row.field[LABEL_LINE2] = json_str(j, "building");
	row.field[LABEL_PLACE] = name.n ? place : json_str(j, "address");
	row.field[LABEL_SPOT] = json_str(j, "spot");
	row.field[LABEL_ORG] = json_str(j, "org");
	row.field[LABEL_PHONE] = json_str(j, "phone");
	return row;
}

static void preview(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct order *o)
{
	const struct json *list = json_get(sv->doc, "preview");
	int64_t n = 0, count = json_int(sv->doc, "count", 0);
	json_each (j, list) {
		struct str name = json_str(j, "name");
		if (n++ == SHOWN)
			break;
		struct view *row = view_add(v, K_preview);
		view_str(row, K_where,
			web_cat(pg, json_str(j, "place"), STR(" "), json_str(j, "building")));
		view_str(row, K_name, name);
		view_str(row, K_spot, json_str(j, "spot"));
		if (json_str(j, "code").n)
			view_str(row, K_code, web_code(pg, json_str(j, "code")));
	}
	if (count > SHOWN && n > SHOWN)
		view_int(v, K_shown, SHOWN);
	if (o->tpl && count > 0) {
		struct label_row row = row_of(json_first(list));
		office_label(pg, v, o->tpl, &row);
	}
}

/* The stock of the office, where none was chosen; returns what is usual here. */
static const struct label_template *usual_stock(const struct staff_view *sv, struct order *o)
{
	const struct label_template *t =
		office_template(json_str(json_get(sv->doc, "usual"), "template"));
	if (t && !office_arg(sv->rq, "t").n) {
		o->tpl = t;
		o->template = str_c(label_template_info(t).name);
		o->start = (unsigned)office_number(
			office_arg(sv->rq, "s"), 1, office_positions(t), 0);
	}
	return t;
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	struct order o = order_of(sv->rq);
	const struct label_template *stock = usual_stock(sv, &o);
	struct str printer = json_str(json_get(sv->doc, "usual"), "printer");
	int64_t count = json_int(sv->doc, "count", 0);
	const struct json *last = json_get(sv->doc, "last");
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_lb_title), STR("/staff/labels"));
	static const struct staff_label fields[] = {{"filter", M_lb_which}, {"org", M_lb_org},
		{"place", M_lb_place}, {"kind", M_lb_kind}, {"template", M_lb_template},
		{"start", M_lb_start}, {"printer", M_lb_printer}};
	if (!o.start)
		o.start = next_position(last, &o);
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	options(pg, sv, v, &o);
	view_int(v, K_count, count);
	view_flag(v, K_some, count > 0);
	preview(pg, sv, v, &o);
	view_str(v, K_org, o.org);
	view_str(v, K_place, o.place);
	view_str(v, K_kind, o.kind);
	view_str(v, K_which, o.which);
	view_str(v, K_chosen_codes, o.chosen);
	view_str(v, K_template, o.template);
	if (!printer.n)
		printer = json_str(last, "printer");
	view_str(v, K_printer, o.printer.n ? o.printer : printer);
	view_int(v, K_start, o.start);
	if (o.tpl) {
		/* what is usual is left out: a sheet has many links */
		bool usual = o.tpl == stock, blank = is_blank(&o);
		const struct str pairs[] = {STR("o"), o.org, STR("p"), o.place, STR("k"),
			o.kind, STR("w"),
			str_eq(o.which, STR("without")) || is_chosen(&o) ? STR_NONE : o.which,
			STR("n"), blank ? web_number(pg, o.blank) : STR_NONE, STR("t"),
			usual ? STR_NONE : o.template, STR("lang"),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE, STR("f"),
			o.chosen};
		unsigned per = office_positions(o.tpl);
		int64_t used = o.start - 1 + count;
		office_sheet(pg, v, o.tpl, o.start,
			office_query(pg, pairs, sizeof pairs / sizeof pairs[0]));
		if (count > 0 && per > 0)
			view_int(v, K_sheets, (used + per - 1) / per);
	}
	view_str(v, K_batches_url, web_url(pg, STR("/staff/labels/batches")));
	view_str(v, K_bind_url, web_url(pg, STR("/staff/labels/bind")));
	view_str(v, K_replace_url, web_url(pg, STR("/staff/labels/replace")));
	view_str(v, K_void_url, web_url(pg, STR("/staff/labels/void")));
	return web_html(pg, T_staff_labels, v);
}

static const struct staff_kind page = {"staff_labels", ST_staff_label_select, render};

/* ---- ordering ------------------------------------------------------------------------------
 */

static void made(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/labels/%lld",
			      (long long)json_int(ans->doc, "batch", 0)));
}

void web_staff_labels(struct request *rq)
{
	struct order o = order_of(rq);
	const struct db_param filter[] = {DB_P_TEXT(filter_json(rq, &o))};
	if (!rq->post) {
		request_staff(rq, &page, filter, 1);
		return;
	}
	if (!o.tpl)
		staff_field_error(rq, "template", "missing");
	if (o.printer.n > 80)
		staff_field_error(rq, "printer", "too_long");
	const struct db_param p[] = {filter[0], DB_P_TEXT(o.template),
		DB_P_INT(o.start ? o.start : 1), DB_P_TEXT(o.printer.n ? o.printer : STR_NONE)};
	const struct staff_act act = {.stmt = ST_staff_label_batch_make,
		.again = &page,
		.again_params = filter,
		.again_n = 1,
		.done = made};
	request_staff_act(rq, &act, p, 4);
}
