/* connection: the insides of the server.  Private to http/: server.c owns the server, its pools
 * and its list of connections; connection.c drives one connection through its phases; intake.c
 * takes requests in; resp.c builds answers. */
#ifndef QR_HTTP_CONNECTION_H
#define QR_HTTP_CONNECTION_H

#include "qrsvc/http/input.h"
#include "qrsvc/http/parse.h"
#include "qrsvc/http/server.h"
#include "qrsvc/net/conn.h"
#include "qrsvc/net/listener.h"

/* Read buffer.  Requests parsed out of it hold it, so its bytes stay where they are as long as
 * one of them lives. */
struct http_buf {
	uint32_t refs, cap, n;
	char p[];
};
#define HTTP_BUF_SMALL (4u * KIB) /* a browser's head is 0.5 to 2 KiB */
#define HTTP_SCRATCH (64u * KIB)  /* bodies are read into this and taken at once */

enum http_phase {
	PHASE_IDLE,    /* between requests */
	PHASE_HEAD,    /* a head has begun */
	PHASE_HELD,    /* routed, waiting for http_resume */
	PHASE_BODY,    /* content is coming */
	PHASE_PENDING, /* the owner has the request */
	PHASE_CLOSING, /* the last answer is on its way out */
	PHASE_LINGER,  /* sent all; reading away what still comes (RFC 9112 9.6) */
	PHASE_DEAD,    /* the descriptor is closed; an answer is still owed */
};

struct http_conn {
	struct conn io; /* first */
	struct http_server *server;
	struct http_conn *next, **prev;
	struct http_conn *next_ready;	     /* in server->ready */
	struct http_buf *buf;		     /* NULL when idle */
	struct http_exchange *x;	     /* not yet answered */
	struct http_exchange *first, **last; /* answered, not yet sent */
	struct http_parser parser;
	struct addr peer;
	uint32_t at; /* first byte of buf not yet consumed */
	uint8_t phase;
	bool proxied;
	bool ready;		     /* in server->ready */
	bool running;		     /* inside http_conn_run: answers wait for its flush */
	bool end;		     /* the client sends nothing more */
	bool paused;		     /* not reading */
	bool lossy;		     /* closing although input may be unread */
	bool head_timed;	     /* the head's deadline runs */
	bool writing;		     /* the output's rate is watched */
	bool lagging;		     /* idle, but still reading its last answer */
	int64_t body_until;	     /* ms */
	uint64_t window_from;	     /* bytes at the begin of the rate window */
	uint64_t received, lingered; /* bytes of the body; bytes read away */
};

#define DRAIN_REST_MS 1000 /* a client may be about to send: let it, and answer with close */
#define HTTP_POOL                                                                   \
	64u /* spare exchanges and buffers: more are in use at once only under load \
	     */
#define HTTP_LISTENERS 4u
#define HTTP_DATE_LINE 37u /* "Date: " + IMF-fixdate + CRLF */

struct http_server {
	struct loop *loop;
	struct http_config config;
	const struct http_ops *ops;
	void *arg;
	struct listener listener[HTTP_LISTENERS];
	size_t listeners;
	struct http_conn *conns;
	struct http_conn *ready; /* have output or input to look at after the callback */
	struct loop_post ready_post, drained_post;
	struct http_exchange *spare_x[HTTP_POOL];
	struct http_buf *spare_buf[HTTP_POOL];
	size_t spare_xs, spare_bufs;
	bool draining;
	int64_t date_until;		    /* ms: the cached date line holds until then */
	char date_line[HTTP_DATE_LINE + 1]; /* "Date: ...\r\n" */
	struct http_stats stats;
	char *scratch;
};

/* server.c */
struct http_buf *http_buf_new(struct http_server *s, uint32_t cap);
void http_buf_unref(struct http_server *s, struct http_buf *b);
struct http_exchange *http_exchange_new(struct http_conn *c);
void http_exchange_free(struct http_exchange *x);
const char *http_date_line(struct http_server *s);
/* Counts it out of the server and frees it. */
void http_conn_forget(struct http_conn *c);
/* Runs http_conn_run(c) after the callback that is running. */
void http_conn_soon(struct http_conn *c);

/* connection.c */
extern const struct conn_ops http_conn_ops;
/* Looks at what can go on: parse what is buffered, send what is queued, finish what was sent.
 */
void http_conn_run(struct http_conn *c);
/* Ends the connection now; an unanswered exchange is told. */
void http_conn_break(struct http_conn *c);
/* Reports an exchange that will never be answered and forgets its connection. */
void http_exchange_drop(struct http_exchange *x);

/* deadline.c */
/* The phase's deadline has passed, or the moment to look at a rate has come. */
void http_deadline_cb(struct conn *io);
/* Output is blocked: its rate is watched instead of the phase's deadline. */
void http_watch_writing(struct http_conn *c);
/* It is out: the phase has its deadline again. */
void http_resume_deadline(struct http_conn *c);

/* intake.c */
/* The head of x is complete: checks what it takes the configuration to check and asks the
 * owner; then the content, or the request is handed over. */
void http_route(struct http_conn *c, struct http_exchange *x);
/* c->x has its policy: refuses its content, begins to take it, or hands the request over. */
void http_start_body(struct http_conn *c);
/* Content of c->x; returns how many bytes of it belonged to it.  May answer or hand over. */
size_t http_feed_body(struct http_conn *c, const char *p, size_t n);
/* Sets the next moment to look at the body's rate: the end of its window, or of its time. */
void http_body_window(struct http_conn *c);
int64_t http_window_ms(const struct http_conn *c);

/* resp.c */
/* Answers x with a refusal of the codec and closes the connection. */
void http_refuse(struct http_exchange *x, int status, const char *why);

#endif
