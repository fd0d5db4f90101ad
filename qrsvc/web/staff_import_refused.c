/* Owns the words of what an import refuses, and the list of refused rows as a table: every cell
 * goes through sbuf_csv(), so none is run as a formula.  Decides nothing. */
#include "qrsvc/web/exchange.h"

#include "qrsvc/base/json.h"
#include "qrsvc/base/limits.h"

struct word {
	const char *word;
	unsigned msg;
};
static const struct word reasons[] = {
#define R(word)                      \
	{                            \
#word, M_im_r_##word \
	}
	R(too_many_cells), R(bad_code), R(unknown_code), R(no_key), R(unknown_facility),
	R(outside), R(unknown_kind), R(no_kind), R(kind_fixed), R(unknown_org), R(org_outside),
	R(unknown_place), R(no_place), R(too_long), R(bad_date), R(bad_time), R(date_in_future),
	R(date_too_old), R(bad_status), R(bad_coordinates), R(bad_param), R(bad_field),
	R(bad_credit_code), R(no_manager), R(manager_differs), R(manager_unclear),
	R(phone_differs), R(duplicate), R(no_code), R(bad_office_code), R(own_office),
	R(no_name), R(no_parent), R(own_parent), R(unknown_parent), R(no_facility), R(no_type),
	R(bad_type), R(no_date), R(end_before_start), R(bad_results), R(bad_parties),
	R(unknown_item), R(unknown_word), R(changed), R(changed_since), R(has_records),
	R(has_label), R(withdrawn_since), R(in_use), R(no_heads), R(head_twice),
	R(head_missing), R(no_table), R(too_many_rows), R(right), R(broken)
#undef R
};

struct str exchange_reason(const struct page *pg, struct str reason, struct str detail)
{
	struct str words = reason;
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (str_eq(reason, str_c(reasons[i].word)))
			words = web_text(pg, reasons[i].msg);
	if (!detail.n || !reason.n)
		return words;
	return web_cat(pg, words, pg->lang == LANG_ZH ? STR("：") : STR(": "), detail);
}

/* ---- the list of what was refused ----------------------------------------------------------
 */

struct refused {
	struct sbuf out;
	int64_t rows;
	int64_t id;
	bool undo, headed;
};

static struct page words_page(struct request *rq)
{
	return (struct page){.arena = rq->arena, .site = rq->site, .lang = rq->lang};
}

static void heads_csv(struct refused *x, const struct page *pg, const struct json *heads)
{
	sbuf_puts(&x->out, "\xef\xbb\xbf"); /* or spreadsheets show Chinese as noise */
	sbuf_csv(&x->out, web_text(pg, M_im_line));
	sbuf_byte(&x->out, ',');
	sbuf_csv(&x->out, web_text(pg, M_im_reason));
	json_each (h, heads) {
		sbuf_byte(&x->out, ',');
		sbuf_csv(&x->out, json_str(h, "head"));
	}
	sbuf_puts(&x->out, "\r\n");
}

static void refused_cb(struct request *rq, const struct staff_answer *ans);

static void refused_ask(struct request *rq, int64_t after)
{
	const struct refused *x = rq->user;
	struct db_param p[] = {DB_P_INT(x->id), DB_P_TEXT(x->undo ? STR("true") : STR("false")),
		DB_P_INT(after)};
	staff_call(rq, ST_staff_import_refused, p, 3, refused_cb);
}

static void refused_cb(struct request *rq, const struct staff_answer *ans)
{
	struct refused *x = rq->user;
	struct page pg = words_page(rq);
	const struct json *heads = json_get(ans->doc, "heads");
	if (ans->rc != RC_OK) {
		sbuf_release(&x->out);
		staff_ok(rq, ans);
		return;
	}
	if (!x->headed)
		heads_csv(x, &pg, heads);
	x->headed = true;
	json_each (l, json_get(ans->doc, "lines")) {
		sbuf_fmt(&x->out, "%lld,", (long long)json_int(l, "line", 0));
		sbuf_csv(&x->out,
			exchange_reason(&pg, json_str(l, "reason"), json_str(l, "detail")));
		json_each (h, heads) {
			sbuf_byte(&x->out, ',');
			sbuf_csv(&x->out, json_text(json_member(
						  json_get(l, "cells"), json_str(h, "field"))));
		}
		sbuf_puts(&x->out, "\r\n");
		x->rows++;
	}
	int64_t next = json_int(ans->doc, "next", 0);
	if (next > 0 && !x->out.over) {
		refused_ask(rq, next);
		return;
	}
	sbuf_csv(&x->out, web_text(&pg, M_im_complete, VALUE_I(x->rows)));
	sbuf_puts(&x->out, "\r\n");
	if (x->out.over)
		request_error(rq, RC_TOO_LARGE);
	else
		staff_download(rq, "text/csv; charset=utf-8",
			arena_fmt(rq->arena, "import-%lld-%s.csv", (long long)x->id,
				x->undo ? "kept" : "refused"),
			sbuf_view(&x->out));
	sbuf_release(&x->out);
}

void web_staff_import_refused(struct request *rq)
{
	struct refused *x = arena_alloc(rq->arena, sizeof *x);
	if (!staff_arg_id(rq, &x->id))
		return;
	rq->user = x;
	x->undo = office_arg(rq, "u").n > 0;
	sbuf_init(&x->out, 2 * LIMIT_IMPORT_BYTES + MIB);
	refused_ask(rq, 0);
}
