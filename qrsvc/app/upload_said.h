/* upload_said: what a file that was sent says of itself.  Pure; for upload.c. */
#ifndef QR_APP_UPLOAD_SAID_H
#define QR_APP_UPLOAD_SAID_H

#include "qrsvc/base/arena.h"

/* When a photo was taken, for a parameter: with the offset of the deployment's zone where the
 * camera names none, since it stands there; STR_NONE: it does not say, or says nonsense. */
struct str upload_taken_at(struct arena *a, const char *taken);
/* A PDF by its content (ISO 32000-1 7.5.2: the header is its first line; 7.5.5: its last line
 * is
 * %%EOF, which readers take within the last 1024 bytes). */
bool upload_is_pdf(struct str s);

#endif
