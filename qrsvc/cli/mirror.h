/* mirror: a static copy of everything public, for when the service is down.
 *
 * A worker of its own (no access log, no limits, no scans) is asked for each page as a browser
 * would, in every language; links are made relative, so that the copy works from any folder of
 * any web server and from a disk.  Pages are PATH/index.html in the service's language and
 * en/PATH/index.html (or the tag of another) besides; data, photos and files keep their path.
 * What only works alive (forms, files made on demand, what stands behind the login, addresses
 * with a query) is linked to the live service.
 *
 * Incremental: the list DIR/.qrsvc-mirror has a hash of each file without the day of the copy.
 * A page whose hash is the same stays as it is, with the older day, which is still true; photos
 * and report files, whose names are their content, are not even asked for.  The list names a
 * file before it is written: whoever is killed in the middle leaves whole files, all of them
 * known, and the next run writes those again. */
#ifndef QR_CLI_MIRROR_H
#define QR_CLI_MIRROR_H

#include "qrsvc/app/request.h"
#include "qrsvc/config.h"

/* ---- mirror_worker.c: the worker and one connection to it ----------------------------------
 */

struct mirror_worker {
	struct sockaddr_un *at;
	unsigned at_n;
	int pid, control, fd; /* fd: the connection, -1: none */
	struct str host;
};
enum rc mirror_worker_start(struct mirror_worker *w, const struct config *cfg, struct err *e);
void mirror_worker_stop(struct mirror_worker *w);
/* GET of a path; status and body (cleared first). */
enum rc mirror_get(struct mirror_worker *w, const char *path, int *ret_status,
	struct sbuf *body, struct err *e);

/* ---- mirror_page.c: addresses --------------------------------------------------------------
 */

#define MIRROR_PATH 400 /* bytes of a path; longer ones stay live */

/* What an address of a page is in the copy. */
struct mirror_link {
	enum { MIRROR_OTHER, MIRROR_LIVE, MIRROR_PAGE, MIRROR_DATA } is;
	enum lang lang;		     /* MIRROR_PAGE */
	char path[MIRROR_PATH];	     /* as asked for, without query */
	char file[MIRROR_PATH + 40]; /* in the copy */
};
/* here: language of the page it stands on; home: language of the copy's root. */
void mirror_link(struct str address, enum lang here, enum lang home, struct mirror_link *ret_);

/* html with its links made relative to `file`, live ones absolute; found() gets each link that
 * is in the copy. */
struct mirror_page {
	const char *file;
	enum lang lang, home;
	struct str base_url;
	void (*found)(void *arg, const struct mirror_link *l);
	void *arg;
};
void mirror_rewrite(const struct mirror_page *p, struct str html, struct sbuf *out);
/* out: the page with "a copy of DAY" on its first screen and the way to the live one. */
void mirror_banner(const struct mirror_page *p, const char *path, const char *day,
	struct str html, struct sbuf *out);

/* ---- mirror_files.c: the folder ------------------------------------------------------------
 */

struct mirror_files;
/* Locks the folder, reads its list or begins one.  RC_CONFLICT: another is at it, or it is no
 * mirror. */
enum rc mirror_files_open(const char *dir, struct mirror_files **ret_, struct err *e);
/* True if it was written by an earlier run and is still there; it then stays. */
bool mirror_files_keep(struct mirror_files *m, const char *file);
/* Written unless its hash is that of the earlier run.  hash: of what counts, bytes: of all. */
enum rc mirror_files_put(struct mirror_files *m, const char *file, uint64_t hash,
	struct str bytes, bool *ret_written, struct err *e);
/* Writes the list, frees m; sweep: first deletes what this run neither kept nor put, and counts
 * it (*ret_deleted). */
enum rc mirror_files_close(
	struct mirror_files *m, bool sweep, int64_t *ret_deleted, struct err *e);

/* ---- a set of texts, of both ----------------------------------------------------------------
 */

struct mirror_entry {
	char *key;
	uint64_t hash;
	bool seen;
};
struct mirror_set {
	struct mirror_entry *slot;
	size_t n, room; /* room: a power of two */
};
/* The entry of key, added if there is none (then *ret_new). */
struct mirror_entry *mirror_set_add(struct mirror_set *s, const char *key, bool *ret_new);
void mirror_set_release(struct mirror_set *s);

#endif
