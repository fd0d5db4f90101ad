/* str: a view of bytes that somebody else owns.
 *
 * Everything that comes from outside (requests, files, the database) is a `struct str` until
 * it has been checked; it need not end in NUL and may hold any byte.  A view never owns: it is
 * valid as long as the buffer or arena behind it.  {NULL, 0} is "absent", {p, 0} is "empty". */
#ifndef QR_BASE_STR_H
#define QR_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t n;
};

#define STR(lit) ((struct str){"" lit, sizeof(lit) - 1})
#define STR_NONE ((struct str){NULL, 0})
/* For printf: printf("%.*s", STR_F(s)). */
#define STR_F(s) (int)(s).n, (s).p

/* View of a NUL-terminated string; NULL gives STR_NONE. */
static inline struct str str_c(const char *s)
{
	return (struct str){s, s ? strlen(s) : 0};
}

static inline bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Bytes from..to (to exclusive); both must lie inside s. */
static inline struct str str_sub(struct str s, size_t from, size_t to)
{
	return (struct str){s.p + from, to - from};
}

/* ASCII only: bytes above 0x7f compare as they are (RFC 9110 5.1: field names are ASCII). */
bool str_ieq(struct str a, struct str b);
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
/* Index of the first c, or -1. */
ptrdiff_t str_chr(struct str s, char c);
/* Index of the first needle, or -1; an empty needle is found at 0. */
ptrdiff_t str_find(struct str s, struct str needle);
/* Without leading and trailing bytes of `set`. */
struct str str_trim(struct str s, const char *set);
/* Cuts at the first c: returns what stands before it and leaves the rest (after c) in *s.
 * Without c, returns all of s and leaves STR_NONE.  Loop: while (s.p) part = str_cut(&s, ',').
 */
struct str str_cut(struct str *s, char c);
/* Decimal digits only, no sign, no space, no overflow; false leaves *ret_ alone. */
bool str_u64(struct str s, uint64_t *ret_);
/* Optional '-', then as str_u64. */
bool str_i64(struct str s, int64_t *ret_);
/* Well-formed UTF-8 as in RFC 3629 (no surrogates, no overlong forms, <= U+10FFFF). */
bool str_utf8(struct str s);
/* Decodes one code point of well-formed UTF-8 at *p < end and moves *p on; U+FFFD and one
 * byte for what is malformed. */
uint32_t str_utf8_next(const char **p, const char *end);

/* Sizes: true and *ret_ written only if the result fits. */
#define size_add(a, b, ret_) (!__builtin_add_overflow((size_t)(a), (size_t)(b), (ret_)))
#define size_mul(a, b, ret_) (!__builtin_mul_overflow((size_t)(a), (size_t)(b), (ret_)))

#endif
