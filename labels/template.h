/* template: what a sheet, roll or plate looks like; an INI file read through inih.
 *
 * Sections and keys (lengths in mm, font sizes in points, colours #rrggbb):
 *
 *   [template] name title title_zh source kind(sheet|roll|plate|poster) dpi
 *   [page]     width height
 *   [grid]     columns rows left top pitch_x pitch_y   (one label at 0,0 if left out)
 *   [label]    width height radius margin(safe, >= 1.5 on sheets)
 *   [fields]   layout = auto-1   places everything by the label's size; else:
 *   [qr]       x y size version(auto|2|3)   with the quiet zone
 *   [text ID]  content x y width height size min lines align valign weight colour flow
 *   [box ID]   x y width height fill stroke line radius
 *
 * content holds {code} {host} {url} and the columns of a row ({line1}, {place} ...).  A text
 * all of whose placeholders are empty is left out.  flow = yes lets a text begin where the text
 * before it really ended; such a chain shares the room of all its boxes, each text leaving one
 * line of least size for every text that still follows.  auto-1 never changes: another
 * arrangement gets another number, so that an upgrade cannot move what an office has already
 * printed. */
#ifndef QR_LABELS_TEMPLATE_H
#define QR_LABELS_TEMPLATE_H

#include "labels/fit.h"

#define TPL_TEXTS 24
#define TPL_BOXES 24
#define TPL_CONTENT 160

/* What a {placeholder} stands for: a row's field, or one of these. */
enum { TPL_HOST = LABEL_FIELDS, TPL_URL, TPL_GROUPS, TPL_PLACEHOLDERS };

struct tpl_piece { /* literal bytes, then a placeholder */
	uint16_t from, n;
	int8_t what; /* -1: none */
};

struct tpl_text {
	char id[32];
	char content[TPL_CONTENT];
	struct tpl_piece piece[8];
	int pieces;
	bool variable; /* holds a placeholder */
	bool flow;
	uint32_t colour;
	struct fit_box box;
};

struct tpl_box {
	char id[32];
	int32_t x, y, w, h, line, radius;
	int64_t fill, stroke; /* 0xrrggbb, -1 = none */
};

struct tpl_qr {
	int32_t x, y, size; /* with its quiet zone */
	int version;	    /* 0 = auto */
};

struct label_template {
	char name[64], title[128], title_zh[128], source[256], kind[16];
	unsigned dpi, columns, rows;
	int32_t page_w, page_h;
	int32_t left, top, pitch_x, pitch_y;
	int32_t w, h, radius, margin;
	bool automatic;
	struct tpl_qr qr;
	struct tpl_text text[TPL_TEXTS];
	struct tpl_box box[TPL_BOXES];
	int texts, boxes;
};

/* From the bytes of a file; `file` is named in errors. */
enum rc template_parse(
	struct str ini, const char *file, struct label_template *ret_, struct err *e);
/* What must hold over the whole; fills in defaults and automatic fields. */
bool template_check(struct label_template *t, char *ret_why, size_t room);
/* Fills qr, text and box by the rules of auto-1. */
void template_auto(struct label_template *t);
/* Splits a content into pieces; false and why if a placeholder is unknown. */
bool template_content(struct tpl_text *x, const char *content, char *ret_why, size_t room);
/* Top left corner of a position (0-based, row by row) on the page. */
void template_at(const struct label_template *t, unsigned position, int32_t *x, int32_t *y);

#endif
