/* The server in process, over a socket pair: every cut of the input, pipelines, bodies, answers
 * that come late, clients that leave, limits of connections, drain.  Deadlines over real
 * sockets: tests/http/server.t. */
#include "qrsvc/base/sbuf.h"
#include "qrsvc/http/resp.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MAX_HELD 64

static struct loop *l;
static struct http_server *s;
static int client;
static struct http_exchange *held[MAX_HELD]; /* answered by the test */
static unsigned nheld, routed, gone, done, broken, left, drained, conns;
static int last_status;
static const char *last_why;
static struct sbuf got;

static void run(void)
{
	for (int i = 0; i < 4; i++)
		loop_once(l, 1);
}

static void route_cb(void *arg, struct http_exchange *x)
{
	(void)arg;
	routed++;
	if (str_starts(x->req.path, STR("/no")))
		http_reply_text(x, 403, STR("text/plain"), STR("no"));
	else if (str_starts(x->req.path, STR("/post")))
		x->policy = (struct http_policy){.kind = HTTP_BODY_MEMORY, .limit = 1000};
	else if (str_starts(x->req.path, STR("/wait"))) {
		x->policy = (struct http_policy){.kind = HTTP_BODY_MEMORY, .limit = 1000};
		http_hold(x);
		held[nheld++] = x;
	}
}

static void request_cb(void *arg, struct http_exchange *x)
{
	(void)arg;
	if (str_starts(x->req.path, STR("/late")))
		held[nheld++] = x;
	else if (x->req.method == HTTP_POST)
		http_reply_text(x, 200, STR("text/plain"), x->req.body.bytes);
	else
		http_reply_text(x, 200, STR("text/plain"), x->req.path);
}

static void gone_cb(void *arg, struct http_exchange *x)
{
	(void)arg;
	(void)x;
	gone++;
}

static void done_cb(void *arg, struct http_exchange *x, const struct http_done *d)
{
	(void)arg;
	(void)x;
	done++;
	broken += d->broken;
	last_status = d->status;
	last_why = d->why;
}

static bool admit_cb(void *arg, const struct addr *peer, bool proxied)
{
	(void)arg;
	assert_false(proxied);
	assert_int_equal(peer->kind, ADDR_IP4);
	if (conns == 2)
		return false;
	conns++;
	return true;
}

static void left_cb(void *arg, const struct addr *peer, bool proxied)
{
	(void)arg;
	(void)peer;
	(void)proxied;
	conns--;
	left++;
}

static void drained_cb(void *arg)
{
	(void)arg;
	drained++;
}

static const struct http_ops ops = {
	route_cb, request_cb, gone_cb, done_cb, admit_cb, left_cb, drained_cb};

static int connect_one(void)
{
	struct addr peer = {.kind = ADDR_IP4, .b = {192, 0, 2, 1}};
	int fd[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	http_server_adopt(s, fd[0], &peer);
	return fd[1];
}

static int setup(void **state)
{
	static const struct str hosts[] = {STR("a")};
	struct http_config config = {.hosts = hosts,
		.nhosts = 1,
		.spool = "/tmp",
		.error_fields = STR("X-Content-Type-Options: nosniff\r\n")};
	(void)state;
	nheld = routed = gone = done = broken = left = drained = conns = 0;
	last_status = 0;
	l = loop_new();
	s = http_server_new(l, &config, &ops, NULL);
	sbuf_init(&got, 64 * MIB);
	client = connect_one();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	if (client >= 0)
		close(client);
	http_server_free(s);
	assert_int_equal(conns, 0);
	loop_free(l);
	sbuf_release(&got);
	return 0;
}

static void say(struct str text)
{
	assert_int_equal(send(client, text.p, text.n, MSG_NOSIGNAL), (ssize_t)text.n);
}

/* Reads what there is; true at the end of the stream. */
static bool hear(void)
{
	for (;;) {
		char *to = sbuf_room(&got, 65536);
		ssize_t n = recv(client, to, 65536, 0);
		if (n == 0)
			return true;
		if (n < 0)
			return false;
		got.n += (size_t)n;
	}
}

/* How often `text` was received. */
static unsigned heard(const char *text)
{
	struct str rest = sbuf_view(&got);
	unsigned n = 0;
	ptrdiff_t at;
	while (rest.n && (at = str_find(rest, str_c(text))) >= 0) {
		n++;
		rest = str_sub(rest, (size_t)at + strlen(text), rest.n);
	}
	return n;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: a\r\n\r\n"

/* Three requests with bodies of both kinds, cut at every byte. */
static void every_cut(void **state)
{
	static const char text[] = GET("/one") "POST /post HTTP/1.1\r\nHost: a\r\n"
					       "Transfer-Encoding: chunked\r\n\r\n"
					       "4;x=y\r\nBODY\r\n2\r\n!!\r\n0\r\nT: v\r\n\r\n"
					       "POST /post HTTP/1.1\r\nHost: a\r\n"
					       "Content-Length: 3\r\n\r\nabc" GET("/last");
	struct str all = str_c(text);
	(void)state;
	for (size_t at = 1; at <= all.n; at++) {
		sbuf_clear(&got);
		done = 0;
		say(str_sub(all, 0, at));
		run();
		say(str_sub(all, at, all.n));
		run();
		assert_false(hear());
		assert_int_equal(done, 4);
		assert_int_equal(heard("HTTP/1.1 200 OK\r\n"), 4);
		assert_int_equal(heard("\r\n\r\n/one"), 1);
		assert_int_equal(heard("\r\n\r\nBODY!!HTTP"), 1);
		assert_int_equal(heard("\r\n\r\nabcHTTP"), 1);
		assert_int_equal(heard("\r\n\r\n/last"), 1);
	}
}

static void random_pieces(void **state)
{
	static const char text[] =
		GET("/one") "POST /post HTTP/1.1\r\nHost: a\r\n"
			    "Transfer-Encoding: chunked\r\n\r\n"
			    "4\r\nBODY\r\n0\r\n\r\n" GET("/late") GET("/last");
	struct sbuf many;
	(void)state;
	srandom(3);
	sbuf_init(&many, MIB);
	for (int i = 0; i < 20; i++)
		sbuf_puts(&many, text);
	for (size_t at = 0; at < many.n;) {
		size_t n = 1 + (size_t)random() % 200;
		if (n > many.n - at)
			n = many.n - at;
		say(str_sub(sbuf_view(&many), at, at + n));
		at += n;
		if (random() % 3 == 0)
			run();
		if (nheld && random() % 4 == 0)
			http_reply_text(held[--nheld], 200, STR("text/plain"), STR("LATE"));
	}
	sbuf_release(&many);
	for (int i = 0; i < 100; i++) {
		run();
		while (nheld)
			http_reply_text(held[--nheld], 200, STR("text/plain"), STR("LATE"));
	}
	hear();
	assert_int_equal(done, 80);
	assert_int_equal(heard("\r\n\r\n/one"), 20);
	assert_int_equal(heard("\r\n\r\nBODY"), 20);
	assert_int_equal(heard("\r\n\r\nLATE"), 20);
	assert_int_equal(heard("\r\n\r\n/last"), 20);
}

/* Answers keep the order of the requests; one is asked at a time. */
static void late_in_order(void **state)
{
	(void)state;
	say(str_c(GET("/late1") GET("/late2") GET("/three")));
	run();
	assert_int_equal(nheld, 1);
	assert_false(hear());
	assert_int_equal(got.n, 0);
	http_reply_text(held[0], 200, STR("text/plain"), STR("1st"));
	assert_int_equal(routed, 1); /* nothing happens inside the reply */
	run();
	assert_int_equal(nheld, 2);
	http_reply_text(held[1], 200, STR("text/plain"), STR("2nd"));
	run();
	hear();
	ptrdiff_t first = str_find(sbuf_view(&got), STR("1st")),
		  second = str_find(sbuf_view(&got), STR("2nd")),
		  third = str_find(sbuf_view(&got), STR("/three"));
	assert_true(first > 0 && second > first && third > second);
	assert_int_equal(done, 3);
}

/* A long pipeline behind a late answer does not grow without bound, and is answered. */
static void long_pipeline(void **state)
{
	struct sbuf many;
	size_t sent = 0;
	(void)state;
	sbuf_init(&many, 8 * MIB);
	sbuf_puts(&many, GET("/late"));
	for (int i = 0; i < 20000; i++)
		sbuf_puts(&many, GET("/x"));
	for (int i = 0; i < 50; i++) {
		ssize_t n = send(client, many.p + sent, many.n - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		run();
	}
	assert_true(sent < many.n); /* back-pressure */
	http_reply_text(held[0], 200, STR("text/plain"), STR("first"));
	for (int i = 0; i < 100000 && done < 20001; i++) {
		ssize_t n = send(client, many.p + sent, many.n - sent, MSG_NOSIGNAL);
		sent += n > 0 ? (size_t)n : 0;
		run();
		hear();
	}
	assert_int_equal(done, 20001);
	assert_int_equal(heard("\r\n\r\n/x"), 20000);
	sbuf_release(&many);
}

static void early_answers(void **state)
{
	(void)state;
	say(STR("POST /no HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nfoo"));
	run();
	hear();
	assert_int_equal(heard("HTTP/1.1 403 Forbidden\r\n"), 1);
	assert_int_equal(heard("Connection: close\r\n"), 1);
	assert_int_equal(routed, 1);
	say(STR("more of the body that is read away"));
	run();
	assert_true(hear());
	close(client);
	client = -1;
	run();
	assert_int_equal(left, 1);
}

static void early_answer_without_body_keeps(void **state)
{
	(void)state;
	say(str_c(GET("/no") GET("/x")));
	run();
	assert_false(hear());
	assert_int_equal(heard("HTTP/1.1 "), 2);
	assert_int_equal(heard("Connection: close"), 0);
}

static void held_route(void **state)
{
	(void)state;
	say(STR("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
	run();
	hear();
	assert_int_equal(got.n, 0); /* not before the owner has decided */
	http_resume(held[0]);
	run();
	hear();
	assert_int_equal(heard("HTTP/1.1 100 Continue\r\n\r\n"), 1);
	say(STR("hello"));
	run();
	assert_false(hear());
	assert_int_equal(heard("\r\n\r\nhello"), 1);
	/* refused: no 100, and closed, since the body may come or not */
	sbuf_clear(&got);
	nheld = 0;
	say(STR("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"));
	run();
	http_reply_text(held[0], 401, STR_NONE, STR(""));
	run();
	assert_true(hear());
	assert_int_equal(heard("HTTP/1.1 401 Unauthorized\r\n"), 1);
	assert_int_equal(heard("100 Continue"), 0);
}

static void leaves_while_pending(void **state)
{
	(void)state;
	say(str_c(GET("/late")));
	run();
	close(client);
	client = -1;
	run();
	assert_int_equal(gone, 1);
	assert_int_equal(done, 0); /* still owed */
	http_reply_text(held[0], 200, STR("text/plain"), STR("to nobody"));
	run();
	assert_int_equal(done, 1);
	assert_int_equal(left, 1);
}

/* A client that has only closed its sending side gets its answer. */
static void half_closed(void **state)
{
	(void)state;
	say(str_c(GET("/late")));
	run();
	shutdown(client, SHUT_WR);
	run();
	assert_int_equal(gone, 1);
	http_reply_text(held[0], 200, STR("text/plain"), STR("still here"));
	run();
	assert_true(hear());
	assert_int_equal(heard("still here"), 1);
	assert_int_equal(left, 1);
	assert_int_equal(broken, 0);
}

static void leaves_in_body(void **state)
{
	(void)state;
	say(STR("POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"));
	run();
	close(client);
	client = -1;
	run();
	assert_int_equal(gone, 0); /* nothing was owed */
	assert_int_equal(done, 1);
	assert_int_equal(broken, 1);
	assert_int_equal(last_status, 0);
	assert_int_equal(left, 1);
}

static void leaves_while_held(void **state)
{
	(void)state;
	say(STR("POST /wait HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe"));
	run();
	close(client);
	client = -1;
	run();
	assert_int_equal(gone, 1);
	http_resume(held[0]);
	run();
	run();
	nheld = 0;
	/* The rest of the body never comes. */
	assert_int_equal(done, 1);
	assert_int_equal(left, 1);
}

static void refusals(void **state)
{
	(void)state;
	say(STR("GET / HTTP/1.1\r\nHost: b\r\n\r\n"));
	run();
	assert_true(hear());
	assert_int_equal(heard("HTTP/1.1 421 Misdirected Request\r\n"), 1);
	assert_int_equal(heard("X-Content-Type-Options: nosniff\r\n"), 1);
	assert_int_equal(heard("Connection: close\r\n"), 1);
	assert_int_equal(routed, 0);
	assert_int_equal(last_status, 421);
	assert_string_equal(last_why, "host");
}

static void admission(void **state)
{
	char c;
	(void)state;
	int second = connect_one(), third = connect_one();
	assert_int_equal(recv(third, &c, 1, 0), 0);
	close(third);
	close(second);
	run();
	assert_int_equal(left, 1);
	third = connect_one();
	assert_int_equal(recv(third, &c, 1, 0), -1);
	close(third);
	struct http_stats st;
	http_server_stats(s, &st);
	assert_int_equal(st.refused, 1);
	assert_int_equal(st.accepted, 3);
}

static void drain(void **state)
{
	(void)state;
	say(str_c(GET("/x")));
	run();
	say(str_c(GET("/late")));
	run();
	http_server_drain(s);
	run();
	assert_int_equal(drained, 0);
	http_reply_text(held[0], 200, STR("text/plain"), STR("late"));
	run();
	assert_true(hear());
	assert_int_equal(heard("Connection: close\r\n"), 1);
	run();
	assert_int_equal(drained, 1);
}

static void drain_idle(void **state)
{
	(void)state;
	say(str_c(GET("/x")));
	run();
	http_server_drain(s);
	for (int i = 0; i < 300 && !drained; i++)
		loop_once(l, 10);
	assert_int_equal(drained, 1);
	assert_true(hear());
}

static void free_while_owed(void **state)
{
	(void)state;
	say(str_c(GET("/late")));
	run();
	http_server_free(s);
	assert_int_equal(gone, 1);
	assert_int_equal(done, 1);
	assert_int_equal(left, 1);
	s = NULL;
}

/* Output that does not fit is kept, sent as it can be, and holds further requests back. */
static void back_pressure(void **state)
{
	struct blob *b = blob_new(4 * MIB);
	(void)state;
	memset(b->p, 'z', b->n);
	say(str_c(GET("/late")));
	for (int i = 0; i < 50; i++)
		say(str_c(GET("/x")));
	run();
	http_reply(held[0], &(struct http_reply){.type = STR("text/plain"), .blob = b});
	blob_unref(b);
	run();
	assert_int_equal(done, 0);
	assert_true(routed <= 1 + LIMIT_HTTP_PIPELINE);
	for (int i = 0; i < 1000 && done < 51; i++) {
		hear();
		run();
	}
	hear();
	assert_int_equal(done, 51);
	assert_int_equal(heard("\r\n\r\n/x"), 50);
	assert_true(got.n > 4 * MIB);
}

/* The reader goes away in the middle of a large answer. */
static void broken_output(void **state)
{
	struct blob *b = blob_new(4 * MIB);
	(void)state;
	memset(b->p, 'z', b->n);
	say(str_c(GET("/late")));
	run();
	http_reply(held[0], &(struct http_reply){.type = STR("text/plain"), .blob = b});
	blob_unref(b);
	run();
	close(client);
	client = -1;
	run();
	assert_int_equal(done, 1);
	assert_int_equal(broken, 1);
	assert_int_equal(left, 1);
}

static void answers(void **state)
{
	struct http_ready ready;
	(void)state;
	http_ready_init(&ready, 200, STR("text/html"), STR("Content-Encoding: gzip\r\n"),
		STR("Cache-Control: no-cache\r\n"), STR("\"t\""), STR("CONTENT"));
	say(STR("HEAD /late HTTP/1.1\r\nHost: a\r\n\r\n"));
	run();
	assert_true(http_header(held[0], STR("Set-Cookie"), STR("a=b")));
	assert_false(http_header(held[0], STR("X-Bad"), STR("a\r\nb: c")));
	http_reply_ready(held[0], &ready);
	run();
	hear();
	assert_int_equal(heard("Set-Cookie: a=b\r\n"), 1);
	assert_int_equal(heard("X-Bad"), 0);
	assert_int_equal(heard("Content-Length: 7\r\n"), 1);
	assert_int_equal(heard("CONTENT"), 0);
	sbuf_clear(&got);
	say(STR("GET /late HTTP/1.1\r\nHost: a\r\nIf-None-Match: \"x\", \"t\"\r\n\r\n"));
	run();
	http_reply_ready(held[1], &ready);
	run();
	hear();
	assert_int_equal(heard("HTTP/1.1 304 Not Modified\r\n"), 1);
	assert_int_equal(heard("ETag: \"t\"\r\n\r\n"), 1);
	assert_int_equal(heard("Content-"), 0);
	assert_int_equal(heard("Cache-Control: no-cache\r\n"), 1);
	sbuf_clear(&got);
	say(str_c(GET("/late")));
	run();
	http_reply_ready(held[2], &ready);
	http_ready_release(&ready); /* the answer keeps its own reference */
	run();
	hear();
	assert_int_equal(heard("Content-Encoding: gzip\r\n"), 1);
	assert_int_equal(heard("\r\n\r\nCONTENT"), 1);
	sbuf_clear(&got);
	say(str_c(GET("/late")));
	run();
	http_reply_empty(held[3], 204);
	run();
	hear();
	assert_int_equal(heard("HTTP/1.1 204 No Content\r\n"), 1);
	assert_int_equal(heard("Content-Length"), 0);
}

int main(void)
{
	cmocka_set_message_output(CM_OUTPUT_TAP);
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {T(every_cut), T(random_pieces), T(late_in_order),
		T(long_pipeline), T(early_answers), T(early_answer_without_body_keeps),
		T(held_route), T(leaves_while_pending), T(half_closed), T(leaves_in_body),
		T(leaves_while_held), T(refusals), T(admission), T(drain), T(drain_idle),
		T(free_while_owed), T(back_pressure), T(broken_output), T(answers)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
