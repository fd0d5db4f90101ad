/* Owns nothing: pure functions over targets and queries.  Called by http/server.c, forms and
 * handlers. */
#include "qrsvc/http/uri.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool uri_decode(struct arena *a, struct str s, bool plus, struct str *ret_)
{
	size_t from = 0;
	while (from < s.n && s.p[from] != '%' && !(plus && s.p[from] == '+'))
		from++;
	if (from == s.n) {
		*ret_ = s;
		return true;
	}
	struct str copy = arena_str(a, s);
	char *out = (char *)copy.p + from;
	for (size_t i = from; i < s.n; i++) {
		if (s.p[i] == '%') {
			int high = i + 2 < s.n ? hex(s.p[i + 1]) : -1;
			int low = i + 2 < s.n ? hex(s.p[i + 2]) : -1;
			if (high < 0 || low < 0)
				return false;
			*out++ = (char)(high << 4 | low);
			i += 2;
		} else {
			*out++ = plus && s.p[i] == '+' ? ' ' : s.p[i];
		}
	}
	*out = 0;
	copy.n = (size_t)(out - copy.p);
	*ret_ = copy;
	return true;
}

/* pchar / "/" / "?" of RFC 3986, without the escapes. */
static bool plain(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && strchr("-._~!$&'()*+,;=:@/?", c));
}

static bool escapes_valid(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (plain(s.p[i]))
			continue;
		if (s.p[i] != '%' || s.n - i < 3 || hex(s.p[i + 1]) < 0 || hex(s.p[i + 2]) < 0)
			return false;
		i += 2;
	}
	return true;
}

/* A slash that came as %2F would change how the path is cut into segments. */
static bool has_encoded_slash(struct str s)
{
	for (size_t i = 0; i + 2 < s.n; i++)
		if (s.p[i] == '%' && s.p[i + 1] == '2' && (s.p[i + 2] | 0x20) == 'f')
			return true;
	return false;
}

/* p has been decoded. */
static bool path_harmless(struct str p)
{
	bool ascii = true;
	for (size_t i = 0; i < p.n; i++) {
		unsigned char c = (unsigned char)p.p[i];
		if (c < 0x20 || c == 0x7f || c == '\\')
			return false;
		ascii = ascii && c < 0x80;
		if (c != '/')
			continue;
		/* "." or ".." up to the next slash or the end */
		size_t dots = 0, at = i + 1;
		while (at < p.n && p.p[at] == '.')
			at++, dots++;
		if ((dots == 1 || dots == 2) && (at == p.n || p.p[at] == '/'))
			return false;
	}
	return ascii || str_utf8(p);
}

bool uri_split(struct arena *a, struct str target, struct str *ret_path, struct str *ret_query)
{
	struct str query = target, path = str_cut(&query, '?'), decoded;
	if (path.n == 0 || path.p[0] != '/' || !escapes_valid(path))
		return false;
	if (query.p && !escapes_valid(query))
		return false;
	if (str_chr(path, '%') >= 0 && has_encoded_slash(path))
		return false;
	if (!uri_decode(a, path, false, &decoded) || !path_harmless(decoded))
		return false;
	*ret_path = decoded;
	*ret_query = query;
	return true;
}

enum uri_pair uri_pair_next(
	struct arena *a, struct str *rest, struct str *ret_name, struct str *ret_value)
{
	while (rest->p) {
		struct str pair = str_cut(rest, '&');
		if (pair.n == 0)
			continue;
		struct str value = pair, name = str_cut(&value, '=');
		if (!value.p)
			value = STR("");
		if (!uri_decode(a, name, true, ret_name) ||
			!uri_decode(a, value, true, ret_value))
			return URI_BAD;
		if (!str_utf8(*ret_name) || !str_utf8(*ret_value) ||
			str_chr(*ret_name, 0) >= 0 || str_chr(*ret_value, 0) >= 0)
			return URI_BAD;
		return URI_PAIR;
	}
	return URI_END;
}

struct str uri_query(struct arena *a, struct str query, struct str name)
{
	struct str n, v, found = STR_NONE;
	enum uri_pair rc;
	while ((rc = uri_pair_next(a, &query, &n, &v)) == URI_PAIR)
		if (!found.p && str_eq(n, name))
			found = v;
	return rc == URI_END ? found : STR_NONE;
}
