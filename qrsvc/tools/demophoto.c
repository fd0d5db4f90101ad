/* Draws the pictures of the demo and of the tests: a roof water tank from inside (before,
 * during and after its cleaning) and its locked lid, each with a board that says it is a demo
 * picture. Clearly drawn, no photo of any place; the same options give the same bytes.  Owns
 * nothing but its output file; a tool of the build, never part of the service.
 *
 *   demophoto --slot before --seed 7 --title "TANK 2" --date 2026-11-14 -o before.jpg
 *
 * The arithmetic of the scenes is in demophoto_scene.c, the EXIF block in demophoto_exif.c. */
#include "qrsvc/tools/demophoto.h"

#include <jpeglib.h>
#include <math.h>

#include "qrsvc/base/arena.h"

static const char usage[] =
	"usage: demophoto --slot before|during|after|lid [options] -o FILE\n"
	"  --seed N            another tank (default 1)\n"
	"  --title TEXT        second line of the board: A-Z 0-9 space - . : / #\n"
	"  --date YYYY-MM-DD   third line of the board\n"
	"  --taken TIME        EXIF capture time, 2026-11-14T09:20:00[+08:00]\n"
	"  --orientation 1..8  EXIF orientation; the pixels are stored turned the other way\n"
	"  --gps LAT,LON       EXIF position\n"
	"  --dirty             also serial number, owner, maker note, thumbnail, XMP, comment\n"
	"  --width W --height H   default 800 x 600\n"
	"  --quality 1..100    default 88\n"
	"  --progressive       as a progressive JPEG\n";

static bool number(const char *text, int least, int most, int *ret_)
{
	int64_t v;

	if (!str_i64(str_c(text), &v) || v < least || v > most)
		return false;
	*ret_ = (int)v;
	return true;
}

static bool slot_named(const char *text, enum demo_slot *ret_)
{
	static const char *const names[] = {"before", "during", "after", "lid"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(text, names[i]) == 0) {
			*ret_ = (enum demo_slot)i;
			return true;
		}
	return false;
}

/* "31.25,-121.5" */
static bool place(const char *text, struct demo *d)
{
	char *end;

	d->lat = strtod(text, &end);
	if (end == text || *end != ',')
		return false;
	text = end + 1;
	d->lon = strtod(text, &end);
	d->gps = end != text && !*end && fabs(d->lat) <= 90 && fabs(d->lon) <= 180;
	return d->gps;
}

static bool option(struct demo *d, const char *name, const char *v)
{
	int seed;

	if (strcmp(name, "--slot") == 0)
		return slot_named(v, &d->slot);
	if (strcmp(name, "--seed") == 0) {
		if (!number(v, 0, 1 << 30, &seed))
			return false;
		d->seed = (uint32_t)seed;
		return true;
	}
	if (strcmp(name, "--width") == 0)
		return number(v, 64, 12000, &d->w);
	if (strcmp(name, "--height") == 0)
		return number(v, 64, 12000, &d->h);
	if (strcmp(name, "--quality") == 0)
		return number(v, 1, 100, &d->quality);
	if (strcmp(name, "--orientation") == 0)
		return number(v, 1, 8, &d->orientation);
	if (strcmp(name, "--gps") == 0)
		return place(v, d);
	if (strcmp(name, "--title") == 0)
		return d->title = v, strlen(v) <= 24;
	if (strcmp(name, "--date") == 0)
		return d->date = v, strlen(v) == 10;
	if (strcmp(name, "--taken") == 0)
		return d->taken = v, strlen(v) == 19 || strlen(v) == 25;
	if (strcmp(name, "-o") == 0)
		return d->out = v, true;
	return false;
}

static bool options(struct demo *d, int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--dirty") == 0)
			d->dirty = true;
		else if (strcmp(argv[i], "--progressive") == 0)
			d->progressive = true;
		else if (i + 1 >= argc || !option(d, argv[i], argv[i + 1]))
			return false;
		else
			i++;
	}
	return d->out != NULL;
}

/* The upright picture's pixel that is stored at x, y (Exif 2.32 4.6.4, tag 0112H). */
static const unsigned char *stored_pixel(
	const struct demo *d, const unsigned char *rgb, int x, int y)
{
	int w = d->w, h = d->h, ux = x, uy = y;

	switch (d->orientation) {
	case 2:
		ux = w - 1 - x;
		break;
	case 3:
		ux = w - 1 - x;
		uy = h - 1 - y;
		break;
	case 4:
		uy = h - 1 - y;
		break;
	case 5:
		ux = y;
		uy = x;
		break;
	case 6: /* shown after a quarter turn clockwise */
		ux = w - 1 - y;
		uy = x;
		break;
	case 7:
		ux = w - 1 - y;
		uy = h - 1 - x;
		break;
	case 8:
		ux = y;
		uy = h - 1 - x;
		break;
	default:
		break;
	}
	return rgb + ((size_t)uy * (size_t)w + (size_t)ux) * 3;
}

static void markers(struct jpeg_compress_struct *c, const struct demo *d)
{
	static const char xmp[] =
		"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF "
		"xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><rdf:Description "
		"xmlns:dc=\"http://purl.org/dc/elements/1.1/\" dc:creator=\"demo owner\"/>"
		"</rdf:RDF></x:xmpmeta>";
	static const char comment[] = "<script>alert(1)</script> demo comment";
	unsigned char exif[2048];
	size_t n = demo_exif(d, exif, sizeof exif);

	if (n)
		jpeg_write_marker(c, JPEG_APP0 + 1, exif, (unsigned)n);
	if (!d->dirty)
		return;
	jpeg_write_marker(c, JPEG_APP0 + 1, (const JOCTET *)xmp, sizeof xmp - 1);
	jpeg_write_marker(c, JPEG_COM, (const JOCTET *)comment, sizeof comment - 1);
}

static bool write_jpeg(const struct demo *d, const unsigned char *rgb)
{
	struct jpeg_compress_struct c;
	struct jpeg_error_mgr err;
	bool turned = d->orientation >= 5;
	unsigned char *row = xmalloc((size_t)(turned ? d->h : d->w) * 3);
	FILE *f = fopen(d->out, "wb");
	bool ok;

	if (!f) {
		perror(d->out);
		free(row);
		return false;
	}
	c.err = jpeg_std_error(&err);
	jpeg_create_compress(&c);
	jpeg_stdio_dest(&c, f);
	c.image_width = (JDIMENSION)(turned ? d->h : d->w);
	c.image_height = (JDIMENSION)(turned ? d->w : d->h);
	c.input_components = 3;
	c.in_color_space = JCS_RGB;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, d->quality, TRUE);
	if (d->progressive)
		jpeg_simple_progression(&c);
	jpeg_start_compress(&c, TRUE);
	markers(&c, d);
	while (c.next_scanline < c.image_height) {
		for (int x = 0; x < (int)c.image_width; x++)
			memcpy(row + (size_t)x * 3,
				stored_pixel(d, rgb, x, (int)c.next_scanline), 3);
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	free(row);
	ok = !ferror(f);
	return fclose(f) == 0 && ok;
}

int main(int argc, char **argv)
{
	struct demo d = {.seed = 1,
		.w = 800,
		.h = 600,
		.quality = 88,
		.orientation = 1,
		.title = "ROOF TANK",
		.date = "2026-11-14"};
	unsigned char *rgb;
	bool ok;

	if (!options(&d, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	rgb = xmalloc((size_t)d.w * (size_t)d.h * 3);
	demo_draw(&d, rgb);
	ok = write_jpeg(&d, rgb);
	free(rgb);
	return ok ? 0 : 1;
}
