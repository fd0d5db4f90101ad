/* Owns libjpeg's reading side.  Never converts colours it need not convert, never allocates by
 * what the header says before decoder_check_size().  Called by decoder.c in the jail. */
#include "qrsvc/photo/codec.h"

#include <jpeglib.h>
#include <jerror.h>

#include "qrsvc/base/limits.h"

/* A progressive file may have any number of scans, each costing a pass over the whole picture
 * (libjpeg-turbo advisory of 2015: "two issues with the JPEG standard"); cameras write about
 * 10. */
#define SCANS_MAX 64

struct reader {
	struct jpeg_source_mgr mgr;
	const struct source *in;
	uint64_t at;
	JOCTET buf[64 * KIB];
};

static void jpeg_failed(j_common_ptr c)
{
	char text[JMSG_LENGTH_MAX];

	c->err->format_message(c, text);
	refuse(c->err->msg_code == JERR_OUT_OF_MEMORY ? PHOTO_WHY_COSTLY : PHOTO_WHY_DAMAGED,
		"%s", text);
}

/* libjpeg mends damage and goes on with a warning.  A record must not show half a photo, so
 * what changes pixels is refused; what is merely untidy is let pass. */
static void jpeg_message(j_common_ptr c, int level)
{
	if (level >= 0)
		return;
	switch (c->err->msg_code) {
	case JWRN_JPEG_EOF:
	case JWRN_HIT_MARKER:
	case JWRN_HUFF_BAD_CODE:
	case JWRN_ARITH_BAD_CODE:
	case JWRN_MUST_RESYNC:
		jpeg_failed(c);
	default:
		break;
	}
}

static void jpeg_progress(j_common_ptr c)
{
	if (c->is_decompressor && ((j_decompress_ptr)c)->input_scan_number > SCANS_MAX)
		refuse(PHOTO_WHY_COSTLY, "more than %d scans", SCANS_MAX);
}

static void src_none(j_decompress_ptr d)
{
	(void)d;
}

static boolean src_fill(j_decompress_ptr d)
{
	struct reader *r = (struct reader *)(void *)d->src;
	size_t n = source_read(r->in, r->at, r->buf, sizeof r->buf);

	if (n == 0)
		refuse(PHOTO_WHY_DAMAGED, "ends too early");
	r->at += n;
	r->mgr.next_input_byte = r->buf;
	r->mgr.bytes_in_buffer = n;
	return TRUE;
}

static void src_skip(j_decompress_ptr d, long n)
{
	struct reader *r = (struct reader *)(void *)d->src;

	if (n <= 0)
		return;
	if ((size_t)n <= r->mgr.bytes_in_buffer) {
		r->mgr.next_input_byte += n;
		r->mgr.bytes_in_buffer -= (size_t)n;
		return;
	}
	r->at += (size_t)n - r->mgr.bytes_in_buffer;
	r->mgr.bytes_in_buffer = 0;
}

/* The EXIF block and the profile, from the markers that were kept. */
static void jpeg_markers(j_decompress_ptr d, struct codec_head *h)
{
	JOCTET *icc;
	unsigned int n;

	exif_read(STR_NONE, &h->exif);
	for (jpeg_saved_marker_ptr m = d->marker_list; m; m = m->next)
		if (m->marker == JPEG_APP0 + 1 && m->data_length > 6 &&
			memcmp(m->data, "Exif\0", 5) == 0) {
			exif_read((struct str){(char *)m->data, m->data_length}, &h->exif);
			break;
		}
	if (jpeg_read_icc_profile(d, &icc, &n))
		h->icc = (struct str){(char *)icc, n};
}

/* The smallest of 1/8, 1/4, 1/2, 1 (those with fast code) that is still large enough. */
static unsigned dct_eighths(j_decompress_ptr d, unsigned long_side)
{
	unsigned most = d->image_width > d->image_height ? d->image_width : d->image_height;

	for (unsigned n = 1; n < 8; n *= 2)
		if (most * n / 8 >= long_side)
			return n;
	return 8;
}

/* Rows as RGB or CMYK: what has no Y Cb Cr planes. */
static void jpeg_read_rows(j_decompress_ptr d, struct picture *p, int orientation)
{
	bool four = d->num_components == 4;
	JSAMPLE *row;

	if (d->num_components != 3 && !four)
		refuse(PHOTO_WHY_DAMAGED, "%d components", d->num_components);
	d->out_color_space = four ? JCS_CMYK : JCS_RGB;
	jpeg_start_decompress(d);
	row = decoder_alloc(d->output_width, (size_t)d->output_components);
	picture_begin_rgb(
		p, (int)d->output_width, (int)d->output_height, orientation, PHOTO_LONG_SIDE);
	while (d->output_scanline < d->output_height) {
		jpeg_read_scanlines(d, &row, 1);
		if (four)
			picture_row_cmyk(p, row, d->saw_Adobe_marker);
		else
			picture_row_rgb(p, row, 3);
	}
	free(row);
}

static void planes_form(j_decompress_ptr d, int orientation, struct picture_form *ret_)
{
	*ret_ = (struct picture_form){
		.w = (int)d->image_width,
		.h = (int)d->image_height,
		.planes = d->num_components,
		.scale = d->scale_num / (double)d->scale_denom,
		.orientation = orientation,
	};
	for (int i = 0; i < d->num_components; i++) {
		const jpeg_component_info *c = &d->comp_info[i];

		ret_->plane[i].w = (int)c->downsampled_width;
		ret_->plane[i].h = (int)c->downsampled_height;
		ret_->plane[i].sub_x = (double)(d->max_h_samp_factor * d->min_DCT_scaled_size) /
				       (c->h_samp_factor * c->DCT_scaled_size);
		ret_->plane[i].sub_y = (double)(d->max_v_samp_factor * d->min_DCT_scaled_size) /
				       (c->v_samp_factor * c->DCT_scaled_size);
	}
}

/* Planes as they are in the file. */
static void jpeg_read_planes(j_decompress_ptr d, struct picture *p, int orientation)
{
	JSAMPROW rows[3][4 * DCTSIZE];
	JSAMPARRAY planes[3] = {rows[0], rows[1], rows[2]};
	struct picture_form form;
	int lines[3] = {0};

	d->raw_data_out = TRUE;
	d->do_fancy_upsampling = FALSE;
	jpeg_start_decompress(d);
	planes_form(d, orientation, &form);
	picture_begin(p, &form, PHOTO_LONG_SIDE);
	for (int i = 0; i < d->num_components; i++) {
		const jpeg_component_info *c = &d->comp_info[i];
		size_t stride = c->width_in_blocks * (size_t)c->DCT_scaled_size;

		lines[i] = c->v_samp_factor * c->DCT_scaled_size;
		rows[i][0] = decoder_alloc(stride, (size_t)lines[i]);
		for (int k = 1; k < lines[i]; k++)
			rows[i][k] = rows[i][0] + (size_t)k * stride;
	}
	while (d->output_scanline < d->output_height) {
		JDIMENSION most = (JDIMENSION)(d->max_v_samp_factor * d->min_DCT_scaled_size);

		jpeg_read_raw_data(d, planes, most);
		/* Rows below the picture's end are padding: scale_row() ignores them. */
		for (int i = 0; i < d->num_components; i++)
			for (int k = 0; k < lines[i]; k++)
				picture_row(p, i, rows[i][k]);
	}
	for (int i = 0; i < d->num_components; i++)
		free(rows[i][0]);
}

void codec_jpeg_read(const struct source *in, struct picture *p, struct codec_head *h)
{
	struct jpeg_decompress_struct d;
	struct jpeg_error_mgr err;
	struct jpeg_progress_mgr progress = {.progress_monitor = jpeg_progress};
	struct reader *r = decoder_alloc(1, sizeof *r);

	d.err = jpeg_std_error(&err);
	err.error_exit = jpeg_failed;
	err.emit_message = jpeg_message;
	jpeg_create_decompress(&d);
	r->mgr = (struct jpeg_source_mgr){
		.init_source = src_none,
		.fill_input_buffer = src_fill,
		.skip_input_data = src_skip,
		.resync_to_restart = jpeg_resync_to_restart,
		.term_source = src_none,
	};
	r->in = in;
	d.src = &r->mgr;
	d.progress = &progress;
	jpeg_save_markers(&d, JPEG_APP0 + 1, 0xFFFF);
	jpeg_save_markers(&d, JPEG_APP0 + 2, 0xFFFF);
	jpeg_read_header(&d, TRUE);
	decoder_check_size(d.image_width, d.image_height);
	jpeg_markers(&d, h);
	d.dct_method = JDCT_ISLOW;
	if (d.jpeg_color_space == JCS_YCbCr || d.jpeg_color_space == JCS_GRAYSCALE) {
		d.scale_num = dct_eighths(&d, PHOTO_LONG_SIDE);
		d.scale_denom = 8;
		jpeg_read_planes(&d, p, h->exif.orientation);
	} else {
		jpeg_read_rows(&d, p, h->exif.orientation);
	}
	/* Not jpeg_finish_decompress(): it would insist on what lies behind the picture (a
	 * phone may append a film). */
	jpeg_destroy_decompress(&d);
	free(r);
}
