/* Owns nothing: decodes chunked content and writes spool files.  Called by http/input.c and the
 * fuzzer. */
#include "qrsvc/http/body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF; last-chunk trailers CRLF: RFC
 * 9112 7.1. "Bad whitespace" around extensions is refused: senders must not make it. */
enum {
	SIZE,	  /* first digit of a chunk size */
	DIGITS,	  /* further ones, ';' or CR */
	EXT_NAME, /* first byte of an extension name */
	EXT_NAME_MORE,
	EXT_VALUE, /* after '=' */
	EXT_TOKEN,
	EXT_QUOTED,
	EXT_ESCAPE,
	EXT_QUOTED_END,
	SIZE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	TRAILER, /* start of a line */
	TRAILER_NAME,
	TRAILER_VALUE,
	TRAILER_LF,
	END_LF,
	DONE,
	BROKEN,
};

void http_chunked_init(struct http_chunked *c)
{
	*c = (struct http_chunked){.state = SIZE};
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static bool tchar(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

/* qdtext, quoted-pair and field content: HTAB, SP, VCHAR, obs-text. */
static bool text(char c)
{
	unsigned char u = (unsigned char)c;
	return u == '\t' || (u >= 0x20 && u != 0x7f);
}

static int size_digit(struct http_chunked *c, char b, int more)
{
	int h = hex(b);
	if (h < 0)
		return more;
	/* 15 digits cannot overflow and are a petabyte. */
	if (++c->digits > 15)
		return BROKEN;
	c->left = c->left << 4 | (unsigned)h;
	return DIGITS;
}

/* What follows a size or an extension: another extension or the end of the line. */
static int after_ext(char b)
{
	if (b == ';')
		return EXT_NAME;
	return b == '\r' ? SIZE_LF : BROKEN;
}

static int ext_state(int state, char b)
{
	switch (state) {
	case EXT_NAME:
		return tchar(b) ? EXT_NAME_MORE : BROKEN;
	case EXT_NAME_MORE:
		if (b == '=')
			return EXT_VALUE;
		return tchar(b) ? EXT_NAME_MORE : after_ext(b);
	case EXT_VALUE:
		if (b == '"')
			return EXT_QUOTED;
		return tchar(b) ? EXT_TOKEN : BROKEN;
	case EXT_TOKEN:
		return tchar(b) ? EXT_TOKEN : after_ext(b);
	case EXT_QUOTED:
		if (b == '"')
			return EXT_QUOTED_END;
		if (b == '\\')
			return EXT_ESCAPE;
		return text(b) ? EXT_QUOTED : BROKEN;
	case EXT_ESCAPE:
		return text(b) ? EXT_QUOTED : BROKEN;
	default: /* EXT_QUOTED_END */
		return after_ext(b);
	}
}

static int trailer_state(struct http_chunked *c, int state, char b)
{
	if (++c->trailers > LIMIT_HTTP_TRAILERS)
		return BROKEN;
	switch (state) {
	case TRAILER:
		if (b == '\r')
			return END_LF;
		return tchar(b) ? TRAILER_NAME : BROKEN;
	case TRAILER_NAME:
		if (b == ':')
			return TRAILER_VALUE;
		return tchar(b) ? TRAILER_NAME : BROKEN;
	case TRAILER_VALUE:
		if (b == '\r')
			return TRAILER_LF;
		return text(b) ? TRAILER_VALUE : BROKEN;
	case TRAILER_LF:
		return b == '\n' ? TRAILER : BROKEN;
	default: /* END_LF */
		return b == '\n' ? DONE : BROKEN;
	}
}

static int next_state(struct http_chunked *c, char b)
{
	int state = c->state;
	if (state >= TRAILER)
		return trailer_state(c, state, b);
	if (state < DATA && ++c->line > LIMIT_HTTP_CHUNK_LINE)
		return BROKEN;
	switch (state) {
	case SIZE:
		return size_digit(c, b, BROKEN);
	case DIGITS:
		return size_digit(c, b, after_ext(b));
	case SIZE_LF:
		c->line = 0;
		c->digits = 0;
		if (b != '\n')
			return BROKEN;
		return c->left ? DATA : TRAILER;
	case DATA_CR:
		return b == '\r' ? DATA_LF : BROKEN;
	case DATA_LF:
		return b == '\n' ? SIZE : BROKEN;
	default:
		return ext_state(state, b);
	}
}

enum http_chunk http_chunked_next(
	struct http_chunked *c, const char *buf, size_t n, size_t *at, struct str *ret_data)
{
	while (*at < n && c->state != DONE && c->state != BROKEN) {
		if (c->state == DATA) {
			size_t part = n - *at;
			if (part > c->left)
				part = (size_t)c->left;
			*ret_data = (struct str){buf + *at, part};
			*at += part;
			c->left -= part;
			if (c->left == 0)
				c->state = DATA_CR;
			return CHUNK_DATA;
		}
		c->state = (uint8_t)next_state(c, buf[*at]);
		++*at;
	}
	if (c->state == BROKEN)
		return CHUNK_BAD;
	return c->state == DONE ? CHUNK_END : CHUNK_MORE;
}

int http_spool_open(const char *folder)
{
	return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR);
}

bool http_spool_write(int fd, struct str s)
{
	while (s.n) {
		ssize_t n = write(fd, s.p, s.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		s = str_sub(s, (size_t)n, s.n);
	}
	return true;
}
