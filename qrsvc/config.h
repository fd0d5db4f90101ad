/* config: what the operator may decide, read once at start.
 *
 * One INI file (default /etc/qrsvc/qrsvc.ini if it exists, else --config FILE or QRSVC_CONFIG)
 * and the environment, which wins: [server] base_url is QRSVC_SERVER_BASE_URL.  Every key is a
 * row of one table in config.c with its type, default, range and text; `qrsvc config-doc`
 * prints that table as a documented file, `qrsvc check-config` checks one.  A key that is not
 * in the table, twice in the file, out of range or malformed is refused with FILE:LINE and what
 * would be right. */
#ifndef QRSVC_CONFIG_H
#define QRSVC_CONFIG_H

#include "qrsvc/base/err.h"
#include "qrsvc/base/str.h"

#include <stdio.h>

#define CONFIG_LIST 16 /* most values of a list */

struct config_rate {
	int64_t per_minute; /* 0: no limit */
	int64_t burst;
};

struct config {
	const char *path; /* "" when there is no file */

	/* [server] */
	const char *listen; /* "ADDRESS:PORT", "[v6]:PORT" or "unix:PATH" */
	const char *admin;  /* likewise; "" = none */
	int64_t workers;
	const char *base_url;
	const char *hosts; /* comma-separated, beside the one of base_url */
	const char *trusted_proxy;
	const char *timezone;
	const char *language;
	const char *clock; /* RFC 3339 or "" */
	const char *photod;
	const char *state;
	bool access_log;
	int64_t connections, connections_per_address;
	int64_t idle_ms;

	/* [database] */
	const char *dsn;
	int64_t ro_connections, rw_connections, slow_connections;
	int64_t read_ms, write_ms, slow_ms;

	/* [cache] */
	int64_t cache_bytes, photo_bytes;

	/* [limits] per address prefix */
	struct config_rate rate_page, rate_photo, rate_static, rate_form, rate_staff;

	/* [site] */
	const char *name, *name_en, *hotline, *contact, *security_contact, *map_url;

	/* [staff] */
	int64_t hash_mem, hash_passes; /* of passwords: bytes, passes */

	/* [labels] */
	const char *fonts;
	bool trial;

	/* [chain] */
	const char *chain_key; /* file of the signing key; "" = heads are not signed here */

	/* [tickets] */
	const char *contact_key; /* file; "": residents are not asked for a number */

	/* [operate]: read by `qrsvc doctor` only; "" = not said */
	const char *certificate;     /* PEM file of the front */
	const char *domain_until;    /* 2027-03-01 */
	const char *backup_state;    /* file deploy/backup writes */
	const char *without_standby; /* "go-on" or "stop" */

	/* [outbox] webhooks and mail */
	bool outbox_private, smtp_tls;
	int64_t outbox_timeout_ms, outbox_tries;
	const char *smtp, *smtp_user, *smtp_password, *mail_from; /* smtp "": no mail */

	/* Made from the above. */
	const char *host;		    /* of base_url */
	const char *host_list[CONFIG_LIST]; /* lower case, base_url's first */
	size_t host_n;
	const char *proxy_list[CONFIG_LIST];
	size_t proxy_n;
	bool https; /* base_url */
};

/* path NULL: the default rules above.  RC_INVALID with one line in e->detail. */
enum rc config_load(const char *path, struct config **ret_, struct err *e);
void config_free(struct config *c);
/* The documented default file. */
void config_doc(FILE *f);

#endif
