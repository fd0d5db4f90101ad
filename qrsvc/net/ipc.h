/* ipc: messages between our own processes, over a SOCK_SEQPACKET pair, with descriptors.
 *
 * One message = one packet: it arrives whole or not at all.  The peer is one of our processes
 * but may have been taken over (photod): whoever receives checks what it got; a packet longer
 * than IPC_MAX, or with descriptors that did not fit, ends the channel. */
#ifndef QR_NET_IPC_H
#define QR_NET_IPC_H

#include "qrsvc/net/loop.h"

#include <sys/types.h>

#define IPC_MAX 65536u /* bytes in a message */
#define IPC_FDS 4u     /* descriptors in a message */
#define IPC_QUEUE 256u /* messages waiting to be sent */

struct ipc;
/* The callback owns the descriptors; the bytes are valid during the call.  It may free the
 * channel. */
typedef void ipc_message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds);
/* The peer is gone or broke the rules; nothing more will come.  Free the channel. */
typedef void ipc_closed_cb(void *arg, struct ipc *ch);

/* Both ends close-on-exec. */
bool ipc_pair(int ret_[2]);
/* Takes over fd. */
struct ipc *ipc_new(struct loop *l, int fd, ipc_message_cb *message_cb,
	ipc_closed_cb *closed_cb, void *arg) __attribute__((returns_nonnull));
void ipc_free(struct ipc *ch);
/* Sends or queues; the descriptors stay the caller's (they are duplicated if it must wait).
 * False: the queue is full or the channel is closed; nothing was sent. */
bool ipc_send(struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds);
/* Messages still waiting. */
size_t ipc_waiting(const struct ipc *ch);

/* For processes without a loop: one packet, blocking if fd blocks.  false / -1 with errno. */
bool ipc_send_now(int fd, const void *data, size_t n, const int *fds, size_t nfds);
/* Bytes received, 0 at the end, -1 on error (EMSGSIZE: too long).  fds: room for IPC_FDS. */
ssize_t ipc_recv_now(int fd, void *data, size_t cap, int *fds, size_t *ret_nfds);

#endif
