/* Owns the model of a record's form: makes it from what the database asks, fills and checks it.
 * Never renders, never sends.  Called by the handlers of record forms. */
#include "qrsvc/web/form.h"

#include "qrsvc/base/clock.h"

/* ---- questions --------------------------------------------------------------------------- */

const struct json *form_words(const struct form *f, const char *part, struct str code)
{
	return json_member(json_get(f->kind, part), code);
}

static struct str dashed(struct arena *a, const char *prefix, struct str code)
{
	return code.p ? arena_fmt(a, "%s-%.*s", prefix, STR_F(code)) : str_c(prefix);
}

static struct form_input *add(struct form *f, enum form_is is, const char *prefix,
	struct str code, bool required, const struct json *def)
{
	if (f->n == FORM_INPUTS)
		return NULL;
	struct form_input *in = &f->in[f->n++];
	*in = (struct form_input){.is = is,
		.code = code,
		.name = dashed(f->arena, prefix, code),
		.required = required,
		.def = def};
	return in;
}

static enum form_is field_is(struct str type)
{
	static const struct {
		const char *type;
		enum form_is is;
	} table[] = {{"integer", FORM_INTEGER}, {"number", FORM_NUMBER}, {"date", FORM_DATE},
		{"boolean", FORM_BOOL}};
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(type, str_c(table[i].type)))
			return table[i].is;
	return FORM_TEXT;
}

static void add_all(struct form *f)
{
	const struct json *doc = f->doc;
	add(f, FORM_TIME, "from", STR_NONE, false, NULL);
	add(f, FORM_TIME, "to", STR_NONE, true, NULL);
	json_each (s, json_get(doc, "slots"))
		add(f, FORM_PHOTO, "photos", json_str(s, "slot"),
			json_bool(s, "required", false), s);
	json_each (d, json_get(doc, "fields"))
		add(f, field_is(json_str(d, "type")), "fields", json_str(d, "field"),
			json_bool(d, "required", false), d);
	json_each (i, json_get(doc, "items")) {
		bool word = str_eq(json_str(json_get(i, "limit"), "op"), STR("word"));
		add(f, word ? FORM_WORD : FORM_RESULT, "results", json_str(i, "item"),
			json_bool(i, "required", false), i);
	}
	/* Who cleans must be known, with a filing; who tests or inspects may be new. */
	json_each (r, json_get(doc, "roles")) {
		bool known = str_eq(json_str(r, "role"), STR("cleaner"));
		add(f, known ? FORM_PARTY : FORM_FIRM, "party", json_str(r, "role"),
			json_bool(r, "required", false), r);
	}
	/* A test comes with the paper it stands on. */
	if (str_eq(f->type, STR("test")))
		add(f, FORM_REPORT, "report", STR_NONE, false, NULL);
	add(f, FORM_NOTE, "note", STR_NONE, false, NULL);
}

bool form_make(struct form *f, struct arena *a, const struct json *doc, const struct json *ref)
{
	const struct json *facility = json_get(doc, "facility");
	*f = (struct form){.arena = a,
		.doc = doc,
		.ref = ref,
		.kind = json_member(json_get(ref, "kinds"), json_str(facility, "kind")),
		.facility = json_str(facility, "code"),
		.type = json_str(doc, "type"),
		.id = json_str(doc, "id"),
		.photos_min = json_int(doc, "photos_min", 0)};
	f->type_def = form_words(f, "types", f->type);
	if (!f->facility.n || !f->type.n)
		return false;
	add_all(f);
	return true;
}

struct form_input *form_find(struct form *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->in[i].name, name))
			return &f->in[i];
	return NULL;
}

/* ---- answers ------------------------------------------------------------------------------
 */

struct str form_time_text(struct arena *a, int64_t us)
{
	struct civil c = clock_civil(us);
	return arena_fmt(
		a, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
}

static void set(struct form *f, const char *name, struct str value)
{
	struct form_input *in = form_find(f, str_c(name));
	if (in)
		in->value = value;
}

void form_defaults(struct form *f, int64_t now_us)
{
	int64_t step = 5 * 60 * US_PER_S, to = now_us - now_us % step;
	set(f, "to", form_time_text(f->arena, to));
	set(f, "from", form_time_text(f->arena, to - 3600 * US_PER_S));
	for (size_t i = 0; i < f->n; i++) {
		struct form_input *in = &f->in[i];
		int64_t id;
		const struct json *first = json_first(json_get(in->def, "parties"));
		if (in->is == FORM_PARTY && in->required &&
			json_integer(json_get(first, "id"), &id))
			in->value = arena_fmt(f->arena, "%lld", (long long)id);
	}
}

static struct str time_text(struct form *f, struct str stored)
{
	int64_t us;
	return clock_parse(stored, &us) ? form_time_text(f->arena, us) : stored;
}

static void stored_results(struct form *f, const struct json *list)
{
	json_each (r, list) {
		struct str name = dashed(f->arena, "results", json_str(r, "item"));
		struct str word = json_str(r, "word"), op = json_str(r, "op");
		struct form_input *in = form_find(f, name);
		if (in)
			in->value = word.n ? word
					   : arena_fmt(f->arena, "%.*s%.*s", STR_F(op),
						     STR_F(json_str(r, "num")));
	}
}

static struct str stored_text(struct form *f, const struct json *v)
{
	int64_t i;
	switch (json_type(v)) {
	case JSON_BOOL:
		return json_is_true(v) ? STR("yes") : STR("no");
	case JSON_NUMBER:
		return json_integer(v, &i) ? arena_fmt(f->arena, "%lld", (long long)i)
					   : json_number_text(v);
	default:
		return json_text(v);
	}
}

/* The name of a party of a body, which may hold its id instead. */
static struct str firm_name(const struct form_input *in, const struct json *party)
{
	int64_t id = json_int(party, "party", 0);
	json_each (p, json_get(in->def, "parties"))
		if (id && json_int(p, "id", 0) == id)
			return json_str(p, "name");
	return json_str(party, "name");
}

void form_stored(struct form *f, const struct json *body)
{
	int64_t id;
	set(f, "from", time_text(f, json_str(body, "from")));
	set(f, "to", time_text(f, json_str(body, "to")));
	set(f, "note", json_str(body, "note"));
	set(f, "report", json_str(body, "report"));
	json_each (v, json_get(body, "fields")) {
		struct form_input *in = form_find(f, dashed(f->arena, "fields", json_key(v)));
		if (in)
			in->value = stored_text(f, v);
	}
	json_each (p, json_get(body, "parties")) {
		struct form_input *in =
			form_find(f, dashed(f->arena, "party", json_str(p, "role")));
		if (in && in->is == FORM_FIRM)
			in->value = firm_name(in, p);
		else if (in && json_integer(json_get(p, "party"), &id))
			in->value = arena_fmt(f->arena, "%lld", (long long)id);
	}
	json_each (p, json_get(body, "photos")) {
		struct form_input *in =
			form_find(f, dashed(f->arena, "photos", json_str(p, "slot")));
		if (in)
			in->value = json_str(p, "sha256");
	}
	stored_results(f, json_get(body, "results"));
}

bool form_is_hash(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f')))
			return false;
	return s.n == SHA256_HEX;
}

static const struct http_part *part_of(
	const struct http_part *parts, size_t n, struct str name, bool file)
{
	for (size_t i = 0; i < n; i++)
		if (!!parts[i].filename.p == file && str_eq(parts[i].name, name))
			return &parts[i];
	return NULL;
}

static struct str value_of(const struct http_part *parts, size_t n, struct str name)
{
	const struct http_part *p = part_of(parts, n, name, false);
	return p ? str_trim(p->value, " \t\r\n") : STR_NONE;
}

static void typed_file(
	struct form *f, struct form_input *in, const struct http_part *parts, size_t n)
{
	const struct http_part *file = part_of(parts, n, in->name, true);
	struct str code = in->code.p ? in->code : in->name;
	struct str kept = value_of(parts, n, dashed(f->arena, "kept", code));
	bool drop = value_of(parts, n, dashed(f->arena, "drop", code)).n != 0;
	if (form_is_hash(kept) && !drop)
		in->value = kept;
	/* A browser sends an empty file where none was chosen. */
	if (file && (file->size || file->filename.n))
		in->file = file;
}

void form_follow(struct form *f, struct str id, int64_t rev)
{
	f->id = id;
	f->rev = rev;
	if (rev && !form_find(f, STR("reason")))
		add(f, FORM_REASON, "reason", STR_NONE, true, NULL);
}

void form_typed(struct form *f, const struct http_part *parts, size_t n)
{
	uint64_t rev = 0;
	struct str key = value_of(parts, n, STR("key"));
	if (key.n)
		f->id = key;
	if (str_u64(value_of(parts, n, STR("rev")), &rev) && rev < 32768)
		f->rev = (int64_t)rev;
	f->draft = str_eq(value_of(parts, n, STR("do")), STR("draft"));
	form_follow(f, f->id, f->rev);
	for (size_t i = 0; i < f->n; i++) {
		struct form_input *in = &f->in[i];
		if (in->is == FORM_PHOTO || in->is == FORM_REPORT)
			typed_file(f, in, parts, n);
		else
			in->value = value_of(parts, n, in->name);
	}
}

/* ---- mistakes -----------------------------------------------------------------------------
 */

void form_refused(struct form *f, const struct json *errors)
{
	json_each (e, errors) {
		struct str field = json_str(e, "field"), why = json_str(e, "why");
		struct str name = arena_str(f->arena, field);
		for (size_t i = 0; i < name.n; i++)
			if (name.p[i] == ':')
				((char *)(uintptr_t)name.p)[i] = '-';
		struct form_input *in = form_find(f, name);
		if (!in && str_eq(name, STR("photos"))) {
			f->why = arena_str(f->arena, why).p;
			continue;
		}
		/* What has no input of its own stands at the first one. */
		if (!in)
			in = str_eq(name, STR("date")) ? form_find(f, STR("to")) : &f->in[0];
		if (!in->why) {
			in->why = arena_str(f->arena, why).p;
			in->said = e;
		}
	}
}

bool form_has_errors(const struct form *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->in[i].why)
			return true;
	return f->why != NULL;
}
