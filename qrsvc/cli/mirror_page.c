/* Owns what becomes of the addresses on a page that goes into a static copy.  Pure.  Relies on
 * how our templates write: attributes in double quotes, addresses of our own beginning with
 * '/'.  Called by mirror.c. */
#include "qrsvc/cli/mirror.h"

/* Only alive: forms, what stands behind the login, secrets, files that are made on demand. */
static const char *const live[] = {
	"/staff", "/q", "/report", "/c", "/s", "/feed", "/v", "/.well-known"};

static bool is_live(struct str path)
{
	for (size_t i = 0; i < sizeof live / sizeof live[0]; i++) {
		struct str l = str_c(live[i]);
		if (str_starts(path, l) && (path.n == l.n || path.p[l.n] == '/'))
			return true;
	}
	return path.n > 11 && str_eq(str_sub(path, path.n - 11, path.n), STR("/notice.pdf"));
}

/* Letters, digits and "/_.-" only, and no name that begins with a dot. */
static bool plain(struct str path)
{
	for (size_t i = 0; i < path.n; i++) {
		char c = path.p[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '-';
		if (!word && c != '/' && c != '.')
			return false;
		if ((c == '.' || c == '/') && i && path.p[i - 1] == '/')
			return false;
	}
	return path.n > 0 && path.n < MIRROR_PATH - 1;
}

static bool is_data(struct str path)
{
	static const char *const ends[] = {".json", ".csv", ".jpg", ".pdf", ".txt"};
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		struct str end = str_c(ends[i]);
		if (path.n > end.n && str_eq(str_sub(path, path.n - end.n, path.n), end))
			return true;
	}
	return false;
}

void mirror_link(struct str address, enum lang here, enum lang home, struct mirror_link *l)
{
	*l = (struct mirror_link){.is = MIRROR_OTHER, .lang = here};
	if (!address.n || address.p[0] != '/' || str_starts(address, STR("//")))
		return;
	struct str query = address, path = str_cut(&query, '?');
	l->is = MIRROR_LIVE;
	if (query.p && (!str_starts(query, STR("lang=")) ||
			       !lang_parse(str_sub(query, 5, query.n), &l->lang)))
		return;
	if (!plain(path) || is_live(path))
		return;
	while (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	l->is = is_data(path) ? MIRROR_DATA : MIRROR_PAGE;
	snprintf(l->path, sizeof l->path, "%.*s", STR_F(path));
	struct str name = str_sub(path, 1, path.n);
	if (l->is == MIRROR_DATA)
		snprintf(l->file, sizeof l->file, "%.*s", STR_F(name));
	else
		snprintf(l->file, sizeof l->file, "%s%s%.*s%sindex.html",
			l->lang == home ? "" : lang_tag(l->lang), l->lang == home ? "" : "/",
			STR_F(name), name.n ? "/" : "");
}

static void address(const struct mirror_page *p, struct str value, struct sbuf *out)
{
	struct mirror_link l;
	mirror_link(value, p->lang, p->home, &l);
	if (l.is == MIRROR_OTHER) {
		sbuf_str(out, value);
		return;
	}
	if (l.is == MIRROR_LIVE) {
		sbuf_str(out, p->base_url);
		sbuf_str(out, value);
		return;
	}
	for (const char *c = p->file; *c; c++)
		if (*c == '/')
			sbuf_puts(out, "../");
	sbuf_puts(out, l.file);
	p->found(p->arg, &l);
}

void mirror_rewrite(const struct mirror_page *p, struct str html, struct sbuf *out)
{
	static const char *const names[] = {" href=\"", " src=\"", " action=\""};
	while (html.n) {
		ptrdiff_t next = -1;
		size_t skip = 0;
		for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
			ptrdiff_t at = str_find(html, str_c(names[i]));
			if (at >= 0 && (next < 0 || at < next)) {
				next = at;
				skip = strlen(names[i]);
			}
		}
		if (next < 0)
			break;
		size_t from = (size_t)next + skip;
		sbuf_str(out, str_sub(html, 0, from));
		html = str_sub(html, from, html.n);
		ptrdiff_t end = str_chr(html, '"');
		if (end < 0)
			break;
		address(p, str_sub(html, 0, (size_t)end), out);
		html = str_sub(html, (size_t)end, html.n);
	}
	sbuf_str(out, html);
}

void mirror_banner(const struct mirror_page *p, const char *path, const char *day,
	struct str html, struct sbuf *out)
{
	ptrdiff_t at = str_find(html, STR("<div class=\"bar\">"));
	size_t cut = at < 0 ? 0 : (size_t)at;
	struct str host = p->base_url;
	ptrdiff_t slashes = str_find(host, STR("//"));
	if (slashes >= 0)
		host = str_sub(host, (size_t)slashes + 2, host.n);
	if (at < 0 && (at = str_find(html, STR("<body>"))) >= 0)
		cut = (size_t)at + strlen("<body>");
	sbuf_str(out, str_sub(html, 0, cut));
	sbuf_fmt(out,
		p->lang == LANG_ZH
			? "<p class=\"old\">这是%s的副本，日数从那天算起。最新内容："
			: "<p class=\"old\">A copy of %s; days are counted from then. Now: ",
		day);
	sbuf_fmt(out, "<a style=\"color:inherit\" href=\"%.*s%s?lang=%s\">%.*s</a></p>\n",
		STR_F(p->base_url), path, lang_tag(p->lang), STR_F(host));
	sbuf_str(out, str_sub(html, cut, html.n));
}
