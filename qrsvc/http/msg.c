/* Owns nothing: looks things up in a parsed request.  Called by handlers and the codec. */
#include "qrsvc/http/msg.h"

const char *http_method_name(enum http_method m)
{
	static const char *const names[HTTP_METHODS] = {
		[HTTP_GET] = "GET",
		[HTTP_HEAD] = "HEAD",
		[HTTP_POST] = "POST",
		[HTTP_PUT] = "PUT",
		[HTTP_PATCH] = "PATCH",
		[HTTP_DELETE] = "DELETE",
		[HTTP_OPTIONS] = "OPTIONS",
	};
	return m < HTTP_METHODS ? names[m] : "-";
}

struct str http_field(const struct http_request *r, struct str name)
{
	for (size_t i = 0; i < r->nfields; i++)
		if (str_ieq(http_field_name(r, i), name))
			return http_field_value(r, i);
	return STR_NONE;
}

bool http_field_next(
	const struct http_request *r, enum http_known id, size_t *at, struct str *ret_value)
{
	if (!r->known[id])
		return false;
	if (*at < r->known[id] - 1u)
		*at = r->known[id] - 1u;
	for (; *at < r->nfields; ++*at)
		if (r->fields[*at].id == id) {
			*ret_value = http_field_value(r, (*at)++);
			return true;
		}
	return false;
}

struct str http_cookie(const struct http_request *r, struct str name)
{
	size_t at = 0;
	struct str line;
	while (http_field_next(r, HTTP_F_COOKIE, &at, &line)) {
		while (line.p) {
			struct str pair = str_trim(str_cut(&line, ';'), " \t");
			ptrdiff_t eq = str_chr(pair, '=');
			if (eq < 0 || !str_eq(str_sub(pair, 0, (size_t)eq), name))
				continue;
			struct str value = str_sub(pair, (size_t)eq + 1, pair.n);
			/* RFC 6265 4.1.1: the value may stand in quotes. */
			if (value.n >= 2 && value.p[0] == '"' && value.p[value.n - 1] == '"')
				value = str_sub(value, 1, value.n - 1);
			return value;
		}
	}
	return STR_NONE;
}
