/* The same sheet with libharu: a path of runs a code, four lines of Chinese, TrueType embedded
 * (it refuses the CFF of Noto CJK).  haru FONT OUT < rows: address, then four texts, by tabs.
 */
#include <hpdf.h>
#include <qrencode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void on_error(HPDF_STATUS e, HPDF_STATUS detail, void *user)
{
	(void)user;
	fprintf(stderr, "libharu: %04lx %lu\n", (unsigned long)e, (unsigned long)detail);
	exit(1);
}

static void draw_code(HPDF_Page page, const char *text, float x, float y, float m)
{
	QRinput *in = QRinput_new2(3, QR_ECLEVEL_H);

	QRinput_append(in, QR_MODE_AN, (int)strlen(text), (unsigned char *)text);
	QRcode *code = QRcode_encodeInput(in);

	for (int r = 0; r < code->width; r++) {
		for (int c = 0, to; c < code->width; c = to) {
			const unsigned char *row = code->data + r * code->width;

			for (to = c + 1; to < code->width && (row[to] & 1) == (row[c] & 1);)
				to++;
			if (row[c] & 1)
				HPDF_Page_Rectangle(page, x + (float)c * m,
					y - (float)(r + 1) * m, (float)(to - c) * m, m);
		}
	}
	HPDF_Page_Fill(page);
	QRcode_free(code);
	QRinput_free(in);
}

int main(int argc, char **argv)
{
	const float mm = 72 / 25.4f;
	char line[2048];
	HPDF_Doc doc = HPDF_New(on_error, NULL);
	HPDF_Page page = NULL;

	if (argc != 3 || doc == NULL)
		return 2;
	HPDF_UseUTFEncodings(doc);
	HPDF_SetCompressionMode(doc, HPDF_COMP_ALL);
	HPDF_Font font =
		HPDF_GetFont(doc, HPDF_LoadTTFontFromFile(doc, argv[1], HPDF_TRUE), "UTF-8");

	for (int n = 0; fgets(line, sizeof line, stdin) != NULL; n++) {
		char *field[5] = {line}, *p = line;

		line[strcspn(line, "\n")] = '\0';
		for (int i = 1; i < 5; i++) {
			p = strchr(p, '\t');
			if (p == NULL)
				return 1;
			*p++ = '\0';
			field[i] = p;
		}
		if (n % 24 == 0) {
			page = HPDF_AddPage(doc);
			HPDF_Page_SetSize(page, HPDF_PAGE_SIZE_A4, HPDF_PAGE_PORTRAIT);
		}
		float x = (float)(n % 3) * 70 * mm,
		      y = (297 - 0.5f - (float)(n % 24 / 3) * 37) * mm;

		draw_code(page, field[0], x + 6.8f * mm, y - 6.8f * mm, 0.804f * mm);
		HPDF_Page_BeginText(page);
		HPDF_Page_SetFontAndSize(page, font, 8);
		for (int i = 1; i < 5; i++)
			HPDF_Page_TextOut(
				page, x + 34 * mm, y - (float)(3 + 5 * i) * mm, field[i]);
		HPDF_Page_EndText(page);
	}
	HPDF_SaveToFile(doc, argv[2]);
	HPDF_Free(doc);
	return 0;
}
