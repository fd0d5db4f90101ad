/* Owns what counts as an address of the internet: webhooks go to no other (OWASP: server-side
 * request forgery).  Looked at when the socket is made, after the name was resolved, so that no
 * name that changes its mind gets by.  Pure.  Called by hook.c. */
#include "qrsvc/jobs/send.h"

#include <string.h>

/* IANA IPv4 Special-Purpose Address Registry: what is not globally reachable; and multicast. */
static bool v4_public(uint32_t a)
{
	static const struct {
		uint32_t net;
		int bits;
	} shut[] = {{0x00000000, 8}, {0x0a000000, 8}, {0x64400000, 10}, {0x7f000000, 8},
		{0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24},
		{0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24},
		{0xcb007100, 24}, {0xe0000000, 3}};
	for (size_t i = 0; i < sizeof shut / sizeof shut[0]; i++)
		if ((a ^ shut[i].net) >> (32 - shut[i].bits) == 0)
			return false;
	return true;
}

/* Global unicast alone (RFC 4291 2.4: 2000::/3), without what hides another address or is for
 * protocols and documents: 2001::/23, 2001:db8::/32, 2002::/16, 3fff::/20. */
static bool v6_public(const unsigned char b[16])
{
	if ((b[0] & 0xe0) != 0x20)
		return false;
	if (b[0] == 0x20 && b[1] == 0x01 && (b[2] < 2 || (b[2] == 0x0d && b[3] == 0xb8)))
		return false;
	if (b[0] == 0x20 && b[1] == 0x02)
		return false;
	return !(b[0] == 0x3f && b[1] == 0xff && b[2] < 0x10);
}

bool egress_public(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		return v4_public(ntohl(in.sin_addr.s_addr));
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		return v6_public(in6.sin6_addr.s6_addr);
	}
	return false;
}
