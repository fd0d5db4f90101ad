/* Owns the list of label stocks a worker knows, the drawing of a sheet and the picture of a
 * label.  Reads templates once, at start; asks no database.  Called by staff_labels.c and
 * staff_batch.c. */
#include "qrsvc/web/office.h"

#include "labels/preview.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/log.h"

/* More would make no list anybody looks through. */
#define TEMPLATES_MAX 100
#define USUAL STR("a4-24")
/* A position as a link: more make a page of links (design: pages.md, budgets). */
#define POSITIONS_MAX 100

static const struct label_template *list[TEMPLATES_MAX]; /* of the process, never freed */
static size_t list_n;

static void add_cb(void *arg, const char *name)
{
	struct err e;
	(void)arg;
	const struct label_template *t =
		list_n < TEMPLATES_MAX ? label_template_load(name, NULL, &e) : NULL;
	if (t)
		list[list_n++] = t;
	else
		log_event(LOG_WARNING, "template.refused", LOG_C("name", name),
			LOG_C("why", list_n < TEMPLATES_MAX ? e.detail : "too many"));
}

void office_templates_load(void)
{
	if (!list_n)
		label_template_each(NULL, add_cb, NULL);
}

const struct label_template *office_template(struct str name)
{
	const struct label_template *usual = list_n ? list[0] : NULL;
	for (size_t i = 0; i < list_n; i++) {
		struct str n = str_c(label_template_info(list[i]).name);
		if (str_eq(n, name))
			return list[i];
		if (str_eq(n, USUAL))
			usual = list[i];
	}
	return usual;
}

struct str office_template_title(const struct page *pg, const struct label_template *t)
{
	struct label_template_info in = label_template_info(t);
	return str_c(pg->lang == LANG_ZH && in.title_zh[0] ? in.title_zh : in.title);
}

void office_template_options(const struct page *pg, struct view *v, struct str chosen)
{
	for (size_t i = 0; i < list_n; i++) {
		struct str name = str_c(label_template_info(list[i]).name);
		office_option(v, K_templates, name, office_template_title(pg, list[i]), chosen);
	}
}

unsigned office_positions(const struct label_template *t)
{
	struct label_template_info in = label_template_info(t);
	return in.columns * in.rows;
}

void office_sheet(const struct page *pg, struct view *v, const struct label_template *t,
	unsigned start, struct str query)
{
	struct label_template_info in = label_template_info(t);
	unsigned n = in.columns * in.rows, at = 1;
	if (n < 2 || n > POSITIONS_MAX)
		return;
	view_flag(v, K_sheet, true);
	for (unsigned r = 0; r < in.rows; r++) {
		struct view *row = view_add(v, K_rows);
		for (unsigned c = 0; c < in.columns; c++, at++) {
			struct view *cell = view_add(row, K_cells);
			view_int(cell, K_n, at);
			view_str(cell, K_url,
				arena_fmt(pg->arena, "%.*s%cs=%u", STR_F(query),
					query.n ? '&' : '?', at));
			view_flag(cell, K_used, at < start);
			view_flag(cell, K_here, at == start);
		}
	}
}

/* Dark runs of each row as one stroke a module high, each from where the last one ended, which
 * packs best: "m0 .5h7m1 0h1m-9 1h2". */
static struct str symbol_path(const struct page *pg, const struct qr *qr)
{
	struct sbuf b;
	sbuf_init(&b, 16384);
	for (int y = 0, at_x = 0, at_y = -1; y < qr->side; y++) {
		const uint8_t *m = qr->m + y * qr->side;
		for (int x = 0; x < qr->side; x++) {
			if (!m[x] || (x > 0 && m[x - 1]))
				continue;
			int to = x;
			while (to < qr->side && m[to])
				to++;
			if (at_y < 0)
				sbuf_fmt(&b, "m%d %d.5h%d", x, y, to - x);
			else
				sbuf_fmt(&b, "m%d %dh%d", x - at_x, y - at_y, to - x);
			at_x = to;
			at_y = y;
		}
	}
	struct str path = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return path;
}

void office_label(const struct page *pg, struct view *v, const struct label_template *t,
	const struct label_row *row)
{
	struct label_preview *p = arena_alloc(pg->arena, sizeof *p);
	struct err e;
	if (label_preview(t, pg->site->base_url, row, p, &e) != RC_OK)
		return;
	view_int(v, K_label_w, p->w);
	view_int(v, K_label_h, p->h);
	view_str(v, K_symbol, symbol_path(pg, &p->qr));
	view_str(v, K_symbol_at,
		arena_fmt(pg->arena, "translate(%d %d) scale(%d.%02d)", p->qr_x, p->qr_y,
			p->module_um / 100, p->module_um % 100));
	for (int i = 0; i < p->lines; i++) {
		struct view *l = view_add(v, K_lines);
		view_int(l, K_x, p->line[i].x);
		view_int(l, K_y, p->line[i].y);
		view_int(l, K_size, p->line[i].size);
		view_flag(l, K_bold, p->line[i].bold);
		view_flag(l, K_centre, p->line[i].centre);
		view_str(l, K_text, str_c(p->line[i].s));
	}
}
