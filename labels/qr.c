/* Owns the choice of version and level and the calls of libqrencode.  Never draws.  Called by
 * the sheet for each label. */
#include "labels/qr.h"
#include <errno.h>
#include <qrencode.h>

/* Characters of alphanumeric mode per version and level L M Q H (ISO/IEC 18004 table 7). */
static const unsigned short capacity[QR_VERSION_MAX + 1][4] = {
	{0}, {25, 20, 16, 10}, {47, 38, 29, 20}, {77, 61, 47, 35}, {114, 90, 67, 50}};

enum rc qr_plan(size_t n, int version, struct qr_plan *ret_, struct err *e)
{
	for (int level = QR_ECLEVEL_H; level >= QR_ECLEVEL_M; level--) {
		if (n > capacity[version][level])
			continue;
		*ret_ = (struct qr_plan){version, level, 17 + 4 * version};
		return RC_OK;
	}
	return err_set(e, RC_TOO_LARGE,
		"the address in the code is %zu characters long, version %d at level M holds %u",
		n, version, capacity[version][QR_ECLEVEL_M]);
}

char qr_level_letter(int level)
{
	return "LMQH"[level];
}

enum rc qr_encode(const struct qr_plan *p, const char *text, struct qr *ret_, struct err *e)
{
	QRinput *in = QRinput_new2(p->version, (QRecLevel)p->level);
	QRcode *code = NULL;
	enum rc rc = RC_OK;

	if (in != NULL && QRinput_append(in, QR_MODE_AN, (int)strlen(text),
				  (const unsigned char *)text) == 0)
		code = QRcode_encodeInput(in);
	if (code == NULL) {
		rc = err_set(
			e, RC_INVALID, "%s cannot be a QR code: %s", text, strerror(errno));
	} else if (code->width != p->side) {
		rc = err_set(e, RC_TOO_LARGE, "%s does not fit version %d", text, p->version);
	} else {
		ret_->side = code->width;
		for (int i = 0; i < code->width * code->width; i++)
			ret_->m[i] = code->data[i] & 1;
	}
	QRcode_free(code);
	QRinput_free(in);
	return rc;
}
