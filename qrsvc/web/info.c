/* Owns the pages that need no data: home, accessibility, privacy, robots.txt, security.txt. */
#include "qrsvc/web/common.h"

#include "qrsvc/base/crypto.h"

static enum rc statement(struct page *pg, unsigned tpl, unsigned title, const char *path)
{
	if (pg->json)
		return RC_NOT_FOUND;
	struct str name = web_site_name(pg);
	struct str text = web_text(pg, title);
	struct view *v = web_begin(pg,
		name.n ? web_text(pg, M_title_short, VALUE_S(text), VALUE_S(name)) : text,
		TONE_OK, str_c(path));
	web_contacts(pg, v);
	if (tpl == T_home) {
		web_phone(pg, v, K_alarm, M_call_tell, pg->site->hotline);
		view_str(v, K_coverage_url, web_url(pg, STR("/coverage")));
		view_str(v, K_tickets_url, web_url(pg, STR("/tickets")));
	}
	view_str(v, K_description, web_text(pg, M_home_what));
	return web_html(pg, tpl, v);
}

static enum rc home(struct page *pg, const struct docset *docs)
{
	(void)docs;
	return statement(pg, T_home, M_home_title, "/");
}

static enum rc accessibility(struct page *pg, const struct docset *docs)
{
	(void)docs;
	return statement(pg, T_accessibility, M_accessibility, "/accessibility");
}

static enum rc privacy(struct page *pg, const struct docset *docs)
{
	(void)docs;
	return statement(pg, T_privacy, M_privacy, "/privacy");
}

static void page(struct request *rq, const struct page_kind *kind)
{
	request_page(rq, kind, &(struct page_args){.key = STR("-")});
}

void web_home(struct request *rq)
{
	static const struct page_kind kind = {
		.name = "home", .stmt = ST_NONE, .guess = ST_NONE, .render = home};
	page(rq, &kind);
}

void web_accessibility(struct request *rq)
{
	static const struct page_kind kind = {.name = "accessibility",
		.stmt = ST_NONE,
		.guess = ST_NONE,
		.render = accessibility};
	page(rq, &kind);
}

void web_privacy(struct request *rq)
{
	static const struct page_kind kind = {
		.name = "privacy", .stmt = ST_NONE, .guess = ST_NONE, .render = privacy};
	page(rq, &kind);
}

/* ---- plain text ------------------------------------------------------------------------- */

static void plain(struct request *rq, unsigned tpl, const struct view *v)
{
	struct static_file f = {.content_type = "text/plain; charset=utf-8"};
	char hex[SHA256_HEX + 1];
	struct sbuf b;
	sbuf_init(&b, 4096);
	tpl_render(&site_tpl, tpl, LANG_EN, v, &b);
	f.bytes = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	sha256_hex(f.bytes, hex);
	f.etag = arena_fmt(rq->arena, "\"%.16s\"", hex);
	request_static(rq, &f);
}

void web_robots(struct request *rq)
{
	plain(rq, T_robots, view_new(rq->arena));
}

/* Expires stands at the first of the month half a year ahead: RFC 9116 2.5.5 wants less than a
 * year, and every worker gives the same bytes. */
void web_security_txt(struct request *rq)
{
	struct view *v = view_new(rq->arena);
	struct civil now = clock_civil(rq->now_us);
	struct civil then =
		day_to_civil(day_add_months(day_from_civil(now.year, now.month, 1), 6));
	struct str contact = rq->site->security_contact;
	if (contact.n && str_chr(contact, ':') < 0)
		contact = arena_fmt(rq->arena, "mailto:%.*s", STR_F(contact));
	if (!contact.n && rq->site->hotline.n)
		contact = arena_fmt(rq->arena, "tel:%.*s", STR_F(rq->site->hotline));
	if (!contact.n) { /* a file without a contact would be malformed */
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	view_str(v, K_contact, contact);
	view_str(v, K_expires,
		arena_fmt(rq->arena, "%04d-%02d-%02dT00:00:00Z", then.year, then.month,
			then.day));
	view_str(v, K_base_url, rq->site->base_url);
	plain(rq, T_security, v);
}
