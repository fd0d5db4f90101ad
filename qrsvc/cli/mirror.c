/* Owns `qrsvc mirror`: walks from what the database names, and the home page, over every link,
 * and puts what it finds into a folder.  Renders nothing, decides about no address.  mirror.h
 * says what the copy is. */
#include <sys/socket.h>
#include <sys/un.h>

#include "qrsvc/cli/mirror.h"

#include "qrsvc/app/hash.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/cli/cli.h"
#include "qrsvc/cli/open.h"

#include <unistd.h>

#define COMMAND "mirror"
#define BODY_MAX (64u * 1024 * 1024) /* the largest report file, and room */

struct mirror {
	const struct config *cfg;
	struct mirror_worker worker;
	struct mirror_files *files;
	enum lang home;
	char day[16];
	struct mirror_set known; /* files that were asked for or wait for it */
	char **queue;		 /* language as a digit, path: a town has a million of them */
	size_t head, tail, room;
	struct sbuf body, page, whole;
	int64_t pages, data, written, kept, missing, deleted;
};

static void want(void *arg, const struct mirror_link *l)
{
	struct mirror *m = arg;
	bool fresh;
	mirror_set_add(&m->known, l->file, &fresh);
	if (!fresh)
		return;
	if (m->tail == m->room) {
		/* what is done makes room first */
		if (m->head)
			memmove(m->queue, m->queue + m->head,
				(m->tail - m->head) * sizeof *m->queue);
		m->tail -= m->head;
		m->head = 0;
		if (m->tail * 2 >= m->room) {
			m->room = m->room ? m->room * 2 : 256;
			m->queue = xrealloc(m->queue, m->room * sizeof *m->queue);
		}
	}
	size_t n = strlen(l->path);
	char *text = xmalloc(n + 2);
	text[0] = (char)('0' + (int)l->lang);
	memcpy(text + 1, l->path, n + 1);
	m->queue[m->tail++] = text;
}

/* A page in every language. */
static void want_path(struct mirror *m, struct str path)
{
	for (int lang = 0; lang < LANG_COUNT; lang++) {
		struct mirror_link l;
		mirror_link(path, (enum lang)lang, m->home, &l);
		if (l.is == MIRROR_PAGE)
			want(m, &l);
	}
}

static enum rc row_cb(void *arg, const struct pgsync_rows *one, struct err *e)
{
	(void)e;
	want_path(arg, pgsync_cell(one, 0, 0));
	return RC_OK;
}

static enum rc seeds(struct mirror *m, struct err *e)
{
	struct pgsync *pg = NULL;
	enum rc rc = cli_open(m->cfg, "qr_migrate", &pg, e);
	want_path(m, STR("/"));
	want_path(m, STR("/coverage"));
	want_path(m, STR("/chain"));
	if (rc == RC_OK)
		rc = pgsync_each(
			pg, "SELECT path FROM api.mirror_paths()", NULL, 0, row_cb, m, e);
	pgsync_free(pg);
	return rc;
}

/* ---- one file ---------------------------------------------------------------------------- */

static enum rc put(struct mirror *m, const char *file, uint64_t hash, const struct sbuf *bytes,
	struct err *e)
{
	bool written;
	enum rc rc = mirror_files_put(m->files, file, hash, sbuf_view(bytes), &written, e);
	m->written += rc == RC_OK && written;
	m->kept += rc == RC_OK && !written;
	return rc;
}

static enum rc put_page(struct mirror *m, const struct mirror_link *l, struct err *e)
{
	struct mirror_page p = {.file = l->file,
		.lang = l->lang,
		.home = m->home,
		.base_url = str_c(m->cfg->base_url),
		.found = want,
		.arg = m};
	sbuf_clear(&m->page);
	sbuf_clear(&m->whole);
	mirror_rewrite(&p, sbuf_view(&m->body), &m->page);
	mirror_banner(&p, l->path, m->day, sbuf_view(&m->page), &m->whole);
	m->pages++;
	/* without the banner: a page that says the same keeps its older day */
	return put(m, l->file, hash_bytes(1, sbuf_view(&m->page)), &m->whole, e);
}

/* "as_of" says when it was made: no reason to write it again. */
static uint64_t data_hash(struct str s)
{
	struct str head = STR("{\"as_of\":\"");
	ptrdiff_t end = str_starts(s, head) ? str_chr(str_sub(s, head.n, s.n), '"') : -1;
	return hash_bytes(1, end < 0 ? s : str_sub(s, head.n + (size_t)end, s.n));
}

/* The name is the content: one that is there is right. */
static bool immutable(const struct mirror_link *l)
{
	return str_starts(str_c(l->file), STR("p/")) || str_starts(str_c(l->file), STR("d/"));
}

static enum rc take(struct mirror *m, const struct mirror_link *l, struct err *e)
{
	char path[MIRROR_PATH + 40];
	int status = 0;
	if (l->is == MIRROR_DATA && immutable(l) && mirror_files_keep(m->files, l->file)) {
		m->data++;
		m->kept++;
		return RC_OK;
	}
	snprintf(path, sizeof path, "%s%s%s", l->path, l->is == MIRROR_PAGE ? "?lang=" : "",
		l->is == MIRROR_PAGE ? lang_tag(l->lang) : "");
	enum rc rc = mirror_get(&m->worker, path, &status, &m->body, e);
	if (rc != RC_OK)
		return rc;
	if (status >= 500)
		return err_set(e, RC_UNAVAILABLE, "%s: status %d", path, status);
	/* a void label is 410, and has something to say */
	/* "Not found" is what the live page says too, and links to it lead somewhere. */
	if (l->is == MIRROR_PAGE && (status == 200 || status == 410 || status == 404))
		return put_page(m, l, e);
	if (status != 200 && status != 410) {
		fprintf(stderr, "qrsvc mirror: %s: status %d\n", path, status);
		m->missing++;
		return RC_OK;
	}
	m->data++;
	return put(m, l->file, data_hash(sbuf_view(&m->body)), &m->body, e);
}

/* ---- all --------------------------------------------------------------------------------- */

static enum rc walk(struct mirror *m, struct err *e)
{
	enum rc rc = seeds(m, e);
	while (rc == RC_OK && m->head < m->tail) {
		char *text = m->queue[m->head++]; /* the queue moves */
		struct mirror_link l;
		mirror_link(str_c(text + 1), (enum lang)(text[0] - '0'), m->home, &l);
		free(text);
		rc = take(m, &l, e);
	}
	return rc;
}

static void begin(struct mirror *m, const struct config *cfg)
{
	struct civil c = clock_civil(clock_now_us());
	*m = (struct mirror){.cfg = cfg};
	m->worker = (struct mirror_worker){.pid = -1, .control = -1, .fd = -1};
	lang_parse(str_c(cfg->language), &m->home);
	snprintf(m->day, sizeof m->day, "%04d-%02d-%02d", c.year, c.month, c.day);
	sbuf_init(&m->body, BODY_MAX);
	sbuf_init(&m->page, 2 * LIMIT_PAGE);
	sbuf_init(&m->whole, 2 * LIMIT_PAGE + 4096);
}

static void release(struct mirror *m)
{
	mirror_worker_stop(&m->worker);
	mirror_set_release(&m->known);
	while (m->head < m->tail)
		free(m->queue[m->head++]);
	free(m->queue);
	sbuf_release(&m->body);
	sbuf_release(&m->page);
	sbuf_release(&m->whole);
}

int cli_mirror(int argc, char **argv, const struct config *cfg)
{
	const struct cli_opt opts[] = {{NULL, NULL, NULL}};
	struct mirror m;
	struct err e = {0}, e2 = {0};
	int operands = cli_options(COMMAND, argc, argv, opts);
	if (operands != 1)
		return operands < 0 ? CLI_USAGE : cli_usage(COMMAND, "which folder?");
	if (geteuid() == 0)
		return cli_usage(COMMAND, "run it as the service's user");
	begin(&m, cfg);
	enum rc rc = mirror_files_open(argv[1], &m.files, &e);
	if (rc == RC_OK)
		rc = mirror_worker_start(&m.worker, cfg, &e);
	if (rc == RC_OK)
		rc = walk(&m, &e);
	if (m.files) {
		/* Half a walk has not seen what is gone; what it wrote is on the list. */
		enum rc closed = mirror_files_close(m.files, rc == RC_OK, &m.deleted, &e2);
		if (rc == RC_OK && closed != RC_OK) {
			rc = closed;
			e = e2;
		}
	}
	release(&m);
	if (rc != RC_OK)
		return cli_fail(COMMAND, &e);
	printf("%s: %lld pages, %lld files of data and pictures; %lld written, %lld as they were, "
	       "%lld deleted, %lld missing\n",
		m.day, (long long)m.pages, (long long)m.data, (long long)m.written,
		(long long)m.kept, (long long)m.deleted, (long long)m.missing);
	return m.missing ? CLI_FAIL : CLI_OK;
}
