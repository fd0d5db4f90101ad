/* Owns a blob or photo on its way from the database into an unnamed file.  Never decides whose
 * it is: the database does, by the session.  Called by upload.c. */
#include "qrsvc/app/upload_blob.h"

#include "qrsvc/app/app.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/body.h"
#include "qrsvc/photo/photo.h"

#include <stdlib.h>
#include <unistd.h>

struct blob_fetch {
	struct app *app;
	char session[SHA256_BYTES], sha[SHA256_BYTES];
	blob_fetch_cb *cb;
	void *arg;
	struct db_ticket *db;
	int fd;
	int64_t at, length;
};

void blob_fetch_free(struct blob_fetch *f)
{
	if (!f)
		return;
	db_forget(f->db);
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}

static void end(struct blob_fetch *f, enum rc rc, struct str photo)
{
	blob_fetch_cb *cb = f->cb;
	void *arg = f->arg;
	int fd = rc == RC_OK ? f->fd : -1;
	if (fd >= 0)
		f->fd = -1;
	blob_fetch_free(f);
	cb(arg, rc, fd, photo);
}

static void ask(struct blob_fetch *f, enum stmt_id st, int n, int ms, db_done_cb *cb)
{
	const struct db_param p[] = {DB_P_BYTES(((struct str){f->session, SHA256_BYTES})),
		DB_P_BYTES(((struct str){f->sha, SHA256_BYTES})), DB_P_INT(f->at)};
	f->db = db_submit(f->app->db, st, p, n, ms, cb, f);
}

static void next(struct blob_fetch *f);

static void piece_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct blob_fetch *f = arg;
	f->db = NULL;
	struct str bytes = rc == RC_OK && db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;
	if (rc != RC_OK)
		end(f, rc, STR_NONE);
	else if (!bytes.n || bytes.n > (uint64_t)(f->length - f->at))
		end(f, RC_NOT_FOUND, STR_NONE); /* it went away meanwhile */
	else if (!http_spool_write(f->fd, bytes))
		end(f, RC_IO, STR_NONE);
	else {
		f->at += (int64_t)bytes.n;
		next(f);
	}
}

static bool file_open(struct blob_fetch *f)
{
	f->fd = http_spool_open(f->app->opt.state[0] ? f->app->opt.state : "/tmp");
	return f->fd >= 0;
}

/* A whole photo is one answer: it was one when it was stored. */
static void photo_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct blob_fetch *f = arg;
	f->db = NULL;
	struct str bytes = rc == RC_OK && db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;
	if (rc != RC_OK)
		end(f, rc, STR_NONE);
	else if (!bytes.n)
		end(f, RC_NOT_FOUND, STR_NONE);
	else if (!file_open(f) || !http_spool_write(f->fd, bytes) ||
		 lseek(f->fd, 0, SEEK_SET) != 0)
		end(f, RC_IO, STR_NONE);
	else
		end(f, RC_OK, STR_NONE);
}

static void next(struct blob_fetch *f)
{
	if (f->at < f->length)
		ask(f, ST_staff_blob_get, 3, f->app->opt.slow_ms, piece_cb);
	else if (lseek(f->fd, 0, SEEK_SET) != 0)
		end(f, RC_IO, STR_NONE);
	else
		end(f, RC_OK, STR_NONE);
}

static void take_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct blob_fetch *f = arg;
	struct arena a = {0};
	const struct json *doc = NULL;
	f->db = NULL;
	arena_init(&a);
	if (rc == RC_OK && (!db_count(rows) || json_parse(&a, db_cell(rows, 0, 0), KIB, true,
						       NULL, &doc) != RC_OK))
		rc = RC_INTERNAL;
	struct str photo = json_str(doc, "photo");
	f->length = json_int(doc, "length", 0);
	if (rc != RC_OK || photo.p) {
		end(f, rc, photo);
	} else {
		if (!file_open(f))
			end(f, RC_IO, STR_NONE);
		else
			next(f);
	}
	arena_release(&a);
}

static struct blob_fetch *fetch_new(
	struct app *a, struct str session, struct str sha, blob_fetch_cb *cb, void *arg)
{
	struct blob_fetch *f = xcalloc(1, sizeof *f);
	f->app = a;
	f->cb = cb;
	f->arg = arg;
	f->fd = -1;
	if (session.n == SHA256_BYTES)
		memcpy(f->session, session.p, SHA256_BYTES);
	memcpy(f->sha, sha.p, SHA256_BYTES);
	return f;
}

struct blob_fetch *blob_fetch_new(
	struct app *a, struct str session, struct str sha, blob_fetch_cb *cb, void *arg)
{
	struct blob_fetch *f = fetch_new(a, session, sha, cb, arg);
	ask(f, ST_staff_blob_take, 2, a->opt.write_ms, take_cb);
	return f;
}

struct blob_fetch *blob_fetch_photo(
	struct app *a, struct str session, struct str sha, blob_fetch_cb *cb, void *arg)
{
	struct blob_fetch *f = fetch_new(a, session, sha, cb, arg);
	f->at = photo_widths[PHOTO_2048];
	ask(f, ST_staff_photo_get, 3, a->opt.slow_ms, photo_cb);
	return f;
}
