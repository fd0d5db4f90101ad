/* Owns one PGconn: connecting, pipeline, results, heartbeat.  Never decides about retries or
 * deadlines of calls; used by pgpool.c (calls) and notify.c (LISTEN). */
#include "qrsvc/db/pgconn.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/log.h"

#include <assert.h>

static void start(void *arg);
static void poll_connect(struct pgconn *c);
static void lost(struct pgconn *c, const char *why, const char *detail);

static void ignore_notice(void *arg, const PGresult *res)
{
	(void)arg, (void)res;
}

static struct str first_line(const char *s)
{
	struct str t = str_c(s ? s : "");
	return str_cut(&t, '\n');
}

/* ---- going down -------------------------------------------------------------------------- */

static void pause_then_start(struct pgconn *c)
{
	int ms = PGCONN_REST_MIN;
	for (int i = 1; i < c->failures && ms < PGCONN_REST_MAX; i++)
		ms *= 2;
	if (ms > PGCONN_REST_MAX)
		ms = PGCONN_REST_MAX;
	/* Half of it by chance, so that workers do not all come at once. */
	ms = ms / 2 + (int)crypto_uniform((uint32_t)ms / 2 + 1);
	c->state = PGCONN_REST;
	loop_timer_init(&c->timer, c->loop, start, c);
	loop_timer_set(&c->timer, c->failures ? ms : 0);
}

static void close_pq(struct pgconn *c)
{
	loop_watch_stop(&c->watch);
	loop_timer_stop(&c->timer);
	loop_post_cancel(&c->post);
	PQclear(c->kept);
	c->kept = NULL;
	if (c->pq)
		PQfinish(c->pq);
	c->pq = NULL;
	c->beat_open = c->renew = c->heard = c->broken = false;
	c->gathered = NULL;
	c->syncs = 0;
	memset(c->prepared, 0, sizeof c->prepared);
}

/* Calls that were sent and will not be answered. */
static void hand_back(struct pgconn *c)
{
	struct pgcall *call = c->first;
	c->first = NULL;
	c->last = &c->first;
	c->in_flight = 0;
	while (call) {
		struct pgcall *next = call->next;
		c->ops->answer_cb(c, call, NULL);
		call = next;
	}
}

static void lost(struct pgconn *c, const char *why, const char *detail)
{
	bool was_up = c->state == PGCONN_UP;
	c->failures += !was_up;
	c->lost += was_up;
	if (was_up || log_every(&c->logged_us, 30))
		log_event(LOG_WARNING, was_up ? "db.lost" : "db.connect_failed",
			LOG_C("role", c->to.role), LOG_C("why", why),
			LOG_S("detail", first_line(detail)));
	close_pq(c);
	pause_then_start(c);
	hand_back(c);
	c->ops->down_cb(c);
}

void pgconn_abandon(struct pgconn *c, const char *why)
{
	if (c->state == PGCONN_REST)
		return;
	c->failures += c->state == PGCONN_UP; /* no hope for those who ask meanwhile */
	lost(c, why, NULL);
}

/* ---- coming up --------------------------------------------------------------------------- */

static void connect_late(void *arg)
{
	struct pgconn *c = arg;
	lost(c, "no connection within the deadline", PQerrorMessage(c->pq));
}

static void connect_event_cb(void *arg, int fd, int what)
{
	(void)fd, (void)what;
	poll_connect(arg);
}

static void start(void *arg)
{
	struct pgconn *c = arg;
	const char *const keys[] = {"dbname", "user", "application_name", "client_encoding",
		"tcp_user_timeout", "keepalives_idle", "keepalives_interval",
		"keepalives_count", c->to.attrs ? "target_session_attrs" : NULL, NULL};
	const char *const values[] = {c->to.dsn, c->to.role, "qrsvc", "UTF8", "3000", "5", "2",
		"2", c->to.attrs, NULL};
	c->state = PGCONN_CONNECTING;
	c->pq = PQconnectStartParams(keys, values, 1);
	loop_timer_init(&c->timer, c->loop, connect_late, c);
	loop_timer_set(&c->timer, c->to.connect_ms);
	if (!c->pq || PQstatus(c->pq) == CONNECTION_BAD) {
		lost(c, "cannot connect", c->pq ? PQerrorMessage(c->pq) : "out of memory");
		return;
	}
	PQsetNoticeReceiver(c->pq, ignore_notice, NULL);
	loop_watch_init(&c->watch, c->loop, PQsocket(c->pq), connect_event_cb, c);
	loop_watch_set(&c->watch, LOOP_WRITE);
}

static void beat(void *arg);
static void up_event_cb(void *arg, int fd, int what);

static void established(struct pgconn *c)
{
	loop_timer_stop(&c->timer);
	loop_watch_init(&c->watch, c->loop, PQsocket(c->pq), up_event_cb, c);
	c->heard_us = clock_mono_us();
	if (PQsetnonblocking(c->pq, 1) != 0) {
		lost(c, "not non-blocking", PQerrorMessage(c->pq));
		return;
	}
	if (c->to.listen) {
		char sql[64];
		snprintf(sql, sizeof sql, "LISTEN %s", c->to.listen);
		loop_timer_init(&c->timer, c->loop, beat, c);
		loop_timer_set(&c->timer, PGCONN_BEAT_MS);
		c->beat_open = true;
		if (!PQsendQuery(c->pq, sql) || PQflush(c->pq) < 0) {
			lost(c, "LISTEN", PQerrorMessage(c->pq));
			return;
		}
		loop_watch_set(&c->watch, LOOP_READ);
		return; /* up when LISTEN is answered */
	}
	if (!PQenterPipelineMode(c->pq)) {
		lost(c, "no pipeline mode", PQerrorMessage(c->pq));
		return;
	}
	c->state = PGCONN_UP;
	c->failures = 0;
	c->connects++;
	loop_watch_set(&c->watch, LOOP_READ);
	c->ops->up_cb(c);
}

static void poll_connect(struct pgconn *c)
{
	/* libpq may close the descriptor and open another (next host): the loop must have
	 * forgotten it by then. */
	loop_watch_stop(&c->watch);
	PostgresPollingStatusType s = PQconnectPoll(c->pq);
	if (s == PGRES_POLLING_FAILED) {
		lost(c, "cannot connect", PQerrorMessage(c->pq));
	} else if (s == PGRES_POLLING_OK) {
		established(c);
	} else {
		loop_watch_init(&c->watch, c->loop, PQsocket(c->pq), connect_event_cb, c);
		loop_watch_set(&c->watch, s == PGRES_POLLING_WRITING ? LOOP_WRITE : LOOP_READ);
	}
}

/* ---- calls ------------------------------------------------------------------------------- */

static void flush(struct pgconn *c)
{
	int r = PQflush(c->pq);
	if (r < 0)
		lost(c, "cannot send", PQerrorMessage(c->pq));
	else
		loop_watch_set(&c->watch, r > 0 ? LOOP_READ | LOOP_WRITE : LOOP_READ);
}

/* Into libpq's buffer.  What libpq has no memory for is not sent, and the connection stays as
 * it is: the next call's answer would be taken for this one's.  So nothing more is put, and
 * flush_post() gives the connection up. */
static void put_call(struct pgconn *c, struct pgcall *call)
{
	const struct stmt *st = stmt_get(call->id);
	call->prepares = !c->prepared[call->id];
	c->prepared[call->id] = true;
	if (!c->broken && call->prepares)
		c->broken = !PQsendPrepare(c->pq, st->name, st->sql, 0, NULL);
	if (!c->broken)
		c->broken = !PQsendQueryPrepared(c->pq, st->name, call->n, call->values,
			call->lengths, call->formats, st->binary);
}

static void put_sync(struct pgconn *c)
{
	c->syncs++;
	if (!c->broken)
		c->broken = !PQpipelineSync(c->pq);
}

/* While the server is busy with a batch the next one gathers: a wake-up costs it and us more
 * than a call.  It gathers here, for libpq sends what it has whenever it reads. */
static void flush_post(void *arg)
{
	struct pgconn *c = arg;
	if (c->gathered && !c->syncs) {
		for (struct pgcall *call = c->gathered; call; call = call->next)
			put_call(c, call);
		c->gathered = NULL;
		put_sync(c);
	}
	if (c->broken)
		lost(c, "cannot send", PQerrorMessage(c->pq));
	else
		flush(c);
}

void pgconn_send(struct pgconn *c, struct pgcall *call)
{
	assert(c->state == PGCONN_UP);
	call->next = NULL;
	call->sent_us = clock_mono_us();
	*c->last = call;
	c->last = &call->next;
	c->in_flight++;
	if (!c->to.batches) {
		put_call(c, call);
		put_sync(c);
	} else if (!c->gathered) {
		c->gathered = call;
	}
	loop_post(c->loop, &c->post, flush_post, c);
}

static struct pgcall *shift(struct pgconn *c)
{
	struct pgcall *call = c->first;
	c->first = call->next;
	if (!c->first)
		c->last = &c->first;
	c->in_flight--;
	return call;
}

/* The oldest call is complete. */
static void complete(struct pgconn *c)
{
	struct pgcall *call = shift(c);
	PGresult *kept = c->kept;
	c->kept = NULL;
	if (call->prepares)
		c->prepared[call->id] = false;
	c->ops->answer_cb(c, call, kept);
	PQclear(kept);
}

/* The server ends the session: no answer to any call, the connection is lost next. */
static bool is_goodbye(const PGresult *res)
{
	const char *how = PQresultErrorField(res, PG_DIAG_SEVERITY_NONLOCALIZED);
	return how && (strcmp(how, "FATAL") == 0 || strcmp(how, "PANIC") == 0);
}

/* An error libpq has made itself: it had no memory for an answer, or does not understand it.
 * It may stand for any message, a Sync too, so what follows cannot be told apart. */
static bool is_libpqs(const PGresult *res, ExecStatusType status)
{
	return status == PGRES_BAD_RESPONSE ||
	       (status == PGRES_FATAL_ERROR && !PQresultErrorField(res, PG_DIAG_SQLSTATE));
}

static void take_result(struct pgconn *c, PGresult *res)
{
	ExecStatusType status = PQresultStatus(res);
	if (is_libpqs(res, status)) {
		lost(c, "an answer cannot be read", PQresultErrorMessage(res));
		PQclear(res);
		return;
	}
	c->heard = status != PGRES_PIPELINE_SYNC;
	if (status == PGRES_PIPELINE_SYNC) {
		PQclear(res);
		c->syncs--;
		if (!c->to.batches && c->first)
			complete(c);
		else if (c->gathered)
			loop_post(c->loop, &c->post, flush_post, c);
	} else if (!c->first || is_goodbye(res)) {
		c->heard = false;
		PQclear(res);
	} else if (status == PGRES_COMMAND_OK) {
		/* Only Prepare answers so: the statements are all SELECT. */
		c->first->prepares = false;
		c->heard = false; /* the end of Prepare is not the end of the call */
		PQclear(res);
	} else if (c->kept && status == PGRES_PIPELINE_ABORTED) {
		/* Execute after a Prepare that failed, or was not executed. */
		PQclear(res);
	} else {
		PQclear(c->kept);
		c->kept = res;
		c->heard = !c->first->prepares; /* likewise */
	}
}

static void read_results(struct pgconn *c)
{
	int nulls = 0;
	while (c->state == PGCONN_UP && c->syncs && !PQisBusy(c->pq)) {
		PGresult *res = PQgetResult(c->pq);
		if (res) {
			nulls = 0;
			take_result(c, res);
		} else if (c->heard && c->to.batches && c->first) {
			c->heard = false;
			complete(c);
		} else if (++nulls > 3) {
			lost(c, "out of step", PQerrorMessage(c->pq));
		}
	}
	bool idle = !c->first && !c->syncs;
	if (c->state == PGCONN_UP && idle)
		PQisBusy(c->pq); /* parses what came unasked: a goodbye, a changed setting */
	if (c->state == PGCONN_UP && c->renew && idle) {
		c->failures = 0;
		lost(c, "renewed", NULL);
	}
}

/* ---- LISTEN ------------------------------------------------------------------------------ */

static void beat(void *arg)
{
	struct pgconn *c = arg;
	if (c->beat_open) {
		lost(c, "no sign of life", NULL);
		return;
	}
	c->beat_open = true;
	if (!PQsendQuery(c->pq, "") || PQflush(c->pq) < 0) {
		lost(c, "cannot send", PQerrorMessage(c->pq));
		return;
	}
	loop_timer_set(&c->timer, PGCONN_BEAT_MS);
}

/* Results of LISTEN (the first one) and of heartbeats, then notices. */
static void read_notices(struct pgconn *c)
{
	while (!PQisBusy(c->pq)) {
		PGresult *res = PQgetResult(c->pq);
		if (!res)
			break;
		bool bad = PQresultStatus(res) == PGRES_FATAL_ERROR;
		PQclear(res);
		if (bad) {
			lost(c, "LISTEN", PQerrorMessage(c->pq));
			return;
		}
		c->beat_open = false;
		if (c->state != PGCONN_UP) {
			c->state = PGCONN_UP;
			c->failures = 0;
			c->connects++;
			c->ops->up_cb(c);
		}
	}
	for (PGnotify *n; c->state == PGCONN_UP && (n = PQnotifies(c->pq)) != NULL;) {
		c->ops->notice_cb(c, n->extra);
		PQfreemem(n);
	}
}

/* ---- events ------------------------------------------------------------------------------ */

static void up_event_cb(void *arg, int fd, int what)
{
	struct pgconn *c = arg;
	(void)fd;
	if (what & LOOP_READ) {
		c->heard_us = clock_mono_us();
		if (!PQconsumeInput(c->pq)) {
			lost(c, "connection closed", PQerrorMessage(c->pq));
			return;
		}
		if (c->to.listen)
			read_notices(c);
		else
			read_results(c);
	}
	if (c->pq && c->state != PGCONN_CONNECTING && (what & LOOP_WRITE))
		flush(c);
	if (c->pq && c->state == PGCONN_UP && PQstatus(c->pq) == CONNECTION_BAD)
		lost(c, "connection closed", PQerrorMessage(c->pq));
}

void pgconn_init(struct pgconn *c, struct loop *l, const struct pgconn_target *to,
	const struct pgconn_ops *ops, void *arg)
{
	*c = (struct pgconn){.ops = ops, .arg = arg, .to = *to, .loop = l};
	c->last = &c->first;
	pause_then_start(c);
}

void pgconn_release(struct pgconn *c)
{
	close_pq(c);
	c->state = PGCONN_REST;
	hand_back(c);
}

void pgconn_renew(struct pgconn *c)
{
	c->renew = true;
}
