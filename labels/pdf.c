/* Owns the structure of the file: objects, page tree, cross-references.  Never shapes, never
 * chooses places.  Called by sheet.c, calibrate.c and qrsvc/notice. */
#include "labels/pdf.h"
#include "qrsvc/base/arena.h"
#include <stdarg.h>
#include <libdeflate.h>

#define STREAM_MAX (256u * 1024u * 1024u)

void pdf_put(struct pdf *d, const void *p, size_t n)
{
	if (!d->failed && !d->write(d->arg, p, n))
		d->failed = true;
	d->at += n;
}

void pdf_fmt(struct pdf *d, const char *fmt, ...)
{
	char buf[512];
	va_list ap;

	va_start(ap, fmt);
	int n = vsnprintf(buf, sizeof buf, fmt, ap);

	va_end(ap);
	pdf_put(d, buf, (size_t)n < sizeof buf ? (size_t)n : sizeof buf - 1);
}

uint32_t pdf_reserve(struct pdf *d)
{
	if (d->objects == d->capobjects) {
		d->capobjects = d->capobjects * 2 + 64;
		d->offset = xrealloc(d->offset, d->capobjects * sizeof *d->offset);
	}
	d->offset[d->objects] = 0;
	return d->objects++;
}

void pdf_begin(struct pdf *d, uint32_t object)
{
	d->offset[object] = d->at;
	pdf_fmt(d, "%u 0 obj\n", object);
}

struct pdf *pdf_new(const struct label_fonts *fonts, struct str title,
	bool (*write)(void *arg, const void *p, size_t n), void *arg)
{
	struct pdf *d = xcalloc(1, sizeof *d);

	d->fonts = fonts;
	d->write = write;
	d->arg = arg;
	d->title = title;
	for (int i = 0; i < PDF_FIRST_FREE; i++)
		pdf_reserve(d);
	/* The comment of high bytes tells transfer programs that this is no text (7.5.2). */
	pdf_fmt(d, "%%PDF-1.5\n%%\xe2\xe3\xcf\xd3\n");
	return d;
}

void pdf_free(struct pdf *d)
{
	if (d == NULL)
		return;
	for (int i = 0; i < FONTS_MAX; i++)
		pdf_font_release(&d->font[i]);
	pdf_packer_free(d->packer);
	free(d->offset);
	free(d->page);
	free(d->image);
	free(d);
}

uint64_t pdf_bytes(const struct pdf *d)
{
	return d->at;
}

struct pdf_packer {
	struct libdeflate_compressor *z;
};

struct pdf_packer *pdf_packer_new(void)
{
	struct pdf_packer *k = xcalloc(1, sizeof *k);

	/* Level 4 of libdeflate: as small as zlib's 5, in half the time. */
	k->z = libdeflate_alloc_compressor(4);
	if (k->z == NULL)
		abort(); /* memory only */
	return k;
}

void pdf_packer_free(struct pdf_packer *k)
{
	if (k != NULL)
		libdeflate_free_compressor(k->z);
	free(k);
}

void pdf_pack(struct pdf_packer *k, struct str plain, struct sbuf *out)
{
	size_t most = libdeflate_zlib_compress_bound(k->z, plain.n);
	char *room = sbuf_room(out, most);

	if (room != NULL)
		out->n += libdeflate_zlib_compress(k->z, plain.p, plain.n, room, most);
}

static void put_packed(struct pdf *d, uint32_t object, const char *dict, struct str packed)
{
	pdf_begin(d, object);
	pdf_fmt(d, "<<%s/Filter/FlateDecode/Length %zu>>\nstream\n", dict, packed.n);
	pdf_put(d, packed.p, packed.n);
	pdf_fmt(d, "\nendstream\nendobj\n");
}

void pdf_stream(struct pdf *d, uint32_t object, const char *dict, struct str plain)
{
	struct sbuf packed;

	sbuf_init(&packed, STREAM_MAX);
	if (d->packer == NULL)
		d->packer = pdf_packer_new();
	pdf_pack(d->packer, plain, &packed);
	put_packed(d, object, dict, sbuf_view(&packed));
	sbuf_release(&packed);
}

enum rc pdf_page(struct pdf *d, struct str packed, int32_t w, int32_t h, struct err *e)
{
	uint32_t page = pdf_reserve(d), content = pdf_reserve(d);

	if (d->pages == d->cappages) {
		d->cappages = d->cappages * 2 + 64;
		d->page = xrealloc(d->page, d->cappages * sizeof *d->page);
	}
	d->page[d->pages++] = page;
	put_packed(d, content, "", packed);
	pdf_begin(d, page);
	pdf_fmt(d, "<</Type/Page/Parent %d 0 R/Resources %d 0 R/MediaBox[0 0 %.3f %.3f]",
		PDF_PAGES, PDF_RESOURCES, w * 72 / 25400.0, h * 72 / 25400.0);
	pdf_fmt(d, "/Contents %u 0 R>>\nendobj\n", content);
	return d->failed ? err_set(e, RC_IO, "the output cannot be written") : RC_OK;
}

/* A text string as UTF-16 in hexadecimal (7.9.2.2). */
static void put_text_string(struct pdf *d, struct str s)
{
	const char *p = s.p, *end = s.p + s.n;

	pdf_fmt(d, "<FEFF");
	while (p < end) {
		uint32_t c = str_utf8_next(&p, end);

		if (c > 0xffff)
			pdf_fmt(d, "%04X%04X", 0xd800 + ((c - 0x10000) >> 10),
				0xdc00 + ((c - 0x10000) & 0x3ff));
		else
			pdf_fmt(d, "%04X", c);
	}
	pdf_fmt(d, ">");
}

static void put_table(struct pdf *d)
{
	uint64_t table = d->at;

	pdf_fmt(d, "xref\n0 %u\n0000000000 65535 f \n", d->objects);
	for (uint32_t i = 1; i < d->objects; i++)
		pdf_fmt(d, "%010llu 00000 n \n", (unsigned long long)d->offset[i]);
	pdf_fmt(d, "trailer\n<</Size %u/Root %d 0 R/Info %d 0 R>>\nstartxref\n%llu\n%%%%EOF\n",
		d->objects, PDF_CATALOG, PDF_INFO, (unsigned long long)table);
}

enum rc pdf_end(struct pdf *d, struct err *e)
{
	uint32_t type0[FONTS_MAX] = {0};
	enum rc rc = RC_OK;

	for (int i = 0; i < d->fonts->n && rc == RC_OK; i++)
		if (d->font[i].n > 0)
			rc = pdf_font_write(d, i, &type0[i], e);
	if (rc != RC_OK)
		return rc;
	pdf_begin(d, PDF_RESOURCES);
	pdf_fmt(d, "<</Font<<");
	for (int i = 0; i < FONTS_MAX; i++)
		if (type0[i] != 0)
			pdf_fmt(d, "/F%d %u 0 R", i, type0[i]);
	if (d->images > 0) {
		pdf_fmt(d, ">>/XObject<<");
		for (uint32_t i = 0; i < d->images; i++)
			pdf_fmt(d, "/I%u %u 0 R", i, d->image[i]);
	}
	pdf_fmt(d, ">>>>\nendobj\n");
	pdf_begin(d, PDF_PAGES);
	pdf_fmt(d, "<</Type/Pages/Count %u/Kids[", d->pages);
	for (uint32_t i = 0; i < d->pages; i++)
		pdf_fmt(d, "%u 0 R%s", d->page[i], i % 16 == 15 ? "\n" : " ");
	pdf_fmt(d, "]>>\nendobj\n");
	pdf_begin(d, PDF_CATALOG);
	pdf_fmt(d,
		"<</Type/Catalog/Pages %d 0 R/Lang(zh-CN)/ViewerPreferences<</PrintScaling/None"
		"/DisplayDocTitle true>>>>\nendobj\n",
		PDF_PAGES);
	pdf_begin(d, PDF_INFO);
	pdf_fmt(d, "<</Producer(qrlabels)/Title");
	put_text_string(d, d->title);
	pdf_fmt(d, ">>\nendobj\n");
	put_table(d);
	return d->failed ? err_set(e, RC_IO, "the output cannot be written") : RC_OK;
}
