/* Owns the acts on single labels: binding on site (and again), replacing a torn one, voiding
 * codes or a whole stolen sheet.  One page an act, the same template.  The rules are the
 * database's (sql/api/label.sql). */
#include "qrsvc/web/office.h"

#include "labels/code.h"
#include "qrsvc/base/json.h"

#define CODES_MAX 1000 /* typed codes at once; a sheet has its own way */
#define REASON_MAX 200 /* characters are at most 4 bytes */

enum act { BIND, REPLACE, VOID };

static const struct {
	const char *path;
	unsigned title, done;
} acts[] = {[BIND] = {"/staff/labels/bind", M_lb_bind, M_lb_bound},
	[REPLACE] = {"/staff/labels/replace", M_lb_replace, M_lb_replaced},
	[VOID] = {"/staff/labels/void", M_lb_void, M_lb_voided}};

static const struct staff_label fields[] = {{"code", M_lb_code}, {"codes", M_lb_codes},
	{"facility", M_lb_facility}, {"place", M_lb_place_code}, {"spot", M_lb_spot},
	{"reason", M_lb_reason}};

/* ---- pages ---------------------------------------------------------------------------------
 */

static void notice(
	const struct page *pg, const struct staff_view *sv, struct view *v, enum act a)
{
	struct str said = request_query(sv->rq, STR("done"));
	struct code c;
	int64_t n;
	if (a == VOID && str_i64(said, &n) && n >= 0) {
		view_str(v, K_notice, web_text(pg, acts[a].done, VALUE_I(n)));
	} else if (a != VOID && code_parse(said, &c)) {
		struct str code = arena_str(pg->arena, str_c(c.c));
		view_str(v, K_notice, web_text(pg, acts[a].done, VALUE_S(web_code(pg, code))));
		view_str(v, K_url, web_url(pg, STR("/"), code));
	}
}

static enum rc render(struct page *pg, const struct staff_view *sv, enum act a)
{
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, acts[a].title), str_c(acts[a].path));
	struct str batch = office_arg(sv->rq, "batch");
	bool first = sv->refused == RC_OK;
	int64_t n;
	if (!web_staff_right(sv, "labels"))
		return RC_FORBIDDEN;
	notice(pg, sv, v, a);
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	view_str(v, K_heading, web_text(pg, acts[a].title));
	view_str(v, K_path, web_url(pg, str_c(acts[a].path)));
	view_flag(v, K_bind, a == BIND);
	view_flag(v, K_replace, a == REPLACE);
	view_flag(v, K_void, a == VOID);
	view_flag(v, K_one, a != VOID);
	if (str_i64(batch, &n) && n > 0)
		view_int(v, K_batch, n);
	web_staff_field(pg, sv, v, K_code, K_err_code, "code",
		first ? request_query(sv->rq, STR("code")) : STR_NONE);
	web_staff_field(pg, sv, v, K_codes, K_err_codes, "codes", STR_NONE);
	web_staff_field(pg, sv, v, K_facility, K_err_facility, "facility",
		first ? request_query(sv->rq, STR("facility")) : STR_NONE);
	web_staff_field(pg, sv, v, K_place, K_err_place, "place",
		first ? request_query(sv->rq, STR("place")) : STR_NONE);
	web_staff_field(pg, sv, v, K_spot, K_err_spot, "spot", STR_NONE);
	web_staff_field(pg, sv, v, K_reason, K_err_reason, "reason", STR_NONE);
	view_str(v, K_labels_url, web_url(pg, STR("/staff/labels")));
	return web_html(pg, T_staff_label_act, v);
}

static enum rc render_bind(struct page *pg, const struct staff_view *sv)
{
	return render(pg, sv, BIND);
}

static enum rc render_replace(struct page *pg, const struct staff_view *sv)
{
	return render(pg, sv, REPLACE);
}

static enum rc render_void(struct page *pg, const struct staff_view *sv)
{
	return render(pg, sv, VOID);
}

static const struct staff_kind kinds[] = {{"staff_label_bind", ST_staff_me, render_bind},
	{"staff_label_replace", ST_staff_me, render_replace},
	{"staff_label_void", ST_staff_me, render_void}};

/* ---- acts ----------------------------------------------------------------------------------
 */

/* A code as typed, in capitals; STR_NONE and an error of the field if it is none. */
static struct str code_of(struct request *rq, const char *field)
{
	struct str typed = office_arg(rq, field);
	struct code c;
	if (!typed.n)
		staff_field_error(rq, field, "missing");
	else if (!code_parse(typed, &c) || !code_check(&c))
		staff_field_error(rq, field, "bad_value");
	else
		return arena_str(rq->arena, str_c(c.c));
	return STR_NONE;
}

/* The same for one that may be left out. */
static struct str code_if(struct request *rq, const char *field)
{
	return office_arg(rq, field).n ? code_of(rq, field) : STR_NONE;
}

static struct str text_of(struct request *rq, const char *field, bool needed)
{
	struct str s = office_arg(rq, field);
	if (needed && !s.n)
		staff_field_error(rq, field, "missing");
	if (s.n > REASON_MAX * 4)
		staff_field_error(rq, field, "too_long");
	return s.n ? s : STR_NONE;
}

static void bound(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/labels/bind?done=%.*s",
			      STR_F(json_str(ans->doc, "code"))));
}

static void replaced(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/labels/replace?done=%.*s",
			      STR_F(json_str(ans->doc, "code"))));
}

static void voided(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/labels/void?done=%lld",
			      (long long)json_int(ans->doc, "voided", 0)));
}

void web_staff_label_bind(struct request *rq)
{
	const struct staff_act act = {
		.stmt = ST_staff_label_bind, .again = &kinds[BIND], .done = bound};
	if (!rq->post) {
		request_staff(rq, &kinds[BIND], NULL, 0);
		return;
	}
	struct str code = code_of(rq, "code"), facility = code_if(rq, "facility"),
		   place = code_if(rq, "place"), spot = text_of(rq, "spot", false),
		   reason = text_of(rq, "reason", false);
	if (!office_arg(rq, "facility").n && !office_arg(rq, "place").n)
		staff_field_error(rq, "facility", "missing");
	if (facility.n && place.n)
		staff_field_error(rq, "place", "only_one");
	request_staff_act(rq, &act,
		(struct db_param[]){DB_P_TEXT(code), DB_P_TEXT(facility), DB_P_TEXT(place),
			DB_P_TEXT(spot), DB_P_TEXT(reason)},
		5);
}

void web_staff_label_replace(struct request *rq)
{
	const struct staff_act act = {
		.stmt = ST_staff_label_replace, .again = &kinds[REPLACE], .done = replaced};
	if (!rq->post) {
		request_staff(rq, &kinds[REPLACE], NULL, 0);
		return;
	}
	struct str code = code_of(rq, "code"), reason = text_of(rq, "reason", false);
	request_staff_act(rq, &act, (struct db_param[]){DB_P_TEXT(code), DB_P_TEXT(reason)}, 2);
}

/* Codes with blanks, commas or line ends between them; a code in groups of three is one. */
static size_t codes_of(struct request *rq, struct str text, struct str *ret_)
{
	size_t n = 0;
	while (text.p) {
		struct str line = str_cut(&text, '\n');
		while (line.p) {
			struct str one = str_trim(str_cut(&line, ','), " \t\r;");
			struct code c;
			if (!one.n)
				continue;
			if (n == CODES_MAX) {
				staff_field_error(rq, "codes", "too_many");
				return 0;
			}
			if (!code_parse(one, &c) || !code_check(&c)) {
				staff_field_error(rq, "codes", "bad_value");
				return 0;
			}
			ret_[n++] = arena_str(rq->arena, str_c(c.c));
		}
	}
	if (!n)
		staff_field_error(rq, "codes", "missing");
	return n;
}

void web_staff_label_void(struct request *rq)
{
	struct staff_act act = {
		.stmt = ST_staff_label_void, .again = &kinds[VOID], .done = voided};
	int64_t batch = 0;
	if (!rq->post) {
		request_staff(rq, &kinds[VOID], NULL, 0);
		return;
	}
	struct str reason = text_of(rq, "reason", true);
	if (str_i64(office_arg(rq, "batch"), &batch) && batch > 0) {
		act.stmt = ST_staff_label_void_batch;
		request_staff_act(
			rq, &act, (struct db_param[]){DB_P_INT(batch), DB_P_TEXT(reason)}, 2);
		return;
	}
	struct str *codes = arena_array(rq->arena, CODES_MAX, sizeof *codes);
	size_t n = codes_of(rq, office_arg(rq, "codes"), codes);
	request_staff_act(rq, &act,
		(struct db_param[]){
			{.type = DB_TEXT_ARRAY, .list = codes, .n = n}, DB_P_TEXT(reason)},
		2);
}
