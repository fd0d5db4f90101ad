/* Owns /tickets.csv, what came to each office itself in numbers, and /tickets/{org}/{year}.csv,
 * one row a case: what the pages of tickets.c say as tables for whoever reckons it again. UTF-8
 * with a BOM, or spreadsheets show Chinese as noise; RFC 4180; the last row says that it is
 * complete, so that a table that was cut off is known.  Called by routes.c. */
#include "qrsvc/web/common.h"

static void cells(struct sbuf *b, const struct str *cell, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i)
			sbuf_byte(b, ',');
		sbuf_csv(b, cell[i]);
	}
	sbuf_puts(b, "\r\n");
}
#define CELLS(b, ...)                                 \
	cells((b), (const struct str[]){__VA_ARGS__}, \
		sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))

static void complete(struct page *pg, int64_t n)
{
	CELLS(pg->out, web_text(pg, M_im_complete, VALUE_I(n)));
}

static struct str amount(const struct json *line, const char *key)
{
	return json_number_text(json_get(line, key));
}

/* ---- offices -------------------------------------------------------------------------------
 */

static void office_row(struct page *pg, const struct json *l)
{
	const struct json *level[5] = {0};
	size_t i = 0;
	json_each (n, json_get(l, "levels"))
		if (i < 5)
			level[i++] = n;
	CELLS(pg->out, json_str(l, "code"), json_str(l, "name"), json_str(l, "above"),
		amount(l, "received"), amount(l, "answered"), amount(l, "in_time"),
		amount(l, "median_h"), amount(l, "rated"), amount(l, "satisfied"),
		json_number_text(level[0]), json_number_text(level[1]),
		json_number_text(level[2]), json_number_text(level[3]),
		json_number_text(level[4]));
}

static enum rc render_offices(struct page *pg, const struct docset *docs)
{
	int64_t n = 0;
	if (!docs->n)
		return RC_NOT_FOUND;
	const struct json *doc = docset_json(docs, 0);
	sbuf_puts(pg->out, "\xef\xbb\xbf");
	CELLS(pg->out, web_text(pg, M_pt_c_code), web_text(pg, M_pt_c_office),
		web_text(pg, M_pt_c_above), web_text(pg, M_pt_n_received),
		web_text(pg, M_pt_n_answered), web_text(pg, M_pt_n_in_time),
		web_text(pg, M_pt_c_median), web_text(pg, M_pt_n_rated),
		web_text(pg, M_pt_n_satisfied), web_text(pg, M_pt_level_5),
		web_text(pg, M_pt_level_4), web_text(pg, M_pt_level_3),
		web_text(pg, M_pt_level_2), web_text(pg, M_pt_level_1));
	json_each (o, json_get(doc, "offices")) {
		office_row(pg, o);
		n++;
	}
	complete(pg, n);
	return RC_OK;
}

void web_tickets_csv(struct request *rq)
{
	static const struct page_kind kind = {.name = "tickets_csv",
		.stmt = ST_public_document,
		.doc_kind = "ticket_list",
		.guess = ST_NONE,
		.type = "text/csv; charset=utf-8",
		.render = render_offices};
	web_tickets_document(rq, &kind, STR("offices"));
}

/* ---- cases ---------------------------------------------------------------------------------
 */

/* [no, received, answered, hours, in time, level, published] */
#define COLUMNS 7

static void case_row(struct page *pg, const struct json *row)
{
	const struct json *c[COLUMNS] = {0};
	size_t n = 0;
	int64_t flag;
	json_each (x, row)
		if (n < COLUMNS)
			c[n++] = x;
	struct str yes = web_text(pg, M_pt_yes), no = web_text(pg, M_pt_no);
	CELLS(pg->out, json_text(c[0]), json_text(c[1]), json_text(c[2]),
		json_number_text(c[3]),
		!json_integer(c[4], &flag) ? STR_NONE
		: flag			   ? yes
					   : no,
		json_number_text(c[5]), json_int_of(c[6], 0) ? yes : no);
}

static enum rc render_cases(struct page *pg, const struct docset *docs)
{
	int64_t n = 0;
	if (!docs->n)
		return RC_NOT_FOUND;
	const struct json *doc = docset_json(docs, 0);
	sbuf_puts(pg->out, "\xef\xbb\xbf");
	CELLS(pg->out, web_text(pg, M_pt_c_no), web_text(pg, M_pt_c_received),
		web_text(pg, M_pt_c_answered), web_text(pg, M_pt_c_hours),
		web_text(pg, M_pt_n_in_time), web_text(pg, M_pt_c_level),
		web_text(pg, M_pt_c_published));
	json_each (row, json_get(doc, "cases")) {
		case_row(pg, row);
		n++;
	}
	if (json_bool(doc, "whole", true))
		complete(pg, n);
	else
		CELLS(pg->out, web_text(pg, M_pt_c_newest, VALUE_I(n)));
	return RC_OK;
}

void web_tickets_list_csv(struct request *rq)
{
	static const struct page_kind kind = {.name = "tickets_list_csv",
		.stmt = ST_public_document,
		.doc_kind = "ticket_list",
		.guess = ST_NONE,
		.type = "text/csv; charset=utf-8",
		.render = render_cases};
	struct str key;
	if (!web_tickets_list_key(rq, &key))
		return request_error(rq, RC_NOT_FOUND);
	web_tickets_document(rq, &kind, key);
}
