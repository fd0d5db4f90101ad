/* Owns one job from its bytes to its answer.  Never opens anything: works on the descriptors
 * that photod.c put in place, inside the jail.  Called by photod.c in the forked child. */
#include "qrsvc/photo/decoder.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <unistd.h>

#include "qrsvc/base/limits.h"
#include "qrsvc/photo/codec.h"
#include "qrsvc/photo/decoder_icc.h"

/* Qualities: 320 px of a detailed photo ends near 12 KB (a page shows three, pages.md: 80 KB
 * with photos), 1280 px near 150 KB, 2048 px near 350 KB. */
static const int qualities[PHOTO_SIZES_N] = {80, 80, 72};
static const int long_sides[PHOTO_SIZES_N] = {PHOTO_LONG_SIDE, 1280, 320};

static void say(const struct photo_found *f)
{
	/* Less than PIPE_BUF: whole or not at all. */
	_Static_assert(sizeof *f <= 512, "one write to a pipe");
	(void)!write(DECODER_SAY, f, sizeof *f);
}

_Noreturn void refuse(enum photo_why why, const char *fmt, ...)
{
	struct photo_found f = {.why = why};
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f.say, sizeof f.say, fmt, ap);
	va_end(ap);
	say(&f);
	_exit(0);
}

void *decoder_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		refuse(PHOTO_WHY_COSTLY, "no memory for %zu times %zu", n, size);
	return p;
}

size_t source_read(const struct source *in, uint64_t at, void *p, size_t n)
{
	ssize_t got;

	if (at >= in->size)
		return 0;
	if (n > in->size - at)
		n = (size_t)(in->size - at);
	do
		got = pread(in->fd, p, n, (off_t)at);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		refuse(PHOTO_WHY_INTERNAL, "reading: %s", strerror(errno));
	return (size_t)got;
}

struct str source_all(const struct source *in, size_t pad)
{
	char *p = decoder_alloc(in->size + pad, 1);
	size_t n = 0, got;

	while ((got = source_read(in, n, p + n, in->size - n)) > 0)
		n += got;
	return (struct str){p, n};
}

/* HEIC: an ISO base media file whose brands name HEVC pictures (ISO/IEC 23008-12 10.2, B.4).
 * "mif1" alone says nothing of the codec. */
static bool heic(struct str s)
{
	static const char *const brands[] = {"heic", "heix", "heim", "heis"};
	size_t n;

	if (s.n < 16 || memcmp(s.p + 4, "ftyp", 4) != 0)
		return false;
	n = (size_t)(unsigned char)s.p[2] << 8 | (unsigned char)s.p[3];
	if (s.p[0] || s.p[1] || n < 16 || n > s.n)
		n = s.n;
	for (size_t at = 8; at + 4 <= n; at += at == 8 ? 8 : 4)
		for (size_t i = 0; i < 4; i++)
			if (memcmp(s.p + at, brands[i], 4) == 0)
				return true;
	return false;
}

enum photo_type decoder_sniff(struct str s)
{
	if (s.n >= 3 && memcmp(s.p, "\xff\xd8\xff", 3) == 0)
		return PHOTO_JPEG;
	if (s.n >= 8 && memcmp(s.p, "\x89PNG\r\n\x1a\n", 8) == 0)
		return PHOTO_PNG;
	if (s.n >= 16 && memcmp(s.p, "RIFF", 4) == 0 && memcmp(s.p + 8, "WEBPVP8", 7) == 0)
		return PHOTO_WEBP;
	if (heic(s))
		return PHOTO_HEIC;
	return PHOTO_NONE;
}

void decoder_check_size(uint64_t w, uint64_t h)
{
	if (w == 0 || h == 0)
		refuse(PHOTO_WHY_DAMAGED, "no pixels");
	if (w > LIMIT_PHOTO_SIDE || h > LIMIT_PHOTO_SIDE || w * h > LIMIT_PHOTO_PIXELS)
		refuse(PHOTO_WHY_PIXELS, "%llu x %llu pixels", (unsigned long long)w,
			(unsigned long long)h);
}

/* The three sizes, each made from the one before. */
static void write_sizes(struct raster *r, struct photo_found *f)
{
	for (int i = 0; i < PHOTO_SIZES_N; i++) {
		if (i) {
			struct raster small = raster_shrink(r, long_sides[i]);

			raster_release(r);
			*r = small;
		}
		codec_jpeg_write(DECODER_OUT + i, r, qualities[i]);
		f->vw[i] = (uint32_t)r->w;
		f->vh[i] = (uint32_t)r->h;
	}
	f->dhash = raster_dhash(r);
}

_Noreturn void decoder_run(uint64_t size, const struct photo_boxes *boxes)
{
	static void (*const readers[PHOTO_TYPES])(
		const struct source *, struct picture *, struct codec_head *) = {
		NULL, codec_jpeg_read, codec_png_read, codec_webp_read, codec_heif_read};
	struct source in = {DECODER_IN, size};
	struct photo_found f = {.why = PHOTO_WHY_OK};
	struct codec_head head = {0};
	struct picture p;
	struct raster r;
	struct icc *icc = decoder_alloc(1, sizeof *icc);
	char start[64];
	size_t n = source_read(&in, 0, start, sizeof start);

	f.type = decoder_sniff((struct str){start, n});
	if (f.type == PHOTO_NONE)
		refuse(PHOTO_WHY_TYPE, "not JPEG, PNG, WebP or HEIC");
	readers[f.type](&in, &p, &head);
	f.w = (uint32_t)(p.transpose ? p.form.h : p.form.w);
	f.h = (uint32_t)(p.transpose ? p.form.w : p.form.h);
	r = picture_finish(&p);
	if (icc_parse(head.icc, icc))
		icc_to_srgb(icc, &r);
	if (!photo_boxes_valid(boxes)) /* the parent has looked: it is never so */
		refuse(PHOTO_WHY_BOXES, "boxes outside the picture");
	for (uint32_t i = 0; i < boxes->n; i++)
		raster_black(&r, &boxes->box[i]);
	write_sizes(&r, &f);
	memcpy(f.taken, head.exif.taken, sizeof f.taken);
	f.has_place = head.exif.has_place;
	f.lat = head.exif.lat;
	f.lon = head.exif.lon;
	say(&f);
	_exit(0);
}
