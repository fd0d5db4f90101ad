/* Owns the words of refusals: what the database (sql/STAFF.md) and our own checks call "why",
 * as sentences.  A new word is one line here and one in each catalogue.  Called by the pages
 * behind the login. */
#include "qrsvc/web/staff.h"

struct why {
	const char *word;
	unsigned msg;
	const char *arg[2]; /* members of the refusal that become {0}, {1}; NULL: none */
};

/* In the order of the alphabet. */
static const struct why table[] = {
	{"above", M_why_above, {NULL, NULL}},
	{"appealed", M_why_appealed, {NULL, NULL}},
	{"asked", M_why_asked, {NULL, NULL}},
	{"away", M_why_away, {NULL, NULL}},
	{"bad_value", M_why_bad_value, {NULL, NULL}},
	{"below_itself", M_why_below_itself, {NULL, NULL}},
	{"before_from", M_why_order, {NULL, NULL}},
	{"callback", M_why_tk_callback, {NULL, NULL}},
	{"changed", M_why_changed, {"name", NULL}},
	{"differ", M_why_differ, {NULL, NULL}},
	{"duplicate", M_why_duplicate, {NULL, NULL}},
	{"early", M_why_survey_early, {NULL, NULL}},
	{"empty", M_why_empty, {NULL, NULL}},
	{"end_before_start", M_why_order, {NULL, NULL}},
	{"ended", M_why_ended, {NULL, NULL}},
	{"filing_expired", M_why_filing_expired, {"name", "filing"}},
	{"form", M_why_form, {NULL, NULL}},
	{"form_twice", M_why_form_twice, {NULL, NULL}},
	{"guessable", M_why_guessable, {NULL, NULL}},
	{"in_future", M_why_in_future, {NULL, NULL}},
	{"least", M_why_least, {NULL, NULL}},
	{"levels", M_why_levels, {"n", NULL}},
	{"long", M_why_too_long, {NULL, NULL}},
	{"many", M_why_too_many, {NULL, NULL}},
	{"missing", M_why_missing, {NULL, NULL}},
	{"no_cell", M_why_no_cell, {NULL, NULL}},
	{"no_rule", M_why_no_rule, {NULL, NULL}},
	{"no_verdict", M_why_no_verdict, {NULL, NULL}},
	{"none_here", M_why_none_here, {NULL, NULL}},
	{"not_asked", M_why_not_asked, {NULL, NULL}},
	{"not_published", M_why_not_published, {NULL, NULL}},
	{"only_one", M_why_only_one, {NULL, NULL}},
	{"order", M_why_order, {NULL, NULL}},
	{"other", M_why_tk_other, {NULL, NULL}},
	{"other_body", M_why_other_body, {NULL, NULL}},
	{"outside", M_why_outside, {NULL, NULL}},
	{"overlap", M_why_overlap, {NULL, NULL}},
	{"over", M_why_survey_over, {NULL, NULL}},
	{"own", M_why_own, {NULL, NULL}},
	{"party", M_why_party, {NULL, NULL}},
	{"past", M_why_past, {NULL, NULL}},
	{"place", M_why_tk_place, {NULL, NULL}},
	{"range", M_why_range, {NULL, NULL}},
	{"replies", M_why_replies, {NULL, NULL}},
	{"role", M_why_role, {NULL, NULL}},
	{"same", M_why_tk_same, {NULL, NULL}},
	{"state", M_why_state, {NULL, NULL}},
	{"survey_draft", M_why_survey_draft, {NULL, NULL}},
	{"survey_limit", M_why_survey_limit, {NULL, NULL}},
	{"survey_open", M_why_survey_open, {NULL, NULL}},
	{"survey_published", M_why_survey_published, {NULL, NULL}},
	{"survey_released", M_why_survey_released, {NULL, NULL}},
	{"taken", M_why_taken, {NULL, NULL}},
	{"too_few", M_why_too_few, {"min", NULL}},
	{"too_late", M_why_too_late, {NULL, NULL}},
	{"too_long", M_why_too_long, {NULL, NULL}},
	{"too_many", M_why_too_many, {NULL, NULL}},
	{"too_old", M_why_too_old, {NULL, NULL}},
	{"too_short", M_why_too_short, {NULL, NULL}},
	{"unknown", M_why_unknown, {NULL, NULL}},
	{"unknown_photo", M_why_unknown_photo, {NULL, NULL}},
	{"unknown_place", M_why_unknown_place, {"name", NULL}},
	{"unknown_report", M_why_unknown_report, {NULL, NULL}},
	{"used", M_why_used, {NULL, NULL}},
	{"waiting", M_why_waiting, {NULL, NULL}},
	{"wrong_code", M_why_wrong_code, {NULL, NULL}},
	{"wrong_login", M_why_wrong_login, {NULL, NULL}},
};

static struct value member(const struct json *error, const char *name)
{
	int64_t n;
	if (!name)
		return VALUE_S(STR(""));
	if (json_integer(json_get(error, name), &n))
		return VALUE_I(n);
	struct str s = json_str(error, name);
	return VALUE_S(s.p ? s : STR(""));
}

struct str web_staff_why(const struct page *pg, const struct json *error)
{
	struct str word = json_str(error, "why");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
		if (str_eq(word, str_c(table[i].word)))
			return web_text(pg, table[i].msg, member(error, table[i].arg[0]),
				member(error, table[i].arg[1]));
	return web_text(pg, M_why_other);
}
