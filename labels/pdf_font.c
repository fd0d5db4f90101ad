/* Owns embedded fonts: subset, widths, and what each glyph means (ToUnicode).  Called by pdf.c
 * once a font, after the last page. */
#include "labels/cff.h"
#include "labels/pdf.h"
#include "qrsvc/base/arena.h"
#include <hb-ot.h>
#include <hb-subset.h>

#define FONT_FILE_MAX (64u * 1024u * 1024u)
#define TAG(a, b, c, d) HB_TAG(a, b, c, d)

void pdf_font_release(struct pdf_font *f)
{
	free(f->cid);
	free(f->gid);
	free(f->width);
	free(f->text);
	free(f->len);
	free(f->ch);
}

/* "ABCDEF+NotoSansCJKsc-Regular": the six letters tell subsets apart (9.6.4). */
static void subset_name(const struct pdf *d, int font, char *ret_, size_t room)
{
	const struct pdf_font *f = &d->font[font];
	char name[64] = "";
	unsigned len = sizeof name;
	uint64_t h = 14695981039346656037u;
	int n = 0;

	hb_ot_name_get_utf8(d->fonts->all[font].face, HB_OT_NAME_ID_POSTSCRIPT_NAME,
		HB_LANGUAGE_INVALID, &len, name);
	for (uint32_t i = 1; i < f->n; i++)
		h = (h ^ f->gid[i]) * 1099511628211u;
	for (; n < 6; n++, h /= 26)
		ret_[n] = (char)('A' + h % 26);
	ret_[n++] = '+';
	for (const char *p = name; *p && (size_t)n + 1 < room; p++)
		if ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || *p == '-' ||
			(*p >= '0' && *p <= '9'))
			ret_[n++] = *p;
	ret_[n] = '\0';
}

/* Outlines only; *ret_map says which glyph became which. */
static hb_face_t *subset(const struct pdf *d, int font, hb_map_t *ret_map)
{
	const struct pdf_font *f = &d->font[font];
	hb_subset_input_t *in = hb_subset_input_create_or_fail();
	hb_face_t *face = NULL;

	if (in == NULL)
		return NULL;
	hb_set_t *glyphs = hb_subset_input_glyph_set(in);
	hb_set_t *drop = hb_subset_input_set(in, HB_SUBSET_SETS_DROP_TABLE_TAG);
	const hb_tag_t tables[] = {TAG('G', 'S', 'U', 'B'), TAG('G', 'P', 'O', 'S'),
		TAG('G', 'D', 'E', 'F'), TAG('v', 'h', 'e', 'a'), TAG('v', 'm', 't', 'x'),
		TAG('V', 'O', 'R', 'G'), TAG('B', 'A', 'S', 'E'), TAG('S', 'T', 'A', 'T'),
		TAG('n', 'a', 'm', 'e'), TAG('O', 'S', '/', '2'), TAG('D', 'S', 'I', 'G')};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		hb_set_add(drop, tables[i]);
	hb_subset_input_set_flags(in, HB_SUBSET_FLAGS_NO_HINTING);
	hb_set_add(glyphs, 0);
	for (uint32_t i = 1; i < f->n; i++)
		hb_set_add(glyphs, f->gid[i]);
	hb_subset_plan_t *plan = hb_subset_plan_create_or_fail(d->fonts->all[font].face, in);

	if (plan != NULL) {
		face = hb_subset_plan_execute_or_fail(plan);
		const hb_map_t *map = hb_subset_plan_old_to_new_glyph_mapping(plan);

		for (uint32_t i = 1; i < f->n; i++)
			hb_map_set(ret_map, f->gid[i], hb_map_get(map, f->gid[i]));
		hb_subset_plan_destroy(plan);
	}
	hb_subset_input_destroy(in);
	return face;
}

static void put_widths(const struct pdf_font *f, struct sbuf *b)
{
	for (uint32_t i = 1, to; i < f->n; i = to) {
		for (to = i + 1; to < f->n && f->width[to] == f->width[i];)
			to++;
		sbuf_fmt(b, f->width[i] % 10 ? "%u %u %d.%d\n" : "%u %u %d\n", i, to - 1,
			f->width[i] / 10, f->width[i] % 10);
	}
}

static void put_utf16(struct sbuf *b, uint32_t c)
{
	if (c > 0xffff)
		sbuf_fmt(b, "%04X%04X", 0xd800 + ((c - 0x10000) >> 10),
			0xdc00 + ((c - 0x10000) & 0x3ff));
	else
		sbuf_fmt(b, "%04X", c);
}

/* The CMap from CIDs to characters (9.10.3); at most 100 lines a block. */
static void put_unicode(const struct pdf_font *f, struct sbuf *b)
{
	sbuf_puts(b, "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
		     "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
		     "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
		     "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n");
	for (uint32_t i = 1; i < f->n;) {
		uint32_t from = i, n = 0;

		for (; i < f->n && n < 100; i++)
			n += f->text[i] != UINT32_MAX;
		if (n == 0)
			continue;
		sbuf_fmt(b, "%u beginbfchar\n", n);
		for (uint32_t k = from; k < i; k++) {
			if (f->text[k] == UINT32_MAX)
				continue;
			sbuf_fmt(b, "<%04X> <", k);
			for (uint32_t c = 0; c < f->len[k]; c++)
				put_utf16(b, f->ch[f->text[k] + c]);
			sbuf_puts(b, ">\n");
		}
		sbuf_puts(b, "endbfchar\n");
	}
	sbuf_puts(b, "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
}

static struct str blob_str(hb_blob_t *blob)
{
	unsigned n;
	const char *p = hb_blob_get_data(blob, &n);

	return (struct str){p, n};
}

/* Font program as a CID-keyed CFF, renumbered. */
static enum rc write_cff(struct pdf *d, int font, hb_face_t *face, const hb_map_t *map,
	uint32_t file, struct err *e)
{
	const struct pdf_font *f = &d->font[font];
	hb_blob_t *blob = hb_face_reference_table(face, TAG('C', 'F', 'F', ' '));
	uint16_t *cid = xcalloc(65536, sizeof *cid);
	size_t n = hb_face_get_glyph_count(face);
	struct sbuf out;

	sbuf_init(&out, FONT_FILE_MAX);
	for (uint32_t i = 1; i < f->n; i++)
		cid[hb_map_get(map, f->gid[i]) & 0xffff] = (uint16_t)i;
	enum rc rc = cff_renumber(blob_str(blob), cid, n, &out, e);

	if (rc == RC_OK)
		pdf_stream(d, file, "/Subtype/CIDFontType0C", sbuf_view(&out));
	sbuf_release(&out);
	free(cid);
	hb_blob_destroy(blob);
	return rc;
}

/* Font program as TrueType, with a table from CIDs to its glyphs. */
static void write_truetype(struct pdf *d, int font, hb_face_t *face, const hb_map_t *map,
	uint32_t file, uint32_t gidmap)
{
	const struct pdf_font *f = &d->font[font];
	hb_blob_t *blob = hb_face_reference_blob(face);
	struct str program = blob_str(blob);
	struct sbuf b;
	char dict[64];

	sbuf_init(&b, FONT_FILE_MAX);
	sbuf_add(&b, "\0\0", 2);
	for (uint32_t i = 1; i < f->n; i++) {
		uint32_t g = hb_map_get(map, f->gid[i]);

		sbuf_byte(&b, (char)(g >> 8));
		sbuf_byte(&b, (char)(g & 255));
	}
	pdf_stream(d, gidmap, "", sbuf_view(&b));
	snprintf(dict, sizeof dict, "/Length1 %zu", program.n);
	pdf_stream(d, file, dict, program);
	sbuf_release(&b);
	hb_blob_destroy(blob);
}

struct objects {
	uint32_t type0, cidfont, descriptor, file, unicode, gidmap;
};

static void write_dicts(struct pdf *d, int font, const struct objects *o, bool cff)
{
	const struct font *face = &d->fonts->all[font];
	char name[80];
	struct sbuf b;

	subset_name(d, font, name, sizeof name);
	sbuf_init(&b, FONT_FILE_MAX);
	put_unicode(&d->font[font], &b);
	pdf_stream(d, o->unicode, "", sbuf_view(&b));
	sbuf_clear(&b);
	put_widths(&d->font[font], &b);
	pdf_begin(d, o->cidfont);
	pdf_fmt(d,
		"<</Type/Font/Subtype/CIDFontType%d/BaseFont/%s/FontDescriptor %u 0 R"
		"/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/DW 1000",
		cff ? 0 : 2, name, o->descriptor);
	if (!cff)
		pdf_fmt(d, "/CIDToGIDMap %u 0 R", o->gidmap);
	pdf_fmt(d, "/W[");
	pdf_put(d, b.p, b.n);
	pdf_fmt(d, "]>>\nendobj\n");
	pdf_begin(d, o->descriptor);
	pdf_fmt(d,
		"<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[-1000 -1000 3000 2000]"
		"/ItalicAngle 0/Ascent %d/Descent %d/CapHeight 733/StemV %d/%s %u 0 R>>\nendobj\n",
		name, face->ascent / 10, -face->descent / 10, 80,
		cff ? "FontFile3" : "FontFile2", o->file);
	pdf_begin(d, o->type0);
	pdf_fmt(d,
		"<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H"
		"/DescendantFonts[%u 0 R]/ToUnicode %u 0 R>>\nendobj\n",
		name, o->cidfont, o->unicode);
	sbuf_release(&b);
}

enum rc pdf_font_write(struct pdf *d, int font, uint32_t *ret_, struct err *e)
{
	hb_map_t *map = hb_map_create();
	hb_face_t *face = subset(d, font, map);
	struct objects o = {0};
	enum rc rc = RC_OK;

	if (face == NULL) {
		hb_map_destroy(map);
		return err_set(e, RC_INTERNAL, "the font %s cannot be subset",
			d->fonts->all[font].family);
	}
	hb_blob_t *table = hb_face_reference_table(face, TAG('C', 'F', 'F', ' '));
	bool cff = hb_blob_get_length(table) > 0;

	hb_blob_destroy(table);
	o.type0 = pdf_reserve(d);
	o.cidfont = pdf_reserve(d);
	o.descriptor = pdf_reserve(d);
	o.file = pdf_reserve(d);
	o.unicode = pdf_reserve(d);
	if (cff) {
		rc = write_cff(d, font, face, map, o.file, e);
	} else {
		o.gidmap = pdf_reserve(d);
		write_truetype(d, font, face, map, o.file, o.gidmap);
	}
	if (rc == RC_OK)
		write_dicts(d, font, &o, cff);
	hb_face_destroy(face);
	hb_map_destroy(map);
	*ret_ = o.type0;
	return rc;
}
