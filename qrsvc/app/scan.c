/* Owns the counts that are not written yet.  Never sees an address.  Called by page.c; flushes
 * by its own timer.
 *
 * Two tables: one is counted into while the other is written, batch by batch, in one walk over
 * its cells.  So a thousand different labels cost what a thousand scans of one cost. */
#include "qrsvc/app/scan.h"

#include "qrsvc/app/hash.h"
#include "qrsvc/base/log.h"

#define CELLS (SCAN_MAX * 2u)
#define CODE_MAX 16

struct cell {
	int32_t day;
	uint32_t count; /* 0: free */
	uint8_t n;
	char code[CODE_MAX];
};

struct table {
	size_t used;
	struct cell cell[CELLS];
};

struct scans {
	struct app *app;
	struct loop_timer timer;
	struct db_ticket *ticket;
	struct table *now;  /* counted into */
	struct table *then; /* being written: cells before `at` are free, or of another day */
	size_t at;
	/* The batch on its way: added back when it surely was not written. */
	size_t sent_n;
	struct cell sent[SCAN_BATCH];
	struct table table[2];
};

static bool is_bot(struct str agent)
{
	static const char *const bots[] = {"bot", "Bot", "spider", "crawl", "preview",
		"Headless", "curl/", "Wget/", "python", "monitor", "Lighthouse"};
	for (size_t i = 0; i < sizeof bots / sizeof bots[0]; i++)
		if (memmem(agent.p, agent.n, bots[i], strlen(bots[i])))
			return true;
	return false;
}

/* Phones come with a few hundred different agents: the verdict on each is remembered by its
 * hash (nothing else is). */
static bool is_person(struct str agent)
{
	static struct {
		uint64_t hash;
		bool person;
	} memo[512];
	uint64_t h = hash_bytes(1, agent) | 1;
	size_t i = h >> 40 & 511;
	if (memo[i].hash != h) {
		memo[i].hash = h;
		memo[i].person = agent.n && !is_bot(agent);
	}
	return memo[i].person;
}

bool scan_counts(const struct http_request *r)
{
	if (r->method != HTTP_GET || !is_person(http_known(r, HTTP_F_USER_AGENT)))
		return false;
	if (r->known[HTTP_F_SEC_PURPOSE] ||
		str_eq(http_field(r, STR("Purpose")), STR("prefetch")) ||
		str_eq(http_field(r, STR("X-Moz")), STR("prefetch")))
		return false;
	return !http_cookie(r, STR("__Host-session")).p; /* staff at work */
}

static void add(struct scans *s, int32_t day, struct str code, uint32_t count)
{
	struct table *t = s->now;
	uint64_t h = hash_bytes((uint64_t)(uint32_t)day, code);
	if (!code.n || code.n > CODE_MAX)
		return;
	for (size_t i = 0; i < CELLS; i++) {
		struct cell *c = &t->cell[(h + i) % CELLS];
		if (c->count && (c->day != day || !str_eq(code, (struct str){c->code, c->n})))
			continue;
		if (!c->count) {
			if (t->used == SCAN_MAX)
				break;
			t->used++;
			c->day = day;
			c->n = (uint8_t)code.n;
			memcpy(c->code, code.p, code.n);
		}
		c->count += count;
		return;
	}
	shared_add(&s->app->slot->scans_lost, count);
}

static void timer_cb(void *arg);

void scans_add(struct scans *s, int32_t day, struct str code)
{
	if (!s->now->used && !s->then->used && !s->ticket)
		loop_timer_set(&s->timer, SCAN_FLUSH_MS);
	shared_add(&s->app->slot->scans, 1);
	add(s, day, code, 1);
	if (s->now->used > SCAN_MAX / 2 && !s->ticket && pgpool_up(s->app->db, DB_RW))
		scans_flush(s);
}

static void done_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct scans *s = arg;
	(void)rows;
	s->ticket = NULL;
	bool again = rc == RC_UNAVAILABLE || rc == RC_BUSY;
	for (size_t i = 0; i < s->sent_n && again; i++)
		add(s, s->sent[i].day, (struct str){s->sent[i].code, s->sent[i].n},
			s->sent[i].count);
	/* Written or not, nobody knows: rather lost than counted twice. */
	for (size_t i = 0; i < s->sent_n && rc != RC_OK && !again; i++)
		shared_add(&s->app->slot->scans_lost, s->sent[i].count);
	s->sent_n = 0;
	if (s->then->used || s->now->used)
		loop_timer_set(&s->timer, s->then->used && !again ? 1 : SCAN_FLUSH_MS);
}

static void timer_cb(void *arg)
{
	scans_flush(arg);
}

/* Takes one day's cells out of the table that is being written, as many as fit into a batch. */
static void take_batch(struct scans *s)
{
	int32_t day = DAY_NONE;
	s->sent_n = 0;
	while (s->then->used && s->sent_n < SCAN_BATCH) {
		if (s->at == CELLS) { /* what is left is of another day */
			s->at = 0;
			if (s->sent_n)
				return;
		}
		struct cell *c = &s->then->cell[s->at++];
		if (!c->count || (day != DAY_NONE && c->day != day))
			continue;
		day = c->day;
		s->sent[s->sent_n++] = *c;
		c->count = 0;
		s->then->used--;
	}
}

bool scans_flush(struct scans *s)
{
	struct str codes[SCAN_BATCH]; /* both together 24 KB */
	int64_t counts[SCAN_BATCH];
	char day[16];
	if (s->ticket)
		return true;
	if (!s->then->used) {
		struct table *t = s->then;
		s->then = s->now;
		s->now = t;
		s->at = 0;
	}
	take_batch(s);
	if (!s->sent_n)
		return false;
	for (size_t i = 0; i < s->sent_n; i++) {
		codes[i] = (struct str){s->sent[i].code, s->sent[i].n};
		counts[i] = s->sent[i].count;
	}
	struct civil c = day_to_civil(s->sent[0].day);
	snprintf(day, sizeof day, "%04d-%02d-%02d", c.year % 10000, c.month % 100, c.day % 100);
	struct db_param params[] = {DB_P_TEXT(str_c(day)),
		{.type = DB_TEXT_ARRAY, .list = codes, .n = s->sent_n},
		{.type = DB_INT_ARRAY, .ints = counts, .n = s->sent_n}};
	s->ticket =
		db_submit(s->app->db, ST_scan_add, params, 3, s->app->opt.write_ms, done_cb, s);
	return true;
}

struct scans *scans_new(struct app *a)
{
	struct scans *s = xcalloc(1, sizeof *s);
	s->app = a;
	s->now = &s->table[0];
	s->then = &s->table[1];
	loop_timer_init(&s->timer, a->loop, timer_cb, s);
	return s;
}

void scans_free(struct scans *s)
{
	if (!s)
		return;
	loop_timer_stop(&s->timer);
	db_forget(s->ticket);
	free(s);
}
