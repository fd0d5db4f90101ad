/* server: HTTP/1.1 connections on the loop: reads requests, asks its owner, sends the answers.
 *
 *   route_cb     head known, nothing of the body read: set x->policy (body limit and kind), or
 *                answer at once (http_reply*): 401, 403, 404, 405, 413, 429 ...
 *   request_cb   the whole request is there: answer now or later
 *   gone_cb      the client left before it was answered; an answer is still due and is dropped
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
	HTTP_BODY_FORM,	  /* urlencoded or multipart into request.body.parts; files of more than
			     LIMIT_FORM_MEMORY bytes are spooled, one unnamed file each; other
			     types are refused: 415 */
};
#define LIMIT_FORM_MEMORY 0u /* every file part is spooled: it goes to photod as a descriptor \
			      */

/* What route_cb decides about the body.  All zero: no body. */
struct http_policy {
	enum http_body_kind kind;
	uint64_t limit;	     /* bytes of content; more: 413 */
	uint64_t file_limit; /* HTTP_BODY_FORM: bytes of one file, 0: as limit */
	int64_t total_ms;    /* whole body; 0: LIMIT_MS_BODY */
	int64_t window_ms;   /* the minimum rate holds over this; 0: 10 s (uploads: 30 s) */
};
#define HTTP_BODY_RATE 500u /* bytes a second (security.md 5) */

struct http_exchange {
	struct http_request req;
	struct http_policy policy;
	struct arena arena; /* of this request */
	void *user;	    /* the owner's; NULL at first */
	int64_t began_us;   /* clock_mono_us() when the head was complete */

	/* Private to http/. */
	struct http_conn *conn;
	struct http_exchange *next;
	struct conn_buf *buf;
	struct http_input *input;
	struct blob *blob;
	uint64_t ends_at, bytes;
	int fd, status;
	uint8_t state;
	bool gone, close, headless;
	struct sbuf_lines {
		char *p;
		uint32_t n, cap;
	} extra;
	char prefix[160];
};

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
