/* Owns nothing: pure functions over addresses.  Called by the listener, the codec (trusted
 * proxies), limits and the log. */
#include "qrsvc/net/addr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

static struct addr from_ip6(const unsigned char b[16])
{
	struct addr a = {.kind = ADDR_IP6};
	if (memcmp(b, mapped, sizeof mapped) == 0) {
		a.kind = ADDR_IP4;
		memcpy(a.b, b + 12, 4);
	} else {
		memcpy(a.b, b, 16);
	}
	return a;
}

struct addr addr_from_sockaddr(const struct sockaddr *sa)
{
	struct addr a = {.kind = ADDR_NONE};
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		a.kind = ADDR_IP4;
		memcpy(a.b, &in.sin_addr, 4);
	} else if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		a = from_ip6(in6.sin6_addr.s6_addr);
	} else if (sa->sa_family == AF_UNIX) {
		a.kind = ADDR_LOCAL;
	}
	return a;
}

bool addr_parse(struct str s, struct addr *ret_)
{
	char text[ADDR_TEXT];
	unsigned char b[16];
	if (s.n == 0 || s.n >= sizeof text || memchr(s.p, 0, s.n))
		return false;
	memcpy(text, s.p, s.n);
	text[s.n] = 0;
	if (inet_pton(AF_INET, text, b) == 1) {
		*ret_ = (struct addr){.kind = ADDR_IP4};
		memcpy(ret_->b, b, 4);
		return true;
	}
	if (inet_pton(AF_INET6, text, b) != 1)
		return false;
	*ret_ = from_ip6(b);
	return true;
}

bool addr_net_parse(struct str s, struct addr_net *ret_)
{
	struct addr_net net = {0};
	uint64_t bits;
	if (str_eq(s, STR("unix"))) {
		*ret_ = (struct addr_net){.addr.kind = ADDR_LOCAL};
		return true;
	}
	struct str rest = s, ip = str_cut(&rest, '/');
	if (!addr_parse(ip, &net.addr))
		return false;
	unsigned most = net.addr.kind == ADDR_IP4 ? 32 : 128;
	bits = most;
	if (rest.p && (!str_u64(rest, &bits) || bits > most))
		return false;
	net.bits = (unsigned)bits;
	*ret_ = net;
	return true;
}

bool addr_in(const struct addr *a, const struct addr_net *net)
{
	if (a->kind != net->addr.kind || a->kind == ADDR_NONE)
		return false;
	unsigned whole = net->bits / 8, rest = net->bits % 8;
	if (memcmp(a->b, net->addr.b, whole) != 0)
		return false;
	return rest == 0 ||
	       ((a->b[whole] ^ net->addr.b[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

bool addr_eq(const struct addr *a, const struct addr *b)
{
	return a->kind == b->kind && memcmp(a->b, b->b, sizeof a->b) == 0;
}

struct addr addr_prefix(const struct addr *a)
{
	struct addr p = *a;
	if (p.kind == ADDR_IP4)
		p.b[3] = 0;
	else if (p.kind == ADDR_IP6)
		memset(p.b + 7, 0, 9);
	return p;
}

const char *addr_text(const struct addr *a, char out[static ADDR_TEXT])
{
	const char *fixed = a->kind == ADDR_LOCAL ? "local" : "-";
	if (a->kind == ADDR_IP4 || a->kind == ADDR_IP6)
		inet_ntop(a->kind == ADDR_IP4 ? AF_INET : AF_INET6, a->b, out, ADDR_TEXT);
	else
		memcpy(out, fixed, strlen(fixed) + 1);
	return out;
}
