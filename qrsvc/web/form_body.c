/* Owns the body of api.staff_record_put (sql/STAFF.md) as it is made of a form.  Never checks:
 * what is wrong is for form_check.c and the database to say.  Called through form.h. */
#include "qrsvc/web/form.h"

static void member(struct sbuf *b, const char *key, struct str value)
{
	if (!value.n)
		return;
	sbuf_fmt(b, ",\"%s\":", key);
	sbuf_json(b, value);
}

static struct str value_of(const struct form *f, enum form_is is, const char *name)
{
	for (size_t i = 0; i < f->n; i++)
		if (f->in[i].is == is && (!name || str_eq(f->in[i].name, str_c(name))))
			return f->in[i].value;
	return STR_NONE;
}

/* The id that was chosen, or that of the firm of this name; 0: another firm. */
static uint64_t party_id(const struct form_input *in)
{
	uint64_t id = 0;
	if (in->is == FORM_PARTY)
		return str_u64(in->value, &id) ? id : 0;
	json_each (p, json_get(in->def, "parties"))
		if (str_eq(json_str(p, "name"), in->value))
			return (uint64_t)json_int(p, "id", 0);
	return 0;
}

static void one_party(struct sbuf *b, const struct form_input *in)
{
	uint64_t id = party_id(in);
	sbuf_puts(b, "{\"role\":");
	sbuf_json(b, in->code);
	if (id) {
		sbuf_puts(b, ",\"party\":");
		sbuf_u64(b, id);
	} else {
		member(b, "name", in->value);
	}
	sbuf_byte(b, '}');
}

/* As typed; the database reads numbers from text.  yes and no are what they mean. */
static void one_field(struct sbuf *b, const struct form_input *in)
{
	sbuf_json(b, in->code);
	sbuf_byte(b, ':');
	if (in->is == FORM_BOOL)
		sbuf_puts(b, str_eq(in->value, STR("yes")) ? "true" : "false");
	else
		sbuf_json(b, in->value);
}

static void one_result(const struct form *f, struct sbuf *b, const struct form_input *in)
{
	struct str op, num, word = form_word(f, in->value);
	bool number = !word.p && form_number(f->arena, in->value, &op, &num);
	sbuf_puts(b, "{\"item\":");
	sbuf_json(b, in->code);
	if (number) {
		member(b, "op", op);
		member(b, "num", num);
	} else {
		member(b, "word", word.p ? word : in->value);
	}
	sbuf_byte(b, '}');
}

static void one_photo(struct sbuf *b, const struct form_input *in)
{
	sbuf_puts(b, "{\"slot\":");
	sbuf_json(b, in->code);
	member(b, "sha256", in->value);
	sbuf_byte(b, '}');
}

static bool is_field(enum form_is is)
{
	return is == FORM_TEXT || is == FORM_INTEGER || is == FORM_NUMBER || is == FORM_DATE ||
	       is == FORM_BOOL;
}

static bool is_result(enum form_is is)
{
	return is == FORM_RESULT || is == FORM_WORD;
}

static bool is_photo(enum form_is is)
{
	return is == FORM_PHOTO;
}

static bool is_party(enum form_is is)
{
	return is == FORM_PARTY || is == FORM_FIRM;
}

/* ,"key":[..] or {..} of the inputs that are answered. */
static void list(
	const struct form *f, struct sbuf *b, const char *key, bool (*of)(enum form_is))
{
	bool object = of == is_field, any = false;
	sbuf_fmt(b, ",\"%s\":%c", key, object ? '{' : '[');
	for (size_t i = 0; i < f->n; i++) {
		const struct form_input *in = &f->in[i];
		if (!of(in->is) || !in->value.n)
			continue;
		if (any)
			sbuf_byte(b, ',');
		any = true;
		if (object)
			one_field(b, in);
		else if (of == is_result)
			one_result(f, b, in);
		else if (of == is_photo)
			one_photo(b, in);
		else
			one_party(b, in);
	}
	sbuf_byte(b, object ? '}' : ']');
}

void form_body(const struct form *f, struct sbuf *b)
{
	sbuf_puts(b, "{\"facility\":");
	sbuf_json(b, f->facility);
	member(b, "type", f->type);
	sbuf_fmt(b, ",\"submit\":%s,\"rev\":%lld", f->draft ? "false" : "true",
		(long long)f->rev);
	member(b, "from", value_of(f, FORM_TIME, "from"));
	member(b, "to", value_of(f, FORM_TIME, "to"));
	list(f, b, "parties", is_party);
	list(f, b, "fields", is_field);
	list(f, b, "results", is_result);
	list(f, b, "photos", is_photo);
	member(b, "report", value_of(f, FORM_REPORT, NULL));
	member(b, "note", value_of(f, FORM_NOTE, NULL));
	member(b, "reason", value_of(f, FORM_REASON, NULL));
	sbuf_byte(b, '}');
}
