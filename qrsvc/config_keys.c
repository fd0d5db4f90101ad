/* Owns the table of configuration keys: the only place that knows a key's default, range and
 * text.  Read by config.c. */
#include "qrsvc/config_keys.h"

#include "qrsvc/base/limits.h"

#define AT(field) offsetof(struct config, field)
#define G (INT64_C(1) << 30)

const struct config_key config_keys[] = {
	{"server", "listen", CONFIG_TEXT, AT(listen), "127.0.0.1:8080", 1, 1000,
		"Where pages are served: ADDRESS:PORT, [V6ADDRESS]:PORT or unix:PATH.\n"
		"TLS is the business of a front such as nginx."},
	{"server", "admin", CONFIG_TEXT, AT(admin), "127.0.0.1:8081", 0, 1000,
		"Health and metrics (/healthz, /readyz, /metrics); never give it to the outside.\n"
		"Same forms as listen; empty: none."},
	{"server", "workers", CONFIG_NUMBER, AT(workers), "2", 1, 64,
		"Processes that answer requests; one per core."},
	{"server", "base_url", CONFIG_TEXT, AT(base_url), "https://qr.example.gov.cn", 8, 1000,
		"What the labels carry in front of their code: scheme and host, no path."},
	{"server", "hosts", CONFIG_TEXT, AT(hosts), "", 0, 1000,
		"More names the service answers to, separated by commas; the host of base_url\n"
		"always counts.  A request for any other name is refused (421)."},
	{"server", "trusted_proxy", CONFIG_TEXT, AT(trusted_proxy), "", 0, 1000,
		"Addresses of the front whose X-Forwarded-For is believed, separated by commas\n"
		"(\"unix\" for a front on a unix socket); limits then count that address."},
	{"server", "timezone", CONFIG_TEXT, AT(timezone), "Asia/Shanghai", 1, 60,
		"Dates on pages, and when a day begins."},
	{"server", "language", CONFIG_TEXT, AT(language), "zh-CN", 2, 10,
		"zh-CN or en: for readers whose browser asks for neither."},
	{"server", "clock", CONFIG_TEXT, AT(clock), "", 0, 40,
		"Tests and demonstrations only: the time it is at start, such as\n"
		"2026-11-22T08:00:00+08:00; empty: the real time."},
	{"server", "photod", CONFIG_TEXT, AT(photod), "", 0, 1000,
		"The photo process; empty: qrsvc-photod beside this program."},
	{"server", "state", CONFIG_TEXT, AT(state), "", 0, 1000,
		"Folder for the photo cache and spooled uploads; must exist and be writable.\n"
		"Everything in it can be deleted at any time.  Empty: the systemd cache\n"
		"directory if there is one, else no files are kept."},
	{"server", "access_log", CONFIG_SWITCH, AT(access_log), "on", 0, 0,
		"One line for each request, without addresses (their /24 or /56 only)."},
	{"server", "connections", CONFIG_NUMBER, AT(connections), "4096", 16, 100000,
		"Most open connections of one worker."},
	{"server", "connections_per_address", CONFIG_NUMBER, AT(connections_per_address), "128",
		0, 100000,
		"Most open connections of one address on one worker; 0: no limit (a front's own\n"
		"address is never limited)."},
	{"server", "idle_ms", CONFIG_NUMBER, AT(idle_ms), "5000", 100, 600000,
		"How long an idle connection is kept, in milliseconds."},

	{"database", "dsn", CONFIG_TEXT, AT(dsn), "host=/var/run/postgresql dbname=qrsvc", 1,
		190,
		"PostgreSQL as libpq connection words, without user and password: each kind of\n"
		"work logs in with its own role (qr_ro, qr_rw, qr_slow, qr_listen).  host is a\n"
		"socket folder, or use hostaddr=: names are not looked up.  Several hosts:\n"
		"reads prefer a standby, writes go to the primary.  Passwords: PGPASSFILE."},
	{"database", "ro_connections", CONFIG_NUMBER, AT(ro_connections), "2", 1, 16,
		"Connections of one worker for pages."},
	{"database", "rw_connections", CONFIG_NUMBER, AT(rw_connections), "1", 1, 16,
		"... for writes."},
	{"database", "slow_connections", CONFIG_NUMBER, AT(slow_connections), "1", 1, 16,
		"... for photos and exports."},
	{"database", "read_ms", CONFIG_NUMBER, AT(read_ms), "2000", 50, 60000,
		"How long a page waits for the database before it is answered without, in\n"
		"milliseconds."},
	{"database", "write_ms", CONFIG_NUMBER, AT(write_ms), "5000", 50, 60000,
		"... a write."},
	{"database", "slow_ms", CONFIG_NUMBER, AT(slow_ms), "10000", 50, 600000,
		"... a photo or an export."},

	{"cache", "bytes", CONFIG_SIZE, AT(cache_bytes), "64M", MIB, 64 * G,
		"Memory of one worker for pages (about 20 KB a page with its documents)."},
	{"cache", "photo_bytes", CONFIG_SIZE, AT(photo_bytes), "1G", MIB, 1024 * G,
		"Disk space for photos below state."},

	{"limits", "page", CONFIG_RATE, AT(rate_page), "6000,2000", 0, 10000000,
		"Requests a minute and at once (burst), from one /24 (IPv4) or /56 (IPv6) on\n"
		"this host; 0: no limit.  Many phones share one address of their carrier."},
	{"limits", "photo", CONFIG_RATE, AT(rate_photo), "12000,4000", 0, 10000000, "Photos."},
	{"limits", "static", CONFIG_RATE, AT(rate_static), "6000,2000", 0, 10000000,
		"robots.txt and the like."},
	{"limits", "form", CONFIG_RATE, AT(rate_form), "60,20", 0, 10000000, "Public forms."},
	{"limits", "staff", CONFIG_RATE, AT(rate_staff), "1200,400", 0, 10000000,
		"Pages behind a login."},

	{"site", "name", CONFIG_TEXT, AT(name), "设施维护公开", 1, 120,
		"Name of the service on its pages."},
	{"site", "name_en", CONFIG_TEXT, AT(name_en), "Facility maintenance, made public", 1,
		120, "The same in English."},
	{"site", "hotline", CONFIG_TEXT, AT(hotline), "12345", 0, 40,
		"Telephone number for complaints."},
	{"site", "contact", CONFIG_TEXT, AT(contact), "", 0, 1000,
		"Who runs the service, for the statements on accessibility and privacy."},
	{"site", "security_contact", CONFIG_TEXT, AT(security_contact), "", 0, 1000,
		"For security.txt (RFC 9116): mailto:, https: or tel: address; empty: the page\n"
		"is not served."},
	{"site", "map_url", CONFIG_TEXT, AT(map_url), "", 0, 1000,
		"Address of a map, for links from places; empty: no links."},

	{"staff", "hash_mem", CONFIG_SIZE, AT(hash_mem), "64M", 19456 * (int64_t)KIB, G,
		"Memory of one password hash (argon2id); 64M with 2 passes takes about 0.2 s of\n"
		"one core.  Old hashes are renewed when their owner logs in.  Two are made at\n"
		"once, so this much memory is used twice."},
	{"staff", "hash_passes", CONFIG_NUMBER, AT(hash_passes), "2", 2, 16, "... its passes."},

	{"labels", "fonts", CONFIG_TEXT, AT(fonts), "", 0, 1000,
		"Folder of fonts that labels may use beside the system's."},
	{"labels", "trial", CONFIG_SWITCH, AT(trial), "off", 0, 0,
		"Sheets may carry an address that residents cannot reach, and say \"trial\"."},

	{"chain", "key", CONFIG_TEXT, AT(chain_key), "", 0, 1000,
		"File of the key that signs the heads of the chain (`qrsvc keygen`), readable to\n"
		"nobody but the service.  Empty: this host signs none.  Several hosts share one."},

	{"tickets", "contact_key", CONFIG_TEXT, AT(contact_key), "", 0, 1000,
		"File of the key that seals the telephone numbers of residents who want to be\n"
		"called back (`qrsvc keygen --contact`), readable to nobody but the service.\n"
		"Empty: no number is asked for.  Several hosts share one; who loses it cannot\n"
		"read numbers that are stored."},

	{"outbox", "smtp", CONFIG_TEXT, AT(smtp), "", 0, 300,
		"Relay for mail: smtp://HOST[:PORT] or smtps://HOST[:PORT]; empty: no mail is sent."},
	{"outbox", "smtp_tls", CONFIG_SWITCH, AT(smtp_tls), "on", 0, 0,
		"smtp: must begin TLS (STARTTLS) and show a certificate that holds; off: for a relay\n"
		"on this host."},
	{"outbox", "smtp_user", CONFIG_TEXT, AT(smtp_user), "", 0, 200,
		"Account at the relay; empty: none is needed."},
	{"outbox", "smtp_password", CONFIG_TEXT, AT(smtp_password), "", 0, 1000,
		"File with its password in one line, readable to nobody but the service."},
	{"outbox", "mail_from", CONFIG_TEXT, AT(mail_from), "", 0, 250,
		"Sender of mail: an address, nothing else."},
	{"outbox", "timeout_ms", CONFIG_NUMBER, AT(outbox_timeout_ms), "15000", 500, 60000,
		"How long one message may take, in milliseconds."},
	{"outbox", "tries", CONFIG_NUMBER, AT(outbox_tries), "10", 1, 50,
		"After so many it is a dead letter, until somebody sends it again."},
	{"outbox", "allow_private", CONFIG_SWITCH, AT(outbox_private), "off", 0, 0,
		"Webhooks may go to addresses inside (loopback, private networks) and over http:\n"
		"tests only.  Who administers an office could aim them at other services."},

	{"operate", "certificate", CONFIG_TEXT, AT(certificate), "", 0, 1000,
		"What `qrsvc doctor` should watch.  PEM file of the certificate the front serves;\n"
		"only read, and only by that command."},
	{"operate", "domain_until", CONFIG_TEXT, AT(domain_until), "", 0, 10,
		"Day until which the domain on the stickers is paid for, such as 2027-03-01.  A\n"
		"domain that is lost takes every sticker with it."},
	{"operate", "backup_state", CONFIG_TEXT, AT(backup_state), "", 0, 1000,
		"File in which the backup says when it was last done (deploy/backup, its STATE)."},
	{"operate", "without_standby", CONFIG_TEXT, AT(without_standby), "", 0, 10,
		"What the primary does with no standby left, as you chose in Patroni: go-on\n"
		"(synchronous_mode) or stop (synchronous_mode_strict: writes wait).  Changes\n"
		"nothing; the doctor shows it, and says when it does not hold.  Empty: not said,\n"
		"and no standby is expected unless [database] dsn names several hosts."},
};
const size_t config_keys_n = sizeof config_keys / sizeof config_keys[0];
