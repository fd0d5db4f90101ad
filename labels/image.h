/* image: one label as a PNG, SVG or ZPL file; the door to libpng. */
#ifndef QR_LABELS_IMAGE_H
#define QR_LABELS_IMAGE_H

#include "labels/raster.h"
#include "qrsvc/base/sbuf.h"

/* 1 bit a dot, pHYs from the raster's dpi. */
enum rc image_png(const struct raster *r, struct sbuf *out, struct err *e);
/* The whole label as one graphic field: a printer needs no font (ZPL II, ^GF with its run
 * lengths). */
void image_zpl(const struct raster *r, struct sbuf *out);

/* SVG 1.1 in um; letters are outlines, so that it looks the same everywhere. */
struct svg;
struct svg *svg_new(const struct label_template *t, const struct label_fonts *fonts);
void svg_free(struct svg *s);
void svg_begin(struct svg *s, struct sbuf *out);
struct sink svg_sink(struct svg *s);
void svg_end(struct svg *s, const char *title);

#endif
