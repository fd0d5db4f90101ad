/* Owns the connections of a process, the calls that wait for one, their deadlines and retries.
 * Never blocks, never decides what an answer means.  Used by app/ and jobs/. */
#include "qrsvc/db/pgpool.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"
#include "qrsvc/db/notify.h"
#include "qrsvc/db/pgcall.h"
#include "qrsvc/db/pgconn.h"

#include <assert.h>
#include <libpq-fe.h>

#define MAX_CONNECTIONS 16
#define PRIMARY DB_CLASSES /* reads that must not come from a replica */
#define POOLS (DB_CLASSES + 1)
#define MAX_TRIES 2 /* architecture.md 5: a read may be sent once more */

static const char *const roles[POOLS] = {"qr_ro", "qr_rw", "qr_slow", "qr_ro"};

enum ticket_state { TICKET_WAITING, TICKET_SENT, TICKET_REFUSED };

struct db_ticket {
	struct pgcall call; /* first: an answered call is cast back */
	struct class *class;
	struct pgconn *conn;		/* TICKET_SENT */
	struct db_ticket *next, **prev; /* TICKET_WAITING */
	struct loop_deadline deadline;
	struct loop_post post;
	db_done_cb *cb; /* NULL: answered already, or forgotten */
	void *arg;
	int64_t begun_us;
	enum ticket_state state;
	enum rc refusal;
	int tries;
	char data[]; /* parameters */
};

struct class
{
	struct pgpool *pool;
	struct pgconn conn[MAX_CONNECTIONS];
	int n;
	struct db_ticket *first, **last; /* waiting */
	int waiting;
	struct pgpool_stats stats;
};

struct pgpool {
	struct loop *loop;
	char *dsn;
	struct pgpool_options opt;
	int hosts;
	bool closing, listens;
	struct class class[POOLS];
	struct notify notify;
	int64_t logged_us;
};

static void pump(struct class *cl);

/* ---- tickets ----------------------------------------------------------------------------- */

static void wait_unlink(struct db_ticket *t)
{
	*t->prev = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		t->class->last = t->prev;
	t->class->waiting--;
}

/* Takes the one that has waited longest; there must be one. */
static struct db_ticket *wait_shift(struct class *cl)
{
	struct db_ticket *t = cl->first;
	cl->first = t->next;
	*(cl->first ? &cl->first->prev : &cl->last) = &cl->first;
	cl->waiting--;
	return t;
}

static void wait_link(struct db_ticket *t, bool front)
{
	struct class *cl = t->class;
	struct db_ticket **at = front ? &cl->first : cl->last;
	t->state = TICKET_WAITING;
	t->next = *at;
	t->prev = at;
	*at = t;
	if (t->next)
		t->next->prev = &t->next;
	else
		cl->last = &t->next;
	cl->waiting++;
}

static void ticket_free(struct db_ticket *t)
{
	loop_deadline_stop(&t->deadline);
	loop_post_cancel(&t->post);
	free(t);
}

/* Calls back, once.  The ticket stays until nobody knows it any more. */
static void finish(struct db_ticket *t, enum rc rc, const struct db_rows *rows)
{
	db_done_cb *cb = t->cb;
	struct pgpool_stats *st = &t->class->stats;
	t->cb = NULL;
	loop_deadline_clear(&t->deadline);
	if (!cb)
		return;
	st->us += (uint64_t)(clock_mono_us() - t->begun_us);
	st->timeouts += rc == RC_TIMEOUT;
	st->unknown += rc == RC_UNKNOWN;
	st->refused += rc == RC_BUSY || rc == RC_UNAVAILABLE;
	cb(t->arg, rc, rows);
}

/* True while a connection of the class is up, or the first attempt at one is under way. */
static bool hope(const struct class *cl)
{
	for (int i = 0; i < cl->n; i++)
		if (cl->conn[i].state == PGCONN_UP || cl->conn[i].failures == 0)
			return true;
	return false;
}

static bool is_up(const struct class *cl)
{
	for (int i = 0; i < cl->n; i++)
		if (cl->conn[i].state == PGCONN_UP)
			return true;
	return false;
}

static void deadline_cb(void *arg)
{
	struct db_ticket *t = arg;
	struct pgconn *c = t->conn;
	if (t->state == TICKET_WAITING) {
		wait_unlink(t);
		finish(t, is_up(t->class) ? RC_TIMEOUT : RC_UNAVAILABLE, NULL);
		ticket_free(t);
		return;
	}
	if (t->state != TICKET_SENT)
		return;
	/* Not a word since it was sent: the link or the server hangs, and all behind it too. */
	bool wedged = c->heard_us < t->call.sent_us;
	finish(t, stmt_is_read(t->call.id) ? RC_TIMEOUT : RC_UNKNOWN, NULL);
	if (wedged)
		pgconn_abandon(c, "no answer within the deadline");
}

static void refused_cb(void *arg)
{
	struct db_ticket *t = arg;
	finish(t, t->refusal, NULL);
	ticket_free(t);
}

static void refuse(struct db_ticket *t, enum rc rc)
{
	t->state = TICKET_REFUSED;
	t->refusal = rc;
	loop_post(t->class->pool->loop, &t->post, refused_cb, t);
}

/* ---- calls ------------------------------------------------------------------------------- */

static struct db_ticket *ticket_new(enum stmt_id id, const struct db_param *params, int n)
{
	struct db_ticket *t = xmalloc(sizeof *t + pgcall_size(params, n));
	memset(t, 0, sizeof *t);
	pgcall_set(&t->call, id, params, n, t->data);
	return t;
}

/* ---- answers ----------------------------------------------------------------------------- */

static enum rc rc_of_result(struct db_ticket *t, const PGresult *res)
{
	if (PQresultStatus(res) == PGRES_TUPLES_OK)
		return RC_OK;
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *text = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	enum rc rc = pgcall_rc(state ? state : "");
	bool ours = state && state[0] == 'Q';
	if (ours || log_every(&t->class->pool->logged_us, 1))
		log_event(ours ? LOG_DEBUG : LOG_ERROR, "db.error",
			LOG_C("stmt", stmt_get(t->call.id)->name), LOG_C("sqlstate", state),
			LOG_C("text", text));
	return rc;
}

static bool again(struct db_ticket *t)
{
	struct class *cl = t->class;
	if (!t->cb || cl->pool->closing || t->tries >= MAX_TRIES)
		return false;
	cl->stats.retries++;
	wait_link(t, true);
	return true;
}

static void answer_cb(struct pgconn *c, struct pgcall *call, const PGresult *res)
{
	struct db_ticket *t = (struct db_ticket *)call;
	struct class *cl = t->class;
	t->conn = NULL;
	if (!res) {
		if (stmt_is_read(call->id) && again(t))
			return; /* sent, or refused, by what follows */
		finish(t, stmt_is_read(call->id) ? RC_UNAVAILABLE : RC_UNKNOWN, NULL);
	} else if (pgcall_untried(res)) {
		if (PQresultStatus(res) == PGRES_PIPELINE_ABORTED)
			t->tries--; /* a neighbour failed */
		else
			pgconn_renew(c);
		if (again(t)) {
			pump(cl);
			return;
		}
		finish(t, RC_UNAVAILABLE, NULL);
	} else {
		struct db_rows rows = {res};
		const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
		enum rc rc = rc_of_result(t, res);
		cl->stats.errors += rc != RC_OK;
		finish(t, rc, rc == RC_OK || (state && state[0] == 'Q') ? &rows : NULL);
	}
	ticket_free(t);
	if (!cl->pool->closing)
		pump(cl);
}

/* ---- connections ------------------------------------------------------------------------- */

static void up_cb(struct pgconn *c)
{
	pump(c->arg);
}

static void down_cb(struct pgconn *c)
{
	struct class *cl = c->arg;
	if (!hope(cl)) {
		/* Answer those who wait now, not those who come while they are told. */
		for (int left = cl->waiting; left > 0 && cl->first; left--) {
			struct db_ticket *t = wait_shift(cl);
			finish(t, RC_UNAVAILABLE, NULL);
			ticket_free(t);
		}
	} else {
		pump(cl);
	}
}

static const struct pgconn_ops conn_ops = {
	.up_cb = up_cb, .down_cb = down_cb, .answer_cb = answer_cb};

static struct pgconn *least_busy(struct class *cl)
{
	struct pgconn *best = NULL;
	for (int i = 0; i < cl->n; i++) {
		struct pgconn *c = &cl->conn[i];
		if (c->state == PGCONN_UP && !c->renew && c->in_flight < cl->pool->opt.depth &&
			(!best || c->in_flight < best->in_flight))
			best = c;
	}
	return best;
}

static void send_on(struct db_ticket *t, struct pgconn *c)
{
	t->state = TICKET_SENT;
	t->conn = c;
	t->tries++;
	pgconn_send(c, &t->call);
}

static void pump(struct class *cl)
{
	struct pgconn *c;
	while (cl->first && (c = least_busy(cl)) != NULL)
		send_on(wait_shift(cl), c);
}

static void class_start(struct class *cl, int which, int n)
{
	struct pgpool *p = cl->pool;
	/* Not "read-write": the roles of pages and of LISTEN are read-only everywhere.  For a
	 * standby libpq asks all hosts, and then all of them again. */
	bool standby = which == DB_RO && p->hosts > 1;
	const char *attrs = standby ? "prefer-standby" : "primary";
	struct pgconn_target to = {.dsn = p->dsn,
		.role = roles[which],
		.attrs = p->hosts > 1 ? attrs : NULL,
		.connect_ms = p->opt.connect_ms * p->hosts * (1 + standby),
		.batches = which == DB_RO || which == PRIMARY};
	cl->n = n;
	for (int i = 0; i < n; i++)
		pgconn_init(&cl->conn[i], p->loop, &to, &conn_ops, cl);
}

/* ---- public ------------------------------------------------------------------------------ */

static struct db_ticket *submit(struct class *cl, enum stmt_id id,
	const struct db_param *params, int n, int deadline_ms, db_done_cb *cb, void *arg)
{
	struct pgpool *p = cl->pool;
	struct db_ticket *t = ticket_new(id, params, n);
	t->class = cl;
	t->cb = cb;
	t->arg = arg;
	t->begun_us = clock_mono_us();
	cl->stats.calls++;
	if (cl == &p->class[PRIMARY] && !cl->n)
		class_start(cl, PRIMARY, 1);
	assert(cl->n > 0);
	loop_deadline_init(&t->deadline, p->loop, deadline_cb, t);
	loop_deadline_set(&t->deadline, deadline_ms);
	if (!hope(cl)) {
		refuse(t, RC_UNAVAILABLE);
		return t;
	}
	struct pgconn *c = cl->first ? NULL : least_busy(cl);
	if (c)
		send_on(t, c);
	else if (cl->waiting < p->opt.queue)
		wait_link(t, false);
	else
		refuse(t, RC_BUSY);
	return t;
}

struct db_ticket *db_submit(struct pgpool *p, enum stmt_id st, const struct db_param *params,
	int n, int deadline_ms, db_done_cb *cb, void *arg)
{
	return submit(&p->class[stmt_get(st)->class], st, params, n, deadline_ms, cb, arg);
}

struct db_ticket *db_submit_primary(struct pgpool *p, enum stmt_id st,
	const struct db_param *params, int n, int deadline_ms, db_done_cb *cb, void *arg)
{
	enum db_class class = stmt_get(st)->class;
	struct class *cl = &p->class[class == DB_RO && p->hosts > 1 ? PRIMARY : class];
	return submit(cl, st, params, n, deadline_ms, cb, arg);
}

void db_forget(struct db_ticket *t)
{
	if (!t)
		return;
	t->cb = NULL;
	if (t->state == TICKET_SENT) {
		loop_deadline_clear(&t->deadline);
		return;
	}
	if (t->state == TICKET_WAITING)
		wait_unlink(t);
	ticket_free(t);
}

enum rc pgpool_new(struct loop *l, const struct pgpool_options *opt,
	const struct pgpool_ops *ops, void *arg, struct pgpool **ret_, struct err *e)
{
	int hosts;
	enum rc rc = pgconn_check_dsn(opt->dsn, &hosts, e);
	if (rc != RC_OK)
		return rc;
	struct pgpool *p = xcalloc(1, sizeof *p);
	p->loop = l;
	p->opt = *opt;
	p->dsn = xstrdup(opt->dsn);
	p->hosts = hosts;
	for (int i = 0; i < POOLS; i++) {
		p->class[i].pool = p;
		p->class[i].last = &p->class[i].first;
	}
	for (int i = 0; i < DB_CLASSES; i++)
		class_start(&p->class[i], i, opt -> connections[i]);
	struct pgconn_target to = {.dsn = p->dsn,
		.role = "qr_listen",
		.attrs = hosts > 1 ? "primary" : NULL,
		.listen = NOTIFY_CHANNEL,
		.connect_ms = opt->connect_ms * hosts};
	if (ops)
		notify_init(&p->notify, l, &to, ops, arg);
	p->listens = ops != NULL;
	*ret_ = p;
	return RC_OK;
}

void pgpool_free(struct pgpool *p)
{
	if (!p)
		return;
	p->closing = true;
	if (p->listens)
		notify_release(&p->notify);
	for (int i = 0; i < POOLS; i++) {
		struct class *cl = &p->class[i];
		for (int j = 0; j < cl->n; j++)
			pgconn_release(&cl->conn[j]);
		while (cl->first) {
			struct db_ticket *t = wait_shift(cl);
			finish(t, RC_UNAVAILABLE, NULL);
			ticket_free(t);
		}
	}
	free(p->dsn);
	free(p);
}

bool pgpool_up(const struct pgpool *p, enum db_class c)
{
	return is_up(&p->class[c]);
}

bool pgpool_has_replicas(const struct pgpool *p)
{
	return p->hosts > 1;
}

bool pgpool_listening(const struct pgpool *p)
{
	return p->notify.conn.state == PGCONN_UP;
}

void pgpool_stats(const struct pgpool *p, enum db_class c, struct pgpool_stats *ret_)
{
	const struct class *cl = &p->class[c];
	*ret_ = cl->stats;
	ret_->waiting = cl->waiting;
	for (int i = 0; i < cl->n; i++) {
		ret_->up += cl->conn[i].state == PGCONN_UP;
		ret_->in_flight += cl->conn[i].in_flight;
		ret_->connects += cl->conn[i].connects;
		ret_->lost += cl->conn[i].lost;
	}
}
