/* Owns what cookies, tokens and the head of a request mean for the login.  Never asks the
 * database and never answers.  Called by staff.c, serve.c and the pages that log in. */
#include "qrsvc/app/auth.h"

/* ---- tokens -------------------------------------------------------------------------------
 */

bool auth_token_parse(struct str s, struct auth_token *ret_)
{
	ret_->some = base64url_decode(s, ret_->b, sizeof ret_->b);
	return ret_->some;
}

void auth_cookie(const struct http_request *r, struct str name, struct auth_token *ret_)
{
	auth_token_parse(http_cookie(r, name), ret_);
}

void auth_token_new(struct auth_token *ret_)
{
	crypto_random(ret_->b, sizeof ret_->b);
	ret_->some = true;
}

static struct str token_view(const struct auth_token *t)
{
	return (struct str){(const char *)t->b, sizeof t->b};
}

static struct str base64url(struct arena *a, const void *p, size_t n)
{
	struct sbuf b;
	sbuf_init(&b, 256);
	base64url_encode(p, n, &b);
	struct str text = arena_str(a, sbuf_view(&b));
	crypto_wipe(b.p, b.cap);
	sbuf_release(&b);
	return text;
}

struct str auth_token_text(struct arena *a, const struct auth_token *t)
{
	return base64url(a, t->b, sizeof t->b);
}

struct str auth_token_hash(struct arena *a, const struct auth_token *t)
{
	unsigned char h[SHA256_BYTES];
	sha256(token_view(t), h);
	return arena_str(a, (struct str){(const char *)h, sizeof h});
}

struct str auth_csrf(struct arena *a, const struct auth_token *t)
{
	unsigned char h[SHA256_BYTES];
	hmac_sha256(token_view(t), STR("csrf"), h);
	return base64url(a, h, sizeof h);
}

bool auth_csrf_fits(const struct auth_token *t, struct str field)
{
	unsigned char want[SHA256_BYTES], got[SHA256_BYTES];
	if (!t->some || !base64url_decode(field, got, sizeof got))
		return false;
	hmac_sha256(token_view(t), STR("csrf"), want);
	return crypto_equal((struct str){(const char *)want, sizeof want},
		(struct str){(const char *)got, sizeof got});
}

struct str auth_set_cookie(
	struct arena *a, struct str name, const struct auth_token *t, int max_age_s)
{
	struct str text = max_age_s ? auth_token_text(a, t) : STR("");
	if (max_age_s < 0)
		return arena_fmt(a, "%.*s=%.*s; Path=/; Secure; HttpOnly; SameSite=Lax",
			STR_F(name), STR_F(text));
	return arena_fmt(a, "%.*s=%.*s; Path=/; Max-Age=%d; Secure; HttpOnly; SameSite=Lax",
		STR_F(name), STR_F(text), max_age_s);
}

/* ---- where a form comes from ---------------------------------------------------------------
 */

/* "http://host:port" or "https://host:port/path" against the Host of the request, whose name
 * the server has checked. */
static bool names_host(struct str url, struct str host)
{
	ptrdiff_t at = str_find(url, STR("://"));
	if (at < 0)
		return false;
	struct str scheme = str_sub(url, 0, (size_t)at);
	struct str rest = str_sub(url, (size_t)at + 3, url.n);
	size_t n = 0;
	while (n < rest.n && !strchr("/?#", rest.p[n]))
		n++;
	rest.n = n;
	if (!str_ieq(scheme, STR("https")) && !str_ieq(scheme, STR("http")))
		return false;
	if (str_ieq(rest, host))
		return true;
	/* A port that the scheme means anyway. */
	struct str port = str_ieq(scheme, STR("https")) ? STR(":443") : STR(":80");
	return (host.n == rest.n + port.n && str_ends(host, port) &&
		       str_ieq(rest, str_sub(host, 0, rest.n))) ||
	       (rest.n == host.n + port.n && str_ends(rest, port) &&
		       str_ieq(host, str_sub(rest, 0, host.n)));
}

bool auth_open_origin(const struct http_request *r)
{
	struct str site = http_known(r, HTTP_F_SEC_FETCH_SITE);
	if (!str_eq(http_known(r, HTTP_F_ORIGIN), STR("null")))
		return auth_same_origin(r);
	return !site.p || str_eq(site, STR("same-origin")) || str_eq(site, STR("none"));
}

bool auth_same_origin(const struct http_request *r)
{
	struct str site = http_known(r, HTTP_F_SEC_FETCH_SITE);
	struct str origin = http_known(r, HTTP_F_ORIGIN), from = origin;
	if (site.p && !str_eq(site, STR("same-origin")) && !str_eq(site, STR("none")))
		return false;
	if (!origin.p)
		from = http_known(r, HTTP_F_REFERER);
	return !from.p || names_host(from, r->host);
}

/* ---- devices ------------------------------------------------------------------------------
 */

struct word {
	const char *in, *out;
};

static struct str first_of(struct str s, const struct word *w, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_find(s, str_c(w[i].in)) >= 0)
			return str_c(w[i].out);
	return STR_NONE;
}

struct str auth_device(struct arena *a, struct str user_agent)
{
	/* The more particular name first: Edge calls itself Chrome, Chrome calls itself Safari.
	 */
	static const struct word browsers[] = {{"MicroMessenger", "WeChat"}, {"Edg", "Edge"},
		{"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"Chrom", "Chrome"}, {"Safari/", "Safari"}};
	static const struct word systems[] = {{"Android", "Android"}, {"iPhone", "iPhone"},
		{"iPad", "iPad"}, {"HarmonyOS", "HarmonyOS"}, {"Windows", "Windows"},
		{"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}};
	struct str browser = first_of(user_agent, browsers, sizeof browsers / sizeof *browsers);
	struct str sys = first_of(user_agent, systems, sizeof systems / sizeof *systems);
	if (browser.n && sys.n)
		return arena_fmt(a, "%.*s, %.*s", STR_F(browser), STR_F(sys));
	return browser.n ? browser : sys;
}
