/* Owns nothing: reads an EXIF block that somebody else holds.  Never allocates, never trusts a
 * count or an offset.  Called by decoder.c for every kind of file. */
#include "qrsvc/photo/decoder_exif.h"

#include <stdio.h>

#include "qrsvc/base/clock.h"

enum { TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_RATIONAL = 5 };
enum {
	TAG_ORIENTATION = 0x0112,
	TAG_EXIF_IFD = 0x8769,
	TAG_GPS_IFD = 0x8825,
	TAG_ORIGINAL = 0x9003,
	TAG_DIGITIZED = 0x9004,
	TAG_OFFSET_ORIGINAL = 0x9011,
	TAG_OFFSET_DIGITIZED = 0x9012,
	TAG_LAT_REF = 1,
	TAG_LAT = 2,
	TAG_LON_REF = 3,
	TAG_LON = 4,
};

struct tiff {
	const unsigned char *p;
	size_t n;
	bool big; /* "MM" */
};

/* One 12-byte entry, its value located and checked to lie inside the block. */
struct entry {
	unsigned tag, type;
	uint32_t count;
	size_t at; /* offset of the value */
};

static unsigned u16(const struct tiff *t, size_t at)
{
	const unsigned char *b = t->p + at;

	return t->big ? (unsigned)b[0] << 8 | b[1] : (unsigned)b[1] << 8 | b[0];
}

static uint32_t u32(const struct tiff *t, size_t at)
{
	uint32_t a = u16(t, at), b = u16(t, at + 2);

	return t->big ? a << 16 | b : b << 16 | a;
}

static bool entry_at(const struct tiff *t, size_t at, struct entry *ret_)
{
	static const unsigned char size_of[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
	size_t bytes;

	if (at > t->n || t->n - at < 12)
		return false;
	ret_->tag = u16(t, at);
	ret_->type = u16(t, at + 2);
	ret_->count = u32(t, at + 4);
	if (ret_->type == 0 || ret_->type >= sizeof size_of)
		return false;
	bytes = (size_t)ret_->count * size_of[ret_->type]; /* < 2^35: no overflow in 64 bits */
	ret_->at = bytes <= 4 ? at + 8 : u32(t, at + 8);
	return ret_->at <= t->n && bytes <= t->n - ret_->at;
}

/* The entry with this tag in the directory at `ifd`. */
static bool ifd_find(const struct tiff *t, size_t ifd, unsigned tag, struct entry *ret_)
{
	unsigned count;

	if (ifd < 8 || ifd > t->n || t->n - ifd < 2)
		return false;
	count = u16(t, ifd);
	for (unsigned i = 0; i < count; i++) {
		size_t at = ifd + 2 + (size_t)i * 12;

		if (at > t->n || t->n - at < 12)
			return false;
		if (u16(t, at) == tag)
			return entry_at(t, at, ret_);
	}
	return false;
}

static size_t sub_ifd(const struct tiff *t, size_t ifd, unsigned tag)
{
	struct entry e;

	if (!ifd_find(t, ifd, tag, &e) || e.type != TYPE_LONG || e.count != 1)
		return 0;
	return u32(t, e.at);
}

static bool digits(const unsigned char *p, int n, int *ret_)
{
	int v = 0;

	for (int i = 0; i < n; i++) {
		if (p[i] < '0' || p[i] > '9')
			return false;
		v = v * 10 + (p[i] - '0');
	}
	*ret_ = v;
	return true;
}

/* "+08:00"; false leaves ret_ empty. */
static void read_offset(const struct tiff *t, size_t ifd, unsigned tag, char ret_[8])
{
	struct entry e;
	const unsigned char *p;
	int h, m;

	if (!ifd_find(t, ifd, tag, &e) || e.type != TYPE_ASCII || e.count < 6)
		return;
	p = t->p + e.at;
	if ((p[0] != '+' && p[0] != '-') || !digits(p + 1, 2, &h) || p[3] != ':' ||
		!digits(p + 4, 2, &m) || h > 14 || m > 59)
		return;
	snprintf(ret_, 8, "%c%02d:%02d", p[0], h % 100, m % 100);
}

/* "2026:11:14 09:20:00" (Exif 4.6.5.4); unknown parts are blanks: then it is no time. */
static bool read_time(const struct tiff *t, size_t ifd, unsigned tag, unsigned offset_tag,
	char *ret_, size_t size)
{
	struct entry e;
	const unsigned char *p;
	int y, mo, d, h, mi, s;
	char offset[8] = "";

	if (!ifd_find(t, ifd, tag, &e) || e.type != TYPE_ASCII || e.count < 19)
		return false;
	p = t->p + e.at;
	if (!digits(p, 4, &y) || !digits(p + 5, 2, &mo) || !digits(p + 8, 2, &d) ||
		!digits(p + 11, 2, &h) || !digits(p + 14, 2, &mi) || !digits(p + 17, 2, &s))
		return false;
	if (p[10] != ' ' || p[13] != ':' || p[16] != ':')
		return false;
	if (y < 1970 || !day_valid(y, mo, d) || h > 23 || mi > 59 || s > 59)
		return false;
	read_offset(t, ifd, offset_tag, offset);
	snprintf(ret_, size, "%04d-%02d-%02dT%02d:%02d:%02d%s", y, mo, d, h, mi, s, offset);
	return true;
}

/* Three rationals: degrees, minutes, seconds (Exif 4.6.6). */
static bool read_degrees(const struct tiff *t, size_t ifd, unsigned tag, unsigned ref_tag,
	char negative, double most, double *ret_)
{
	struct entry e, ref;
	static const double unit[] = {1, 60, 3600};
	double v = 0;

	if (!ifd_find(t, ifd, tag, &e) || e.type != TYPE_RATIONAL || e.count < 2)
		return false;
	if (!ifd_find(t, ifd, ref_tag, &ref) || ref.type != TYPE_ASCII || ref.count < 1)
		return false;
	for (uint32_t i = 0; i < 3 && i < e.count; i++) {
		uint32_t num = u32(t, e.at + 8 * (size_t)i);
		uint32_t den = u32(t, e.at + 8 * (size_t)i + 4);

		if (den == 0 && num != 0)
			return false;
		if (den)
			v += (double)num / den / unit[i];
	}
	if (v > most)
		return false;
	*ret_ = t->p[ref.at] == (unsigned char)negative ? -v : v;
	return true;
}

void exif_read(struct str tiff, struct exif *ret_)
{
	struct tiff t;
	struct entry e;
	size_t ifd0, sub;

	*ret_ = (struct exif){.orientation = 1};
	if (tiff.n >= 6 && memcmp(tiff.p, "Exif\0", 5) == 0)
		tiff = str_sub(tiff, 6, tiff.n);
	if (tiff.n < 8)
		return;
	t = (struct tiff){(const unsigned char *)tiff.p, tiff.n, tiff.p[0] == 'M'};
	if (memcmp(tiff.p, "II*\0", 4) != 0 && memcmp(tiff.p, "MM\0*", 4) != 0)
		return;
	ifd0 = u32(&t, 4);
	if (ifd_find(&t, ifd0, TAG_ORIENTATION, &e) && e.type == TYPE_SHORT && e.count == 1) {
		unsigned o = u16(&t, e.at);

		if (o >= 1 && o <= 8)
			ret_->orientation = (int)o;
	}
	sub = sub_ifd(&t, ifd0, TAG_EXIF_IFD);
	if (!read_time(&t, sub, TAG_ORIGINAL, TAG_OFFSET_ORIGINAL, ret_->taken,
		    sizeof ret_->taken))
		read_time(&t, sub, TAG_DIGITIZED, TAG_OFFSET_DIGITIZED, ret_->taken,
			sizeof ret_->taken);
	sub = sub_ifd(&t, ifd0, TAG_GPS_IFD);
	ret_->has_place = read_degrees(&t, sub, TAG_LAT, TAG_LAT_REF, 'S', 90, &ret_->lat) &&
			  read_degrees(&t, sub, TAG_LON, TAG_LON_REF, 'W', 180, &ret_->lon);
	if (!ret_->has_place || (ret_->lat > -1e-9 && ret_->lat < 1e-9 && ret_->lon > -1e-9 &&
					ret_->lon < 1e-9)) {
		ret_->has_place = false;
		ret_->lat = ret_->lon = 0;
	}
}
