/* mask: proposes what to leave out of a resident's words before they are published.
 *
 * Only a proposal, into a form that a person edits and confirms: it is made to find too much
 * rather than too little.  Each piece becomes "***".  Found are
 *   - runs of 7 or more digits, one space or '-' between digits allowed, full-width digits too:
 *     telephone and account numbers; not a date YYYY-MM-DD
 *   - numbers of identity cards: 17 digits and a check digit (GB 11643-1999; ISO/IEC 7064 MOD
 *     11-2), also X; a number of that length whose check does not hold is a run of digits
 *   - number plates (GA 36-2018 5.9): a province, a letter, 4 to 6 letters or digits, '·' or a
 *     space allowed behind the letter
 *   - addresses of mail, and what stands behind 微信, QQ or wechat
 *   - names behind 我叫, 名叫, 我姓, 姓名, 联系人, "my name is", "I am called"
 *   - numbers of flats: digits before 室
 *
 * The text is well-formed UTF-8 (forms are checked); what is not stays as it is. */
#ifndef QR_WEB_MASK_H
#define QR_WEB_MASK_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/str.h"

#define MASK_TEXT "***"

/* The text with its pieces masked, in the arena; *ret_n: how many there were. */
struct str mask_personal(struct arena *a, struct str text, int64_t *ret_n);

#endif
