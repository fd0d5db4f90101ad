/* Owns nothing: writes the EXIF block of a demo picture, with all that the photo process has to
 * throw away when --dirty asks for it.  Called by demophoto.c. */
#include <math.h>

#include "qrsvc/tools/demophoto.h"

enum { ASCII = 2, SHORT = 3, LONG = 4, RATIONAL = 5, UNDEFINED = 7 };

struct tiff {
	unsigned char *p;
	size_t n, size; /* written, room */
	size_t data;	/* where values go that do not fit into an entry */
};

static void put16(struct tiff *t, size_t at, unsigned v)
{
	if (at + 2 > t->size)
		return;
	t->p[at] = (unsigned char)v;
	t->p[at + 1] = (unsigned char)(v >> 8);
}

static void put32(struct tiff *t, size_t at, uint32_t v)
{
	put16(t, at, v & 0xffff);
	put16(t, at + 2, v >> 16);
}

/* A directory with room for n entries; the next one starts behind its data. */
struct ifd {
	size_t at;
	unsigned n;
};

static struct ifd ifd_open(struct tiff *t, unsigned room)
{
	struct ifd d = {t->data, 0};

	t->data += 2 + 12 * (size_t)room + 4;
	return d;
}

static void ifd_add(struct tiff *t, struct ifd *d, unsigned tag, unsigned type, uint32_t count,
	const void *value, size_t n)
{
	size_t at = d->at + 2 + 12 * (size_t)d->n++;

	put16(t, at, tag);
	put16(t, at + 2, type);
	put32(t, at + 4, count);
	put16(t, d->at, d->n);
	if (n <= 4) {
		memcpy(t->p + at + 8, value, n);
		return;
	}
	if (t->data + n + 1 > t->size)
		return;
	put32(t, at + 8, (uint32_t)t->data);
	memcpy(t->p + t->data, value, n);
	t->data += n + (n & 1);
}

static void ifd_text(struct tiff *t, struct ifd *d, unsigned tag, const char *s)
{
	ifd_add(t, d, tag, ASCII, (uint32_t)strlen(s) + 1, s, strlen(s) + 1);
}

static void ifd_u32(struct tiff *t, struct ifd *d, unsigned tag, uint32_t v)
{
	unsigned char b[4] = {(unsigned char)v, (unsigned char)(v >> 8),
		(unsigned char)(v >> 16), (unsigned char)(v >> 24)};

	ifd_add(t, d, tag, LONG, 1, b, 4);
}

static void ifd_degrees(struct tiff *t, struct ifd *d, unsigned tag, double v)
{
	unsigned char b[24] = {0};
	struct tiff value = {b, 0, sizeof b, 0};
	double deg = floor(v), min = floor((v - deg) * 60);

	put32(&value, 0, (uint32_t)deg);
	put32(&value, 4, 1);
	put32(&value, 8, (uint32_t)min);
	put32(&value, 12, 1);
	put32(&value, 16, (uint32_t)lround(((v - deg) * 60 - min) * 60 * 1000));
	put32(&value, 20, 1000);
	ifd_add(t, d, tag, RATIONAL, 3, b, sizeof b);
}

static void exif_sub(struct tiff *t, struct ifd *d, const struct demo *demo)
{
	char when[20];

	if (demo->taken) {
		snprintf(when, sizeof when, "%.10s %.8s", demo->taken, demo->taken + 11);
		when[4] = when[7] = ':';
		ifd_text(t, d, 0x9003, when);
		if (strlen(demo->taken) == 25)
			ifd_text(t, d, 0x9011, demo->taken + 19);
	}
	if (demo->dirty) {
		ifd_add(t, d, 0x927c, UNDEFINED, 24, "DEMO maker note, secret!", 24);
		ifd_text(t, d, 0xa430, "demo owner");
		ifd_text(t, d, 0xa431, "SERIAL-0123456789");
	}
}

/* Smallest baseline JPEG file there is, as a thumbnail. */
static const unsigned char thumb[] = {0xff, 0xd8, 0xff, 0xdb, 0, 3, 0, 0xff, 0xd9};

size_t demo_exif(const struct demo *d, unsigned char *ret_, size_t size)
{
	struct tiff t = {ret_ + 6, 0, size - 6, 8};
	struct ifd ifd0, sub, gps, ifd1;

	if (d->orientation == 1 && !d->taken && !d->gps && !d->dirty)
		return 0;
	memset(ret_, 0, size);
	memcpy(ret_, "Exif\0\0II*\0\x08\0\0\0", 14);
	ifd0 = ifd_open(&t, 6);
	ifd_text(&t, &ifd0, 0x010e, "demo picture, drawn by a program");
	ifd_text(&t, &ifd0, 0x010f, "demo");
	ifd_add(&t, &ifd0, 0x0112, SHORT, 1,
		(unsigned char[]){(unsigned char)d->orientation, 0}, 2);
	if (d->dirty)
		ifd_text(&t, &ifd0, 0x013b, "demo artist");
	ifd_u32(&t, &ifd0, 0x8769, (uint32_t)t.data);
	sub = ifd_open(&t, 5);
	exif_sub(&t, &sub, d);
	if (d->gps) {
		ifd_u32(&t, &ifd0, 0x8825, (uint32_t)t.data);
		gps = ifd_open(&t, 4);
		ifd_text(&t, &gps, 1, d->lat < 0 ? "S" : "N");
		ifd_degrees(&t, &gps, 2, fabs(d->lat));
		ifd_text(&t, &gps, 3, d->lon < 0 ? "W" : "E");
		ifd_degrees(&t, &gps, 4, fabs(d->lon));
	}
	if (d->dirty) {
		put32(&t, ifd0.at + 2 + 12 * (size_t)ifd0.n, (uint32_t)t.data);
		ifd1 = ifd_open(&t, 3);
		ifd_u32(&t, &ifd1, 0x0201, (uint32_t)t.data);
		memcpy(t.p + t.data, thumb, sizeof thumb);
		t.data += sizeof thumb + 1;
		ifd_u32(&t, &ifd1, 0x0202, sizeof thumb);
	}
	return 6 + t.data;
}
