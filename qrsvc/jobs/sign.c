/* Owns the job kind `sign`: signs the heads of the chain, so that who holds one sees a tail
 * that was cut off or a row that was changed, even by the owner of the database.  The key is
 * read from its file for each head and wiped again; PostgreSQL never sees it.  Only texts of
 * heads are signed.  Called by queue.c through job_kinds[]. */
#include "qrsvc/jobs/kinds.h"

#include "qrsvc/app/keyfile.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"

struct head {
	bool more;
};

void job_sign_end(struct job *j)
{
	free(j->state);
	j->state = NULL;
}

static void put_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	const struct head *h = j->state;

	(void)rows;
	/* RC_CONFLICT: another host signed it between our two calls */
	job_stepped(j, rc == RC_CONFLICT ? RC_OK : rc, h->more, 1);
}

/* A head and nothing else: {"head":1,"at":...  What is signed can be taken for nothing else. */
static bool is_head(struct arena *a, struct str text)
{
	const struct json *doc;
	int64_t at;

	return text.n > 0 && str_starts(text, STR("{\"head\":")) &&
	       json_parse(a, text, LIMIT_DOCUMENT, false, NULL, &doc) == RC_OK &&
	       json_instant(doc, "at", &at) && json_str(doc, "audit_hash").n == 64 &&
	       json_str(doc, "links_hash").n == 64;
}

static enum rc sign(struct job *j, int64_t id, struct str text)
{
	unsigned char signature[SIGN_BYTES], public[SIGN_PUBLIC];
	struct sign_key key;
	struct err e;
	enum rc rc = keyfile_read(job_config(j)->chain_key, &key, &e);

	if (rc != RC_OK) {
		log_event(LOG_ERROR, "chain.key", LOG_C("detail", e.detail));
		return rc;
	}
	sign_text(&key, text, signature);
	memcpy(public, key.public, sizeof public);
	sign_key_wipe(&key);
	struct db_param p[] = {DB_P_INT(id),
		DB_P_BYTES(((struct str){(const char *)public, sizeof public})),
		DB_P_BYTES(((struct str){(const char *)signature, sizeof signature}))};

	job_call(j, ST_head_put, p, 3, put_cb);
	return RC_OK;
}

static void next_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct job *j = arg;
	struct head *h = j->state;
	const struct json *doc = NULL;
	struct arena mem;
	struct err e;

	arena_init(&mem);
	if (rc == RC_OK && db_count(rows))
		rc = json_parse(&mem, db_cell(rows, 0, 0), LIMIT_DOCUMENT, true, &e, &doc);
	struct str text = json_str(doc, "text");

	if (rc == RC_OK && !is_head(&mem, text)) {
		log_event(LOG_ERROR, "chain.no_head", LOG_I("bytes", text.n));
		rc = RC_INTERNAL;
	}
	h->more = json_bool(doc, "more", false);
	if (rc == RC_OK)
		rc = sign(j, json_int(doc, "id", 0), text);
	if (rc != RC_OK)
		job_stepped(j, rc, false, 0);
	arena_release(&mem);
}

void job_sign(struct job *j)
{
	if (!job_config(j)->chain_key[0]) { /* another host may have one */
		log_event(LOG_NOTICE, "chain.no_key",
			LOG_C("hint", "[chain] key and `qrsvc keygen` sign the heads"));
		job_stepped(j, RC_OK, false, 0);
		return;
	}
	if (!j->state)
		j->state = xcalloc(1, sizeof(struct head));
	job_call(j, ST_head_next, NULL, 0, next_cb);
}
