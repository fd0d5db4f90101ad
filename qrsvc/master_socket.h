/* master_socket: the listening sockets of the master: opened from the configuration, given by
 * systemd, or taken over from the master this one was executed by. */
#ifndef QR_MASTER_SOCKET_H
#define QR_MASTER_SOCKET_H

#include "qrsvc/base/str.h"
#include "qrsvc/config.h"

/* where begins with '!' for a socket systemd gave us: its address and path are not ours. */
struct master_socket {
	int fd; /* -1: none */
	char where[200];
};

/* Listens there, unless it does so already; an older socket is closed once the new one stands.
 * False: said on standard error. */
bool master_socket_open(struct master_socket *s, const char *where);
/* unlink_path: the path of a unix socket goes too. */
void master_socket_close(struct master_socket *s, bool unlink_path);
/* From "FD@WHERE", as the master before wrote it. */
bool master_socket_resume(struct master_socket *s, struct str value);
/* What systemd handed over (sd_listen_fds(3): descriptors from 3 on, with names); the one named
 * "admin" is that, any other the public one. */
void master_sockets_given(
	const struct config *cfg, struct master_socket *listen, struct master_socket *admin);

#endif
