/* form: the form of a record as data: what is asked, what was typed, what is wrong with it.
 *
 * The questions come from the database (api.staff_record_form: kind data, limits in force,
 * parties), never from here.  A form is made, filled with defaults, a stored record or what was
 * typed, checked, shown (form_view.c) and written as the body of api.staff_record_put
 * (form_body.c).  All of it is pure: no request, no database, no clock of its own.
 *
 * Names of inputs, which are their ids too: "from", "to", "party-cleaner", "fields-workers",
 * "results-ph", "photos-before", "report", "note", "reason".  Where the database names a field
 * it writes ':' for the '-' (sql/STAFF.md), which an id should not hold.  A photo that has been
 * stored already comes back in the hidden field "kept-before". */
#ifndef QR_WEB_FORM_H
#define QR_WEB_FORM_H

#include "qrsvc/base/crypto.h"
#include "qrsvc/base/json.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/http/msg.h"

/* 10 roles, 20 fields, 50 items, 10 slots and what every form has; more are left out. */
#define FORM_INPUTS 96
#define FORM_PHOTOS 10	  /* security.md 22: photos a request */
#define FORM_TEXT_MAX 200 /* characters of a text field */
#define FORM_NOTE_MAX 500 /* of note and reason */

enum form_is {
	FORM_TIME,  /* from, to: "2026-11-22T09:30" */
	FORM_PARTY, /* id of a party, or "" */
	FORM_FIRM,  /* name of a firm, one of the list or another */
	FORM_TEXT,  /* a field by its type .. */
	FORM_INTEGER,
	FORM_NUMBER,
	FORM_DATE,
	FORM_BOOL,   /* "yes", "no" or "" */
	FORM_RESULT, /* "7.6", "<0.05" or a word */
	FORM_WORD,   /* code of a word, or "" */
	FORM_PHOTO,
	FORM_REPORT,
	FORM_NOTE,
	FORM_REASON
};

struct form_input {
	enum form_is is;
	struct str code; /* of role, field, item or slot; STR_NONE for the others */
	struct str name;
	bool required;
	const struct json *def;	 /* what the database said about it, or NULL */
	struct str value;	 /* trimmed; of photos and reports the hash that is kept */
	const char *why;	 /* what is wrong, as sql/STAFF.md calls it; NULL: nothing */
	const struct json *said; /* the database's own object about it, for its details */
	const struct http_part *file; /* sent with this request and not empty */
};

struct form {
	struct arena *arena;
	const struct json *doc;			  /* of staff_record_form */
	const struct json *ref, *kind, *type_def; /* of the reference document; may be NULL */
	struct str facility, type, id;
	int64_t rev; /* the revision this one follows, 0: none */
	bool draft;  /* to be kept, not submitted: nothing is required */
	struct form_input in[FORM_INPUTS];
	size_t n;
	int64_t photos_min;
	const char *why; /* about the photos as a whole: "too_few", "too_many" */
};

/* The questions, unanswered.  False: doc is not such a document. */
bool form_make(struct form *f, struct arena *a, const struct json *doc, const struct json *ref);
/* The input of that name, or NULL. */
struct form_input *form_find(struct form *f, struct str name);

/* It follows revision rev of that record: asks for the reason, too. */
void form_follow(struct form *f, struct str id, int64_t rev);
/* An hour until now, one's own firm: what is most likely so. */
void form_defaults(struct form *f, int64_t now_us);
/* What a record says now: the body of api.staff_record_put. */
void form_stored(struct form *f, const struct json *body);
/* What was typed and sent, with key, rev and whether it is a draft. */
void form_typed(struct form *f, const struct http_part *parts, size_t n);

/* Looks for mistakes that can be seen here; false: some input has a why.  now_us: the present,
 * today: its day.  Files count as photos that are there. */
bool form_check(struct form *f, int64_t now_us);
/* What the database found: [{"field":..,"why":..}..]. */
void form_refused(struct form *f, const struct json *errors);
bool form_has_errors(const struct form *f);

/* The body of api.staff_record_put. */
void form_body(const struct form *f, struct sbuf *out);

/* "<0.05", "＜ 0.05", "≤5", "7.6": *ret_op is "<", "<=", ">", ">=" or STR_NONE, *ret_num
 * "-?[0-9]{1,12}(.[0-9]{1,9})?".  False: it is something else. */
bool form_number(struct arena *a, struct str typed, struct str *ret_op, struct str *ret_num);
/* The code of the word that is called so in any language, or has this code; STR_NONE. */
struct str form_word(const struct form *f, struct str typed);
/* "2026-11-22T09:30[:00]" in the deployment's zone. */
bool form_time(struct str typed, int64_t *ret_us);
/* The same the other way. */
struct str form_time_text(struct arena *a, int64_t us);
/* 64 hexadecimal digits. */
bool form_is_hash(struct str s);

/* static const words of a kind's part: ref.kinds[K][part][code] */
const struct json *form_words(const struct form *f, const char *part, struct str code);

#endif
