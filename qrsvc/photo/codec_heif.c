/* Owns libheif.  Takes HEVC pictures only: the AV1 decoders it may load are never reached.
 * Called by photod.c (start) and by decoder.c in the jail. */
#include "qrsvc/photo/codec.h"

#include <libheif/heif.h>

#include "qrsvc/base/limits.h"

void codec_heif_start(void)
{
	heif_context_free(heif_context_alloc());
}

static void heif_check(struct heif_error e)
{
	if (e.code == heif_error_Ok)
		return;
	refuse(e.code == heif_error_Memory_allocation_error ? PHOTO_WHY_COSTLY
							    : PHOTO_WHY_DAMAGED,
		"HEIC: %s", e.message);
}

static void heif_notes(const struct heif_image_handle *handle, struct codec_head *h)
{
	heif_item_id id;
	size_t n;

	exif_read(STR_NONE, &h->exif);
	if (heif_image_handle_get_list_of_metadata_block_IDs(handle, "Exif", &id, 1) == 1) {
		n = heif_image_handle_get_metadata_size(handle, id);
		if (n > 4 && n < MIB) {
			char *p = decoder_alloc(n, 1);
			size_t skip;

			/* A 4-byte offset to the TIFF header comes first (ISO/IEC 23008-12
			 * A.2.1).
			 */
			heif_check(heif_image_handle_get_metadata(handle, id, p));
			skip = 4 + ((size_t)(unsigned char)p[2] << 8 | (unsigned char)p[3]);
			if (p[0] == 0 && p[1] == 0 && skip < n)
				exif_read((struct str){p + skip, n - skip}, &h->exif);
			free(p);
		}
	}
	/* The file's own irot and imir were applied by libheif; EXIF repeats them. */
	h->exif.orientation = 1;
	n = heif_image_handle_get_raw_color_profile_size(handle);
	if (n > 0 && n < 4 * MIB) {
		char *p = decoder_alloc(n, 1);

		heif_check(heif_image_handle_get_raw_color_profile(handle, p));
		h->icc = (struct str){p, n};
	}
}

/* A brand may lie, so the items are looked at: the meta box must name HEVC pictures and no AV1
 * ones, whose decoders are other, larger libraries. */
static bool heif_hevc_only(struct str s)
{
	for (size_t at = 0; at + 8 <= s.n;) {
		const unsigned char *b = (const unsigned char *)s.p + at;
		size_t n = (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];

		if (n < 8 || n > s.n - at)
			return false;
		if (memcmp(b + 4, "meta", 4) == 0) {
			struct str meta = str_sub(s, at, at + n);

			return str_find(meta, STR("hvc1")) >= 0 &&
			       str_find(meta, STR("av01")) < 0;
		}
		at += n;
	}
	return false;
}

static void heif_rows(const struct heif_image *img, struct picture *p, bool alpha)
{
	int stride, w, h;
	const uint8_t *rgb =
		heif_image_get_plane_readonly(img, heif_channel_interleaved, &stride);

	w = heif_image_get_width(img, heif_channel_interleaved);
	h = heif_image_get_height(img, heif_channel_interleaved);
	if (!rgb || w < 1 || h < 1)
		refuse(PHOTO_WHY_DAMAGED, "HEIC: no picture");
	decoder_check_size((uint64_t)w, (uint64_t)h);
	picture_begin_rgb(p, w, h, 1, PHOTO_LONG_SIDE);
	for (int y = 0; y < h; y++)
		if (alpha)
			picture_row_rgba(p, rgb + (size_t)y * (size_t)stride);
		else
			picture_row_rgb(p, rgb + (size_t)y * (size_t)stride, 3);
}

void codec_heif_read(const struct source *in, struct picture *p, struct codec_head *h)
{
	struct str all = source_all(in, 0);
	struct heif_context *ctx = heif_context_alloc();
	struct heif_image_handle *handle;
	struct heif_image *img;
	bool alpha;
	int w, height;

	if (!heif_hevc_only(all))
		refuse(PHOTO_WHY_TYPE, "no HEVC picture in it");
	if (!ctx)
		refuse(PHOTO_WHY_COSTLY, "no memory");
	heif_context_set_max_decoding_threads(ctx, 0); /* tiles one after another */
	heif_context_set_maximum_image_size_limit(ctx, (int)LIMIT_PHOTO_SIDE);
	heif_check(heif_context_read_from_memory_without_copy(ctx, all.p, all.n, NULL));
	heif_check(heif_context_get_primary_image_handle(ctx, &handle));
	w = heif_image_handle_get_width(handle);
	height = heif_image_handle_get_height(handle);
	if (w < 1 || height < 1)
		refuse(PHOTO_WHY_DAMAGED, "HEIC: bad size");
	decoder_check_size((uint64_t)w, (uint64_t)height);
	heif_notes(handle, h);
	alpha = heif_image_handle_has_alpha_channel(handle);
	heif_check(heif_decode_image(handle, &img, heif_colorspace_RGB,
		alpha ? heif_chroma_interleaved_RGBA : heif_chroma_interleaved_RGB, NULL));
	heif_rows(img, p, alpha);
	/* Freeing is left to the end of the process. */
}
