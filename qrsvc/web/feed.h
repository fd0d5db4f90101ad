/* feed: due dates as a calendar (RFC 5545) and reminders as a feed (RFC 4287), for programs of
 * others.  Pure: the same answer of the database, language and site give the same bytes, or
 * ETags would differ.
 *
 * What these formats ask for is done here and nowhere else: lines end in CRLF and are folded at
 * 75 octets, never inside a character (RFC 5545 3.1); backslash, semicolon, comma and line
 * breaks of a TEXT are escaped, other control characters become blanks (3.3.11); characters
 * that XML 1.0 does not allow (2.2) become U+FFFD. */
#ifndef QR_WEB_FEED_H
#define QR_WEB_FEED_H

#include "qrsvc/web/common.h"

/* Most bytes of either: 1,500 events of 1 KiB, and some. */
#define FEED_MAX (2u * 1024u * 1024u)

/* One content line, folded: "NAME:" and the value, which stands already as it must. */
void ical_line(struct sbuf *b, const char *name, struct str value);
/* The same for a value of type TEXT, in the page's arena. */
struct str ical_text(const struct page *pg, struct str s);
/* Text and attributes of XML. */
void xml_text(struct sbuf *b, struct str s);

/* doc: what api.feed_calendar() said.  One all-day event for each element of "events". */
void feed_calendar(const struct page *pg, const struct json *doc, struct sbuf *out);
/* doc: what api.feed_news() said; self: the address of the feed itself. */
void feed_atom(
	const struct page *pg, const struct json *doc, struct str self, struct sbuf *out);

#endif
