/* Owns the opening and closing of listening sockets.  Never accepts on them: that is the
 * workers' business.  Called by master.c. */
#include "qrsvc/master_socket.h"

#include "qrsvc/net/listener.h"

#include <fcntl.h>
#include <unistd.h>

#define SYSTEMD_FIRST_FD 3 /* sd_listen_fds(3) */

bool master_socket_open(struct master_socket *s, const char *where)
{
	char why[200];
	if (s->fd >= 0 && (s->where[0] == '!' || strcmp(s->where, where) == 0))
		return true;
	int fd = listener_open(where, why);
	if (fd < 0) {
		fprintf(stderr, "qrsvc: %s\n", why);
		return false;
	}
	if (s->fd >= 0)
		close(s->fd);
	s->fd = fd;
	snprintf(s->where, sizeof s->where, "%s", where);
	return true;
}

void master_sockets_given(
	const struct config *cfg, struct master_socket *listen, struct master_socket *admin)
{
	const char *pid = getenv("LISTEN_PID"), *n = getenv("LISTEN_FDS");
	const char *names = getenv("LISTEN_FDNAMES");
	uint64_t their_pid, count;
	struct str rest = str_c(names ? names : "");
	if (!pid || !n || !str_u64(str_c(pid), &their_pid) || their_pid != (uint64_t)getpid() ||
		!str_u64(str_c(n), &count))
		return;
	for (uint64_t i = 0; i < count && i < 8; i++) {
		struct str name = str_cut(&rest, ':');
		bool is_admin = str_eq(name, STR("admin"));
		struct master_socket *s = is_admin ? admin : listen;
		s->fd = SYSTEMD_FIRST_FD + (int)i;
		fcntl(s->fd, F_SETFD, FD_CLOEXEC);
		snprintf(s->where, sizeof s->where, "%s", is_admin ? cfg->admin : cfg->listen);
	}
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
}

void master_socket_close(struct master_socket *s, bool unlink_path)
{
	if (s->fd < 0)
		return;
	close(s->fd);
	s->fd = -1;
	if (unlink_path && strncmp(s->where, "unix:", 5) == 0)
		unlink(s->where + 5);
}

bool master_socket_resume(struct master_socket *s, struct str value)
{
	uint64_t fd;
	struct str number = str_cut(&value, '@');
	if (!str_u64(number, &fd) || !value.p || value.n >= sizeof s->where)
		return false;
	s->fd = (int)fd;
	fcntl(s->fd, F_SETFD, FD_CLOEXEC);
	memcpy(s->where, value.p, value.n);
	s->where[value.n] = 0;
	return true;
}
