/* Owns the form in which an office writes a survey, as data: its fields, what was typed, the
 * body the database takes.  Knows neither the list nor the page it stands on.  Called by
 * staff_survey.c. */
#include "qrsvc/web/office.h"
#include "qrsvc/web/survey.h"

#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/msg.h"

enum is { TEXT, LONG, DATE };

static const struct field {
	const char *name;
	enum is is;
	unsigned msg, hint;
	int max; /* characters */
} fields[] = {{"title", TEXT, M_sf_title, 0, 80}, {"title_en", TEXT, M_sf_title_en, 0, 120},
	{"purpose", LONG, M_sf_purpose, M_sf_purpose_hint, 300},
	{"purpose_en", LONG, M_sf_purpose_en, 0, 400},
	{"places", LONG, M_sf_places, M_sf_places_hint, 8000}, {"from", DATE, M_sf_from, 0, 10},
	{"to", DATE, M_sf_to, 0, 10}, {"levels", LONG, M_sf_levels, M_sf_levels_hint, 4000},
	{"words", LONG, M_sf_words, M_sf_words_hint, 1000}};
#define NFIELDS (sizeof fields / sizeof fields[0])

/* ---- what a draft says ---------------------------------------------------------------------
 */

/* "Text | English", a question a line. */
static struct str questions_text(
	const struct page *pg, const struct json *survey, const char *kind)
{
	struct sbuf b;
	sbuf_init(&b, 8 * KIB);
	json_each (q, json_get(survey, "questions")) {
		const struct json *text = json_get(q, "text");
		struct str en = json_str(text, "en");
		if (!str_eq(json_str(q, "kind"), str_c(kind)))
			continue;
		if (b.n)
			sbuf_byte(&b, '\n');
		sbuf_str(&b, json_str(text, "zh-CN"));
		if (en.n) {
			sbuf_puts(&b, " | ");
			sbuf_str(&b, en);
		}
	}
	struct str s = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static struct str places_text(const struct page *pg, const struct json *doc)
{
	struct sbuf b;
	sbuf_init(&b, 16 * KIB);
	json_each (p, json_get(doc, "places")) {
		if (b.n)
			sbuf_byte(&b, '\n');
		sbuf_str(&b, json_str(json_get(p, "place"), "code"));
	}
	struct str s = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

static struct str stored(const struct page *pg, const struct json *doc, const char *name)
{
	const struct json *s = json_get(doc, "survey"), *title = json_get(s, "title");
	if (!s)
		return STR_NONE;
	if (!strcmp(name, "title"))
		return json_str(title, "zh-CN");
	if (!strcmp(name, "title_en"))
		return json_str(title, "en");
	if (!strcmp(name, "places"))
		return places_text(pg, doc);
	if (!strcmp(name, "levels"))
		return questions_text(pg, s, "level");
	if (!strcmp(name, "words"))
		return questions_text(pg, s, "words");
	return json_str(s, name);
}

/* ---- shown ---------------------------------------------------------------------------------
 */

static const struct json *rule_of(const struct json *survey, struct str rule)
{
	json_each (r, json_get(survey, "rules"))
		if (str_eq(json_str(r, "rule"), rule))
			return r;
	return NULL;
}

static void rules(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	const struct json *survey = json_get(sv->doc, "survey");
	json_each (c, json_get(sv->doc, "checks")) {
		struct str code = json_str(c, "rule");
		const struct json *r = rule_of(survey, code);
		if (json_bool(c, "takes", false)) {
			int64_t n = json_int(r, "least", 0);
			view_str(v, K_least_label, web_word(pg, json_get(c, "name")));
			view_str(v, K_least,
				web_staff_typed(sv, "least", n ? web_number(pg, n) : STR_NONE));
			view_str(v, K_err_least, web_staff_error(pg, sv, "least"));
			continue;
		}
		struct view *to = view_add(v, K_rules);
		view_str(to, K_value, code);
		view_str(to, K_label, web_word(pg, json_get(c, "name")));
		view_flag(to, K_chosen,
			web_staff_chosen(sv, "rules[]",
				arena_fmt(pg->arena, "%.*s", STR_F(code)).p,
				survey ? r != NULL : true));
	}
}

void survey_form_view(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct str org = json_str(json_get(json_get(sv->doc, "survey"), "org"), "code");
	for (size_t i = 0; i < NFIELDS; i++) {
		const struct field *f = &fields[i];
		struct view *to = view_add(v, K_inputs);
		view_str(to, K_id, str_c(f->name));
		view_str(to, K_label, web_text(pg, f->msg));
		if (f->hint)
			view_str(to, K_hint, web_text(pg, f->hint));
		view_str(to, K_err, web_staff_error(pg, sv, f->name));
		view_str(to, K_value,
			web_staff_typed(sv, f->name, stored(pg, sv->doc, f->name)));
		view_int(to, K_max, f->max);
		view_flag(to, K_text, f->is == TEXT);
		view_flag(to, K_long, f->is == LONG);
		view_flag(to, K_date, f->is == DATE);
	}
	json_each (o, json_get(sv->doc, "orgs"))
		office_option(v, K_orgs, json_str(o, "code"), json_str(o, "name"),
			web_staff_typed(sv, "org", org));
	view_str(v, K_err_org, web_staff_error(pg, sv, "org"));
	rules(pg, sv, v);
}

void survey_form_errors(const struct page *pg, const struct staff_view *sv, struct view *v)
{
	struct staff_label labels[NFIELDS + 2] = {{"org", M_sf_org}, {"least", M_sf_least}};
	for (size_t i = 0; i < NFIELDS; i++)
		labels[i + 2] = (struct staff_label){fields[i].name, fields[i].msg};
	web_staff_errors(pg, sv, v, labels, NFIELDS + 2);
}

/* ---- sent ----------------------------------------------------------------------------------
 */

static void member(struct sbuf *b, const char *name, struct str value)
{
	sbuf_fmt(b, "%s\"%s\":", b->n > 1 ? "," : "", name);
	sbuf_json(b, value.p ? value : STR(""));
}

struct str survey_form_body(struct request *rq)
{
	static const char *const more[] = {"org", "least"};
	const struct http_body *body = &rq->http->body;
	struct sbuf b;
	int n = 0;
	sbuf_init(&b, 2 * LIMIT_BODY_SMALL);
	sbuf_byte(&b, '{');
	for (size_t i = 0; i < NFIELDS; i++)
		member(&b, fields[i].name, office_arg(rq, fields[i].name));
	for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
		member(&b, more[i], office_arg(rq, more[i]));
	sbuf_puts(&b, ",\"rules\":[");
	for (size_t i = 0; i < body->nparts; i++)
		if (str_eq(body->parts[i].name, STR("rules[]"))) {
			if (n++)
				sbuf_byte(&b, ',');
			sbuf_json(&b, body->parts[i].value);
		}
	sbuf_puts(&b, "]}");
	struct str s = b.over ? STR_NONE : arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}
