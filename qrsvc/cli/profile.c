/* Owns: reading a profile and binding it to a header.  Values of rows: profile_row.c.  Never
 * touches the database.  Called by import.c. */
#include "qrsvc/cli/profile.h"

#include <limits.h>

#include "qrsvc/base/ini.h"
#include "qrsvc/cli/cli.h"

const char *const import_kind_names[IMPORT_KINDS] = {"facilities", "records", "photos"};

const char *const import_columns[IMPORT_KINDS][32] = {
	{"key", "code", "kind", "org", "name", "place_key", "place_code", "place_name",
		"place_address", "building", "serves", "params", "status", "status_since",
		"status_reason", "since", "manager_name", "manager_phone", "manager_from",
		"unmanaged", "lon", "lat"},
	{"key", "facility_source", "facility_key", "facility_code", "type", "performed_from",
		"performed_to", "performed_on", "received_at", "published_at", "parties",
		"fields", "results", "flags"},
	{"record_source", "record_key", "record_id", "slot", "file", "taken"},
};

struct loading {
	struct profile *p;
	struct target **tail[IMPORT_KINDS];
	struct cond_name **cond_tail;
};

static struct str keep(struct profile *p, struct str s)
{
	return arena_str(&p->mem, s);
}

/* "a, b" as a NULL-terminated array of C strings. */
static const char *const *list(struct profile *p, struct str s)
{
	const char **v = arena_array(&p->mem, 16, sizeof *v);

	for (size_t i = 0; s.p && i < 15; i++)
		v[i] = keep(p, str_trim(str_cut(&s, ','), " ")).p;
	return v;
}

static bool yes_no(struct str v, bool *ret_)
{
	*ret_ = str_eq(v, STR("yes"));
	return *ret_ || str_eq(v, STR("no"));
}

static enum rc take_setting(struct profile *p, struct str key, struct str v, struct err *e)
{
	uint64_t shift;

	if (str_eq(key, STR("title"))) {
		p->title = keep(p, v).p;
	} else if (str_eq(key, STR("source")) && v.n) {
		p->source = keep(p, v).p;
	} else if (str_eq(key, STR("encoding")) &&
		   (str_eq(v, STR("auto")) || str_eq(v, STR("utf-8")) ||
			   str_eq(v, STR("gb18030")))) {
		p->encoding = keep(p, v).p;
	} else if (str_eq(key, STR("delimiter")) && (v.n == 1 || str_eq(v, STR("tab")))) {
		p->delimiter = v.n == 1 ? v.p[0] : '\t';
	} else if (str_eq(key, STR("header")) && yes_no(v, &p->has_header)) {
		return RC_OK;
	} else if (str_eq(key, STR("other_columns")) &&
		   (str_eq(v, STR("ignore")) || str_eq(v, STR("refuse")))) {
		p->strict = str_eq(v, STR("refuse"));
	} else if (str_eq(key, STR("timezone"))) {
		p->scope.timezone = keep(p, v).p;
	} else if (str_eq(key, STR("date_formats"))) {
		p->scope.date_formats = list(p, v);
	} else if (str_eq(key, STR("datetime_formats"))) {
		p->scope.time_formats = list(p, v);
	} else if (str_eq(key, STR("column_shift_from"))) {
		p->shift_from = keep(p, v).p;
	} else if (str_eq(key, STR("shift")) && str_u64(v, &shift) && shift < 100) {
		p->scope.shift = (int)shift;
	} else {
		return err_set(e, RC_BAD,
			"[profile] %.*s = %.*s is no setting this program knows", STR_F(key),
			STR_F(v));
	}
	return RC_OK;
}

static enum rc take_map(
	struct profile *p, struct str name, struct str key, struct str v, struct err *e)
{
	struct expr_map *m = p->scope.maps;
	struct expr_map_entry *x = arena_alloc(&p->mem, sizeof *x);

	if (name.n == 0)
		return err_set(e, RC_BAD, "a map needs a name: [map NAME]");
	while (m && !str_eq(str_c(m->name), name))
		m = m->next;
	if (!m) {
		m = arena_alloc(&p->mem, sizeof *m);
		m->name = keep(p, name).p;
		m->next = p->scope.maps;
		p->scope.maps = m;
	}
	x->from = keep(p, key);
	x->to = keep(p, v);
	x->next = m->entries;
	m->entries = x;
	return RC_OK;
}

static enum rc take_condition(struct loading *l, struct str key, struct str v, struct err *e)
{
	struct cond_name *c = arena_alloc(&l->p->mem, sizeof *c);
	enum rc rc = cond_compile(&l->p->scope, keep(l->p, v), &c->cond, e);

	c->name = keep(l->p, key);
	*l->cond_tail = c;
	l->cond_tail = &c->next;
	return rc;
}

static bool is_column(enum import_kind kind, struct str name)
{
	for (const char *const *c = import_columns[kind]; *c; c++)
		if (str_eq(str_c(*c), name))
			return true;
	return false;
}

/* What the part behind the dot of a section makes of its entries. */
static const struct section {
	const char *name;
	enum target_group group;
	unsigned kinds; /* bits */
	const char *sub;
	bool cond;
	const char *prefix;
} sections[] = {
	{"", TG_COLUMN, 7, NULL, false, ""},
	{"params", TG_OBJECT, 1, NULL, false, ""},
	{"fields", TG_OBJECT, 2, NULL, false, ""},
	{"parties", TG_PARTY, 2, "filing", false, ""},
	{"results", TG_RESULT, 2, "unit", false, ""},
	{"flags", TG_FLAG, 2, NULL, true, ""},
	{"contradictions", TG_FLAG, 2, NULL, true, "contradiction:"},
	{"refuse", TG_REFUSE, 7, NULL, true, ""},
};

static enum rc take_target(struct loading *l, enum import_kind kind, const struct section *sec,
	struct str key, struct str v, struct err *e)
{
	struct profile *p = l->p;
	struct target *t = arena_alloc(&p->mem, sizeof *t);
	struct str cond = key, name = str_trim(str_cut(&cond, '@'), " ");
	enum rc rc;

	if (sec->sub && str_ends(name, arena_fmt(&p->mem, ".%s", sec->sub))) {
		t->sub = sec->sub;
		name.n -= strlen(sec->sub) + 1;
	}
	if (kind == IMPORT_FACILITIES && sec->group == TG_COLUMN &&
		str_eq(name, STR("on_change")) && str_eq(v, STR("keep"))) {
		p->keep = true;
		return RC_OK;
	}
	if (sec->group == TG_COLUMN && !is_column(kind, name))
		return err_set(e, RC_BAD, "[%s] has no column %.*s", import_kind_names[kind],
			STR_F(name));
	t->group = sec->group;
	t->name = arena_fmt(&p->mem, "%s%.*s", sec->prefix, STR_F(name)).p;
	if (sec->cond)
		rc = cond_compile(&p->scope, keep(p, v), &t->cond, e);
	else
		rc = expr_compile(&p->scope, keep(p, v), &t->expr, e);
	if (rc == RC_OK && cond.p && !sec->cond)
		rc = cond_compile(&p->scope,
			arena_fmt(&p->mem, "@%.*s", STR_F(str_trim(cond, " "))), &t->cond, e);
	*l->tail[kind] = t;
	l->tail[kind] = &t->next;
	return rc;
}

static enum rc take_section(struct loading *l, const struct ini_entry *x, struct err *e)
{
	struct str rest = str_c(x->section), first = str_cut(&rest, '.');

	for (int kind = 0; kind < IMPORT_KINDS; kind++) {
		if (!str_eq(first, str_c(import_kind_names[kind])))
			continue;
		for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
			if (str_eq(rest, str_c(sections[i].name)) &&
				(sections[i].kinds >> kind & 1))
				return take_target(l, (enum import_kind)kind, &sections[i],
					str_c(x->key), x->value, e);
	}
	return err_set(e, RC_BAD, "no section [%s] is known", x->section);
}

static enum rc on_entry(void *arg, const struct ini_entry *x, struct err *e)
{
	struct loading *l = arg;
	struct str section = str_c(x->section), key = str_c(x->key);
	struct err inner;
	enum rc rc;

	if (str_eq(section, STR("profile")))
		rc = take_setting(l->p, key, x->value, &inner);
	else if (str_starts(section, STR("map ")))
		rc = take_map(l->p, str_trim(str_sub(section, 4, section.n), " "), key,
			x->value, &inner);
	else if (str_eq(section, STR("conditions")))
		rc = take_condition(l, key, x->value, &inner);
	else
		rc = take_section(l, x, &inner);
	if (rc != RC_OK)
		err_set(e, rc, "%s:%d: %s", l->p->path, x->line, inner.detail);
	return rc;
}

static enum rc find_path(const char *name, char *buf, size_t size, struct err *e)
{
	char dir[PATH_MAX];

	if (strchr(name, '/') || str_ends(str_c(name), STR(".ini"))) {
		snprintf(buf, size, "%s", name);
		return RC_OK;
	}
	if (!cli_data_dir("deploy/profiles", dir, sizeof dir) ||
		snprintf(buf, size, "%s/%s.ini", dir, name) >= (int)size)
		return err_set(e, RC_NOT_FOUND,
			"the folder of profiles is missing, give the profile's file");
	return RC_OK;
}

enum rc profile_load(const char *name, struct profile **ret_, struct err *e)
{
	static const char *const iso[] = {"%Y-%m-%d", NULL};
	static const char *const iso_time[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M",
		"%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", NULL};
	struct profile *p = xcalloc(1, sizeof *p);
	struct loading l = {.p = p, .cond_tail = &p->scope.conds};
	char path[PATH_MAX];
	enum rc rc;

	arena_init(&p->mem);
	for (int k = 0; k < IMPORT_KINDS; k++)
		l.tail[k] = &p->targets[k];
	p->encoding = "auto";
	p->delimiter = ',';
	p->has_header = true;
	p->scope.mem = &p->mem;
	p->scope.shift_from = -1;
	p->scope.date_formats = iso;
	p->scope.time_formats = iso_time;
	rc = find_path(name, path, sizeof path, e);
	p->path = keep(p, str_c(path)).p;
	if (rc == RC_OK)
		rc = ini_read(p->path, on_entry, &l, e);
	if (rc == RC_OK && !p->source)
		rc = err_set(e, RC_BAD, "%s: [profile] source is missing", p->path);
	if (rc != RC_OK)
		profile_free(p);
	else
		*ret_ = p;
	return rc;
}

void profile_free(struct profile *p)
{
	if (!p)
		return;
	arena_release(&p->mem);
	free(p);
}

static enum rc bind_header(struct profile *p, const struct str *header, size_t n, struct err *e)
{
	struct str *copy = arena_array(&p->mem, n + 1, sizeof *copy);

	for (size_t i = 0; i < n; i++)
		copy[i] = keep(p, str_trim(header[i], " \t"));
	p->scope.header = copy;
	p->scope.header_n = n;
	p->scope.used = arena_array(&p->mem, n + 1, sizeof *p->scope.used);
	if (!p->shift_from)
		return RC_OK;
	for (size_t i = 0; i < n; i++)
		if (str_eq(copy[i], str_c(p->shift_from))) {
			p->scope.shift_from = (ptrdiff_t)i;
			return RC_OK;
		}
	return err_set(e, RC_NOT_FOUND, "%s: column_shift_from names %s, which the file lacks",
		p->path, p->shift_from);
}

enum rc profile_has(const struct profile *p, enum import_kind kind, struct err *e)
{
	if (p->targets[kind])
		return RC_OK;
	return err_set(e, RC_BAD, "%s says nothing about %s", p->path, import_kind_names[kind]);
}

enum rc profile_bind(struct profile *p, enum import_kind kind, const struct str *header,
	size_t n, struct err *e)
{
	enum rc rc = bind_header(p, header, n, e);

	for (struct target *t = p->targets[kind]; rc == RC_OK && t; t = t->next) {
		if (t->expr)
			rc = expr_bind(t->expr, &p->scope, e);
		if (rc == RC_OK && t->cond)
			rc = cond_bind(t->cond, &p->scope, e);
	}
	for (size_t i = 0; rc == RC_OK && p->strict && i < n; i++)
		if (!p->scope.used[i])
			rc = err_set(e, RC_BAD,
				"line 1: the profile has no use for column \"%.*s\"; see %s for "
				"the names it knows",
				STR_F(p->scope.header[i]), p->path);
	return rc;
}
