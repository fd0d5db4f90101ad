/* Owns how a record's form is shown: labels, hints, limits, choices, what was typed, what is
 * wrong. Never decides what is asked (form.c) or what is wrong (form_check.c, the database).
 * Called by the pages of record forms. */
#include "qrsvc/web/work.h"

/* ---- labels -------------------------------------------------------------------------------
 */

static struct str role_label(const struct page *pg, struct str role)
{
	static const struct {
		const char *role;
		unsigned words;
	} table[] = {{"cleaner", M_wk_cleaner}, {"lab", M_wk_lab},
		{"inspector", M_wk_inspector}, {"repairer", M_wk_repairer}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(role, str_c(table[i].role)))
			return web_text(pg, table[i].words);
	return role;
}

static struct str label(
	const struct page *pg, const struct form *f, const struct form_input *in)
{
	struct str name;
	switch (in->is) {
	case FORM_TIME:
		return web_text(pg, str_eq(in->name, STR("from")) ? M_wk_from : M_wk_to);
	case FORM_PARTY:
	case FORM_FIRM:
		return role_label(pg, in->code);
	case FORM_RESULT:
	case FORM_WORD:
		name = web_named(pg, json_get(f->ref, "items"), in->code);
		return name;
	case FORM_PHOTO:
		return web_named(pg, json_get(f->kind, "slots"), in->code);
	case FORM_REPORT:
		return web_text(pg, M_wk_report);
	case FORM_NOTE:
		return web_text(pg, M_wk_note);
	case FORM_REASON:
		return web_text(pg, M_wk_reason);
	default:
		return web_named(pg, json_get(f->kind, "fields"), in->code);
	}
}

static struct str unit_of(
	const struct page *pg, const struct form *f, const struct form_input *in)
{
	struct str unit = json_str(in->def, "unit");
	const struct json *names = json_member(json_get(f->ref, "units"), unit);
	return names ? web_word(pg, names) : unit;
}

/* Unit and limit: "mg/L, 0.05–2". */
static struct str hint(const struct page *pg, const struct form *f, const struct form_input *in)
{
	struct str unit, limit;
	switch (in->is) {
	case FORM_PHOTO:
		return web_word(pg, form_words(f, "hints", in->code));
	case FORM_REPORT:
		return web_text(pg, M_wk_report_hint);
	case FORM_NOTE:
		return web_text(pg, M_wk_note_hint);
	case FORM_REASON:
		return web_text(pg, M_wk_reason_hint);
	case FORM_TEXT:
	case FORM_INTEGER:
	case FORM_NUMBER:
	case FORM_RESULT:
		unit = unit_of(pg, f, in);
		limit = web_limit(pg, f->ref, json_get(in->def, "limit"));
		return unit.n && limit.n ? web_cat(pg, unit, STR(" "), limit)
		       : limit.n	 ? limit
					 : unit;
	default:
		return STR_NONE;
	}
}

/* ---- mistakes -----------------------------------------------------------------------------
 */

static struct str why_text(
	const struct page *pg, const char *why, const struct json *said, int64_t min)
{
	static const struct {
		const char *why;
		unsigned words;
	} table[] = {{"type", M_wk_why_type}, {"bytes", M_wk_why_bytes},
		{"pixels", M_wk_why_pixels}, {"damaged", M_wk_why_damaged},
		{"costly", M_wk_why_costly}, {"empty", M_wk_why_empty}, {"away", M_wk_why_away},
		{"refused", M_wk_why_refused}, {"report_type", M_wk_why_report_type},
		{"report_bytes", M_wk_why_report_bytes}, {"missing", M_wk_why_missing},
		{"in_future", M_wk_why_in_future}, {"too_old", M_wk_why_too_old},
		{"end_before_start", M_wk_why_order}, {"bad_value", M_wk_why_bad_value},
		{"too_long", M_wk_why_too_long}, {"unknown_photo", M_wk_why_photo_gone},
		{"unknown_report", M_wk_why_report_gone}, {"duplicate", M_wk_why_duplicate},
		{"too_many", M_wk_why_too_many}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(why, table[i].why) == 0)
			return web_text(pg, table[i].words);
	if (strcmp(why, "too_few") == 0)
		return web_text(pg, M_wk_why_too_few, VALUE_I(json_int(said, "min", min)));
	if (strcmp(why, "filing_expired") == 0)
		return web_text(pg, M_wk_why_filing, VALUE_S(json_str(said, "name")));
	return said ? web_staff_why(pg, said) : web_text(pg, M_wk_why_bad_value);
}

static void mistake(struct view *v, struct str id, struct str name, struct str text)
{
	struct view *e = view_add(v, K_errors);
	view_str(e, K_id, id);
	view_str(e, K_label, name);
	view_str(e, K_text, text);
}

/* ---- inputs -------------------------------------------------------------------------------
 */

static void option(struct view *in, struct str value, struct str text, struct str chosen)
{
	struct view *o = view_add(in, K_options);
	view_str(o, K_value, value);
	view_str(o, K_text, text);
	view_flag(o, K_on, value.n && str_eq(value, chosen));
}

static void parties(const struct page *pg, struct view *v, const struct form_input *in)
{
	if (!in->required || !in->value.n)
		option(v, STR(""), web_text(pg, M_wk_none), STR_NONE);
	json_each (p, json_get(in->def, "parties")) {
		int64_t id = json_int(p, "id", 0);
		struct str name = json_str(p, "name"), state = json_str(p, "filing_state");
		if (str_eq(state, STR("expired")))
			name = web_text(pg, M_wk_expired, VALUE_S(name));
		option(v, web_number(pg, id), name, in->value);
	}
	view_flag(v, K_select, true);
}

static void words(const struct page *pg, const struct form *f, struct view *v,
	const struct form_input *in)
{
	const struct json *usual = json_get(in->def, "words"),
			  *names = json_get(f->ref, "words");
	struct str first = json_str(json_get(in->def, "limit"), "word");
	bool there = !in->value.n || str_eq(in->value, first);
	option(v, STR(""), web_text(pg, M_wk_not_tested), STR_NONE);
	if (first.n)
		option(v, first, web_named(pg, names, first), in->value);
	json_each (w, usual ? usual : json_get(f->doc, "item_words")) {
		struct str code = json_text(w);
		there = there || str_eq(in->value, code);
		if (!str_eq(code, first))
			option(v, code, web_named(pg, names, code), in->value);
	}
	/* what is stored, or was typed, is never lost */
	if (!there && form_word(f, in->value).n)
		option(v, in->value, web_named(pg, names, in->value), in->value);
	view_flag(v, K_select, true);
}

static void yes_no(const struct page *pg, struct view *v, const struct form_input *in)
{
	option(v, STR(""), STR("–"), STR_NONE);
	option(v, STR("yes"), web_text(pg, M_yes), in->value);
	option(v, STR("no"), web_text(pg, M_no), in->value);
	view_flag(v, K_select, true);
}

/* Kind and keypad of a plain input; what is text is not said (HTML: the default). */
static void plain(struct view *v, const struct form_input *in)
{
	static const struct {
		const char *type, *mode;
		int most;
	} table[] = {[FORM_TIME] = {"datetime-local", NULL, 0},
		[FORM_DATE] = {"date", NULL, 0},
		[FORM_INTEGER] = {NULL, "numeric", 0},
		[FORM_NUMBER] = {NULL, "decimal", 0},
		[FORM_RESULT] = {NULL, "decimal", 0},
		[FORM_FIRM] = {NULL, NULL, 0},
		[FORM_TEXT] = {NULL, NULL, 0}};
	view_flag(v, K_input, true);
	view_str(v, K_kind, str_c(table[in->is].type));
	view_str(v, K_mode, str_c(table[in->is].mode));
	if (table[in->is].most)
		view_int(v, K_most, table[in->is].most);
}

/* Names to choose from; another one may be typed. */
static void firms(struct view *v, const struct form_input *in)
{
	json_each (p, json_get(in->def, "parties"))
		view_str(view_add(v, K_firms), K_firm, json_str(p, "name"));
	view_flag(v, K_firms_any, view_count(v, K_firms) > 0);
}

static void area(struct view *v)
{
	view_flag(v, K_area, true);
	view_int(v, K_most, FORM_NOTE_MAX);
}

static void file(const struct page *pg, struct view *v, const struct form_input *in)
{
	struct str kept = form_is_hash(in->value) ? in->value : STR_NONE;
	view_str(v, K_slot, in->code.p ? in->code : in->name);
	view_flag(v, K_required, in->required && !kept.p);
	view_str(v, K_kept, kept);
	if (in->is == FORM_PHOTO)
		view_str(v, K_small, work_photo_url(pg, kept, 320));
}

static unsigned list_of(enum form_is is)
{
	switch (is) {
	case FORM_TIME:
		return K_times;
	case FORM_PARTY:
	case FORM_FIRM:
		return K_parties;
	case FORM_RESULT:
	case FORM_WORD:
		return K_results;
	case FORM_PHOTO:
		return K_photos;
	case FORM_REPORT:
		return K_reports;
	case FORM_NOTE:
	case FORM_REASON:
		return K_notes;
	default:
		return K_fields;
	}
}

static void one(const struct page *pg, const struct form *f, struct view *v,
	const struct form_input *in)
{
	struct view *to = view_add(v, list_of(in->is));
	/* results are many: a short id, unless a list of mistakes leads to it */
	bool many = !in->why && str_starts(in->name, STR("results-"));
	view_str(to, K_id, many ? arena_fmt(pg->arena, "r%d", (int)(in - f->in)) : in->name);
	view_str(to, K_name, in->name);
	view_str(to, K_label, label(pg, f, in));
	view_str(to, K_hint, hint(pg, f, in));
	/* a list that offers no empty choice cannot be left out (parties) */
	view_flag(to, K_required, in->required && (in->is != FORM_PARTY || !in->value.n));
	if (in->why) {
		struct str text = why_text(pg, in->why, in->said, f->photos_min);
		view_str(to, K_why, text);
		mistake(v, in->name, label(pg, f, in), text);
	}
	if (in->is == FORM_PARTY)
		parties(pg, to, in);
	else if (in->is == FORM_WORD)
		words(pg, f, to, in);
	else if (in->is == FORM_BOOL)
		yes_no(pg, to, in);
	else if (in->is == FORM_NOTE || in->is == FORM_REASON)
		area(to);
	else if (in->is == FORM_PHOTO || in->is == FORM_REPORT)
		file(pg, to, in);
	else
		plain(to, in);
	if (in->is == FORM_FIRM)
		firms(to, in);
	if (in->is != FORM_PHOTO && in->is != FORM_REPORT)
		view_str(to, K_value, in->value);
}

void form_view(const struct page *pg, const struct form *f, struct view *v)
{
	for (size_t i = 0; i < f->n; i++)
		one(pg, f, v, &f->in[i]);
	view_flag(v, K_photo_set, view_count(v, K_photos) > 0);
	view_flag(v, K_fields_any, view_count(v, K_fields) + view_count(v, K_notes) > 0);
	view_flag(v, K_results_any, view_count(v, K_results) + view_count(v, K_reports) > 0);
	if (f->photos_min > 1)
		view_int(v, K_photos_min, f->photos_min);
	if (f->why) {
		struct str text = why_text(pg, f->why, NULL, f->photos_min);
		view_str(v, K_photos_why, text);
		mistake(v, STR("photos"), web_text(pg, M_wk_photos), text);
	}
	view_int(v, K_errors_n, (int64_t)view_count(v, K_errors));
	view_flag(v, K_errors_any, view_count(v, K_errors) > 0);
}

static void json_mistake(struct sbuf *out, struct str name, const char *why, struct str text)
{
	sbuf_puts(out, out->n > 1 ? ",{\"field\":" : "{\"field\":");
	sbuf_json(out, name);
	sbuf_puts(out, ",\"why\":");
	sbuf_json(out, str_c(why));
	sbuf_puts(out, ",\"text\":");
	sbuf_json(out, text);
	sbuf_byte(out, '}');
}

void form_mistakes(const struct page *pg, const struct form *f, struct sbuf *out)
{
	sbuf_byte(out, '[');
	for (size_t i = 0; i < f->n; i++) {
		const struct form_input *in = &f->in[i];
		if (in->why)
			json_mistake(out, in->name, in->why,
				web_cat(pg, label(pg, f, in), STR(": "),
					why_text(pg, in->why, in->said, f->photos_min)));
	}
	if (f->why)
		json_mistake(out, STR("photos"), f->why,
			web_cat(pg, web_text(pg, M_wk_photos), STR(": "),
				why_text(pg, f->why, NULL, f->photos_min)));
	sbuf_byte(out, ']');
}

/* ---- frame --------------------------------------------------------------------------------
 */

static void types(const struct page *pg, const struct form *f, struct view *v)
{
	json_each (t, json_get(f->doc, "types")) {
		struct str code = json_text(t);
		struct view *to = view_add(v, K_types);
		view_str(to, K_type, web_named(pg, json_get(f->kind, "types"), code));
		if (!str_eq(code, f->type))
			view_str(to, K_other, code);
	}
}

struct view *form_page(const struct page *pg, const struct staff_view *sv, const struct form *f,
	struct str action)
{
	const struct json *facility = json_get(f->doc, "facility");
	struct str name = work_facility(pg, f->ref, facility);
	struct str type = work_type(pg, f->ref, json_str(facility, "kind"), f->type);
	struct view *v = web_staff_begin(
		pg, sv, web_text(pg, M_title_short, VALUE_S(type), VALUE_S(name)), action);
	view_str(v, K_heading, name);
	view_str(v, K_where, work_where(pg, facility));
	view_str(v, K_code, web_code(pg, f->facility));
	view_str(v, K_key, f->id);
	view_str(v, K_type, type);
	if (f->rev)
		view_int(v, K_rev, f->rev);
	else
		types(pg, f, v);
	form_view(pg, f, v);
	return v;
}
