/* children: the processes a master has started: which they are, their pauses, their end.  For
 * master.c. */
#ifndef QRSVC_CHILDREN_H
#define QRSVC_CHILDREN_H

#include "qrsvc/app/shared.h"
#include "qrsvc/base/sbuf.h"
#include "qrsvc/net/loop.h"
#include "qrsvc/spawn.h"

#define CHILDREN_MAX SHARED_SLOTS
#define CHILD_PAUSE_MIN 100 /* ms before a child that died young is started again */
#define CHILD_PAUSE_MAX 10000
#define CHILD_YOUNG_MS 10000  /* dying earlier counts as a failure */
#define CHILD_SILENT_MS 15000 /* a worker whose loop hangs is killed */

/* A helper works for the workers: as soon as both run, each worker gets a socket to it. */
enum child_kind { CHILD_WORKER, CHILD_JOBS, CHILD_PHOTOD, CHILD_HASHER, CHILD_KINDS };

struct ipc;
struct children;

struct child {
	struct children *all;
	enum child_kind kind;
	pid_t pid; /* 0: waits to be started again */
	int slot;  /* of a worker in the shared mapping */
	int control_fd;
	struct ipc *control;
	struct loop_timer timer;
	const char *path;
	int64_t started_ms;
	int failures;
	bool used, ready, wait;
	bool old;    /* of the generation before a reload */
	bool ending; /* was told to end */
};

typedef void child_args_cb(void *arg, struct child *c, struct spawn *sp);

struct children {
	struct loop *loop;
	struct shared *shared;
	child_args_cb *args_cb;	     /* fills in the arguments of one */
	void (*ready_cb)(void *arg); /* all workers of this generation are ready */
	void *arg;
	char paths[CHILD_KINDS][4096];
	struct child child[CHILDREN_MAX];
};

void children_init(struct children *k, struct loop *l, child_args_cb *args_cb,
	void (*ready_cb)(void *arg), void *arg);
void children_release(struct children *k);
void children_start(struct children *k, enum child_kind kind, const char *path, bool wait);
/* waitpid() said so; again: start another one. */
void children_exited(struct children *k, pid_t pid, int status, bool again);
int children_count(const struct children *k); /* running */
/* Tells all to finish and end; no more are started. */
void children_end(struct children *k);
void children_kill(struct children *k);
/* Kills workers whose loop gives no sign of life. */
void children_check(struct children *k);

/* Reload: those of the image before are "old" until new ones are ready. */
void children_save(struct children *k, struct sbuf *out); /* also keeps their channels open */
bool children_resume(struct children *k, struct str key, struct str value);
void children_adopt(struct children *k); /* once the loop and the mapping are there */
bool children_old(const struct children *k);
void children_end_old(struct children *k);
void children_give_up_new(struct children *k);

#endif
