/* Owns the field lines of every answer (security.md 10-12, 15, 26) and the answers that need no
 * database: errors, redirects, files of the program.  Called by handlers and page.c. */
#include "qrsvc/app/app.h"
#include "qrsvc/http/resp.h"
#include "qrsvc/http/negotiate.h"
#include "qrsvc/http/uri.h"

/* security.md 10.  HSTS is the TLS front's. */
#define BASE_LINES REFERRER_LINE COMMON_LINES
/* Forms behind the login tell where they come from, nobody else is told. */
#define STAFF_BASE_LINES "Referrer-Policy: same-origin\r\n" COMMON_LINES
#define REFERRER_LINE "Referrer-Policy: no-referrer\r\n"
#define COMMON_LINES                                  \
	"X-Content-Type-Options: nosniff\r\n"         \
	"Cross-Origin-Opener-Policy: same-origin\r\n" \
	"Cross-Origin-Resource-Policy: same-origin\r\n"
#define POLICY_LINE \
	"Permissions-Policy: camera=(), microphone=(), geolocation=(), payment=(), usb=()\r\n"
/* Where camera is wanted (ROUTE_CAMERA). */
#define POLICY_CAMERA_LINE                                                   \
	"Permissions-Policy: camera=(self), microphone=(), geolocation=(), " \
	"payment=(), usb=()\r\n"
#define CSP_BYTES "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n"

static const char *style_src(const struct app *a)
{
	return a->web->style_src && a->web->style_src[0] ? a->web->style_src : "'none'";
}

static struct str html_lines(struct app *a, const char *cache, const char *tag, bool json)
{
	const char *language = tag ? "Content-Language: " : "";
	if (json)
		return arena_fmt(&a->memory, "%s%s%s%s" BASE_LINES CSP_BYTES, cache, language,
			tag ? tag : "", tag ? "\r\n" : "");
	/* security.md 12 */
	return arena_fmt(&a->memory,
		"%s%s%s%s" BASE_LINES POLICY_LINE
		"Content-Security-Policy: default-src 'none'; style-src %s; "
		"img-src 'self' data:; form-action 'self'; base-uri 'none'; "
		"frame-ancestors 'none'\r\n",
		cache, language, tag ? tag : "", tag ? "\r\n" : "", style_src(a));
}

static struct str staff_lines(struct app *a, const char *tag, bool camera)
{
	return arena_fmt(&a->memory,
		"Cache-Control: no-store\r\nContent-Language: %s\r\n" STAFF_BASE_LINES
		"%sContent-Security-Policy: default-src 'none'; style-src %s; "
		"img-src 'self' data: blob:; script-src 'self'; connect-src 'self'; "
		"worker-src 'self'; manifest-src 'self'; form-action 'self'; "
		"base-uri 'none'; frame-ancestors 'none'\r\n",
		tag, camera ? POLICY_CAMERA_LINE : POLICY_LINE, style_src(a));
}

void reply_lines_init(struct app *a)
{
	static const char public[] = "Cache-Control: no-cache\r\n"
				     "Vary: Accept-Language, Accept-Encoding\r\n";
	static const char once[] = "Cache-Control: no-store\r\n"
				   "Vary: Accept-Language\r\n";
	for (int l = 0; l < LANG_COUNT; l++)
		for (int camera = 0; camera < 2; camera++)
			a->lines_staff[l][camera] = staff_lines(a, lang_tag(l), camera);
	for (int l = 0; l < LANG_COUNT; l++)
		for (int json = 0; json < 2; json++) {
			a->lines[l][json] = html_lines(a, public, lang_tag(l), json);
			a->lines_once[l][json] = html_lines(a, once, lang_tag(l), json);
		}
	/* What a worker of the browser may fetch is decided by the policy of its own file. */
	a->lines_static[0] =
		STR("Cache-Control: no-cache\r\nVary: Accept-Encoding\r\n" BASE_LINES
		    "Content-Security-Policy: default-src 'none'; connect-src 'self'; "
		    "frame-ancestors 'none'\r\n");
	a->lines_static[1] = html_lines(
		a, "Cache-Control: public, max-age=31536000, immutable\r\n", NULL, true);
	/* security.md 26 */
	a->lines_photo = STR("Cache-Control: public, max-age=31536000, immutable\r\n" BASE_LINES
			     "Content-Security-Policy: sandbox; default-src 'none'\r\n");
	a->lines_refusal = STR("Cache-Control: no-store\r\n" BASE_LINES CSP_BYTES);
	/* at a secret address */
	a->lines_feed =
		STR("Cache-Control: private, no-cache\r\nX-Robots-Tag: noindex\r\n" BASE_LINES
				CSP_BYTES);
}

struct str reply_type(bool json)
{
	return json ? STR("application/json") : STR("text/html; charset=utf-8");
}

/* ---- languages --------------------------------------------------------------------------- */

const char *lang_tag(enum lang l)
{
	static const char *const tags[LANG_COUNT] = {"zh-CN", "en"};
	return tags[l];
}

bool lang_parse(struct str tag, enum lang *ret_)
{
	for (int l = 0; l < LANG_COUNT; l++)
		if (str_ieq(tag, str_c(lang_tag(l)))) {
			*ret_ = l;
			return true;
		}
	return false;
}

struct str request_query(struct request *rq, struct str name)
{
	return uri_query(rq->arena, rq->http->query, name);
}

struct str request_form(struct request *rq, struct str name)
{
	const struct http_body *b = &rq->http->body;
	for (size_t i = 0; i < b->nparts; i++)
		if (str_eq(b->parts[i].name, name) && !b->parts[i].filename.p)
			return b->parts[i].value;
	return STR_NONE;
}

/* ---- answers ----------------------------------------------------------------------------- */

/* Renders a page that is not kept; false: it did not fit. */
static bool render_once(struct request *rq, struct page *pg, page_render_cb *render)
{
	struct app *a = rq->app;
	sbuf_clear(&a->out);
	arena_reset(&a->scratch);
	*pg = (struct page){.out = &a->out,
		.arena = &a->scratch,
		.site = rq->site,
		.lang = rq->lang,
		.lang_asked = rq->lang_asked,
		.json = rq->json,
		.key = pg->key,
		.kind = pg->kind,
		.today = app_today(a, rq->now_us),
		.as_of = rq->now_us,
		.error = pg->error,
		.request_id = rq->id,
		.status = pg->status};
	enum rc rc = RC_OK;
	if (render)
		rc = render(pg, &(const struct docset){0});
	else
		a->web->error_page(pg);
	return rc == RC_OK && !a->out.over;
}

static void reply_once(struct request *rq, const struct page *pg)
{
	struct app *a = rq->app;
	http_reply(rq->x, &(struct http_reply){.status = pg->status,
				  .type = reply_type(rq->json),
				  .lines = a->lines_once[rq->lang][rq->json],
				  .text = arena_str(rq->arena, sbuf_view(&a->out))});
}

void request_error(struct request *rq, enum rc rc)
{
	const struct rc_info *info = rc_info(rc);
	struct page pg = {.error = rc, .status = info->http};
	char seconds[16];
	if (info->retry_after && !rq->retry_s)
		rq->retry_s = info->retry_after;
	if (rq->retry_s) {
		snprintf(seconds, sizeof seconds, "%d", rq->retry_s);
		http_header(rq->x, STR("Retry-After"), arena_str(rq->arena, str_c(seconds)));
	}
	if (render_once(rq, &pg, NULL))
		reply_once(rq, &pg);
	else
		http_reply(rq->x, &(struct http_reply){.status = info->http,
					  .type = STR("text/plain; charset=utf-8"),
					  .lines = rq->app->lines_refusal,
					  .text = str_c(http_reason(info->http))});
}

void request_page_once(struct request *rq, const struct page_kind *kind, page_render_cb *render,
	struct str key)
{
	struct page pg = {.kind = kind, .key = key, .status = 200};
	if (render_once(rq, &pg, render))
		reply_once(rq, &pg);
	else
		request_error(rq, RC_INTERNAL);
}

bool request_ok(struct request *rq, enum rc rc)
{
	if (rc != RC_OK)
		request_error(rq, rc);
	return rc == RC_OK;
}

void request_static(struct request *rq, const struct static_file *f)
{
	bool packed = f->packed.n && http_accepts_gzip(rq->http);
	if (packed)
		http_header(rq->x, STR("Content-Encoding"), STR("gzip"));
	http_reply(rq->x, &(struct http_reply){.status = 200,
				  .type = str_c(f->content_type),
				  .lines = rq->app->lines_static[f->immutable],
				  .etag = packed ? f->packed_etag : f->etag,
				  .text = packed ? f->packed : f->bytes});
}

void request_redirect(struct request *rq, int status, struct str path)
{
	http_header(rq->x, STR("Location"), path);
	http_reply(
		rq->x, &(struct http_reply){.status = status, .lines = rq->app->lines_refusal});
}
