/* Owns the judgement whether a password may be chosen.  Never keeps it, never logs it.  Called
 * by the pages that set one.
 *
 * No list of stolen passwords is shipped: nearly all of them are shorter than 12 characters,
 * and the others are made of the pieces below.  The estimate is that of Wheeler's zxcvbn
 * (USENIX Security 2016) in small: a password is cut into the pieces that are cheapest to
 * guess, and what they cost together, in tenths of a bit, must reach the 10^8 guesses of its
 * score 3 with some to spare. */
#include "qrsvc/app/auth.h"

#include <ctype.h>

#define ENOUGH 300 /* tenths of a bit */
#define MIN_CHARS 12
#define MAX_CHARS 128
#define MAX_BYTES (MAX_CHARS * 4)

/* What a piece costs, in tenths of a bit. */
#define COST_DIGIT 33
#define COST_LETTER 42 /* letters of words are not drawn at random */
#define COST_OTHER 55
#define COST_HAN 90
#define COST_WORD 90
#define COST_NAME 30 /* the login, the word for the service */
#define COST_YEAR 65
#define COST_RUN 50   /* what begins it, and how far */
#define COST_AGAIN 30 /* the same piece once more */

static const char *const words[] = {"password", "passwort", "passw", "admin", "administrator",
	"welcome", "letmein", "login", "master", "dragon", "monkey", "sunshine", "princess",
	"football", "baseball", "shadow", "michael", "superman", "batman", "trustno", "hello",
	"freedom", "whatever", "iloveyou", "love", "secret", "summer", "winter", "spring",
	"autumn", "changeme", "default", "test", "user", "guest", "root", "system", "server",
	"manager", "office", "company", "computer", "internet", "china", "beijing", "shanghai",
	"guangzhou", "shenzhen", "woaini", "woaiwo", "nihao", "mima", "guanli", "guanliyuan",
	"xiaoming", "woshishui", "aini", "wangluo", "zhongguo", "shuixiang", "water", "tank",
	"clean", "inspector", "inspect", "elevator", "record", "street", "district", "monday",
	"friday", "january", "february", "march", "april", "june", "july", "august",
	"september", "october", "november", "december", "abcd", "pass", "word", "good", "best",
	"killer", "jordan", "harley", "ranger", "hunter", "charlie", "thomas", "jessica",
	"ashley", "daniel", "orange", "yellow", "purple", "flower", "cheese", "cookie",
	"coffee", "starwars", "pokemon", "mustang", "ferrari", "access", "correct", "horse",
	"battery", "staple", "qazwsx", "zaqwsx", "asdf", "qwer", "zxcv", "qrsvc", "qrcode",
	"1314", "520", "5201314", NULL};

static const char *const rows[] = {"qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", NULL};

struct judged {
	unsigned char
		c[MAX_BYTES]; /* lower case, figures that stand for letters undone: folded */
	unsigned char raw[MAX_BYTES];
	size_t n;
	struct str login;
};

static unsigned char unleet(unsigned char c)
{
	static const char from[] = "0134578@$!", to[] = "oleastbasi";
	const char *p = c ? strchr(from, c) : NULL;
	return p ? (unsigned char)to[p - from] : c;
}

static int cost_of_char(unsigned char c)
{
	if (c >= 0xc0)
		return COST_HAN; /* with the bytes that belong to it */
	if (c >= 0x80)
		return 0;
	return isdigit(c) ? COST_DIGIT : isalpha(c) ? COST_LETTER : COST_OTHER;
}

/* How many bytes from i on are this word, as typed or with figures for letters. */
static size_t word_at(const struct judged *j, size_t i, const char *word, size_t n)
{
	if (n < 3 || i + n > j->n)
		return 0;
	for (size_t k = 0; k < n; k++)
		if (j->raw[i + k] != (unsigned char)word[k] &&
			j->c[i + k] != (unsigned char)word[k])
			return 0;
	return n;
}

/* The longest run from i on: steps of one in the alphabet or the digits, or of none. */
static size_t run_at(const struct judged *j, size_t i)
{
	if (i + 1 >= j->n)
		return 1;
	int step = j->raw[i + 1] - j->raw[i];
	size_t n = 2;
	if (step < -1 || step > 1)
		return 1;
	while (i + n < j->n && j->raw[i + n] - j->raw[i + n - 1] == step)
		n++;
	return n;
}

/* The same along the keyboard, in either direction. */
static size_t keys_at(const struct judged *j, size_t i)
{
	size_t best = 1;
	for (const char *const *row = rows; *row; row++)
		for (int step = -1; step <= 1; step += 2) {
			const char *at = j->raw[i] ? strchr(*row, j->raw[i]) : NULL;
			size_t n = 1;
			while (at && i + n < j->n && at + step >= *row && at[step] &&
				at[step] == (char)j->raw[i + n]) {
				at += step;
				n++;
			}
			best = n > best ? n : best;
		}
	return best;
}

/* How many bytes from i on repeat what stood `back` bytes before. */
static size_t again_at(const struct judged *j, size_t i, size_t back)
{
	size_t n = 0;
	while (i + n < j->n && j->c[i + n] == j->c[i + n - back])
		n++;
	return n;
}

static void lower(int *cost, size_t n, int with)
{
	if (with < cost[n])
		cost[n] = with;
}

/* Every piece that may begin at i. */
static void pieces(const struct judged *j, size_t i, int *cost)
{
	int here = cost[i];
	size_t n;
	lower(cost, i + 1, here + cost_of_char(j->raw[i]));
	for (const char *const *w = words; *w; w++)
		if ((n = word_at(j, i, *w, strlen(*w))) > 0)
			lower(cost, i + n, here + COST_WORD);
	if (j->login.n && (n = word_at(j, i, j->login.p, j->login.n)) > 0)
		lower(cost, i + n, here + COST_NAME);
	for (n = run_at(j, i); n >= 3; n--)
		lower(cost, i + n, here + COST_RUN);
	for (n = keys_at(j, i); n >= 4; n--)
		lower(cost, i + n, here + COST_RUN);
	if (i + 4 <= j->n &&
		(memcmp(j->raw + i, "19", 2) == 0 || memcmp(j->raw + i, "20", 2) == 0) &&
		isdigit(j->raw[i + 2]) && isdigit(j->raw[i + 3]))
		lower(cost, i + 4, here + COST_YEAR);
	for (size_t back = 1; back <= i; back++)
		for (n = again_at(j, i, back); n >= 2 && n * 2 >= back; n--)
			lower(cost, i + n, here + COST_AGAIN);
}

static int cost_of(const struct judged *j)
{
	int cost[MAX_BYTES + 1];
	cost[0] = 0;
	for (size_t i = 1; i <= j->n; i++)
		cost[i] = 1 << 20;
	for (size_t i = 0; i < j->n; i++)
		pieces(j, i, cost);
	return cost[j->n];
}

const char *auth_password_refused(struct str password, struct str login)
{
	struct judged j = {.n = password.n, .login = login};
	size_t chars = 0;
	if (!str_utf8(password))
		return "bad_value";
	for (size_t i = 0; i < password.n; i++)
		chars += ((unsigned char)password.p[i] & 0xc0) != 0x80;
	if (chars < MIN_CHARS)
		return "too_short";
	if (chars > MAX_CHARS)
		return "too_long";
	for (size_t i = 0; i < password.n; i++) {
		unsigned char c = (unsigned char)password.p[i];
		j.raw[i] = c < 0x80 ? (unsigned char)tolower(c) : c;
		j.c[i] = unleet(j.raw[i]);
	}
	int cost = cost_of(&j);
	crypto_wipe(&j, sizeof j);
	return cost < ENOUGH ? "guessable" : NULL;
}
