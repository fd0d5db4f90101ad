/* Owns the job kind `outbox`: turns reminders into messages, and sends what waits: a few at
 * once, each under its own lease, its result written down before anything else is done with it.
 * Who is killed in between leaves a lease that runs out: the message is sent once more under
 * the same number, never lost.  What was answered with success is never sent again.
 *
 * A step waits for the network for half a second at most: the job's lease is kept and the
 * process hears a SIGTERM.  A run ends after RUN_S, so that sheets of labels do not wait for
 * slow receivers.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"
#include "qrsvc/jobs/send.h"

#include "qrsvc/base/clock.h"
#include "qrsvc/base/log.h"

#define AT_ONCE 4u
/* longer than any message may take: timeout_ms is at most 60 s */
#define LEASE_S 180
#define STEP_MS 500
#define RUN_S 30
#define FILL 50 /* messages made in one step */

struct outbox {
	struct arena arena; /* of the messages under way */
	CURLM *multi;
	struct message m[AT_ONCE]; /* libcurl has pointers to them: none is moved */
	size_t n;		   /* under way */
	int64_t sent, failed;
	bool filled;
};

static void forget(struct outbox *o)
{
	for (size_t i = 0; i < AT_ONCE; i++) {
		if (o->m[i].easy && o->multi)
			curl_multi_remove_handle(o->multi, o->m[i].easy);
		send_forget(&o->m[i]);
		o->m[i] = (struct message){0};
	}
	o->n = 0;
	arena_reset(&o->arena);
}

void job_outbox_end(struct job *j)
{
	struct outbox *o = j->state;

	if (!o)
		return;
	forget(o);
	if (o->multi)
		curl_multi_cleanup(o->multi);
	arena_release(&o->arena);
	free(o);
	j->state = NULL;
}

/* ---- results -------------------------------------------------------------------------------
 */

static void noted_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct outbox *o = j->state;
	struct str state = rc == RC_OK && db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;

	if (str_eq(state, STR("dead")))
		log_event(LOG_WARNING, "outbox.dead", LOG_I("job", j->id));
	if (rc == RC_OK && !o->n)
		forget(o);
	job_stepped(j, rc, true, 0);
}

/* Writes down what became of message i, and takes it off the list. */
static void note(struct job *j, size_t i, CURLcode code)
{
	struct outbox *o = j->state;
	struct message m = o->m[i];
	struct send_result r = send_result(&m, code);
	struct db_param p[] = {DB_P_TEXT(m.id), DB_P_TEXT(job_who(j)),
		DB_P_TEXT(r.ok ? STR("t") : STR("f")), DB_P_INT(r.status),
		DB_P_TEXT(r.ok ? STR_NONE : str_c(r.why)), DB_P_INT(r.wait_s),
		DB_P_TEXT(r.final ? STR("t") : STR("f")),
		DB_P_INT(job_config(j)->outbox_tries)};

	log_event(r.ok ? LOG_INFO : LOG_NOTICE, r.ok ? "outbox.sent" : "outbox.failed",
		LOG_S("id", m.id), LOG_S("kind", m.kind), LOG_I("status", r.status),
		LOG_C("why", r.ok ? "" : r.why));
	o->sent += r.ok;
	o->failed += !r.ok;
	if (m.easy)
		curl_multi_remove_handle(o->multi, m.easy);
	send_forget(&m);
	o->m[i] = (struct message){0};
	o->n--;
	job_call(j, ST_outbox_note, p, 8, noted_cb);
}

/* Half a second of the network; one result, if there is one. */
static void pump(struct job *j)
{
	struct outbox *o = j->state;
	int64_t until = clock_mono_us() + STEP_MS * 1000;

	for (size_t i = 0; i < AT_ONCE; i++)
		if (o->m[i].why) { /* not even begun */
			note(j, i, CURLE_OK);
			return;
		}
	for (;;) {
		int running = 0, left = 0;
		CURLMsg *said;

		curl_multi_perform(o->multi, &running);
		while ((said = curl_multi_info_read(o->multi, &left)))
			for (size_t i = 0; said->msg == CURLMSG_DONE && i < AT_ONCE; i++)
				if (o->m[i].easy == said->easy_handle) {
					note(j, i, said->data.result);
					return;
				}
		int64_t wait = (until - clock_mono_us()) / 1000;

		if (wait <= 0 || !running)
			break;
		curl_multi_poll(o->multi, NULL, 0, (int)wait, NULL);
	}
	job_stepped(j, RC_OK, true, 0);
}

/* ---- what waits ----------------------------------------------------------------------------
 */

static void begin(struct job *j, struct message *m)
{
	struct outbox *o = j->state;
	const struct config *cfg = job_config(j);

	m->easy = curl_easy_init();
	bool ready = m->easy && (str_eq(m->kind, STR("mail")) ? mail_prepare(m, cfg, &o->arena)
							      : hook_prepare(m, cfg));
	if (!ready && !m->why)
		m->why = "memory";
	if (ready && curl_multi_add_handle(o->multi, m->easy) != CURLM_OK)
		m->why = "memory";
}

static void taken_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct outbox *o = j->state;
	size_t n = rc == RC_OK ? (size_t)db_count(rows) : 0;

	if (!n) {
		job_stepped(j, rc, false, o->sent);
		return;
	}
	for (size_t i = 0; i < n && i < AT_ONCE; i++) {
		struct str *const to[] = {&o->m[i].id, &o->m[i].kind, &o->m[i].target,
			&o->m[i].body, &o->m[i].stamp, &o->m[i].signature};

		o->m[i] = (struct message){0};
		for (int c = 0; c < 6; c++)
			*to[c] = arena_str(&o->arena, db_cell(rows, (int)i, c));
		begin(j, &o->m[i]);
		o->n++;
	}
	job_stepped(j, RC_OK, true, 0);
}

static void filled_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct outbox *o = j->state;
	int64_t n = 0;

	if (rc == RC_OK && db_count(rows))
		str_i64(db_cell(rows, 0, 0), &n);
	o->filled = n < FILL;
	job_stepped(j, rc, true, 0);
}

void job_outbox(struct job *j)
{
	struct outbox *o = j->state;

	if (!o) {
		o = j->state = xcalloc(1, sizeof *o);
		arena_init(&o->arena);
		o->multi = curl_multi_init();
	}
	if (!o->multi) {
		job_stepped(j, RC_INTERNAL, false, 0);
	} else if (!o->filled) {
		struct db_param p[] = {
			DB_P_TEXT(str_c(job_config(j)->base_url)), DB_P_INT(FILL)};

		job_call(j, ST_outbox_fill, p, 2, filled_cb);
	} else if (o->n) {
		pump(j);
	} else if (clock_mono_us() - j->began_us > RUN_S * US_PER_S) {
		job_stepped(j, RC_OK, false, o->sent);
	} else {
		struct db_param p[] = {
			DB_P_TEXT(job_who(j)), DB_P_INT(LEASE_S), DB_P_INT(AT_ONCE)};

		job_call(j, ST_outbox_take, p, 3, taken_cb);
	}
}
