/* common: what every page shares: words, dates, numbers, addresses, head and foot.
 *
 * The only header the files of web/ share; subjects (label.c, place.c ..) do not know one
 * another.  A page is made in three steps: web_begin() fills what _top.html, _begin.html and
 * _end.html need, the subject adds its own keys, web_html() runs the template.  Everything is
 * made of the page's arena and of the parsed documents, and lives until rendering is done.
 *
 * Rules of the texts (design: pages.md): say what is known and when, never "safe"; a relative
 * day always stands beside its full date; no persons. */
#ifndef QR_WEB_COMMON_H
#define QR_WEB_COMMON_H

#include "qrsvc/app/request.h"
#include "qrsvc/app/state.h"
#include "qrsvc/app/view.h"
#include "qrsvc/base/json.h"

#include "tpl.h"

/* ---- words ------------------------------------------------------------------------------ */

/* Message M_... with arguments VALUE_S(), VALUE_I(), which may be web_text() again. */
#define web_text(pg, msg, ...) WEB_TEXT(pg, msg, __VA_ARGS__)
/* Behind another macro since ## takes its argument unexpanded, and a web_text() in it would
 * stay. The first of the list is stepped over: it makes the list right with no arguments too.
 */
#define WEB_TEXT(pg, msg, ...)                                  \
	tpl_msg(&site_tpl, (pg)->lang, (msg), (pg)->arena,      \
		(const struct value[]){{0}, ##__VA_ARGS__} + 1, \
		sizeof((const struct value[]){{0}, ##__VA_ARGS__}) / sizeof(struct value) - 1)

/* Text of {"zh-CN":..,"en":..} in the page's language, else in any; STR_NONE if empty. */
struct str web_word(const struct page *pg, const struct json *names);
/* The same for obj[key], with key itself if there is none. */
struct str web_named(const struct page *pg, const struct json *obj, struct str key);
/* First letter small, for the middle of an English sentence; unchanged in Chinese. */
struct str web_lower(const struct page *pg, struct str s);
/* lang attribute for text that is stored in one language and shown on a page of another:
 * "zh-CN", "en" or STR_NONE if it needs none. */
struct str web_text_lang(const struct page *pg, struct str s);
/* name, or name_en, of the site; a default if not configured. */
struct str web_site_name(const struct page *pg);

/* ---- dates and numbers ------------------------------------------------------------------ */

struct str web_date(const struct page *pg, int32_t day);       /* with the weekday */
struct str web_date_plain(const struct page *pg, int32_t day); /* without */
struct str web_datetime(const struct page *pg, int64_t us);
/* The moment by which something must be done: midnight is 24:00 of the day that ends with it,
 * so that the day that is named is one on which there still is time. */
struct str web_deadline(const struct page *pg, int64_t us);
/* RFC 3339 with the offset of the deployment's zone. */
struct str web_rfc3339(const struct page *pg, int64_t us);
/* Day and hour of a record: "to", or "date" where no hour is known. */
int32_t web_record_day(const struct json *record);
/* "0K7 M2Q 9XH" */
struct str web_code(const struct page *pg, struct str code);

/* ---- addresses -------------------------------------------------------------------------- */

/* The texts one behind the other: web_cat(pg, a, STR(" "), b). */
#define web_cat(pg, ...)                                  \
	web_cat_of(pg, (const struct str[]){__VA_ARGS__}, \
		sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
struct str web_cat_of(const struct page *pg, const struct str *s, size_t n);
struct str web_number(const struct page *pg, int64_t n);
/* A path of ours, with ?lang= if the visitor asked for the language by it. */
#define web_url(pg, ...) web_cat(pg, __VA_ARGS__, web_url_end(pg))
struct str web_url_end(const struct page *pg);
/* The number of a record out of an address: 8-4-4-4-12 hexadecimal digits, made small letters
 * as the documents write them (RFC 9562 4). */
bool web_uuid(struct arena *a, struct str s, struct str *ret_);
/* "tel:..." or STR_NONE if it has no digits. */
struct str web_tel(const struct page *pg, struct str phone);

/* ---- pages ------------------------------------------------------------------------------ */

enum tone { TONE_OK, TONE_SOON, TONE_BAD, TONE_MUTE };
enum icon { ICON_TICK, ICON_WARN, ICON_MINUS, ICON_ASK };

/* path: of this page, without a query (STR_NONE on error pages: the home page). */
struct view *web_begin(
	const struct page *pg, struct str title, enum tone tone, struct str path);
/* The big answer: icon and its words. */
void web_answer(const struct page *pg, struct view *v, enum icon icon, struct str text);
/* A second part of the answer, behind a comma. */
void web_answer_more(const struct page *pg, struct view *v, struct str text);
/* Adds a button to call somebody: {{#phones}} or {{#alarm}}. */
void web_phone(const struct page *pg, struct view *v, unsigned list, unsigned label_msg,
	struct str phone);
/* Hotline, contact of the configuration. */
void web_contacts(const struct page *pg, struct view *v);
enum rc web_html(struct page *pg, unsigned tpl, const struct view *v);

/* {"as_of":..,"state":..,"days":..,"document":.. , more: STATE of NULL is left out. */
void web_json_begin(struct page *pg, const struct fstate_info *state, struct str document);
/* ,"key":bytes */
void web_json_more(struct page *pg, const char *key, struct str bytes);
enum rc web_json_end(struct page *pg);

/* ---- parts of pages (facility_view.c, record_view.c) ------------------------------------- */

/* A facility document with its reference document. */
struct facility {
	const struct json *doc, *ref, *kind; /* kind: reference.kinds[doc.kind], or NULL */
	struct fstate_info state;
	size_t order;	      /* which document of the set */
	struct str kind_name; /* "Rooftop water tank" */
	struct str name;      /* with the facility's own name: "Rooftop water tank · No. 2" */
	struct str where;     /* place and building */
};
/* Document i of the set; false if it is none. */
bool web_facility_of(
	const struct page *pg, const struct docset *docs, size_t i, struct facility *ret_);
/* Words of a state: "overdue"; for a whole answer use web_facility_page(). */
struct str web_state_word(const struct page *pg, enum fstate s);
/* The page of a facility; label may be NULL. */
enum rc web_facility_page(
	struct page *pg, const struct facility *f, const struct json *label, struct str path);

/* Residents' reports (tickets.c). What the page of a facility says of them, {{#tickets}};
 * nothing if there were none. */
void web_tickets_part(const struct page *pg, struct view *v, const struct json *facility);
/* A page of the document kind->doc_kind, key. */
void web_tickets_document(struct request *rq, const struct page_kind *kind, struct str key);
/* "OFFICE/YEAR" of the address; false: it is none. */
bool web_tickets_list_key(struct request *rq, struct str *ret_);

/* The page of a facility in the making: facility_view.c, and facility_hero.c for the first
 * screen. */
struct fpage {
	struct page *pg;
	struct view *v;
	const struct facility *f;
	/* NULL if there is none; hero: the one whose due date the first screen tells. */
	const struct duty *main, *decides, *hero;
	const struct json *tested; /* newest record with results */
	const struct json *failed; /* the record that failed, if it is still shown */
};
/* "water test" in the middle of a sentence. */
struct str web_type_lower(const struct fpage *p, struct str type);
void web_facility_answer(struct fpage *p);
void web_facility_dates(struct fpage *p);

/* The page of the place that is document `at` of the set, with the facility documents behind
 * it; label may be NULL. */
enum rc web_place_page(struct page *pg, const struct docset *docs, size_t at,
	const struct json *label, struct str path);
/* Its facilities as JSON: [{"state":..,"days":..,"document":..}..]. */
void web_place_json(struct page *pg, const struct docset *docs);
/* What is due when, and why, for {{>why}}: needs kind and state of f; nothing for what is out
 * of service.  told: the duty whose days are told elsewhere on the page, or NULL. */
void web_duties(const struct page *pg, struct view *v, const struct facility *f,
	const struct duty *told);
/* What is printed in "is this page genuine": code, spot, address, when published. */
void web_proof(const struct page *pg, struct view *v, const struct json *label,
	struct str facility_code, const struct json *org, const struct json *newest);

/* "Cleaning", "Water test" of a record type. */
struct str web_type_name(const struct page *pg, const struct facility *f, struct str type);
/* Sets photo_set, photos, photo_day; nothing if the record has none. */
void web_photos(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *record, bool say_day);
/* True for work that may be followed by a test of its own (clean, repair): what passes is then
 * the test, not the work. */
bool web_is_work(struct str type);
/* Sets test and its table; nothing if there is nothing to say.  Returns the view of test. */
struct view *web_results(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *record);
/* "9:20–11:05", "11:05" or nothing: when it was done. */
struct str web_hours(const struct page *pg, const struct json *record);
/* Sets fields, fields_any: what the kind asks, as it was answered. */
void web_fields(const struct page *pg, struct view *v, const struct facility *f,
	const struct json *record);
/* A limit in words and signs: "0.05–2", "≤1", "not detected"; STR_NONE if there is none. */
struct str web_limit(const struct page *pg, const struct json *ref, const struct json *limit);
/* Adds one line of "who is responsible". */
void web_who(const struct page *pg, struct view *v, struct str role, struct str name,
	struct str note);
/* The parties of a record whose role is not in *seen yet (bits, kept by the callee). */
void web_parties(
	const struct page *pg, struct view *v, const struct json *record, unsigned *seen);
/* One line of a history: url, day, in_time or late, mark, below. */
void web_history_line(
	const struct page *pg, struct view *line, const struct json *entry, struct str party);
/* "published after 5 h", "published 2 d late"; STR_NONE where no clock ran (imports). */
struct str web_posted(const struct page *pg, const struct json *record);
/* voice.c: what firms say beside a result: all of a record (its "replies"), for {{>voices}}, or
 * a line each of the newest records of a facility, for {{>voice_lines}}; shown: the record the
 * page shows and leads to, which needs no link (may be NULL). */
void web_voices(const struct page *pg, struct view *v, const struct json *record);
void web_voice_lines(const struct page *pg, struct view *v, const struct json *facility,
	const struct json *shown);
/* The notice of a label (may be NULL) that several people said hangs elsewhere, for
 * {{>sticker_alarm}}. */
void web_label_alarm(const struct page *pg, struct view *v, const struct json *label);
/* How many results passed and failed. */
struct tally {
	int n, pass, fail;
};
struct tally web_tally(const struct json *record);

/* ---- surveys (survey.c, survey_results.c) ------------------------------------------------ */

/* "Very satisfied" of 5 .. 1. */
struct str web_survey_level(const struct page *pg, int64_t level);
/* Title, place, purpose and office of a survey's document. */
void web_survey_head(const struct page *pg, struct view *v, const struct json *doc);
/* The results as tables: questions, counts, groups, few.  Returns how many forms count, in a
 * sentence. */
struct str web_survey_results(const struct page *pg, struct view *v,
	const struct json *questions, const struct json *results);

/* ---- handlers --------------------------------------------------------------------------- */

void web_home(struct request *rq);
void web_label(struct request *rq);
void web_lookup(struct request *rq);
void web_facility(struct request *rq);
void web_history(struct request *rq);
void web_record(struct request *rq);
void web_revision(struct request *rq);
void web_notice(struct request *rq); /* staff_notice.c */
void web_place(struct request *rq);
void web_survey(struct request *rq);
void web_survey_results_page(struct request *rq);
void web_survey_csv(struct request *rq);
void web_chain(struct request *rq);
void web_report(struct request *rq); /* a PDF of test results */
void web_report_form(struct request *rq);
void web_report_may(struct request *rq);
void web_receipt(struct request *rq);
void web_receipt_find(struct request *rq);
void web_tickets(struct request *rq);
void web_ticket(struct request *rq);
void web_tickets_csv(struct request *rq);
void web_tickets_list_csv(struct request *rq);
void web_feed_calendar(struct request *rq);
void web_feed_atom(struct request *rq);
void web_sign(struct request *rq);
void web_sign_photo(struct request *rq);
void web_staff_home(struct request *rq);
void web_staff_search(struct request *rq);
void web_staff_scan(struct request *rq);
void web_staff_facility(struct request *rq);
void web_staff_sticker(struct request *rq);
void web_staff_new(struct request *rq);
void web_staff_new_may(struct request *rq);
void web_staff_record(struct request *rq);
void web_staff_edit(struct request *rq);
void web_staff_edit_may(struct request *rq);
void web_staff_redact(struct request *rq);
void web_staff_photo(struct request *rq);
void web_staff_report(struct request *rq);
void web_accessibility(struct request *rq);
void web_privacy(struct request *rq);
void web_robots(struct request *rq);
void web_security_txt(struct request *rq);
void web_error_page(struct page *pg);

#endif
