/* Owns the words that pages of residents' reports share: states, clocks, acts.  Called by
 * staff_tickets.c and staff_ticket.c. */
#include "qrsvc/web/ticket.h"
#include "qrsvc/web/work.h"

struct word {
	const char *code;
	unsigned msg;
};

static unsigned word_of(const struct word *table, size_t n, struct str code)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(code, str_c(table[i].code)))
			return table[i].msg;
	return 0;
}
#define WORD_OF(table, code) word_of(table, sizeof(table) / sizeof(table)[0], code)

struct str ticket_kind(const struct page *pg, const struct json *doc, const struct json *t)
{
	return web_named(pg, json_get(doc, "kinds"), json_str(t, "kind"));
}

struct str ticket_where(const struct page *pg, const struct json *ref, const struct json *t)
{
	const struct json *f = json_get(t, "facility"), *p = json_get(t, "place");
	if (f)
		return web_cat(pg, work_facility(pg, ref, f), STR(" · "), work_where(pg, f));
	struct str address = json_str(p, "address");
	return address.n ? web_cat(pg, json_str(p, "name"), STR(" · "), address)
			 : json_str(p, "name");
}

struct str ticket_state(const struct page *pg, struct str state)
{
	static const struct word table[] = {{"quarantine", M_tk_state_quarantine},
		{"new", M_tk_state_new}, {"accepted", M_tk_state_accepted},
		{"working", M_tk_state_working}, {"answered", M_tk_state_answered},
		{"closed", M_tk_state_closed}, {"joined", M_tk_state_joined}};
	unsigned msg = WORD_OF(table, state);
	return msg ? web_text(pg, msg) : state;
}

/* Minutes as the largest unit of which there are two at least: 90 min, 47 h, 3 days. */
static struct str time_left(const struct page *pg, int64_t minutes)
{
	bool over = minutes < 0;
	int64_t n = over ? -minutes : minutes;
	if (n < 120)
		return web_text(pg, over ? M_tk_over_min : M_tk_left_min, VALUE_I(n));
	if (n < 2880)
		return web_text(pg, over ? M_tk_over_h : M_tk_left_h, VALUE_I(n / 60));
	return web_text(pg, over ? M_tk_over_d : M_tk_left_d, VALUE_I(n / 1440));
}

struct str ticket_due(const struct page *pg, const struct json *t)
{
	static const struct word table[] = {{"accept", M_tk_to_accept},
		{"answer", M_tk_to_answer}, {"callback", M_tk_to_callback}};
	unsigned msg = WORD_OF(table, json_str(t, "step"));
	if (!msg)
		return STR_NONE;
	return web_text(pg, msg, VALUE_S(time_left(pg, json_int(t, "minutes", 0))));
}

struct str ticket_step(const struct page *pg, const struct json *step)
{
	static const struct word table[] = {{"received", M_tk_act_received},
		{"accept", M_tk_act_accept}, {"transfer", M_tk_act_transfer},
		{"dispatch", M_tk_act_dispatch}, {"work", M_tk_act_work},
		{"note", M_tk_act_note}, {"answer", M_tk_act_answer},
		{"publish", M_tk_act_publish}, {"join", M_tk_act_join},
		{"close", M_tk_act_close}, {"rate", M_tk_act_rate}, {"reopen", M_tk_act_reopen},
		{"callback", M_tk_act_callback}, {"escalate", M_tk_act_escalate},
		{"quarantine", M_tk_act_quarantine}, {"release", M_tk_act_release},
		{"hide", M_tk_act_hide}, {"show", M_tk_act_show}};
	struct str act = json_str(step, "act");
	unsigned msg = WORD_OF(table, act);
	if (!msg)
		return act;
	if (msg == M_tk_act_rate)
		return web_text(pg, msg, VALUE_I(json_int(step, "level", 0)));
	return web_text(pg, msg, VALUE_S(json_str(step, "to")));
}

struct str ticket_button(const struct page *pg, struct str act)
{
	static const struct word table[] = {{"accept", M_tk_do_accept},
		{"dispatch", M_tk_do_dispatch}, {"work", M_tk_do_work}, {"note", M_tk_do_note},
		{"answer", M_tk_do_answer}, {"callback", M_tk_do_callback},
		{"close", M_tk_do_close}, {"reopen", M_tk_do_reopen},
		{"transfer", M_tk_do_transfer}, {"join", M_tk_do_join_one},
		{"publish", M_tk_do_publish}, {"hide", M_tk_do_hide}, {"show", M_tk_do_show},
		{"quarantine", M_tk_do_quarantine}, {"release", M_tk_do_release}};
	unsigned msg = WORD_OF(table, act);
	return msg ? web_text(pg, msg) : STR_NONE;
}
