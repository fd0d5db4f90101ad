/* Owns photos and reports as people who are logged in see them: those of records that are not
 * published, too; and /d/{sha}.pdf, the reports residents may read.  Called by routes.c. */
#include "qrsvc/web/work.h"

static bool hash_arg(struct request *rq, unsigned char hash[static SHA256_BYTES])
{
	if (form_is_hash(rq->arg[0]) && hex_decode(rq->arg[0], hash, SHA256_BYTES))
		return true;
	request_error(rq, RC_NOT_FOUND);
	return false;
}

static void photo_cb(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_image(rq, ans->bytes);
}

void web_staff_photo(struct request *rq)
{
	unsigned char hash[SHA256_BYTES];
	uint64_t width = 0;
	if (!str_u64(rq->arg[1], &width) || (width != 320 && width != 1280 && width != 2048)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	if (!hash_arg(rq, hash))
		return;
	struct str h = arena_str(rq->arena, (struct str){(const char *)hash, sizeof hash});
	const struct db_param p[] = {DB_P_BYTES(h), DB_P_INT(width)};
	staff_call(rq, ST_staff_photo_get, p, 2, photo_cb);
}

static void report(struct request *rq, struct str bytes)
{
	struct str name = arena_fmt(rq->arena, "%.12s.pdf", rq->arg[0].p);
	if (bytes.n)
		staff_download(rq, "application/pdf", name, bytes);
	else
		request_error(rq, RC_NOT_FOUND);
}

static void report_cb(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		report(rq, ans->bytes);
}

void web_staff_report(struct request *rq)
{
	unsigned char hash[SHA256_BYTES];
	if (!hash_arg(rq, hash))
		return;
	struct str h = arena_str(rq->arena, (struct str){(const char *)hash, sizeof hash});
	const struct db_param p[] = {DB_P_BYTES(h)};
	staff_call(rq, ST_staff_report_get, p, 1, report_cb);
}

static void public_report_cb(struct request *rq, const struct staff_answer *ans)
{
	if (request_ok(rq, ans->rc))
		report(rq, ans->bytes);
}

void web_report(struct request *rq)
{
	unsigned char hash[SHA256_BYTES];
	if (!hash_arg(rq, hash))
		return;
	struct str h = arena_str(rq->arena, (struct str){(const char *)hash, sizeof hash});
	const struct db_param p[] = {DB_P_BYTES(h)};
	staff_ask(rq, ST_report_get, p, 1, public_report_cb);
}
