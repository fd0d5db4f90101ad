/* work: what the pages behind the login say alike about facilities, records and photos.
 *
 * Everything is made of the JSON of sql/STAFF.md ("Records, photos, filings, labels") and of
 * the reference document, both of which may lack anything: then a code is shown, or nothing. */
#ifndef QR_WEB_WORK_H
#define QR_WEB_WORK_H

#include "qrsvc/app/upload.h"
#include "qrsvc/web/common.h"
#include "qrsvc/web/form.h"
#include "qrsvc/web/staff.h"

/* "Block 75 · Rooftop water tank · No. 2" of {"kind","name"?,"building"?}. */
struct str work_facility(const struct page *pg, const struct json *ref, const struct json *f);
/* "Place · address" of {"place","address"?}; place may be an object with a name. */
struct str work_where(const struct page *pg, const struct json *f);
/* "Cleaning" */
struct str work_type(
	const struct page *pg, const struct json *ref, struct str kind, struct str type);
/* "submitted" in words, and "ok", "w", "no" or "" as its class. */
struct str work_state(const struct page *pg, struct str state);
const char *work_state_class(struct str state);
/* Does `can` of staff_record's answer hold this act ("correct", "redact" ..)? */
bool work_can(const struct json *doc, const char *act);
/* Adds a line about a facility (FAC) or a record (REC) to a list. */
void work_facility_line(const struct page *pg, const struct json *ref, struct view *v,
	unsigned list, const struct json *fac);
void work_record_line(const struct page *pg, const struct json *ref, struct view *v,
	unsigned list, const struct json *rec);
/* Sentences of a list of WARNING under K_warnings. */
void work_warnings(const struct page *pg, const struct json *ref, struct str kind,
	struct view *v, const struct json *list);
/* Address of a photo for people who are logged in; STR_NONE unless sha is a hash. */
struct str work_photo_url(const struct page *pg, struct str sha, int width);

/* A link that was just made and is shown this once: rq->user of work_record_kind, or NULL. */
struct work_link {
	struct str token, until;
};
/* staff_record.c: the page of a record. */
extern const struct staff_kind work_record_kind;
/* The other pages, for their tests. */
extern const struct staff_kind work_home_kind, work_facility_kind, work_form_kind,
	work_redact_kind;
/* A grid over a photo, cells counted row by row from the upper left one, which is bit 0. */
struct work_grid {
	int columns, rows;
};
#define WORK_CELLS 48
/* 8 x 6 over a picture that is wider than high, else 6 x 8. */
struct work_grid work_grid(int64_t w, int64_t h);
/* The cells of a set as boxes, as few as neighbours allow at a glance: each box takes the
 * cells to its right, then the rows below that have all of them.  No cell stands in two. */
void work_boxes(struct work_grid g, uint64_t cells, struct photo_boxes *ret_);
/* rq->user of work_form_kind for a new record. */
void *work_form_new(struct arena *a);

/* form_view.c: the inputs of a form into the view of staff_form.html. */
void form_view(const struct page *pg, const struct form *f, struct view *v);
/* What is wrong with it, for a script: [{"field","why","text"}..], text with the label. */
void form_mistakes(const struct page *pg, const struct form *f, struct sbuf *out);
/* Where the form stands and how it begins: names, title, types to choose from. */
struct view *form_page(const struct page *pg, const struct staff_view *sv, const struct form *f,
	struct str action);

#endif
