/* Owns /f/{facility}: a facility by its own code, without a sticker. */
#include "qrsvc/web/common.h"

#include "labels/code.h"

static enum rc render(struct page *pg, const struct docset *docs)
{
	struct facility f;
	if (!web_facility_of(pg, docs, 0, &f))
		return RC_NOT_FOUND;
	if (pg->json) {
		web_json_begin(pg, &f.state, docs->doc[0].bytes);
		return web_json_end(pg);
	}
	return web_facility_page(pg, &f, NULL, web_cat(pg, STR("/f/"), pg->key));
}

void web_facility(struct request *rq)
{
	static const struct page_kind kind = {.name = "facility",
		.stmt = ST_public_facility,
		.doc_kind = "facility",
		.guess = ST_NONE,
		.render = render};
	struct code c;
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param param = DB_P_TEXT(str_c(c.c));
	request_page(
		rq, &kind, &(struct page_args){.key = str_c(c.c), .params = &param, .n = 1});
}
