/* qr: one QR symbol; the only door to libqrencode.
 *
 * Every address of a batch has the same length, so version and level are planned once.  The
 * library does not raise the level inside a version by itself: version 3 costs the same room
 * at H as at Q, so the plan takes the highest level that fits (labels.md). */
#ifndef QR_LABELS_QR_H
#define QR_LABELS_QR_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

#define QR_VERSION_MAX 4 /* 4 only on trial sheets */
#define QR_SIDE_MAX (17 + 4 * QR_VERSION_MAX)

struct qr_plan {
	int version, level; /* level as libqrencode numbers it: M 1, Q 2, H 3 */
	int side;	    /* modules */
};

struct qr {
	int side;
	uint8_t m[QR_SIDE_MAX * QR_SIDE_MAX]; /* 1 = dark, row by row */
};

/* For an alphanumeric text of n characters: the highest level of `version` that holds it, never
 * below M; RC_TOO_LARGE if there is none (ISO/IEC 18004 table 7). */
enum rc qr_plan(size_t n, int version, struct qr_plan *ret_, struct err *e);
char qr_level_letter(int level);
/* text: the characters of the alphanumeric mode only. */
enum rc qr_encode(const struct qr_plan *p, const char *text, struct qr *ret_, struct err *e);

#endif
