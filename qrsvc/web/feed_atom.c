/* Owns the bytes of feeds (RFC 4287).  Asks nobody, answers nobody.  Called by feed.c and by
 * tests/unit/feed.c. */
#include "qrsvc/web/feed.h"

void xml_text(struct sbuf *b, struct str s)
{
	size_t from = 0;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		/* U+FFFE and U+FFFF are EF BF BE and EF BF BF */
		bool none = c == 0xef && i + 2 < s.n && (unsigned char)s.p[i + 1] == 0xbf &&
			    (unsigned char)s.p[i + 2] >= 0xbe;
		if (!none && (c >= 0x20 || c == '\t' || c == '\n' || c == '\r'))
			continue;
		sbuf_html(b, (struct str){s.p + from, i - from});
		sbuf_puts(b, "\xef\xbf\xbd");
		i += none ? 2 : 0;
		from = i + 1;
	}
	sbuf_html(b, (struct str){s.p + from, s.n - from});
}

static void element(struct sbuf *b, const char *name, struct str text)
{
	sbuf_fmt(b, "<%s>", name);
	xml_text(b, text);
	sbuf_fmt(b, "</%s>\n", name);
}

static void link_to(struct sbuf *b, const char *rel, const char *type, struct str href)
{
	sbuf_fmt(b, "<link rel=\"%s\" type=\"%s\" href=\"", rel, type);
	xml_text(b, href);
	sbuf_puts(b, "\"/>\n");
}

static void entry(const struct page *pg, const struct json *r, struct sbuf *b)
{
	struct str code = json_str(r, "facility"), at = json_str(r, "at"),
		   building = json_str(r, "building"), name = json_str(r, "name"),
		   where = json_str(r, "place");
	int32_t due = json_day(r, "due");
	int64_t days = json_int(r, "days", 0);
	if (building.n)
		where = web_cat(pg, where, STR(" "), building);
	if (name.n)
		where = web_cat(pg, where, STR(" "), name);
	struct str when =
		web_text(pg, days < 0 ? M_wk_was_due : M_wk_due, VALUE_S(json_str(r, "type")),
			VALUE_S(due == DAY_NONE ? STR("") : web_date_plain(pg, due)),
			VALUE_I(days < 0 ? -days : days));
	sbuf_puts(b, "<entry>\n");
	/* RFC 4151: the host was ours on that day */
	element(b, "id",
		web_cat(pg, STR("tag:"), pg->site->host, STR(","), json_str(r, "on"),
			STR(":reminder/"), web_number(pg, json_int(r, "id", 0))));
	element(b, "title", web_text(pg, M_label_colon, VALUE_S(where), VALUE_S(when)));
	element(b, "updated", at);
	element(b, "published", at);
	link_to(b, "alternate", "text/html",
		web_cat(pg, pg->site->base_url, STR("/staff/f/"), code));
	element(b, "summary",
		web_text(pg, M_fd_event, VALUE_S(json_str(r, "type")),
			VALUE_S(json_str(r, "kind")), VALUE_S(where)));
	sbuf_puts(b, "</entry>\n");
}

void feed_atom(const struct page *pg, const struct json *doc, struct str self, struct sbuf *out)
{
	const struct json *list = json_get(doc, "reminders"), *newest = json_first(list);
	struct str title = web_text(
		pg, M_fd_feed, VALUE_S(json_str(doc, "name")), VALUE_S(web_site_name(pg)));
	sbuf_puts(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
	sbuf_fmt(out, "<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"%s\">\n",
		lang_tag(pg->lang));
	element(out, "id", web_cat(pg, STR("urn:uuid:"), json_str(doc, "feed")));
	element(out, "title", title);
	element(out, "updated", newest ? json_str(newest, "at") : json_str(doc, "made"));
	sbuf_puts(out, "<author>");
	element(out, "name", web_site_name(pg));
	sbuf_puts(out, "</author>\n");
	link_to(out, "self", "application/atom+xml", self);
	link_to(out, "alternate", "text/html",
		web_cat(pg, pg->site->base_url, STR("/staff/inbox")));
	json_each (r, list)
		entry(pg, r, out);
	sbuf_puts(out, "</feed>\n");
}
