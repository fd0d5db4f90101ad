/* Owns the reading of a certificate for `qrsvc doctor`.  Never trusts a length: every element
 * is cut out of the one around it.  Called by doctor_host.c and its unit test. */
#include "qrsvc/cli/doctor_cert.h"

#include "qrsvc/base/clock.h"

/* X.690 8.1.2: tags of the elements that are looked at. */
enum {
	DER_BITS_CONTEXT_0 = 0xa0, /* [0] version */
	DER_CONTEXT_3 = 0xa3,	   /* [3] extensions */
	DER_SEQUENCE = 0x30,
	DER_OID = 0x06,
	DER_OCTETS = 0x04,
	DER_UTC = 0x17,
	DER_TIME = 0x18,
	DER_DNS = 0x82, /* GeneralName [2] dNSName */
	DER_IP = 0x87,	/* GeneralName [7] iPAddress */
};

/* Cuts the first element off s; its tag, or -1 at the end and for what is no DER. */
static int der_next(struct str *s, struct str *ret_)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t head = 2, n;

	if (s->n < 2)
		return -1;
	n = p[1];
	if (n >= 0x80) { /* long form: how many bytes of length follow */
		size_t more = n & 0x7f;

		if (more == 0 || more > 3 || s->n < 2 + more)
			return -1;
		head += more;
		n = 0;
		for (size_t i = 0; i < more; i++)
			n = n << 8 | p[2 + i];
	}
	if (n > s->n - head)
		return -1;
	*ret_ = str_sub(*s, head, head + n);
	*s = str_sub(*s, head + n, s->n);
	return p[0];
}

/* The next element must have this tag. */
static bool der_take(struct str *s, int tag, struct str *ret_)
{
	return der_next(s, ret_) == tag;
}

static bool two(struct str s, size_t at, int *ret_)
{
	uint64_t v;

	if (at + 2 > s.n || !str_u64(str_sub(s, at, at + 2), &v))
		return false;
	*ret_ = (int)v;
	return true;
}

/* RFC 5280 4.1.2.5: YYMMDDHHMMSSZ (1950 to 2049) or YYYYMMDDHHMMSSZ. */
static bool der_time(struct str *s, int64_t *ret_)
{
	int century, year, part[5];
	struct str v;
	int tag = der_next(s, &v);
	size_t at = tag == DER_TIME ? 2 : 0;

	if ((tag != DER_UTC && tag != DER_TIME) || v.n != at + 13 || v.p[v.n - 1] != 'Z' ||
		!two(v, at, &year))
		return false;
	if (tag == DER_UTC)
		century = year < 50 ? 20 : 19;
	else if (!two(v, 0, &century))
		return false;
	for (size_t i = 0; i < 5; i++)
		if (!two(v, at + 2 + 2 * i, &part[i]))
			return false;
	year += century * 100;
	if (!day_valid(year, part[0], part[1]))
		return false;
	*ret_ = (day_from_civil(year, part[0], part[1]) * INT64_C(86400) + part[2] * 3600 +
			part[3] * 60 + part[4]) *
		US_PER_S;
	return true;
}

/* Base64 of RFC 4648 4, line ends in between; the bytes into mem. */
static bool base64(struct arena *mem, struct str s, struct str *ret_)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *out = arena_raw(mem, s.n + 1);
	uint32_t bits = 0;
	size_t n = 0, have = 0;

	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		ptrdiff_t v = str_chr((struct str){digits, 64}, c);

		if (c == '\n' || c == '\r' || c == '=' || c == ' ')
			continue;
		if (v < 0)
			return false;
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			out[n++] = (char)(bits >> have & 0xff);
		}
	}
	*ret_ = (struct str){out, n};
	return true;
}

/* Looks for subjectAltName (2.5.29.17) among the extensions. */
static void find_names(struct str list, struct str *ret_)
{
	struct str one, id, value;

	while (der_take(&list, DER_SEQUENCE, &one)) {
		if (!der_take(&one, DER_OID, &id) || !str_eq(id, STR("\x55\x1d\x11")))
			continue;
		int tag = der_next(&one, &value); /* BOOLEAN critical, or the value */

		if (tag != DER_OCTETS)
			tag = der_next(&one, &value);
		if (tag == DER_OCTETS && der_take(&value, DER_SEQUENCE, &one))
			*ret_ = one;
		return;
	}
}

enum rc certificate_read(
	struct arena *mem, struct str pem, struct certificate *ret_, struct err *e)
{
	static const struct str begin = {"-----BEGIN CERTIFICATE-----", 27};
	struct certificate c = {.names = STR_NONE};
	struct str der, cert, tbs, skip, list, when;
	ptrdiff_t at = str_find(pem, begin), end;

	if (at < 0)
		return err_set(e, RC_BAD, "no certificate in PEM form");
	pem = str_sub(pem, (size_t)at + begin.n, pem.n);
	end = str_find(pem, STR("-----END CERTIFICATE-----"));
	if (end < 0 || !base64(mem, str_sub(pem, 0, (size_t)end), &der))
		return err_set(e, RC_BAD, "the certificate's text is damaged");
	/* Certificate { tbs { [0] version, serial, algorithm, issuer, validity, ... } ... } */
	bool good = der_take(&der, DER_SEQUENCE, &cert) &&
		    der_take(&cert, DER_SEQUENCE, &tbs) &&
		    der_take(&tbs, DER_BITS_CONTEXT_0, &skip);

	for (int i = 0; good && i < 3; i++)
		good = der_next(&tbs, &skip) >= 0;
	if (!good || !der_take(&tbs, DER_SEQUENCE, &when) || !der_time(&when, &c.from_us) ||
		!der_time(&when, &c.until_us))
		return err_set(e, RC_BAD, "not an X.509 certificate of version 3");
	for (int tag; (tag = der_next(&tbs, &skip)) >= 0;)
		if (tag == DER_CONTEXT_3 && der_take(&skip, DER_SEQUENCE, &list))
			find_names(list, &c.names);
	*ret_ = c;
	return RC_OK;
}

/* One dotted number of an address, into b[0..3]. */
static bool ip4(struct str host, unsigned char b[4])
{
	for (int i = 0; i < 4; i++) {
		uint64_t v;

		if (!str_u64(str_cut(&host, '.'), &v) || v > 255)
			return false;
		b[i] = (unsigned char)v;
	}
	return host.p == NULL;
}

bool certificate_names(const struct certificate *c, struct str host)
{
	struct str rest = c->names, name;
	unsigned char address[4];
	bool is_ip = ip4(host, address);

	for (int tag; rest.p && (tag = der_next(&rest, &name)) >= 0;) {
		if (tag == DER_IP && is_ip &&
			str_eq(name, (struct str){(const char *)address, sizeof address}))
			return true;
		if (tag != DER_DNS || is_ip)
			continue;
		if (str_ieq(name, host))
			return true;
		ptrdiff_t dot = str_chr(host, '.');

		if (str_starts(name, STR("*.")) && dot > 0 &&
			str_ieq(str_sub(name, 1, name.n), str_sub(host, (size_t)dot, host.n)))
			return true;
	}
	return false;
}
