/* Owns what a worker knows of how old a standby's answers are: asks, compares, decides from
 * whom pages are read.  Never reads a document.  Called by worker.c (ticks), page.c, staff.c
 * and photocache.c (answers). */
#include "qrsvc/app/lag.h"

#include "qrsvc/app/app.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"

#define PROBES 16 /* most connections of a class: config_keys.c */

struct probe {
	struct lag *lag;
	struct db_ticket *ticket;
	int64_t asked_us;
};

struct lag {
	struct app *a;
	struct lag_ring ring;
	struct probe primary, copy[PROBES];
	int open;	     /* copies that have not answered yet */
	int64_t worst_us;    /* of this round; 0: nobody has said anything */
	int64_t complete_us; /* of the last round that said something */
	int calm;	     /* rounds since one was behind */
	bool behind;
};

void lag_ring_put(struct lag_ring *r, int64_t at_us, int64_t wal)
{
	int keep = r->n < LAG_SAMPLES ? r->n : LAG_SAMPLES - 1;
	memmove(&r->s[1], &r->s[0], (size_t)keep * sizeof r->s[0]);
	r->s[0] = (struct lag_sample){at_us, wal};
	r->n = keep + 1;
}

int64_t lag_ring_complete(const struct lag_ring *r, int64_t wal, int64_t replayed_us)
{
	for (int i = 0; i < r->n; i++)
		if (r->s[i].wal <= wal)
			return r->s[i].at_us;
	/* Older than all we remember. */
	if (r->n && (!replayed_us || replayed_us >= r->s[r->n - 1].at_us))
		return r->s[r->n - 1].at_us - 1;
	return replayed_us;
}

static bool read_row(enum rc rc, const struct db_rows *rows, bool *ret_standby,
	int64_t *ret_wal, int64_t *ret_replayed_us)
{
	if (rc != RC_OK || db_count(rows) != 1 || !str_i64(db_cell(rows, 0, 1), ret_wal))
		return false;
	*ret_standby = str_eq(db_cell(rows, 0, 0), STR("t"));
	if (!str_i64(db_cell(rows, 0, 2), ret_replayed_us))
		*ret_replayed_us = 0;
	return true;
}

static void primary_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct probe *p = arg;
	int64_t wal, replayed;
	bool standby;
	p->ticket = NULL;
	if (read_row(rc, rows, &standby, &wal, &replayed) && !standby)
		lag_ring_put(&p->lag->ring, p->asked_us, wal);
}

/* A round is complete: what it says of where pages are to be read. */
static void judge(struct lag *l)
{
	if (!l->worst_us)
		return; /* nobody answered: reads fail by themselves, or wait for another */
	l->complete_us = l->worst_us;
	bool old = l->ring.n && l->ring.s[0].at_us - l->worst_us > LAG_MOST_US;
	l->calm = old ? 0 : l->calm + 1;
	if (old && !l->behind)
		log_event(LOG_WARNING, "db.standby_lags",
			LOG_I("ms", (l->ring.s[0].at_us - l->worst_us) / 1000));
	if (!old && l->behind && l->calm >= LAG_CALM)
		log_event(LOG_NOTICE, "db.standby_caught_up");
	l->behind = old || (l->behind && l->calm < LAG_CALM);
}

static void copy_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct probe *p = arg;
	struct lag *l = p->lag;
	int64_t wal, replayed;
	bool standby;
	p->ticket = NULL;
	if (read_row(rc, rows, &standby, &wal, &replayed)) {
		int64_t at = standby ? lag_ring_complete(&l->ring, wal, replayed) : p->asked_us;
		if (at && (!l->worst_us || at < l->worst_us))
			l->worst_us = at;
	}
	if (--l->open == 0)
		judge(l);
}

struct lag *lag_new(struct app *a)
{
	struct lag *l = xcalloc(1, sizeof *l);
	l->a = a;
	l->primary.lag = l;
	for (int i = 0; i < PROBES; i++)
		l->copy[i].lag = l;
	return l;
}

void lag_free(struct lag *l)
{
	if (!l)
		return;
	db_forget(l->primary.ticket);
	for (int i = 0; i < PROBES; i++)
		db_forget(l->copy[i].ticket);
	free(l);
}

void lag_tick(struct lag *l, int connections)
{
	struct app *a = l->a;
	if (!pgpool_has_replicas(a->db))
		return;
	if (!l->primary.ticket && pgpool_listening(a->db)) {
		l->primary.asked_us = clock_now_us();
		l->primary.ticket = db_submit_primary(
			a->db, ST_wal_at, NULL, 0, a->opt.read_ms, primary_cb, &l->primary);
	}
	if (l->open)
		return;
	/* Sent in one turn they go to the connections in turn: each takes the least busy. */
	l->worst_us = 0;
	l->open = connections < PROBES ? connections : PROBES;
	for (int i = 0, n = l->open; i < n; i++) {
		l->copy[i].asked_us = clock_now_us();
		l->copy[i].ticket = db_submit(
			a->db, ST_wal_at, NULL, 0, a->opt.read_ms, copy_cb, &l->copy[i]);
	}
}

bool lag_behind(const struct lag *l)
{
	return l && l->behind && pgpool_listening(l->a->db);
}

int64_t lag_complete_us(const struct lag *l)
{
	return l ? l->complete_us : 0;
}
