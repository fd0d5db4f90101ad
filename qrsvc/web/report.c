/* Owns /report/{code}: the form by which residents report something, without login, cookie or
 * script; {code} is that of a label, a facility or a place.  Its key makes it count once.  What
 * is taken, joined or kept back is decided by sql/api/ticket_new.sql, never here; so is how
 * often somebody may.  Called by routes.c. */
#include "qrsvc/app/contact.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/web/common.h"
#include "qrsvc/web/staff.h"
#include "qrsvc/web/work.h"

#include "labels/code.h"

#define PHOTOS 3 /* core.ticket_upload has it too */

struct report {
	struct str code;	    /* canonical */
	struct str key, stamp;	    /* of the form that was sent */
	const struct json *refused; /* [{"field":..,"why":..}..] */
	unsigned photo_why;	    /* a message; 0: nothing is wrong with the photos */
	bool phone_bad;
	struct str sealed; /* the telephone number */
	struct upload_guest guest;
	struct upload photo[PHOTOS];
	size_t n;
};

/* ---- the form ---------------------------------------------------------------------------- */

/* Words for what is wrong with a field; 0: nothing is. */
static unsigned why_of(const struct report *r, const char *field)
{
	static const struct {
		const char *field, *why;
		unsigned msg;
	} words[] = {
		{"kind", "missing", M_rp_why_kind},
		{"words", "missing", M_rp_why_words},
		{"words", "too_long", M_rp_why_long},
	};
	json_each (e, r->refused) {
		if (!str_eq(json_str(e, "field"), str_c(field)))
			continue;
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (str_eq(str_c(words[i].field), str_c(field)) &&
				str_eq(str_c(words[i].why), json_str(e, "why")))
				return words[i].msg;
		return M_rp_why_other;
	}
	return 0;
}

static void mistake(const struct page *pg, const struct report *r, struct view *v,
	const char *field, unsigned key)
{
	unsigned msg = key == K_err_photos  ? r->photo_why
		       : key == K_err_phone ? (r->phone_bad ? M_rp_why_phone : 0)
					    : why_of(r, field);
	if (!msg)
		return;
	struct view *e = view_add(v, K_errors);
	view_flag(v, K_wrong, true);
	view_str(e, K_id, str_c(field));
	view_str(e, K_text, web_text(pg, msg));
	view_str(v, key, web_text(pg, msg));
}

static struct str typed(const struct staff_view *sv, const char *name)
{
	return sv->rq->post ? request_form(sv->rq, str_c(name)) : STR_NONE;
}

static void kinds(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str chosen = sv->rq->post ? request_form(sv->rq, STR("kind"))
					 : request_query(sv->rq, STR("kind"));
	json_each (k, json_get(sv->doc, "kinds")) {
		struct view *to = view_add(v, K_kinds);
		view_str(to, K_code, json_str(k, "code"));
		view_str(to, K_name, web_word(pg, json_get(k, "name")));
		view_str(to, K_hint, web_word(pg, json_get(k, "hint")));
		view_flag(to, K_on, str_eq(chosen, json_str(k, "code")));
	}
}

/* The question that is asked while there is a flood. */
static void question(struct view *v, const struct json *doc)
{
	const struct json *a = json_first(json_get(doc, "ask")), *b = a ? json_next(a) : NULL;
	if (!b)
		return;
	view_flag(v, K_question_any, true);
	view_int(v, K_a, json_int_of(a, 0));
	view_int(v, K_b, json_int_of(b, 0));
}

/* One input each; those that came with this form before need none. */
static void photos(struct view *v, int64_t kept)
{
	if (kept)
		view_int(v, K_kept, kept);
	for (int64_t i = kept + 1; i <= PHOTOS; i++)
		view_int(view_add(v, K_photos), K_n, i);
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct report *r = sv->arg;
	const struct json *at = json_get(sv->doc, "at"), *office = json_get(sv->doc, "office");
	struct str path = web_cat(pg, STR("/report/"), r->code), place = json_str(at, "place"),
		   facility = json_str(at, "facility"),
		   where = facility.n ? web_cat(pg, place, STR(" · "),
						work_facility(pg, sv->ref, at))
				      : place;
	struct view *v = web_begin(pg, web_text(pg, M_rp_title), TONE_MUTE, path);
	bool label = json_bool(sv->doc, "label", false);
	view_str(v, K_where, where);
	view_str(v, K_where_lang, web_text_lang(pg, place));
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_back_url,
		label	     ? web_url(pg, STR("/"), r->code)
		: facility.n ? web_url(pg, STR("/f/"), facility)
			     : web_url(pg, STR("/b/"), r->code));
	view_str(v, K_key, json_str(sv->doc, "key"));
	view_str(v, K_stamp, r->stamp.n ? r->stamp : json_str(sv->doc, "stamp"));
	mistake(pg, r, v, "kind", K_err_kind);
	mistake(pg, r, v, "words", K_err_words);
	mistake(pg, r, v, "photo1", K_err_photos);
	mistake(pg, r, v, "phone", K_err_phone);
	kinds(pg, sv, v);
	view_flag(v, K_phone_may, contact_may(sv->rq));
	view_str(v, K_phone, typed(sv, "phone"));
	photos(v, json_int(sv->doc, "photos", 0));
	view_str(v, K_words, typed(sv, "words"));
	question(v, sv->doc);
	view_str(v, K_tel, web_tel(pg, json_str(office, "phone")));
	view_str(v, K_phone_office, json_str(office, "phone"));
	return web_html(pg, T_report, v);
}

static const struct staff_kind form_kind = {"report_form", ST_ticket_form, render};

static void form_cb(struct request *rq, const struct staff_answer *ans)
{
	const struct report *r = rq->user;
	bool again = r->refused || r->photo_why || r->phone_bad;
	if (request_ok(rq, ans->rc))
		staff_open_page(rq, &form_kind, ans, again ? rc_info(RC_INVALID)->http : 200);
}

/* The form: anew, or once more with what was typed. */
static void show_form(struct request *rq)
{
	const struct report *r = rq->user;
	const struct db_param p[] = {DB_P_TEXT(r->code), DB_P_TEXT(r->key)};
	staff_ask(rq, ST_ticket_form, p, 2, form_cb);
}

/* ---- what was sent ------------------------------------------------------------------------
 */

/* What was typed, as it is stored. */
static struct str sent(struct request *rq, const char *name)
{
	return str_trim(request_form(rq, str_c(name)), " \t\r\n");
}

static void member(struct sbuf *b, const char *name, struct str value)
{
	sbuf_fmt(b, "%c\"%s\":", b->n ? ',' : '{', name);
	sbuf_json(b, value);
}

static struct str body_of(struct request *rq)
{
	struct sbuf b;
	sbuf_init(&b, LIMIT_BODY_SMALL * 2);
	member(&b, "kind", sent(rq, "kind"));
	member(&b, "words", sent(rq, "words"));
	member(&b, "answer", sent(rq, "answer"));
	member(&b, "lang", str_c(lang_tag(rq->lang)));
	sbuf_byte(&b, '}');
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static void taken_cb(struct request *rq, const struct staff_answer *ans)
{
	struct report *r = rq->user;
	if (ans->rc == RC_INVALID) {
		r->refused = ans->detail;
		show_form(rq);
	} else if (request_ok(rq, ans->rc)) {
		struct str receipt = json_str(ans->doc, "receipt");
		staff_redirect(rq, arena_fmt(rq->arena, "/c/%.*s", STR_F(receipt)));
	}
}

static void take(struct request *rq)
{
	const struct report *r = rq->user;
	const struct db_param p[] = {DB_P_BYTES(staff_address(rq)), DB_P_TEXT(r->code),
		DB_P_TEXT(r->key), DB_P_TEXT(r->stamp), DB_P_TEXT(body_of(rq)),
		DB_P_BYTES(r->sealed)};
	staff_ask(rq, ST_ticket_new, p, 6, taken_cb);
}

/* ---- photos -------------------------------------------------------------------------------
 */

static unsigned photo_words(const struct upload *u)
{
	static const struct {
		const char *why;
		unsigned msg;
	} words[] = {{"type", M_wk_why_type}, {"bytes", M_wk_why_bytes},
		{"pixels", M_wk_why_pixels}, {"damaged", M_wk_why_damaged},
		{"away", M_rp_why_away}};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (u->why && strcmp(u->why, words[i].why) == 0)
			return words[i].msg;
	return M_rp_why_photo;
}

static void stored(struct request *rq)
{
	struct report *r = rq->user;
	for (size_t i = 0; i < r->n; i++) {
		if (r->photo[i].rc == RC_RATE || r->photo[i].rc == RC_FORBIDDEN) {
			request_error(rq, r->photo[i].rc);
			return;
		}
		if (r->photo[i].rc != RC_OK)
			r->photo_why = photo_words(&r->photo[i]);
	}
	if (r->photo_why || r->phone_bad)
		show_form(rq);
	else
		take(rq);
}

/* "photo1" .. "photo3"; 0: it is no photo, or none was chosen. */
static int place_of(const struct http_part *p)
{
	struct str name = p->name;
	if (!p->filename.p || p->fd < 0 || !p->size || name.n != 6 ||
		!str_starts(name, STR("photo")) || name.p[5] < '1' || name.p[5] > '0' + PHOTOS)
		return 0;
	return name.p[5] - '0';
}

static void send_photos(struct request *rq)
{
	struct report *r = rq->user;
	const struct http_body *b = &rq->http->body;
	r->guest = (struct upload_guest){staff_address(rq), r->code, r->key, r->stamp};
	for (size_t i = 0; i < b->nparts && r->n < PHOTOS; i++) {
		int pos = place_of(&b->parts[i]);
		if (pos)
			r->photo[r->n++] = (struct upload){.fd = b->parts[i].fd,
				.size = b->parts[i].size,
				.guest = &r->guest,
				.pos = pos};
	}
	if (r->n)
		uploads_run(rq, r->photo, r->n, stored);
	else
		stored(rq);
}

/* ---- requests -----------------------------------------------------------------------------
 */

/* Before the body: not more than the disk can bear, nor longer than from anybody. */
void web_report_may(struct request *rq)
{
	if (!upload_guest_enter(rq))
		request_error(rq, RC_BUSY);
}

/* A button on a page that is kept for everybody has no key of its own: the neighbourhood's and
 * the day's then make the same tap twice one report. */
static struct str key_of_button(struct request *rq, struct str code)
{
	unsigned char h[SHA256_BYTES];
	char hex[SHA256_HEX + 1];
	struct str from = staff_address(rq), kind = request_form(rq, STR("kind"));
	struct str text = arena_fmt(rq->arena, "%.*s %.*s ", STR_F(code), STR_F(kind));
	hmac_sha256(from, text, h);
	hex_encode(h, sizeof h, hex);
	return arena_fmt(rq->arena, "%.8s-%.4s-8%.3s-a%.3s-%.12s", hex, hex + 8, hex + 13,
		hex + 17, hex + 20);
}

/* A number that is none is told; the photos that came with it are kept all the same. */
static void phone(struct request *rq)
{
	struct report *r = rq->user;
	struct str typed_in = sent(rq, "phone");
	if (!typed_in.n || !contact_may(rq))
		return;
	struct str number = contact_number(rq->arena, typed_in);
	r->phone_bad = !number.p;
	if (number.p)
		r->sealed = contact_seal(rq, number);
}

void web_report_form(struct request *rq)
{
	struct code c;
	struct report *r = arena_alloc(rq->arena, sizeof *r);
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	r->code = arena_str(rq->arena, str_c(c.c));
	rq->user = r;
	if (!rq->post) {
		show_form(rq);
		return;
	}
	struct str key = request_form(rq, STR("key"));
	r->stamp = sent(rq, "stamp");
	if (str_eq(r->stamp, STR("button")))
		r->stamp = STR("");
	if (!key.p) {
		r->key = key_of_button(rq, r->code);
		r->stamp = STR("button");
	} else if (!web_uuid(rq->arena, key, &r->key)) {
		request_error(rq, RC_BAD);
		return;
	}
	phone(rq);
	send_photos(rq);
}
