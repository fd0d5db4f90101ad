/* Owns: photos of an import, from a file on disk to rows of core.photo.  Every picture goes
 * through qrsvc-photod; its bytes are never looked at here.  Called by import.c. */
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "qrsvc/base/limits.h"
#include "qrsvc/cli/import.h"
#include "qrsvc/config.h"
#include "qrsvc/photo/client_sync.h"

struct import_photos {
	struct photo_sync sync;
	char base[PATH_MAX];
	struct sbuf arrays; /* the three files as an array of bytea */
};

/* Places in import_columns[IMPORT_PHOTOS]. */
enum { V_SLOT = 3, V_FILE = 4, V_TAKEN = 5 };

enum rc import_photos_start(struct import *im, const char *base, struct err *e)
{
	struct import_photos *ph = xcalloc(1, sizeof *ph);
	char path[PATH_MAX];
	enum rc rc;

	im->photos = ph;
	ph->sync.fd = -1;
	snprintf(ph->base, sizeof ph->base, "%s", base);
	sbuf_init(&ph->arrays, 3u * 2 * LIMIT_PHOTO_BYTES);
	im->spool = tmpfile();
	if (!im->spool)
		return err_set(e, RC_IO, "no temporary file: %s", strerror(errno));
	if (im->cfg->photod && im->cfg->photod[0])
		snprintf(path, sizeof path, "%s", im->cfg->photod);
	else if (!photo_default_path(path, sizeof path))
		return err_set(e, RC_INTERNAL, "the path of qrsvc-photod is too long");
	rc = photo_sync_start(&ph->sync, path, e);
	return rc;
}

void import_photos_stop(struct import *im)
{
	if (im->spool)
		fclose(im->spool);
	if (!im->photos)
		return;
	photo_sync_stop(&im->photos->sync);
	sbuf_release(&im->photos->arrays);
	free(im->photos);
	im->photos = NULL;
}

/* {"\\xFFD8...","\\x..."}: bytea in the text form of an array. */
static void write_arrays(struct sbuf *b, const struct photo *p)
{
	sbuf_clear(b);
	sbuf_byte(b, '{');
	for (int i = 0; i < PHOTO_SIZES; i++) {
		sbuf_puts(b, i ? ",\"\\\\x" : "\"\\\\x");
		sbuf_hex(b, p->v[i].bytes.p, p->v[i].bytes.n);
		sbuf_byte(b, '"');
	}
	sbuf_byte(b, '}');
}

static enum rc store(struct import *im, const struct photo *p, struct str taken, struct err *e)
{
	const struct photo_variant *v = &p->v[PHOTO_1280];
	struct str lon = STR_NONE, lat = STR_NONE;

	write_arrays(&im->photos->arrays, p);
	if (im->photos->arrays.over)
		return err_set(e, RC_INTERNAL, "a photo came out larger than it may be");
	if (p->has_place) {
		lon = arena_fmt(&im->row, "%.6f", p->lon);
		lat = arena_fmt(&im->row, "%.6f", p->lat);
	}
	struct pgsync_param params[] = {
		PG_BYTES(((struct str){(const char *)v->sha256, SHA256_BYTES})),
		PG_INT(v->w),
		PG_INT(v->h),
		PG_BYTES(((struct str){(const char *)p->original_sha256, SHA256_BYTES})),
		PG_TEXT(taken),
		PG_TEXT(lon),
		PG_TEXT(lat),
		PG_INT((int64_t)p->dhash),
		PG_TEXT(arena_fmt(&im->row, "{%d,%d,%d}", photo_widths[0], photo_widths[1],
			photo_widths[2])),
		PG_TEXT(sbuf_view(&im->photos->arrays)),
	};
	return pgsync_query(im->pg,
		"SELECT api.photo_put($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", params, 10,
		NULL, e);
}

static void refuse(struct refusal *why, const char *reason, const char *detail)
{
	why->reason = reason;
	snprintf(why->detail, sizeof why->detail, "%.*s", (int)sizeof why->detail - 1, detail);
}

/* Names of files stay inside the folder of the table. */
static bool inside(struct str name)
{
	struct str rest = name;

	if (name.n == 0 || name.p[0] == '/')
		return false;
	while (rest.p)
		if (str_eq(str_cut(&rest, '/'), STR("..")))
			return false;
	return true;
}

enum rc import_photos_row(
	struct import *im, struct str *values, struct refusal *why, struct err *e)
{
	struct import_photos *ph = im->photos;
	struct str name = values[V_FILE], taken = values[V_TAKEN];
	char hex[SHA256_HEX + 1];
	struct photo photo;
	enum rc rc;
	int fd;

	if (!name.p || !inside(name)) {
		refuse(why, "bad_file", "no name of a file beside the table");
		return RC_OK;
	}
	fd = open(
		arena_fmt(&im->row, "%s/%.*s", ph->base, STR_F(name)).p, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		refuse(why, "no_file", strerror(errno));
		return RC_OK;
	}
	rc = photo_sync_fd(&ph->sync, fd, &photo, e);
	close(fd);
	if (rc == RC_BAD || rc == RC_BAD_TYPE || rc == RC_TOO_LARGE || rc == RC_INVALID) {
		refuse(why, e->key ? e->key : "photo", e->detail);
		return RC_OK;
	}
	if (rc != RC_OK)
		return rc;
	/* The camera's clock has no zone of its own: it is the place's. */
	if (!taken.p && photo.taken[0])
		taken = strlen(photo.taken) > 19 ? arena_fmt(&im->row, "%s", photo.taken)
						 : arena_fmt(&im->row, "%s %s", photo.taken,
							   im->profile->scope.timezone
								   ? im->profile->scope.timezone
								   : im->cfg->timezone);
	rc = store(im, &photo, taken, e);
	hex_encode(photo.v[PHOTO_1280].sha256, SHA256_BYTES, hex);
	photo_release(&photo);
	values[V_FILE] = arena_fmt(&im->row, "%s", hex);
	values[V_TAKEN] = taken;
	return rc;
}

/* --- a folder of photos --- */

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strverscmp((*a)->fts_name, (*b)->fts_name);
}

/* "RC1%2F2" -> "RC1/2"; a stray percent sign stays. */
static struct str unescape(struct arena *a, const char *s)
{
	char *out = arena_alloc(a, strlen(s) + 1);
	size_t n = 0;

	for (; *s; s++) {
		unsigned char c;

		if (*s == '%' && strlen(s) > 2 && hex_decode((struct str){s + 1, 2}, &c, 1)) {
			out[n++] = (char)c;
			s += 2;
		} else {
			out[n++] = *s;
		}
	}
	return (struct str){out, n};
}

static void folder_row(struct sbuf *b, struct arena *a, const FTSENT *file)
{
	struct str slot = str_c(file->fts_name);
	struct str name = slot;

	slot = str_cut(&name, '.');
	for (size_t i = 0; i < slot.n; i++)
		if (slot.p[i] == '-')
			slot.n = i;
	sbuf_csv(b, unescape(a, file->fts_parent->fts_name));
	sbuf_byte(b, ',');
	sbuf_csv(b, slot);
	sbuf_byte(b, ',');
	sbuf_csv(b, arena_fmt(a, "%s/%s", file->fts_parent->fts_name, file->fts_name));
	sbuf_byte(b, '\n');
}

enum rc import_photos_folder(const char *dir, char ret_path[32], struct err *e)
{
	char *paths[] = {(char *)(uintptr_t)dir, NULL};
	FTS *walk = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	int fd = memfd_create("photos", MFD_CLOEXEC);
	enum rc rc = RC_OK;
	struct arena a;
	struct sbuf b;
	FTSENT *x;

	if (!walk || fd < 0)
		return err_set(e, RC_IO, "cannot read %s: %s", dir, strerror(errno));
	arena_init(&a);
	sbuf_init(&b, LIMIT_CSV_ROW * 16);
	sbuf_puts(&b, "record,slot,file\n");
	while (rc == RC_OK && (x = fts_read(walk))) {
		if (x->fts_info == FTS_F && x->fts_level == 2 && x->fts_name[0] != '.')
			folder_row(&b, &a, x);
		if (b.n > LIMIT_CSV_ROW || (x->fts_info == FTS_DP && x->fts_level == 0)) {
			if (b.over || write(fd, b.p, b.n) != (ssize_t)b.n)
				rc = err_set(e, RC_IO, "no memory for the list of %s", dir);
			sbuf_clear(&b);
			arena_reset(&a);
		}
	}
	fts_close(walk);
	sbuf_release(&b);
	arena_release(&a);
	snprintf(ret_path, 32, "/proc/self/fd/%d", fd);
	return rc;
}
