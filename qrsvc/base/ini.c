/* Owns the reading of one INI file through inih.  Never decides what a key means.  Called by
 * the readers of profiles. */
#include "qrsvc/base/ini.h"

#include <errno.h>
#include <ini.h>

#include "qrsvc/base/sbuf.h"

struct reading {
	const char *path;
	FILE *file;
	ini_entry_cb *cb;
	void *arg;
	struct err *e;
	enum rc rc;
	int line; /* of the text handed to inih last */
	char section[80], key[80];
	int key_line;
	struct sbuf value; /* of the entry that may go on */
	bool open, indented;
};

/* Like fgets(3) for inih, but a line that is too long or no UTF-8 ends the reading. */
static char *next_line(char *buf, int size, void *arg)
{
	struct reading *r = arg;
	size_t n;

	if (r->rc != RC_OK || !fgets(buf, size, r->file))
		return NULL;
	r->line++;
	r->indented = buf[0] == ' ' || buf[0] == '\t';
	n = strlen(buf);
	if (n > INI_LINE + 1)
		r->rc = err_set(r->e, RC_BAD,
			"%s:%d: longer than %u bytes; go on in the next line, beginning "
			"with a blank",
			r->path, r->line, INI_LINE);
	else if (!str_utf8((struct str){buf, n}))
		r->rc = err_set(r->e, RC_BAD, "%s:%d: not UTF-8", r->path, r->line);
	return r->rc == RC_OK ? buf : NULL;
}

static void give(struct reading *r)
{
	struct ini_entry entry = {r->section, r->key, STR_NONE, r->key_line};

	if (!r->open || r->rc != RC_OK)
		return;
	r->open = false;
	if (r->value.over) {
		r->rc = err_set(r->e, RC_BAD, "%s:%d: a value of more than %u bytes", r->path,
			r->key_line, INI_VALUE);
		return;
	}
	entry.value = str_c(sbuf_c(&r->value));
	r->rc = r->cb(r->arg, &entry, r->e);
}

/* A continued value comes as another call with the same section and key; what tells it from a
 * second entry of that name is the blank its line begins with. */
static int on_entry(void *arg, const char *section, const char *key, const char *value)
{
	struct reading *r = arg;

	if (r->open && r->indented) {
		sbuf_byte(&r->value, ' ');
		sbuf_puts(&r->value, value);
		return r->rc == RC_OK;
	}
	give(r);
	snprintf(r->section, sizeof r->section, "%s", section);
	snprintf(r->key, sizeof r->key, "%s", key);
	r->key_line = r->line;
	sbuf_clear(&r->value);
	sbuf_puts(&r->value, value);
	r->open = true;
	return r->rc == RC_OK;
}

static enum rc read_stream(
	FILE *file, const char *name, ini_entry_cb *cb, void *arg, struct err *e)
{
	struct reading r = {.path = name, .file = file, .cb = cb, .arg = arg, .e = e};
	int bad;

	sbuf_init(&r.value, INI_VALUE);
	bad = ini_parse_stream(next_line, &r, on_entry, &r);
	give(&r);
	if (r.rc == RC_OK && bad)
		r.rc = err_set(
			e, RC_BAD, "%s:%d: neither [section] nor key = value", name, bad);
	sbuf_release(&r.value);
	fclose(r.file);
	return r.rc;
}

enum rc ini_read(const char *path, ini_entry_cb *cb, void *arg, struct err *e)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return err_set(e, RC_IO, "cannot open %s: %s", path, strerror(errno));
	return read_stream(file, path, cb, arg, e);
}

enum rc ini_read_str(
	struct str text, const char *name, ini_entry_cb *cb, void *arg, struct err *e)
{
	FILE *file;

	if (text.n == 0)
		return RC_OK;
	if (memchr(text.p, '\0', text.n))
		return err_set(e, RC_BAD, "%s: holds a NUL byte", name);
	file = fmemopen((void *)text.p, text.n, "r");
	if (!file)
		return err_set(e, RC_INTERNAL, "%s: %s", name, strerror(errno));
	return read_stream(file, name, cb, arg, e);
}
