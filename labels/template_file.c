/* Owns finding and reading template files, and printing them.  Called by qrlabels and the jobs.
 */
#include "labels/template.h"
#include "qrsvc/base/arena.h"
#include <dirent.h>
#include <errno.h>
#include <unistd.h>

#define FOLDERS 5
#define NAMES_MAX 1000
#define FILE_MAX 65536

struct folders {
	char path[FOLDERS][512];
	int n;
};

static void add_folder(struct folders *f, const char *path, const char *tail)
{
	if (path != NULL && path[0] != '\0' && f->n < FOLDERS)
		snprintf(f->path[f->n++], sizeof f->path[0], "%s%s", path, tail);
}

static void find_folders(struct folders *f, const char *dir)
{
	char exe[400];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);

	f->n = 0;
	add_folder(f, dir, "");
	add_folder(f, getenv("QRLABELS_TEMPLATES"), "");
	if (n > 0) { /* build/release/qrlabels -> labels/templates */
		exe[n] = '\0';
		for (int up = 0; up < 3; up++) {
			char *slash = strrchr(exe, '/');

			if (slash != NULL)
				*slash = '\0';
		}
		add_folder(f, exe, "/labels/templates");
		add_folder(f, exe, "/../labels/templates"); /* build/release/tests/x */
	}
	add_folder(f, "/usr/share/qrsvc/templates", "");
}

static enum rc read_template(const char *path, struct label_template *t, struct err *e)
{
	FILE *in = fopen(path, "re");
	char *text = xmalloc(FILE_MAX + 1);
	enum rc rc = RC_OK;

	if (in == NULL)
		rc = err_set(e, RC_NOT_FOUND, "%s: %s", path, strerror(errno));
	if (in != NULL) {
		size_t n = fread(text, 1, FILE_MAX + 1, in);

		if (ferror(in))
			rc = err_set(e, RC_IO, "%s: %s", path, strerror(errno));
		else
			rc = template_parse((struct str){text, n}, path, t, e);
		fclose(in);
	}
	free(text);
	return rc;
}

struct label_template *label_template_load(const char *name, const char *dir, struct err *e)
{
	struct label_template *t = xcalloc(1, sizeof *t);
	struct folders f;
	char path[640];
	enum rc rc = RC_NOT_FOUND;

	if (strchr(name, '/') != NULL || str_ends(str_c(name), STR(".ini"))) {
		rc = read_template(name, t, e);
	} else {
		find_folders(&f, dir);
		for (int i = 0; i < f.n && rc == RC_NOT_FOUND; i++) {
			snprintf(path, sizeof path, "%s/%.100s.ini", f.path[i], name);
			rc = read_template(path, t, e);
		}
		if (rc == RC_NOT_FOUND)
			err_set(e, rc,
				"no template \"%.100s\": `qrlabels templates` lists them",
				name);
	}
	if (rc == RC_OK)
		return t;
	free(t);
	return NULL;
}

void label_template_free(struct label_template *t)
{
	free(t);
}

struct label_template_info label_template_info(const struct label_template *t)
{
	return (struct label_template_info){t->name, t->title, t->source, t->kind, t->page_w,
		t->page_h, t->w, t->h, t->columns, t->rows, t->dpi, t->title_zh};
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_folder(const char *path, char **names, int *n)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	if (d == NULL)
		return;
	while ((entry = readdir(d)) != NULL && *n < NAMES_MAX) {
		size_t len = strlen(entry->d_name);
		bool seen = false;

		if (len < 5 || strcmp(entry->d_name + len - 4, ".ini") != 0)
			continue;
		entry->d_name[len - 4] = '\0';
		for (int i = 0; i < *n; i++)
			seen = seen || strcmp(names[i], entry->d_name) == 0;
		if (!seen)
			names[(*n)++] = xstrdup(entry->d_name);
	}
	closedir(d);
}

bool label_template_each(const char *dir, void (*cb)(void *arg, const char *name), void *arg)
{
	char **names = xcalloc(NAMES_MAX, sizeof *names);
	struct folders f;
	int n = 0;

	find_folders(&f, dir);
	for (int i = 0; i < f.n; i++)
		list_folder(f.path[i], names, &n);
	qsort(names, (size_t)n, sizeof *names, by_name);
	for (int i = 0; i < n; i++) {
		cb(arg, names[i]);
		free(names[i]);
	}
	free(names);
	return n > 0;
}

/* ---- as INI ---- */

static void mm(FILE *out, const char *key, int32_t um)
{
	fprintf(out, "%s = %d.%03d\n", key, um / 1000, um % 1000);
}

static void print_text(FILE *out, const struct tpl_text *x)
{
	static const char *const aligns[] = {"start", "center", "end", "left", "right"};
	static const char *const valigns[] = {"top", "middle", "bottom"};
	const struct fit_box *b = &x->box;

	fprintf(out, "\n[text %s]\ncontent = %s\n", x->id, x->content);
	mm(out, "x", b->x);
	mm(out, "y", b->y);
	mm(out, "width", b->w);
	mm(out, "height", b->h);
	fprintf(out, "size = %.3f\nmin = %.3f\nlines = %d\n", b->size / 352.7777778,
		b->min / 352.7777778, b->lines);
	fprintf(out, "align = %s\nvalign = %s\n", aligns[b->align], valigns[b->valign]);
	fprintf(out, "weight = %s\ncolour = #%06x\n", b->bold ? "bold" : "regular", x->colour);
	fprintf(out, "flow = %s\n", x->flow ? "yes" : "no");
}

static void print_box(FILE *out, const struct tpl_box *b)
{
	fprintf(out, "\n[box %s]\n", b->id);
	mm(out, "x", b->x);
	mm(out, "y", b->y);
	mm(out, "width", b->w);
	mm(out, "height", b->h);
	mm(out, "line", b->line);
	mm(out, "radius", b->radius);
	if (b->fill >= 0)
		fprintf(out, "fill = #%06x\n", (unsigned)b->fill);
	if (b->stroke >= 0)
		fprintf(out, "stroke = #%06x\n", (unsigned)b->stroke);
}

void label_template_print(const struct label_template *t, FILE *out)
{
	fprintf(out, "[template]\nname = %s\ntitle = %s\n", t->name, t->title);
	if (t->title_zh[0])
		fprintf(out, "title_zh = %s\n", t->title_zh);
	if (t->source[0])
		fprintf(out, "source = %s\n", t->source);
	fprintf(out, "kind = %s\ndpi = %u\n\n[page]\n", t->kind, t->dpi);
	mm(out, "width", t->page_w);
	mm(out, "height", t->page_h);
	fprintf(out, "\n[grid]\ncolumns = %u\nrows = %u\n", t->columns, t->rows);
	mm(out, "left", t->left);
	mm(out, "top", t->top);
	mm(out, "pitch_x", t->pitch_x);
	mm(out, "pitch_y", t->pitch_y);
	fprintf(out, "\n[label]\n");
	mm(out, "width", t->w);
	mm(out, "height", t->h);
	mm(out, "radius", t->radius);
	mm(out, "margin", t->margin);
	fprintf(out, "\n[qr]\n");
	mm(out, "x", t->qr.x);
	mm(out, "y", t->qr.y);
	mm(out, "size", t->qr.size);
	fprintf(out, t->qr.version ? "version = %d\n" : "version = auto\n", t->qr.version);
	for (int i = 0; i < t->boxes; i++)
		print_box(out, &t->box[i]);
	for (int i = 0; i < t->texts; i++)
		print_text(out, &t->text[i]);
}
