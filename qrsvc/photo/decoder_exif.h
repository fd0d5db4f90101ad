/* decoder_exif: the three things we want to know of a photo's EXIF block, and nothing else.
 *
 * An own reader of about a hundred lines rather than libexif: only IFD0, the Exif IFD and the
 * GPS IFD are looked at, nothing is allocated, no pointer chain is longer than one step (so no
 * loop is possible), maker notes and thumbnails are never touched.  It runs inside the jail and
 * is fuzzed outside of it (tests/fuzz/fuzz_exif.c).
 * Source: CIPA DC-008-2019 (Exif 2.32) 4.6; TIFF 6.0 section 2. */
#ifndef QR_PHOTO_DECODER_EXIF_H
#define QR_PHOTO_DECODER_EXIF_H

#include "qrsvc/base/str.h"

struct exif {
	int orientation; /* 1..8, tag 0x0112; 1 when absent or nonsense */
	char taken[32];	 /* DateTimeOriginal (else DateTimeDigitized), as photo.h; "" = none */
	bool has_place;
	double lat, lon; /* WGS 84 degrees; 0, 0 counts as unknown (receivers without a fix) */
};

/* tiff: from "II*" or "MM*" on; a leading "Exif\0\0" is skipped.  Always fills *ret_; damage
 * only means that less is found. */
void exif_read(struct str tiff, struct exif *ret_);

#endif
