/* compile: what the two halves of the template compiler share: html.c knows in which context a
 * byte stands, compile.c what a placeholder may do there. */
#ifndef QR_TOOLS_COMPILE_H
#define QR_TOOLS_COMPILE_H

#include "qrsvc/tools/tplc.h"

enum place {
	IN_TEXT,
	IN_TAG_OPEN,   /* behind < */
	IN_TAG_NAME,   /* of a start tag */
	IN_END_TAG,    /* of an end tag, up to > */
	IN_TAG,	       /* between attributes */
	IN_ATTR_NAME,  /* also behind it, before = */
	IN_ATTR_VALUE, /* behind =, before the value */
	IN_DQ,	       /* "value" */
	IN_SQ,	       /* 'value' */
	IN_UNQUOTED,
	IN_DECL, /* <!doctype ..> */
	IN_STYLE,
	IN_SCRIPT,
	IN_RCDATA /* title, textarea */
};

#define OPEN_MAX 32
#define PARTIALS_MAX 8
#define NAME_MAX_ 24

struct open_section {
	struct str key;
	uint32_t op;
	enum place place;
	int line;
};

struct comp {
	struct tplc *c;
	struct tpl_src *tpl;
	bool plain;
	enum place place;
	char elem[NAME_MAX_], attr[NAME_MAX_];
	bool value_begun;
	int blanks; /* pending: 0 none, 1 a blank, 2 with a line break */
	struct sbuf lit, css;
	struct open_section open[OPEN_MAX];
	int nopen, npartials;
	struct at at;
};

/* html.c */
/* The next byte of HTML, s.p[i]. */
void html_byte(struct comp *k, struct str s, size_t i);
/* Literal bytes so far become operations. */
void html_flush(struct comp *k);
/* Blanks that were held back, now that something follows; in a tag a line break counts. */
void html_settle(struct comp *k, bool in_tag);

#endif
