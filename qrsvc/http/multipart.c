/* Owns the state of one multipart body; never the files its parts go to.  Called by
 * http/input.c and the fuzzer. */
#include "qrsvc/http/multipart.h"

#include "qrsvc/http/parse.h"

enum {
	M_DELIM,      /* inside a delimiter that must be there (the first) */
	M_AFTER,      /* behind a delimiter: CR or '-' */
	M_AFTER_CR,   /* ... LF */
	M_AFTER_DASH, /* ... second '-' */
	M_HEAD,
	M_DATA,
	M_END,	  /* closing delimiter seen: CRLF or nothing may follow */
	M_END_CR, /* ... LF */
	M_END_ALL,
	M_FAILED,
};

/* RFC 2046 5.1.1: bchars, the last no space. */
static bool boundary_valid(struct str b)
{
	if (b.n == 0 || b.n > LIMIT_MULTIPART_BOUNDARY || b.p[b.n - 1] == ' ')
		return false;
	for (size_t i = 0; i < b.n; i++) {
		char c = b.p[i];
		bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
			     (c >= 'A' && c <= 'Z');
		if (!alnum && !(c && strchr("'()+_,-./:=? ", c)))
			return false;
	}
	return true;
}

/* One parameter of a ";"-separated list: name "=" token / quoted.  1, 0 at the end, -1. */
static int next_param(struct str *rest, struct str *ret_name, struct str *ret_value)
{
	struct str s = str_trim(*rest, " \t");
	if (s.n == 0)
		return 0;
	if (s.p[0] != ';')
		return -1;
	s = str_trim(str_sub(s, 1, s.n), " \t");
	ptrdiff_t eq = str_chr(s, '=');
	if (eq <= 0 || !http_token(str_sub(s, 0, (size_t)eq)))
		return -1;
	*ret_name = str_sub(s, 0, (size_t)eq);
	s = str_sub(s, (size_t)eq + 1, s.n);
	if (s.n && s.p[0] == '"') {
		s = str_sub(s, 1, s.n);
		ptrdiff_t end = str_chr(s, '"');
		if (end < 0)
			return -1;
		*ret_value = str_sub(s, 0, (size_t)end);
		*rest = str_sub(s, (size_t)end + 1, s.n);
		return 1;
	}
	size_t n = 0;
	while (n < s.n && s.p[n] != ';' && s.p[n] != ' ' && s.p[n] != '\t')
		n++;
	*ret_value = str_sub(s, 0, n);
	*rest = str_sub(s, n, s.n);
	return http_token(*ret_value) ? 1 : -1;
}

bool multipart_boundary(struct arena *a, struct str content_type, struct str *ret_)
{
	struct str rest = content_type, name, value, found = STR_NONE;
	ptrdiff_t semi = str_chr(rest, ';');
	if (semi < 0 || !str_ieq(str_trim(str_sub(rest, 0, (size_t)semi), " \t"),
				STR("multipart/form-data")))
		return false;
	rest = str_sub(rest, (size_t)semi, rest.n);
	int rc;
	while ((rc = next_param(&rest, &name, &value)) == 1) {
		if (!str_ieq(name, STR("boundary")))
			continue;
		if (found.p)
			return false;
		found = value;
	}
	if (rc != 0 || !boundary_valid(found))
		return false;
	*ret_ = arena_str(a, found);
	return true;
}

void multipart_init(struct multipart *m, struct arena *a, struct str boundary,
	const struct multipart_ops *ops, void *arg)
{
	m->ops = ops;
	m->arg = arg;
	m->arena = a;
	m->state = M_DELIM;
	m->parts = 0;
	m->head_n = 0;
	memcpy(m->delim, "\r\n--", 4);
	memcpy(m->delim + 4, boundary.p, boundary.n);
	m->delim_n = boundary.n + 4;
	m->match = 2; /* no CRLF before the first */
}

/* --- the head of a part ------------------------------------------------------------------ */

/* What browsers escape in names (WHATWG, multipart/form-data encoding): %22 %0D %0A. */
static struct str unescape(struct arena *a, struct str s)
{
	struct str copy = arena_str(a, s);
	char *out = (char *)copy.p;
	for (size_t i = 0; i < s.n; i++) {
		struct str three = s.n - i >= 3 ? str_sub(s, i, i + 3) : STR_NONE;
		char c = str_eq(three, STR("%22"))				    ? '"'
			 : str_ieq(three, STR("%0d")) || str_ieq(three, STR("%0a")) ? ' '
										    : 0;
		*out++ = c ? c : s.p[i];
		i += c ? 2 : 0;
	}
	*out = 0;
	copy.n = (size_t)(out - copy.p);
	return copy;
}

static bool clean(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	return str_utf8(s);
}

static bool disposition(struct multipart *m, struct str v, struct multipart_head *h)
{
	struct str name, value;
	ptrdiff_t semi = str_chr(v, ';');
	if (semi < 0 ||
		!str_ieq(str_trim(str_sub(v, 0, (size_t)semi), " \t"), STR("form-data")))
		return false;
	v = str_sub(v, (size_t)semi, v.n);
	int rc;
	while ((rc = next_param(&v, &name, &value)) == 1) {
		struct str *to = str_ieq(name, STR("name"))	  ? &h->name
				 : str_ieq(name, STR("filename")) ? &h->filename
								  : NULL;
		if (!to) /* filename* is not for form-data (RFC 7578 4.2) */
			continue;
		if (to->p || !clean(value))
			return false;
		*to = unescape(m->arena, value);
	}
	return rc == 0 && h->name.p;
}

static bool harmless_encoding(struct str v)
{
	return str_ieq(v, STR("binary")) || str_ieq(v, STR("8bit")) || str_ieq(v, STR("7bit"));
}

static bool head_line(
	struct multipart *m, struct str line, struct multipart_head *h, bool *seen)
{
	struct str value = line, name = str_cut(&value, ':');
	if (!value.p || !http_token(name))
		return false;
	value = str_trim(value, " \t");
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	if (str_ieq(name, STR("content-disposition"))) {
		if (*seen)
			return false;
		*seen = true;
		return disposition(m, value, h);
	}
	if (str_ieq(name, STR("content-type"))) {
		if (h->type.p)
			return false;
		h->type = arena_str(m->arena, value);
		return true;
	}
	return !str_ieq(name, STR("content-transfer-encoding")) || harmless_encoding(value);
}

static enum multipart_rc head_done(struct multipart *m)
{
	struct multipart_head h = {0};
	struct str rest = {m->head, m->head_n - 4};
	bool seen = false;
	while (rest.n) {
		ptrdiff_t end = str_find(rest, STR("\r\n"));
		struct str line = end < 0 ? rest : str_sub(rest, 0, (size_t)end);
		rest = end < 0 ? STR("") : str_sub(rest, (size_t)end + 2, rest.n);
		if (!head_line(m, line, &h, &seen))
			return MULTIPART_BAD;
	}
	if (!seen)
		return MULTIPART_BAD;
	if (++m->parts > LIMIT_MULTIPART_PARTS)
		return MULTIPART_LIMIT;
	m->state = M_DATA;
	m->match = 0;
	m->head_n = 0;
	return m->ops->part_cb(m->arg, &h) ? MULTIPART_OK : MULTIPART_STOPPED;
}

/* Takes bytes of a head up to its empty line. */
static enum multipart_rc feed_head(struct multipart *m, struct str *data)
{
	while (data->n) {
		if (m->head_n == sizeof m->head)
			return MULTIPART_LIMIT;
		char c = data->p[0];
		*data = str_sub(*data, 1, data->n);
		/* Bare CR or LF */
		bool after_cr = m->head_n && m->head[m->head_n - 1] == '\r';
		if ((c == '\n') != after_cr)
			return MULTIPART_BAD;
		m->head[m->head_n++] = c;
		if (c == '\n' && m->head_n == 2)
			return MULTIPART_BAD; /* no field at all */
		if (c == '\n' && memcmp(m->head + m->head_n - 4, "\r\n\r\n", 4) == 0)
			return head_done(m);
	}
	return MULTIPART_OK;
}

/* --- content ----------------------------------------------------------------------------- */

static bool give(struct multipart *m, const char *p, size_t n)
{
	return n == 0 || m->ops->data_cb(m->arg, (struct str){p, n});
}

/* A CR occurs in the delimiter only at its start, so that after a mismatch what matched is
 * content and the search begins anew at the byte that did not. */
static enum multipart_rc feed_data(struct multipart *m, struct str *data)
{
	while (data->n) {
		if (m->match == 0) {
			const char *cr = memchr(data->p, '\r', data->n);
			size_t n = cr ? (size_t)(cr - data->p) : data->n;
			if (!give(m, data->p, n))
				return MULTIPART_STOPPED;
			*data = str_sub(*data, n, data->n);
			if (!cr)
				break;
		}
		while (data->n && m->match < m->delim_n && data->p[0] == m->delim[m->match]) {
			m->match++;
			*data = str_sub(*data, 1, data->n);
		}
		if (m->match == m->delim_n) {
			m->state = M_AFTER;
			return m->ops->end_cb(m->arg) ? MULTIPART_OK : MULTIPART_STOPPED;
		}
		if (data->n == 0)
			break;
		size_t was = m->match;
		m->match = 0;
		if (!give(m, m->delim, was))
			return MULTIPART_STOPPED;
	}
	return MULTIPART_OK;
}

static int after_state(int state, char c)
{
	switch (state) {
	case M_AFTER:
		return c == '\r' ? M_AFTER_CR : c == '-' ? M_AFTER_DASH : M_FAILED;
	case M_AFTER_CR:
		return c == '\n' ? M_HEAD : M_FAILED;
	case M_AFTER_DASH:
		return c == '-' ? M_END : M_FAILED;
	case M_END:
		return c == '\r' ? M_END_CR : M_FAILED;
	case M_END_CR:
		return c == '\n' ? M_END_ALL : M_FAILED;
	default:
		return M_FAILED;
	}
}

enum multipart_rc multipart_feed(struct multipart *m, struct str data)
{
	enum multipart_rc rc = MULTIPART_OK;
	while (data.n && rc == MULTIPART_OK) {
		if (m->state == M_HEAD) {
			rc = feed_head(m, &data);
		} else if (m->state == M_DATA) {
			rc = feed_data(m, &data);
		} else if (m->state == M_DELIM) {
			if (data.p[0] != m->delim[m->match])
				rc = MULTIPART_BAD;
			else if (++m->match == m->delim_n)
				m->state = M_AFTER;
			data = str_sub(data, 1, data.n);
		} else {
			m->state = (uint8_t)after_state(m->state, data.p[0]);
			if (m->state == M_FAILED)
				rc = MULTIPART_BAD;
			data = str_sub(data, 1, data.n);
		}
	}
	if (rc != MULTIPART_OK)
		m->state = M_FAILED;
	return rc;
}

enum multipart_rc multipart_end(struct multipart *m)
{
	return m->state == M_END || m->state == M_END_ALL ? MULTIPART_OK : MULTIPART_BAD;
}
