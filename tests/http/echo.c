/* A server for tests only: shows every way of answering on a bare socket, without a database.
 *
 *   http_echo [--port N] [--idle MS] [--head MS] [--write MS] [--window MS] [--max N] [--page
 * N]
 *             [--trust NET] [--spool FOLDER] [--files N] [--total MS] [--any 1]
 *
 * --any takes every Host and answers every method and path with the content that came.
 * Prints "port N" once it listens.  SIGTERM drains.  Paths:
 *   /              GET a page of --page bytes (ready answer with ETag); POST echoes the body
 *   /echo          the same
 *   /later?ms=N    answered after N ms       /gone  how many clients left early
 *   /hold          POST: body is taken only after 20 ms; /hold?no=1 is refused then
 *   /big?n=N       N bytes                   /file  16 KiB file with ranges and a date
 *   /form          POST: parts, one a line   /spool POST: size and sum of the bytes
 *   /who           client address and scheme */
#include "qrsvc/base/clock.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/http/body.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/http/uri.h"
#include "qrsvc/net/listener.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#define SHARED                                                                  \
	"Cache-Control: no-cache\r\nVary: Accept-Language, Accept-Encoding\r\n" \
	"X-Content-Type-Options: nosniff\r\n"

static struct {
	struct loop *loop;
	struct http_server *server;
	struct http_ready page;
	struct blob *big;
	const char *spool;
	int64_t window, total;
	int file;
	unsigned gone, done;
	bool drained, any;
} app;

struct later {
	struct loop_timer timer;
	struct http_exchange *x;
};

static void send_later_cb(void *arg)
{
	struct later *l = arg;
	http_reply_text(l->x, 200, STR("text/plain"), STR("later\n"));
}

static void resume_cb(void *arg)
{
	struct later *l = arg;
	if (uri_query(&l->x->arena, l->x->req.query, STR("no")).p) {
		http_reply_text(l->x, 403, STR("text/plain"), STR("no\n"));
		return;
	}
	l->x->policy =
		(struct http_policy){.kind = HTTP_BODY_MEMORY, .limit = LIMIT_BODY_SMALL};
	http_resume(l->x);
}

static void after(struct http_exchange *x, int64_t ms, loop_cb *cb)
{
	struct later *l = arena_alloc(&x->arena, sizeof *l);
	l->x = x;
	x->user = l;
	loop_timer_init(&l->timer, app.loop, cb, l);
	loop_timer_set(&l->timer, ms);
}

static uint64_t query_number(struct http_exchange *x, struct str name)
{
	uint64_t v = 0;
	struct str s = uri_query(&x->arena, x->req.query, name);
	if (s.p)
		str_u64(s, &v);
	return v;
}

static bool path_is(const struct http_exchange *x, struct str path)
{
	return str_eq(x->req.path, path);
}

static void route_cb(void *arg, struct http_exchange *x)
{
	const struct http_request *r = &x->req;
	bool echo = path_is(x, STR("/")) || path_is(x, STR("/echo")) || r->asterisk;
	bool known = echo || path_is(x, STR("/later")) || path_is(x, STR("/gone")) ||
		     path_is(x, STR("/hold")) || path_is(x, STR("/big")) ||
		     path_is(x, STR("/file")) || path_is(x, STR("/form")) ||
		     path_is(x, STR("/spool")) || path_is(x, STR("/who"));
	(void)arg;
	if (app.any) {
		x->policy.kind = HTTP_BODY_MEMORY;
		x->policy.limit = LIMIT_BODY_SMALL;
		x->policy.window_ms = app.window;
		x->policy.total_ms = app.total;
		return;
	}
	if (!known) {
		http_reply_text(x, 404, STR("text/plain"), STR("Not Found\n"));
		return;
	}
	if (r->method != HTTP_GET && r->method != HTTP_HEAD && r->method != HTTP_POST) {
		http_reply_allow(x, 1u << HTTP_GET | 1u << HTTP_HEAD | 1u << HTTP_POST);
		return;
	}
	if (r->method != HTTP_POST && !echo)
		return;
	x->policy.window_ms = app.window;
	x->policy.total_ms = app.total;
	if (path_is(x, STR("/hold"))) {
		http_hold(x);
		after(x, 20, resume_cb);
	} else if (path_is(x, STR("/form"))) {
		x->policy.kind = HTTP_BODY_FORM;
		x->policy.limit = LIMIT_BODY_UPLOAD;
		x->policy.file_limit = LIMIT_PHOTO_BYTES;
		x->policy.need_content = true;
	} else if (path_is(x, STR("/spool"))) {
		x->policy.kind = HTTP_BODY_SPOOL;
		x->policy.limit = LIMIT_BODY_UPLOAD;
	} else if (echo) {
		x->policy.kind = HTTP_BODY_MEMORY;
		x->policy.limit = LIMIT_BODY_SMALL;
	}
}

static void reply_sum(struct http_exchange *x)
{
	static char buf[65536];
	uint64_t sum = 0, size = 0;
	ssize_t n;
	while ((n = read(x->req.body.fd, buf, sizeof buf)) > 0) {
		size += (uint64_t)n;
		for (ssize_t i = 0; i < n; i++)
			sum += (unsigned char)buf[i];
	}
	http_reply_text(x, 200, STR("text/plain"),
		arena_fmt(&x->arena, "%llu %llu\n", (unsigned long long)size,
			(unsigned long long)sum));
}

static void reply_form(struct http_exchange *x)
{
	struct sbuf b;
	sbuf_init(&b, LIMIT_PAGE);
	for (size_t i = 0; i < x->req.body.nparts; i++) {
		const struct http_part *p = &x->req.body.parts[i];
		sbuf_fmt(&b, "%.*s|%.*s|%.*s|%llu\n", STR_F(p->name),
			STR_F(p->filename.p ? p->filename : STR("-")), STR_F(p->value),
			(unsigned long long)p->size);
	}
	struct str text = arena_str(&x->arena, sbuf_view(&b));
	sbuf_release(&b);
	http_reply_text(x, 200, STR("text/plain"), text);
}

static void reply_big(struct http_exchange *x)
{
	uint64_t n = query_number(x, STR("n"));
	if (n > app.big->n)
		n = app.big->n;
	struct http_reply r = {
		.type = STR("application/octet-stream"), .text = {app.big->p, (size_t)n}};
	http_reply(x, &r);
}

static void reply_file(struct http_exchange *x)
{
	struct http_reply r = {.type = STR("image/jpeg"),
		.etag = STR("\"file\""),
		.modified = 784111777,
		.ranges = true,
		.file = true,
		.fd = fcntl(app.file, F_DUPFD_CLOEXEC, 0),
		.n = 16384};
	http_reply(x, &r);
}

static void reply_who(struct http_exchange *x)
{
	char text[ADDR_TEXT];
	http_reply_text(x, 200, STR("text/plain"),
		arena_fmt(&x->arena, "%s %s\n", addr_text(&x->req.client, text),
			x->req.secure ? "https" : "http"));
}

static void request_cb(void *arg, struct http_exchange *x)
{
	(void)arg;
	if (app.any)
		http_reply_text(x, 200, STR("text/plain"), x->req.body.bytes);
	else if (path_is(x, STR("/later")))
		after(x, (int64_t)query_number(x, STR("ms")), send_later_cb);
	else if (path_is(x, STR("/gone")))
		http_reply_text(
			x, 200, STR("text/plain"), arena_fmt(&x->arena, "%u\n", app.gone));
	else if (path_is(x, STR("/big")))
		reply_big(x);
	else if (path_is(x, STR("/file")))
		reply_file(x);
	else if (path_is(x, STR("/form")) && x->req.method == HTTP_POST)
		reply_form(x);
	else if (path_is(x, STR("/spool")) && x->req.method == HTTP_POST)
		reply_sum(x);
	else if (path_is(x, STR("/who")))
		reply_who(x);
	else if (x->req.method == HTTP_POST)
		http_reply_text(x, 200, STR("text/plain"), x->req.body.bytes);
	else
		http_reply_ready(x, &app.page);
}

static void gone_cb(void *arg, struct http_exchange *x)
{
	(void)arg;
	(void)x;
	app.gone++;
}

static void done_cb(void *arg, struct http_exchange *x, const struct http_done *d)
{
	(void)arg;
	(void)d;
	app.done++;
	if (x->user)
		loop_timer_stop(&((struct later *)x->user)->timer);
}

static void drained_cb(void *arg)
{
	(void)arg;
	app.drained = true;
	loop_stop(app.loop);
}

static void term_cb(void *arg)
{
	(void)arg;
	http_server_drain(app.server);
}

static void make_page(size_t n)
{
	char *to = http_ready_init_room(&app.page, 200, STR("text/html; charset=utf-8"),
		STR(""), STR(SHARED), STR("\"page-1\""), n);
	for (size_t i = 0; i < n; i++)
		to[i] = (char)('a' + i % 26);
	app.big = blob_new(8 * MIB);
	memset(app.big->p, 'x', app.big->n);
	app.file = memfd_create("file", MFD_CLOEXEC);
	for (int i = 0; i < 16; i++)
		if (!http_spool_write(app.file, (struct str){app.big->p, KIB}))
			abort();
}

int main(int argc, char **argv)
{
	struct str hosts[2] = {STR("localhost:8080"), STR_NONE};
	struct addr_net trusted;
	struct http_config config = {.hosts = hosts, .nhosts = 2};
	const struct http_ops ops = {.route_cb = route_cb,
		.request_cb = request_cb,
		.gone_cb = gone_cb,
		.done_cb = done_cb,
		.drained_cb = drained_cb};
	const char *port = "0";
	char where[64], why[200], self[32];
	size_t page = 4096;
	app.spool = "/tmp";
	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t v = 0;
		str_u64(str_c(argv[i + 1]), &v);
		if (strcmp(argv[i], "--port") == 0)
			port = argv[i + 1];
		else if (strcmp(argv[i], "--idle") == 0)
			config.idle_ms = (int64_t)v;
		else if (strcmp(argv[i], "--head") == 0)
			config.head_ms = (int64_t)v;
		else if (strcmp(argv[i], "--write") == 0)
			config.write_ms = (int64_t)v;
		else if (strcmp(argv[i], "--window") == 0)
			app.window = (int64_t)v;
		else if (strcmp(argv[i], "--total") == 0)
			app.total = (int64_t)v;
		else if (strcmp(argv[i], "--max") == 0)
			config.max_connections = (size_t)v;
		else if (strcmp(argv[i], "--page") == 0)
			page = (size_t)v;
		else if (strcmp(argv[i], "--any") == 0)
			app.any = v;
		else if (strcmp(argv[i], "--spool") == 0)
			app.spool = argv[i + 1];
		else if (strcmp(argv[i], "--files") == 0)
			setrlimit(RLIMIT_NOFILE, &(struct rlimit){v, v});
		else if (strcmp(argv[i], "--trust") == 0 &&
			 addr_net_parse(str_c(argv[i + 1]), &trusted)) {
			config.trusted = &trusted;
			config.ntrusted = 1;
		}
	}
	snprintf(where, sizeof where, "127.0.0.1:%s", port);
	int fd = listener_open(where, why);
	if (fd < 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	snprintf(self, sizeof self, "127.0.0.1:%d", listener_port(fd));
	hosts[1] = str_c(self);
	config.spool = app.spool;
	config.nhosts = app.any ? 0 : 2;
	app.loop = loop_new();
	make_page(page);
	app.server = http_server_new(app.loop, &config, &ops, NULL);
	printf("port %d\n", listener_port(fd));
	fflush(stdout);
	http_server_listen(app.server, fd);
	loop_signal(app.loop, SIGTERM, term_cb, NULL);
	loop_run(app.loop);
	loop_signal_stop(app.loop, SIGTERM);
	http_server_free(app.server);
	http_ready_release(&app.page);
	blob_unref(app.big);
	close(app.file);
	loop_free(app.loop);
	return app.drained ? 0 : 1;
}
