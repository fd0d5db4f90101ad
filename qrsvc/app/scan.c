/* Owns the counts that are not written yet.  Never sees an address.  Called by page.c; flushes
 * by its own timer. */
#include "qrsvc/app/scan.h"

#include "qrsvc/app/hash.h"
#include "qrsvc/base/log.h"

#define TABLE (SCAN_MAX * 2)
#define CODE_MAX 16

struct cell {
	int32_t day;
	uint32_t count; /* 0: free */
	uint8_t n;
	char code[CODE_MAX];
};

struct scans {
	struct app *app;
	struct loop_timer timer;
	struct db_ticket *ticket;
	size_t used;
	struct cell cell[TABLE];
	/* The batch on its way: added back when it surely was not written. */
	size_t sent_n;
	struct cell sent[SCAN_BATCH];
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
	uint64_t h = hash_bytes((uint64_t)(uint32_t)day, code);
	if (!code.n || code.n > CODE_MAX)
		return;
	for (size_t i = 0; i < TABLE; i++) {
		struct cell *c = &s->cell[(h + i) % TABLE];
		if (c->count && (c->day != day || !str_eq(code, (struct str){c->code, c->n})))
			continue;
		if (!c->count) {
			if (s->used == SCAN_MAX)
				break;
			s->used++;
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
	if (!s->used)
		loop_timer_set(&s->timer, SCAN_FLUSH_MS);
	shared_add(&s->app->slot->scans, 1);
	add(s, day, code, 1);
	if (s->used > SCAN_MAX / 2 && !s->ticket && pgpool_up(s->app->db, DB_RW))
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
	if (s->used)
		loop_timer_set(&s->timer, again ? SCAN_FLUSH_MS : 1);
}

static void timer_cb(void *arg)
{
	scans_flush(arg);
}

/* Takes one day's cells out of the table, as many as fit into a batch.  Open addressing: taking
 * single cells out would break chains, so what stays is put in anew. */
static void take_batch(struct scans *s)
{
	static struct cell rest[SCAN_MAX]; /* one per process, too large for a stack */
	size_t nrest = 0;
	int32_t day = DAY_NONE;
	s->sent_n = 0;
	for (size_t i = 0; i < TABLE; i++) {
		struct cell *c = &s->cell[i];
		if (!c->count)
			continue;
		if (day == DAY_NONE)
			day = c->day;
		if (c->day == day && s->sent_n < SCAN_BATCH)
			s->sent[s->sent_n++] = *c;
		else
			rest[nrest++] = *c;
		c->count = 0;
	}
	s->used = 0;
	for (size_t i = 0; i < nrest; i++)
		add(s, rest[i].day, (struct str){rest[i].code, rest[i].n}, rest[i].count);
}

bool scans_flush(struct scans *s)
{
	struct str codes[SCAN_BATCH];
	int64_t counts[SCAN_BATCH];
	char day[16];
	if (s->ticket)
		return true;
	if (!s->used)
		return false;
	take_batch(s);
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
