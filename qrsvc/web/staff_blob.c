/* Owns /staff/blobs/{sha256}: photos that come from a phone piece by piece.
 *
 *     HEAD   200  Upload-Offset: where it stands (0: nothing is there), Upload-Length if begun
 *     GET    the same as JSON
 *     PATCH  Upload-Offset: first byte of this piece, Upload-Length: of the whole (needed with
 * the first piece), Content-Type: application/offset+octet-stream, X-CSRF 204  it is committed;
 * Upload-Offset: where it stands now 409  it stands elsewhere: Upload-Offset says where 401 403
 * 413 415 422 429 503  in JSON (staff_refuse)
 *
 * Names and meaning are those of tus.io's resumable upload protocol 1.0.0 (Core), but that the
 * address is known beforehand: nothing has to be created.  Where a blob stands is looked up
 * before a byte of a piece is taken, so that a wrong offset costs nobody a piece on a slow
 * line.  Holds at most one piece in memory, while it is handed to the database.  Called by the
 * router. */
#include "qrsvc/app/app.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/web/staff.h"

#include <stdlib.h>
#include <unistd.h>

#define OFFSET STR("Upload-Offset")
#define LENGTH STR("Upload-Length")

/* One request; rq->user. */
struct blob_ask {
	struct str sha; /* 32 bytes */
	uint64_t offset, length;
	bool has_length;
};

/* 64 digits in small letters: one address a blob. */
static struct blob_ask *blob_ask(struct request *rq)
{
	unsigned char hash[SHA256_BYTES];
	struct str hex = rq->arg[0];
	for (size_t i = 0; i < hex.n; i++)
		if (hex.p[i] >= 'A' && hex.p[i] <= 'F')
			return NULL;
	if (!hex_decode(hex, hash, sizeof hash))
		return NULL;
	struct blob_ask *b = arena_alloc(rq->arena, sizeof *b);
	b->sha = arena_str(rq->arena, (struct str){(const char *)hash, sizeof hash});
	rq->user = b;
	return b;
}

static void say(struct request *rq, struct str field, int64_t value)
{
	http_header(rq->x, field, arena_fmt(rq->arena, "%lld", (long long)value));
}

/* Where it stands, from an answer or from the DETAIL of a refusal. */
static void say_state(struct request *rq, const struct json *doc)
{
	http_header(rq->x, STR("Tus-Resumable"), STR("1.0.0"));
	if (json_get(doc, "offset"))
		say(rq, OFFSET, json_int(doc, "offset", 0));
	if (json_get(doc, "length"))
		say(rq, LENGTH, json_int(doc, "length", 0));
}

static void refuse(struct request *rq, const struct staff_answer *ans)
{
	if (ans->rc == RC_CONFLICT)
		say_state(rq, ans->detail);
	staff_refuse(rq, ans);
}

/* ---- HEAD, GET ----------------------------------------------------------------------------
 */

static void head_cb(struct request *rq, const struct staff_answer *ans)
{
	if (ans->rc != RC_OK) {
		refuse(rq, ans);
		return;
	}
	say_state(rq, ans->doc);
	staff_json(rq, 200, ans->bytes);
}

/* ---- PATCH --------------------------------------------------------------------------------
 */

static bool is_piece(struct str type)
{
	struct str rest = type;
	return str_ieq(
		str_trim(str_cut(&rest, ';'), " \t"), STR("application/offset+octet-stream"));
}

/* What the head says about the piece; false: refused. */
static bool read_head(struct request *rq, struct blob_ask *b)
{
	const struct http_request *r = rq->http;
	struct str length = http_field(r, LENGTH);
	if (!is_piece(http_known(r, HTTP_F_CONTENT_TYPE))) {
		staff_refuse_why(rq, RC_BAD_TYPE, NULL);
		return false;
	}
	b->has_length = length.p != NULL;
	if (!str_u64(http_field(r, OFFSET), &b->offset) ||
		(length.p && !str_u64(length, &b->length))) {
		staff_refuse_why(rq, RC_BAD, NULL);
		return false;
	}
	if (b->offset > LIMIT_PHOTO_BYTES || b->length > LIMIT_PHOTO_BYTES) {
		staff_refuse_why(rq, RC_TOO_LARGE, "length");
		return false;
	}
	if (r->content_length > LIMIT_BLOB_PIECE) {
		staff_refuse_why(rq, RC_TOO_LARGE, "piece");
		return false;
	}
	return true;
}

static void may_cb(struct request *rq, const struct staff_answer *ans)
{
	const struct blob_ask *b = rq->user;
	if (ans->rc != RC_OK) {
		refuse(rq, ans);
		return;
	}
	if (json_int(ans->doc, "offset", 0) != (int64_t)b->offset) {
		say_state(rq, ans->doc);
		struct staff_answer no = {.rc = RC_CONFLICT,
			.said = arena_fmt(rq->arena, "{\"why\":\"offset\",%.*s",
				STR_F(str_sub(ans->bytes, 1, ans->bytes.n)))};
		struct err e;
		if (json_parse(rq->arena, no.said, KIB, true, &e, &no.detail) != RC_OK)
			no.detail = NULL;
		staff_refuse(rq, &no);
		return;
	}
	http_resume(rq->x);
}

void web_staff_blob_may(struct request *rq)
{
	struct blob_ask *b = blob_ask(rq);
	if (!b) {
		staff_refuse_why(rq, RC_NOT_FOUND, NULL);
		return;
	}
	if (!read_head(rq, b))
		return;
	http_hold(rq->x);
	staff_call(rq, ST_staff_blob_head, (struct db_param[]){DB_P_BYTES(b->sha)}, 1, may_cb);
}

static void append_cb(struct request *rq, const struct staff_answer *ans)
{
	if (ans->rc != RC_OK) {
		refuse(rq, ans);
		return;
	}
	if (str_eq(json_str(ans->doc, "why"), STR("hash"))) {
		/* All of it came, and it is something else: it begins anew. */
		struct staff_answer no = {.rc = RC_INVALID,
			.said = STR("[{\"field\":\"blob\",\"why\":\"hash\"}]")};
		struct err e;
		if (json_parse(rq->arena, no.said, KIB, true, &e, &no.detail) != RC_OK)
			no.detail = NULL;
		say_state(rq, ans->doc);
		staff_refuse(rq, &no);
		return;
	}
	say_state(rq, ans->doc);
	staff_nothing(rq);
}

static void append(struct request *rq)
{
	const struct blob_ask *b = rq->user;
	const struct http_body *body = &rq->http->body;
	size_t n = (size_t)body->size;
	char *piece = xmalloc(n + 1);
	if (n && pread(body->fd, piece, n, 0) != (ssize_t)n) {
		free(piece);
		staff_refuse_why(rq, RC_IO, NULL);
		return;
	}
	struct db_param p[] = {DB_P_BYTES(b->sha), DB_P_INT(b->offset), DB_P_INT(b->length),
		DB_P_BYTES(((struct str){piece, n}))};
	if (!b->has_length)
		p[2].type = DB_NULL;
	staff_call(rq, ST_staff_blob_append, p, 4, append_cb);
	free(piece); /* copied */
}

void web_staff_blob(struct request *rq)
{
	if (rq->post) {
		append(rq);
		return;
	}
	const struct blob_ask *b = blob_ask(rq);
	if (b)
		staff_call(rq, ST_staff_blob_head, (struct db_param[]){DB_P_BYTES(b->sha)}, 1,
			head_cb);
	else
		staff_refuse_why(rq, RC_NOT_FOUND, NULL);
}
