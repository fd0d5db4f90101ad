/* Owns /s/{token}: an owner's representative sees a record and says yes or no, once, without an
 * account.  The token is the right: the database knows its SHA-256 only.  Called by routes.c.
 */
#include "qrsvc/web/work.h"

#include "qrsvc/app/auth.h"

struct signing {
	struct str token, hash;
	struct staff_answer used; /* of sign_use */
	bool missing;		  /* the reason */
};

static struct str state_words(const struct page *pg, const struct signing *s, struct str state)
{
	const struct json *done = s->used.doc;
	if (str_eq(json_str(done, "state"), STR("published")))
		return web_text(pg, M_wk_sign_published);
	if (str_eq(json_str(done, "state"), STR("returned")))
		return web_text(pg, M_wk_sign_returned);
	if (done)
		return web_text(pg, M_wk_sign_thanks,
			VALUE_I(json_int(done, "needed", 0) - json_int(done, "signed", 0)));
	if (str_eq(state, STR("moot")))
		return web_text(pg, M_wk_sign_moot);
	return str_eq(state, STR("open")) ? STR_NONE : web_text(pg, M_wk_sign_used);
}

static void photos(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *r, struct str token)
{
	json_each (p, json_get(r, "photos")) {
		struct str sha = json_str(p, "sha256");
		if (!form_is_hash(sha))
			continue;
		struct view *to = view_add(v, K_photos);
		view_str(to, K_small,
			web_cat(pg, STR("/s/"), token, STR("/"), sha, STR(".jpg")));
		view_str(to, K_slot,
			web_named(pg, json_get(f->kind, "slots"), json_str(p, "slot")));
	}
	view_flag(v, K_photo_set, view_count(v, K_photos) > 0);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct signing *s = sv->arg;
	const struct json *at = json_get(sv->doc, "facility"), *r = json_get(sv->doc, "record");
	struct str kind = json_str(at, "kind"), state = json_str(sv->doc, "state");
	struct facility f = {
		.ref = sv->ref, .kind = json_member(json_get(sv->ref, "kinds"), kind)};
	struct str type = work_type(pg, sv->ref, kind, json_str(r, "type")),
		   title = web_text(pg, M_wk_sign_title, VALUE_S(type)),
		   path = web_cat(pg, STR("/s/"), s->token);
	struct view *v = web_staff_begin(pg, sv, title, path);
	unsigned seen = 0;
	int64_t us;
	bool open = str_eq(state, STR("open")) && !s->used.doc;
	view_str(v, K_heading, title);
	view_str(v, K_name, work_facility(pg, sv->ref, at));
	view_str(v, K_where, work_where(pg, at));
	view_str(v, K_type, type);
	view_str(v, K_summary, state_words(pg, s, state));
	view_str(v, K_class, s->used.doc ? STR("say") : STR_NONE);
	view_str(v, K_public_url, web_url(pg, STR("/f/"), json_str(at, "code")));
	view_str(v, K_action, path);
	view_str(v, K_hours, web_hours(pg, r));
	photos(pg, v, &f, r, s->token);
	web_results(pg, v, &f, r);
	web_fields(pg, v, &f, r);
	web_parties(pg, v, r, &seen);
	view_flag(v, K_open, open);
	if (json_instant(sv->doc, "until", &us))
		view_str(v, K_until, web_datetime(pg, us));
	if (s->missing)
		view_str(v, K_why, web_text(pg, M_wk_why_missing));
	return web_html(pg, T_sign, v);
}

static const struct staff_kind kind = {"sign", ST_sign_look, render};

static void look_cb(struct request *rq, const struct staff_answer *ans)
{
	const struct signing *s = rq->user;
	if (staff_ok(rq, ans))
		staff_visitor_page(
			rq, &kind, ans, s->missing ? rc_info(RC_INVALID)->http : 200);
}

static void look(struct request *rq)
{
	const struct signing *s = rq->user;
	const struct db_param p[] = {DB_P_BYTES(s->hash)};
	staff_ask(rq, ST_sign_look, p, 1, look_cb);
}

static void use_cb(struct request *rq, const struct staff_answer *ans)
{
	struct signing *s = rq->user;
	if (ans->rc == RC_OK)
		s->used.doc = ans->doc;
	else if (ans->rc == RC_INVALID)
		s->missing = true;
	else if (ans->rc != RC_CONFLICT && !staff_ok(rq, ans))
		return;
	look(rq);
}

void web_sign(struct request *rq)
{
	struct auth_token token;
	struct signing *s = arena_alloc(rq->arena, sizeof *s);
	if (!auth_token_parse(rq->arg[0], &token)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	s->token = auth_token_text(rq->arena, &token);
	s->hash = auth_token_hash(rq->arena, &token);
	rq->user = s;
	struct str ok = request_form(rq, STR("ok")),
		   reason = str_trim(request_form(rq, STR("reason")), " \t\r\n");
	bool yes = str_eq(ok, STR("yes"));
	s->missing = rq->post && !yes && !reason.n;
	if (!rq->post || s->missing) {
		look(rq);
		return;
	}
	const struct db_param p[] = {DB_P_BYTES(s->hash), DB_P_TEXT(yes ? STR("t") : STR("f")),
		DB_P_TEXT(reason.n ? reason : STR_NONE)};
	staff_ask(rq, ST_sign_use, p, 3, use_cb);
}

/* ---- its photos, as long as the link is open ----------------------------------------------
 */

static void photo_cb(struct request *rq, const struct staff_answer *ans)
{
	if (request_ok(rq, ans->rc))
		staff_image(rq, ans->bytes);
}

void web_sign_photo(struct request *rq)
{
	struct auth_token token;
	unsigned char hash[SHA256_BYTES];
	if (!auth_token_parse(rq->arg[0], &token) || !form_is_hash(rq->arg[1]) ||
		!hex_decode(rq->arg[1], hash, sizeof hash)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	struct str h = arena_str(rq->arena, (struct str){(const char *)hash, sizeof hash});
	const struct db_param p[] = {
		DB_P_BYTES(auth_token_hash(rq->arena, &token)), DB_P_BYTES(h), DB_P_INT(320)};
	staff_ask(rq, ST_sign_photo_get, p, 3, photo_cb);
}
