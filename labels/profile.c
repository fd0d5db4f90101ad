/* Owns printer profiles: a small INI file per printer, a section per stock.  Called by qrlabels
 * and the jobs. */
#include "labels/label.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/ini.h"
#include "qrsvc/base/sbuf.h"
#include <errno.h>
#include <unistd.h>

#define PROFILE_MAX 65536

struct reader {
	const char *stock, *path;
	struct label_profile exact, any;
	bool has_exact, has_any;
	char why[160];
};

/* "-1.25" times 1000, or times 1000000 for a scale. */
static bool decimal(const char *v, int places, int64_t *ret_)
{
	int64_t n = 0;
	bool minus = *v == '-';
	int after = -1, digits = 0;

	for (v += minus; *v != '\0'; v++) {
		if (*v == '.' && after < 0) {
			after = 0;
			continue;
		}
		if (*v < '0' || *v > '9' || after == places || n > 100000000)
			return false;
		n = n * 10 + (*v - '0');
		digits++;
		after += after >= 0;
	}
	for (int i = after < 0 ? 0 : after; i < places; i++)
		n *= 10;
	*ret_ = minus ? -n : n;
	return digits > 0;
}

static int set(struct reader *r, struct label_profile *p, const char *key, const char *v)
{
	bool scale = strncmp(key, "scale_", 6) == 0;
	int64_t n;

	if (!decimal(v, scale ? 6 : 3, &n)) {
		snprintf(r->why, sizeof r->why, "%s = %.40s: not a number", key, v);
		return 0;
	}
	if (scale ? n < 900000 || n > 1100000 : n < -30000 || n > 30000) {
		snprintf(r->why, sizeof r->why, "%s = %.40s: out of range", key, v);
		return 0;
	}
	if (strcmp(key, "dx") == 0)
		p->dx = (int32_t)n;
	else if (strcmp(key, "dy") == 0)
		p->dy = (int32_t)n;
	else if (strcmp(key, "scale_x") == 0)
		p->scale_x = (int32_t)n;
	else if (strcmp(key, "scale_y") == 0)
		p->scale_y = (int32_t)n;
	else
		snprintf(r->why, sizeof r->why, "unknown key \"%.40s\"", key);
	return r->why[0] == '\0';
}

static enum rc on_entry(void *arg, const struct ini_entry *entry, struct err *e)
{
	struct reader *r = arg;
	struct label_profile unused = {0}, *p = &unused;

	if (strcmp(entry->section, r->stock) == 0) {
		r->has_exact = true;
		p = &r->exact;
	} else if (strcmp(entry->section, "*") == 0) {
		r->has_any = true;
		p = &r->any;
	}
	if (set(r, p, entry->key, entry->value.p))
		return RC_OK;
	return err_set(e, RC_INVALID, "%s:%d: %s", r->path, entry->line, r->why);
}

bool label_profile_load(
	const char *path, const char *stock, struct label_profile *ret_, struct err *e)
{
	struct reader r = {.stock = stock, .path = path};

	if (access(path, R_OK) != 0) {
		err_set(e, RC_NOT_FOUND, "printer profile %s: %s", path, strerror(errno));
		return false;
	}
	if (ini_read(path, on_entry, &r, e) != RC_OK)
		return false;
	if (!r.has_exact && !r.has_any) {
		err_set(e, RC_NOT_FOUND,
			"printer profile %s has no section [%s] and no [*]: measure it with "
			"`qrlabels calibrate`",
			path, stock);
		return false;
	}
	*ret_ = r.has_exact ? r.exact : r.any;
	return true;
}

static void put_decimal(struct sbuf *b, const char *key, int32_t v, int unit, int places)
{
	unsigned u = (unsigned)(v < 0 ? -v : v);

	sbuf_fmt(b, "%s = %s%u.%0*u\n", key, v < 0 ? "-" : "", u / (unsigned)unit, places,
		u % (unsigned)unit);
}

/* Everything of the old file but [stock]. */
static void copy_others(struct str old, const char *stock, struct sbuf *b)
{
	bool mine = false;

	while (old.p != NULL && old.n > 0) {
		struct str line = str_cut(&old, '\n'), bare = str_trim(line, " \t\r");

		if (bare.n > 1 && bare.p[0] == '[')
			mine = str_eq(str_trim(bare, "[]"), str_c(stock));
		if (!mine) {
			sbuf_str(b, line);
			sbuf_byte(b, '\n');
		}
	}
}

bool label_profile_save(
	const char *path, const char *stock, struct label_profile p, struct err *e)
{
	char *old = xmalloc(PROFILE_MAX), temp[1024];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(old, 1, PROFILE_MAX, f) : 0;
	struct sbuf b;
	bool ok;

	if (f != NULL)
		fclose(f);
	sbuf_init(&b, 2 * PROFILE_MAX);
	copy_others((struct str){old, n}, stock, &b);
	free(old);
	sbuf_fmt(&b, "[%s]\n", stock);
	put_decimal(&b, "dx", p.dx, 1000, 3);
	put_decimal(&b, "dy", p.dy, 1000, 3);
	put_decimal(&b, "scale_x", p.scale_x ? p.scale_x : 1000000, 1000000, 6);
	put_decimal(&b, "scale_y", p.scale_y ? p.scale_y : 1000000, 1000000, 6);
	snprintf(temp, sizeof temp, "%s.new", path);
	f = fopen(temp, "we");
	ok = f != NULL && fwrite(b.p, 1, b.n, f) == b.n;
	ok = (f == NULL || fclose(f) == 0) && ok && rename(temp, path) == 0;
	if (!ok) {
		err_set(e, RC_IO, "%s: %s", path, strerror(errno));
		unlink(temp);
	}
	sbuf_release(&b);
	return ok;
}

bool label_profile_solve(int32_t near_want, int32_t near_got, int32_t far_want, int32_t far_got,
	int32_t *ret_offset, int32_t *ret_scale, struct err *e)
{
	int64_t want = (int64_t)far_want - near_want, got = (int64_t)far_got - near_got;

	if (want <= 0 || got <= 0) {
		err_set(e, RC_INVALID, "the far reading must be larger than the near one");
		return false;
	}
	/* The printer puts w at o + s w; to hit w, ask for (w - o) / s. */
	int64_t scale = (want * 1000000 + got / 2) / got;
	int64_t offset = near_want - (near_got * scale + 500000) / 1000000;

	if (scale < 900000 || scale > 1100000 || offset < -30000 || offset > 30000) {
		err_set(e, RC_INVALID,
			"these readings mean an offset of %lld mm and a scale of %lld %%: measure "
			"again, in mm from the left and the top edge of the paper",
			(long long)offset / 1000, (long long)scale / 10000);
		return false;
	}
	*ret_offset = (int32_t)offset;
	*ret_scale = (int32_t)scale;
	return true;
}
