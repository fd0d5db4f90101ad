/* Owns pictures in a file: JPEG as it came, since the format is one of PDF's own (ISO 32000-1
 * 7.4.8, DCTDecode).  Never decodes one, never chooses places.  Called by whoever draws pages
 * with photos (qrsvc/notice). */
#include "labels/pdf.h"
#include "qrsvc/base/arena.h"

static unsigned be16(const char *p)
{
	return (unsigned)(unsigned char)p[0] << 8 | (unsigned char)p[1];
}

/* Start of frame: baseline and progressive; C4, C8 and CC are other things (ITU T.81 B.1.1.3).
 */
static bool is_frame(unsigned marker)
{
	return marker >= 0xc0 && marker <= 0xc2;
}

bool pdf_jpeg(struct str bytes, struct pdf_jpeg *ret_)
{
	size_t at = 2;

	if (bytes.n < 4 || be16(bytes.p) != 0xffd8)
		return false;
	while (at + 4 <= bytes.n) {
		unsigned marker = (unsigned char)bytes.p[at + 1];
		size_t len;

		if ((unsigned char)bytes.p[at] != 0xff)
			return false;
		if (marker == 0xff) { /* fill bytes */
			at++;
			continue;
		}
		len = be16(bytes.p + at + 2);
		if (len < 2 || at + 2 + len > bytes.n || marker == 0xda)
			return false;
		if (is_frame(marker)) {
			const char *f = bytes.p + at + 4;

			if (len < 8 || f[0] != 8)
				return false;
			*ret_ = (struct pdf_jpeg){
				be16(f + 3), be16(f + 1), (unsigned char)f[5]};
			return ret_->w > 0 && ret_->h > 0 &&
			       (ret_->components == 1 || ret_->components == 3);
		}
		at += 2 + len;
	}
	return false;
}

uint32_t pdf_image(struct pdf *d, struct str bytes, const struct pdf_jpeg *j)
{
	uint32_t object = pdf_reserve(d);

	if (d->images == d->capimages) {
		d->capimages = d->capimages * 2 + 16;
		d->image = xrealloc(d->image, d->capimages * sizeof *d->image);
	}
	d->image[d->images] = object;
	pdf_begin(d, object);
	pdf_fmt(d,
		"<</Type/XObject/Subtype/Image/Width %u/Height %u/ColorSpace/%s"
		"/BitsPerComponent 8/Filter/DCTDecode/Length %zu>>\nstream\n",
		j->w, j->h, j->components == 1 ? "DeviceGray" : "DeviceRGB", bytes.n);
	pdf_put(d, bytes.p, bytes.n);
	pdf_fmt(d, "\nendstream\nendobj\n");
	return d->images++;
}
