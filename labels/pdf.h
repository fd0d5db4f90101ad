/* pdf: a PDF 1.5 file, written from front to back.
 *
 * Pages leave as they are finished; kept are the offset of each object and which glyphs each
 * font has shown.  Fonts, subset and embedded, follow at the end (ISO 32000-1: 7.5 file, 9.7
 * composite fonts, 14.9.4 ActualText).  No dates, no random identifiers: same input, same
 * bytes. */
#ifndef QR_LABELS_PDF_H
#define QR_LABELS_PDF_H

#include "labels/page.h"

struct pdf;

struct pdf *pdf_new(const struct label_fonts *fonts, struct str title,
	bool (*write)(void *arg, const void *p, size_t n), void *arg);
void pdf_free(struct pdf *d);
/* Numbers the glyphs of a page and writes its operators to *out; pages must come here in
 * their order, one at a time. */
void pdf_resolve(struct pdf *d, const struct page *p, struct sbuf *out);
/* Deflates (the door to libdeflate); one packer per thread. */
struct pdf_packer;
struct pdf_packer *pdf_packer_new(void);
void pdf_packer_free(struct pdf_packer *k);
void pdf_pack(struct pdf_packer *k, struct str plain, struct sbuf *out);
/* Writes a page whose operators were packed; in order. w h in um. */
enum rc pdf_page(struct pdf *d, struct str packed, int32_t w, int32_t h, struct err *e);
/* What a JPEG says of itself; false: not one that PDF shows as it is (8 bits, grey or three
 * components, baseline or progressive). */
struct pdf_jpeg {
	unsigned w, h, components;
};
bool pdf_jpeg(struct str bytes, struct pdf_jpeg *ret_);
/* Writes the picture and returns its number: "/I%u Do" draws it on the unit square. */
uint32_t pdf_image(struct pdf *d, struct str bytes, const struct pdf_jpeg *j);
/* Fonts, pictures, page tree, cross-reference table. */
enum rc pdf_end(struct pdf *d, struct err *e);
uint64_t pdf_bytes(const struct pdf *d);

/* ---- between pdf.c, pdf_text.c, pdf_image.c and pdf_font.c ---- */

struct pdf_font {
	uint16_t *cid;	/* by glyph; 0 = not used */
	uint32_t *gid;	/* by CID */
	int32_t *width; /* by CID, dme */
	uint32_t *text; /* by CID: where its characters stand in ch; UINT32_MAX: none */
	uint8_t *len;	/* by CID */
	uint32_t *ch;
	uint32_t n, cap, nch, capch; /* CIDs 1..n-1 */
};

struct pdf {
	const struct label_fonts *fonts;
	bool (*write)(void *arg, const void *p, size_t n);
	void *arg;
	bool failed;
	uint64_t at;
	uint64_t *offset; /* by object number */
	uint32_t objects, capobjects;
	uint32_t *page;
	uint32_t pages, cappages;
	uint32_t *image; /* objects, by number of the picture */
	uint32_t images, capimages;
	struct str title;
	struct pdf_packer *packer; /* for what is written at the end */
	struct pdf_font font[FONTS_MAX];
};

enum { PDF_CATALOG = 1, PDF_PAGES, PDF_RESOURCES, PDF_INFO, PDF_FIRST_FREE };

uint32_t pdf_reserve(struct pdf *d);
void pdf_begin(struct pdf *d, uint32_t object);
void pdf_put(struct pdf *d, const void *p, size_t n);
void pdf_fmt(struct pdf *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* An object that is a stream; dict holds what stands beside /Length and /Filter. */
void pdf_stream(struct pdf *d, uint32_t object, const char *dict, struct str plain);
/* The font as objects; *ret_ the number of its Type 0 font. */
enum rc pdf_font_write(struct pdf *d, int font, uint32_t *ret_, struct err *e);
void pdf_font_release(struct pdf_font *f);

#endif
