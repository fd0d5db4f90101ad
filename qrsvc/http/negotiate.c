/* Owns nothing: pure functions over request fields.  Called by resp.c and the page engine. */
#include "qrsvc/http/negotiate.h"

#include "qrsvc/base/clock.h"

#include <stdio.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* weight = OWS ";" OWS "q=" qvalue (RFC 9110 12.4.2) among parameters; 0..1000, -1 malformed.
 */
static int weight(struct str params)
{
	while (params.p) {
		struct str p = str_trim(str_cut(&params, ';'), " \t");
		if (p.n < 3 || (p.p[0] | 0x20) != 'q' || p.p[1] != '=')
			continue;
		struct str v = str_sub(p, 2, p.n);
		if (v.n > 5 || (v.p[0] != '0' && v.p[0] != '1') || (v.n > 1 && v.p[1] != '.'))
			return -1;
		int q = (v.p[0] - '0') * 1000, unit = 100;
		for (size_t i = 2; i < v.n; i++, unit /= 10) {
			if (!digit(v.p[i]))
				return -1;
			q += (v.p[i] - '0') * unit;
		}
		return q > 1000 ? -1 : q;
	}
	return 1000;
}

/* One element of a list field: its value and weight.  False at the end. */
static bool next_choice(struct str *rest, struct str *ret_value, int *ret_q)
{
	while (rest->p) {
		struct str params = str_cut(rest, ',');
		struct str value = str_trim(str_cut(&params, ';'), " \t");
		if (value.n == 0)
			continue;
		*ret_value = value;
		*ret_q = weight(params);
		if (*ret_q < 0)
			*ret_q = 0;
		return true;
	}
	return false;
}

bool http_accepts_gzip(const struct http_request *r)
{
	size_t at = 0;
	struct str line, value;
	int q, gzip = -1, star = -1;
	while (http_field_next(r, HTTP_F_ACCEPT_ENCODING, &at, &line))
		while (next_choice(&line, &value, &q)) {
			if (str_ieq(value, STR("gzip")) || str_ieq(value, STR("x-gzip")))
				gzip = q;
			else if (value.n == 1 && value.p[0] == '*')
				star = q;
		}
	return gzip >= 0 ? gzip > 0 : star > 0;
}

/* a is b, or begins with b and a hyphen. */
static bool tag_in(struct str a, struct str b)
{
	return a.n >= b.n && str_ieq(str_sub(a, 0, b.n), b) && (a.n == b.n || a.p[b.n] == '-');
}

/* How well a tag of ours answers a range of theirs: 3 same or more special, 2 ours is more
 * general, 1 same language, 0 no. */
static int tag_fit(struct str ours, struct str theirs)
{
	if (tag_in(ours, theirs))
		return 3;
	if (tag_in(theirs, ours))
		return 2;
	struct str a = ours, b = theirs;
	return str_ieq(str_cut(&a, '-'), str_cut(&b, '-')) ? 1 : 0;
}

/* The tag that answers a range best; n if none does. */
static size_t best_tag(struct str theirs, const struct str *tags, size_t n)
{
	size_t best = n;
	int best_fit = 0;
	for (size_t i = 0; i < n; i++) {
		int fit = tag_fit(tags[i], theirs);
		if (fit > best_fit) {
			best_fit = fit;
			best = i;
		}
	}
	return best;
}

size_t http_language(
	const struct http_request *r, const struct str *tags, size_t n, size_t fallback)
{
	size_t at = 0, best = fallback;
	int best_q = 0, q;
	struct str line, value;
	while (http_field_next(r, HTTP_F_ACCEPT_LANGUAGE, &at, &line))
		while (next_choice(&line, &value, &q)) {
			if (q <= best_q) /* of equals the first stays */
				continue;
			bool star = value.n == 1 && value.p[0] == '*';
			size_t i = star ? fallback : best_tag(value, tags, n);
			if (i == n)
				continue;
			best = i;
			best_q = q;
		}
	return best;
}

int http_accepts_type(const struct http_request *r, struct str type)
{
	size_t at = 0;
	struct str line, value, major = type;
	int q, best = -1, best_fit = 0;
	major = str_cut(&major, '/');
	if (!r->known[HTTP_F_ACCEPT])
		return 1000;
	while (http_field_next(r, HTTP_F_ACCEPT, &at, &line))
		while (next_choice(&line, &value, &q)) {
			struct str sub = value, m = str_cut(&sub, '/');
			int fit = str_ieq(value, type)			       ? 3
				  : str_ieq(m, major) && str_eq(sub, STR("*")) ? 2
				  : str_eq(value, STR("*/*"))		       ? 1
									       : 0;
			if (fit > best_fit) {
				best_fit = fit;
				best = q;
			}
		}
	return best_fit ? best : 0;
}

/* entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE (RFC 9110 8.8.3).  The next of a list, without W/;
 * false at the end or where it is malformed. */
static bool next_tag(struct str *rest, struct str *ret_tag, bool *ret_weak)
{
	struct str s = str_trim(*rest, " \t,");
	bool weak = s.n > 2 && s.p[0] == 'W' && s.p[1] == '/';
	if (weak)
		s = str_sub(s, 2, s.n);
	if (s.n < 2 || s.p[0] != '"')
		return false;
	ptrdiff_t end = str_chr(str_sub(s, 1, s.n), '"');
	if (end < 0)
		return false;
	*ret_tag = str_sub(s, 0, (size_t)end + 2);
	*ret_weak = weak;
	*rest = str_sub(s, (size_t)end + 2, s.n);
	return true;
}

static bool is_weak(struct str etag)
{
	return etag.n > 2 && etag.p[0] == 'W';
}

static struct str opaque(struct str etag)
{
	return is_weak(etag) ? str_sub(etag, 2, etag.n) : etag;
}

static bool listed(
	const struct http_request *r, enum http_known id, struct str etag, bool strong)
{
	size_t at = 0;
	struct str line, tag;
	bool weak;
	while (http_field_next(r, id, &at, &line)) {
		if (str_eq(line, STR("*")))
			return true;
		while (next_tag(&line, &tag, &weak))
			if (str_eq(tag, opaque(etag)) && !(strong && (weak || is_weak(etag))))
				return true;
	}
	return false;
}

bool http_etag_listed(const struct http_request *r, struct str etag)
{
	return r->known[HTTP_F_IF_NONE_MATCH] && listed(r, HTTP_F_IF_NONE_MATCH, etag, false);
}

enum http_cond http_condition(const struct http_request *r, struct str etag, int64_t modified)
{
	int64_t date;
	if (r->known[HTTP_F_IF_MATCH]) {
		if (!listed(r, HTTP_F_IF_MATCH, etag, true))
			return HTTP_COND_FAILED;
	} else if (modified != INT64_MIN &&
		   http_date_parse(http_known(r, HTTP_F_IF_UNMODIFIED_SINCE), &date) &&
		   modified > date) {
		return HTTP_COND_FAILED;
	}
	if (r->known[HTTP_F_IF_NONE_MATCH])
		return listed(r, HTTP_F_IF_NONE_MATCH, etag, false) ? HTTP_COND_NOT_MODIFIED
								    : HTTP_COND_NONE;
	if (modified != INT64_MIN &&
		http_date_parse(http_known(r, HTTP_F_IF_MODIFIED_SINCE), &date) &&
		modified <= date)
		return HTTP_COND_NOT_MODIFIED;
	return HTTP_COND_NONE;
}

static bool if_range_holds(const struct http_request *r, struct str etag, int64_t modified)
{
	struct str v = http_known(r, HTTP_F_IF_RANGE), tag, rest = v;
	int64_t date;
	bool weak;
	if (!v.p)
		return true;
	if (next_tag(&rest, &tag, &weak))
		return !weak && etag.p && !is_weak(etag) && str_eq(tag, etag);
	return http_date_parse(v, &date) && modified != INT64_MIN && modified == date;
}

enum http_range http_range(const struct http_request *r, uint64_t size, struct str etag,
	int64_t modified, uint64_t *ret_from, uint64_t *ret_n)
{
	struct str v = http_known(r, HTTP_F_RANGE);
	uint64_t first = 0, last = 0;
	/* Range is defined for GET only (14.2). */
	if (!v.p || r->method != HTTP_GET || !if_range_holds(r, etag, modified))
		return HTTP_RANGE_WHOLE;
	if (v.n < 7 || !str_ieq(str_sub(v, 0, 6), STR("bytes=")) || str_chr(v, ',') >= 0)
		return HTTP_RANGE_WHOLE;
	struct str to = str_trim(str_sub(v, 6, v.n), " \t");
	ptrdiff_t dash = str_chr(to, '-');
	if (dash < 0)
		return HTTP_RANGE_WHOLE;
	struct str from = str_sub(to, 0, (size_t)dash);
	to = str_sub(to, (size_t)dash + 1, to.n);
	if (from.n == 0) { /* the last bytes */
		if (!str_u64(to, &last))
			return HTTP_RANGE_WHOLE;
		if (last == 0 || size == 0)
			return HTTP_RANGE_BAD;
		*ret_n = last < size ? last : size;
		*ret_from = size - *ret_n;
		return HTTP_RANGE_PART;
	}
	if (!str_u64(from, &first))
		return HTTP_RANGE_WHOLE;
	last = UINT64_MAX;
	if (to.n && (!str_u64(to, &last) || last < first))
		return HTTP_RANGE_WHOLE;
	if (first >= size)
		return HTTP_RANGE_BAD;
	if (last >= size)
		last = size - 1;
	*ret_from = first;
	*ret_n = last - first + 1;
	return HTTP_RANGE_PART;
}

/* --- dates ------------------------------------------------------------------------------- */

static const char day_names[] = "MonTueWedThuFriSatSun";
static const char month_names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void http_date_format(int64_t seconds, char out[static HTTP_DATE_N + 1])
{
	int64_t days = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
	int s = (int)(seconds - days * 86400);
	struct civil c = day_to_civil((int32_t)days);
	snprintf(out, HTTP_DATE_N + 1, "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT",
		day_names + 3 * (day_weekday((int32_t)days) - 1), (unsigned)c.day % 100u,
		month_names + 3 * (c.month - 1), (unsigned)c.year % 10000u,
		(unsigned)(s / 3600) % 100u, (unsigned)(s / 60 % 60), (unsigned)(s % 60));
}

static bool number(struct str s, size_t at, size_t n, int *ret_)
{
	uint64_t v;
	if (!str_u64(str_sub(s, at, at + n), &v))
		return false;
	*ret_ = (int)v;
	return true;
}

bool http_date_parse(struct str s, int64_t *ret_seconds)
{
	int y, d, h, m, sec, month = 0;
	if (s.n != HTTP_DATE_N || memcmp(s.p + 3, ", ", 2) != 0 || s.p[7] != ' ' ||
		s.p[11] != ' ' || s.p[16] != ' ' || s.p[19] != ':' || s.p[22] != ':' ||
		memcmp(s.p + 25, " GMT", 4) != 0)
		return false;
	if (!number(s, 5, 2, &d) || !number(s, 12, 4, &y) || !number(s, 17, 2, &h) ||
		!number(s, 20, 2, &m) || !number(s, 23, 2, &sec) || h > 23 || m > 59 ||
		sec > 60)
		return false;
	while (month < 12 && memcmp(s.p + 8, month_names + 3 * month, 3) != 0)
		month++;
	if (month == 12 || !day_valid(y, month + 1, d))
		return false;
	int32_t day = day_from_civil(y, month + 1, d);
	if (memcmp(s.p, day_names + 3 * (day_weekday(day) - 1), 3) != 0)
		return false;
	*ret_seconds = (int64_t)day * 86400 + h * 3600 + m * 60 + sec;
	return true;
}
