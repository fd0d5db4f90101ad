/* Owns documents as read, their parsed trees while a page is rendered, and the few reference
 * documents that are kept parsed.  Never asks the database; page.c does. */
#include "qrsvc/app/docs.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"

struct ref {
	int64_t version;
	uint64_t used;
	struct arena arena;
	const struct json *json;
};

struct refs {
	struct ref ref[REFS_MAX];
	size_t n;
	uint64_t clock;
	struct arena trees; /* of the documents between docs_begin() and docs_end() */
};

struct docset_priv {
	struct refs *refs; /* set while rendering */
	size_t bytes;
	const struct json *json[]; /* one a document, NULL: not yet parsed */
};

/* ---- references -------------------------------------------------------------------------- */

struct refs *refs_new(void)
{
	return xcalloc(1, sizeof(struct refs));
}

void refs_free(struct refs *r)
{
	for (size_t i = 0; r && i < r->n; i++)
		arena_release(&r->ref[i].arena);
	if (r)
		arena_release(&r->trees);
	free(r);
}

static struct ref *refs_find(struct refs *r, int64_t version)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->ref[i].version == version) {
			r->ref[i].used = ++r->clock;
			return &r->ref[i];
		}
	return NULL;
}

bool refs_have(struct refs *r, int64_t version)
{
	return refs_find(r, version) != NULL;
}

const struct json *refs_json(struct refs *r, int64_t version)
{
	struct ref *ref = refs_find(r, version);
	return ref ? ref->json : NULL;
}

enum rc refs_put(struct refs *r, int64_t version, struct str bytes)
{
	struct ref new = {.version = version, .used = ++r->clock}, *at = refs_find(r, version);
	struct err e;
	arena_init(&new.arena);
	struct str copy = arena_str(&new.arena, bytes);
	enum rc rc = json_parse(&new.arena, copy, LIMIT_DOCUMENT, true, &e, &new.json);
	if (rc != RC_OK) {
		log_event(LOG_ERROR, "reference.malformed", LOG_I("version", version),
			LOG_C("detail", e.detail));
		arena_release(&new.arena);
		return RC_BAD;
	}
	if (!at && r->n < REFS_MAX)
		at = &r->ref[r->n++];
	if (!at) {
		at = &r->ref[0];
		for (size_t i = 1; i < r->n; i++)
			if (r->ref[i].used < at->used)
				at = &r->ref[i];
	}
	arena_release(&at->arena);
	*at = new;
	return RC_OK;
}

/* ---- documents --------------------------------------------------------------------------- */

static struct str put(char **at, struct str s)
{
	struct str copy = {*at, s.n};
	if (!s.p)
		return STR_NONE;
	memcpy(*at, s.p, s.n);
	*at += s.n;
	return copy;
}

static size_t rows_bytes(const struct db_rows *rows)
{
	size_t n = 0;
	for (size_t i = 0; rows && i < db_count(rows); i++)
		for (int c = 0; c < db_columns(rows); c++)
			n += db_cell(rows, i, c).n;
	return n;
}

static bool fill_doc(struct doc *d, const struct db_rows *rows, size_t i, char **at)
{
	d->kind = put(at, db_cell(rows, i, 0));
	d->key = put(at, db_cell(rows, i, 1));
	d->next_change = DAY_NONE;
	struct str next = db_cell(rows, i, 3);
	if (next.p && !day_parse(next, &d->next_change))
		return false;
	d->bytes = put(at, db_cell(rows, i, 4));
	return str_i64(db_cell(rows, i, 2), &d->version) && d->bytes.p;
}

enum rc docs_new(const struct db_rows *rows, const struct db_rows *guess, struct docset **ret_)
{
	size_t n = rows ? db_count(rows) : 0, gn = guess ? db_count(guess) : 0;
	int cols = guess ? db_columns(guess) : 0;
	size_t cells = gn * (size_t)cols;
	size_t fixed = sizeof(struct docset) + sizeof(struct docset_priv) +
		       n * (sizeof(struct doc) + sizeof(void *)) + cells * sizeof(struct str);
	size_t total = fixed + rows_bytes(rows) + rows_bytes(guess);
	if (rows && n && db_columns(rows) != 5)
		return RC_INTERNAL;
	char *block = xmalloc(total);
	memset(block, 0, fixed);
	struct docset *d = (struct docset *)block;
	struct docset_priv *priv = (struct docset_priv *)(d + 1);
	struct doc *doc = (struct doc *)(void *)(priv->json + n);
	struct str *cell = (struct str *)(doc + n);
	char *at = (char *)(cell + cells);
	*d = (struct docset){doc, n, cell, gn, cols, priv};
	priv->bytes = total;
	for (size_t i = 0; i < n; i++)
		if (!fill_doc(&doc[i], rows, i, &at)) {
			free(block);
			return RC_INTERNAL;
		}
	for (size_t i = 0; i < cells; i++)
		cell[i] = put(&at, db_cell(guess, i / (size_t)cols, (int)(i % (size_t)cols)));
	*ret_ = d;
	return RC_OK;
}

void docs_free(struct docset *d)
{
	free(d);
}

size_t docs_bytes(const struct docset *d)
{
	return d->priv->bytes;
}

/* Documents begin with {"ref":R (their layout is fixed, so that bytes stay equal). */
int64_t docs_ref(const struct docset *d, size_t i)
{
	struct str s = d->doc[i].bytes;
	struct str key = STR("\"ref\"");
	ptrdiff_t at = str_find(str_sub(s, 0, s.n < 40 ? s.n : 40), key);
	int64_t v = 0;
	if (at < 0)
		return 0;
	size_t p = (size_t)at + key.n;
	while (p < s.n && (s.p[p] == ' ' || s.p[p] == ':'))
		p++;
	for (; p < s.n && s.p[p] >= '0' && s.p[p] <= '9' && v < INT64_MAX / 16; p++)
		v = v * 10 + (s.p[p] - '0');
	return v;
}

int64_t docs_missing_ref(const struct docset *d, struct refs *r)
{
	int64_t last = 0;
	for (size_t i = 0; i < d->n; i++) {
		int64_t v = docs_ref(d, i);
		if (v && v != last && !refs_have(r, v))
			return v;
		last = v;
	}
	return 0;
}

void docs_begin(struct docset *d, struct refs *r)
{
	d->priv->refs = r;
	arena_rewind(&r->trees);
	for (size_t i = 0; i < d->n; i++)
		d->priv->json[i] = NULL;
}

void docs_end(struct docset *d)
{
	d->priv->refs = NULL;
}

/* ---- what render functions call ---------------------------------------------------------- */

const struct json *docset_json(const struct docset *d, size_t i)
{
	struct docset_priv *p = d->priv;
	struct err e;
	if (i >= d->n || !p->refs)
		return NULL;
	if (!p->json[i] && json_parse(&p->refs->trees, d->doc[i].bytes, LIMIT_DOCUMENT, true,
				   &e, &p->json[i]) != RC_OK)
		log_event(LOG_ERROR, "document.malformed", LOG_S("kind", d->doc[i].kind),
			LOG_S("key", d->doc[i].key), LOG_C("detail", e.detail));
	return p->json[i];
}

const struct json *docset_reference(const struct docset *d, size_t i)
{
	struct refs *r = d->priv->refs;
	int64_t version = i < d->n ? docs_ref(d, i) : 0;
	struct ref *newest = NULL;
	if (!version || !r)
		return NULL;
	struct ref *exact = refs_find(r, version);
	if (exact)
		return exact->json;
	/* Only while the database is gone: a neighbouring version's words are better than none.
	 */
	for (size_t k = 0; k < r->n; k++)
		if (!newest || r->ref[k].version > newest->version)
			newest = &r->ref[k];
	return newest ? newest->json : NULL;
}

ptrdiff_t docset_find(const struct docset *d, struct str kind)
{
	for (size_t i = 0; i < d->n; i++)
		if (str_eq(d->doc[i].kind, kind))
			return (ptrdiff_t)i;
	return -1;
}
