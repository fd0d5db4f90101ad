/* Owns /f/{facility}/history and its older pages: fifty records each, by year. */
#include "qrsvc/web/common.h"

#include "labels/code.h"

static bool contradicts(const struct json *record)
{
	json_each (flag, json_get(record, "flags"))
		if (str_starts(json_text(flag), STR("contradiction")))
			return true;
	return false;
}

static struct str first_party(const struct json *record)
{
	return json_str(json_first(json_get(record, "parties")), "name");
}

static void records(
	struct page *pg, struct view *v, const struct facility *f, const struct json *doc)
{
	struct view *year = NULL;
	int of = 0;
	json_each (r, json_get(doc, "records")) {
		int32_t day = web_record_day(r);
		int y = day == DAY_NONE ? 0 : day_to_civil(day).year;
		if (!year || y != of) {
			year = view_add(v, K_years);
			view_int(year, K_year, y);
			of = y;
		}
		struct view *line = view_add(year, K_records);
		web_history_line(pg, line, r, first_party(r));
		view_str(line, K_type, web_type_name(pg, f, json_str(r, "type")));
		view_flag(line, K_flagged, contradicts(r));
	}
}

/* Chunk 1 is the oldest; the newest has the short address. */
static void turns(struct page *pg, struct view *v, struct str code, int64_t chunk, int64_t of)
{
	view_flag(v, K_turn, of > 1);
	if (of < 2)
		return;
	view_int(v, K_page, of - chunk + 1);
	view_int(v, K_pages, of);
	if (chunk + 1 == of)
		view_str(v, K_newer, web_url(pg, STR("/f/"), code, STR("/history")));
	else if (chunk < of)
		view_str(v, K_newer,
			web_url(pg, STR("/f/"), code, STR("/history/"),
				web_number(pg, (int)chunk + 1)));
	if (chunk > 1)
		view_str(v, K_older,
			web_url(pg, STR("/f/"), code, STR("/history/"),
				web_number(pg, (int)chunk - 1)));
}

static enum rc html(struct page *pg, const struct facility *f, const struct json *doc)
{
	struct str code = json_str(f->doc, "code");
	int64_t chunk = json_int(doc, "chunk", 1), of = json_int(doc, "chunks", 1);
	struct str path = chunk == of ? web_cat(pg, STR("/f/"), code, STR("/history"))
				      : web_cat(pg, STR("/f/"), code, STR("/history/"),
						web_number(pg, (int)chunk));
	struct str title = web_text(pg, M_title, VALUE_S(f->name), VALUE_S(f->where),
		VALUE_S(web_text(pg, M_history_title)));
	struct view *v = web_begin(pg, title, TONE_MUTE, path);
	view_str(v, K_description, title);
	view_str(v, K_name, f->name);
	view_str(v, K_where, f->where);
	view_str(v, K_where_lang, web_text_lang(pg, f->where));
	view_int(v, K_count, json_int(f->doc, "count", 0));
	view_str(v, K_facility_url, web_url(pg, STR("/f/"), code));
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	records(pg, v, f, doc);
	turns(pg, v, code, chunk, of);
	return web_html(pg, T_history, v);
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	struct facility f;
	const struct json *doc = docs->n ? docset_json(docs, 0) : NULL;
	if (!doc || !web_facility_of(pg, docs, 1, &f))
		return RC_NOT_FOUND;
	if (!pg->json)
		return html(pg, &f, doc);
	web_json_begin(pg, &f.state, docs->doc[0].bytes);
	web_json_more(pg, "facility", docs->doc[1].bytes);
	return web_json_end(pg);
}

void web_history(struct request *rq)
{
	static const struct page_kind kind = {.name = "history",
		.stmt = ST_public_history,
		.doc_kind = "history",
		.guess = ST_NONE,
		.render = render};
	struct code c;
	uint64_t chunk = 0; /* 0: the newest */
	bool paged = rq->arg[1].p != NULL;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c) ||
		(paged && (!str_u64(rq->arg[1], &chunk) || chunk < 1 || chunk > 100000))) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param params[] = {DB_P_TEXT(str_c(c.c)), DB_P_INT(chunk)};
	struct str key = arena_fmt(rq->arena, "%s/%d", c.c, (int)chunk);
	request_page(rq, &kind, &(struct page_args){.key = key, .params = params, .n = 2});
}
