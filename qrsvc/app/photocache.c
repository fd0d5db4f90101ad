/* Owns the folder of photos and the descriptors a worker keeps open on it.  Never decodes a
 * photo.  Called by the route of photos. */
#include "qrsvc/app/photocache.h"

#include "qrsvc/app/app.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"
#include "qrsvc/http/resp.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_N 80

struct photo_name {
	unsigned char sha[SHA256_BYTES];
	int width;
};

/* An open, checked file. */
struct open_file {
	struct photo_name name;
	int fd;	       /* 0: free (never a photo) */
	uint64_t size; /* of the photo, without its hash */
	uint64_t used;
};

struct photo_waiter {
	struct photo_waiter *next;
	struct request *rq;
};

struct photo_flight {
	struct photo_flight *next;
	struct photocache *cache;
	struct photo_name name;
	bool kept; /* its file is there; asked is only whether it is still published */
	struct photo_waiter *first;
};

struct photocache {
	struct app *app;
	int folder;	    /* -1: no files are kept */
	int64_t max_folder; /* bytes in each of PHOTO_FOLDERS */
	struct open_file open[PHOTO_OPEN];
	uint64_t clock;
	struct photo_flight *flights;
	size_t nflights;
	int64_t logged_us;
};

/* ---- names ------------------------------------------------------------------------------- */

static bool parse_name(const struct request *rq, struct photo_name *ret_)
{
	static const int widths[] = {320, 1280, 2048};
	uint64_t w;
	struct str sha = rq->arg[0];
	for (size_t i = 0; i < sha.n; i++)
		if (sha.p[i] >= 'A' && sha.p[i] <= 'F')
			return false; /* one address for one photo */
	if (!hex_decode(sha, ret_->sha, SHA256_BYTES) || !str_u64(rq->arg[1], &w) ||
		rq->arg[1].p[0] == '0')
		return false;
	for (size_t i = 0; i < 3; i++)
		if ((int)w == widths[i] && w < 10000) {
			ret_->width = (int)w;
			return true;
		}
	return false;
}

static bool same(const struct photo_name *a, const struct photo_name *b)
{
	return a->width == b->width && memcmp(a->sha, b->sha, SHA256_BYTES) == 0;
}

static void file_name(const struct photo_name *n, char out[NAME_MAX_N])
{
	char hex[SHA256_HEX + 1];
	hex_encode(n->sha, SHA256_BYTES, hex);
	snprintf(out, NAME_MAX_N, "%02x/%s-%d", n->sha[0] % PHOTO_FOLDERS, hex, n->width);
}

static void etag_of(const struct photo_name *n, char out[48])
{
	char hex[SHA256_HEX + 1];
	hex_encode(n->sha, 12, hex);
	snprintf(out, 48, "\"%.24s-%d\"", hex, n->width);
}

/* ---- files ------------------------------------------------------------------------------- */

/* Reads the whole file once; true if its last 32 bytes are the SHA-256 of the others. */
static bool check_file(int fd, uint64_t *ret_size)
{
	struct stat st;
	unsigned char hash[SHA256_BYTES];
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || st.st_size <= (off_t)SHA256_BYTES ||
		st.st_size > (off_t)LIMIT_PHOTO_BYTES)
		return false;
	size_t n = (size_t)st.st_size - SHA256_BYTES;
	const char *p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return false;
	sha256((struct str){p, n}, hash);
	bool ok = memcmp(p + n, hash, SHA256_BYTES) == 0;
	munmap((void *)(uintptr_t)p, (size_t)st.st_size);
	*ret_size = n;
	return ok;
}

static struct open_file *find_open(struct photocache *p, const struct photo_name *name)
{
	for (size_t i = 0; i < PHOTO_OPEN; i++)
		if (p->open[i].fd && same(&p->open[i].name, name)) {
			p->open[i].used = ++p->clock;
			return &p->open[i];
		}
	return NULL;
}

/* Keeps fd open in place of the one that was used longest ago. */
static struct open_file *keep_open(
	struct photocache *p, const struct photo_name *name, int fd, uint64_t size)
{
	struct open_file *oldest = &p->open[0];
	for (size_t i = 1; i < PHOTO_OPEN; i++)
		if (p->open[i].used < oldest->used)
			oldest = &p->open[i];
	if (oldest->fd)
		close(oldest->fd);
	*oldest = (struct open_file){*name, fd, size, ++p->clock};
	return oldest;
}

static bool have_file(const struct photocache *p, const struct photo_name *name)
{
	char path[NAME_MAX_N];
	file_name(name, path);
	return p->folder >= 0 && faccessat(p->folder, path, R_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void forget_file(struct photocache *p, const struct photo_name *name)
{
	char path[NAME_MAX_N];
	struct open_file *f = find_open(p, name);
	if (f) {
		close(f->fd);
		*f = (struct open_file){0};
	}
	file_name(name, path);
	if (p->folder >= 0)
		unlinkat(p->folder, path, 0);
}

static struct open_file *open_photo(struct photocache *p, const struct photo_name *name)
{
	char path[NAME_MAX_N];
	uint64_t size;
	struct open_file *f = find_open(p, name);
	if (f)
		return f;
	file_name(name, path);
	int fd = openat(p->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	if (!check_file(fd, &size)) {
		log_event(LOG_WARNING, "photo.bad_file", LOG_C("name", path));
		shared_add(&p->app->slot->photo_bad, 1);
		unlinkat(p->folder, path, 0);
		close(fd);
		return NULL;
	}
	futimens(fd, NULL); /* still in use: last to be swept */
	return keep_open(p, name, fd, size);
}

struct swept {
	char name[NAME_MAX_N];
	int64_t time, size;
};

/* Deletes the least recently used files of one folder until it fits.  A folder holds about
 * 1/64 of the photos: a few hundred names at most. */
static void sweep(struct photocache *p, unsigned folder)
{
	char name[8];
	int64_t total = 0;
	snprintf(name, sizeof name, "%02x", folder);
	int fd = openat(p->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	if (!d) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (;;) {
		struct swept oldest = {.time = INT64_MAX};
		total = 0;
		rewinddir(d);
		for (struct dirent *e; (e = readdir(d)) != NULL;) {
			struct stat st;
			if (e->d_name[0] == '.' || fstatat(fd, e->d_name, &st, 0) != 0)
				continue;
			total += st.st_size;
			if (st.st_mtime < oldest.time && strlen(e->d_name) < NAME_MAX_N) {
				oldest.time = st.st_mtime;
				snprintf(oldest.name, sizeof oldest.name, "%s", e->d_name);
			}
		}
		if (total <= p->max_folder || !oldest.name[0] ||
			unlinkat(fd, oldest.name, 0) != 0)
			break;
		shared_add(&p->app->slot->photo_evicted, 1);
	}
	closedir(d);
}

static bool write_whole(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}

/* A file appears whole or not at all: unnamed first, linked when it is complete. */
static void store(struct photocache *p, const struct photo_name *name, struct str bytes)
{
	char path[NAME_MAX_N], self[40], folder[8];
	unsigned char hash[SHA256_BYTES];
	unsigned n = name->sha[0] % PHOTO_FOLDERS;
	file_name(name, path);
	snprintf(folder, sizeof folder, "%02x", n);
	mkdirat(p->folder, folder, 0700);
	int fd = openat(p->folder, folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	sha256(bytes, hash);
	bool ok = fd >= 0 && write_whole(fd, bytes) &&
		  write_whole(fd, (struct str){(const char *)hash, sizeof hash});
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	if (ok && linkat(AT_FDCWD, self, p->folder, path, AT_SYMLINK_FOLLOW) != 0)
		ok = errno == EEXIST;
	if (!ok && log_every(&p->logged_us, 60))
		log_event(LOG_WARNING, "photo.not_kept", LOG_C("why", strerror(errno)));
	if (fd >= 0)
		close(fd);
	sweep(p, n);
}

/* ---- answers ----------------------------------------------------------------------------- */

static void answer_file(struct request *rq, const struct photo_name *name, struct open_file *f)
{
	char etag[48];
	etag_of(name, etag);
	int fd = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);
	if (fd < 0) {
		request_error(rq, RC_BUSY);
		return;
	}
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = STR("image/jpeg"),
				  .lines = rq->app->lines_photo,
				  .etag = arena_str(rq->arena, str_c(etag)),
				  .ranges = true,
				  .file = true,
				  .fd = fd,
				  .n = f->size});
}

static void answer_bytes(struct request *rq, const struct photo_name *name, struct blob *b)
{
	char etag[48];
	etag_of(name, etag);
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = STR("image/jpeg"),
				  .lines = rq->app->lines_photo,
				  .etag = arena_str(rq->arena, str_c(etag)),
				  .ranges = true,
				  .blob = b});
}

/* rc RC_OK with bytes: to be kept and sent; without: its file is open. */
static void land(struct photo_flight *f, enum rc rc, struct str bytes)
{
	struct photocache *p = f->cache;
	struct open_file *file = NULL;
	struct blob *blob = NULL;
	if (rc == RC_OK && p->folder >= 0) {
		if (bytes.n)
			store(p, &f->name, bytes);
		file = open_photo(p, &f->name);
	}
	if (rc == RC_OK && !file)
		blob = blob_copy(bytes);
	for (struct photo_waiter *w = f->first, *next; w; w = next) {
		next = w->next;
		if (file)
			answer_file(w->rq, &f->name, file);
		else if (blob)
			answer_bytes(w->rq, &f->name, blob);
		else
			request_error(w->rq, rc);
	}
	blob_unref(blob);
	free(f);
}

static void fly(struct photo_flight *f);

static void flight_end(struct photo_flight *f)
{
	struct photo_flight **at = &f->cache->flights;
	while (*at != f)
		at = &(*at)->next;
	*at = f->next;
	f->cache->nflights--;
}

/* Without the database a file serves: nothing was taken back meanwhile that we could know of.
 */
static void there_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct photo_flight *f = arg;
	if (rc == RC_OK && !str_eq(db_cell(rows, 0, 0), STR("t"))) {
		forget_file(f->cache, &f->name);
		rc = RC_NOT_FOUND;
	} else if (open_photo(f->cache, &f->name)) {
		rc = RC_OK;
	} else if (rc == RC_OK) { /* damaged, or swept a moment ago */
		f->kept = false;
		shared_add(&f->cache->app->slot->photo_misses, 1);
		fly(f);
		return;
	}
	flight_end(f);
	land(f, rc, STR_NONE);
}

static void photo_cb(void *arg, enum rc rc, const struct db_rows *rows)
{
	struct photo_flight *f = arg;
	struct str bytes = STR_NONE;
	unsigned char hash[SHA256_BYTES];
	flight_end(f);
	if (rc == RC_OK)
		bytes = db_count(rows) ? db_cell(rows, 0, 0) : STR_NONE;
	if (rc == RC_OK && !bytes.n)
		rc = RC_NOT_FOUND;
	/* A photo's name is the hash of its 1280 variant. */
	if (rc == RC_OK && f->name.width == 1280) {
		sha256(bytes, hash);
		if (memcmp(hash, f->name.sha, SHA256_BYTES) != 0) {
			log_event(LOG_ERROR, "photo.bad_bytes");
			rc = RC_INTERNAL;
		}
	}
	land(f, rc, bytes);
}

static void fly(struct photo_flight *f)
{
	struct app *a = f->cache->app;
	struct db_param params[] = {
		DB_P_BYTES(((struct str){(const char *)f->name.sha, SHA256_BYTES})),
		DB_P_INT(f->name.width)};
	if (f->kept)
		db_submit(a->db, ST_photo_there, params, 1, a->opt.read_ms, there_cb, f);
	else
		db_submit(a->db, ST_photo_get, params, 2, a->opt.slow_ms, photo_cb, f);
}

static void fetch(struct photocache *p, struct request *rq, const struct photo_name *name)
{
	struct photo_flight *f = p->flights;
	struct photo_waiter *w = arena_alloc(rq->arena, sizeof *w);
	w->rq = rq;
	while (f && !same(&f->name, name))
		f = f->next;
	if (f) {
		w->next = f->first;
		f->first = w;
		return;
	}
	if (p->nflights >= PHOTO_FLIGHTS) {
		request_error(rq, RC_BUSY);
		return;
	}
	f = xcalloc(1, sizeof *f);
	*f = (struct photo_flight){.next = p->flights,
		.cache = p,
		.name = *name,
		.kept = have_file(p, name),
		.first = w};
	p->flights = f;
	p->nflights++;
	fly(f);
}

void request_photo(struct request *rq)
{
	struct photocache *p = rq->app->photos;
	struct photo_name name = {0};
	rq->note.key = str_sub(rq->arg[0], 0, rq->arg[0].n < 16 ? rq->arg[0].n : 16);
	if (!parse_name(rq, &name)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	struct open_file *f = find_open(p, &name);
	bool kept = f || have_file(p, &name);
	rq->note.cache = kept ? 'h' : 'm';
	shared_add(kept ? &p->app->slot->photo_hits : &p->app->slot->photo_misses, 1);
	if (f)
		answer_file(rq, &name, f);
	else
		fetch(p, rq, &name);
}

void photocache_taken_back(struct photocache *p, struct str hex)
{
	static const int widths[] = {320, 1280, 2048};
	struct photo_name name;
	if (!hex_decode(hex, name.sha, SHA256_BYTES))
		return;
	for (size_t i = 0; i < 3; i++) {
		name.width = widths[i];
		forget_file(p, &name);
	}
}

void photocache_doubt(struct photocache *p)
{
	for (size_t i = 0; i < PHOTO_OPEN; i++)
		if (p->open[i].fd) {
			close(p->open[i].fd);
			p->open[i] = (struct open_file){0};
		}
}

/* ---- life -------------------------------------------------------------------------------- */

struct photocache *photocache_new(struct app *a)
{
	struct photocache *p = xcalloc(1, sizeof *p);
	char path[4096];
	p->app = a;
	p->folder = -1;
	p->max_folder = a->opt.photo_bytes / PHOTO_FOLDERS;
	if (!a->opt.state || !a->opt.state[0])
		return p;
	snprintf(path, sizeof path, "%s/photos", a->opt.state);
	mkdir(path, 0700);
	p->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->folder < 0)
		log_event(LOG_WARNING, "photo.no_folder", LOG_C("path", path),
			LOG_C("why", strerror(errno)));
	return p;
}

void photocache_free(struct photocache *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < PHOTO_OPEN; i++)
		if (p->open[i].fd)
			close(p->open[i].fd);
	while (p->flights) {
		struct photo_flight *f = p->flights;
		p->flights = f->next;
		free(f);
	}
	if (p->folder >= 0)
		close(p->folder);
	free(p);
}
