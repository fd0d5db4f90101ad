/* office: what the pages of an office share: sheets one can print on, the picture of a label,
 * parameters of a form that may come by GET or POST. */
#ifndef QR_WEB_OFFICE_H
#define QR_WEB_OFFICE_H

#include "qrsvc/web/staff.h"

#include "labels/label.h"

/* Parameter `name` of the query, or of the form of a POST. */
struct str office_arg(struct request *rq, const char *name);
/* {"name":"value",..} for a statement, in rq's arena: parameters as `get` (request_form,
 * request_query) finds them, trimmed; those that are empty are left out. */
struct str office_json(struct request *rq,
	struct str (*get)(struct request *rq, struct str name), const char *const *names,
	size_t n);
/* A whole number from min to max; else fallback. */
int64_t office_number(struct str text, int64_t min, int64_t max, int64_t fallback);
/* "?a=1&b=2" from pairs; empty values are left out.  STR_NONE values too. */
struct str office_query(const struct page *pg, const struct str *pairs, size_t n);
/* An option of a <select> into a list: value, label (STR_NONE: the value), chosen. */
void office_option(
	struct view *v, unsigned list, struct str value, struct str label, struct str chosen);
/* A file that the statement returned to keep as "WHAT-NUMBER.pdf", the number of the address;
 * none: 404. */
void office_pdf(struct request *rq, const struct staff_answer *ans, const char *what);
/* PRG: "/staff/labels/4", with ?lang= if the visitor asked for the language by it. */
void office_go(struct request *rq, struct str path);

/* ---- sheets (staff_sheet.c) -------------------------------------------------------------- */

/* Reads all templates, once a process, before requests come. */
void office_templates_load(void);
/* The one of that name; the usual one if there is none of it.  NULL: no templates at all. */
const struct label_template *office_template(struct str name);
/* Its name for people. */
struct str office_template_title(const struct page *pg, const struct label_template *t);
/* Options of a <select> into the list K_templates: value, label, chosen. */
void office_template_options(const struct page *pg, struct view *v, struct str chosen);
/* The first sheet as rows of links: K_rows of K_cells {n, url, used, here}; query: what the
 * links carry besides the position.  Nothing for stocks of one label a page. */
void office_sheet(const struct page *pg, struct view *v, const struct label_template *t,
	unsigned start, struct str query);
/* The first label: K_label_w, K_label_h, K_symbol ..; nothing if it cannot be drawn. */
void office_label(const struct page *pg, struct view *v, const struct label_template *t,
	const struct label_row *row);
/* Positions of one sheet. */
unsigned office_positions(const struct label_template *t);

/* ---- handlers ---------------------------------------------------------------------------- */

void web_staff_labels(struct request *rq);
void web_staff_batch(struct request *rq);
void web_staff_batches(struct request *rq);
void web_staff_batch_file(struct request *rq);
/* staff_notice.c */
void web_staff_notices(struct request *rq);
void web_staff_notice(struct request *rq);
void web_staff_notice_file(struct request *rq);
void web_staff_label_bind(struct request *rq);
void web_staff_label_replace(struct request *rq);
void web_staff_label_void(struct request *rq);
void web_staff_events(struct request *rq);
void web_staff_event(struct request *rq);
void web_staff_filings(struct request *rq);
void web_staff_filing(struct request *rq);
void web_staff_inbox(struct request *rq);
void web_staff_outbox(struct request *rq);
void web_staff_admin(struct request *rq);
void web_staff_admin_list(struct request *rq);
void web_staff_admin_form(struct request *rq);
void web_staff_audit(struct request *rq);
void web_staff_audit_csv(struct request *rq);

#endif
