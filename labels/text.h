/* text: from UTF-8 to glyphs: checks, fonts, scripts, direction, shaping, line breaks; the door
 * to HarfBuzz's shaping, FriBidi and libunibreak.
 *
 * One struct text holds one paragraph and is used again and again by one thread.  Widths and
 * positions are in dme (font.h).
 *
 * Refused rather than printed: malformed UTF-8, control characters (tab and line ends count as
 * a space), U+FFFD (the text was damaged earlier), characters that override the direction
 * (U+202A..202E, U+2066..2069: a sticker would show another order than the record holds),
 * noncharacters, more than eight marks on one letter, and what no font of the list can draw. */
#ifndef QR_LABELS_TEXT_H
#define QR_LABELS_TEXT_H

#include "labels/font.h"

#define TEXT_CHARS LABEL_FIELD_BYTES /* a byte is at most a character */
#define TEXT_ELLIPSIS 0x2026

struct glyph {
	uint32_t gid;
	int32_t adv, dx, dy; /* dme; dy upwards */
	uint32_t at;	     /* first of its characters in shaped.ch */
	uint16_t len;	     /* how many; 0: a further glyph of the cluster before it */
	bool lone;	     /* the only glyph of its cluster */
};

/* Glyphs of one font and one direction, in visual order. */
struct run {
	uint8_t font; /* index in label_fonts.all */
	uint32_t glyph, n;
	int32_t width;
};

struct shaped {
	struct glyph *g;
	struct run *r;
	uint32_t *ch;
	uint32_t ng, nr, nch, capg, capr, capch;
};
void shaped_clear(struct shaped *s);
void shaped_release(struct shaped *s);

struct text {
	const struct label_fonts *fonts;
	hb_buffer_t *buf;
	struct shaped scratch;
	bool bold, rtl; /* rtl: the paragraph's direction */
	bool measured, broken;
	uint32_t n;
	int ascent, descent; /* the largest among its fonts */
	uint32_t ch[TEXT_CHARS + 1];
	uint8_t font[TEXT_CHARS + 1]; /* position in the chain */
	uint8_t level[TEXT_CHARS + 1];
	char brk[TEXT_CHARS + 1]; /* LINEBREAK_* after each character */
	hb_script_t script[TEXT_CHARS + 1];
	int32_t width[TEXT_CHARS + 1]; /* of the cluster that begins here, else -1 */
};

/* Large: allocate on the heap.  One per thread. */
struct text *text_new(const struct label_fonts *fonts);
void text_free(struct text *t);
/* Takes a paragraph: trims and collapses white space, checks it, finds fonts and directions. */
enum rc text_load(struct text *t, struct str s, bool bold, struct err *e);
/* Fills width[] by shaping the whole paragraph once, and brk[]. */
enum rc text_measure(struct text *t, struct err *e);
/* Shapes characters from..to as one line, with an ellipsis after it if asked, appending runs
 * in visual order; *ret_ its width.  White space at both ends is left out. */
enum rc text_line(struct text *t, uint32_t from, uint32_t to, bool ellipsis, struct shaped *out,
	int32_t *ret_, struct err *e);

#endif
