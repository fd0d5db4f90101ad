/* Owns the reading and checking of templates.  Never lays out a row, never draws.  Called by
 * qrlabels, the jobs and the fuzzer. */
#include "labels/template.h"
#include "qrsvc/base/ini.h"
#include <stdarg.h>

#define SIDE_MAX 2000000  /* um: two metres of roll */
#define PT_UM 352.7777778 /* one point */

struct reader {
	struct label_template *t;
	const char *file;
	char why[256]; /* first fault */
};

static int bad(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int bad(struct reader *r, const char *fmt, ...)
{
	va_list ap;

	if (r->why[0] != '\0')
		return 0;
	va_start(ap, fmt);
	vsnprintf(r->why, sizeof r->why, fmt, ap);
	va_end(ap);
	return 0;
}

/* A decimal number with at most three places as thousandths, exactly. */
static bool thousandths(const char *v, int64_t *ret_)
{
	int64_t n = 0;
	int places = -1, digits = 0;
	bool minus = *v == '-';

	for (v += minus; *v != '\0'; v++) {
		if (*v == '.' && places < 0) {
			places = 0;
			continue;
		}
		if (*v < '0' || *v > '9' || n > 100000000 || places == 3)
			return false;
		n = n * 10 + (*v - '0');
		digits++;
		if (places >= 0)
			places++;
	}
	for (int i = places < 0 ? 0 : places; i < 3; i++)
		n *= 10;
	*ret_ = minus ? -n : n;
	return digits > 0;
}

static int read_mm(struct reader *r, const char *key, const char *v, bool sign, int32_t *ret_)
{
	int64_t um;

	if (!thousandths(v, &um))
		return bad(
			r, "%s = %s: not a length in mm with at most three decimals", key, v);
	if ((!sign && um < 0) || um > SIDE_MAX || um < -SIDE_MAX)
		return bad(r, "%s = %s: out of range", key, v);
	*ret_ = (int32_t)um;
	return 1;
}

static int read_count(struct reader *r, const char *key, const char *v, unsigned low,
	unsigned high, unsigned *ret_)
{
	uint64_t n;

	if (!str_u64(str_c(v), &n) || n < low || n > high)
		return bad(r, "%s = %s: a number from %u to %u is wanted", key, v, low, high);
	*ret_ = (unsigned)n;
	return 1;
}

static int read_points(struct reader *r, const char *key, const char *v, int32_t *ret_)
{
	int64_t n;

	if (!thousandths(v, &n) || n < 3000 || n > 400000)
		return bad(r, "%s = %s: a font size from 3 to 400 points is wanted", key, v);
	*ret_ = (int32_t)((double)n / 1000 * PT_UM + 0.5);
	return 1;
}

static int read_colour(struct reader *r, const char *key, const char *v, int64_t *ret_)
{
	int64_t c = 0;

	if (strcmp(v, "none") == 0) {
		*ret_ = -1;
		return 1;
	}
	for (int i = 1; v[0] == '#' && i < 7; i++) {
		char ch = v[i];

		if (ch >= '0' && ch <= '9')
			c = c * 16 + (ch - '0');
		else if (ch >= 'a' && ch <= 'f')
			c = c * 16 + (ch - 'a' + 10);
		else
			c = INT32_MIN;
		if (ch == '\0')
			break;
	}
	if (v[0] != '#' || strlen(v) != 7 || c < 0)
		return bad(
			r, "%s = %s: a colour like #1a2b3c (small letters) is wanted", key, v);
	*ret_ = c;
	return 1;
}

static int read_word(
	struct reader *r, const char *key, const char *v, const char *const *words, int *ret_)
{
	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(v, words[i]) == 0) {
			*ret_ = i;
			return 1;
		}
	}
	return bad(r, "%s = %s: not one of the words it may be (first: %s)", key, v, words[0]);
}

static int read_copy(struct reader *r, const char *key, const char *v, char *ret_, size_t room)
{
	if (strlen(v) >= room || !str_utf8(str_c(v)))
		return bad(r, "%s: longer than %zu bytes, or not UTF-8", key, room - 1);
	memcpy(ret_, v, strlen(v) + 1);
	return 1;
}

static bool same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static int unknown(struct reader *r, const char *section, const char *key)
{
	return bad(r, "[%s] knows no key \"%s\"", section, key);
}

static int on_template(struct reader *r, const char *key, const char *v)
{
	static const char *const kinds[] = {"sheet", "roll", "plate", "poster", NULL};
	struct label_template *t = r->t;
	int kind;

	if (same(key, "name")) {
		if (strspn(v, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(v) || !*v)
			return bad(r, "name = %s: small letters, digits and - only", v);
		return read_copy(r, key, v, t->name, sizeof t->name);
	}
	if (same(key, "title"))
		return read_copy(r, key, v, t->title, sizeof t->title);
	if (same(key, "title_zh"))
		return read_copy(r, key, v, t->title_zh, sizeof t->title_zh);
	if (same(key, "source"))
		return read_copy(r, key, v, t->source, sizeof t->source);
	if (same(key, "dpi"))
		return read_count(r, key, v, 150, 2400, &t->dpi);
	if (!same(key, "kind"))
		return unknown(r, "template", key);
	return read_word(r, key, v, kinds, &kind) &&
	       read_copy(r, key, v, t->kind, sizeof t->kind);
}

static int on_page(struct reader *r, const char *key, const char *v)
{
	if (same(key, "width"))
		return read_mm(r, key, v, false, &r->t->page_w);
	if (same(key, "height"))
		return read_mm(r, key, v, false, &r->t->page_h);
	return unknown(r, "page", key);
}

static int on_grid(struct reader *r, const char *key, const char *v)
{
	struct label_template *t = r->t;

	if (same(key, "columns"))
		return read_count(r, key, v, 1, 50, &t->columns);
	if (same(key, "rows"))
		return read_count(r, key, v, 1, 100, &t->rows);
	if (same(key, "left"))
		return read_mm(r, key, v, false, &t->left);
	if (same(key, "top"))
		return read_mm(r, key, v, false, &t->top);
	if (same(key, "pitch_x"))
		return read_mm(r, key, v, false, &t->pitch_x);
	if (same(key, "pitch_y"))
		return read_mm(r, key, v, false, &t->pitch_y);
	return unknown(r, "grid", key);
}

static int on_label(struct reader *r, const char *key, const char *v)
{
	struct label_template *t = r->t;

	if (same(key, "width"))
		return read_mm(r, key, v, false, &t->w);
	if (same(key, "height"))
		return read_mm(r, key, v, false, &t->h);
	if (same(key, "radius"))
		return read_mm(r, key, v, false, &t->radius);
	if (same(key, "margin"))
		return read_mm(r, key, v, false, &t->margin);
	return unknown(r, "label", key);
}

static int on_qr(struct reader *r, const char *key, const char *v)
{
	static const char *const versions[] = {"auto", "1", "2", "3", NULL};
	struct tpl_qr *q = &r->t->qr;

	if (same(key, "x"))
		return read_mm(r, key, v, false, &q->x);
	if (same(key, "y"))
		return read_mm(r, key, v, false, &q->y);
	if (same(key, "size"))
		return read_mm(r, key, v, false, &q->size);
	if (same(key, "version"))
		return read_word(r, key, v, versions, &q->version);
	return unknown(r, "qr", key);
}

static int on_text(struct reader *r, struct tpl_text *x, const char *key, const char *v)
{
	static const char *const aligns[] = {"start", "center", "end", "left", "right", NULL};
	static const char *const valigns[] = {"top", "middle", "bottom", NULL};
	static const char *const weights[] = {"regular", "bold", NULL};
	static const char *const yes[] = {"no", "yes", NULL};
	int n = 0;
	int64_t c = 0;

	if (same(key, "content")) {
		char why[120];

		return template_content(x, v, why, sizeof why) ? 1 : bad(r, "content: %s", why);
	}
	if (same(key, "x"))
		return read_mm(r, key, v, false, &x->box.x);
	if (same(key, "y"))
		return read_mm(r, key, v, false, &x->box.y);
	if (same(key, "width"))
		return read_mm(r, key, v, false, &x->box.w);
	if (same(key, "height"))
		return read_mm(r, key, v, false, &x->box.h);
	if (same(key, "size"))
		return read_points(r, key, v, &x->box.size);
	if (same(key, "min"))
		return read_points(r, key, v, &x->box.min);
	if (same(key, "lines"))
		return read_count(r, key, v, 1, FIT_LINES, (unsigned *)&x->box.lines);
	if (same(key, "align")) {
		int ok = read_word(r, key, v, aligns, &n);

		x->box.align = (enum fit_align)n;
		return ok;
	}
	if (same(key, "valign")) {
		int ok = read_word(r, key, v, valigns, &n);

		x->box.valign = (enum fit_valign)n;
		return ok;
	}
	if (same(key, "weight") || same(key, "flow")) {
		int ok = read_word(r, key, v, same(key, "flow") ? yes : weights, &n);

		*(same(key, "flow") ? &x->flow : &x->box.bold) = n == 1;
		return ok;
	}
	if (same(key, "colour")) {
		int ok = read_colour(r, key, v, &c);

		if (ok && c < 0)
			return bad(r, "a text needs a colour");
		x->colour = (uint32_t)c;
		return ok;
	}
	return unknown(r, "text", key);
}

static int on_box(struct reader *r, struct tpl_box *b, const char *key, const char *v)
{
	if (same(key, "x"))
		return read_mm(r, key, v, false, &b->x);
	if (same(key, "y"))
		return read_mm(r, key, v, false, &b->y);
	if (same(key, "width"))
		return read_mm(r, key, v, false, &b->w);
	if (same(key, "height"))
		return read_mm(r, key, v, false, &b->h);
	if (same(key, "line"))
		return read_mm(r, key, v, false, &b->line);
	if (same(key, "radius"))
		return read_mm(r, key, v, false, &b->radius);
	if (same(key, "fill"))
		return read_colour(r, key, v, &b->fill);
	if (same(key, "stroke"))
		return read_colour(r, key, v, &b->stroke);
	return unknown(r, "box", key);
}

/* The text or box with this name, made if it is new; NULL if there is no room. */
static struct tpl_text *find_text(struct label_template *t, const char *id)
{
	for (int i = 0; i < t->texts; i++)
		if (same(t->text[i].id, id))
			return &t->text[i];
	if (t->texts == TPL_TEXTS || strlen(id) >= sizeof t->text[0].id)
		return NULL;
	struct tpl_text *x = &t->text[t->texts++];

	memset(x, 0, sizeof *x);
	memcpy(x->id, id, strlen(id) + 1);
	x->box.lines = 1;
	return x;
}

static struct tpl_box *find_box(struct label_template *t, const char *id)
{
	for (int i = 0; i < t->boxes; i++)
		if (same(t->box[i].id, id))
			return &t->box[i];
	if (t->boxes == TPL_BOXES || strlen(id) >= sizeof t->box[0].id)
		return NULL;
	struct tpl_box *b = &t->box[t->boxes++];

	*b = (struct tpl_box){.fill = -1, .stroke = -1};
	memcpy(b->id, id, strlen(id) + 1);
	return b;
}

static int on_pair(struct reader *r, const char *section, const char *key, const char *v)
{
	if (same(section, "template"))
		return on_template(r, key, v);
	if (same(section, "page"))
		return on_page(r, key, v);
	if (same(section, "grid"))
		return on_grid(r, key, v);
	if (same(section, "label"))
		return on_label(r, key, v);
	if (same(section, "qr"))
		return on_qr(r, key, v);
	if (same(section, "fields")) {
		if (!same(key, "layout") || !same(v, "auto-1"))
			return bad(r, "[fields] knows only layout = auto-1");
		r->t->automatic = true;
		return 1;
	}
	if (strncmp(section, "text ", 5) == 0 && section[5] != '\0') {
		struct tpl_text *x = find_text(r->t, section + 5);

		return x ? on_text(r, x, key, v) : bad(r, "more than %d texts", TPL_TEXTS);
	}
	if (strncmp(section, "box ", 4) == 0 && section[4] != '\0') {
		struct tpl_box *b = find_box(r->t, section + 4);

		return b ? on_box(r, b, key, v) : bad(r, "more than %d boxes", TPL_BOXES);
	}
	return bad(r, "unknown section [%s]", section);
}

static enum rc on_entry(void *arg, const struct ini_entry *entry, struct err *e)
{
	struct reader *r = arg;

	if (on_pair(r, entry->section, entry->key, entry->value.p))
		return RC_OK;
	return err_set(e, RC_INVALID, "%s:%d: %s", r->file, entry->line, r->why);
}

enum rc template_parse(
	struct str ini, const char *file, struct label_template *ret_, struct err *e)
{
	struct label_template *t = ret_;
	struct reader r = {.t = t, .file = file};

	memset(t, 0, sizeof *t);
	t->columns = t->rows = 1;
	t->dpi = 600;
	t->margin = 1500;
	memcpy(t->kind, "sheet", 6);
	if (ini.n > 65536)
		return err_set(e, RC_BAD, "%s: too long for a template", file);
	enum rc rc = ini_read_str(ini, file, on_entry, &r, e);

	if (rc == RC_OK && !template_check(t, r.why, sizeof r.why))
		rc = err_set(e, RC_INVALID, "%s: %s", file, r.why);
	return rc;
}
