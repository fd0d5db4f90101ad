/* Owns the files of the app on an inspector's phone (static/, compiled in) and the page of its
 * queue.  None of them knows who asks: they are kept on the phone and must open without a line
 * and without a session.  What they send goes through the same forms as everybody's
 * (staff_record_form.c) and through staff_blob.c. */
#include "qrsvc/app/gzip.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/web/staff.h"

/* Bytes of files behind one another, between sym_begin and sym_end. */
#define EMBED(sym, files)                                                                     \
	__asm__(".pushsection .rodata\n" #sym "_begin:\n" files #sym "_end:\n.popsection\n"); \
	extern const char sym##_begin[], sym##_end[]
#define FILE_OF(name) ".incbin \"qrsvc/web/static/" name "\"\n"

EMBED(phone_record, FILE_OF("store.js") FILE_OF("record.js"));
EMBED(phone_home, FILE_OF("store.js") FILE_OF("send.js") FILE_OF("scan.js"));
EMBED(phone_queue, FILE_OF("store.js") FILE_OF("send.js") FILE_OF("queue.js"));
EMBED(phone_extra, FILE_OF("file.js"));
EMBED(phone_worker, FILE_OF("sw.js"));
EMBED(phone_manifest, FILE_OF("app.webmanifest"));
EMBED(phone_icon, FILE_OF("icon.svg"));

struct phone_file {
	const char *name; /* below /staff/ */
	const char *type;
	const char *begin, *end;
	struct static_file f;
};

#define SCRIPT "text/javascript; charset=utf-8"
static struct phone_file files[] = {
	{"record.js", SCRIPT, phone_record_begin, phone_record_end, {0}},
	{"home.js", SCRIPT, phone_home_begin, phone_home_end, {0}},
	{"queue.js", SCRIPT, phone_queue_begin, phone_queue_end, {0}},
	{"file.js", SCRIPT, phone_extra_begin, phone_extra_end, {0}},
	{"sw.js", SCRIPT, phone_worker_begin, phone_worker_end, {0}},
	{"app.webmanifest", "application/manifest+json", phone_manifest_begin,
		phone_manifest_end, {0}},
	{"icon.svg", "image/svg+xml", phone_icon_begin, phone_icon_end, {0}},
};
#define FILES (sizeof files / sizeof files[0])

/* A script without comments that begin a line and without the indent: what a phone need not
 * fetch.  Lines stay lines, so that an error's line still means something. */
static struct str bare(struct arena *a, struct str in)
{
	char *out = arena_raw(a, in.n + 1);
	size_t n = 0;
	bool comment = false;
	while (in.n) {
		struct str line = str_cut(&in, '\n');
		struct str text = str_trim(line, "\t");
		comment = comment || str_starts(text, STR("/*"));
		if (comment)
			comment = !str_ends(text, STR("*/"));
		else
			memcpy(out + n, text.p, text.n), n += text.n;
		out[n++] = '\n';
	}
	return (struct str){out, n};
}

/* Process lifetime. */
void phone_init(void)
{
	static struct arena memory;
	struct gzip *z = gzip_new(12);
	char hex[SHA256_HEX + 1];

	arena_init(&memory);
	for (size_t i = 0; i < FILES; i++) {
		struct phone_file *p = &files[i];
		struct str bytes = {p->begin, (size_t)(p->end - p->begin)};

		if (strcmp(p->type, SCRIPT) == 0)
			bytes = bare(&memory, bytes);
		sha256_hex(bytes, hex);
		p->f = (struct static_file){.content_type = p->type,
			.bytes = bytes,
			.etag = arena_fmt(&memory, "\"%.16s\"", hex),
			.packed = arena_str(&memory, gzip_pack(z, bytes)),
			.packed_etag = arena_fmt(&memory, "\"%.16s-z\"", hex)};
	}
	gzip_free(z);
}

void web_phone_file(struct request *rq)
{
	for (size_t i = 0; i < FILES; i++)
		if (str_eq(rq->arg[0], str_c(files[i].name))) {
			request_static(rq, &files[i].f);
			return;
		}
	request_error(rq, RC_NOT_FOUND);
}

/* "/staff", as people type it: the app begins with the slash. */
void web_staff_bare(struct request *rq)
{
	request_redirect(rq, 308, STR("/staff/"));
}

static enum rc render_queue(struct page *pg, const struct staff_view *sv)
{
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_ph_title), STR("/staff/queue"));

	view_str(v, K_heading, web_text(pg, M_ph_title));
	return web_html(pg, T_staff_queue, v);
}

void web_staff_queue(struct request *rq)
{
	static const struct staff_kind kind = {"staff_queue", ST_NONE, render_queue};

	staff_visitor_page(rq, &kind, NULL, 0);
}
