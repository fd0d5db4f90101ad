/* The web side without an engine: what handlers ask for is noted, documents come from the files
 * of tests/data/docs instead of the database, and one call renders a page.
 *
 * It defines the functions of app/request.h and app/docset.h itself, so that neither event loop
 * nor libpq is linked; a program includes it once. */
#ifndef TESTS_UNIT_WEB_HARNESS_H
#define TESTS_UNIT_WEB_HARNESS_H

#include "qrsvc/app/photocache.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/web/common.h"

#include "labels/code.h"

#include <stdio.h>
#include <stdlib.h>

#define DOCS "tests/data/docs/"
#define HARNESS_DOCS 64

/* What the handler of the last harness_get() asked for. */
static struct {
	const struct page_kind *kind;
	page_render_cb *render; /* of request_page_once */
	struct str key;
	enum rc error;
	struct str location;
	struct str text; /* of request_static */
	struct str guesses[CODE_GUESSES];
	size_t nguesses;
	struct str query_no; /* in: value of ?no= */
} asked;

static struct arena harness_arena;
static struct doc harness_doc[HARNESS_DOCS];
static const struct json *harness_json[HARNESS_DOCS];
static const struct json *harness_ref;

static struct site harness_site = {.base_url = {"https://qr.example.gov.cn", 25},
	.host = {"qr.example.gov.cn", 17},
	.name = {"桥东区", 9},
	.name_en = {"Qiaodong District", 17},
	.hotline = {"12345", 5},
	.contact = {"office@example.gov.cn", 21},
	.security_contact = {"security@example.gov.cn", 23}};

/* ---- the engine's side ------------------------------------------------------------------ */

const char *lang_tag(enum lang l)
{
	return l == LANG_ZH ? "zh-CN" : "en";
}

void request_page(
	struct request *rq, const struct page_kind *kind, const struct page_args *args)
{
	asked.kind = kind;
	asked.key = arena_str(&harness_arena, args->key);
	for (int i = 0; i < args->guess_n; i++)
		for (size_t k = 0; k < args->guess_params[i].n; k++)
			asked.guesses[asked.nguesses++] =
				arena_str(&harness_arena, args->guess_params[i].list[k]);
	(void)rq;
}

void request_page_once(struct request *rq, const struct page_kind *kind, page_render_cb *render,
	struct str key)
{
	(void)rq;
	asked.kind = kind;
	asked.render = render;
	asked.key = arena_str(&harness_arena, key);
}

void request_static(struct request *rq, const struct static_file *f)
{
	(void)rq;
	asked.text = arena_str(&harness_arena, f->bytes);
}

void request_redirect(struct request *rq, int status, struct str path)
{
	(void)rq;
	(void)status;
	asked.location = arena_str(&harness_arena, path);
}

void request_error(struct request *rq, enum rc rc)
{
	(void)rq;
	asked.error = rc;
}

void request_photo(struct request *rq)
{
	(void)rq;
}

struct str request_query(struct request *rq, struct str name)
{
	(void)rq;
	return str_eq(name, STR("no")) ? asked.query_no : STR_NONE;
}

const struct json *docset_json(const struct docset *d, size_t i)
{
	return i < d->n ? harness_json[i] : NULL;
}

const struct json *docset_reference(const struct docset *d, size_t i)
{
	return i < d->n ? harness_ref : NULL;
}

/* ---- documents -------------------------------------------------------------------------- */

static struct str harness_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char piece[4096];
	struct sbuf b;
	size_t n;
	if (!f)
		return STR_NONE;
	sbuf_init(&b, 1u << 20);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		sbuf_add(&b, piece, n);
	fclose(f);
	struct str s = arena_str(&harness_arena, sbuf_view(&b));
	sbuf_release(&b);
	return s;
}

/* The document of that kind and key in documents.tsv, or STR_NONE. */
static struct str harness_stored(const char *kind, struct str key)
{
	static struct str all;
	if (!all.p)
		all = harness_file(DOCS "documents.tsv");
	struct str rest = all;
	while (rest.p) {
		struct str line = str_cut(&rest, '\n');
		struct str k = str_cut(&line, '\t'), id = str_cut(&line, '\t');
		if (str_eq(k, str_c(kind)) && str_eq(id, key))
			return line;
	}
	return STR_NONE;
}

/* Appends a document to the set if there is one. */
static const struct json *harness_add(struct docset *d, const char *kind, struct str key)
{
	struct str bytes = harness_stored(kind, key);
	if (!bytes.p || d->n == HARNESS_DOCS)
		return NULL;
	struct err e;
	const struct json *v;
	if (json_parse(&harness_arena, bytes, 1u << 20, false, &e, &v) != RC_OK) {
		fprintf(stderr, "%s %.*s: %s\n", kind, STR_F(key), e.detail);
		exit(1);
	}
	harness_doc[d->n] = (struct doc){.kind = str_c(kind),
		.key = key,
		.version = 1,
		.next_change = DAY_NONE,
		.bytes = bytes};
	harness_json[d->n++] = v;
	return v;
}

static void harness_place(struct docset *d, struct str key)
{
	const struct json *place = harness_add(d, "place", key);
	json_each (f, json_get(place, "facilities"))
		harness_add(d, "facility", json_text(f));
}

/* What the database functions of stmt.def return. */
static struct docset harness_docs(const struct page_kind *kind, struct str key)
{
	struct docset d = {.doc = harness_doc};
	const struct json *doc;
	switch (kind->stmt) {
	case ST_public_label:
		doc = harness_add(&d, "label", key);
		if (!str_eq(json_str(doc, "state"), STR("active")))
			break;
		if (json_get(doc, "facility"))
			harness_add(&d, "facility", json_str(doc, "facility"));
		else
			harness_place(&d, json_str(doc, "place"));
		break;
	case ST_public_facility:
		harness_add(&d, "facility", key);
		break;
	case ST_public_place:
		harness_place(&d, key);
		break;
	case ST_public_record:
	case ST_public_revision:
	case ST_public_history:
		if (str_ends(key, STR("/0"))) {
			struct str f = str_sub(key, 0, key.n - 2);
			key = arena_fmt(&harness_arena, "%.*s/2", STR_F(f));
			if (!harness_stored("history", key).p)
				key = arena_fmt(&harness_arena, "%.*s/1", STR_F(f));
		}
		doc = harness_add(
			&d, kind->stmt == ST_public_history ? "history" : "record", key);
		if (doc)
			harness_add(&d, "facility", json_str(doc, "facility"));
		break;
	default:
		break;
	}
	if (d.n == 0 && asked.nguesses && kind->guess != ST_NONE) {
		static struct str cell[2 * CODE_GUESSES];
		struct docset found = {.doc = harness_doc};
		for (size_t i = 0; i < asked.nguesses; i++) {
			found.n = 0;
			if (!harness_add(&found, "label", asked.guesses[i]))
				continue;
			cell[2 * d.guess_n] = asked.guesses[i];
			cell[2 * d.guess_n++ + 1] = STR("中环家园小区 75号楼 · 2楼楼梯口");
		}
		d.guess = cell;
		d.guess_cols = 2;
	}
	return d;
}

/* ---- one request ------------------------------------------------------------------------ */

struct got {
	int status;
	struct str body;
};

/* A name of tests/data/docs/names as a code or id. */
static struct str harness_name(const char *name)
{
	struct str rest = harness_file(DOCS "names");
	while (rest.p) {
		struct str line = str_cut(&rest, '\n'), key = str_cut(&line, ' ');
		if (str_eq(key, str_c(name)))
			return line;
	}
	fprintf(stderr, "no fixture %s\n", name);
	exit(1);
}

struct harness_want {
	enum lang lang;
	bool lang_asked, json, stale;
	int32_t today; /* 0: 2026-11-22 */
};

static void harness_init(void)
{
	struct err e;
	crypto_init();
	arena_init(&harness_arena);
	if (!clock_zone("Asia/Shanghai"))
		exit(1);
	if (json_parse(&harness_arena, harness_stored("reference", STR("7")), 1u << 20, false,
		    &e, &harness_ref) != RC_OK) {
		fprintf(stderr, "reference: %s (run from the root of the tree)\n", e.detail);
		exit(1);
	}
}

static struct page harness_page(struct sbuf *out, const struct harness_want *w)
{
	int32_t today = w->today ? w->today : day_from_civil(2026, 11, 22);
	return (struct page){.out = out,
		.arena = &harness_arena,
		.site = &harness_site,
		.lang = w->lang,
		.lang_asked = w->lang_asked,
		.json = w->json,
		.key = asked.key,
		.kind = asked.kind,
		.today = today,
		.as_of = clock_day_start(today) + (w->stale ? 34200 * US_PER_S : 0),
		.stale = w->stale,
		.status = 200};
}

/* Calls a handler with up to two path arguments and renders what it asked for; an error it
 * answers becomes the error page. */
static struct got harness_get(
	request_cb *handler, struct str arg0, struct str arg1, struct harness_want w)
{
	struct request rq = {.site = &harness_site,
		.arena = &harness_arena,
		.arg = {arg0, arg1},
		.lang = w.lang,
		.lang_asked = w.lang_asked,
		.json = w.json,
		.now_us = clock_day_start(day_from_civil(2026, 11, 22))};
	struct str no = asked.query_no;
	struct sbuf out;
	memset(&asked, 0, sizeof asked);
	asked.query_no = no;
	handler(&rq);
	sbuf_init(&out, 1u << 20);
	struct page pg = harness_page(&out, &w);
	enum rc rc = asked.error;
	if (asked.kind && rc == RC_OK) {
		struct docset d = harness_docs(asked.kind, asked.key);
		rc = (asked.render ? asked.render : asked.kind->render)(&pg, &d);
	}
	if (rc != RC_OK) {
		sbuf_clear(&out);
		pg.error = rc;
		pg.request_id = 0x0123456789abcdef;
		web_ops.error_page(&pg);
	}
	struct got got = {pg.status, arena_str(&harness_arena, sbuf_view(&out))};
	sbuf_release(&out);
	return got;
}

#endif
