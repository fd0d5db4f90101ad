/* addr: an IP address without its port, and prefixes of addresses.
 *
 * IPv4 and IPv6 (an IPv4-mapped IPv6 address is kept as IPv4).  A unix socket has ADDR_LOCAL:
 * whoever reached it is on this machine. */
#ifndef QR_NET_ADDR_H
#define QR_NET_ADDR_H

#include "qrsvc/base/str.h"

struct sockaddr;

enum addr_kind { ADDR_NONE, ADDR_LOCAL, ADDR_IP4, ADDR_IP6 };

struct addr {
	enum addr_kind kind;
	unsigned char b[16]; /* network order; IPv4 uses the first 4, the rest is 0 */
};

struct addr_net {
	struct addr addr;
	unsigned bits; /* 0..32 or 0..128 */
};

#define ADDR_TEXT 46 /* longest text with its NUL */

struct addr addr_from_sockaddr(const struct sockaddr *sa);
/* "192.0.2.1" or "2001:db8::1"; brackets and ports are not taken. */
bool addr_parse(struct str s, struct addr *ret_);
/* "192.0.2.0/24", a single address, or "unix" (ADDR_LOCAL). */
bool addr_net_parse(struct str s, struct addr_net *ret_);
bool addr_in(const struct addr *a, const struct addr_net *net);
bool addr_eq(const struct addr *a, const struct addr *b);
/* The /24 or /56 an address lies in: all that limits and logs may know (security.md 40, 42). */
struct addr addr_prefix(const struct addr *a);
/* Text of an address, "-" for none, "local" for a unix socket. */
const char *addr_text(const struct addr *a, char out[static ADDR_TEXT]);

#endif
