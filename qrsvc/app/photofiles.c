/* Owns the folder of photos and the descriptors a worker keeps open on it.  Never asks the
 * database, never decodes a photo.  Called by photocache.c. */
#include "qrsvc/app/photofiles.h"

#include "qrsvc/base/limits.h"
#include "qrsvc/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_MAX_N 80

bool photo_name_same(const struct photo_name *a, const struct photo_name *b)
{
	return a->width == b->width && memcmp(a->sha, b->sha, SHA256_BYTES) == 0;
}

static void file_name(const struct photo_name *n, char out[NAME_MAX_N])
{
	char hex[SHA256_HEX + 1];
	hex_encode(n->sha, SHA256_BYTES, hex);
	snprintf(out, NAME_MAX_N, "%02x/%s-%d", n->sha[0] % PHOTO_FOLDERS, hex, n->width);
}

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

struct photo_file *photofiles_find(struct photofiles *p, const struct photo_name *name)
{
	for (size_t i = 0; i < PHOTO_OPEN; i++)
		if (p->open[i].fd && photo_name_same(&p->open[i].name, name)) {
			p->open[i].used = ++p->clock;
			return &p->open[i];
		}
	return NULL;
}

/* Keeps fd open in place of the one that was used longest ago. */
static struct photo_file *keep_open(
	struct photofiles *p, const struct photo_name *name, int fd, uint64_t size)
{
	struct photo_file *oldest = &p->open[0];
	for (size_t i = 1; i < PHOTO_OPEN; i++)
		if (p->open[i].used < oldest->used)
			oldest = &p->open[i];
	if (oldest->fd)
		close(oldest->fd);
	*oldest = (struct photo_file){*name, fd, size, ++p->clock};
	return oldest;
}

bool photofiles_have(const struct photofiles *p, const struct photo_name *name)
{
	char path[NAME_MAX_N];
	file_name(name, path);
	return p->folder >= 0 && faccessat(p->folder, path, R_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

void photofiles_forget(struct photofiles *p, const struct photo_name *name)
{
	char path[NAME_MAX_N];
	struct photo_file *f = photofiles_find(p, name);
	if (f) {
		close(f->fd);
		*f = (struct photo_file){0};
	}
	file_name(name, path);
	if (p->folder >= 0)
		unlinkat(p->folder, path, 0);
}

struct photo_file *photofiles_open(struct photofiles *p, const struct photo_name *name)
{
	char path[NAME_MAX_N];
	uint64_t size;
	struct photo_file *f = photofiles_find(p, name);
	if (f)
		return f;
	file_name(name, path);
	int fd = openat(p->folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return NULL;
	if (!check_file(fd, &size)) {
		log_event(LOG_WARNING, "photo.bad_file", LOG_C("name", path));
		shared_add(&p->slot->photo_bad, 1);
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
static void sweep(struct photofiles *p, unsigned folder)
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
		shared_add(&p->slot->photo_evicted, 1);
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

/* Unnamed first, linked when it is complete. */
void photofiles_store(struct photofiles *p, const struct photo_name *name, struct str bytes)
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

void photofiles_close(struct photofiles *p)
{
	for (size_t i = 0; i < PHOTO_OPEN; i++)
		if (p->open[i].fd) {
			close(p->open[i].fd);
			p->open[i] = (struct photo_file){0};
		}
}

void photofiles_init(
	struct photofiles *p, const char *state, int64_t bytes, struct shared_slot *slot)
{
	char path[4096];
	*p = (struct photofiles){
		.slot = slot, .folder = -1, .max_folder = bytes / PHOTO_FOLDERS};
	if (!state || !state[0])
		return;
	snprintf(path, sizeof path, "%s/photos", state);
	mkdir(path, 0700);
	p->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (p->folder < 0)
		log_event(LOG_WARNING, "photo.no_folder", LOG_C("path", path),
			LOG_C("why", strerror(errno)));
}

void photofiles_release(struct photofiles *p)
{
	photofiles_close(p);
	if (p->folder >= 0)
		close(p->folder);
}
