/* decoder_icc: colours of other profiles, brought to sRGB.
 *
 * Published photos carry no profile, so they must be sRGB.  Phones write Display P3, cameras
 * sometimes Adobe RGB: both, like every RGB profile made of three primaries and three curves
 * (ICC.1:2010 8.3), are converted here, at output size, in linear light.  A profile that says
 * sRGB costs nothing.  What is left as it is: profiles made of tables (scanners, printers),
 * CMYK and gray profiles, PNG's gAMA and cHRM. */
#ifndef QR_PHOTO_DECODER_ICC_H
#define QR_PHOTO_DECODER_ICC_H

#include "qrsvc/base/str.h"
#include "qrsvc/photo/decoder_picture.h"

struct icc {
	float linear[3][256]; /* R, G, B to linear light */
	float matrix[3][3];   /* linear RGB of the profile to linear sRGB */
};

/* True if the profile is understood and differs from sRGB enough to be seen. */
bool icc_parse(struct str profile, struct icc *ret_);
void icc_to_srgb(const struct icc *icc, struct raster *r);

#endif
