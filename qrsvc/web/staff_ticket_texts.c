/* Owns /staff/tickets/texts: text blocks of an office, to put into answers.  Called by
 * routes.c. */
#include "qrsvc/web/ticket.h"

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {
		{"title", M_tk_block_title}, {"words", M_tk_block_words}};
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_tk_texts), STR("/staff/tickets/texts"));
	web_staff_errors(pg, sv, v, labels, 2);
	if (request_query(sv->rq, STR("saved")).n)
		view_str(v, K_notice, web_text(pg, M_tk_block_saved));
	json_each (b, json_get(sv->doc, "blocks")) {
		struct view *to = view_add(v, K_blocks);
		view_int(to, K_id, json_int(b, "id", 0));
		view_str(to, K_title, json_str(b, "title"));
		view_str(to, K_words, json_str(b, "words"));
		view_str(to, K_office, json_str(b, "office"));
		view_flag(to, K_own, json_bool(b, "own", false));
		view_str(to, K_end_label,
			web_text(pg, M_tk_block_end_of, VALUE_S(json_str(b, "title"))));
	}
	view_flag(v, K_can, json_bool(sv->doc, "office", false));
	web_staff_field(pg, sv, v, K_title_typed, K_err_title, "title", STR_NONE);
	web_staff_field(pg, sv, v, K_words_typed, K_err_words, "words", STR_NONE);
	view_str(v, K_tickets_url, web_url(pg, STR("/staff/tickets")));
	return web_html(pg, T_staff_ticket_texts, v);
}

static void saved_cb(struct request *rq, const struct staff_answer *ans)
{
	(void)ans;
	office_go(rq, STR("/staff/tickets/texts?saved=1"));
}

void web_staff_ticket_texts(struct request *rq)
{
	static const struct staff_kind kind = {
		"staff_ticket_texts", ST_staff_ticket_blocks, render};
	static const struct staff_act act = {
		.stmt = ST_staff_ticket_block_put, .again = &kind, .done = saved_cb};
	static const char *const names[] = {"title", "words", "end"};
	if (!rq->post)
		request_staff(rq, &kind, NULL, 0);
	else
		request_staff_act(rq, &act,
			(struct db_param[]){DB_P_TEXT(office_json(rq, request_form, names, 3))},
			1);
}
