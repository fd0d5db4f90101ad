/* keyfile: the key that signs the heads of the chain, and the one that seals telephone numbers,
 * as files.
 *
 * The secret file holds one line, "qrsvc-ed25519-secret " and 32 bytes as base64url (RFC 4648
 * 5); it must be a regular file of the reader's own that nobody else may open (mode 0600).  The
 * public file, one line "qrsvc-ed25519-public ...", may be given to anybody. */
#ifndef QR_APP_KEYFILE_H
#define QR_APP_KEYFILE_H

#include "qrsvc/base/crypto_seal.h"
#include "qrsvc/base/crypto_sign.h"
#include "qrsvc/base/err.h"

/* base64url of 32 bytes, and a NUL. */
#define KEYFILE_PUBLIC_TEXT 44u

/* A new key: the secret in path (0600, made new: a file that is there is never replaced), its
 * public half in path.pub (0644) and in ret_.  RC_CONFLICT, RC_IO. */
enum rc keyfile_make(const char *path, char ret_[KEYFILE_PUBLIC_TEXT], struct err *e);
/* RC_FORBIDDEN: others may read it; RC_IO; RC_BAD.  sign_key_wipe() when done. */
enum rc keyfile_read(const char *path, struct sign_key *ret_, struct err *e);
/* The key that seals residents' telephone numbers: one line, "qrsvc-contact-secret ..", the
 * same rules.  contact.h. */
enum rc keyfile_contact_make(const char *path, struct err *e);
enum rc keyfile_contact(const char *path, struct seal_key *ret_, struct err *e);
/* what: the name of a public file, or the key itself as base64url. */
enum rc keyfile_public(const char *what, unsigned char ret_[SIGN_PUBLIC], struct err *e);
void keyfile_text(const unsigned char public[SIGN_PUBLIC], char ret_[KEYFILE_PUBLIC_TEXT]);

#endif
