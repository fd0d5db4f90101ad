/* Owns the error page and its JSON twin.  Says what the visitor can do; never SQL, a path or a
 * stack (security.md 43), only the id that the log has too. */
#include "qrsvc/web/common.h"

struct said {
	int http;
	unsigned heading, text;
	enum icon icon;
	bool retry; /* waiting may help */
};

static const struct said *said_of(int http)
{
	static const struct said table[] = {
		{403, M_err_403, M_err_403_text, ICON_MINUS, false},
		{404, M_err_404, M_err_404_text, ICON_ASK, false},
		{405, M_err_405, M_err_405_text, ICON_MINUS, false},
		{429, M_err_429, M_err_429_text, ICON_MINUS, true},
		{500, M_err_500, M_err_500_text, ICON_WARN, true},
		{503, M_err_503, M_err_503_text, ICON_WARN, true},
		{400, M_err_400, M_err_400_text, ICON_MINUS, false},
	};
	const size_t n = sizeof table / sizeof table[0];
	for (size_t i = 0; i < n; i++)
		if (table[i].http == http)
			return &table[i];
	return http >= 500 ? &table[4] : &table[6];
}

static void json(struct page *pg)
{
	sbuf_puts(pg->out, "{\"error\":");
	sbuf_json(pg->out, pg->status == 405 ? STR("method") : str_c(rc_info(pg->error)->name));
	if (pg->request_id)
		sbuf_fmt(pg->out, ",\"id\":\"%016llx\"", (unsigned long long)pg->request_id);
	sbuf_puts(pg->out, "}\n");
}

void web_error_page(struct page *pg)
{
	/* The engine sets 405 itself: it has no rc of its own. */
	if (pg->status != 405)
		pg->status = rc_info(pg->error)->http;
	if (pg->json) {
		json(pg);
		return;
	}
	const struct said *s = said_of(pg->status);
	struct str heading = web_text(pg, s->heading);
	struct view *v = web_begin(pg,
		web_text(pg, M_title_short, VALUE_S(heading),
			VALUE_S(web_text(pg, M_disclosure))),
		TONE_MUTE, STR("/"));
	view_str(v, K_heading, heading);
	view_str(v, K_question, web_text(pg, M_err_question));
	web_answer(pg, v, s->icon, web_text(pg, M_err_answer));
	view_str(v, K_explain, web_text(pg, s->text));
	if (s->retry)
		view_item(v, K_steps, web_text(pg, M_step_retry));
	view_item(v, K_steps, web_text(pg, M_step_scan));
	view_item(v, K_steps, web_text(pg, M_step_type));
	if (pg->request_id && pg->status >= 500)
		view_str(v, K_request,
			arena_fmt(pg->arena, "%016llx", (unsigned long long)pg->request_id));
	web_html(pg, T_error, v);
}
