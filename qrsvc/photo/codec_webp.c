/* Owns libwebp.  Called by decoder.c in the jail. */
#include "qrsvc/photo/codec.h"

#include <webp/decode.h>
#include <webp/demux.h>

static void webp_notes(WebPDemuxer *dmx, struct codec_head *h)
{
	WebPChunkIterator it;

	exif_read(STR_NONE, &h->exif);
	if (WebPDemuxGetChunk(dmx, "EXIF", 1, &it))
		exif_read((struct str){(const char *)it.chunk.bytes, it.chunk.size}, &h->exif);
	if (WebPDemuxGetChunk(dmx, "ICCP", 1, &it))
		h->icc = (struct str){(const char *)it.chunk.bytes, it.chunk.size};
}

/* The first frame, w x h at x, y of a canvas that is white elsewhere. */
static void webp_rows(const WebPIterator *frame, struct picture *p, int canvas_w, int canvas_h)
{
	int w, h, x = frame->x_offset, y = frame->y_offset;
	uint8_t *rgba = WebPDecodeRGBA(frame->fragment.bytes, frame->fragment.size, &w, &h);
	uint8_t *row = decoder_alloc((size_t)canvas_w, 4);

	if (!rgba || w != frame->width || h != frame->height)
		refuse(PHOTO_WHY_DAMAGED, "WebP: cannot be decoded");
	for (int i = 0; i < canvas_h; i++) {
		memset(row, 255, (size_t)canvas_w * 4);
		if (i >= y && i < y + h)
			memcpy(row + (size_t)x * 4, rgba + (size_t)(i - y) * (size_t)w * 4,
				(size_t)w * 4);
		picture_row_rgba(p, row);
	}
	WebPFree(rgba);
	free(row);
}

void codec_webp_read(const struct source *in, struct picture *p, struct codec_head *h)
{
	struct str all = source_all(in, 0);
	WebPData data = {(const uint8_t *)all.p, all.n};
	WebPDemuxer *dmx;
	WebPIterator frame;
	int w, height;

	/* The header's own words first; WebPDemux refuses a file that ends before its parts. */
	if (!WebPGetInfo(data.bytes, data.size, &w, &height))
		refuse(PHOTO_WHY_DAMAGED, "WebP: bad header");
	decoder_check_size((uint64_t)w, (uint64_t)height);
	dmx = WebPDemux(&data);
	if (!dmx)
		refuse(PHOTO_WHY_DAMAGED, "WebP: truncated or malformed");
	w = (int)WebPDemuxGetI(dmx, WEBP_FF_CANVAS_WIDTH);
	height = (int)WebPDemuxGetI(dmx, WEBP_FF_CANVAS_HEIGHT);
	decoder_check_size((uint64_t)w, (uint64_t)height);
	if (!WebPDemuxGetFrame(dmx, 1, &frame) || frame.x_offset < 0 || frame.y_offset < 0 ||
		frame.width > w - frame.x_offset || frame.height > height - frame.y_offset)
		refuse(PHOTO_WHY_DAMAGED, "WebP: bad frame");
	webp_notes(dmx, h);
	picture_begin_rgb(p, w, height, h->exif.orientation, PHOTO_LONG_SIDE);
	webp_rows(&frame, p, w, height);
	WebPDemuxDelete(dmx);
}
