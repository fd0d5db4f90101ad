/* sbuf: a growing byte buffer with a ceiling.
 *
 * Append functions never fail loudly: once the ceiling would be passed, nothing more is added
 * and `over` stays set, so that a writer checks once at its end.  Holds any byte; `p[n]` is not
 * a NUL unless sbuf_c() was asked.  Heap storage: sbuf_release() or sbuf_take(). */
#ifndef QR_BASE_SBUF_H
#define QR_BASE_SBUF_H

#include "qrsvc/base/str.h"

struct sbuf {
	char *p;
	size_t n, cap, max; /* max: most bytes it may ever hold */
	bool over;	    /* something did not fit */
};

/* Nothing is allocated before the first byte. */
void sbuf_init(struct sbuf *b, size_t max);
void sbuf_release(struct sbuf *b);
/* Forgets the content, keeps the storage. */
void sbuf_clear(struct sbuf *b);
void sbuf_add(struct sbuf *b, const void *p, size_t n);
static inline void sbuf_str(struct sbuf *b, struct str s)
{
	sbuf_add(b, s.p, s.n);
}
/* A literal or NUL-terminated string. */
static inline void sbuf_puts(struct sbuf *b, const char *s)
{
	sbuf_add(b, s, strlen(s));
}
void sbuf_byte(struct sbuf *b, char c);
void sbuf_u64(struct sbuf *b, uint64_t v);
void sbuf_fmt(struct sbuf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Room for n more bytes to be written by the caller, who then adds to b->n; NULL if over. */
char *sbuf_room(struct sbuf *b, size_t n);
/* The content as a C string; valid until the next change.  "" when over. */
const char *sbuf_c(struct sbuf *b);
static inline struct str sbuf_view(const struct sbuf *b)
{
	return (struct str){b->p, b->n};
}
/* Hands the storage to the caller (free()), leaves the buffer empty. */
char *sbuf_take(struct sbuf *b, size_t *n_ret_);

/* Writers, one per context (security.md 13). */
/* & < > " ' as character references: text and quoted attributes of HTML and XML. */
void sbuf_html(struct sbuf *b, struct str s);
/* A JSON string with its quotes (RFC 8259 7); malformed UTF-8 becomes U+FFFD. */
void sbuf_json(struct sbuf *b, struct str s);
/* Percent-encodes all but the unreserved characters of RFC 3986 2.3. */
void sbuf_url(struct sbuf *b, struct str s);
/* One CSV field (RFC 4180 2), quoted if needed; a field that begins with = + - @ TAB CR gets a
 * leading ' so that no spreadsheet runs it (security.md 14). */
void sbuf_csv(struct sbuf *b, struct str s);
/* One log value: control bytes, quotes and malformed UTF-8 as \xNN, so that it stays on a line.
 */
void sbuf_log(struct sbuf *b, struct str s);
void sbuf_hex(struct sbuf *b, const void *p, size_t n);

#endif
