/* Owns what a scanned or typed label number leads to: a facility, a place, or the plain words
 * for blank, replaced, void, unknown and mistyped numbers (security.md 37). */
#include "qrsvc/web/common.h"

#include "labels/code.h"

static struct view *begin(const struct page *pg, struct str code, struct str text,
	unsigned question, enum icon icon)
{
	struct str title =
		web_text(pg, M_title_short, VALUE_S(text), VALUE_S(web_text(pg, M_disclosure)));
	struct str path = code.n ? web_cat(pg, STR("/"), code) : STR("/");
	struct view *v = web_begin(pg, title, TONE_MUTE, path);
	view_str(v, K_description, text);
	view_str(v, K_question, web_text(pg, question));
	web_answer(pg, v, icon, text);
	if (code.n) {
		view_str(v, K_code, web_code(pg, code));
		view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	}
	web_phone(pg, v, K_alarm, M_call_tell, pg->site->hotline);
	return v;
}

static void step(const struct page *pg, struct view *v, unsigned msg)
{
	view_flag(v, K_steps_any, true);
	view_item(v, K_steps, web_text(pg, msg));
}

static void go(struct view *v, struct str url, struct str text)
{
	struct view *g = view_add(v, K_go);
	view_flag(v, K_steps_any, true);
	view_str(g, K_url, url);
	view_str(g, K_text, text);
}

/* ---- labels that are known but lead nowhere --------------------------------------------- */

static void office_phone(const struct page *pg, struct view *v, const struct json *label)
{
	struct str phone = json_str(json_get(label, "org"), "phone");
	if (!phone.n)
		return;
	view_flag(v, K_alarm, false);
	web_phone(pg, v, K_alarm, M_call_tell, phone);
}

static enum rc page_blank(struct page *pg, const struct json *label)
{
	struct view *v = begin(pg, json_str(label, "code"), web_text(pg, M_answer_blank),
		M_question_valid, ICON_MINUS);
	view_str(v, K_explain, web_text(pg, M_explain_blank));
	step(pg, v, M_step_blank);
	step(pg, v, M_step_blank_tell);
	office_phone(pg, v, label);
	return web_html(pg, T_label, v);
}

/* Void or replaced: since when, why, and where to look now. */
static enum rc page_gone(struct page *pg, const struct json *label, bool replaced)
{
	struct str by = json_str(label, "replaced_by"), f = json_str(label, "facility"),
		   place = json_str(label, "place"), spot = json_str(label, "spot");
	int32_t since = json_day(label, "since");
	struct view *v = begin(pg, json_str(label, "code"),
		web_text(pg, replaced ? M_answer_replaced : M_answer_void), M_question_valid,
		ICON_MINUS);
	if (spot.n)
		view_str(v, K_where, web_text(pg, M_label_was_at, VALUE_S(spot)));
	if (since != DAY_NONE)
		view_str(v, K_since, web_date_plain(pg, since));
	view_str(v, K_reason, json_str(label, "reason"));
	if (by.n) {
		view_str(v, K_explain,
			web_text(pg, M_explain_replaced, VALUE_S(web_code(pg, by))));
		go(v, web_url(pg, STR("/"), by), web_text(pg, M_go_replaced));
	} else if (f.n || place.n) {
		view_str(v, K_explain, web_text(pg, M_explain_void));
		go(v, web_url(pg, f.n ? STR("/f/") : STR("/b/"), f.n ? f : place),
			web_text(pg, f.n ? M_go_facility : M_go_place));
	}
	step(pg, v, M_step_new_label);
	step(pg, v, M_step_ask);
	office_phone(pg, v, label);
	return web_html(pg, T_label, v);
}

/* ---- unknown ---------------------------------------------------------------------------- */

static void guesses(const struct page *pg, struct view *v, const struct docset *docs)
{
	for (size_t i = 0; i < docs->guess_n; i++) {
		const struct str *row = docs->guess + i * (size_t)docs->guess_cols;
		struct view *g = view_add(v, K_guesses);
		view_flag(v, K_guess_any, true);
		view_str(g, K_guess, web_code(pg, row[0]));
		view_str(g, K_what, docs->guess_cols > 1 ? row[1] : STR_NONE);
		view_str(g, K_url, web_url(pg, STR("/"), row[0]));
	}
}

static enum rc unknown_json(struct page *pg, const struct docset *docs)
{
	sbuf_puts(pg->out, "{\"error\":\"not_found\",\"guesses\":[");
	for (size_t i = 0; i < docs->guess_n; i++) {
		if (i)
			sbuf_byte(pg->out, ',');
		sbuf_json(pg->out, docs->guess[i * (size_t)docs->guess_cols]);
	}
	sbuf_byte(pg->out, ']');
	return web_json_end(pg);
}

static enum rc unknown(struct page *pg, const struct docset *docs)
{
	pg->status = 404;
	if (pg->json)
		return unknown_json(pg, docs);
	struct view *v =
		begin(pg, pg->key, web_text(pg, M_answer_unknown), M_question_real, ICON_ASK);
	view_str(v, K_explain, web_text(pg, M_explain_unknown));
	guesses(pg, v, docs);
	step(pg, v, M_step_check_code);
	step(pg, v, M_step_fake);
	return web_html(pg, T_label, v);
}

/* ---- the label's page -------------------------------------------------------------------- */

static enum rc json(struct page *pg, const struct docset *docs, struct str state)
{
	struct facility f;
	bool facility = web_facility_of(pg, docs, 1, &f);
	bool active = str_eq(state, STR("active"));
	if (active && facility)
		web_json_begin(pg, &f.state, docs->doc[1].bytes);
	else
		web_json_begin(
			pg, NULL, active && docs->n > 1 ? docs->doc[1].bytes : STR("null"));
	if (active && !facility)
		web_place_json(pg, docs);
	web_json_more(pg, "label", docs->doc[0].bytes);
	return web_json_end(pg);
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	struct facility f;
	const struct json *label = docs->n ? docset_json(docs, 0) : NULL;
	if (!label)
		return unknown(pg, docs);
	struct str state = json_str(label, "state");
	bool gone = str_eq(state, STR("void"));
	if (gone)
		pg->status = 410;
	if (pg->json)
		return json(pg, docs, state);
	if (gone || str_eq(state, STR("replaced")))
		return page_gone(pg, label, !gone);
	if (str_eq(state, STR("blank")))
		return page_blank(pg, label);
	struct str path = web_cat(pg, STR("/"), json_str(label, "code"));
	if (web_facility_of(pg, docs, 1, &f))
		return web_facility_page(pg, &f, label, path);
	if (docs->n > 1 && docset_json(docs, 1))
		return web_place_page(pg, docs, 1, label, path);
	return RC_NOT_FOUND;
}

/* Capital letters and digits of what was typed, at most 16. */
static struct str typed_key(struct request *rq, struct str typed)
{
	char key[16];
	size_t n = 0;
	for (size_t i = 0; i < typed.n && n < sizeof key; i++) {
		char c = typed.p[i];
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 32);
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'))
			key[n++] = c;
	}
	return arena_str(rq->arena, (struct str){key, n});
}

void web_label(struct request *rq)
{
	static const struct page_kind kind = {.name = "label",
		.stmt = ST_public_label,
		.doc_kind = "label",
		.guess = ST_label_guess,
		.render = render};
	struct code c, guess[CODE_GUESSES];
	struct str list[CODE_GUESSES], key;
	bool whole = code_parse(rq->arg[0], &c);
	/* A right check character has no guesses (labels/code.h): nearly every request. */
	size_t n = whole && code_check(&c) ? 0 : code_guesses(rq->arg[0], guess);
	if (!whole && !n) { /* no label number at all: some other address */
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	key = whole ? str_c(c.c) : typed_key(rq, rq->arg[0]);
	for (size_t i = 0; i < n; i++)
		list[i] = str_c(guess[i].c);
	const struct db_param param = DB_P_TEXT(key);
	const struct db_param like = {.type = DB_TEXT_ARRAY, .list = list, .n = n};
	request_page(rq, &kind,
		&(struct page_args){.key = key,
			.params = &param,
			.n = 1,
			.guess_params = &like,
			.guess_n = n > 0});
}

/* ---- the form --------------------------------------------------------------------------- */

static enum rc render_mistyped(struct page *pg, const struct docset *docs)
{
	(void)docs;
	if (pg->json)
		return RC_NOT_FOUND;
	struct view *v =
		begin(pg, STR_NONE, web_text(pg, M_answer_mistyped), M_question_real, ICON_ASK);
	view_str(v, K_explain,
		pg->key.n ? web_text(pg, M_explain_mistyped, VALUE_S(pg->key))
			  : web_text(pg, M_explain_empty));
	view_str(v, K_typed, pg->key);
	return web_html(pg, T_label, v);
}

/* First bytes of what was typed, cut between characters. */
static struct str excerpt(struct str s)
{
	size_t n = s.n < 48 ? s.n : 48;
	while (n && n < s.n && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return str_sub(s, 0, n);
}

void web_lookup(struct request *rq)
{
	static const struct page_kind kind = {
		.name = "lookup", .stmt = ST_NONE, .guess = ST_NONE, .render = render_mistyped};
	struct code c, guess[CODE_GUESSES];
	struct str typed = request_query(rq, STR("no")), to = STR_NONE;
	typed = typed.p ? str_trim(typed, " \t\r\n") : STR("");
	if (code_parse(typed, &c))
		to = str_c(c.c);
	else if (code_guesses(typed, guess))
		to = typed_key(rq, typed);
	if (to.n) {
		request_redirect(rq, 303,
			arena_fmt(rq->arena, "/%.*s%s%s", STR_F(to),
				rq->lang_asked ? "?lang=" : "",
				rq->lang_asked ? lang_tag(rq->lang) : ""));
		return;
	}
	if (!str_utf8(typed))
		typed = STR("");
	request_page_once(rq, &kind, render_mistyped, excerpt(typed));
}
