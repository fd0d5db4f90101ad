/* Owns small things the pages of an office share.  Called by staff_*.c. */
#include "qrsvc/web/office.h"

#include "qrsvc/base/limits.h"

struct str office_arg(struct request *rq, const char *name)
{
	struct str s =
		rq->post ? request_form(rq, str_c(name)) : request_query(rq, str_c(name));
	return str_trim(s, " \t\r\n");
}

struct str office_json(struct request *rq,
	struct str (*get)(struct request *rq, struct str name), const char *const *names,
	size_t n)
{
	struct sbuf b;
	sbuf_init(&b, 8 * LIMIT_BODY_SMALL);
	sbuf_byte(&b, '{');
	for (size_t i = 0; i < n; i++) {
		struct str s = str_trim(get(rq, str_c(names[i])), " \t\r\n");
		if (!s.n)
			continue;
		sbuf_fmt(&b, "%s\"%s\":", b.n > 1 ? "," : "", names[i]);
		sbuf_json(&b, s);
	}
	sbuf_byte(&b, '}');
	struct str s = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

int64_t office_number(struct str text, int64_t min, int64_t max, int64_t fallback)
{
	int64_t n;
	return str_i64(text, &n) && n >= min && n <= max ? n : fallback;
}

struct str office_query(const struct page *pg, const struct str *pairs, size_t n)
{
	struct sbuf b;
	sbuf_init(&b, 8192);
	for (size_t i = 0; i + 1 < n; i += 2) {
		if (!pairs[i + 1].n)
			continue;
		sbuf_byte(&b, b.n ? '&' : '?');
		sbuf_str(&b, pairs[i]);
		sbuf_byte(&b, '=');
		sbuf_url(&b, pairs[i + 1]);
	}
	struct str s = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

void office_go(struct request *rq, struct str path)
{
	bool has = str_chr(path, '?') >= 0;
	staff_redirect(rq, rq->lang_asked ? arena_fmt(rq->arena, "%.*s%clang=%s", STR_F(path),
						    has ? '&' : '?', lang_tag(rq->lang))
					  : path);
}

void office_option(
	struct view *v, unsigned list, struct str value, struct str label, struct str chosen)
{
	struct view *o = view_add(v, list);
	view_str(o, K_value, value);
	view_str(o, K_label, label.n ? label : value);
	view_flag(o, K_chosen, str_eq(value, chosen));
}

void office_pdf(struct request *rq, const struct staff_answer *ans, const char *what)
{
	if (!staff_ok(rq, ans))
		return;
	if (!ans->bytes.n)
		request_error(rq, RC_NOT_FOUND);
	else
		staff_download(rq, "application/pdf",
			arena_fmt(rq->arena, "%s-%.*s.pdf", what, STR_F(rq->arg[0])),
			ans->bytes);
}
