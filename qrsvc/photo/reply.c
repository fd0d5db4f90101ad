/* Owns the words for refusals and the mappings of finished photos.  Never blocks.  Called by
 * client.c and client_sync.c. */
#include "qrsvc/photo/reply.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

const int photo_widths[PHOTO_SIZES] = {PHOTO_LONG_SIDE, 1280, 320};

_Static_assert((int)PHOTO_SIZES == PHOTO_SIZES_N, "one descriptor a size");
_Static_assert(SHA256_BYTES == sizeof((struct photo_answer *)0)->original_sha256, "SHA-256");

static const struct {
	enum rc rc;
	const char *key, *text;
} words[PHOTO_WHY_COUNT] = {
	[PHOTO_WHY_EMPTY] = {RC_BAD, "photo.empty", "the photo file is empty"},
	[PHOTO_WHY_TYPE] = {RC_BAD_TYPE, "photo.type", "not a JPEG, PNG, WebP or HEIC picture"},
	[PHOTO_WHY_BYTES] = {RC_TOO_LARGE, "photo.bytes", "the photo is over 12 MiB"},
	[PHOTO_WHY_PIXELS] = {RC_TOO_LARGE, "photo.pixels",
		"the photo is over 50 megapixels or 12000 pixels a side"},
	[PHOTO_WHY_DAMAGED] = {RC_INVALID, "photo.damaged",
		"the photo is damaged or incomplete"},
	[PHOTO_WHY_COSTLY] = {RC_INVALID, "photo.costly",
		"the photo needs too much memory or time"},
	[PHOTO_WHY_CRASHED] = {RC_INVALID, "photo.costly", "the photo made its decoder fail"},
	[PHOTO_WHY_TIME] = {RC_INVALID, "photo.costly", "the photo took too long to decode"},
	[PHOTO_WHY_INTERNAL] = {RC_INTERNAL, "photo.away",
		"the photo process could not do its part"},
	[PHOTO_WHY_BOXES] = {RC_BAD, "photo.boxes", "boxes that do not lie in the picture"},
};

static const char *const types[PHOTO_TYPES] = {
	"", "image/jpeg", "image/png", "image/webp", "image/heic"};

enum rc reply_fail(struct err *e, enum rc rc, const char *detail)
{
	err_set(e, rc, "%s", detail);
	if (e)
		e->key = rc == RC_BUSY ? "photo.busy" : "photo.away";
	return rc;
}

void photo_release(struct photo *p)
{
	for (int i = 0; i < PHOTO_SIZES; i++)
		if (p->v[i].bytes.p)
			munmap((void *)(uintptr_t)p->v[i].bytes.p, p->v[i].bytes.n);
	*p = (struct photo){0};
}

/* The bytes may not change under the reader: photod could have been taken over. */
static bool variant_map(int fd, uint64_t bytes, struct photo_variant *v)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	struct stat st;
	void *p;

	if ((fcntl(fd, F_GET_SEALS) & seals) != seals || fstat(fd, &st) != 0 ||
		st.st_size < 1 || st.st_size > PHOTO_OUT_MAX || (uint64_t)st.st_size != bytes)
		return false;
	p = mmap(NULL, (size_t)bytes, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	v->bytes.p = p;
	v->bytes.n = (size_t)bytes;
	return true;
}

static bool photo_fill(const struct photo_answer *a, const int *fds, struct photo *p)
{
	const struct photo_found *f = &a->found;

	*p = (struct photo){
		.type = types[f->type],
		.w = (int)f->w,
		.h = (int)f->h,
		.original_bytes = a->original_bytes,
		.has_place = f->has_place,
		.lat = f->lat,
		.lon = f->lon,
		.dhash = f->dhash,
		.cpu_us = a->cpu_us,
		.max_rss_kib = a->max_rss_kib,
	};
	memcpy(p->original_sha256, a->original_sha256, SHA256_BYTES);
	memcpy(p->taken, f->taken, sizeof p->taken);
	for (int i = 0; i < PHOTO_SIZES; i++) {
		p->v[i].w = (int)f->vw[i];
		p->v[i].h = (int)f->vh[i];
		memcpy(p->v[i].sha256, a->sha256[i], SHA256_BYTES);
		if (!variant_map(fds[i], a->bytes[i], &p->v[i])) {
			photo_release(p);
			return false;
		}
	}
	return true;
}

bool reply_parse(const void *data, size_t n, const int *fds, size_t nfds, uint64_t *ret_id,
	enum rc *ret_rc, struct photo *ret_photo, struct err *e)
{
	struct photo_answer a;
	bool ok = false;

	if (n != sizeof a)
		goto out;
	memcpy(&a, data, sizeof a);
	a.found.taken[sizeof a.found.taken - 1] = 0;
	a.found.say[sizeof a.found.say - 1] = 0;
	if (a.magic != PHOTO_MAGIC || a.say != PHOTO_SAY_ANSWER ||
		a.found.why >= PHOTO_WHY_COUNT || a.found.type >= PHOTO_TYPES ||
		nfds != (a.found.why == PHOTO_WHY_OK ? PHOTO_SIZES_N : 0))
		goto out;
	*ret_id = a.id;
	*ret_rc = RC_OK;
	if (a.found.why != PHOTO_WHY_OK) {
		*ret_rc = err_set(e, words[a.found.why].rc, "%s%s%s", words[a.found.why].text,
			a.found.say[0] ? ": " : "", a.found.say);
		if (e)
			e->key = words[a.found.why].key;
	} else if (!photo_fill(&a, fds, ret_photo)) {
		*ret_rc = reply_fail(e, RC_INTERNAL, "a finished photo cannot be mapped");
	}
	ok = true;
out:
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	return ok;
}
