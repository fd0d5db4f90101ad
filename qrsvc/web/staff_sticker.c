/* Owns /staff/f/{code}/sticker: what is seen of a sticker on site, one button a sighting.
 * {code} is that of a label in use, or of a facility for a foreign sticker that hangs where
 * none of ours does. The form is kept and sent by the same queue as a record's
 * (static/record.js) and works by itself: its key makes it count once, however often it comes.
 * Never decides what a sighting means (sql/api/staff_sticker.sql). Called by routes.c. */
#include "qrsvc/base/crypto.h"
#include "qrsvc/web/office.h"
#include "qrsvc/web/work.h"

#include "labels/code.h"

static const struct staff_label fields[] = {
	{"what", M_sk_what}, {"to", M_sk_to}, {"spot", M_sk_spot}, {"key", M_sk_what}};

/* The code of the address as it is stored; STR_NONE: it is none. */
static struct str code_of(const struct request *rq)
{
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c))
		return STR_NONE;
	return arena_str(rq->arena, str_c(c.c));
}

static struct str fresh_key(struct arena *a)
{
	char key[37];
	crypto_uuid(key);
	return arena_str(a, str_c(key));
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct json *f = json_get(sv->doc, "facility"),
			  *place = json_get(sv->doc, "place");
	struct str code = code_of(sv->rq), where;
	bool label = !str_eq(code, json_str(f, "code"));
	if (!f && !place)
		return RC_NOT_FOUND;
	if (!web_staff_right(sv, "submit") && !web_staff_right(sv, "labels"))
		return RC_FORBIDDEN;
	struct str title = label ? web_text(pg, M_sk_title, VALUE_S(web_code(pg, code)))
				 : web_text(pg, M_sk_foreign_here);
	struct str path = web_cat(pg, STR("/staff/f/"), code, STR("/sticker"));
	struct view *v = web_staff_begin(pg, sv, title, path);
	where = f ? web_cat(pg, work_facility(pg, sv->ref, f), STR(" · "), work_where(pg, f))
		  : json_str(place, "name");
	web_staff_errors(pg, sv, v, fields, sizeof fields / sizeof fields[0]);
	view_str(v, K_heading, title);
	view_str(v, K_where, where);
	view_flag(v, K_label, label);
	view_str(v, K_path, web_url(pg, path));
	view_str(v, K_key, web_staff_typed(sv, "key", fresh_key(pg->arena)));
	web_staff_field(pg, sv, v, K_to, K_err_to, "to", form_time_text(pg->arena, pg->as_of));
	web_staff_field(pg, sv, v, K_spot, K_err_spot, "spot", STR_NONE);
	if (f)
		view_str(v, K_url, web_url(pg, STR("/staff/f/"), json_str(f, "code")));
	return web_html(pg, T_staff_sticker, v);
}

static const struct staff_kind kind = {"staff_sticker", ST_staff_facility, render};

/* Where it is seen what was said. */
static struct str seen_at(const struct request *rq)
{
	return arena_fmt(rq->arena, "/staff/s?code=%.*s", STR_F(code_of(rq)));
}

static void marked(struct request *rq, const struct staff_answer *ans)
{
	const struct db_param again[] = {DB_P_TEXT(code_of(rq))};
	if (ans->rc == RC_OK && rq->api)
		staff_json(rq, 201,
			arena_fmt(rq->arena, "{\"receipt\":%.*s,\"url\":\"%.*s\"}\n",
				STR_F(ans->bytes), STR_F(seen_at(rq))));
	else if (ans->rc == RC_OK)
		office_go(rq, seen_at(rq));
	else if (ans->rc != RC_INVALID && ans->rc != RC_CONFLICT)
		staff_ok(rq, ans);
	else if (rq->api)
		staff_refuse(rq, ans);
	else
		staff_again(rq, &kind, again, 1, ans);
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
	member(&b, "code", code_of(rq));
	member(&b, "what", office_arg(rq, "what"));
	member(&b, "at", office_arg(rq, "to"));
	member(&b, "spot", office_arg(rq, "spot"));
	sbuf_byte(&b, '}');
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

void web_staff_sticker(struct request *rq)
{
	struct str code = code_of(rq), key = STR_NONE;
	if (!code.p) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	if (!rq->post) {
		request_staff(rq, &kind, (struct db_param[]){DB_P_TEXT(code)}, 1);
		return;
	}
	if (!web_uuid(rq->arena, office_arg(rq, "key"), &key)) {
		request_error(rq, RC_BAD);
		return;
	}
	staff_call(rq, ST_staff_sticker_mark,
		(struct db_param[]){DB_P_TEXT(key), DB_P_TEXT(body_of(rq))}, 2, marked);
}
