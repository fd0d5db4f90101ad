/* qr_any: a QR symbol of any bytes, for screens: the key of a second factor.  Labels have qr.h.
 */
#ifndef QR_LABELS_QR_ANY_H
#define QR_LABELS_QR_ANY_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

#define QR_ANY_VERSION 15 /* at level M: 412 bytes */
#define QR_ANY_SIDE (17 + 4 * QR_ANY_VERSION)

struct qr_any {
	int side;
	uint8_t m[QR_ANY_SIDE * QR_ANY_SIDE]; /* 1 = dark, row by row */
};

/* Level M, the smallest version that holds it; RC_TOO_LARGE. */
enum rc qr_any_encode(struct str bytes, struct qr_any *ret_, struct err *e);

#endif
