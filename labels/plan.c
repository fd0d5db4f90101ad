/* Owns what is decided once a batch: whether the base address may be printed, the version and
 * level of the codes, the size of a module.  Never lays out a row.  Called by sheet.c and, for
 * the address alone, by whoever reads a configuration. */
#include "labels/code.h"
#include "labels/layout.h"

struct address {
	bool https;
	struct str host; /* with its port */
	struct str name; /* without */
};

static bool is_host_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '.' || c == '-';
}

static bool split(struct str base, struct address *a)
{
	struct str b = base;
	uint64_t port;

	if (b.n > 0 && b.p[b.n - 1] == '/')
		b.n--;
	if (b.n > 8 && str_ieq(str_sub(b, 0, 8), STR("https://"))) {
		a->https = true;
		b = str_sub(b, 8, b.n);
	} else if (b.n > 7 && str_ieq(str_sub(b, 0, 7), STR("http://"))) {
		a->https = false;
		b = str_sub(b, 7, b.n);
	} else {
		return false;
	}
	a->host = b;
	a->name = str_cut(&b, ':');
	if (b.p != NULL && (!str_u64(b, &port) || port == 0 || port > 65535))
		return false;
	for (size_t i = 0; i < a->name.n; i++)
		if (!is_host_char(a->name.p[i]))
			return false;
	return a->name.n > 0 && a->name.n <= 253 && a->name.p[0] != '.' && a->name.p[0] != '-';
}

/* Four numbers with dots; false for a name. */
static bool is_ipv4(struct str name, uint64_t ip[4])
{
	int n = 0;

	while (name.p != NULL) {
		struct str part = str_cut(&name, '.');

		if (n == 4 || !str_u64(part, &ip[n]) || ip[n] > 255)
			return false;
		n++;
	}
	return n == 4;
}

/* Why a resident's phone could not reach it, or NULL (RFC 1918, 6598, 3927, 6761, 6762, 8375).
 */
static const char *unreachable(struct str name)
{
	static const char *const local[] = {".localhost", ".local", ".lan", ".internal",
		".home", ".home.arpa", ".intranet", ".corp", ".test", ".invalid"};
	uint64_t ip[4];

	if (str_ieq(name, STR("localhost")))
		return "is this machine itself";
	if (is_ipv4(name, ip)) {
		if (ip[0] == 127 || ip[0] == 0)
			return "is this machine itself";
		if (ip[0] == 10 || (ip[0] == 172 && (ip[1] & 0xf0) == 16) ||
			(ip[0] == 192 && ip[1] == 168) || (ip[0] == 169 && ip[1] == 254) ||
			(ip[0] == 100 && (ip[1] & 0xc0) == 64))
			return "is a private address";
		return "is a bare number: a sticker must outlive the machine, use a name";
	}
	if (str_chr(name, '.') < 0)
		return "is a name of the local network only";
	for (size_t i = 0; i < sizeof local / sizeof *local; i++) {
		size_t n = strlen(local[i]);

		if (name.n > n && str_ieq(str_sub(name, name.n - n, name.n), str_c(local[i])))
			return "is a name of the local network only";
	}
	return NULL;
}

static bool known(const struct address *a, const struct str *hosts, size_t nhosts)
{
	for (size_t i = 0; i < nhosts; i++)
		if (str_ieq(hosts[i], a->host) || str_ieq(hosts[i], a->name))
			return true;
	return nhosts == 0;
}

enum rc label_base_check(
	struct str base, bool trial, const struct str *hosts, size_t nhosts, struct err *e)
{
	struct address a;
	struct qr_plan plan;
	const char *why;
	struct err small = {0};

	if (!split(base, &a))
		return err_set(e, RC_INVALID,
			"base address \"%.*s\": https://host is wanted, without a path, a query or "
			"an account",
			(int)(base.n < 80 ? base.n : 80), base.p ? base.p : "");
	why = unreachable(a.name);
	if (why != NULL && !trial)
		return err_set(e, RC_INVALID,
			"base address: %.*s %s (for a try-out: --trial, which is printed on the "
			"sheet)",
			STR_F(a.host), why);
	if (!a.https && !trial)
		return err_set(e, RC_INVALID,
			"base address: http: is not protected against forgers, https: is wanted");
	if (!known(&a, hosts, nhosts))
		return err_set(e, RC_INVALID,
			"base address: %.*s is not one of the configured hosts", STR_F(a.host));
	size_t n = (a.https ? 8 : 7) + a.host.n + 1 + CODE_LEN;

	if (n + 1 > CODE_URL_MAX || qr_plan(n, trial ? 4 : 3, &plan, &small) != RC_OK)
		return err_set(e, RC_TOO_LARGE,
			"base address: %.*s is too long: the address of a code would have %zu "
			"characters, version %d at level M holds %d",
			(int)(a.host.n < 100 ? a.host.n : 100), a.host.p, n, trial ? 4 : 3,
			trial ? 90 : 61);
	return RC_OK;
}

/* Largest whole number of dots a module can have in the box, in nm. */
static int32_t module_nm(int32_t size, int side, unsigned dpi)
{
	int64_t dots = (int64_t)size * dpi / LABEL_UM_PER_INCH / (side + 2 * LABEL_QUIET);

	return (int32_t)(dots * LABEL_UM_PER_INCH * 1000 / dpi);
}

static enum rc pick(struct layout_plan *p, size_t n, bool trial, struct err *e)
{
	const struct tpl_qr *q = &p->tpl->qr;
	int want = q->version ? q->version : 3;
	struct qr_plan small;
	enum rc rc = qr_plan(n, want, &p->qr, NULL);

	if (rc != RC_OK && trial)
		rc = qr_plan(n, 4, &p->qr, NULL);
	else if (rc != RC_OK)
		rc = qr_plan(n, 3, &p->qr, e);
	if (rc != RC_OK)
		return err_set(e, RC_TOO_LARGE,
			"the address of a code (%zu characters) is too long", n);
	p->module = module_nm(q->size, p->qr.side, p->dpi);
	/* Little room: fewer and larger modules are read better than a higher level. */
	if (q->version == 0 && p->module < LABEL_MODULE_WARN * 1000 &&
		qr_plan(n, 2, &small, NULL) == RC_OK) {
		p->qr = small;
		p->module = module_nm(q->size, p->qr.side, p->dpi);
	}
	return RC_OK;
}

enum rc layout_plan(const struct label_options *o, struct layout_plan *ret_, struct err *e)
{
	struct layout_plan *p = ret_;
	struct address a = {0};
	enum rc rc = label_base_check(o->base, o->trial, o->hosts, o->nhosts, e);

	if (rc != RC_OK)
		return rc;
	split(o->base, &a);
	p->tpl = o->tpl;
	p->dpi = o->dpi ? o->dpi : o->tpl->dpi;
	p->fonts = o->fonts;
	snprintf(p->base, sizeof p->base, "%.*s", STR_F(o->base));
	int at = snprintf(p->host, sizeof p->host, "%s", o->trial ? "试用 trial " : "");

	for (size_t i = 0; i < a.host.n && (size_t)at + 1 < sizeof p->host; i++) {
		char c = a.host.p[i];

		p->host[at++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
	}
	p->host[at] = '\0';
	rc = pick(p, (a.https ? 8 : 7) + a.host.n + 1 + CODE_LEN, o->trial, e);
	if (rc != RC_OK)
		return rc;
	if (p->module < LABEL_MODULE_REFUSE * 1000)
		return err_set(e, RC_INVALID,
			"template %s: its code of %d.%d mm would have modules of %d.%02d mm; below "
			"%d.%02d mm many phones cannot read it",
			p->tpl->name, p->tpl->qr.size / 1000, p->tpl->qr.size % 1000 / 100,
			p->module / 1000000, p->module % 1000000 / 10000,
			LABEL_MODULE_REFUSE / 1000, LABEL_MODULE_REFUSE % 1000 / 10);
	int32_t spare = p->tpl->qr.size - (int32_t)((int64_t)p->qr.side * p->module / 1000);

	p->qr_x = p->tpl->qr.x + spare / 2;
	p->qr_y = p->tpl->qr.y + spare / 2;
	return RC_OK;
}
