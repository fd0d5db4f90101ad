/* Owns /staff/filings: companies, their credit codes, and filings with the days they hold.
 * Certificates of workers are numbers here and everywhere: no person is written down.  The
 * rules are the database's. */
#include "qrsvc/web/office.h"

#include "qrsvc/base/json.h"

static const struct {
	const char *state;
	unsigned msg;
	const char *class;
} states[] = {{"valid", M_fi_valid, "ok"}, {"expired", M_fi_expired, "no"},
	{"future", M_fi_future, "w"}};

static struct str day_text(const struct page *pg, const struct json *j, const char *key)
{
	int32_t day = json_day(j, key);
	return day == DAY_NONE ? STR_NONE : web_date_plain(pg, day);
}

static void one_filing(const struct page *pg, struct view *v, const struct json *f)
{
	struct str state = json_str(f, "state");
	view_str(v, K_number, json_str(f, "number"));
	view_str(v, K_authority, json_str(f, "authority"));
	view_str(v, K_from, day_text(pg, f, "from"));
	view_str(v, K_to, day_text(pg, f, "to"));
	for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
		if (str_eq(state, str_c(states[i].state))) {
			view_str(v, K_state_word, web_text(pg, states[i].msg));
			view_str(v, K_state_class, str_c(states[i].class));
		}
}

static void company(const struct page *pg, struct view *v, const struct json *party)
{
	view_str(v, K_name, json_str(party, "name"));
	view_str(v, K_credit, json_str(party, "credit_code"));
	view_str(v, K_phone, json_str(party, "phone"));
	if (json_int(party, "certificates", 0) > 0) {
		view_int(v, K_certificates, json_int(party, "certificates", 0));
		view_str(v, K_certificates_to, day_text(pg, party, "certificates_to"));
	}
	view_str(v, K_url,
		web_url(pg, STR("/staff/filings/"), web_number(pg, json_int(party, "id", 0))));
	json_each (f, json_get(party, "filings"))
		one_filing(pg, view_add(v, K_filings), f);
}

/* ---- list ----------------------------------------------------------------------------------
 */

static enum rc render_list(struct page *pg, const struct staff_view *sv)
{
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_fi_title), STR("/staff/filings"));
	view_str(v, K_q, office_arg(sv->rq, "q"));
	json_each (party, json_get(sv->doc, "parties"))
		company(pg, view_add(v, K_parties), party);
	view_flag(v, K_more, json_bool(sv->doc, "more", false));
	view_str(v, K_new_url, web_url(pg, STR("/staff/filings/new")));
	return web_html(pg, T_staff_filings, v);
}

void web_staff_filings(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_filings", ST_staff_filing_list, render_list};
	struct str q = office_arg(rq, "q");
	request_staff(
		rq, &kind, (struct db_param[]){DB_P_TEXT(q.n && q.n <= 200 ? q : STR_NONE)}, 1);
}

/* ---- one company ---------------------------------------------------------------------------
 */

static const struct {
	const char *name;
	unsigned key, err, msg;
	bool day;
} fields[] = {{"name", K_name, K_err_name, M_fi_name, false},
	{"credit_code", K_credit, K_err_credit, M_fi_credit, false},
	{"phone", K_phone, K_err_phone, M_fi_phone, false},
	{"certificates", K_certificates, K_err_certificates, M_fi_certificates, false},
	{"certificates_to", K_certificates_to, K_err_certificates_to, M_fi_certificates_to,
		true},
	{"number", K_number, K_err_number, M_fi_number, false},
	{"authority", K_authority, K_err_authority, M_fi_authority, false},
	{"from", K_from, K_err_from, M_fi_from, true}, {"to", K_to, K_err_to, M_fi_to, true}};
#define NFIELDS (sizeof fields / sizeof fields[0])

static bool party_id(struct request *rq, int64_t *ret_)
{
	*ret_ = 0;
	return str_eq(rq->arg[0], STR("new")) || (str_i64(rq->arg[0], ret_) && *ret_ > 0);
}

static enum rc render_one(struct page *pg, const struct staff_view *sv)
{
	struct staff_label labels[NFIELDS];
	const struct json *party = json_first(json_get(sv->doc, "parties"));
	struct str id = sv->rq->arg[0], path = web_cat(pg, STR("/staff/filings/"), id);
	bool fresh = str_eq(id, STR("new"));
	if (!fresh &&
		(!party || json_int(party, "id", 0) != office_number(id, 1, INT64_MAX, 0)))
		return RC_NOT_FOUND;
	struct view *v = web_staff_begin(
		pg, sv, fresh ? web_text(pg, M_fi_new) : json_str(party, "name"), path);
	for (size_t i = 0; i < NFIELDS; i++)
		labels[i] = (struct staff_label){fields[i].name, fields[i].msg};
	web_staff_errors(pg, sv, v, labels, NFIELDS);
	view_str(v, K_heading, fresh ? web_text(pg, M_fi_new) : json_str(party, "name"));
	for (size_t i = 0; i < NFIELDS; i++) {
		int64_t n = json_int(party, fields[i].name, 0);
		struct str stored = fresh || i > 4 ? STR_NONE : json_str(party, fields[i].name);
		if (n > 0 && !fresh)
			stored = web_number(pg, n);
		web_staff_field(
			pg, sv, v, fields[i].key, fields[i].err, fields[i].name, stored);
	}
	if (!fresh)
		json_each (f, json_get(party, "filings"))
			one_filing(pg, view_add(v, K_filings), f);
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_filings_url, web_url(pg, STR("/staff/filings")));
	view_flag(v, K_done, request_query(sv->rq, STR("done")).n > 0);
	return web_html(pg, T_staff_filing, v);
}

/* Of what was typed: only the members of the form. */
static struct str body_json(struct request *rq)
{
	struct sbuf b;
	sbuf_init(&b, 65536);
	for (size_t i = 0; i < NFIELDS; i++) {
		struct str s = office_arg(rq, fields[i].name);
		int32_t day;
		if (!s.p)
			continue;
		if (s.n > 400)
			staff_field_error(rq, fields[i].name, "too_long");
		else if (s.n && fields[i].day && !day_parse(s, &day))
			staff_field_error(rq, fields[i].name, "form");
		sbuf_puts(&b, b.n ? ",\"" : "{\"");
		sbuf_puts(&b, fields[i].name);
		sbuf_puts(&b, "\":");
		sbuf_json(&b, s);
	}
	sbuf_puts(&b, b.n ? "}" : "{}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static void saved(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/filings/%lld?done=1",
			      (long long)json_int(ans->doc, "party", 0)));
}

void web_staff_filing(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_filing", ST_staff_filing_list, render_one};
	int64_t id;
	if (!party_id(rq, &id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	/* "#7": that company and no other */
	struct db_param q[] = {DB_P_TEXT(arena_fmt(rq->arena, "#%lld", (long long)id))};
	if (!rq->post) {
		request_staff(rq, &kind, q, 1);
		return;
	}
	const struct staff_act act = {.stmt = ST_staff_filing_put,
		.again = &kind,
		.again_params = q,
		.again_n = 1,
		.done = saved};
	struct db_param p[] = {DB_P_INT(id), DB_P_TEXT(body_json(rq))};
	if (!id)
		p[0] = (struct db_param){.type = DB_NULL};
	request_staff_act(rq, &act, p, 2);
}
