/* code: the nine characters printed on a sticker.
 *
 * Eight random letters of Crockford's base 32 (0-9 A-Z without I L O U) and one check character
 * after ISO 7064 MOD 37-2, computed with that standard's own values (0-9 = 0..9, A-Z = 10..35,
 * * = 36).  Only codes whose check character is itself a base-32 letter are ever issued
 * (13.5 % of draws are thrown away); MOD 37-2 finds every single wrong character and every swap
 * of two characters (design: labels.md, "Check character").
 *
 * Vectors: 0K7M2Q9X -> H, 7ZZZZZZZ -> C, 00000001 -> never issued.
 *
 * Pure functions, no allocation; shared by the web pages, the jobs and qrlabels. */
#ifndef QR_LABELS_CODE_H
#define QR_LABELS_CODE_H

#include "qrsvc/base/str.h"

#define CODE_LEN 9	/* eight letters and the check character */
#define CODE_RANDOM 5	/* bytes of randomness a draw takes (40 bits) */
#define CODE_GUESSES 16 /* most guesses for a misread code */
#define CODE_URL_MAX 96 /* longest address code_url() writes, with its NUL */

/* In capitals, normalised, NUL-terminated.  From code_parse it has the right letters and
 * length, its check character may still be wrong: see code_check. */
struct code {
	char c[CODE_LEN + 1];
};

/* Reads what a person typed: lower case is fine, I and L mean 1, O means 0, spaces and hyphens
 * do not count; exactly nine characters must remain.  false: not a code at all. */
bool code_parse(struct str in, struct code *ret_);
/* True if the check character is right. */
bool code_check(const struct code *c);
/* The check character for eight base-32 capitals; 0 if such a code is never issued. */
char code_check_char(const char eight[8]);
/* A code from CODE_RANDOM random bytes of the caller.  false (and nothing written) if this draw
 * is not to be issued: draw again. */
bool code_make(const unsigned char random[CODE_RANDOM], struct code *ret_);
/* "7K3 M9Q X2R" (11 characters and NUL). */
void code_format(const struct code *c, char ret_[CODE_LEN + 3]);
/* What a misread code may have been: one character replaced by one that looks like it (8 B, 5
 * S, 2 Z, U V ...), or two neighbours swapped, or one character missed or typed twice, so that
 * the check character is right.  Takes the text as typed, since it may hold a U or be too long.
 * The likeliest come first; returns how many were written, 0 if there is none.  A code with a
 * right check character has no guesses: no single slip leads there. */
size_t code_guesses(struct str in, struct code ret_[CODE_GUESSES]);
/* "HTTPS://QR.EXAMPLE.GOV.CN/7K3M9QX2R": base is scheme and host, with or without a trailing
 * slash, in any case; everything comes out in capitals, so that a QR code can use its
 * alphanumeric mode.  false if base is empty, longer than fits CODE_URL_MAX, or holds a
 * character outside that mode's set (ISO/IEC 18004 7.3.4: 0-9 A-Z space $ % * + - . / :). */
bool code_url(struct str base, const struct code *c, char ret_[CODE_URL_MAX]);

#endif
