/* photo: what becomes of one photo, as both clients (client.h, client_sync.h) return it.
 *
 * A photo that is taken in comes back as three new JPEG files without any metadata, turned
 * upright, in sRGB, the long side at most 2048, 1280 and 320 pixels (never enlarged: a small
 * photo is the same size in all three).  The same input bytes give the same output bytes on
 * every machine with the same libraries.  The name of a photo on the site is the SHA-256 of its
 * 1280 variant. */
#ifndef QR_PHOTO_PHOTO_H
#define QR_PHOTO_PHOTO_H

#include "qrsvc/base/crypto.h"
#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"
#include "qrsvc/photo/box.h"

enum photo_size { PHOTO_2048, PHOTO_1280, PHOTO_320, PHOTO_SIZES };
/* 2048, 1280, 320. */
extern const int photo_widths[PHOTO_SIZES];

struct photo_variant {
	struct str bytes; /* mapped read-only from a sealed descriptor */
	int w, h;	  /* pixels, upright */
	unsigned char sha256[SHA256_BYTES];
};

/* One photo.  Owns the mappings of its variants: photo_release() once. */
struct photo {
	struct photo_variant v[PHOTO_SIZES];
	const char *type; /* of the original: "image/jpeg", "image/png", ...; static */
	int w, h;	  /* of the original, upright */

	/* Private: never shown to the public (domain.md, privacy). */
	unsigned char original_sha256[SHA256_BYTES];
	uint64_t original_bytes;
	/* EXIF DateTimeOriginal as "2026-11-14T09:20:00", with "+08:00" behind it when the
	 * camera said so; else the camera's own wall clock, zone unknown.  "" = none. */
	char taken[32];
	bool has_place; /* EXIF GPS position, WGS 84 degrees, south and west negative */
	double lat, lon;

	/* 64-bit difference hash of the upright picture: equal or few differing bits = the same
	 * or a near-same photo (photo_distance() <= 6 is a fair warning line). */
	uint64_t dhash;

	/* What it cost inside the decoder, for metrics. */
	uint32_t cpu_us, max_rss_kib;
};

void photo_release(struct photo *p);
/* Differing bits of two difference hashes, 0..64. */
static inline int photo_distance(uint64_t a, uint64_t b)
{
	return __builtin_popcountll(a ^ b);
}

/* A refusal is rc, a message key (err.key) and a line for the log (err.detail):
 *   RC_BAD        photo.empty      no bytes
 *   RC_BAD_TYPE   photo.type       not a JPEG, PNG, WebP or HEIC picture by its content
 *   RC_TOO_LARGE  photo.bytes      more than LIMIT_PHOTO_BYTES
 *   RC_TOO_LARGE  photo.pixels     more than LIMIT_PHOTO_PIXELS or LIMIT_PHOTO_SIDE
 *   RC_INVALID    photo.damaged    truncated or not decodable; nothing of it is used
 *   RC_BAD        photo.boxes      boxes that do not lie in the picture, or too many
 *   RC_INVALID    photo.costly     needs more memory or time than a photo may, or the decoder
 *                                  died on it
 * These are final: the same bytes are refused again.  Not the photo's fault, so worth another
 * try (nothing was kept of the first):
 *   RC_UNAVAILABLE photo.away      the photo process is gone; try once more when it is back
 *   RC_BUSY        photo.busy      too many photos wait
 *   RC_TIMEOUT     photo.away      no answer by the deadline
 *   RC_INTERNAL    photo.away      the photo process could not do its part (no memory for an
 *                                  output, a descriptor it cannot read) */

#endif
