/* Owns libpng.  Reads rows as they come; holds the picture only when it is interlaced.  Called
 * by decoder.c in the jail. */
#include "qrsvc/photo/codec.h"

#include <png.h>

#include "qrsvc/base/limits.h"

struct reader {
	const struct source *in;
	uint64_t at;
};

static void png_failed(png_structp png, png_const_charp text)
{
	(void)png;
	refuse(strstr(text, "memory") ? PHOTO_WHY_COSTLY : PHOTO_WHY_DAMAGED, "%s", text);
}

static void png_note(png_structp png, png_const_charp text)
{
	(void)png;
	(void)text;
}

static void png_more(png_structp png, png_bytep p, png_size_t n)
{
	struct reader *r = png_get_io_ptr(png);

	while (n) {
		size_t got = source_read(r->in, r->at, p, n);

		if (got == 0)
			refuse(PHOTO_WHY_DAMAGED, "ends too early");
		r->at += got;
		p += got;
		n -= got;
	}
}

/* Everything as 8-bit RGB or RGBA. */
static void png_normalise(png_structp png)
{
	png_set_expand(png); /* palette, fewer than 8 bits, tRNS */
	png_set_scale_16(png);
	png_set_gray_to_rgb(png);
}

static void png_notes(png_structp png, png_infop info, struct codec_head *h)
{
	png_bytep p;
	png_uint_32 n;
	png_charp name;
	int method;

	exif_read(STR_NONE, &h->exif);
	if (png_get_eXIf_1(png, info, &n, &p))
		exif_read((struct str){(char *)p, n}, &h->exif);
	if (png_get_iCCP(png, info, &name, &method, &p, &n)) {
		char *icc = decoder_alloc(n, 1); /* libpng's own goes with the reader */

		memcpy(icc, p, n);
		h->icc = (struct str){icc, n};
	}
}

/* Chunks nobody asks for are skipped unread: libpng would make room for the size they claim,
 * 2 GiB if they say so (its own limit is only a warning). */
static void png_skip_chunks(png_structp png)
{
	static const png_byte names[] = "tEXt\0zTXt\0iTXt\0sPLT\0sCAL\0pCAL\0hIST\0oFFs\0pHYs\0"
					"sBIT\0tIME\0bKGD\0cHRM\0gAMA";

	png_set_keep_unknown_chunks(
		png, PNG_HANDLE_CHUNK_NEVER, names, (int)(sizeof names / 5));
}

static void png_rows(png_structp png, struct picture *p, png_uint_32 w, png_uint_32 h,
	bool alpha, bool interlaced)
{
	size_t stride = (size_t)w * (alpha ? 4 : 3);
	png_bytep all = decoder_alloc(interlaced ? h : 1, stride);

	if (interlaced)
		for (int pass = 0; pass < 7; pass++)
			for (png_uint_32 y = 0; y < h; y++)
				png_read_row(png, all + y * stride, NULL);
	for (png_uint_32 y = 0; y < h; y++) {
		png_bytep row = interlaced ? all + y * stride : all;

		if (!interlaced)
			png_read_row(png, row, NULL);
		if (alpha)
			picture_row_rgba(p, row);
		else
			picture_row_rgb(p, row, 3);
	}
	free(all);
}

void codec_png_read(const struct source *in, struct picture *p, struct codec_head *h)
{
	struct reader r = {in, 0};
	png_structp png =
		png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, png_failed, png_note);
	png_infop info = png ? png_create_info_struct(png) : NULL;
	png_uint_32 w, height;
	bool alpha, interlaced;

	if (!info)
		refuse(PHOTO_WHY_COSTLY, "no memory");
	png_set_read_fn(png, &r, png_more);
	png_set_user_limits(png, LIMIT_PHOTO_SIDE, LIMIT_PHOTO_SIDE);
	png_set_chunk_malloc_max(png, 4 * MIB); /* a profile or EXIF block that unpacks */
	png_set_chunk_cache_max(png, 128);
	png_skip_chunks(png);
	/* libpng would say "invalid IHDR" of what is merely too large. */
	{
		unsigned char b[8];

		if (source_read(in, 16, b, 8) == 8)
			decoder_check_size(png_get_uint_32(b), png_get_uint_32(b + 4));
	}
	png_read_info(png, info);
	w = png_get_image_width(png, info);
	height = png_get_image_height(png, info);
	decoder_check_size(w, height);
	png_notes(png, info, h);
	png_normalise(png);
	interlaced = png_get_interlace_type(png, info) != PNG_INTERLACE_NONE;
	png_set_interlace_handling(png);
	png_read_update_info(png, info);
	alpha = png_get_channels(png, info) == 4;
	picture_begin_rgb(p, (int)w, (int)height, h->exif.orientation, PHOTO_LONG_SIDE);
	png_rows(png, p, w, height, alpha, interlaced);
	png_destroy_read_struct(&png, &info, NULL);
}
