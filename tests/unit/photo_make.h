/* photo_make: pictures made in memory for the photo tests: a coloured quarter in each corner
 * and some texture, as every kind of file the service takes. */
#ifndef TESTS_UNIT_PHOTO_MAKE_H
#define TESTS_UNIT_PHOTO_MAKE_H

#include <jpeglib.h>
#include <libheif/heif.h>
#include <png.h>
#include <webp/encode.h>

#include "qrsvc/base/arena.h"
#include "qrsvc/base/sbuf.h"

/* Red, green, blue, white quarters; r, g, b of 0..255. */
static inline void make_pixel(int w, int h, int x, int y, uint8_t *ret_rgb)
{
	static const uint8_t c[4][3] = {
		{220, 30, 30}, {30, 200, 30}, {30, 30, 220}, {240, 240, 240}};
	int t = (x * 7 + y * 13) % 11 - 5;

	for (int i = 0; i < 3; i++)
		ret_rgb[i] = (uint8_t)(c[(y * 2 >= h) * 2 + (x * 2 >= w)][i] + t);
}

static const double make_p3[3][3] = {
	{0.5151, 0.2412, -0.0011}, {0.2919, 0.6922, 0.0419}, {0.1572, 0.0666, 0.7841}};
static const double make_srgb[3][3] = {
	{0.4361, 0.2225, 0.0139}, {0.3851, 0.7169, 0.0971}, {0.1431, 0.0606, 0.7141}};

/* A profile of three primaries and one curve, as phones embed it. */
static inline size_t make_profile(unsigned char *p, const double xyz[3][3], double gamma)
{
	static const char *const names[] = {"rXYZ", "gXYZ", "bXYZ", "rTRC", "gTRC", "bTRC"};

	memset(p, 0, 512);
	/* What libpng insists on: length, version, class, the D50 illuminant. */
	memcpy(p, "\0\0\x01\x80", 4);
	p[8] = 2;
	memcpy(p + 12, "mntrRGB XYZ ", 12);
	memcpy(p + 36, "acsp", 4);
	memcpy(p + 68, "\0\0\xf6\xd6\0\x01\0\0\0\0\xd3\x2d", 12);
	p[131] = 6;
	for (int i = 0; i < 6; i++) {
		unsigned char *row = p + 132 + 12 * i, *tag = p + 240 + 24 * i;

		memcpy(row, names[i], 4);
		row[6] = (unsigned char)((240 + 24 * i) >> 8);
		row[7] = (unsigned char)(240 + 24 * i);
		row[11] = 20;
		memcpy(tag, i < 3 ? "XYZ " : "curv", 4);
		if (i >= 3) {
			tag[11] = 1;
			tag[12] = (unsigned char)gamma;
			tag[13] = (unsigned char)((gamma - tag[12]) * 256);
			continue;
		}
		for (int k = 0; k < 3; k++) {
			int v = (int)(xyz[i][k] * 65536);

			for (int b = 0; b < 4; b++)
				tag[8 + 4 * k + b] = (unsigned char)(v >> (24 - 8 * b));
		}
	}
	return 384;
}

enum { MAKE_420, MAKE_444, MAKE_422, MAKE_GRAY, MAKE_RGB, MAKE_CMYK };

struct make_jpeg {
	int w, h, kind;
	bool progressive, arithmetic;
	int restart;	     /* interval in MCUs */
	struct str app1;     /* content of an APP1, or STR_NONE */
	struct str icc;	     /* a profile, likewise */
	const uint8_t *flat; /* one colour instead of four */
};

/* The bytes are malloc'ed. */
static inline struct str make_jpeg(const struct make_jpeg *m)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	unsigned char *out = NULL;
	unsigned long n = 0;
	uint8_t *row = xmalloc((size_t)m->w * 4);
	int comps = m->kind == MAKE_GRAY ? 1 : m->kind == MAKE_CMYK ? 4 : 3;

	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_mem_dest(&c, &out, &n);
	c.image_width = (JDIMENSION)m->w;
	c.image_height = (JDIMENSION)m->h;
	c.input_components = comps;
	c.in_color_space = comps == 1 ? JCS_GRAYSCALE : comps == 4 ? JCS_CMYK : JCS_RGB;
	jpeg_set_defaults(&c);
	if (m->kind == MAKE_RGB)
		jpeg_set_colorspace(&c, JCS_RGB);
	if (m->kind == MAKE_444)
		c.comp_info[0].h_samp_factor = c.comp_info[0].v_samp_factor = 1;
	if (m->kind == MAKE_422)
		c.comp_info[0].v_samp_factor = 1;
	jpeg_set_quality(&c, 90, TRUE);
	if (m->progressive)
		jpeg_simple_progression(&c);
	c.arith_code = m->arithmetic;
	c.restart_interval = (unsigned)m->restart;
	jpeg_start_compress(&c, TRUE);
	if (m->app1.p)
		jpeg_write_marker(
			&c, JPEG_APP0 + 1, (const JOCTET *)m->app1.p, (unsigned)m->app1.n);
	if (m->icc.p)
		jpeg_write_icc_profile(&c, (const JOCTET *)m->icc.p, (unsigned)m->icc.n);
	while (c.next_scanline < c.image_height) {
		for (int x = 0; x < m->w; x++) {
			uint8_t p[3];

			make_pixel(m->w, m->h, x, (int)c.next_scanline, p);
			if (m->flat)
				memcpy(p, m->flat, 3);
			if (comps == 1)
				row[x] = (uint8_t)((299 * p[0] + 587 * p[1] + 114 * p[2]) /
						   1000);
			else if (comps == 3)
				memcpy(row + 3 * x, p, 3);
			else /* as Adobe writes them: 255 = no ink */
				memcpy(row + 4 * x, (uint8_t[]){p[0], p[1], p[2], 255}, 4);
		}
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	return (struct str){(char *)out, n};
}

static inline void make_png_write(png_structp png, png_bytep p, size_t n)
{
	sbuf_add(png_get_io_ptr(png), p, n);
}

static inline void make_png_flush(png_structp png)
{
	(void)png;
}

/* One row as the type wants it. */
static inline void make_png_row(uint8_t *row, int w, int h, int y, int type, int depth)
{
	for (int x = 0; x < w; x++) {
		uint8_t p[3];
		int n = 0, at = 0;
		uint8_t v[4];

		make_pixel(w, h, x, y, p);
		if (type == PNG_COLOR_TYPE_PALETTE) {
			row[x] = (uint8_t)((y * 2 >= h) * 2 + (x * 2 >= w));
			continue;
		}
		if (type & PNG_COLOR_MASK_COLOR)
			for (; n < 3; n++)
				v[n] = p[n];
		else
			v[n++] = (uint8_t)((299 * p[0] + 587 * p[1] + 114 * p[2]) / 1000);
		if (type & PNG_COLOR_MASK_ALPHA)
			v[n++] = (uint8_t)(x < w / 8 ? 0 : 255);
		for (at = 0; at < n; at++)
			if (depth == 16) {
				row[(x * n + at) * 2] = v[at];
				row[(x * n + at) * 2 + 1] = v[at];
			} else {
				row[x * n + at] = v[at];
			}
	}
}

static inline struct str make_png(int w, int h, int type, int depth, bool interlaced)
{
	struct sbuf b;
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	uint8_t *row = xmalloc((size_t)w * 8);
	static const png_color palette[4] = {
		{220, 30, 30}, {30, 200, 30}, {30, 30, 220}, {240, 240, 240}};
	int passes;
	size_t n;

	sbuf_init(&b, 64u * 1024 * 1024);
	png_set_write_fn(png, &b, make_png_write, make_png_flush);
	png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, depth, type,
		interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, 0, 0);
	if (type == PNG_COLOR_TYPE_PALETTE)
		png_set_PLTE(png, info, palette, 4);
	png_write_info(png, info);
	passes = png_set_interlace_handling(png);
	for (int pass = 0; pass < passes; pass++)
		for (int y = 0; y < h; y++) {
			make_png_row(row, w, h, y, type, depth);
			png_write_row(png, row);
		}
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
	n = b.n;
	return (struct str){sbuf_take(&b, &n), n};
}

/* One colour, with a profile or EXIF (from the TIFF header on). */
static inline struct str make_png_with(
	int w, int h, const uint8_t rgb[3], struct str icc, struct str exif)
{
	struct sbuf b;
	png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	uint8_t *row = xmalloc((size_t)w * 3);
	size_t n;

	for (int x = 0; x < w; x++)
		memcpy(row + 3 * x, rgb, 3);
	sbuf_init(&b, 1024 * 1024);
	png_set_write_fn(png, &b, make_png_write, make_png_flush);
	png_set_benign_errors(png, 1);
	png_set_IHDR(png, info, (png_uint_32)w, (png_uint_32)h, 8, PNG_COLOR_TYPE_RGB, 0, 0, 0);
	if (icc.p)
		png_set_iCCP(png, info, "p3", 0, (png_const_bytep)icc.p, (png_uint_32)icc.n);
	if (exif.p)
		png_set_eXIf_1(png, info, (png_uint_32)exif.n, (png_bytep)(uintptr_t)exif.p);
	png_write_info(png, info);
	for (int y = 0; y < h; y++)
		png_write_row(png, row);
	png_write_end(png, NULL);
	png_destroy_write_struct(&png, &info);
	free(row);
	n = b.n;
	return (struct str){sbuf_take(&b, &n), n};
}

static inline uint8_t *make_rgb(int w, int h)
{
	uint8_t *rgb = xmalloc((size_t)w * (size_t)h * 3);

	for (int y = 0; y < h; y++)
		for (int x = 0; x < w; x++)
			make_pixel(w, h, x, y, rgb + ((size_t)y * (size_t)w + (size_t)x) * 3);
	return rgb;
}

static inline struct str make_webp(int w, int h, bool lossless)
{
	uint8_t *rgb = make_rgb(w, h), *out = NULL, *copy;
	size_t n = lossless ? WebPEncodeLosslessRGB(rgb, w, h, w * 3, &out)
			    : WebPEncodeRGB(rgb, w, h, w * 3, 90, &out);

	free(rgb);
	copy = xmalloc(n);
	memcpy(copy, out, n);
	WebPFree(out);
	return (struct str){(char *)copy, n};
}

static inline void make_le(struct sbuf *b, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		sbuf_byte(b, (char)(v >> 8 * i));
}

/* An animation of one lossy picture at 20, 10 of a larger canvas, twice. */
static inline struct str make_webp_animation(int w, int h)
{
	struct str frame = make_webp(w, h, false);
	struct str chunk = str_sub(frame, 12, frame.n); /* "VP8 " and its size */
	struct sbuf b;
	size_t n;

	sbuf_init(&b, 64u * 1024 * 1024);
	sbuf_puts(&b, "RIFF");
	make_le(&b, (uint32_t)(4 + 18 + 14 + 2 * (24 + chunk.n)), 4);
	sbuf_puts(&b, "WEBPVP8X");
	make_le(&b, 10, 4);
	make_le(&b, 2, 4); /* animation */
	make_le(&b, (uint32_t)(w + 40 - 1), 3);
	make_le(&b, (uint32_t)(h + 20 - 1), 3);
	sbuf_puts(&b, "ANIM");
	make_le(&b, 6, 4);
	make_le(&b, 0xffffffff, 4);
	make_le(&b, 0, 2);
	for (int i = 0; i < 2; i++) {
		sbuf_puts(&b, "ANMF");
		make_le(&b, (uint32_t)(16 + chunk.n), 4);
		make_le(&b, 10, 3);
		make_le(&b, 5, 3);
		make_le(&b, (uint32_t)(w - 1), 3);
		make_le(&b, (uint32_t)(h - 1), 3);
		make_le(&b, 100, 3);
		make_le(&b, 0, 1);
		sbuf_str(&b, chunk);
	}
	free((void *)(uintptr_t)frame.p);
	n = b.n;
	return (struct str){sbuf_take(&b, &n), n};
}

static inline struct heif_error make_heif_write(
	struct heif_context *ctx, const void *p, size_t n, void *arg)
{
	(void)ctx;
	sbuf_add(arg, p, n);
	return (struct heif_error){heif_error_Ok, heif_suberror_Unspecified, "ok"};
}

/* STR_NONE when this machine's libheif has no HEVC encoder. */
static inline struct str make_heic(int w, int h)
{
	struct heif_context *ctx = heif_context_alloc();
	struct heif_encoder *enc = NULL;
	struct heif_image *img = NULL;
	struct heif_writer writer = {1, make_heif_write};
	uint8_t *rgb, *p;
	struct sbuf b;
	int stride;
	size_t n;

	if (heif_context_get_encoder_for_format(ctx, heif_compression_HEVC, &enc).code) {
		heif_context_free(ctx);
		return STR_NONE;
	}
	heif_image_create(w, h, heif_colorspace_RGB, heif_chroma_interleaved_RGB, &img);
	heif_image_add_plane(img, heif_channel_interleaved, w, h, 8);
	p = heif_image_get_plane(img, heif_channel_interleaved, &stride);
	rgb = make_rgb(w, h);
	for (int y = 0; y < h; y++)
		memcpy(p + (size_t)y * (size_t)stride, rgb + (size_t)y * (size_t)w * 3,
			(size_t)w * 3);
	free(rgb);
	heif_encoder_set_lossy_quality(enc, 80);
	heif_context_encode_image(ctx, img, enc, NULL, NULL);
	sbuf_init(&b, 16u * 1024 * 1024);
	heif_context_write(ctx, &writer, &b);
	heif_image_release(img);
	heif_encoder_release(enc);
	heif_context_free(ctx);
	n = b.n;
	return (struct str){sbuf_take(&b, &n), n};
}

#endif
