/* Owns one call of libqrencode, for texts that are no label's.  Called by the pages of
 * accounts. */
#include "labels/qr_any.h"

#include <qrencode.h>

enum rc qr_any_encode(struct str bytes, struct qr_any *ret_, struct err *e)
{
	QRcode *code = bytes.n && bytes.n < 2000
			       ? QRcode_encodeData((int)bytes.n, (const unsigned char *)bytes.p,
					 0, QR_ECLEVEL_M)
			       : NULL;
	if (!code || code->width > QR_ANY_SIDE) {
		QRcode_free(code);
		return err_set(e, RC_TOO_LARGE, "%zu bytes do not fit a QR code", bytes.n);
	}
	ret_->side = code->width;
	for (int i = 0; i < code->width * code->width; i++)
		ret_->m[i] = code->data[i] & 1;
	QRcode_free(code);
	return RC_OK;
}
