/* Owns the PNG and ZPL encodings of a raster.  Never draws.  Called by sheet.c. */
#include "labels/image.h"
#include <png.h>

#define DPI_TO_PPM(dpi) ((png_uint_32)(((uint64_t)(dpi)*10000 + 127) / 254))

static void on_write(png_structp png, png_bytep p, png_size_t n)
{
	sbuf_add(png_get_io_ptr(png), p, n);
}

static void on_flush(png_structp png)
{
	(void)png;
}

enum rc image_png(const struct raster *r, struct sbuf *out, struct err *e)
{
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png ? png_create_info_struct(png) : NULL;

	if (info == NULL) {
		png_destroy_write_struct(&png, NULL);
		return err_set(e, RC_INTERNAL, "libpng does not start");
	}
	if (setjmp(png_jmpbuf(png))) { /* libpng's way of failing */
		png_destroy_write_struct(&png, &info);
		return err_set(e, RC_INTERNAL, "libpng failed");
	}
	png_set_write_fn(png, out, on_write, on_flush);
	png_set_IHDR(png, info, r->w, r->h, 1, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
		PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_pHYs(png, info, DPI_TO_PPM(r->dpi), DPI_TO_PPM(r->dpi), PNG_RESOLUTION_METER);
	/* Rows of a code repeat: "up" makes them zero, and runs of zero cost little. */
	png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_UP);
	png_set_compression_level(png, 1);
	png_set_compression_strategy(png, 3 /* Z_RLE */);
	png_write_info(png, info);
	png_set_invert_mono(png); /* our 1 is black */
	for (unsigned y = 0; y < r->h; y++)
		png_write_row(png, r->bits + (size_t)y * r->stride);
	png_write_end(png, info);
	png_destroy_write_struct(&png, &info);
	return RC_OK;
}

/* ZPL's run lengths: g..z are 20..400, G..Y are 1..19. */
static void put_count(struct sbuf *out, unsigned n)
{
	while (n >= 420) {
		sbuf_byte(out, 'z');
		n -= 400;
	}
	if (n >= 20) {
		sbuf_byte(out, (char)('g' + n / 20 - 1));
		n %= 20;
	}
	if (n > 0)
		sbuf_byte(out, (char)('G' + n - 1));
}

static void put_row(struct sbuf *out, const uint8_t *row, unsigned stride)
{
	static const char hex[] = "0123456789ABCDEF";
	unsigned digits = stride * 2;

	for (unsigned i = 0, to; i < digits; i = to) {
		unsigned v = i % 2 ? row[i / 2] & 15 : row[i / 2] >> 4;

		for (to = i + 1; to < digits; to++)
			if ((to % 2 ? row[to / 2] & 15 : row[to / 2] >> 4) != v)
				break;
		if (to == digits && v == 0) { /* the rest is white */
			sbuf_byte(out, ',');
			return;
		}
		if (to - i > 2)
			put_count(out, to - i);
		else if (to - i == 2)
			sbuf_byte(out, hex[v]);
		sbuf_byte(out, hex[v]);
	}
}

void image_zpl(const struct raster *r, struct sbuf *out)
{
	unsigned total = r->stride * r->h;

	sbuf_fmt(out, "^XA^PW%u^LL%u^LH0,0^FO0,0^GFA,%u,%u,%u,", r->w, r->h, total, total,
		r->stride);
	for (unsigned y = 0; y < r->h; y++) {
		const uint8_t *row = r->bits + (size_t)y * r->stride;

		if (y > 0 && memcmp(row, row - r->stride, r->stride) == 0)
			sbuf_byte(out, ':');
		else
			put_row(out, row, r->stride);
	}
	sbuf_puts(out, "^FS^PQ1^XZ\n");
}
