/* view: data of a page and the interpreter that runs compiled templates over it.
 *
 * Templates are compiled by qrsvc/tools/tplc when the program is built: to a table of
 * operations, with every key a small number, every message checked, and the escape of every
 * placeholder fixed by where it stands (architecture.md 8).  What a template may hold is told
 * in HACKING.md; this file is what C code sees of it.
 *
 * A `struct view` is a set of (key, value) made by a page's handler in its arena:
 *
 *     struct view *v = view_new(arena);
 *     view_str(v, K_name, name);              // {{name}}
 *     view_flag(v, K_stale, true);            // {{#stale}}..{{/stale}}
 *     struct view *row = view_add(v, K_rows); // {{#rows}}..{{/rows}}, once per row
 *     view_int(row, K_days, 12);              // {{_days_left days}}
 *     tpl_render(&site_tpl, T_label, lang, v, out);
 *
 * Values are views of the caller's bytes; everything must live until the rendering is done.
 * A key set twice keeps the later value.  Names of an inner view hide those of the outer ones;
 * outer ones stay visible, as in Mustache.  Absent, false, "" and empty lists are false. */
#ifndef QR_APP_VIEW_H
#define QR_APP_VIEW_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/sbuf.h"

/* ---- data ------------------------------------------------------------------------------ */

enum value_is { VALUE_NONE, VALUE_STR, VALUE_INT, VALUE_FLAG, VALUE_LIST };

struct view;

struct value {
	enum value_is is;
	union {
		struct str s;
		int64_t i;
		struct {
			struct view *first, *last;
		} list;
	};
};

#define VALUE_S(text) ((struct value){VALUE_STR, {(text)}})
#define VALUE_I(num) ((struct value){VALUE_INT, {.i = (num)}})

struct view *view_new(struct arena *a);
/* STR_NONE and "" leave the key false. */
void view_str(struct view *v, unsigned key, struct str s);
void view_int(struct view *v, unsigned key, int64_t i);
void view_flag(struct view *v, unsigned key, bool on);
/* Appends an element to the list under key and returns it. */
struct view *view_add(struct view *v, unsigned key);
/* Elements of the list under key. */
size_t view_count(const struct view *v, unsigned key);
/* Appends an element that is a plain text: {{#lines}}{{.}}{{/lines}}. */
void view_item(struct view *v, unsigned key, struct str s);

/* ---- what tplc generates ---------------------------------------------------------------- */

enum tpl_code {
	TPL_END,      /* of the template */
	TPL_TEXT,     /* n bytes of text at `at` */
	TPL_VAR,      /* key, escaped for ctx */
	TPL_SECTION,  /* key; `at` = operation behind its end */
	TPL_INVERTED, /* likewise */
	TPL_CLOSE,    /* end of a section */
	TPL_MSG,      /* key = message, n = number of TPL_ARG behind it */
	TPL_ARG	      /* key */
};

/* Where a placeholder stands. */
enum tpl_ctx {
	CTX_PLAIN, /* text/plain: nothing is escaped */
	CTX_TEXT,  /* between tags */
	CTX_ATTR,  /* in a quoted attribute */
	CTX_URL,   /* a whole address in a quoted attribute */
	CTX_PART   /* a part of an address: percent-encoded */
};

struct tpl_op {
	uint8_t code, ctx;
	uint16_t key;
	uint16_t n;
	uint32_t at;
};

enum tpl_part_is { PART_END, PART_TEXT, PART_ARG, PART_PLURAL, PART_STRONG, PART_STRONG_END };

/* A piece of a message.  PART_PLURAL is followed by n PART_TEXT, one a form.  arg: number of an
 * argument; of a text, 1 if no context needs an escape in it. */
struct tpl_part {
	uint8_t is, arg;
	uint16_t n; /* bytes of text, or forms */
	uint32_t at;
};

enum tpl_plural { PLURAL_NONE, PLURAL_ONE_OTHER };

struct tpl_lang {
	const char *tag;
	enum tpl_plural plural;
	const uint32_t *msg; /* first part of each message */
};

struct tpl_set {
	const struct tpl_op *op;
	const char *text;
	const struct tpl_part *part;
	const uint32_t *start;	     /* first operation of each template */
	const char *const *style;    /* CSP hash of its inline style, "sha256-...", or NULL */
	const char *const *tpl_name; /* "label", for messages and metrics */
	const struct tpl_lang *lang;
	uint16_t ntpl, nkeys, nmsg, nlang;
};

/* ---- running ---------------------------------------------------------------------------- */

/* Most keys a set may have, and deepest nesting of sections; tplc refuses more. */
#define TPL_KEYS 1024
#define TPL_DEPTH 16
/* Most arguments of one message. */
#define TPL_ARGS 6
/* Most pieces of one message (texts, arguments, plural forms). */
#define TPL_PARTS 24

/* Appends template tpl in language lang (index into set->lang) to out. */
void tpl_render(const struct tpl_set *set, unsigned tpl, unsigned lang, const struct view *v,
	struct sbuf *out);

/* Text of a message, unescaped and without emphasis, in the arena.  n arguments. */
struct str tpl_msg(const struct tpl_set *set, unsigned lang, unsigned msg, struct arena *a,
	const struct value *arg, size_t n);

/* Writes an address into a quoted attribute: only paths of our own ("/..."), queries ("?..."),
 * fragments, https:, http:, tel: and mailto: addresses pass, all else becomes "#". */
void sbuf_href(struct sbuf *b, struct str url);

#endif
