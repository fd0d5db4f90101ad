/* Owns the proposal of what is personal in a text (mask.h).  Never decides: a person does.
 * Called by staff_ticket_view.c. */
#include "qrsvc/web/mask.h"

#include "qrsvc/base/sbuf.h"

#define DIGITS_MIN 7
#define ID_DIGITS 17

/* One character from p on: its code point, full-width forms as the ASCII they mean. */
static uint32_t at(const char *p, const char *end, const char **ret_next)
{
	uint32_t c = 0;
	*ret_next = p;
	if (p < end)
		c = str_utf8_next(ret_next, end);
	return c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
}

static bool is_digit(uint32_t c)
{
	return c >= '0' && c <= '9';
}
static bool is_letter(uint32_t c)
{
	return (c | 0x20) >= 'a' && (c | 0x20) <= 'z' && c < 128;
}
static bool is_word(uint32_t c)
{
	return is_digit(c) || is_letter(c) || c == '_' || c == '-';
}
static bool is_han(uint32_t c)
{
	return c >= 0x4e00 && c <= 0x9fff;
}

/* Whether p begins with this text; letters whatever their case.  Returns what follows, or NULL.
 */
static const char *after(const char *p, const char *end, const char *word)
{
	for (; *word; word++, p++)
		if (p >= end || (*p != *word && !(is_letter((unsigned char)*p) &&
							(*p | 0x20) == (*word | 0x20))))
			return NULL;
	return p;
}

/* ---- numbers -------------------------------------------------------------------------------
 */

/* GB 11643-1999 4.2.2: weights 2^(17-i) mod 11; the sum with the check digit is 1 mod 11. */
static bool id_check(const char *digits, uint32_t last)
{
	unsigned sum = 0, weight = 2;
	for (int i = ID_DIGITS - 1; i >= 0; i--, weight = weight * 2 % 11)
		sum += (unsigned)(digits[i] - '0') * weight;
	sum += (last | 0x20) == 'x' ? 10 : last - '0';
	return sum % 11 == 1;
}

/* YYYY-MM-DD and nothing more: no number to call. */
static bool is_date(struct str run)
{
	return run.n == 10 && run.p[4] == '-' && run.p[7] == '-' &&
	       (run.p[0] == '1' || run.p[0] == '2');
}

/* The end of a number of a person that begins at p; NULL: none does. */
static const char *number(const char *p, const char *end)
{
	const char *begin = p, *stop = NULL, *next;
	char digits[ID_DIGITS + 1];
	size_t n = 0;
	while (p < end) {
		uint32_t c = at(p, end, &next);
		if (is_digit(c)) {
			if (n < sizeof digits)
				digits[n] = (char)c;
			n++;
			stop = next;
		} else if (n == ID_DIGITS && (c | 0x20) == 'x' && id_check(digits, c)) {
			return next;
		} else if (!(n && stop == p && (c == '-' || c == ' '))) {
			break;
		}
		p = next;
	}
	if (n < DIGITS_MIN || is_date((struct str){begin, (size_t)(stop - begin)}))
		return NULL;
	return stop;
}

/* Digits before 室: which flat. */
static const char *flat(const char *p, const char *end)
{
	const char *next = p;
	size_t n = 0;
	while (next < end && is_digit(at(next, end, &p)) && n++ < 5)
		next = p;
	return n && after(next, end, "室") ? next : NULL;
}

/* A plate: 沪A·12345, 京AD12345, 粤B 12345D. */
static const char *plate(const char *p, const char *end)
{
	static const char provinces[] =
		"京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新使";
	const char *next, *stop;
	struct str first = {p, 3};
	size_t n = 0;
	if (end - p < 8 || str_find(str_c(provinces), first) < 0)
		return NULL;
	if (!is_letter(at(p + 3, end, &next)))
		return NULL;
	uint32_t c = at(next, end, &stop);
	if (c == 0xb7 || c == 0x2022 || c == ' ' || c == '-')
		next = stop;
	for (stop = next; n < 6; n++, stop = next) {
		c = at(stop, end, &next);
		if (!is_digit(c) && !is_letter(c))
			break;
	}
	return n >= 4 ? stop : NULL;
}

/* ---- words ----------------------------------------------------------------------------------
 */

/* name@host.domain, from the first letter of the name on. */
static const char *mail(const char *p, const char *end)
{
	const char *q = p;
	while (q < end && (is_word((unsigned char)*q) || *q == '.' || *q == '+'))
		q++;
	if (q == p || q >= end || *q != '@')
		return NULL;
	const char *host = ++q, *dot = NULL;
	for (; q < end && (is_word((unsigned char)*q) || *q == '.'); q++)
		if (*q == '.' && q > host && q + 1 < end && is_letter((unsigned char)q[1]))
			dot = q;
	return dot ? q : NULL;
}

/* Steps over a colon, "is", "号" and spaces. */
static const char *over(const char *p, const char *end)
{
	static const char *const between[] = {" ", ":", "：", "号", "是", "为", NULL};
	for (size_t i = 0; between[i]; i++) {
		const char *q = after(p, end, between[i]);
		if (q) {
			p = q;
			i = (size_t)-1;
		}
	}
	return p;
}

/* Up to most Chinese characters, or two words with a capital letter. */
static const char *name(const char *p, const char *end, size_t most)
{
	const char *next, *stop = p;
	size_t n = 0, words = 0;
	while (n < most && stop < end && is_han(at(stop, end, &next))) {
		stop = next;
		n++;
	}
	while (!n && words < 2 && p < end && *p >= 'A' && *p <= 'Z') {
		while (p < end && is_letter((unsigned char)*p))
			p++;
		stop = p;
		words++;
		if (p + 1 < end && *p == ' ')
			p++;
	}
	return n || words ? stop : NULL;
}

/* Behind words that announce a person: where the piece begins (*ret_from) and ends. */
static const char *announced(const char *p, const char *end, const char **ret_from)
{
	static const struct {
		const char *word;
		size_t most; /* characters of a name; 0: a number or word of another kind */
	} words[] = {{"我叫", 3}, {"名叫", 3}, {"姓名", 3}, {"联系人", 3}, {"我姓", 1},
		{"免贵姓", 1}, {"my name is", 3}, {"i am called", 3}, {"微信", 0},
		{"wechat", 0}, {"QQ", 0}};
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *from = after(p, end, words[i].word), *stop;
		if (!from)
			continue;
		from = stop = over(from, end);
		if (words[i].most) {
			stop = name(from, end, words[i].most);
		} else {
			while (stop < end && is_word((unsigned char)*stop))
				stop++;
			stop = stop - from >= 5 ? stop : NULL;
		}
		*ret_from = from;
		return stop;
	}
	return NULL;
}

/* ---- all of it ------------------------------------------------------------------------------
 */

struct str mask_personal(struct arena *a, struct str text, int64_t *ret_n)
{
	const char *p = text.p, *end = text.p + text.n, *next;
	uint32_t before = 0;
	struct sbuf b;
	int64_t n = 0;
	sbuf_init(&b, text.n * 3 + 16);
	while (p < end) {
		const char *from = p, *stop = announced(p, end, &from);
		/* what begins within a number or a word was looked at from its beginning */
		if (!stop && !is_digit(before) && (stop = number(p, end)) == NULL)
			stop = flat(p, end);
		if (!stop && !(before < 128 && is_word(before)))
			stop = mail(p, end);
		if (!stop)
			stop = plate(p, end);
		before = at(p, end, &next);
		if (stop) {
			sbuf_str(&b, (struct str){p, (size_t)(from - p)});
			sbuf_puts(&b, MASK_TEXT);
			n++;
			next = stop;
			before = 0;
		} else {
			sbuf_str(&b, (struct str){p, (size_t)(next - p)});
		}
		p = next;
	}
	struct str s = arena_str(a, sbuf_view(&b));
	sbuf_release(&b);
	*ret_n = n;
	return s;
}
