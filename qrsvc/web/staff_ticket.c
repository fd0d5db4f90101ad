/* Owns /staff/tickets/{ticket}: one report of a resident, what may be done with it and what
 * was. Proposes what to mask before its words are published (mask.h); decides nothing else: the
 * answer of api.staff_ticket says what may be done.  Called by routes.c. */
#include "qrsvc/app/contact.h"
#include "qrsvc/web/mask.h"
#include "qrsvc/web/ticket.h"
#include "qrsvc/web/work.h"

#include "qrsvc/http/msg.h"

/* Acts of the form with the words to the resident, in the order of its buttons. */
static const char *const acts[] = {
	"accept", "answer", "callback", "dispatch", "work", "close", "reopen", "note"};
/* Those that have nothing but a reason, or not even that. */
static const char *const plain[] = {"quarantine", "release", "hide", "show"};

static bool may(const struct staff_view *sv, const char *act)
{
	json_each (c, json_get(sv->doc, "can"))
		if (str_eq(json_text(c), str_c(act)))
			return true;
	return false;
}

/* ---- the case ------------------------------------------------------------------------------
 */

static void photos(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (p, json_get(sv->doc, "photos")) {
		struct view *to = view_add(v, K_photos);
		struct str sha = json_str(p, "sha256");
		int64_t pos = json_int(p, "pos", 0);
		view_int(to, K_pos, pos);
		view_str(to, K_small, work_photo_url(pg, sha, 320));
		view_str(to, K_full, work_photo_url(pg, sha, 1280));
		view_str(to, K_alt, web_text(pg, M_tk_photo, VALUE_I(pos)));
		view_str(to, K_show, web_text(pg, M_tk_photo_show, VALUE_I(pos)));
		view_flag(to, K_chosen, str_eq(json_str(p, "state"), STR("public")));
	}
	view_flag(v, K_photos_any, view_count(v, K_photos) > 0);
}

static void related(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *into = json_get(json_get(sv->doc, "ticket"), "into");
	if (into) {
		view_str(v, K_into, json_str(into, "no"));
		view_str(v, K_into_url,
			web_url(pg, STR("/staff/tickets/"),
				web_number(pg, json_int(into, "id", 0))));
	}
	json_each (j, json_get(sv->doc, "joined")) {
		struct view *to = view_add(v, K_joined);
		view_str(to, K_url,
			web_url(pg, STR("/staff/tickets/"),
				web_number(pg, json_int(j, "id", 0))));
		view_str(to, K_no, json_str(j, "no"));
		view_str(to, K_at, web_staff_time(pg, json_str(j, "at")));
		view_str(to, K_words, json_str(j, "words"));
	}
	view_flag(v, K_joined_any, view_count(v, K_joined) > 0);
	view_str(v, K_joined_n,
		web_text(pg, M_tk_joined_n, VALUE_I((int64_t)view_count(v, K_joined))));
}

/* To whom the case has risen: the newest step that says so. */
static struct str raised_to(const struct page *pg, const struct staff_view *sv)
{
	struct str to = STR_NONE;
	json_each (s, json_get(sv->doc, "steps"))
		if (str_eq(json_str(s, "act"), STR("escalate")))
			to = json_str(s, "to");
	return to.n ? web_text(pg, M_tk_raised, VALUE_S(to)) : STR_NONE;
}

/* The telephone number: a button, or once it was asked for the number itself (sv->arg). */
static void phone(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct str *number = sv->arg;
	if (!json_bool(json_get(sv->doc, "ticket"), "phone", false))
		return;
	view_flag(v, K_phone_any, true);
	if (number)
		view_str(v, K_phone, number->n ? *number : web_text(pg, M_tk_phone_gone));
}

static void facts(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *t = json_get(sv->doc, "ticket"), *f = json_get(t, "facility");
	struct str due = ticket_due(pg, t), by = STR_NONE;
	bool late = json_bool(t, "late", false);
	int64_t us;
	if (json_instant(t, "due", &us))
		by = web_deadline(pg, us);
	view_str(v, K_where, ticket_where(pg, sv->ref, t));
	if (f)
		view_str(v, K_place_url, web_url(pg, STR("/staff/f/"), json_str(f, "code")));
	view_str(v, K_state, ticket_state(pg, json_str(t, "state")));
	view_flag(v, K_late, late);
	view_str(v, K_due,
		due.n  ? web_text(pg, M_tk_due_by, VALUE_S(due), VALUE_S(by))
		: late ? web_text(pg, M_tk_was_late)
		       : STR_NONE);
	if (json_int(t, "raised", 0))
		view_str(v, K_raised, raised_to(pg, sv));
	view_str(v, K_words, json_str(t, "words"));
	view_str(v, K_at, web_staff_time(pg, json_str(t, "at")));
	view_str(v, K_office, json_str(json_get(t, "org"), "name"));
	view_str(v, K_first, json_str(json_get(t, "first"), "name"));
	if (json_str(t, "code").n)
		view_str(v, K_code, web_code(pg, json_str(t, "code")));
}

static void steps(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	json_each (s, json_get(sv->doc, "steps")) {
		struct view *to = view_add(v, K_steps);
		struct str by = json_str(s, "by"), org = json_str(s, "org");
		view_str(to, K_act, ticket_step(pg, s));
		view_str(to, K_at, web_staff_time(pg, json_str(s, "at")));
		view_str(to, K_by, by.n ? web_cat(pg, org, STR(" "), by) : STR_NONE);
		view_str(to, K_words, json_str(s, "words"));
		view_str(to, K_note, json_str(s, "note"));
	}
}

/* ---- forms ---------------------------------------------------------------------------------
 */

static void main_form(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	int64_t block = office_number(request_query(sv->rq, STR("block")), 1, INT32_MAX, 0);
	struct str words = STR_NONE;
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
		if (!may(sv, acts[i]))
			continue;
		struct view *a = view_add(v, K_acts);
		view_str(a, K_act, str_c(acts[i]));
		view_str(a, K_class, view_count(v, K_acts) == 1 ? STR("go") : STR("btn"));
		view_str(a, K_text, ticket_button(pg, str_c(acts[i])));
	}
	view_flag(v, K_main, view_count(v, K_acts) > 0);
	json_each (b, json_get(sv->doc, "blocks")) {
		struct view *to = view_add(v, K_blocks);
		int64_t id = json_int(b, "id", 0);
		const struct str pairs[] = {STR("block"), web_number(pg, id), STR("lang"),
			pg->lang_asked ? str_c(lang_tag(pg->lang)) : STR_NONE};
		view_str(to, K_title, json_str(b, "title"));
		view_str(to, K_url,
			web_cat(pg, STR("/staff/tickets/"), sv->rq->arg[0],
				office_query(pg, pairs, 4), STR("#words")));
		if (id == block)
			words = json_str(b, "words");
	}
	view_flag(v, K_blocks_any, view_count(v, K_blocks) > 0);
	web_staff_field(pg, sv, v, K_words_typed, K_err_words, "words", words);
	web_staff_field(pg, sv, v, K_note_typed, K_err_note, "note", STR_NONE);
}

/* What would be published: as it is, or what the program proposes to leave of it. */
static void publish_form(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *t = json_get(sv->doc, "ticket");
	struct str words = json_str(t, "public_words"), answer = json_str(t, "public_answer");
	int64_t n = 0, m = 0;
	if (!may(sv, "publish"))
		return;
	view_flag(v, K_publish, true);
	if (!answer.n) {
		words = mask_personal(pg->arena, json_str(t, "words"), &n);
		answer = mask_personal(pg->arena, json_str(sv->doc, "answer"), &m);
	}
	web_staff_field(pg, sv, v, K_public_words, K_err_public_words, "public_words", words);
	web_staff_field(
		pg, sv, v, K_public_answer, K_err_public_answer, "public_answer", answer);
	if (n + m > 0)
		view_str(v, K_masked, web_text(pg, M_tk_masked, VALUE_I(n + m)));
}

static void other_form(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	bool reason = web_staff_error(pg, sv, "reason").n > 0;
	struct str to = web_staff_typed(sv, "to", STR_NONE),
		   into = web_staff_typed(sv, "into", STR_NONE);
	json_each (o, json_get(sv->doc, "offices"))
		office_option(v, K_offices, json_str(o, "code"), json_str(o, "name"), to);
	view_flag(v, K_transfer, may(sv, "transfer") && view_count(v, K_offices) > 0);
	json_each (o, json_get(sv->doc, "others"))
		office_option(v, K_others, json_str(o, "no"),
			web_text(pg, M_tk_join_item, VALUE_S(ticket_kind(pg, sv->doc, o)),
				VALUE_S(json_str(o, "no")),
				VALUE_S(web_staff_time(pg, json_str(o, "at")))),
			into);
	view_flag(v, K_join, view_count(v, K_others) > 0);
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		if (!may(sv, plain[i]))
			continue;
		struct view *b = view_add(v, K_buttons);
		view_str(b, K_act, str_c(plain[i]));
		view_str(b, K_text, ticket_button(pg, str_c(plain[i])));
	}
	view_flag(v, K_other,
		may(sv, "transfer") || view_count(v, K_others) || view_count(v, K_buttons));
	view_flag(v, K_open, reason);
	web_staff_field(pg, sv, v, K_reason_typed, K_err_reason, "reason", STR_NONE);
	view_str(v, K_err_to, web_staff_error(pg, sv, "to"));
	view_str(v, K_err_into, web_staff_error(pg, sv, "into"));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"words", M_tk_words}, {"note", M_tk_note},
		{"reason", M_tk_reason}, {"to", M_tk_to}, {"into", M_tk_join},
		{"public_words", M_tk_public_words}, {"public_answer", M_tk_public_answer}};
	const struct json *t = json_get(sv->doc, "ticket");
	struct str self = web_cat(pg, STR("/staff/tickets/"), sv->rq->arg[0]),
		   heading = web_text(pg, M_tk_heading, VALUE_S(ticket_kind(pg, sv->doc, t)),
			   VALUE_S(json_str(t, "no"))),
		   done = ticket_button(pg, request_query(sv->rq, STR("done")));
	struct view *v = web_staff_begin(pg, sv, heading, self);
	web_staff_errors(pg, sv, v, labels, sizeof labels / sizeof labels[0]);
	if (done.n)
		view_str(v, K_notice, web_text(pg, M_tk_saved, VALUE_S(done)));
	view_str(v, K_heading, heading);
	view_str(v, K_self_url, web_url(pg, self));
	facts(pg, sv, v);
	phone(pg, sv, v);
	photos(pg, sv, v);
	related(pg, sv, v);
	main_form(pg, sv, v);
	publish_form(pg, sv, v);
	other_form(pg, sv, v);
	steps(pg, sv, v);
	view_str(v, K_tickets_url, web_url(pg, STR("/staff/tickets")));
	return web_html(pg, T_staff_ticket, v);
}

/* ---- acts ----------------------------------------------------------------------------------
 */

static void member(struct sbuf *b, const char *name, struct str s)
{
	if (!s.p)
		return;
	sbuf_puts(b, b->n ? ",\"" : "{\"");
	sbuf_puts(b, name);
	sbuf_puts(b, "\":");
	sbuf_json(b, s);
}

/* Acts whose words are the field `reason`. */
static bool by_reason(struct str act)
{
	return str_eq(act, STR("transfer")) || str_eq(act, STR("join")) ||
	       str_eq(act, STR("hide")) || str_eq(act, STR("quarantine"));
}

static struct str body_json(struct request *rq, struct str act)
{
	const struct http_body *form = &rq->http->body;
	bool publish = str_eq(act, STR("publish"));
	struct sbuf b;
	sbuf_init(&b, 128 * KIB);
	member(&b, "words", request_form(rq, by_reason(act) ? STR("reason") : STR("words")));
	if (!by_reason(act))
		member(&b, "note", request_form(rq, STR("note")));
	member(&b, "to", request_form(rq, STR("to")));
	member(&b, "into", request_form(rq, STR("into")));
	if (publish) {
		bool first = true;
		member(&b, "public_words", request_form(rq, STR("public_words")));
		member(&b, "public_answer", request_form(rq, STR("public_answer")));
		sbuf_puts(&b, b.n ? ",\"photos\":[" : "{\"photos\":[");
		for (size_t i = 0; i < form->nparts; i++) {
			if (!str_eq(form->parts[i].name, STR("photo[]")))
				continue;
			sbuf_puts(&b, first ? "" : ",");
			sbuf_json(&b, form->parts[i].value);
			first = false;
		}
		sbuf_byte(&b, ']');
	}
	sbuf_puts(&b, b.n ? "}" : "{}");
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static void acted(struct request *rq, const struct staff_answer *ans)
{
	office_go(rq, arena_fmt(rq->arena, "/staff/tickets/%lld?done=%.*s",
			      (long long)json_int(ans->doc, "id", 0),
			      STR_F(request_form(rq, STR("do")))));
}

/* Acts a button has; what else somebody may send is nothing we know. */
static bool known(struct str act)
{
	static const char *const more[] = {"transfer", "join", "publish"};
	for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
		if (str_eq(act, str_c(acts[i])))
			return true;
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
		if (str_eq(act, str_c(plain[i])))
			return true;
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		if (str_eq(act, str_c(more[i])))
			return true;
	return false;
}

static const struct staff_kind kind = {"staff_ticket", ST_staff_ticket, render};

/* The number is shown this once; that it was is in the audit. */
static void phone_cb(struct request *rq, const struct staff_answer *ans)
{
	int64_t id;
	struct str *number = arena_alloc(rq->arena, sizeof *number);
	if (!staff_ok(rq, ans) || !staff_arg_id(rq, &id))
		return;
	*number = contact_open(rq, ans->bytes);
	rq->user = number;
	request_staff(rq, &kind, (struct db_param[]){DB_P_INT(id)}, 1);
}

void web_staff_ticket(struct request *rq)
{
	int64_t id;
	if (!staff_arg_id(rq, &id))
		return;
	const struct db_param p[] = {DB_P_INT(id)};
	if (!rq->post) {
		request_staff(rq, &kind, p, 1);
		return;
	}
	struct str act = request_form(rq, STR("do"));
	if (str_eq(act, STR("contact"))) {
		staff_call(rq, ST_staff_ticket_contact, p, 1, phone_cb);
		return;
	}
	if (!known(act)) {
		request_error(rq, RC_BAD);
		return;
	}
	const struct staff_act todo = {.stmt = ST_staff_ticket_act,
		.again = &kind,
		.again_params = p,
		.again_n = 1,
		.done = acted};
	if (by_reason(act) && !str_eq(act, STR("join")) && !office_arg(rq, "reason").n)
		staff_field_error(rq, "reason", "missing");
	const struct db_param all[] = {
		DB_P_INT(id), DB_P_TEXT(act), DB_P_TEXT(body_json(rq, act))};
	request_staff_act(rq, &todo, all, 3);
}
