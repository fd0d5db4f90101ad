/* app/cache: what is served from memory, and what never may be. Rows of the database are made
 * up here: this program brings its own db_count, db_columns and db_cell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qrsvc/app/cache.h"
#include "qrsvc/app/docs.h"
#include "qrsvc/app/seen.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"

#define S INT64_C(1000000)
#define NOON (INT64_C(1795000000) * S)

/* ---- made-up rows ------------------------------------------------------------------------ */

struct db_rows {
	size_t n;
	const char *cell[8][5];
};

size_t db_count(const struct db_rows *r)
{
	return r->n;
}

int db_columns(const struct db_rows *r)
{
	(void)r;
	return 5;
}

struct str db_cell(const struct db_rows *r, size_t row, int col)
{
	return str_c(r->cell[row][col]);
}

static const struct page_kind label = {
	.name = "label", .stmt = ST_public_label, .doc_kind = "label", .guess = ST_NONE};
static const struct page_kind facility = {.name = "facility",
	.stmt = ST_public_facility,
	.doc_kind = "facility",
	.guess = ST_NONE};
static const struct page_kind home = {.name = "home", .stmt = ST_NONE, .guess = ST_NONE};

static const struct db_rows one_label = {
	2, {{"label", "L1", "10", NULL, "{\"ref\":3,\"code\":\"L1\"}"},
		   {"facility", "F1", "11", NULL, "{\"ref\":3}"}}};
static const struct db_rows nothing = {0};

static struct cache *cache;

static int setup(void **state)
{
	(void)state;
	crypto_init();
	cache = cache_new(1 << 20);
	cache_trust(cache, true);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cache_free(cache);
	return 0;
}

static struct cache_fill fill_of(
	const struct page_kind *kind, const char *key, const struct db_rows *rows)
{
	return (struct cache_fill){.kind = kind,
		.key = str_c(key),
		.rows = rows,
		.primary = true,
		.begun_gen = cache_gen(cache),
		.now_us = NOON};
}

static struct cache_entry *put(
	const struct page_kind *kind, const char *key, const struct db_rows *rows)
{
	struct cache_entry *e = NULL;
	struct cache_fill f = fill_of(kind, key, rows);
	assert_int_equal(cache_put(cache, &f, &e), RC_OK);
	return e;
}

static bool fresh(const struct page_kind *kind, const char *key)
{
	struct cache_entry *e = cache_find(cache, kind, str_c(key));
	return e && cache_fresh(cache, e, clock_day(NOON), NOON);
}

/* ---- freshness --------------------------------------------------------------------------- */

static void kept_and_found(void **state)
{
	(void)state;
	put(&label, "L1", &one_label);
	assert_true(fresh(&label, "L1"));
	assert_null(cache_find(cache, &label, STR("L2")));
	assert_null(cache_find(cache, &facility, STR("L1")));
	const struct docset *d = cache_docs(cache_find(cache, &label, STR("L1")));
	assert_int_equal(d->n, 2);
	assert_int_equal(d->doc[1].version, 11);
	assert_int_equal(docset_find(d, STR("facility")), 1);
	assert_int_equal(docset_find(d, STR("place")), -1);
	assert_int_equal(cache_as_of(cache_find(cache, &label, STR("L1"))), NOON);
}

static void announced_change_expires(void **state)
{
	(void)state;
	put(&label, "L1", &one_label);
	cache_changed(cache, STR("facility"), STR("F2"), 99);
	cache_changed(cache, STR("label"), STR("F1"), 99);
	cache_changed(cache, STR("facility"), STR("F1"), 11); /* the version it has */
	assert_true(fresh(&label, "L1"));
	cache_changed(cache, STR("facility"), STR("F1"), 12);
	assert_false(fresh(&label, "L1"));
	/* expired is not gone: it may be served as stale */
	assert_non_null(cache_find(cache, &label, STR("L1")));
}

static void every_document_of_a_page_counts(void **state)
{
	(void)state;
	put(&label, "L1", &one_label);
	cache_changed(cache, STR("label"), STR("L1"), 12);
	assert_false(fresh(&label, "L1"));
}

static void unknown_key_then_announced(void **state)
{
	(void)state;
	put(&label, "NEW", &nothing);
	assert_true(fresh(&label, "NEW"));
	cache_changed(cache, STR("label"), STR("NEW"), 50);
	assert_false(fresh(&label, "NEW"));
}

static void unknown_key_is_kept_shortly(void **state)
{
	(void)state;
	struct cache_entry *e = put(&label, "NEW", &nothing);
	assert_true(cache_fresh(cache, e, clock_day(NOON), NOON + 59 * S));
	assert_false(cache_fresh(cache, e, clock_day(NOON), NOON + 61 * S));
}

static void all_changed(void **state)
{
	(void)state;
	put(&label, "L1", &one_label);
	put(&home, "", &nothing);
	cache_all_changed(cache, NOON);
	assert_false(fresh(&label, "L1"));
	assert_true(fresh(&home, "")); /* has no data */
	assert_true(cache_wants_primary(cache, NOON + 5 * S));
	assert_false(cache_wants_primary(cache, NOON + 15 * S));
	put(&label, "L1", &one_label);
	assert_true(fresh(&label, "L1"));
}

static void not_listening_nothing_is_fresh(void **state)
{
	(void)state;
	put(&label, "L1", &one_label);
	cache_trust(cache, false);
	assert_false(fresh(&label, "L1"));
}

static void next_change(void **state)
{
	(void)state;
	static const struct db_rows rows = {1, {{"facility", "F1", "11", "2026-11-20", "{}"}}};
	struct cache_entry *e = put(&facility, "F1", &rows); /* NOON is in 2026-11 */
	int32_t day;
	assert_true(day_parse(STR("2026-11-20"), &day));
	assert_true(clock_day(NOON) < day);
	assert_true(cache_fresh(cache, e, day - 1, NOON));
	assert_false(cache_fresh(cache, e, day, NOON));
	/* Read on or after that day it is as new as it gets, though the job is still to come.
	 */
	struct cache_fill f = fill_of(&facility, "F1", &rows);
	f.now_us = clock_day_start(day) + 1;
	assert_int_equal(cache_put(cache, &f, &e), RC_OK);
	assert_true(cache_fresh(cache, e, day, f.now_us));
}

/* ---- late and lagging reads -------------------------------------------------------------- */

/* The read was sent before the announcement: what it brings may be older. */
static void read_overtaken(void **state)
{
	(void)state;
	struct cache_entry *e = NULL;
	struct cache_fill f = fill_of(&label, "L1", &one_label);
	cache_changed(cache, STR("facility"), STR("F1"), 12);
	assert_int_equal(cache_put(cache, &f, &e), RC_CONFLICT);
	assert_null(cache_find(cache, &label, STR("L1")));
	f.last_try = true; /* answers those who wait, is fresh for nobody */
	assert_int_equal(cache_put(cache, &f, &e), RC_OK);
	assert_false(fresh(&label, "L1"));
}

static void read_overtaken_by_something_else(void **state)
{
	(void)state;
	struct cache_entry *e = NULL;
	struct cache_fill f = fill_of(&label, "L1", &one_label);
	cache_changed(cache, STR("facility"), STR("F7"), 12);
	assert_int_equal(cache_put(cache, &f, &e), RC_OK);
	assert_true(fresh(&label, "L1"));
}

static void read_overtaken_by_all(void **state)
{
	(void)state;
	struct cache_entry *e = NULL;
	struct cache_fill f = fill_of(&label, "L1", &one_label);
	cache_all_changed(cache, NOON);
	assert_int_equal(cache_put(cache, &f, &e), RC_CONFLICT);
}

static void missing_read_overtaken(void **state)
{
	(void)state;
	struct cache_entry *e = NULL;
	struct cache_fill f = fill_of(&label, "NEW", &nothing);
	cache_changed(cache, STR("label"), STR("NEW"), 50);
	assert_int_equal(cache_put(cache, &f, &e), RC_CONFLICT);
}

/* A replica that lags: even a read begun after the announcement may bring the old document;
 * one from the primary may not. */
static void replica_lags(void **state)
{
	(void)state;
	struct cache_entry *e = NULL;
	cache_changed(cache, STR("facility"), STR("F1"), 12);
	struct cache_fill f = fill_of(&label, "L1", &one_label);
	f.primary = false;
	assert_int_equal(cache_put(cache, &f, &e), RC_CONFLICT);
	f.primary = true;
	assert_int_equal(cache_put(cache, &f, &e), RC_OK);
	assert_true(fresh(&label, "L1"));
}

static void seen_never_forgets_wrongly(void **state)
{
	(void)state;
	struct seen *s = seen_new();
	enum { N = 200000 };
	for (uint64_t i = 1; i <= N; i++)
		seen_put(s, i * UINT64_C(0x9e3779b97f4a7c15), (int64_t)i);
	for (uint64_t i = 1; i <= N; i++)
		assert_true(seen_newer(s, i * UINT64_C(0x9e3779b97f4a7c15), (int64_t)i - 1));
	/* what is newer than all that left the table is believed */
	assert_false(seen_newer(s, 12345, N + 1));
	seen_put(s, 12345, N + 5);
	seen_put(s, 12345, N + 3); /* late: does not go back */
	assert_true(seen_newer(s, 12345, N + 4));
	assert_false(seen_newer(s, 12345, N + 5));
	seen_free(s);
}

/* ---- bounds ------------------------------------------------------------------------------ */

static void make_rep(struct cache_entry *e, int slot, size_t bytes)
{
	struct cache_rep rep = {.day = 1};
	memset(http_ready_init_room(&rep.ready[0], 200, STR("text/plain"), STR_NONE, STR_NONE,
		       STR_NONE, bytes),
		'x', bytes);
	cache_rep_set(cache, e, slot, &rep);
}

static void bounded_by_bytes(void **state)
{
	(void)state;
	struct cache_stats st;
	char key[16];
	for (int i = 0; i < 2000; i++) {
		snprintf(key, sizeof key, "K%d", i);
		make_rep(put(&facility, key, &one_label), 0, 10000);
		cache_stats(cache, NOON, &st);
		assert_in_range(st.bytes, 1, 1 << 20);
		/* the one in use all along stays */
		if (i % 50 == 0)
			put(&label, "L1", &one_label);
		assert_non_null(cache_find(cache, &label, STR("L1")));
	}
	assert_true(st.evicted > 1800);
	assert_in_range(st.entries, 50, 110);
	assert_null(cache_find(cache, &facility, STR("K0")));
	assert_non_null(cache_find(cache, &facility, STR("K1999")));
}

static void unknown_keys_bounded(void **state)
{
	(void)state;
	struct cache_stats st;
	char key[16];
	put(&label, "L1", &one_label);
	for (int i = 0; i < 5000; i++) {
		snprintf(key, sizeof key, "K%d", i);
		put(&label, key, &nothing);
	}
	cache_stats(cache, NOON, &st);
	assert_in_range(st.negative, 1, 1024);
	assert_true(fresh(&label, "L1")); /* guesses push out only guesses */
}

static void replaced_reps_are_counted_once(void **state)
{
	(void)state;
	struct cache_stats a, b;
	struct cache_entry *e = put(&label, "L1", &one_label);
	make_rep(e, 3, 5000);
	cache_stats(cache, NOON, &a);
	make_rep(e, 3, 5000);
	cache_stats(cache, NOON, &b);
	assert_int_equal(a.bytes, b.bytes);
	assert_non_null(cache_rep(e, 3));
	assert_null(cache_rep(e, 2));
	struct http_ready twin;
	http_ready_init(
		&twin, 200, STR("text/plain"), STR_NONE, STR_NONE, STR_NONE, STR("zzz"));
	cache_rep_twin(cache, e, 3, &twin);
	assert_true(cache_rep(e, 3)->twin_tried);
	assert_non_null(cache_rep(e, 3)->ready[1].blob);
	put(&label, "L1", &one_label);
	cache_stats(cache, NOON, &b);
	assert_int_equal(b.entries, 1);
	assert_in_range(b.bytes, 1, 4000);
}

/* ---- documents --------------------------------------------------------------------------- */

static void references(void **state)
{
	(void)state;
	struct refs *r = refs_new();
	struct docset *d;
	assert_int_equal(docs_new(&one_label, NULL, &d), RC_OK);
	assert_int_equal(docs_ref(d, 0), 3);
	assert_int_equal(docs_missing_ref(d, r), 3);
	assert_int_equal(refs_put(r, 2, STR("{\"version\":2}")), RC_OK);
	assert_int_equal(docs_missing_ref(d, r), 3);
	docs_begin(d, r);
	/* not there: a neighbour is better than none */
	assert_int_equal(json_int(docset_reference(d, 0), "version", 0), 2);
	docs_end(d);
	assert_int_equal(refs_put(r, 3, STR("{\"version\":3}")), RC_OK);
	assert_int_equal(docs_missing_ref(d, r), 0);
	docs_begin(d, r);
	assert_int_equal(json_int(docset_reference(d, 1), "version", 0), 3);
	assert_true(str_eq(json_str(docset_json(d, 0), "code"), STR("L1")));
	assert_null(docset_json(d, 2));
	docs_end(d);
	assert_int_equal(refs_put(r, 4, STR("{\"version\":")), RC_BAD);
	char text[32];
	for (int i = 100; i < 100 + 3 * REFS_MAX; i++) {
		snprintf(text, sizeof text, "{\"version\":%d}", i);
		assert_int_equal(refs_put(r, i, str_c(text)), RC_OK);
	}
	assert_true(refs_have(r, 100 + 3 * REFS_MAX - 1));
	assert_false(refs_have(r, 3));
	docs_free(d);
	refs_free(r);
}

static void malformed_rows(void **state)
{
	(void)state;
	static const struct db_rows bad[] = {
		{1, {{"label", "L1", "ten", NULL, "{}"}}},
		{1, {{"label", "L1", NULL, NULL, "{}"}}},
		{1, {{"label", "L1", "10", "2026-13-01", "{}"}}},
		{1, {{"label", "L1", "10", NULL, NULL}}},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct cache_entry *e;
		struct cache_fill f = fill_of(&label, "L1", &bad[i]);
		assert_int_equal(cache_put(cache, &f, &e), RC_INTERNAL);
	}
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(kept_and_found),
		T(announced_change_expires),
		T(every_document_of_a_page_counts),
		T(unknown_key_then_announced),
		T(unknown_key_is_kept_shortly),
		T(all_changed),
		T(not_listening_nothing_is_fresh),
		T(next_change),
		T(read_overtaken),
		T(read_overtaken_by_something_else),
		T(read_overtaken_by_all),
		T(missing_read_overtaken),
		T(replica_lags),
		T(seen_never_forgets_wrongly),
		T(bounded_by_bytes),
		T(unknown_keys_bounded),
		T(replaced_reps_are_counted_once),
		T(references),
		T(malformed_rows),
	};
	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
