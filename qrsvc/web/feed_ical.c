/* Owns the bytes of calendars (RFC 5545).  Asks nobody, answers nobody.  Called by feed.c and
 * by tests/unit/feed.c. */
#include "qrsvc/web/feed.h"

#define LINE_MAX_OCTETS 75 /* RFC 5545 3.1, without the line break */

void ical_line(struct sbuf *b, const char *name, struct str value)
{
	size_t used = strlen(name) + 1;
	sbuf_puts(b, name);
	sbuf_byte(b, ':');
	for (size_t i = 0; i < value.n;) {
		size_t n = 1;
		while (i + n < value.n && ((unsigned char)value.p[i + n] & 0xc0) == 0x80)
			n++;
		if (used + n > LINE_MAX_OCTETS) {
			sbuf_puts(b, "\r\n ");
			used = 1;
		}
		sbuf_add(b, value.p + i, n);
		used += n;
		i += n;
	}
	sbuf_puts(b, "\r\n");
}

struct str ical_text(const struct page *pg, struct str s)
{
	struct sbuf b;
	sbuf_init(&b, FEED_MAX);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (c == '\\' || c == ';' || c == ',')
			sbuf_byte(&b, '\\');
		if (c == '\n')
			sbuf_puts(&b, "\\n");
		else if (c != '\r')
			sbuf_byte(&b, (c < 0x20 && c != '\t') || c == 0x7f ? ' ' : s.p[i]);
	}
	struct str text = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return text;
}

static struct str day_text(const struct page *pg, int32_t day)
{
	struct civil c = day_to_civil(day);
	return arena_fmt(pg->arena, "%04d%02d%02d", c.year, c.month, c.day);
}

/* UTC, as DTSTAMP must be (RFC 5545 3.8.7.2). */
static struct str stamp(const struct page *pg, int64_t us)
{
	int64_t s = us / US_PER_S, day = s / 86400, left = s % 86400;
	if (left < 0) {
		left += 86400;
		day--;
	}
	struct civil c = day_to_civil((int32_t)day);
	return arena_fmt(pg->arena, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day,
		(int)(left / 3600), (int)(left / 60 % 60), (int)(left % 60));
}

/* "Block 75 No. 2" of the facilities of an event, a line each, with their addresses. */
static struct str description(const struct page *pg, const struct json *e)
{
	struct sbuf b;
	int64_t shown = 0, n = json_int(e, "n", 0);
	sbuf_init(&b, 64 * 1024);
	json_each (f, json_get(e, "facilities")) {
		struct str building = json_str(f, "building"), name = json_str(f, "name");
		sbuf_str(&b, building);
		if (building.n && name.n)
			sbuf_byte(&b, ' ');
		sbuf_str(&b, name);
		if (building.n || name.n)
			sbuf_byte(&b, '\n');
		sbuf_str(&b, pg->site->base_url);
		sbuf_puts(&b, "/f/");
		sbuf_str(&b, json_str(f, "code"));
		sbuf_byte(&b, '\n');
		shown++;
	}
	if (n > shown)
		sbuf_str(&b, web_text(pg, M_fd_more, VALUE_I(n - shown)));
	struct str s = arena_str(pg->arena, str_trim(sbuf_view(&b), "\n"));
	sbuf_release(&b);
	return s;
}

static struct str summary(const struct page *pg, const struct json *e)
{
	int64_t n = json_int(e, "n", 1);
	struct str what = web_text(pg, M_fd_event, VALUE_S(json_str(e, "type")),
		VALUE_S(json_str(e, "kind")), VALUE_S(json_str(e, "name")));
	return n > 1 ? web_text(pg, M_fd_event_n, VALUE_S(what), VALUE_I(n)) : what;
}

static void event(const struct page *pg, const struct json *e, struct sbuf *out)
{
	struct str place = json_str(e, "place"), address = json_str(e, "address"),
		   first = json_str(json_first(json_get(e, "facilities")), "code");
	int32_t due = json_day(e, "due");
	int64_t at = 0;
	if (due == DAY_NONE || !place.n)
		return;
	json_instant(e, "at", &at);
	struct str day = day_text(pg, due);
	ical_line(out, "BEGIN", STR("VEVENT"));
	/* of what is due when: the same event is the same, whoever reads it */
	ical_line(out, "UID",
		web_cat(pg, place, STR("-"), json_str(e, "kind_code"), STR("-"),
			json_str(e, "type_code"), STR("-"), day, STR("@"), pg->site->host));
	ical_line(out, "DTSTAMP", stamp(pg, at));
	ical_line(out, "DTSTART;VALUE=DATE", day);
	ical_line(out, "DTEND;VALUE=DATE", day_text(pg, due + 1));
	ical_line(out, "SUMMARY", ical_text(pg, summary(pg, e)));
	ical_line(out, "DESCRIPTION", ical_text(pg, description(pg, e)));
	ical_line(out, "LOCATION",
		ical_text(pg, address.n ? web_cat(pg, json_str(e, "name"), STR(", "), address)
					: json_str(e, "name")));
	ical_line(out, "URL",
		json_int(e, "n", 1) > 1 ? web_cat(pg, pg->site->base_url, STR("/b/"), place)
					: web_cat(pg, pg->site->base_url, STR("/f/"), first));
	ical_line(out, "TRANSP", STR("TRANSPARENT"));
	ical_line(out, "END", STR("VEVENT"));
}

void feed_calendar(const struct page *pg, const struct json *doc, struct sbuf *out)
{
	const struct json *events = json_get(doc, "events");
	struct str title =
		ical_text(pg, web_text(pg, M_fd_calendar, VALUE_S(json_str(doc, "name")),
				      VALUE_S(web_site_name(pg))));
	ical_line(out, "BEGIN", STR("VCALENDAR"));
	ical_line(out, "VERSION", STR("2.0"));
	ical_line(out, "PRODID", web_cat(pg, STR("-//qrsvc//"), pg->site->host, STR("//EN")));
	ical_line(out, "CALSCALE", STR("GREGORIAN"));
	ical_line(out, "NAME", title); /* RFC 7986 5.1; the next for programs older than it */
	ical_line(out, "X-WR-CALNAME", title);
	ical_line(out, "REFRESH-INTERVAL;VALUE=DURATION", STR("PT6H"));
	json_each (e, events)
		event(pg, e, out);
	if (!json_count(events)) { /* a calendar has at least one component (RFC 5545 3.4) */
		ical_line(out, "BEGIN", STR("VTIMEZONE"));
		ical_line(out, "TZID", STR("UTC"));
		ical_line(out, "BEGIN", STR("STANDARD"));
		ical_line(out, "DTSTART", STR("19700101T000000"));
		ical_line(out, "TZOFFSETFROM", STR("+0000"));
		ical_line(out, "TZOFFSETTO", STR("+0000"));
		ical_line(out, "END", STR("STANDARD"));
		ical_line(out, "END", STR("VTIMEZONE"));
	}
	ical_line(out, "END", STR("VCALENDAR"));
}
