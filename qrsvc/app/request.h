/* request: what every page handler sees.
 *
 * The worker routes a request before its body is read, checks the limits of its class and calls
 * the route's handler, which answers exactly once, now or later, through one of request_*().
 * Security headers, language, compression, ETag, conditional answers, HEAD, the access log and
 * error pages are not a handler's business (security.md 10-12, 15, 42, 43).
 *
 * A cached public page is declared, not programmed: a `struct page_kind` names its statement
 * and a render function from documents to bytes; request_page() does cache, database,
 * rendering, compression and the reply.  Rendering is pure: the same documents, day and
 * language give the same bytes in every worker, or ETags would differ. */
#ifndef QR_APP_REQUEST_H
#define QR_APP_REQUEST_H

#include "qrsvc/app/docset.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/err.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/db/pgpool.h"

struct app;
struct http_exchange;
struct http_request;
struct blob;

enum lang {
	LANG_ZH, /* zh-CN, first and default */
	LANG_EN,
	LANG_COUNT
};
/* "zh-CN", "en": as in Content-Language and the message catalogues. */
const char *lang_tag(enum lang l);
bool lang_parse(struct str tag, enum lang *ret_);

/* The deployment, from the configuration; process lifetime. */
struct site {
	struct str base_url; /* "https://qr.example.gov.cn", no slash at its end */
	struct str host;     /* of base_url, as printed on labels */
	struct str name, name_en;
	struct str hotline, contact, security_contact;
	struct str timezone;
	struct str map_url;
	enum lang lang; /* when the client does not say */
};

/* ---- routes (web/routes.c) ------------------------------------------------------------- */

enum route_class {  /* rate limits are set per class (config [limits]) */
	CLASS_PAGE, /* cached public pages */
	CLASS_PHOTO,
	CLASS_STATIC, /* robots.txt and the like */
	CLASS_FORM,   /* public forms: reports */
	CLASS_STAFF,
	CLASS_COUNT
};

enum route_flags {
	ROUTE_GET = 1,	   /* GET and HEAD */
	ROUTE_POST = 2,	   /* may stand beside ROUTE_GET */
	ROUTE_JSON = 4,	   /* ".json" behind the path is taken off and sets rq->json */
	ROUTE_SCAN = 8,	   /* a label: an answer 200 counts as one scan of page_args.key, unless
			    * it is HEAD, a prefetch or a known bot (security.md 41) */
	ROUTE_CAMERA = 16, /* Permissions-Policy allows the camera */
	ROUTE_SPOOL = 32,  /* the body goes to a file, not to memory */
	ROUTE_STAFF = 64,  /* behind the login: cookie, CSRF token of the session (staff.h) */
	ROUTE_VISITOR = 128, /* a form without a session: CSRF token of a cookie of its own */
	ROUTE_UPLOAD = 256,  /* photos in the form: LIMIT_PHOTO_BYTES a file, 30 s windows, an
			      * hour in all; body_max as stated */
	ROUTE_SECRET = 512,  /* the path holds a token: the log has the pattern instead */
	ROUTE_PATCH = 1024,  /* PATCH, whose body goes to a file as it comes */
	ROUTE_API = 2048 /* for the script of our pages: everything is answered in JSON; a POST
			  * or PATCH carries its CSRF token in the field X-CSRF, which is
			  * checked before a byte of the body is read */
};

struct request;
struct staff_answer;
typedef void request_cb(struct request *rq);

struct route {
	const char *name; /* for log and metrics: "label" */
	/* As http/route.h reads it: "/f/{facility}/history", "/p/{sha}-{width}.jpg"; names fill
	 * rq->arg[] in their order. */
	const char *pattern;
	unsigned flags; /* enum route_flags */
	enum route_class class;
	request_cb *handler;
	uint32_t body_max; /* bytes, 0: no body is taken */
	/* POST: called when the head is known and has been checked, before a byte of the body
	 * is read.  Returns, or holds the body (staff_may_hold), or answers.  NULL: nothing to
	 * ask. */
	request_cb *before;
};

#define REQUEST_ARGS 4

struct request {
	struct app *app;
	struct http_exchange *x;
	const struct http_request *http;
	const struct route *route;
	const struct site *site;
	struct arena *arena; /* of this request */
	struct str arg[REQUEST_ARGS];
	enum lang lang;
	bool lang_asked; /* by ?lang=, so links keep it; else by Accept-Language */
	bool json;
	bool post;		   /* or PATCH */
	bool api;		   /* a script asks: whatever the answer is, it is JSON */
	bool guest;		   /* holds one of UPLOAD_GUESTS (upload.h) */
	uint64_t id;		   /* in the log and on error pages, as 16 hex digits */
	int64_t now_us;		   /* wall clock at arrival */
	int retry_s;		   /* Retry-After of an error page; 0: the default of its rc */
	struct staff_state *staff; /* staff.c's own */
	void *user;		   /* the handler's own */
	struct {		   /* for the log line */
		struct str key;	   /* code or id of what was asked for */
		char cache; /* 'h' hit, 'm' miss, 'j' joined, 'r' remade, 's' stale, '-' */
	} note;
};

/* Value of a query parameter, decoded into the arena; STR_NONE if absent or malformed. */
struct str request_query(struct request *rq, struct str name);
/* Field of an application/x-www-form-urlencoded body, likewise. */
struct str request_form(struct request *rq, struct str name);

/* ---- pages ----------------------------------------------------------------------------- */

/* What a render function writes into. */
struct page {
	struct sbuf *out;    /* at most LIMIT_PAGE bytes */
	struct arena *arena; /* for scratch; emptied after the call */
	const struct site *site;
	enum lang lang;
	bool lang_asked;
	bool json;	/* write JSON instead of HTML */
	struct str key; /* page_args.key */
	const struct page_kind *kind;
	int32_t today; /* the date states are computed for */
	/* Fresh pages: the instant `today` began, so that every worker makes the same bytes (a
	 * page may show the later one of this and the document's own "latest").  Stale pages:
	 * when the documents were last read, for "data as of". */
	int64_t as_of;
	bool stale; /* the database is gone; say so on the page */
	/* Error pages only. */
	enum rc error;
	uint64_t request_id; /* 0 on cached pages */
	/* Set by the render function; 200 before it runs.  404 for an unknown code, 410 for
	 * what is gone for ever. */
	int status;
};

/* RC_OK, or the error page of the rc it returns (RC_NOT_FOUND: no such document). */
typedef enum rc page_render_cb(struct page *pg, const struct docset *docs);

/* static const, process lifetime; one a kind of page. */
struct page_kind {
	const char *name;  /* "label": metrics and log */
	enum stmt_id stmt; /* returns documents; ST_NONE: a page without data */
	/* Kind of the documents that decide whether the page exists: announced changes of
	 * (doc_kind, page_args.key) drop the page even when there was no row.  NULL: none. */
	const char *doc_kind;
	enum stmt_id guess; /* sent when stmt returned no row; or ST_NONE */
	page_render_cb *render;
	/* Content-Type of what render() writes where it is neither a page nor JSON, or NULL. */
	const char *type;
};

struct page_args {
	struct str key;		       /* canonical: "0K7M2Q9XH", "CODE/3", an uuid */
	const struct db_param *params; /* of kind->stmt */
	int n;
	const struct db_param *guess_params; /* of kind->guess */
	int guess_n;
};

/* Answers from the cache, or reads, renders, keeps and answers.  Everything is copied. */
void request_page(
	struct request *rq, const struct page_kind *kind, const struct page_args *args);

/* A page that is never cached (Cache-Control: no-store): forms, their receipts, staff. */
void request_page_once(struct request *rq, const struct page_kind *kind, page_render_cb *render,
	struct str key);

/* ---- other answers --------------------------------------------------------------------- */

/* Bytes of the program itself (robots.txt, security.txt, a script): process lifetime, sent
 * with an ETag; immutable: the path names the content, so it may be kept for a year. */
struct static_file {
	const char *content_type;
	struct str bytes;
	struct str etag;		/* with quotes */
	struct str packed, packed_etag; /* the same in gzip, or STR_NONE */
	bool immutable;
};
void request_static(struct request *rq, const struct static_file *f);
/* 303 See Other (or 301, 308) to a path of ours; path begins with '/'. */
void request_redirect(struct request *rq, int status, struct str path);
/* The error page of rc in the client's language, or {"error":...,"id":...} for .json. */
void request_error(struct request *rq, enum rc rc);
/* A database callback's rc: request_error for anything but RC_OK. */
bool request_ok(struct request *rq, enum rc rc);
/* What the web side hands over at start (rank 4 to rank 3 without an include). */
struct web_ops {
	const struct route *routes;
	size_t nroutes;
	/* Writes the page (or JSON) of pg->error and sets pg->status. */
	void (*error_page)(struct page *pg);
	/* Writes the refusal of ans, in JSON, and sets pg->status (staff_refuse). */
	void (*refusal)(struct page *pg, const struct staff_answer *ans);
	/* CSP source expressions of the inline styles: "'sha256-...' 'sha256-...'". */
	const char *style_src;
	/* Reads what was compiled in; RC_INTERNAL: a template or catalogue is broken. */
	enum rc (*init)(const struct site *site, struct err *e);
	const struct staff_pages *staff;
};
extern const struct web_ops web_ops; /* defined in web/routes.c */

#endif
