/* Owns the folder of a static copy: its list, what is written and deleted.  Never writes
 * outside of it, never over half a file.  Called by mirror.c. */
#include "qrsvc/cli/mirror.h"

#include "qrsvc/app/hash.h"
#include "qrsvc/cli/cli.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST ".qrsvc-mirror"
#define NEW ".qrsvc-mirror.new"
#define LIST_MAX (1024u * 1024 * 1024)
#define SET_FIRST 1024
#define UNKNOWN                                                                       \
	1 /* a hash: written by a run that did not come to its end, whatever it holds \
	   */

struct mirror_files {
	int dir;
	FILE *journal; /* the list, open at its end: what this run writes is on it before it is
			  there */
	char *path;
	struct mirror_set set;
};

/* ---- the set ----------------------------------------------------------------------------- */

static void set_grow(struct mirror_set *s)
{
	struct mirror_set big = {.room = s->room ? s->room * 2 : SET_FIRST};
	big.slot = xcalloc(big.room, sizeof *big.slot);
	for (size_t i = 0; i < s->room; i++) {
		if (!s->slot[i].key)
			continue;
		size_t at = hash_bytes(0, str_c(s->slot[i].key)) & (big.room - 1);
		while (big.slot[at].key)
			at = (at + 1) & (big.room - 1);
		big.slot[at] = s->slot[i];
	}
	big.n = s->n;
	free(s->slot);
	*s = big;
}

struct mirror_entry *mirror_set_add(struct mirror_set *s, const char *key, bool *ret_new)
{
	if (s->n * 2 >= s->room)
		set_grow(s);
	size_t at = hash_bytes(0, str_c(key)) & (s->room - 1);
	while (s->slot[at].key && strcmp(s->slot[at].key, key) != 0)
		at = (at + 1) & (s->room - 1);
	*ret_new = !s->slot[at].key;
	if (*ret_new) {
		s->slot[at].key = xstrdup(key);
		s->n++;
	}
	return &s->slot[at];
}

void mirror_set_release(struct mirror_set *s)
{
	for (size_t i = 0; i < s->room; i++)
		free(s->slot[i].key);
	free(s->slot);
	*s = (struct mirror_set){0};
}

/* ---- writing ----------------------------------------------------------------------------- */

static bool folders(int dir, const char *file)
{
	char part[MIRROR_PATH + 40];
	snprintf(part, sizeof part, "%s", file);
	for (char *slash = part; (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = 0;
		if (mkdirat(dir, part, 0755) != 0 && errno != EEXIST)
			return false;
		*slash = '/';
	}
	return true;
}

/* Beside its place, then there: a reader never sees half of it. */
static bool write_file(int dir, const char *file, struct str bytes, bool sync)
{
	int fd = openat(dir, NEW, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	bool good = fd >= 0;
	while (good && bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);
		good = n > 0;
		if (good)
			bytes = str_sub(bytes, (size_t)n, bytes.n);
	}
	good = good && (!sync || fdatasync(fd) == 0);
	if (fd >= 0 && close(fd) != 0)
		good = false;
	return good && folders(dir, file) && renameat(dir, NEW, dir, file) == 0;
}

/* ---- opening ----------------------------------------------------------------------------- */

/* A name of the list may only be one this program could have written. */
static bool inside(struct str file)
{
	return file.n && file.p[0] != '/' && file.p[0] != '.' &&
	       str_find(file, STR("..")) < 0 && str_find(file, STR("/.")) < 0;
}

static void read_list(struct mirror_files *m, struct str rest)
{
	while (rest.p && rest.n) {
		struct str line = str_cut(&rest, '\n'), hash = str_cut(&line, ' ');
		unsigned long long h;
		bool fresh;
		char *end;
		if (!line.p || !inside(line) || hash.n != 16)
			continue;
		h = strtoull(hash.p, &end, 16);
		if (end != hash.p + 16)
			continue;
		char *key = xmalloc(line.n + 1);
		memcpy(key, line.p, line.n);
		key[line.n] = 0;
		mirror_set_add(&m->set, key, &fresh)->hash = h;
		free(key);
	}
}

/* But for what a run left that was killed before it had a list. */
static bool empty(int dir)
{
	DIR *d = fdopendir(dup(dir));
	int n = 0;
	for (struct dirent *f; d && (f = readdir(d)) != NULL;)
		n += strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0 &&
		     strcmp(f->d_name, NEW) != 0;
	if (d)
		closedir(d);
	return d && !n;
}

/* What is known so far. */
static bool write_list(const struct mirror_files *m)
{
	struct sbuf list;
	sbuf_init(&list, LIST_MAX);
	for (size_t i = 0; i < m->set.room; i++)
		if (m->set.slot[i].key && m->set.slot[i].hash)
			sbuf_fmt(&list, "%016llx %s\n", (unsigned long long)m->set.slot[i].hash,
				m->set.slot[i].key);
	bool good = !list.over && write_file(m->dir, LIST, sbuf_view(&list), true);
	sbuf_release(&list);
	return good;
}

/* The list of the run before, if there was one; without one a folder must be empty. */
static enum rc take_over(struct mirror_files *m, struct err *e)
{
	char *text;
	size_t n;
	if (faccessat(m->dir, LIST, F_OK, 0) != 0)
		return empty(m->dir) ? RC_OK
				     : err_set(e, RC_CONFLICT,
					       "%s has other files in it: give the copy a "
					       "folder of its own",
					       m->path);
	struct sbuf path;
	sbuf_init(&path, 4096);
	sbuf_fmt(&path, "%s/%s", m->path, LIST);
	enum rc rc = cli_read_file(sbuf_c(&path), LIST_MAX, &text, &n, e);
	sbuf_release(&path);
	if (rc != RC_OK)
		return rc;
	read_list(m, (struct str){text, n});
	free(text);
	return RC_OK;
}

static void release(struct mirror_files *m)
{
	if (m->journal)
		fclose(m->journal);
	if (m->dir >= 0)
		close(m->dir);
	mirror_set_release(&m->set);
	free(m->path);
	free(m);
}

/* From here on the folder is known as ours, whenever the run ends. */
static bool open_journal(struct mirror_files *m)
{
	int fd = write_list(m) ? openat(m->dir, LIST, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	m->journal = fd >= 0 ? fdopen(fd, "a") : NULL;
	if (fd >= 0 && !m->journal)
		close(fd);
	return m->journal != NULL;
}

enum rc mirror_files_open(const char *dir, struct mirror_files **ret_, struct err *e)
{
	struct mirror_files *m = xcalloc(1, sizeof *m);
	enum rc rc = RC_OK;
	m->path = xstrdup(dir);
	m->dir = mkdir(dir, 0755) != 0 && errno != EEXIST
			 ? -1
			 : open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (m->dir < 0)
		rc = err_set(
			e, RC_INTERNAL, "cannot open the folder %s: %s", dir, strerror(errno));
	else if (flock(m->dir, LOCK_EX | LOCK_NB) != 0)
		rc = err_set(e, RC_CONFLICT, "another is writing %s", dir);
	else
		rc = take_over(m, e);
	if (rc == RC_OK && !open_journal(m))
		rc = err_set(e, RC_INTERNAL, "cannot write the list of %s: %s", dir,
			strerror(errno));
	if (rc == RC_OK)
		*ret_ = m;
	else
		release(m);
	return rc;
}

/* ---- files ------------------------------------------------------------------------------- */

bool mirror_files_keep(struct mirror_files *m, const char *file)
{
	bool fresh;
	struct mirror_entry *en = mirror_set_add(&m->set, file, &fresh);
	en->seen = en->hash && faccessat(m->dir, file, R_OK, 0) == 0;
	return en->seen;
}

enum rc mirror_files_put(struct mirror_files *m, const char *file, uint64_t hash,
	struct str bytes, bool *ret_written, struct err *e)
{
	bool fresh;
	struct mirror_entry *en = mirror_set_add(&m->set, file, &fresh);
	hash |= 1; /* 0: not written */
	en->seen = true;
	*ret_written = en->hash != hash || faccessat(m->dir, file, R_OK, 0) != 0;
	if (!*ret_written)
		return RC_OK;
	fprintf(m->journal, "%016llx %s\n", (unsigned long long)UNKNOWN, file);
	if (fflush(m->journal) != 0 || !write_file(m->dir, file, bytes, false))
		return err_set(e, RC_INTERNAL, "cannot write %s/%s: %s", m->path, file,
			strerror(errno));
	en->hash = hash;
	return RC_OK;
}

/* And the folders that are empty then. */
static void delete (int dir, char *file)
{
	unlinkat(dir, file, 0);
	for (char *slash; (slash = strrchr(file, '/')) != NULL;) {
		*slash = 0;
		if (unlinkat(dir, file, AT_REMOVEDIR) != 0)
			return;
	}
}

enum rc mirror_files_close(
	struct mirror_files *m, bool sweep, int64_t *ret_deleted, struct err *e)
{
	enum rc rc = RC_OK;
	for (size_t i = 0; sweep && i < m->set.room; i++) {
		struct mirror_entry *en = &m->set.slot[i];
		if (!en->key || !en->hash || en->seen)
			continue;
		delete (m->dir, en->key);
		en->hash = 0;
		++*ret_deleted;
	}
	/* The list must not know of what a loss of power takes back. */
	if (syncfs(m->dir) != 0 || !write_list(m))
		rc = err_set(e, RC_INTERNAL, "cannot write the list of %s: %s", m->path,
			strerror(errno));
	release(m);
	return rc;
}
