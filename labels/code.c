/* Owns the grammar of label codes.  Never allocates, never asks for randomness itself.  Called
 * by the web pages (what a scanner or a person typed), the jobs (new codes) and qrlabels. */
#include "labels/code.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* Pairs that eyes and cameras take for each other, likeliest first.  I, L and O never appear
 * here: code_parse has already turned them into 1 and 0. */
static const char look_alike[][2] = {
	{'0', 'D'},
	{'8', 'B'},
	{'5', 'S'},
	{'2', 'Z'},
	{'U', 'V'},
	{'0', 'Q'},
	{'1', '7'},
	{'6', 'G'},
	{'4', 'A'},
	{'C', 'G'},
	{'1', 'T'},
	{'V', 'Y'},
	{'1', 'J'},
	{'3', '8'},
	{'E', 'F'},
	{'P', 'R'},
	{'M', 'N'},
	{'K', 'X'},
	{'M', 'H'},
	{'V', 'W'},
	{'9', 'G'},
	{'6', '8'},
	{'C', '0'},
	{'D', 'Q'},
	{'3', 'B'},
	{'5', '6'},
	{'9', 'P'},
	{'7', 'T'},
	{'6', 'B'},
	{'N', 'H'},
	{'0', '8'},
	{'7', 'Z'},
	{'3', 'S'},
	{'7', 'Y'},
	{'9', 'Q'},
};

/* ISO 7064 table 1: digits are themselves, A is 10; -1 for anything else. */
static int iso_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'Z')
		return c - 'A' + 10;
	return -1;
}

static bool is_letter(char c)
{
	return c != '\0' && strchr(alphabet, c) != NULL;
}

char code_check_char(const char eight[8])
{
	static const char iso[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*";
	int p = 0;

	for (int i = 0; i < 8; i++)
		p = (p + iso_value(eight[i])) * 2 % 37;
	char c = iso[(38 - p) % 37];

	return is_letter(c) ? c : '\0';
}

/* Normalises up to room characters of what was typed; returns how many there were, or -1 for a
 * byte that no code can hold.  A U passes here: code_guesses knows what it may have been. */
static int normalise(struct str in, char *out, int room)
{
	int n = 0;

	for (size_t i = 0; i < in.n; i++) {
		char c = in.p[i];

		if (c == ' ' || c == '-')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		if (c == 'I' || c == 'L')
			c = '1';
		else if (c == 'O')
			c = '0';
		if (n == room || iso_value(c) < 0)
			return -1;
		out[n++] = c;
	}
	return n;
}

bool code_parse(struct str in, struct code *ret_)
{
	struct code c = {{0}};

	if (normalise(in, c.c, CODE_LEN) != CODE_LEN || memchr(c.c, 'U', CODE_LEN) != NULL)
		return false;
	*ret_ = c;
	return true;
}

bool code_check(const struct code *c)
{
	char want = code_check_char(c->c);

	return want != '\0' && want == c->c[8];
}

bool code_make(const unsigned char random[CODE_RANDOM], struct code *ret_)
{
	struct code c = {{0}};
	uint64_t bits = 0;

	for (int i = 0; i < CODE_RANDOM; i++)
		bits = bits << 8 | random[i];
	for (int i = 7; i >= 0; i--, bits >>= 5)
		c.c[i] = alphabet[bits & 31];
	c.c[8] = code_check_char(c.c);
	if (c.c[8] == '\0')
		return false;
	*ret_ = c;
	return true;
}

void code_format(const struct code *c, char ret_[CODE_LEN + 3])
{
	int n = 0;

	for (int i = 0; i < CODE_LEN; i++) {
		if (i > 0 && i % 3 == 0)
			ret_[n++] = ' ';
		ret_[n++] = c->c[i];
	}
	ret_[n] = '\0';
}

/* Adds a candidate if it is a right code that is not there yet. */
static size_t guess_add(struct code *list, size_t n, const char *nine)
{
	struct code c = {{0}};

	if (n == CODE_GUESSES)
		return n;
	for (int i = 0; i < CODE_LEN; i++) {
		if (!is_letter(nine[i]))
			return n;
		c.c[i] = nine[i];
	}
	if (!code_check(&c))
		return n;
	for (size_t i = 0; i < n; i++)
		if (memcmp(list[i].c, c.c, CODE_LEN) == 0)
			return n;
	list[n] = c;
	return n + 1;
}

static size_t guess_nine(const char *nine, struct code *list)
{
	char t[CODE_LEN];
	size_t n = 0;

	for (size_t k = 0; k < sizeof look_alike / sizeof *look_alike; k++) {
		for (int side = 0; side < 2; side++) {
			for (int i = 0; i < CODE_LEN; i++) {
				if (nine[i] != look_alike[k][side])
					continue;
				memcpy(t, nine, CODE_LEN);
				t[i] = look_alike[k][1 - side];
				n = guess_add(list, n, t);
			}
		}
	}
	for (int i = 0; i + 1 < CODE_LEN; i++) {
		memcpy(t, nine, CODE_LEN);
		t[i] = nine[i + 1];
		t[i + 1] = nine[i];
		n = guess_add(list, n, t);
	}
	return n;
}

size_t code_guesses(struct str in, struct code ret_[CODE_GUESSES])
{
	char typed[CODE_LEN + 1], t[CODE_LEN];
	int len = normalise(in, typed, (int)sizeof typed);
	size_t n = 0;

	if (len == CODE_LEN)
		return guess_nine(typed, ret_);
	if (len == CODE_LEN + 1) { /* one too many */
		for (int skip = 0; skip <= CODE_LEN; skip++) {
			memcpy(t, typed, (size_t)skip);
			memcpy(t + skip, typed + skip + 1, (size_t)(CODE_LEN - skip));
			n = guess_add(ret_, n, t);
		}
	}
	if (len == CODE_LEN - 1) { /* one missed: a doubled one typed once comes first */
		for (int at = 0; at < CODE_LEN; at++) {
			memcpy(t, typed, (size_t)at);
			memcpy(t + at + 1, typed + at, (size_t)(CODE_LEN - 1 - at));
			t[at] = typed[at < CODE_LEN - 1 ? at : at - 1];
			n = guess_add(ret_, n, t);
		}
		for (int at = 0; at < CODE_LEN; at++) {
			memcpy(t, typed, (size_t)at);
			memcpy(t + at + 1, typed + at, (size_t)(CODE_LEN - 1 - at));
			for (const char *a = alphabet; *a != '\0'; a++) {
				t[at] = *a;
				n = guess_add(ret_, n, t);
			}
		}
	}
	return n;
}

bool code_url(struct str base, const struct code *c, char ret_[CODE_URL_MAX])
{
	static const char extra[] = " $%*+-./:";
	struct str b = base;

	if (b.n > 0 && b.p[b.n - 1] == '/')
		b.n--;
	if (b.n == 0 || b.n + 1 + CODE_LEN + 1 > CODE_URL_MAX)
		return false;
	for (size_t i = 0; i < b.n; i++) {
		char ch = b.p[i];

		if (ch >= 'a' && ch <= 'z')
			ch = (char)(ch - 'a' + 'A');
		if (iso_value(ch) < 0 && (ch == '\0' || strchr(extra, ch) == NULL))
			return false;
		ret_[i] = ch;
	}
	ret_[b.n] = '/';
	memcpy(ret_ + b.n + 1, c->c, CODE_LEN);
	ret_[b.n + 1 + CODE_LEN] = '\0';
	return true;
}
