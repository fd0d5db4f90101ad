/* demophoto: what one demo picture shows; private to demophoto*.c. */
#ifndef QR_TOOLS_DEMOPHOTO_H
#define QR_TOOLS_DEMOPHOTO_H

#include "qrsvc/base/str.h"

enum demo_slot { DEMO_BEFORE, DEMO_DURING, DEMO_AFTER, DEMO_LID };

struct demo {
	enum demo_slot slot;
	uint32_t seed;
	int w, h, quality, orientation;
	const char *title, *date; /* second and third line of the board */
	const char *taken, *out;
	bool gps, dirty, progressive;
	double lat, lon;
};

/* w * h * 3 bytes, upright. */
void demo_draw(const struct demo *d, unsigned char *ret_rgb);
/* "Exif\0\0" and a TIFF block; bytes written, 0 when there is nothing to say. */
size_t demo_exif(const struct demo *d, unsigned char *ret_, size_t size);

struct rgb {
	float r, g, b;
};
/* The board with its three lines, over what is behind it; x, y in units of the picture's
 * height, 0, 0 in its middle. */
struct rgb board_over(const struct demo *d, struct rgb behind, float x, float y);

#endif
