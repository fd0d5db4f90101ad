/* doctor_cert: when a certificate ends and for whom it is, read without a TLS library.
 *
 * Takes the first CERTIFICATE of a PEM file (RFC 7468), an X.509 certificate in DER (RFC 5280
 * 4.1): only validity and the DNS names and addresses of subjectAltName are looked at; nothing
 * is verified, since the browser does that. */
#ifndef QR_CLI_DOCTOR_CERT_H
#define QR_CLI_DOCTOR_CERT_H

#include "qrsvc/base/arena.h"
#include "qrsvc/base/err.h"

struct certificate {
	int64_t from_us, until_us;
	struct str
		names; /* the DER of subjectAltName's GeneralNames; STR_NONE: there is none */
};

/* RC_BAD says what is wrong with the text.  Views live in mem. */
enum rc certificate_read(
	struct arena *mem, struct str pem, struct certificate *ret_, struct err *e);
/* It names this host: exactly, or by a wildcard for the leftmost label (RFC 6125 6.4.3);
 * without regard to case. */
bool certificate_names(const struct certificate *c, struct str host);

#endif
