/* Owns a listening descriptor of this process and its rests; decides nothing about who may
 * connect.  Called by http/server.c and the master (listener_open). */
#include "qrsvc/net/listener.h"

#include "qrsvc/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096  /* the kernel cuts it to net.core.somaxconn */
#define LOG_EVERY_S 5 /* security.md 6 */

static void rested_cb(void *arg)
{
	struct listener *li = arg;
	loop_watch_set(&li->watch, LOOP_READ);
}

static void rest(struct listener *li, int why)
{
	li->rests++;
	loop_watch_set(&li->watch, 0);
	loop_timer_set(&li->rest, LISTEN_REST_MS);
	if (log_every(&li->logged, LOG_EVERY_S))
		log_event(LOG_WARNING, "net.accept_rests", LOG_C("error", strerror(why)),
			LOG_I("rests", li->rests));
}

static void accept_cb(void *arg, int fd, int what)
{
	struct listener *li = arg;
	(void)what;
	for (int i = 0; i < LISTEN_BATCH; i++) {
		struct sockaddr_storage ss = {0};
		socklen_t n = sizeof ss;
		int got = accept4(fd, (struct sockaddr *)&ss, &n, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (got >= 0) {
			struct addr peer = addr_from_sockaddr((struct sockaddr *)&ss);
			li->cb(li->arg, got, &peer);
			if (li->fd < 0) /* the callback stopped us */
				return;
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(li, errno);
		/* A connection that died in the queue, or a colleague was faster. */
		if (errno != ECONNABORTED && errno != EINTR && errno != EPROTO)
			return;
	}
}

void listener_start(struct listener *li, struct loop *l, int fd, listener_cb *cb, void *arg)
{
	int on = 1;
	*li = (struct listener){.cb = cb, .arg = arg, .fd = fd};
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	/* Inherited by what is accepted; fails harmlessly on a unix socket. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	loop_watch_init(&li->watch, l, fd, accept_cb, li);
	loop_timer_init(&li->rest, l, rested_cb, li);
	loop_watch_set(&li->watch, LOOP_READ);
}

void listener_take_waiting(struct listener *li)
{
	struct pollfd p = {.fd = li->fd, .events = POLLIN};
	for (int i = 0; i < LISTEN_WAITING / LISTEN_BATCH && li->fd >= 0 && poll(&p, 1, 0) > 0;
		i++)
		accept_cb(li, li->fd, LOOP_READ);
}

void listener_stop(struct listener *li)
{
	if (!li->watch.loop)
		return;
	loop_watch_stop(&li->watch);
	loop_timer_stop(&li->rest);
	close(li->fd);
	li->fd = -1;
}

/* Opening. */
static int open_unix(const char *path, char why[static 200])
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	size_t n = strlen(path);
	if (n == 0 || n >= sizeof un.sun_path) {
		snprintf(why, 200, "unix socket path: 1 to %zu bytes are possible",
			sizeof un.sun_path - 1);
		return -1;
	}
	memcpy(un.sun_path, path, n + 1);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		snprintf(why, 200, "socket: %s", strerror(errno));
		return -1;
	}
	bool alive = connect(fd, (struct sockaddr *)&un, sizeof un) == 0 || errno == EAGAIN;
	struct stat st;
	if (!alive && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path);
	close(fd);
	if (alive) {
		snprintf(why, 200, "%.120s is in use by another process; stop it first", path);
		return -1;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	mode_t was = umask(0117);
	bool ok = fd >= 0 && bind(fd, (struct sockaddr *)&un, sizeof un) == 0 &&
		  listen(fd, BACKLOG) == 0;
	int error = errno;
	umask(was);
	if (ok)
		return fd;
	snprintf(why, 200, "cannot listen on %.120s: %s", path, strerror(error));
	if (fd >= 0)
		close(fd);
	return -1;
}

/* "host:port" or "[v6]:port" into two C strings. */
static bool split_where(const char *where, char host[static 64], char port[static 8])
{
	struct str s = str_c(where), h;
	const char *colon = strrchr(where, ':');
	if (!colon)
		return false;
	h = str_sub(s, 0, (size_t)(colon - where));
	struct str p = str_sub(s, h.n + 1, s.n);
	if (h.n >= 2 && h.p[0] == '[' && h.p[h.n - 1] == ']')
		h = str_sub(h, 1, h.n - 1);
	else if (str_chr(h, ':') >= 0)
		return false;
	uint64_t number;
	if (h.n >= 64 || p.n >= 8 || !str_u64(p, &number) || number > 65535)
		return false;
	memcpy(host, h.p, h.n);
	host[h.n] = 0;
	memcpy(port, p.p, p.n);
	port[p.n] = 0;
	return true;
}

static int open_ip(const struct addrinfo *ai)
{
	if (!ai)
		return -1;
	int on = 1, off = 0;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (ai->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	int error = errno;
	close(fd);
	errno = error;
	return -1;
}

int listener_open(const char *where, char why[static 200])
{
	char host[64], port[8];
	struct addrinfo *ai = NULL;
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	if (strncmp(where, "unix:", 5) == 0)
		return open_unix(where + 5, why);
	if (!split_where(where, host, port) ||
		getaddrinfo(host[0] ? host : NULL, port, &hints, &ai) != 0) {
		snprintf(why, 200,
			"\"%.80s\" is no address: write 127.0.0.1:8080, [::1]:8080 or unix:/path",
			where);
		return -1;
	}
	/* For "all addresses", IPv6 takes both. */
	const struct addrinfo *use = ai;
	for (const struct addrinfo *i = ai; i; i = i->ai_next)
		if (i->ai_family == AF_INET6)
			use = i;
	int fd = open_ip(use);
	if (fd < 0 && use != ai)
		fd = open_ip(ai);
	if (fd < 0)
		snprintf(why, 200, "cannot listen on %.80s: %s%s", where, strerror(errno),
			errno == EADDRINUSE ? "; choose another port or stop what uses it"
					    : "");
	freeaddrinfo(ai);
	return fd;
}

int listener_port(int fd)
{
	struct sockaddr_storage ss = {0};
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	socklen_t n = sizeof ss;
	if (getsockname(fd, (struct sockaddr *)&ss, &n) != 0)
		return 0;
	memcpy(&in, &ss, sizeof in);
	memcpy(&in6, &ss, sizeof in6);
	if (ss.ss_family == AF_INET)
		return ntohs(in.sin_port);
	return ss.ss_family == AF_INET6 ? ntohs(in6.sin6_port) : 0;
}
