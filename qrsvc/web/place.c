/* Owns the page of a place with several facilities: /b/{place}, and the stickers that are
 * bound to a place. The worst come first. */
#include "qrsvc/web/common.h"

#include "labels/code.h"

#include <stdlib.h>

/* The database links at most 50 facilities to a place's document. */
#define PLACE_MAX 64

/* Order of the list: what needs somebody first. */
static int rank(enum fstate s)
{
	static const int by[FS_COUNT] = {
		[FS_FAILED] = 0,
		[FS_OVERDUE] = 1,
		[FS_NO_RECORD] = 2,
		[FS_DUE_SOON] = 3,
		[FS_ON_TIME] = 4,
		[FS_SUSPENDED] = 5,
		[FS_RETIRED] = 6,
	};
	return by[s];
}

struct list {
	struct facility f[PLACE_MAX];
	size_t n;
	int count[FS_COUNT];
};

static int by_rank(const void *a, const void *b)
{
	const struct facility *x = a, *y = b;
	int d = rank(x->state.state) - rank(y->state.state);
	if (!d && x->state.has_days && y->state.has_days)
		d = x->state.days - y->state.days;
	/* qsort is not stable; the order of the documents decides between equals. */
	return d ? d : (x->order > y->order) - (x->order < y->order);
}

static void read_list(const struct page *pg, const struct docset *docs, struct list *l)
{
	for (size_t i = 0; i < docs->n && l->n < PLACE_MAX; i++) {
		struct facility *f = &l->f[l->n];
		if (!web_facility_of(pg, docs, i, f))
			continue;
		f->order = i;
		l->count[f->state.state]++;
		l->n++;
	}
	qsort(l->f, l->n, sizeof l->f[0], by_rank);
}

static const char *colour(enum fstate s)
{
	switch (s) {
	case FS_FAILED:
	case FS_OVERDUE:
		return "r";
	case FS_ON_TIME:
		return "g";
	case FS_DUE_SOON:
	case FS_NO_RECORD:
		return "w";
	default:
		return "s";
	}
}

/* "Overdue by 23 days" or the word of the state, with a sign that is no colour. */
static struct str line(const struct page *pg, const struct facility *f)
{
	static const char *const sign[FS_COUNT] = {
		[FS_ON_TIME] = "✓",
		[FS_DUE_SOON] = "✓",
		[FS_NO_RECORD] = "?",
		[FS_OVERDUE] = "▲",
		[FS_FAILED] = "▲",
		[FS_SUSPENDED] = "–",
		[FS_RETIRED] = "–",
	};
	enum fstate s = f->state.state;
	struct str word = s == FS_OVERDUE
				  ? web_text(pg, M_answer_overdue, VALUE_I(-f->state.days))
				  : web_state_word(pg, s);
	return web_cat(pg, str_c(sign[s]), STR(" "), word);
}

static void card(const struct page *pg, struct view *v, const struct facility *f)
{
	struct view *c = view_add(v, K_facilities);
	struct str building = json_str(f->doc, "building"), own = json_str(f->doc, "name");
	const struct duty *d = f->state.nduties ? &f->state.duty[0] : NULL;
	view_str(c, K_kind, f->kind_name);
	view_str(c, K_which,
		building.n && own.n ? web_cat(pg, building, STR(" "), own)
		: building.n	    ? building
				    : own);
	view_str(c, K_colour, str_c(colour(f->state.state)));
	view_str(c, K_line, line(pg, f));
	view_flag(c, K_red, f->state.state == FS_OVERDUE || f->state.state == FS_FAILED);
	if (d && d->last != DAY_NONE)
		view_str(c, K_last,
			web_text(pg, M_place_last,
				VALUE_S(web_lower(pg, web_type_name(pg, f, d->type))),
				VALUE_S(web_date_plain(pg, d->last))));
	view_str(c, K_url, web_url(pg, STR("/f/"), json_str(f->doc, "code")));
}

/* "1 failed, 2 overdue", or that all is on time. */
static enum tone sentence(const struct page *pg, struct view *v, const struct list *l)
{
	static const struct {
		enum fstate state;
		enum icon icon;
		enum tone tone;
	} worst[] = {
		{FS_FAILED, ICON_WARN, TONE_BAD},
		{FS_OVERDUE, ICON_WARN, TONE_BAD},
		{FS_NO_RECORD, ICON_ASK, TONE_MUTE},
		{FS_DUE_SOON, ICON_TICK, TONE_SOON},
	};
	const size_t n = sizeof worst / sizeof worst[0];
	size_t i = 0;
	while (i < n && !l->count[worst[i].state])
		i++;
	if (i < n) {
		struct str text = web_text(pg, M_place_some, VALUE_I(l->count[worst[i].state]),
			VALUE_S(web_state_word(pg, worst[i].state)));
		int late = l->count[FS_OVERDUE];
		if (i == 0 && late)
			text = web_text(pg, M_join, VALUE_S(text),
				VALUE_S(web_text(pg, M_place_some, VALUE_I(late),
					VALUE_S(web_state_word(pg, FS_OVERDUE)))));
		web_answer(pg, v, worst[i].icon, text);
		return worst[i].tone;
	}
	if (l->count[FS_ON_TIME]) {
		web_answer(pg, v, ICON_TICK, web_text(pg, M_place_all_ok));
		return TONE_OK;
	}
	web_answer(pg, v, ICON_MINUS, web_text(pg, M_place_empty));
	return TONE_MUTE;
}

/* Surveys of the compound, on the days on which they may be answered. */
static void surveys(const struct page *pg, struct view *v, const struct json *doc)
{
	json_each (s, json_get(doc, "surveys")) {
		int32_t from = json_day(s, "from"), to = json_day(s, "to");
		if (from == DAY_NONE || to == DAY_NONE || pg->today < from || pg->today > to)
			continue;
		struct view *one = view_add(v, K_surveys);
		view_str(one, K_url, web_url(pg, STR("/v/"), json_str(s, "code")));
		view_str(one, K_name, web_word(pg, json_get(s, "title")));
		view_str(one, K_until,
			web_text(pg, M_place_survey_until, VALUE_S(web_date_plain(pg, to))));
	}
}

enum rc web_place_page(struct page *pg, const struct docset *docs, size_t at,
	const struct json *label, struct str path)
{
	const struct json *doc = docset_json(docs, at);
	struct list *l = arena_alloc(pg->arena, sizeof *l);
	struct str name = json_str(doc, "name"), address = json_str(doc, "address");
	read_list(pg, docs, l);
	struct view *answer = view_new(pg->arena);
	enum tone tone = sentence(pg, answer, l);
	struct str title =
		web_text(pg, M_title_short, VALUE_S(name), VALUE_S(web_text(pg, M_disclosure)));
	struct view *v = web_begin(pg, title, tone, path);
	sentence(pg, v, l);
	view_str(
		v, K_description, web_text(pg, M_title_short, VALUE_S(name), VALUE_S(address)));
	view_str(v, K_name, name);
	view_str(v, K_where, address);
	view_str(v, K_where_lang, web_text_lang(pg, name));
	view_str(v, K_question, web_text(pg, M_place_question));
	view_int(v, K_count, (int64_t)l->n);
	view_str(v, K_json_url, web_cat(pg, path, STR(".json")));
	for (size_t i = 0; i < l->n; i++)
		card(pg, v, &l->f[i]);
	surveys(pg, v, doc);
	web_tickets_part(pg, v, doc);
	web_label_alarm(pg, v, label);
	web_proof(pg, v, label, STR_NONE, json_get(doc, "org"), NULL);
	if (!label)
		view_str(v, K_report_url, web_url(pg, STR("/report/"), json_str(doc, "code")));
	return web_html(pg, T_place, v);
}

void web_place_json(struct page *pg, const struct docset *docs)
{
	struct list *l = arena_alloc(pg->arena, sizeof *l);
	read_list(pg, docs, l);
	sbuf_puts(pg->out, ",\"facilities\":[");
	for (size_t i = 0; i < l->n; i++) {
		const struct facility *f = &l->f[i];
		sbuf_fmt(pg->out, "%s{\"state\":\"%s\",\"days\":", i ? "," : "",
			fstate_name(f->state.state));
		if (f->state.has_days)
			sbuf_fmt(pg->out, "%d", f->state.days);
		else
			sbuf_puts(pg->out, "null");
		web_json_more(pg, "document", docs->doc[f->order].bytes);
		sbuf_byte(pg->out, '}');
	}
	sbuf_byte(pg->out, ']');
}

static enum rc render(struct page *pg, const struct docset *docs)
{
	if (!docs->n || !docset_json(docs, 0))
		return RC_NOT_FOUND;
	if (!pg->json)
		return web_place_page(pg, docs, 0, NULL, web_cat(pg, STR("/b/"), pg->key));
	web_json_begin(pg, NULL, docs->doc[0].bytes);
	web_place_json(pg, docs);
	return web_json_end(pg);
}

void web_place(struct request *rq)
{
	static const struct page_kind kind = {.name = "place",
		.stmt = ST_public_place,
		.doc_kind = "place",
		.guess = ST_NONE,
		.render = render};
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param param = DB_P_TEXT(str_c(c.c));
	request_page(
		rq, &kind, &(struct page_args){.key = str_c(c.c), .params = &param, .n = 1});
}
