/* Owns sealing and opening of residents' telephone numbers.  Never logs one, never stores one.
 * Called by web/report.c and web/staff_ticket.c. */
#include "qrsvc/app/contact.h"

#include "qrsvc/app/app.h"
#include "qrsvc/base/crypto_seal.h"

#define DIGITS_MIN 5
#define DIGITS_MAX 15

bool contact_may(const struct request *rq)
{
	return rq->app->opt.contact != NULL;
}

/* The character at p, which moves on; full-width forms, as a Chinese keyboard writes them, as
 * the ASCII they mean; 'x': any other one. */
static char plain(const char **p, const char *end)
{
	uint32_t c = str_utf8_next(p, end);
	if (c >= 0xff01 && c <= 0xff5e)
		c -= 0xfee0;
	if (c == 0x3000)
		c = ' ';
	return c && c < 0x80 ? (char)c : 'x';
}

struct str contact_number(struct arena *a, struct str typed)
{
	char out[DIGITS_MAX + 1];
	size_t n = 0, digits = 0;
	for (const char *p = typed.p, *end = typed.p + typed.n; p < end;) {
		char c = plain(&p, end);
		bool digit = c >= '0' && c <= '9';
		if (!digit && !(c == '+' && !n) && !strchr(" -().", c))
			return STR_NONE;
		if (!digit && c != '+')
			continue;
		if (n == sizeof out || (digits += digit) > DIGITS_MAX)
			return STR_NONE;
		out[n++] = c;
	}
	return digits < DIGITS_MIN ? STR_NONE : arena_str(a, (struct str){out, n});
}

struct str contact_seal(struct request *rq, struct str number)
{
	const struct seal_key *k = rq->app->opt.contact;
	unsigned char sealed[SEAL_BYTES];
	if (!k || !seal_text(k, number, sealed))
		return STR_NONE;
	return arena_str(rq->arena, (struct str){(const char *)sealed, sizeof sealed});
}

struct str contact_open(struct request *rq, struct str sealed)
{
	const struct seal_key *k = rq->app->opt.contact;
	char text[SEAL_PLAIN];
	size_t n;
	if (!k || !seal_open(k, sealed, text, &n))
		return STR_NONE;
	return arena_str(rq->arena, (struct str){text, n});
}
