/* Owns reading of the configuration: file, environment, checks that need more than one
 * key.  Opens nothing but that file; called by main.c before anything else happens. */
#include "qrsvc/config.h"

#include "qrsvc/base/arena.h"
#include "qrsvc/base/clock.h"
#include "qrsvc/base/ini.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/config_keys.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#define DEFAULT_PATH "/etc/qrsvc/qrsvc.ini"
#define MAX_KEYS 96

extern char **environ;

struct loader {
	struct arena arena;
	struct config c;    /* first words of what config_load() returns */
	int seen[MAX_KEYS]; /* line of the file, 0 not yet, -1 environment */
	struct err *e;
};

static const char *keep(struct loader *l, struct str s)
{
	return arena_str(&l->arena, s).p;
}

/* ---- one value --------------------------------------------------------------------------- */

static bool parse_size(struct str s, int64_t *ret_)
{
	int shift = 0;
	uint64_t v;
	if (s.n && strchr("KMG", s.p[s.n - 1]))
		shift = s.p[s.n - 1] == 'K' ? 10 : s.p[s.n - 1] == 'M' ? 20 : 30;
	if (shift)
		s.n--;
	if (!str_u64(s, &v) || v > (uint64_t)INT64_MAX >> shift)
		return false;
	*ret_ = (int64_t)(v << shift);
	return true;
}

static bool parse_rate(struct str s, int64_t max, struct config_rate *ret_)
{
	uint64_t rate, burst;
	struct str first = str_trim(str_cut(&s, ','), " ");
	if (!str_u64(first, &rate) || rate > (uint64_t)max)
		return false;
	burst = rate / 3 + 1;
	if (s.p && (!str_u64(str_trim(s, " "), &burst) || burst > (uint64_t)max || !burst))
		return false;
	*ret_ = (struct config_rate){(int64_t)rate, (int64_t)burst};
	return true;
}

static enum rc put_number(
	const struct config_key *k, struct str v, int64_t *ret_, struct err *e)
{
	int64_t n;
	bool ok = k->type == CONFIG_SIZE ? parse_size(v, &n) : str_i64(v, &n);
	if (!ok || n < k->min || n > k->max)
		return err_set(e, RC_INVALID, "%s must be a number from %lld to %lld%s",
			k->name, (long long)k->min, (long long)k->max,
			k->type == CONFIG_SIZE ? ", or with K, M or G behind it" : "");
	*ret_ = n;
	return RC_OK;
}

static enum rc put(struct loader *l, const struct config_key *k, struct str v)
{
	void *at = (char *)&l->c + k->offset;
	switch (k->type) {
	case CONFIG_TEXT:
		if (v.n < (size_t)k->min || v.n > (size_t)k->max)
			return err_set(l->e, RC_INVALID, "%s must have %lld to %lld bytes",
				k->name, (long long)k->min, (long long)k->max);
		if (!str_utf8(v))
			return err_set(l->e, RC_INVALID, "%s must be UTF-8 text", k->name);
		*(const char **)at = keep(l, v);
		return RC_OK;
	case CONFIG_NUMBER:
	case CONFIG_SIZE:
		return put_number(k, v, at, l->e);
	case CONFIG_SWITCH:
		if (!str_eq(v, STR("on")) && !str_eq(v, STR("off")))
			return err_set(l->e, RC_INVALID, "%s must be on or off", k->name);
		*(bool *)at = v.n == 2;
		return RC_OK;
	case CONFIG_RATE:
		if (!parse_rate(v, k->max, at))
			return err_set(l->e, RC_INVALID,
				"%s must be PER_MINUTE,BURST (such as 600,200), or 0", k->name);
		return RC_OK;
	}
	return err_set(l->e, RC_INTERNAL, "%s has no type", k->name);
}

/* ---- the file ---------------------------------------------------------------------------- */

static const struct config_key *find(struct str section, struct str name)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (str_eq(section, str_c(config_keys[i].section)) &&
			str_eq(name, str_c(config_keys[i].name)))
			return &config_keys[i];
	return NULL;
}

/* Puts where it was found before what e says. */
static enum rc prefix(struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static enum rc prefix(struct err *e, const char *fmt, ...)
{
	char where[160], text[sizeof e->detail];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(where, sizeof where, fmt, ap);
	va_end(ap);
	memcpy(text, e->detail, sizeof text);
	return err_set(e, RC_INVALID, "%s: %s", where, text);
}

static enum rc entry_cb(void *arg, const struct ini_entry *entry, struct err *e)
{
	struct loader *l = arg;
	const struct config_key *k = find(str_c(entry->section), str_c(entry->key));
	enum rc rc;
	if (!k)
		rc = err_set(e, RC_INVALID,
			"there is no key %s in [%s]; `qrsvc config-doc` prints all", entry->key,
			entry->section);
	else if (l->seen[k - config_keys])
		rc = err_set(e, RC_INVALID, "%s was already given in line %d", entry->key,
			l->seen[k - config_keys]);
	else
		rc = put(l, k, entry->value);
	if (rc != RC_OK)
		return prefix(e, "%s:%d", l->c.path, entry->line);
	l->seen[k - config_keys] = entry->line;
	return RC_OK;
}

static enum rc read_file(struct loader *l, const char *path, bool must)
{
	l->c.path = "";
	if (!must && access(path, F_OK) != 0)
		return RC_OK;
	l->c.path = keep(l, str_c(path));
	return ini_read(path, entry_cb, l, l->e);
}

/* ---- the environment --------------------------------------------------------------------- */

/* Name of a key's variable: QRSVC_SERVER_BASE_URL. */
static void env_name(const struct config_key *k, char *buf, size_t size)
{
	snprintf(buf, size, "QRSVC_%s_%s", k->section, k->name);
	for (char *p = buf; *p; p++)
		*p = (char)toupper((unsigned char)*p);
}

static bool env_section(struct str name)
{
	char buf[80];
	for (size_t i = 0; i < config_keys_n; i++) {
		env_name(&config_keys[i], buf, sizeof buf);
		buf[strlen("QRSVC_") + strlen(config_keys[i].section) + 1] = 0;
		if (str_starts(name, str_c(buf)))
			return true;
	}
	return false;
}

static enum rc read_env_one(struct loader *l, struct str name, struct str value)
{
	char buf[80];
	for (size_t i = 0; i < config_keys_n; i++) {
		env_name(&config_keys[i], buf, sizeof buf);
		if (!str_eq(name, str_c(buf)))
			continue;
		if (put(l, &config_keys[i], value) == RC_OK)
			return RC_OK;
		return prefix(l->e, "environment %s", buf);
	}
	return err_set(l->e, RC_INVALID, "environment %.*s: there is no such key", STR_F(name));
}

static enum rc read_env(struct loader *l)
{
	for (char **p = environ; *p; p++) {
		struct str rest = str_c(*p), name = str_cut(&rest, '=');
		if (env_section(name) && read_env_one(l, name, rest) != RC_OK)
			return RC_INVALID;
	}
	return RC_OK;
}

/* ---- what belongs together --------------------------------------------------------------- */

static enum rc split_list(
	struct loader *l, const char *key, const char *value, const char **list, size_t *n)
{
	struct str rest = str_c(value);
	while (rest.p) {
		struct str one = str_trim(str_cut(&rest, ','), " \t");
		if (!one.n)
			continue;
		if (*n == CONFIG_LIST)
			return err_set(
				l->e, RC_INVALID, "%s: at most %d values", key, CONFIG_LIST);
		char *copy = arena_raw(&l->arena, one.n + 1);
		for (size_t i = 0; i < one.n; i++)
			copy[i] = (char)tolower((unsigned char)one.p[i]);
		copy[one.n] = '\0';
		list[(*n)++] = copy;
	}
	return RC_OK;
}

static enum rc check_base_url(struct loader *l)
{
	const char *url = l->c.base_url;
	l->c.https = strncmp(url, "https://", 8) == 0;
	if (!l->c.https && strncmp(url, "http://", 7) != 0)
		return err_set(l->e, RC_INVALID,
			"base_url must begin with https:// (or http:// for trials), not \"%s\"",
			url);
	const char *host = url + (l->c.https ? 8 : 7);
	if (!host[0] || host[strcspn(host, "/?#@ \t")])
		return err_set(l->e, RC_INVALID,
			"base_url must be scheme and host only, without a path or a slash at its end");
	size_t n = 0;
	const char *hosts[CONFIG_LIST];
	enum rc rc = split_list(l, "base_url", host, hosts, &n);
	if (rc != RC_OK || n != 1)
		return err_set(l->e, RC_INVALID, "base_url must name one host");
	l->c.host = l->c.host_list[l->c.host_n++] = hosts[0];
	return RC_OK;
}

static enum rc check_clock(struct loader *l)
{
	char path[128];
	int64_t us;
	snprintf(path, sizeof path, "/usr/share/zoneinfo/%s", l->c.timezone);
	if (strstr(l->c.timezone, "..") || l->c.timezone[0] == '/' || access(path, R_OK) != 0)
		return err_set(l->e, RC_INVALID,
			"timezone \"%s\" is not known here; is the package tzdata installed?",
			l->c.timezone);
	if (l->c.clock[0] && !clock_parse(str_c(l->c.clock), &us))
		return err_set(l->e, RC_INVALID,
			"clock must be like 2026-11-22T08:00:00+08:00, not \"%s\"", l->c.clock);
	if (strcmp(l->c.language, "zh-CN") != 0 && strcmp(l->c.language, "en") != 0)
		return err_set(l->e, RC_INVALID, "language must be zh-CN or en, not \"%s\"",
			l->c.language);
	return RC_OK;
}

static enum rc check_listen(struct loader *l, const char *key, const char *v)
{
	struct str s = str_c(v);
	uint64_t port;
	const char *colon = strrchr(v, ':');
	if (str_starts(s, STR("unix:/")))
		return s.n < 100 ? RC_OK
				 : err_set(l->e, RC_INVALID,
					   "%s: a socket's path must be shorter than 95 bytes",
					   key);
	if (!colon || colon == v || !str_u64(str_c(colon + 1), &port) || port > 65535)
		return err_set(l->e, RC_INVALID,
			"%s must be ADDRESS:PORT, [V6ADDRESS]:PORT or unix:/PATH, not \"%s\"",
			key, v);
	return RC_OK;
}

static enum rc check_operate(struct loader *l)
{
	const char *v = l->c.without_standby;
	return !v[0] || strcmp(v, "go-on") == 0 || strcmp(v, "stop") == 0
		       ? RC_OK
		       : err_set(l->e, RC_INVALID,
				 "without_standby must be go-on or stop, not \"%s\"", v);
}

static enum rc check_outbox(struct loader *l)
{
	struct str smtp = str_c(l->c.smtp), from = str_c(l->c.mail_from);
	if (smtp.n && !str_starts(smtp, STR("smtp://")) && !str_starts(smtp, STR("smtps://")))
		return err_set(l->e, RC_INVALID,
			"smtp must begin with smtp:// or smtps://, not \"%s\"", l->c.smtp);
	if (from.n && (str_chr(from, '@') <= 0 || from.p[strcspn(from.p, " <>\t")]))
		return err_set(l->e, RC_INVALID,
			"mail_from must be an address like water@example.gov.cn, not \"%s\"",
			l->c.mail_from);
	return RC_OK;
}

static enum rc check_all(struct loader *l)
{
	struct config *c = &l->c;
	enum rc rc = check_base_url(l);
	const char *systemd = getenv("CACHE_DIRECTORY");
	if (!c->state[0] && systemd && systemd[0] == '/' && !strchr(systemd, ':'))
		c->state = keep(l, str_c(systemd));
	if (rc == RC_OK)
		rc = split_list(l, "hosts", c->hosts, c->host_list, &c->host_n);
	if (rc == RC_OK)
		rc = split_list(
			l, "trusted_proxy", c->trusted_proxy, c->proxy_list, &c->proxy_n);
	if (rc == RC_OK)
		rc = check_clock(l);
	if (rc == RC_OK)
		rc = check_listen(l, "listen", c->listen);
	if (rc == RC_OK && c->admin[0])
		rc = check_listen(l, "admin", c->admin);
	if (rc == RC_OK)
		rc = check_outbox(l);
	if (rc == RC_OK)
		rc = check_operate(l);
	return rc != RC_OK && c->path[0] ? prefix(l->e, "%s", c->path) : rc;
}

/* ---- public ------------------------------------------------------------------------------ */

enum rc config_load(const char *path, struct config **ret_, struct err *e)
{
	struct err ignored;
	struct loader *l = xcalloc(1, sizeof *l);
	l->e = e ? e : &ignored;
	enum rc rc = RC_OK;
	_Static_assert(MAX_KEYS >= 40, "room for a line number of each key");
	if (!path)
		path = getenv("QRSVC_CONFIG");
	for (size_t i = 0; i < config_keys_n && rc == RC_OK; i++)
		rc = put(l, &config_keys[i], str_c(config_keys[i].value));
	if (rc == RC_OK)
		rc = read_file(l, path ? path : DEFAULT_PATH, path != NULL);
	if (rc == RC_OK)
		rc = read_env(l);
	if (rc == RC_OK)
		rc = check_all(l);
	if (rc != RC_OK) {
		arena_release(&l->arena);
		free(l);
		return rc;
	}
	*ret_ = &l->c;
	return RC_OK;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	struct loader *l = (struct loader *)((char *)c - offsetof(struct loader, c));
	arena_release(&l->arena);
	free(l);
}

void config_doc(FILE *f)
{
	const char *section = "";
	fputs("# qrsvc.ini: every key with its default.  A key may also be given in the\n"
	      "# environment, which wins: base_url of [server] is QRSVC_SERVER_BASE_URL.\n",
		f);
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		if (strcmp(section, k->section) != 0)
			fprintf(f, "\n[%s]\n", section = k->section);
		struct str rest = str_c(k->doc);
		while (rest.p) {
			struct str line = str_cut(&rest, '\n');
			fprintf(f, "# %.*s\n", STR_F(line));
		}
		if (k->type == CONFIG_NUMBER)
			fprintf(f, "# %lld to %lld\n", (long long)k->min, (long long)k->max);
		fprintf(f, "%s =%s%s\n", k->name, k->value[0] ? " " : "", k->value);
	}
}
