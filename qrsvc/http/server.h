/* server: HTTP/1.1 connections on the loop: reads requests, asks its owner, sends the answers.
 *
 *   route_cb     head known, nothing of the body read: set x->policy (body limit and kind), or
 *                answer at once (http_reply*): 401, 403, 404, 405, 413, 429 ..., or http_hold()
 *                and later http_resume() or answer, when the database must be asked first
 *   request_cb   the whole request is there: answer now or later
 *   gone_cb      the client left (or closed its sending side, which looks the same but for
 *                x->gone) while an answer was due; it still is due, and dropped if x->gone
 *   done_cb      answered (or refused by the codec) and sent, or broken off: for log and
 * metrics
 *
 * Each exchange is answered exactly once, by one of the http_reply functions of resp.h, inside
 * a callback or later from the loop.  The exchange, its request and its arena live until
 * done_cb has returned; after its reply the owner must not touch it but there.
 *
 * One request at a time per connection: what is pipelined behind it waits in the read buffer
 * (at most LIMIT_HTTP_HEAD), so answers are in order by construction.
 *
 * Refusals by the codec (400, 408, 411, 413, 414, 417, 421, 431, 501, 505) are plain text with
 * config.error_fields, and close the connection. */
#ifndef QR_HTTP_SERVER_H
#define QR_HTTP_SERVER_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/blob.h"
#include "qrsvc/http/msg.h"
#include "qrsvc/net/loop.h"

struct http_server;
struct http_exchange;

enum http_body_kind {
	HTTP_BODY_NONE,	  /* a request with content is refused: 413 */
	HTTP_BODY_MEMORY, /* request.body.bytes; limit at most LIMIT_BODY_SMALL */
	HTTP_BODY_SPOOL,  /* request.body.fd, an unnamed file */
	HTTP_BODY_FORM,	  /* request.body.parts, from urlencoded or multipart content: each file
			     in an unnamed file of its own, all texts together at most
			     LIMIT_BODY_SMALL; other types: 415 */
};
#define LIMIT_FORM_PAIRS 1024u /* pairs of an urlencoded form */

/* What route_cb decides about the body.  All zero: no body. */
struct http_policy {
	enum http_body_kind kind;
	uint64_t limit;	     /* bytes of content; more: 413 */
	uint64_t file_limit; /* HTTP_BODY_FORM: bytes of one file, 0: as limit */
	int64_t total_ms;    /* whole body; 0: LIMIT_MS_BODY */
	int64_t window_ms;   /* the minimum rate holds over this; 0: 10 s (uploads: 30 s) */
	bool need_content;   /* neither Content-Length nor chunked: 411 (else: empty content) */
};
#define HTTP_BODY_RATE 500u /* bytes a second (security.md 5) */

struct http_exchange {
	struct http_request req;
	struct http_policy policy;
	struct arena arena; /* of this request */
	void *user;	    /* the owner's; NULL at first */
	int64_t began_us;   /* clock_mono_us() when the head was complete */
	bool gone;	    /* nobody is there to read the answer */

	/* Private to http/. */
	struct http_conn *conn;
	struct http_exchange *next;
	struct http_buf *buf; /* holds the head */
	struct http_input *input;
	struct blob *blob, *blob2;
	const char *why;
	uint64_t starts_at, ends_at; /* of its answer in the connection's output */
	int fd, status;
	bool answered, resumed;
	char *lines; /* fields of http_header, in the arena */
	uint32_t lines_n, lines_cap;
	char prefix[160];
};

/* Inside route_cb: the body is not touched until http_resume(), which is called later, from the
 * loop, after x->policy has been set; or x is answered instead. */
void http_hold(struct http_exchange *x);
void http_resume(struct http_exchange *x);

/* What became of an exchange. */
struct http_done {
	int status;	 /* what was sent; 0: nothing */
	uint64_t bytes;	 /* head and body, as far as the kernel took them */
	int64_t us;	 /* from head complete to the last byte */
	bool broken;	 /* the client left before the end */
	const char *why; /* refused by the codec: static reason; else NULL */
};

struct http_ops {
	void (*route_cb)(void *arg, struct http_exchange *x);
	void (*request_cb)(void *arg, struct http_exchange *x);
	/* The following may be NULL. */
	void (*gone_cb)(void *arg, struct http_exchange *x);
	void (*done_cb)(void *arg, struct http_exchange *x, const struct http_done *d);
	/* A connection came; false closes it at once (limits per address and in all).  Each
	 * true is followed by one left_cb.  `proxied`: peer is a trusted proxy, whose
	 * connections are many people's. */
	bool (*admit_cb)(void *arg, const struct addr *peer, bool proxied);
	void (*left_cb)(void *arg, const struct addr *peer, bool proxied);
	/* After http_server_drain: the last connection is gone. */
	void (*drained_cb)(void *arg);
};

struct http_config {
	const struct str
		*hosts; /* "qr.example.gov.cn", "127.0.0.1:8080"; any case; views kept */
	size_t nhosts;	/* 0: any valid Host (the admin listener on a unix socket) */
	const struct addr_net *trusted; /* proxies whose X-Forwarded-For and -Proto count */
	size_t ntrusted;
	const char *spool;	 /* folder for unnamed files; kept */
	struct str error_fields; /* "Name: value\r\n"... for the codec's own refusals; kept */
	size_t max_connections;	 /* 0: LIMIT_HTTP_CONNECTIONS */
	int64_t idle_ms;	 /* 0: LIMIT_MS_IDLE */
	int64_t head_ms;	 /* 0: LIMIT_MS_HEAD */
	int64_t write_ms;	 /* 0: LIMIT_MS_WRITE: window of the minimum rate of reading */
};
#define LIMIT_HTTP_CONNECTIONS 16384u /* a descriptor each; 10,000 idle ones are a target */

/* config is copied, what it points to is not. */
struct http_server *http_server_new(struct loop *l, const struct http_config *config,
	const struct http_ops *ops, void *arg) __attribute__((returns_nonnull));
/* Accepts from a listening descriptor (net/listener.h), which it takes over. */
void http_server_listen(struct http_server *s, int fd);
/* Hands over one connected descriptor (tests). */
void http_server_adopt(struct http_server *s, int fd, const struct addr *peer);
/* Stops listening at once, closes idle connections, ends each other one after the exchange it
 * is in; then drained_cb (from the loop). */
void http_server_drain(struct http_server *s);
/* Closes everything; exchanges get gone_cb (the owner must answer or have forgotten them) and
 * done_cb.  Owed replies must not come after this. */
void http_server_free(struct http_server *s);

struct http_stats {
	uint64_t accepted, refused; /* connections */
	uint64_t open, idle;	    /* now */
	uint64_t exchanges, codec_refusals;
	uint64_t bytes_in, bytes_out;
	uint64_t fd_rests; /* times descriptors ran out */
};
void http_server_stats(const struct http_server *s, struct http_stats *ret_);

#endif
