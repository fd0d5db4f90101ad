/* Owns the files of keys: what stands in them and who may open them.  Never logs a key.  Called
 * by `qrsvc keygen`, `qrsvc verify`, `qrsvc doctor` and the jobs process; by a worker only for
 * the key of telephone numbers. */
#include "qrsvc/app/keyfile.h"

#include "qrsvc/base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET "qrsvc-ed25519-secret "
#define CONTACT "qrsvc-contact-secret "
#define PUBLIC "qrsvc-ed25519-public "
#define LINE 128 /* longer than either line */

void keyfile_text(const unsigned char public[SIGN_PUBLIC], char ret_[KEYFILE_PUBLIC_TEXT])
{
	struct sbuf b;

	sbuf_init(&b, KEYFILE_PUBLIC_TEXT);
	base64url_encode(public, SIGN_PUBLIC, &b);
	snprintf(ret_, KEYFILE_PUBLIC_TEXT, "%s", sbuf_c(&b));
	sbuf_release(&b);
}

/* One line into a file made new; it is gone again if it could not be written whole. */
static enum rc put(const char *path, mode_t mode, const char *word, const unsigned char key[32],
	struct err *e)
{
	char line[LINE], text[KEYFILE_PUBLIC_TEXT];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0 && errno == EEXIST)
		return err_set(e, RC_CONFLICT,
			"%s is there already; a key is never replaced, choose another name",
			path);
	if (fd < 0)
		return err_set(e, RC_IO, "cannot make %s: %s", path, strerror(errno));
	keyfile_text(key, text);
	int n = snprintf(line, sizeof line, "%s%s\n", word, text);
	bool ok = fchmod(fd, mode) == 0 && write(fd, line, (size_t)n) == n && fsync(fd) == 0;
	int why = errno;

	crypto_wipe(line, sizeof line);
	crypto_wipe(text, sizeof text);
	if (close(fd) != 0 || !ok) {
		unlink(path);
		return err_set(e, RC_IO, "cannot write %s: %s", path, strerror(why));
	}
	return RC_OK;
}

enum rc keyfile_make(const char *path, char ret_[KEYFILE_PUBLIC_TEXT], struct err *e)
{
	unsigned char seed[SIGN_SEED];
	char public[PATH_MAX];
	struct sign_key k;
	enum rc rc;

	if (snprintf(public, sizeof public, "%s.pub", path) >= (int)sizeof public)
		return err_set(e, RC_BAD, "the name of the file is too long");
	sign_key_new(&k);
	sign_key_seed(&k, seed);
	rc = put(path, 0600, SECRET, seed, e);
	if (rc == RC_OK && (rc = put(public, 0644, PUBLIC, k.public, e)) != RC_OK)
		unlink(path);
	if (rc == RC_OK)
		keyfile_text(k.public, ret_);
	crypto_wipe(seed, sizeof seed);
	sign_key_wipe(&k);
	return rc;
}

/* 32 bytes of the line that begins with `word`. */
static bool parse(struct str line, const char *word, unsigned char ret_[32])
{
	struct str head = str_c(word);

	line = str_trim(line, " \r\n");
	return str_starts(line, head) &&
	       base64url_decode(str_sub(line, head.n, line.n), ret_, 32);
}

static enum rc slurp(const char *path, char buf[LINE], struct stat *ret_st, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	ssize_t n = -1;

	if (fd < 0 || fstat(fd, ret_st) != 0 || (n = read(fd, buf, LINE - 1)) < 0) {
		err_set(e, RC_IO, "cannot read %s: %s", path, strerror(errno));
		if (fd >= 0)
			close(fd);
		return RC_IO;
	}
	close(fd);
	buf[n] = 0;
	return RC_OK;
}

/* The 32 secret bytes of a file that nobody else may open. */
static enum rc secret(const char *path, const char *word, const char *how,
	unsigned char ret_[32], struct err *e)
{
	char buf[LINE];
	struct stat st;
	enum rc rc = slurp(path, buf, &st, e);

	if (rc == RC_OK && (!S_ISREG(st.st_mode) || (st.st_mode & 077)))
		rc = err_set(e, RC_FORBIDDEN,
			"%s holds a secret and others may open it: chmod 600", path);
	if (rc == RC_OK && st.st_uid != geteuid())
		rc = err_set(e, RC_FORBIDDEN, "%s belongs to another user", path);
	if (rc == RC_OK && !parse(str_c(buf), word, ret_))
		rc = err_set(e, RC_BAD, "%s is no secret key; `qrsvc keygen%s` makes one", path,
			how);
	crypto_wipe(buf, sizeof buf);
	return rc;
}

enum rc keyfile_read(const char *path, struct sign_key *ret_, struct err *e)
{
	unsigned char seed[SIGN_SEED];
	enum rc rc = secret(path, SECRET, "", seed, e);

	if (rc == RC_OK)
		sign_key_of(seed, ret_);
	crypto_wipe(seed, sizeof seed);
	return rc;
}

enum rc keyfile_contact_make(const char *path, struct err *e)
{
	struct seal_key k;
	enum rc rc;

	seal_key_new(&k);
	rc = put(path, 0600, CONTACT, k.b, e);
	crypto_wipe(&k, sizeof k);
	return rc;
}

enum rc keyfile_contact(const char *path, struct seal_key *ret_, struct err *e)
{
	return secret(path, CONTACT, " --contact", ret_->b, e);
}

enum rc keyfile_public(const char *what, unsigned char ret_[SIGN_PUBLIC], struct err *e)
{
	char buf[LINE];
	struct stat st;
	enum rc rc;

	if (base64url_decode(str_c(what), ret_, SIGN_PUBLIC))
		return RC_OK;
	rc = slurp(what, buf, &st, e);
	if (rc == RC_OK && !parse(str_c(buf), PUBLIC, ret_))
		rc = err_set(e, RC_BAD,
			"%s is neither a public key nor a file of one (KEY.pub of `qrsvc keygen`)",
			what);
	crypto_wipe(buf, sizeof buf);
	return rc;
}
