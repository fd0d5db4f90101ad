/* Owns the lines of the access log that are not written yet.  Called by worker.c when an
 * exchange is done. */
#include "qrsvc/access.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/net/addr.h"

#include <unistd.h>

#define PATH_MAX_N 160u /* bytes of a path that are worth a log line */
#define PATH_DIGITS 7u	/* as many may be a telephone number (web/mask.h) */

struct access_log {
	struct loop_timer timer;
	struct sbuf buf;
	struct sbuf prefix;
	bool waiting;
};

static void flush(void *arg)
{
	struct access_log *a = arg;
	a->waiting = false;
	/* A log that cannot be written has nowhere to be reported. */
	ssize_t ignored = write(STDERR_FILENO, a->buf.p, a->buf.n);
	(void)ignored;
	sbuf_clear(&a->buf);
}

struct access_log *access_new(struct loop *l, const char *role)
{
	struct access_log *a = xcalloc(1, sizeof *a);
	loop_timer_init(&a->timer, l, flush, a);
	sbuf_init(&a->buf, ACCESS_BUFFER * 2);
	sbuf_init(&a->prefix, 64);
	sbuf_fmt(&a->prefix, "%s%s http status=", isatty(STDERR_FILENO) ? "" : "<6>", role);
	return a;
}

void access_free(struct access_log *a)
{
	if (!a)
		return;
	if (a->buf.n)
		flush(a);
	loop_timer_stop(&a->timer);
	sbuf_release(&a->buf);
	sbuf_release(&a->prefix);
	free(a);
}

static void field(struct sbuf *b, const char *name, struct str value)
{
	sbuf_puts(b, name);
	sbuf_log(b, value);
}

/* What somebody typed into an address may be a name or a telephone number: runs of 7 digits and
 * more, and what is not ASCII, are left out. */
static void plain_path(struct sbuf *b, struct str path)
{
	for (size_t i = 0; i < path.n;) {
		size_t n = i;
		while (n < path.n && (path.p[n] & 0x80))
			n++;
		bool hidden = n > i;
		while (!hidden && n < path.n && path.p[n] >= '0' && path.p[n] <= '9')
			n++;
		if (!hidden && n - i >= PATH_DIGITS)
			hidden = true;
		if (n == i)
			n++;
		if (hidden)
			sbuf_puts(b, "***");
		else
			sbuf_log(b, str_sub(path, i, n));
		i = n;
	}
}

static void refusal(struct sbuf *b, const struct http_exchange *x, const struct request *rq,
	const struct http_done *d)
{
	char text[ADDR_TEXT];
	struct addr prefix = addr_prefix(&x->req.client);
	struct str path = x->req.path;
	/* A link that lets somebody in is no business of the log. */
	if (rq && (rq->route->flags & ROUTE_SECRET))
		path = str_c(rq->route->pattern);
	field(b, " client=", str_c(addr_text(&prefix, text)));
	if (path.p) {
		sbuf_puts(b, " path=\"");
		plain_path(b, str_sub(path, 0, path.n < PATH_MAX_N ? path.n : PATH_MAX_N));
		sbuf_byte(b, '"');
	}
	if (d->why) {
		sbuf_puts(b, " why=\"");
		sbuf_log(b, str_c(d->why));
		sbuf_byte(b, '"');
	}
}

void access_line(struct access_log *a, const struct http_exchange *x, const struct request *rq,
	const struct http_done *d)
{
	struct sbuf *b = &a->buf;
	sbuf_str(b, sbuf_view(&a->prefix));
	sbuf_u64(b, (uint64_t)d->status);
	field(b, " method=", str_c(http_method_name(x->req.method)));
	if (rq) {
		field(b, " route=", str_c(rq->route->name));
		if (d->status < 400 && rq->note.key.n)
			field(b, " key=", rq->note.key);
		if (rq->note.cache) {
			sbuf_puts(b, " cache=");
			sbuf_byte(b, rq->note.cache);
		}
		field(b, " lang=", str_c(lang_tag(rq->lang)));
	}
	if (d->status >= 400 || d->status == 0)
		refusal(b, x, rq, d);
	sbuf_puts(b, " bytes=");
	sbuf_u64(b, d->bytes);
	sbuf_puts(b, " us=");
	sbuf_u64(b, d->us > 0 ? (uint64_t)d->us : 0);
	if (rq)
		sbuf_fmt(b, " id=%016llx", (unsigned long long)rq->id);
	sbuf_puts(b, d->broken ? " broken=1\n" : "\n");
	if (b->n > ACCESS_BUFFER || b->over) {
		flush(a);
		loop_timer_stop(&a->timer);
	} else if (!a->waiting) {
		a->waiting = true;
		loop_timer_set(&a->timer, ACCESS_MS);
	}
}
