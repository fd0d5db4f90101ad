/* font: the list of fonts, first choice first; the door to fontconfig, and to HarfBuzz's faces.
 *
 * Each family may come in two weights.  Everything here is read-only after label_fonts_open,
 * so threads share it.  Lengths are in ten-thousandths of the font size ("dme"). */
#ifndef QR_LABELS_FONT_H
#define QR_LABELS_FONT_H

#include "labels/label.h"
#include <hb.h>

#define FONT_EM 10000  /* dme per em */
#define FONTS_MAX 32   /* faces in all: sixteen families in two weights */
#define FONT_NONE 0xff /* no font of the list has the character */

struct font {
	char *family, *path;
	int index;	/* face within a collection */
	bool cff;	/* outlines in CFF, else TrueType */
	uint32_t space; /* glyph without ink, 0 if there is none */
	hb_face_t *face;
	hb_font_t *font;     /* scaled to FONT_EM */
	int ascent, descent; /* dme, both positive: what its letters need above and below */
	int id;		     /* position in label_fonts.all */
};

struct label_fonts {
	struct font all[FONTS_MAX];
	int n;
	/* Fallback order per weight: indexes into all. */
	uint8_t chain[2][FONTS_MAX / 2];
	int nchain;
};

/* Position in the chain of the first font that has the character, beginning at `prefer` (a
 * position, or FONT_NONE); FONT_NONE if none has it. */
uint8_t font_for(const struct label_fonts *f, bool bold, uint32_t ch, uint8_t prefer);

#endif
