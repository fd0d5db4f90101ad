/* tplc: compiles the templates and message catalogues of a set into one C file and its header.
 * Runs while the program is built, never in the daemon; so it stops at the first mistake with
 * "file:line: what is wrong" and exit status 1, and gives no memory back.
 *
 * Source language (HACKING.md tells it to authors):
 *   {{x}}              the value of x, escaped for where it stands; {{.}} the current text
 *   {{#x}}..{{/x}}     if x is true, or once for each element of x
 *   {{^x}}..{{/x}}     if x is false or empty
 *   {{>part}}          tpl/_part.html; within <style>: static/part (a .css file)
 *   {{!..}}            comment, as is <!-- -->
 *   {{_key a b}}       a message of the catalogues with the values of a and b
 * There is no raw output.  A section, a partial and a file end in the HTML context in which
 * they began.  Line breaks with the blanks around them vanish between tags and text (write a
 * blank you need inside a line).  NAME.txt is plain text: nothing is escaped, blanks stay,
 * lines that hold only a section tag or a comment vanish (Mustache's "standalone" rule). */
#ifndef QR_TOOLS_TPLC_H
#define QR_TOOLS_TPLC_H

#include "qrsvc/app/view.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/sbuf.h"

/* Names become small numbers in order of first use. */
struct names {
	struct str *name;
	size_t n, cap;
};
unsigned names_put(struct names *t, struct str name);
bool names_find(const struct names *t, struct str name, unsigned *ret_);

#define MAX_LANGS 8
#define MAX_STYLES 16

struct lang_src {
	struct str tag, path;
	enum tpl_plural plural;
	uint32_t *first; /* per message: first part, or UINT32_MAX */
	int *line;	 /* per message: where it stands */
	size_t cap;
};

struct tpl_src {
	struct str name;
	uint32_t start;
	struct str style; /* CSP hash, or STR_NONE */
};

struct tplc {
	struct arena a;
	struct str dir, static_dir;
	struct names keys, msgs;
	int *arity; /* per message */
	size_t arity_cap;
	struct tpl_op *op;
	size_t nop, op_cap;
	struct tpl_part *part;
	size_t npart, part_cap;
	struct sbuf text;
	struct lang_src lang[MAX_LANGS];
	size_t nlang;
	struct tpl_src *tpl;
	size_t ntpl;
	struct str style[MAX_STYLES];
	size_t nstyle;
};

/* Where we are in a source file. */
struct at {
	struct str path;
	int line;
};

void die(struct at at, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
/* The whole file; dies if it cannot be read. */
struct str slurp(struct tplc *c, struct str path, struct at from);
/* Offset of these bytes in the text of the set; equal bytes are stored once. */
uint32_t put_text(struct tplc *c, struct str s);
struct tpl_op *put_op(struct tplc *c, struct tpl_op op);

/* catalogue.c: reads lang->path; then, once all are read, checks that none lacks a key. */
void catalogue_read(struct tplc *c, struct lang_src *lang);
void catalogue_check(struct tplc *c);

/* compile.c: one template, tpl->name with its ending, into operations. */
void compile(struct tplc *c, struct tpl_src *tpl);

/* css.c: the same rules with fewer bytes. */
struct str css_min(struct tplc *c, struct str css);

/* emit.c: OUT.h and OUT.c for the set called `name`. */
void emit(struct tplc *c, struct str name, struct str out);

#endif
