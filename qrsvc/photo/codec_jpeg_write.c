/* Owns libjpeg's writing side.  Writes no APPn but JFIF's and no comment: a published photo
 * carries nothing but its pixels.  Called by decoder.c in the jail. */
#include <errno.h>
#include <unistd.h>

#include "qrsvc/photo/codec.h"

#include <jpeglib.h>

#include "qrsvc/base/limits.h"

struct writer {
	struct jpeg_destination_mgr mgr;
	int fd;
	JOCTET buf[32 * KIB];
};

static void write_failed(j_common_ptr c)
{
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	refuse(PHOTO_WHY_INTERNAL, "writing: %s", text);
}

static void writer_flush(struct writer *w, size_t n)
{
	const JOCTET *p = w->buf;

	while (n) {
		ssize_t done = write(w->fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			refuse(PHOTO_WHY_INTERNAL, "writing: %s", strerror(errno));
		p += done;
		n -= (size_t)done;
	}
}

static void writer_rewind(struct writer *w)
{
	w->mgr.next_output_byte = w->buf;
	w->mgr.free_in_buffer = sizeof w->buf;
}

static void dest_init(j_compress_ptr c)
{
	writer_rewind((struct writer *)(void *)c->dest);
}

static boolean dest_full(j_compress_ptr c)
{
	struct writer *w = (struct writer *)(void *)c->dest;

	writer_flush(w, sizeof w->buf);
	writer_rewind(w);
	return TRUE;
}

static void dest_end(j_compress_ptr c)
{
	struct writer *w = (struct writer *)(void *)c->dest;

	writer_flush(w, sizeof w->buf - w->mgr.free_in_buffer);
}

static void pad_rows(const struct raster *r)
{
	for (int i = 0; i < r->planes; i++)
		for (int y = 0; y < r->plane[i].h; y++) {
			uint8_t *row = r->plane[i].p + (size_t)y * (size_t)r->plane[i].stride;
			int w = r->plane[i].w;

			memset(row + w, row[w - 1], (size_t)(r->plane[i].stride - w));
		}
}

static void write_start(j_compress_ptr c, const struct raster *r, int quality)
{
	c->image_width = (JDIMENSION)r->w;
	c->image_height = (JDIMENSION)r->h;
	c->input_components = r->planes;
	c->in_color_space = r->planes == 1 ? JCS_GRAYSCALE : JCS_YCbCr;
	jpeg_set_defaults(c); /* 4:2:0 */
	jpeg_set_quality(c, quality, TRUE);
	c->dct_method = JDCT_ISLOW;
	c->optimize_coding = TRUE;
	c->raw_data_in = TRUE;
	jpeg_start_compress(c, TRUE);
}

void codec_jpeg_write(int fd, const struct raster *r, int quality)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	struct writer *w = decoder_alloc(1, sizeof *w);
	JSAMPROW rows[3][2 * DCTSIZE];
	JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};

	c.err = jpeg_std_error(&err);
	err.error_exit = write_failed;
	jpeg_create_compress(&c);
	w->mgr.init_destination = dest_init;
	w->mgr.empty_output_buffer = dest_full;
	w->mgr.term_destination = dest_end;
	w->fd = fd;
	c.dest = &w->mgr;
	pad_rows(r);
	write_start(&c, r, quality);
	while (c.next_scanline < c.image_height) {
		int lines = c.max_v_samp_factor * DCTSIZE;

		for (int i = 0; i < r->planes; i++) {
			int per = c.comp_info[i].v_samp_factor * DCTSIZE;
			int first = (int)c.next_scanline / lines * per;

			for (int k = 0; k < per; k++) {
				int y = first + k < r->plane[i].h ? first + k
								  : r->plane[i].h - 1;

				rows[i][k] =
					r->plane[i].p + (size_t)y * (size_t)r->plane[i].stride;
			}
		}
		jpeg_write_raw_data(&c, planes, (JDIMENSION)lines);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(w);
}
