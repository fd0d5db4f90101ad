/* Owns what can be found wrong with a record's form without asking the database, and how
 * numbers, words and times are typed.  Never judges a result.  Called through form.h. */
#include "qrsvc/base/clock.h"
#include "qrsvc/web/form.h"

/* Work of years ago comes by import, not through this form; the database knows its own bound.
 */
#define NUMBER_DIGITS 12
#define NUMBER_PLACES 9

/* ---- how things are typed -----------------------------------------------------------------
 */

/* Signs of a Chinese keyboard, and signs that stand for two; longest UTF-8 form: 3 bytes, never
 * shorter than what it stands for. */
static const struct {
	const char *wide, *plain;
} signs[] = {{"＜", "<"}, {"＞", ">"}, {"≤", "<="}, {"≥", ">="}, {"．", "."}, {"。", "."},
	{"－", "-"}, {"＝", "="}, {"\xe3\x80\x80", ""}, {" ", ""}};
#define SIGNS (sizeof signs / sizeof signs[0])

/* Bytes of rest that stand for one sign or wide digit; *ret_plain: what it means. */
static size_t narrow_one(struct str rest, char digit[static 2], struct str *ret_plain)
{
	for (size_t t = 0; t < SIGNS; t++)
		if (str_starts(rest, str_c(signs[t].wide))) {
			*ret_plain = str_c(signs[t].plain);
			return strlen(signs[t].wide);
		}
	/* U+FF10 .. U+FF19 */
	if (rest.n > 2 && str_starts(rest, STR("\xef\xbc")) &&
		(unsigned char)rest.p[2] >= 0x90 && (unsigned char)rest.p[2] <= 0x99) {
		digit[0] = (char)('0' + ((unsigned char)rest.p[2] - 0x90));
		*ret_plain = (struct str){digit, 1};
		return 3;
	}
	*ret_plain = str_sub(rest, 0, 1);
	return 1;
}

static struct str narrow(struct arena *a, struct str s)
{
	char *to = arena_raw(a, s.n + 1), digit[2];
	struct str plain;
	size_t n = 0;
	for (size_t i = 0; i < s.n;) {
		i += narrow_one(str_sub(s, i, s.n), digit, &plain);
		for (size_t k = 0; k < plain.n; k++)
			to[n++] = plain.p[k];
	}
	return (struct str){to, n};
}

static size_t digits(struct str s, size_t at)
{
	size_t n = 0;
	while (at + n < s.n && s.p[at + n] >= '0' && s.p[at + n] <= '9')
		n++;
	return n;
}

bool form_number(struct arena *a, struct str typed, struct str *ret_op, struct str *ret_num)
{
	static const char *const ops[] = {"<=", ">=", "<", ">"};
	struct str s = narrow(a, typed), op = STR_NONE;
	for (size_t i = 0; !op.p && i < sizeof ops / sizeof ops[0]; i++)
		if (str_starts(s, str_c(ops[i])))
			op = str_c(ops[i]);
	s = str_sub(s, op.n, s.n);
	if (!op.p && s.n && s.p[0] == '=')
		s = str_sub(s, 1, s.n);
	size_t at = s.n && s.p[0] == '-', whole = digits(s, at), places = 0;
	at += whole;
	if (at < s.n && s.p[at] == '.') {
		places = digits(s, ++at);
		at += places;
		if (!places)
			return false;
	}
	if (!whole || whole > NUMBER_DIGITS || places > NUMBER_PLACES || at != s.n)
		return false;
	*ret_op = op;
	*ret_num = s;
	return true;
}

struct str form_word(const struct form *f, struct str typed)
{
	const struct json *words = json_get(f->ref, "words");
	json_each (w, json_get(f->doc, "item_words")) {
		struct str code = json_text(w);
		if (str_ieq(code, typed))
			return code;
		json_each (name, json_member(words, code))
			if (str_ieq(json_text(name), typed))
				return code;
	}
	return STR_NONE;
}

static bool two(struct str s, size_t at, int max, int *ret_)
{
	if (digits(str_sub(s, 0, at + 2), at) != 2)
		return false;
	*ret_ = (s.p[at] - '0') * 10 + (s.p[at + 1] - '0');
	return *ret_ <= max;
}

bool form_time(struct str s, int64_t *ret_us)
{
	int32_t day;
	int hour, minute;
	if (s.n == 19 && s.p[16] == ':')
		s.n = 16;
	if (s.n != 16 || (s.p[10] != 'T' && s.p[10] != ' ') || s.p[13] != ':' ||
		!day_parse(str_sub(s, 0, 10), &day) || !two(s, 11, 23, &hour) ||
		!two(s, 14, 59, &minute))
		return false;
	int64_t us = clock_day_start(day) + (hour * INT64_C(60) + minute) * 60 * US_PER_S;
	/* On a day with a clock change midnight and this hour have other offsets. */
	struct civil c = clock_civil(us);
	us += ((hour - c.hour) * INT64_C(60) + (minute - c.minute)) * 60 * US_PER_S;
	*ret_us = us;
	return true;
}

/* ---- mistakes -----------------------------------------------------------------------------
 */

static size_t characters(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

static const char *check_date(struct str value)
{
	int32_t day;
	return day_parse(value, &day) ? NULL : "bad_value";
}

static const char *check_result(const struct form *f, struct str value)
{
	struct str op, num;
	if (form_number(f->arena, value, &op, &num) || form_word(f, value).p)
		return NULL;
	return "bad_value";
}

static const char *check_value(const struct form *f, const struct form_input *in, int64_t now)
{
	struct str op, num;
	uint64_t whole;
	int64_t us;
	switch (in->is) {
	case FORM_TIME:
		if (!form_time(in->value, &us))
			return "bad_value";
		return us > now ? "in_future" : NULL;
	case FORM_INTEGER:
		return str_u64(narrow(f->arena, in->value), &whole) ? NULL : "bad_value";
	case FORM_NUMBER:
		return form_number(f->arena, in->value, &op, &num) && !op.p ? NULL
									    : "bad_value";
	case FORM_DATE:
		return check_date(in->value);
	case FORM_RESULT:
		return check_result(f, in->value);
	case FORM_NOTE:
	case FORM_REASON:
		return characters(in->value) > FORM_NOTE_MAX ? "too_long" : NULL;
	case FORM_TEXT:
	case FORM_FIRM:
		return characters(in->value) > FORM_TEXT_MAX ? "too_long" : NULL;
	default:
		return NULL;
	}
}

static void check_order(struct form *f)
{
	struct form_input *from = form_find(f, STR("from")), *to = form_find(f, STR("to"));
	int64_t a, b;
	if (from && to && !from->why && !to->why && form_time(from->value, &a) &&
		form_time(to->value, &b) && a > b)
		to->why = "end_before_start";
}

static void check_photos(struct form *f)
{
	size_t n = 0;
	for (size_t i = 0; i < f->n; i++)
		n += f->in[i].is == FORM_PHOTO && (f->in[i].file || f->in[i].value.n);
	if (n > FORM_PHOTOS)
		f->why = "too_many";
	else if (!f->draft && (int64_t)n < f->photos_min)
		f->why = "too_few";
}

bool form_check(struct form *f, int64_t now_us)
{
	for (size_t i = 0; i < f->n; i++) {
		struct form_input *in = &f->in[i];
		if (in->value.n && in->is != FORM_PHOTO && in->is != FORM_REPORT)
			in->why = check_value(f, in, now_us);
		else if (!in->value.n && !in->file && in->required &&
			 (!f->draft || in->is == FORM_REASON))
			in->why = "missing";
	}
	check_order(f);
	check_photos(f);
	return !form_has_errors(f);
}
