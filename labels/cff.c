/* Owns the few bytes of a CFF table that say how its glyphs are numbered.  Never reads
 * outlines. Called by font.c and pdf_font.c. */
#include "labels/cff.h"

#define OP_CHARSET 15
#define OP_ROS (12 << 8 | 30)

/* The first entry of the INDEX at `at`, and where the INDEX ends; false if it is malformed. */
static bool index_first(struct str s, size_t at, struct str *ret_first, size_t *ret_end)
{
	if (at > s.n || s.n - at < 2)
		return false;
	const unsigned char *p = (const unsigned char *)s.p + at;
	size_t count = (size_t)p[0] << 8 | p[1], size, first = 0, second = 0, last = 0;

	if (count == 0) {
		*ret_first = STR_NONE;
		*ret_end = at + 2;
		return true;
	}
	if (s.n - at < 3)
		return false;
	size = p[2];
	if (size < 1 || size > 4 || (s.n - at - 3) / size < count + 1)
		return false;
	for (size_t i = 0; i < size; i++) {
		first = first << 8 | p[3 + i];
		second = second << 8 | p[3 + size + i];
		last = last << 8 | p[3 + count * size + i];
	}
	size_t data = at + 3 + (count + 1) * size - 1;

	if (first < 1 || second < first || last < second || last > s.n - data)
		return false;
	*ret_first = str_sub(s, data + first, data + second);
	*ret_end = data + last;
	return true;
}

/* Length of the number at p[0..n), 0 if it is an operator or malformed. */
static size_t operand(const unsigned char *p, size_t n)
{
	size_t len = 0;

	if (p[0] == 28)
		return n >= 3 ? 3 : 0;
	if (p[0] == 29)
		return n >= 5 ? 5 : 0;
	if (p[0] == 30) {
		for (len = 1; len < n && (p[len] & 15) != 15 && p[len] >> 4 != 15;)
			len++;
		return len < n ? len + 1 : 0;
	}
	if (p[0] >= 32 && p[0] <= 246)
		return 1;
	if (p[0] >= 247 && p[0] <= 254)
		return n >= 2 ? 2 : 0;
	return 0;
}

/* Finds an operator in a DICT; *ret_arg: its last operand (may be absent). */
static bool dict_find(struct str dict, int want, struct str *ret_arg)
{
	const unsigned char *p = (const unsigned char *)dict.p;
	struct str arg = STR_NONE;
	size_t i = 0;

	while (i < dict.n) {
		if (p[i] > 21) {
			size_t len = operand(p + i, dict.n - i);

			if (len == 0)
				return false;
			arg = str_sub(dict, i, i + len);
			i += len;
			continue;
		}
		int op = p[i];

		if (op == 12 && i + 1 < dict.n)
			op = 12 << 8 | p[++i];
		if (op == want) {
			*ret_arg = arg;
			return true;
		}
		arg = STR_NONE;
		i++;
	}
	return false;
}

static bool top_dict(struct str cff, struct str *ret_)
{
	size_t end;
	struct str name;

	return cff.n >= 4 && cff.p[0] == 1 &&
	       index_first(cff, (unsigned char)cff.p[2], &name, &end) &&
	       index_first(cff, end, ret_, &end) && ret_->n > 0;
}

bool cff_is_cid(struct str cff)
{
	struct str top, arg;

	return top_dict(cff, &top) && dict_find(top, OP_ROS, &arg);
}

enum rc cff_renumber(
	struct str cff, const uint16_t *cid, size_t n, struct sbuf *out, struct err *e)
{
	size_t start = out->n;
	struct str top, arg;

	if (!top_dict(cff, &top) || !dict_find(top, OP_ROS, &arg) ||
		!dict_find(top, OP_CHARSET, &arg) || arg.n != 5)
		return err_set(e, RC_INTERNAL, "the font's subset has no charset to renumber");
	sbuf_str(out, cff);
	sbuf_byte(out, 0); /* format 0: one number a glyph */
	for (size_t i = 1; i < n; i++) {
		sbuf_byte(out, (char)(cid[i] >> 8));
		sbuf_byte(out, (char)(cid[i] & 255));
	}
	if (out->over)
		return err_set(e, RC_TOO_LARGE, "the font's subset is too large");
	char *at = out->p + start + (arg.p - cff.p);

	for (int i = 0; i < 4; i++)
		at[1 + i] = (char)(cff.n >> (24 - 8 * i) & 255);
	return RC_OK;
}
