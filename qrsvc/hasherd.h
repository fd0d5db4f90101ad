/* hasherd: the process that makes and checks password hashes (app/hasher_proto.h). */
#ifndef QRSVC_HASHERD_H
#define QRSVC_HASHERD_H

/* Exit status.  control: SOCK_SEQPACKET socket to the master. */
int hasherd_run(int control);

#endif
