/* Owns /chain and /chain.json: the newest signed heads of the chain of records and acts, for
 * anybody to keep.  Says what a head proves and how it is checked; checks nothing itself. */
#include "qrsvc/web/common.h"

#include "qrsvc/base/crypto.h"
#include "qrsvc/base/limits.h"

#define SHOWN 12 /* half a day; /chain.json has all that are published */

/* The public half that signed it, as `qrsvc keygen` prints it. */
static void key_line(struct page *pg, struct view *v, const struct json *head)
{
	struct sbuf b;
	unsigned char key[32];

	sbuf_init(&b, 64);
	if (hex_decode(json_str(head, "key"), key, sizeof key)) {
		base64url_encode(key, sizeof key, &b);
		view_str(v, K_key, arena_str(pg->arena, sbuf_view(&b)));
	}
	sbuf_release(&b);
}

static void head_line(struct page *pg, struct view *v, const struct json *head)
{
	const struct json *text = NULL;
	struct view *line;
	int64_t us;

	if (json_parse(pg->arena, json_str(head, "text"), LIMIT_DOCUMENT, false, NULL, &text) !=
		RC_OK)
		return;
	line = view_add(v, K_heads);
	view_int(line, K_n, json_int(head, "id", 0));
	if (json_instant(head, "at", &us))
		view_str(line, K_at, web_datetime(pg, us));
	view_int(line, K_acts, json_int(text, "audit_seq", 0));
	view_int(line, K_links, json_int(text, "links", 0));
	view_str(line, K_hash, json_str(head, "hash"));
}

static enum rc html(struct page *pg, const struct json *doc)
{
	const struct json *list = json_get(doc, "heads"), *newest = json_first(list);
	struct str title = web_text(pg, M_chain_title), name = web_site_name(pg);
	struct view *v = web_begin(pg,
		name.n ? web_text(pg, M_title_short, VALUE_S(title), VALUE_S(name)) : title,
		newest ? TONE_OK : TONE_MUTE, STR("/chain"));
	int64_t us;
	int shown = 0;

	view_str(v, K_description, web_text(pg, M_chain_what));
	if (json_instant(newest, "at", &us)) {
		web_answer(pg, v, ICON_TICK, web_text(pg, M_chain_signed));
		view_str(v, K_at, web_datetime(pg, us));
		view_str(v, K_json_url, STR("/chain.json"));
		key_line(pg, v, newest);
	} else {
		web_answer(pg, v, ICON_MINUS, web_text(pg, M_chain_none));
	}
	json_each (head, list)
		if (shown++ < SHOWN)
			head_line(pg, v, head);
	return web_html(pg, T_chain, v);
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	if (!pg->json)
		return html(pg, docs->n ? docset_json(docs, 0) : NULL);
	if (!docs->n)
		return RC_NOT_FOUND;
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	return web_json_end(pg);
}

void web_chain(struct request *rq)
{
	static const struct page_kind kind = {.name = "chain",
		.stmt = ST_public_document,
		.doc_kind = "chain",
		.guess = ST_NONE,
		.render = render};
	const struct db_param p[] = {DB_P_TEXT(STR("chain")), DB_P_TEXT(STR("current"))};

	request_page(
		rq, &kind, &(struct page_args){.key = STR("current"), .params = p, .n = 2});
}
