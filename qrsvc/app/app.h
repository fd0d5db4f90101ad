/* app: the root of a worker: what its requests share.  For the files of app/ and worker.c;
 * handlers only see struct request. */
#ifndef QR_APP_APP_H
#define QR_APP_APP_H

#include "qrsvc/app/cache.h"
#include "qrsvc/app/limit.h"
#include "qrsvc/app/request.h"
#include "qrsvc/app/shared.h"
#include "qrsvc/http/server.h"
#include "qrsvc/net/loop.h"

#define APP_FLIGHTS 4096   /* pages being read at once; more: RC_BUSY */
#define APP_FLIGHT_TRIES 3 /* reads of one page that came back older than announced */
#define APP_GZIP_LEVEL 5   /* 64 us for 12 KB; 6 to 9 take longer and save nothing */
/* With more pages than this being read, a page that nobody has asked for before goes out as it
 * is: then cycles are scarcer than bytes. */
#define APP_BUSY_FLIGHTS 16

struct flight;
struct flights;
struct hasher;
struct lag;
struct photo_client;
struct photocache;
struct scans;
struct seal_key;
struct uploads;

struct app_options {
	const char *state; /* folder for photos, or "" */
	size_t cache_bytes;
	int64_t photo_bytes;
	int read_ms, write_ms, slow_ms;
	const struct seal_key *contact; /* outlives it; NULL: numbers are not asked for */
};

struct app {
	struct loop *loop;
	struct app_options opt;
	struct site site;
	const struct web_ops *web;
	struct pgpool *db;
	struct cache *cache;
	struct refs *refs;
	struct gzip *gzip;
	struct flights *flights;
	struct scans *scans;
	struct photocache *photos;
	struct lag *lag;    /* how old a standby's answers are; NULL: nobody asks */
	int64_t unheard_us; /* since when changes are not heard of (wall clock), 0: they are */
	struct uploads *uploads;
	struct photo_client *photod; /* the worker's; jobs for the photo process */
	struct hasher *hasher;	     /* the worker's; passwords */
	struct limiter limiter;
	struct shared_slot *slot;
	int guests; /* bodies of people without an account being read: upload.h */
	bool https; /* links and cookies may count on it */

	/* The local day, kept so that a hit need not ask for it. */
	int32_t today;
	int64_t day_begin_us, day_end_us;

	struct sbuf out;      /* where pages are rendered */
	struct arena scratch; /* of the page being rendered */
	/* Field lines of each kind of answer, made once (reply.c). */
	struct str lines[LANG_COUNT][2];      /* cached pages: HTML, JSON */
	struct str lines_once[LANG_COUNT][2]; /* the same, no-store */
	struct str lines_static[2], lines_photo, lines_refusal, lines_feed;
	struct str lines_staff[LANG_COUNT][2]; /* pages behind the login; with a camera */
	struct arena memory;		       /* of the above */
};

/* site and web outlive it; db may be NULL in tests that use none. */
void app_init(struct app *a, struct loop *l, const struct app_options *opt,
	const struct site *site, const struct web_ops *web, struct shared *shared,
	struct shared_slot *slot, const struct limit_rate *rates);
void app_release(struct app *a);
/* Today in the deployment's zone. */
int32_t app_today(struct app *a, int64_t now_us);
/* Numbers that are kept elsewhere, into the slot; once a second. */
void app_gauges(struct app *a);

/* reply.c */
void reply_lines_init(struct app *a);
/* Type of a page. */
struct str reply_type(bool json);

/* page.c */
struct flights *flights_new(void);
void flights_free(struct flights *f);
/* Under way. */
size_t flights_count(const struct flights *f);

#endif
