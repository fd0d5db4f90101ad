/* Owns the command line of tplc and what its parts share: names, text, operations.
 *
 *   tplc -n NAME -o OUT -d TEMPLATES -s STATIC -m TAG=FILE [-m ...] TEMPLATE...
 *
 * writes OUT.c and OUT.h; TEMPLATE is a file name within TEMPLATES.  Called by the Makefile. */
#include "qrsvc/tools/tplc.h"

#include "qrsvc/base/crypto.h"

#include <errno.h>
#include <stdarg.h>
#include <unistd.h>

void die(struct at at, const char *fmt, ...)
{
	va_list ap;
	if (at.path.n)
		fprintf(stderr, "%.*s:%d: ", STR_F(at.path), at.line);
	else
		fputs("tplc: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

bool names_find(const struct names *t, struct str name, unsigned *ret_)
{
	for (size_t i = 0; i < t->n; i++) {
		if (str_eq(t->name[i], name)) {
			*ret_ = (unsigned)i;
			return true;
		}
	}
	return false;
}

unsigned names_put(struct names *t, struct str name)
{
	unsigned i;
	if (names_find(t, name, &i))
		return i;
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 64;
		t->name = xrealloc(t->name, t->cap * sizeof *t->name);
	}
	t->name[t->n] = name;
	return (unsigned)t->n++;
}

struct str slurp(struct tplc *c, struct str path, struct at from)
{
	struct str name = arena_str(&c->a, path);
	FILE *f = fopen(name.p, "re");
	if (!f)
		die(from, "%s: %s", name.p, strerror(errno));
	struct sbuf b;
	char piece[4096];
	size_t n;
	sbuf_init(&b, 1u << 20);
	while ((n = fread(piece, 1, sizeof piece, f)) > 0)
		sbuf_add(&b, piece, n);
	if (ferror(f) || b.over)
		die(from, "%s: cannot be read, or above 1 MiB", name.p);
	fclose(f);
	struct str s = arena_str(&c->a, sbuf_view(&b));
	sbuf_release(&b);
	if (!str_utf8(s))
		die(from, "%s: is not UTF-8", name.p);
	return s;
}

uint32_t put_text(struct tplc *c, struct str s)
{
	ptrdiff_t at = str_find(sbuf_view(&c->text), s);
	if (at >= 0)
		return (uint32_t)at;
	at = (ptrdiff_t)c->text.n;
	sbuf_str(&c->text, s);
	return (uint32_t)at;
}

struct tpl_op *put_op(struct tplc *c, struct tpl_op op)
{
	if (c->nop == c->op_cap) {
		c->op_cap = c->op_cap ? c->op_cap * 2 : 256;
		c->op = xrealloc(c->op, c->op_cap * sizeof *c->op);
	}
	c->op[c->nop] = op;
	return &c->op[c->nop++];
}

static void add_lang(struct tplc *c, const char *arg)
{
	struct str rest = str_c(arg), tag = str_cut(&rest, '=');
	if (!tag.n || !rest.n)
		die((struct at){0}, "-m wants TAG=FILE, not \"%s\"", arg);
	if (c->nlang == MAX_LANGS)
		die((struct at){0}, "more than %d languages", MAX_LANGS);
	c->lang[c->nlang++] = (struct lang_src){.tag = tag, .path = rest};
}

static void usage(void)
{
	die((struct at){0},
		"usage: tplc -n NAME -o OUT -d TEMPLATES -s STATIC -m TAG=FILE.. TEMPLATE..");
}

static void compile_all(struct tplc *c, char **file, size_t n)
{
	c->tpl = xcalloc(n, sizeof *c->tpl);
	for (size_t i = 0; i < n; i++) {
		if (file[i][0] == '_') /* a partial */
			continue;
		struct tpl_src *t = &c->tpl[c->ntpl++];
		t->name = str_c(file[i]);
		compile(c, t);
	}
}

int main(int argc, char **argv)
{
	struct tplc c = {0};
	struct str name = STR_NONE, out = STR_NONE;
	int opt;
	crypto_init();
	arena_init(&c.a);
	sbuf_init(&c.text, 4u << 20);
	names_put(&c.keys, STR("."));
	while ((opt = getopt(argc, argv, "n:o:d:s:m:")) != -1) {
		if (opt == 'n')
			name = str_c(optarg);
		else if (opt == 'o')
			out = str_c(optarg);
		else if (opt == 'd')
			c.dir = str_c(optarg);
		else if (opt == 's')
			c.static_dir = str_c(optarg);
		else if (opt == 'm')
			add_lang(&c, optarg);
		else
			usage();
	}
	if (!name.n || !out.n || !c.dir.n || !c.nlang || optind == argc)
		usage();
	for (size_t i = 0; i < c.nlang; i++)
		catalogue_read(&c, &c.lang[i]);
	catalogue_check(&c);
	compile_all(&c, argv + optind, (size_t)(argc - optind));
	if (c.keys.n > TPL_KEYS)
		die((struct at){0}, "%zu keys, at most %d", c.keys.n, TPL_KEYS);
	emit(&c, name, out);
	return 0;
}
