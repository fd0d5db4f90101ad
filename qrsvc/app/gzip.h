/* gzip: the door to libdeflate.  One buffer at once, in memory. */
#ifndef QR_APP_GZIP_H
#define QR_APP_GZIP_H

#include "qrsvc/base/str.h"

struct gzip;
/* level 1 (fast) .. 12 (small). */
struct gzip *gzip_new(int level);
void gzip_free(struct gzip *g);
/* RFC 1952, valid until the next call; STR_NONE if it would not be smaller. */
struct str gzip_pack(struct gzip *g, struct str s);

#endif
