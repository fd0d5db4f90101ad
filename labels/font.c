/* Owns the font list: finds files by family name, opens faces, answers who has a character.
 * Never takes a substitute that fontconfig offers for another family (it would pick DejaVu for
 * Uyghur), never draws.  Called by qrlabels and the jobs. */
#include "labels/font.h"
#include "labels/cff.h"
#include "qrsvc/base/arena.h"
#include <fontconfig/fontconfig.h>
#include <hb-ot.h>

/* The file of a family in one weight, or NULL. */
static FcPattern *find(FcConfig *fc, const char *family, bool bold)
{
	FcPattern *want = FcPatternCreate(), *got = NULL;
	FcResult result;
	FcChar8 *name = NULL;
	bool same = false;

	FcPatternAddString(want, FC_FAMILY, (const FcChar8 *)family);
	FcPatternAddInteger(want, FC_WEIGHT, bold ? FC_WEIGHT_BOLD : FC_WEIGHT_REGULAR);
	FcPatternAddInteger(want, FC_SLANT, FC_SLANT_ROMAN);
	FcPatternAddInteger(want, FC_WIDTH, FC_WIDTH_NORMAL);
	FcPatternAddBool(want, FC_VARIABLE, FcFalse);
	FcConfigSubstitute(fc, want, FcMatchPattern);
	FcDefaultSubstitute(want);
	got = FcFontMatch(fc, want, &result);
	FcPatternDestroy(want);
	for (int i = 0; got && FcPatternGetString(got, FC_FAMILY, i, &name) == FcResultMatch;
		i++)
		same = same || FcStrCmpIgnoreCase(name, (const FcChar8 *)family) == 0;
	if (got && !same) {
		FcPatternDestroy(got);
		got = NULL;
	}
	return got;
}

static void measure(struct font *f, bool first)
{
	hb_font_extents_t x;

	/* The line metrics of Noto Sans CJK leave half an em of air; its letters fill
	 * 0.88 above and, with Latin descenders, 0.22 below. */
	f->ascent = 8800;
	f->descent = 2200;
	if (!first && hb_font_get_h_extents(f->font, &x)) {
		f->ascent = x.ascender > f->ascent ? x.ascender : f->ascent;
		f->descent = -x.descender > f->descent ? -x.descender : f->descent;
	}
}

/* TrueType, or CFF that is CID-keyed: what a PDF can number as it likes.  Neither variable
 * fonts nor bitmaps. */
static bool embeddable(hb_face_t *face)
{
	hb_blob_t *cff = hb_face_reference_table(face, HB_TAG('C', 'F', 'F', ' '));
	hb_blob_t *glyf = hb_face_reference_table(face, HB_TAG('g', 'l', 'y', 'f'));
	unsigned n = 0;
	const char *p = hb_blob_get_data(cff, &n);
	bool ok = n > 0 ? cff_is_cid((struct str){p, n}) : hb_blob_get_length(glyf) > 0;

	hb_blob_destroy(cff);
	hb_blob_destroy(glyf);
	return ok && !hb_ot_var_has_data(face);
}

/* Opens a file as the next of f->all, or finds it there; its index, -1 on failure. */
static int add(struct label_fonts *f, FcPattern *p, const char *family)
{
	FcChar8 *path = NULL;
	int index = 0;

	if (FcPatternGetString(p, FC_FILE, 0, &path) != FcResultMatch)
		return -1;
	FcPatternGetInteger(p, FC_INDEX, 0, &index);
	for (int i = 0; i < f->n; i++)
		if (strcmp(f->all[i].path, (char *)path) == 0 && f->all[i].index == index)
			return i;
	if (f->n == FONTS_MAX)
		return -1;
	hb_blob_t *blob = hb_blob_create_from_file_or_fail((char *)path);
	if (blob == NULL)
		return -1;
	hb_face_t *face = hb_face_create(blob, (unsigned)index);
	hb_blob_destroy(blob);
	if (hb_face_get_glyph_count(face) == 0 || !embeddable(face)) {
		hb_face_destroy(face);
		return -1;
	}
	struct font *new = &f->all[f->n];

	new->family = xstrdup(family);
	new->path = xstrdup((char *)path);
	new->index = index;
	new->face = face;
	new->font = hb_font_create(face);
	new->id = f->n;
	hb_blob_t *cff = hb_face_reference_table(face, HB_TAG('C', 'F', 'F', ' '));

	new->cff = hb_blob_get_length(cff) > 0;
	hb_blob_destroy(cff);
	hb_font_set_scale(new->font, FONT_EM, FONT_EM);
	measure(new, f->n < 2);
	if (!hb_font_get_nominal_glyph(new->font, ' ', &new->space))
		new->space = 0;
	hb_font_make_immutable(new->font);
	return f->n++;
}

static enum rc add_family(
	struct label_fonts *f, FcConfig *fc, const char *family, bool must, struct err *e)
{
	int got[2] = {-1, -1};

	for (int bold = 0; bold < 2; bold++) {
		FcPattern *p = find(fc, family, bold);

		if (p == NULL)
			continue;
		got[bold] = add(f, p, family);
		FcPatternDestroy(p);
	}
	if (got[0] < 0 && got[1] < 0) {
		if (!must)
			return RC_OK;
		return err_set(e, RC_NOT_FOUND,
			"the font \"%s\" is not installed, or is neither TrueType nor CID-keyed (Debian: "
			"fonts-noto-cjk, fonts-noto-core, fonts-hanazono)",
			family);
	}
	f->chain[0][f->nchain] = (uint8_t)(got[0] >= 0 ? got[0] : got[1]);
	f->chain[1][f->nchain] = (uint8_t)(got[1] >= 0 ? got[1] : got[0]);
	f->nchain++;
	return RC_OK;
}

struct label_fonts *label_fonts_open(struct str list, struct err *e)
{
	bool own = list.n > 0;
	struct str rest = own ? list : STR(LABEL_FONTS_DEFAULT);
	struct label_fonts *f = xcalloc(1, sizeof *f);
	FcConfig *fc = FcInitLoadConfigAndFonts();
	enum rc rc = RC_OK;

	if (fc == NULL)
		rc = err_set(e, RC_IO, "fontconfig cannot read its configuration");
	while (rc == RC_OK && rest.p != NULL) {
		struct str name = str_trim(str_cut(&rest, ','), " \t\"");
		char family[128];

		if (name.n == 0)
			continue;
		if (name.n >= sizeof family || f->nchain == FONTS_MAX / 2) {
			rc = err_set(
				e, RC_INVALID, "too many fonts, or a name that is too long");
			break;
		}
		memcpy(family, name.p, name.n);
		family[name.n] = '\0';
		rc = add_family(f, fc, family, own || f->nchain == 0, e);
	}
	if (rc == RC_OK && f->nchain == 0)
		rc = err_set(e, RC_INVALID, "the font list is empty");
	if (fc != NULL)
		FcConfigDestroy(fc);
	if (rc == RC_OK)
		return f;
	label_fonts_free(f);
	return NULL;
}

void label_fonts_free(struct label_fonts *f)
{
	if (f == NULL)
		return;
	for (int i = 0; i < f->n; i++) {
		hb_font_destroy(f->all[i].font);
		hb_face_destroy(f->all[i].face);
		free(f->all[i].family);
		free(f->all[i].path);
	}
	free(f);
}

uint8_t font_for(const struct label_fonts *f, bool bold, uint32_t ch, uint8_t prefer)
{
	hb_codepoint_t g;

	if (prefer != FONT_NONE &&
		hb_font_get_nominal_glyph(f->all[f->chain[bold][prefer]].font, ch, &g))
		return prefer;
	for (int i = 0; i < f->nchain; i++)
		if (hb_font_get_nominal_glyph(f->all[f->chain[bold][i]].font, ch, &g))
			return (uint8_t)i;
	return FONT_NONE;
}
