/* Owns nothing: pure; field lines, the fields that frame a message, hosts.  Called by parse.c.
 */
#include "qrsvc/http/head.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* First byte that may not stand in a field value (RFC 9110 5.5: VCHAR, SP, HTAB, obs-text), or
 * end. */
static const char *skip_value(const char *p, const char *end)
{
#ifdef __SSE2__
	const __m128i space = _mm_set1_epi8(0x1f), del = _mm_set1_epi8(0x7f),
		      tab = _mm_set1_epi8('\t');
	for (; end - p >= 16; p += 16) {
		__m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
		/* v <= 0x1f unsigned */
		__m128i low = _mm_cmpeq_epi8(_mm_min_epu8(v, space), v);
		__m128i bad = _mm_or_si128(
			_mm_andnot_si128(_mm_cmpeq_epi8(v, tab), low), _mm_cmpeq_epi8(v, del));
		unsigned mask = (unsigned)_mm_movemask_epi8(bad);
		if (mask)
			return p + __builtin_ctz(mask);
	}
#endif
	for (; p < end; p++) {
		unsigned char c = (unsigned char)*p;
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			break;
	}
	return p;
}

/* --- known fields ------------------------------------------------------------------------ */

struct known_name {
	const char *name; /* lower case */
	uint8_t n, id, once;
};
#define K(text, id, once)                        \
	{                                        \
		text, sizeof(text) - 1, id, once \
	}
/* By length, so that a lookup compares one or two names.  once: a second one is refused, since
 * two readers might take different ones. */
static const struct known_name known_4[] = {K("host", HTTP_F_HOST, 1)};
static const struct known_name known_5[] = {K("range", HTTP_F_RANGE, 1)};
static const struct known_name known_6[] = {K("accept", HTTP_F_ACCEPT, 0),
	K("cookie", HTTP_F_COOKIE, 0), K("origin", HTTP_F_ORIGIN, 1),
	K("expect", HTTP_F_EXPECT, 0)};
static const struct known_name known_7[] = {K("referer", HTTP_F_REFERER, 0)};
static const struct known_name known_8[] = {
	K("if-match", HTTP_F_IF_MATCH, 0), K("if-range", HTTP_F_IF_RANGE, 1)};
static const struct known_name known_10[] = {
	K("connection", HTTP_F_CONNECTION, 0), K("user-agent", HTTP_F_USER_AGENT, 0)};
static const struct known_name known_11[] = {K("sec-purpose", HTTP_F_SEC_PURPOSE, 0)};
static const struct known_name known_12[] = {K("content-type", HTTP_F_CONTENT_TYPE, 1)};
static const struct known_name known_13[] = {K("authorization", HTTP_F_AUTHORIZATION, 1),
	K("if-none-match", HTTP_F_IF_NONE_MATCH, 0)};
static const struct known_name known_14[] = {K("content-length", HTTP_F_CONTENT_LENGTH, 1),
	K("sec-fetch-site", HTTP_F_SEC_FETCH_SITE, 1)};
static const struct known_name known_15[] = {K("accept-encoding", HTTP_F_ACCEPT_ENCODING, 0),
	K("accept-language", HTTP_F_ACCEPT_LANGUAGE, 0),
	K("x-forwarded-for", HTTP_F_X_FORWARDED_FOR, 0),
	K("idempotency-key", HTTP_F_IDEMPOTENCY_KEY, 1)};
static const struct known_name known_16[] = {K("content-encoding", HTTP_F_CONTENT_ENCODING, 0)};
static const struct known_name known_17[] = {
	K("transfer-encoding", HTTP_F_TRANSFER_ENCODING, 1),
	K("if-modified-since", HTTP_F_IF_MODIFIED_SINCE, 1),
	K("x-forwarded-proto", HTTP_F_X_FORWARDED_PROTO, 1)};
static const struct known_name known_19[] = {
	K("if-unmodified-since", HTTP_F_IF_UNMODIFIED_SINCE, 1)};
#undef K
#define T(t)                                 \
	{                                    \
		(t), sizeof(t) / sizeof *(t) \
	}
static const struct {
	const struct known_name *names;
	size_t n;
} known_by_length[20] = {
	[4] = T(known_4),
	[5] = T(known_5),
	[6] = T(known_6),
	[7] = T(known_7),
	[8] = T(known_8),
	[10] = T(known_10),
	[11] = T(known_11),
	[12] = T(known_12),
	[13] = T(known_13),
	[14] = T(known_14),
	[15] = T(known_15),
	[16] = T(known_16),
	[17] = T(known_17),
	[19] = T(known_19),
};
#undef T

/* Names are tokens, in which only letters differ by 0x20 ("_" 0x5f and DEL, "^" and "~", "|"
 * and backslash do too, but none of the latter is a token or in our names). */
static bool same_name(const char *p, const char *lower, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c | 0x20);
		if (c != lower[i])
			return false;
	}
	return true;
}

static const struct known_name *find_known(const char *p, size_t n)
{
	if (n >= sizeof known_by_length / sizeof known_by_length[0])
		return NULL;
	const struct known_name *k = known_by_length[n].names;
	for (size_t i = 0; i < known_by_length[n].n; i++)
		if (((p[0] ^ k[i].name[0]) & ~0x20) == 0 && same_name(p, k[i].name, n))
			return &k[i];
	return NULL;
}

/* IP-literal = "[" ( IPv6address / IPvFuture ) "]": the former only. */
static bool ip6_valid(struct str s)
{
	struct addr a;
	/* inet_pton takes an IPv4-mapped address too, which is right. */
	return str_chr(s, ':') >= 0 && addr_parse(s, &a);
}

bool http_host_valid(struct str s)
{
	struct str host, port = STR_NONE;
	uint64_t number;
	if (s.n && s.p[0] == '[') {
		ptrdiff_t close = str_chr(s, ']');
		if (close < 0 || !ip6_valid(str_sub(s, 1, (size_t)close)))
			return false;
		struct str after = str_sub(s, (size_t)close + 1, s.n);
		if (after.n && after.p[0] != ':')
			return false;
		if (after.n)
			port = str_sub(after, 1, after.n);
	} else {
		port = s;
		host = str_cut(&port, ':');
		if (host.n == 0)
			return false;
		/* The host list is ASCII and comma-free; "a, b" would be two hosts in one. */
		for (size_t i = 0; i < host.n; i++)
			if (!is(host.p[i], C_HOST) || host.p[i] == ',')
				return false;
	}
	return !port.p || port.n == 0 ||
	       (port.n <= 5 && str_u64(port, &number) && number <= 65535);
}

/* --- fields ------------------------------------------------------------------------------ */

static int content_length(struct http_request *r, struct str v, const char **ret_why)
{
	/* Leading zeros are legal and harmless here, but others read them as octal. */
	if (!str_u64(v, &r->content_length) || (v.n > 1 && v.p[0] == '0') ||
		r->content_length > INT64_MAX)
		return refuse(ret_why, 400, "Content-Length");
	r->has_length = true;
	return 0;
}

/* RFC 9112 6.1, 6.3: chunked last or the end of the content cannot be found: 400; a coding we
 * do not have: 501. */
static int transfer_encoding(struct http_request *r, struct str v, const char **ret_why)
{
	bool any_chunked = false, last_chunked = false;
	if (str_ieq(v, STR("chunked"))) {
		r->chunked = true;
		return 0;
	}
	while (v.p) {
		struct str coding = str_trim(str_cut(&v, ','), " \t");
		if (!http_token(coding))
			return refuse(ret_why, 400, "malformed Transfer-Encoding");
		last_chunked = str_ieq(coding, STR("chunked"));
		if (last_chunked && any_chunked)
			return refuse(ret_why, 400, "chunked twice");
		any_chunked |= last_chunked;
	}
	if (any_chunked && !last_chunked)
		return refuse(ret_why, 400, "chunked is not the last transfer coding");
	return refuse(ret_why, 501, "transfer coding not known");
}

static int connection(struct http_parser *p, struct str v, const char **ret_why)
{
	while (v.p) {
		struct str option = str_trim(str_cut(&v, ','), " \t");
		if (option.n == 0) /* RFC 9110 5.6.1.2: empty list elements */
			continue;
		if (!http_token(option))
			return refuse(ret_why, 400, "malformed Connection");
		if (str_ieq(option, STR("close")))
			p->close = true;
		else if (str_ieq(option, STR("keep-alive")))
			p->keep = true;
	}
	return 0;
}

static int known_field(struct http_parser *p, struct http_request *r,
	const struct known_name *k, struct str v, const char **ret_why)
{
	if (r->known[k->id] && k->once)
		return refuse(ret_why, 400, "field that may come once came twice");
	if (!r->known[k->id])
		r->known[k->id] = (uint16_t)(r->nfields + 1u);
	switch ((enum http_known)k->id) {
	case HTTP_F_HOST:
		if (!http_host_valid(v))
			return refuse(ret_why, 400, "malformed Host");
		if (!r->absolute)
			r->host = v;
		return 0;
	case HTTP_F_CONTENT_LENGTH:
		return content_length(r, v, ret_why);
	case HTTP_F_TRANSFER_ENCODING:
		return transfer_encoding(r, v, ret_why);
	case HTTP_F_CONNECTION:
		return connection(p, v, ret_why);
	case HTTP_F_EXPECT:
		/* An HTTP/1.0 client cannot mean it (RFC 9110 10.1.1). */
		if (!str_ieq(v, STR("100-continue")))
			return refuse(ret_why, 417, "expectation not known");
		r->expect_continue = r->minor == 1;
		return 0;
	default:
		return 0;
	}
}

static bool framing(unsigned id)
{
	return id == HTTP_F_HOST || id == HTTP_F_CONTENT_LENGTH ||
	       id == HTTP_F_TRANSFER_ENCODING;
}

int http_field_line(struct http_parser *p, const char *buf, const char *line, const char *end,
	struct http_request *r, size_t *ret_used, const char **ret_why)
{
	*ret_used = 0;
	const char *at = line;
	while (at < end && is(*at, C_TCHAR))
		at++;
	if (at == end)
		return 0;
	if (*at != ':' || at == line)
		return refuse(ret_why, 400,
			at == line && (*at == ' ' || *at == '\t') ? "obs-fold"
								  : "malformed field name");
	size_t name_n = (size_t)(at - line);
	const char *value = at + 1;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	const char *stop = skip_value(value, end);
	if (end - stop < 2) {
		if (stop < end && *stop != '\r')
			return refuse(ret_why, 400, "control byte in a field value");
		return 0;
	}
	if (stop[0] != '\r' || stop[1] != '\n')
		return refuse(ret_why, 400, "control byte in a field value");
	const char *trim = stop;
	while (trim > value && (trim[-1] == ' ' || trim[-1] == '\t'))
		trim--;
	if (r->nfields == LIMIT_HTTP_FIELDS)
		return refuse(ret_why, 431, "too many fields");
	const struct known_name *k = find_known(line, name_n);
	if (k && framing(k->id) &&
		(trim != stop || value - at > 2 || (value - at == 2 && at[1] != ' ')))
		return refuse(ret_why, 400, "spaces around the value of a framing field");
	r->fields[r->nfields] = (struct http_span){(uint16_t)(line - buf), (uint16_t)name_n,
		(uint16_t)(value - buf), (uint16_t)(trim - value), k ? k->id : HTTP_F_OTHER};
	int status =
		k ? known_field(p, r, k, (struct str){value, (size_t)(trim - value)}, ret_why)
		  : 0;
	r->nfields++;
	*ret_used = (size_t)(stop + 2 - line);
	return status;
}
