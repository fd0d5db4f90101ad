/* The two readers of foreign bytes that are our own in the photo process: EXIF and colour
 * profiles.  What they say keeps the promises of their headers. */
#include <assert.h>
#include <math.h>

#include "qrsvc/photo/decoder.h"
#include "qrsvc/photo/decoder_exif.h"
#include "qrsvc/photo/decoder_icc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stands in for decoder.c, which would bring the image libraries along. */
void *decoder_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	assert(p);
	return p;
}

static void check_exif(struct str s)
{
	struct exif e;

	exif_read(s, &e);
	assert(e.orientation >= 1 && e.orientation <= 8);
	assert(memchr(e.taken, 0, sizeof e.taken));
	assert(e.taken[0] == 0 || strlen(e.taken) == 19 || strlen(e.taken) == 25);
	assert(e.lat >= -90 && e.lat <= 90 && e.lon >= -180 && e.lon <= 180);
	assert(e.has_place || (e.lat == 0 && e.lon == 0));
}

static void check_icc(struct str s)
{
	static struct icc icc;
	uint8_t y[4] = {0, 90, 170, 255}, cb = 100, cr = 200;
	struct raster r = {.w = 2, .h = 2, .planes = 3};

	if (!icc_parse(s, &icc))
		return;
	for (int i = 0; i < 256; i++)
		assert(isfinite(icc.linear[0][i]) && isfinite(icc.linear[2][i]));
	r.plane[0].p = y;
	r.plane[1].p = &cb;
	r.plane[2].p = &cr;
	r.plane[0].w = r.plane[0].h = r.plane[0].stride = 2;
	r.plane[1].w = r.plane[1].h = r.plane[1].stride = 1;
	r.plane[2].w = r.plane[2].h = r.plane[2].stride = 1;
	icc_to_srgb(&icc, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str s = {(const char *)data, size};

	check_exif(s);
	check_icc(s);
	return 0;
}
