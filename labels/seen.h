/* seen: a set of label codes. */
#ifndef QR_LABELS_SEEN_H
#define QR_LABELS_SEEN_H

#include "qrsvc/base/str.h"

struct seen {
	unsigned char *slot; /* five bytes each; free() */
	size_t n, cap;
	bool zero; /* 00000000 is in it */
};

/* code: normalised and checked.  false if it was there already. */
bool seen_add(struct seen *s, const char code[9]);

#endif
