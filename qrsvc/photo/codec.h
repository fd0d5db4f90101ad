/* codec: the doors to the image libraries, one file each.  Only code in the jail calls them.
 *
 * A reader looks at the header first, calls decoder_check_size() before it allocates anything
 * by size, then picture_begin(), gives the rows and returns; whatever is wrong with the file
 * ends in refuse().
 *   codec_jpeg.c   libjpeg-turbo: rows stay in the file's own Y Cb Cr planes (no conversion, no
 *                  upsampling), the inverse DCT already halves what is more than twice too
 * large; gray; RGB; CMYK and YCCK by their plain formula (their profile is ignored) codec_png.c
 * libpng: any depth, palette, gray, alpha over white, interlaced codec_webp.c   libwebp: lossy,
 * lossless, alpha over white, first frame of an animation codec_heif.c   libheif + libde265:
 * the primary picture of a HEIC file, its own rotation applied (then EXIF orientation says
 * nothing); AV1 is not taken */
#ifndef QR_PHOTO_CODEC_H
#define QR_PHOTO_CODEC_H

#include "qrsvc/photo/decoder.h"
#include "qrsvc/photo/decoder_exif.h"
#include "qrsvc/photo/decoder_picture.h"

/* What a reader found beside the pixels. */
struct codec_head {
	struct exif exif;
	struct str icc; /* profile, or STR_NONE */
};

void codec_jpeg_read(const struct source *in, struct picture *p, struct codec_head *h);
void codec_png_read(const struct source *in, struct picture *p, struct codec_head *h);
void codec_webp_read(const struct source *in, struct picture *p, struct codec_head *h);
void codec_heif_read(const struct source *in, struct picture *p, struct codec_head *h);

/* Loads what the HEIC library would load later; once, before the jail. */
void codec_heif_start(void);

/* Baseline JPEG, 4:2:0 or gray, Huffman tables made for this picture, JFIF header and nothing
 * else, to descriptor fd. */
void codec_jpeg_write(int fd, const struct raster *r, int quality);

#endif
