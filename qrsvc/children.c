/* Owns the table of child processes and their control channels.  Called by master.c. */
#include "qrsvc/children.h"

#include "qrsvc/app/hasher_proto.h"
#include "qrsvc/base/log.h"
#include "qrsvc/net/ipc.h"
#include "qrsvc/photo/proto.h"
#include "qrsvc/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void launch(void *arg);

static const char *const kinds[CHILD_KINDS] = {"worker", "jobs", "photod", "hasher"};

static const char *kind_name(const struct child *c)
{
	return kinds[c->kind];
}

static bool is_helper(const struct child *c)
{
	return c->kind == CHILD_PHOTOD || c->kind == CHILD_HASHER;
}

void children_init(struct children *k, struct loop *l, child_args_cb *args_cb,
	void (*ready_cb)(void *arg), void *arg)
{
	*k = (struct children){.loop = l, .args_cb = args_cb, .ready_cb = ready_cb, .arg = arg};
}

static struct child *free_child(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (!k->child[i].used) {
			k->child[i] = (struct child){
				.all = k, .used = true, .slot = -1, .control_fd = -1};
			return &k->child[i];
		}
	return NULL;
}

static void close_control(struct child *c)
{
	if (c->control)
		ipc_free(c->control);
	c->control = NULL;
	c->control_fd = -1;
}

/* ---- slots of the shared mapping --------------------------------------------------------- */

static int take_slot(struct shared *s)
{
	for (int i = 0; i < SHARED_SLOTS; i++)
		if (!atomic_load(&s->slot[i].pid)) {
			memset(&s->slot[i], 0, sizeof s->slot[i]);
			atomic_store(&s->slot[i].beat_ms, loop_now_ms());
			return i;
		}
	return -1;
}

static void free_slot(struct shared *s, int slot)
{
	if (slot >= 0 && s)
		shared_retire(s, slot);
}

/* ---- helpers ----------------------------------------------------------------------------- */

/* A new pair of sockets: one end for the helper, the other for the worker. */
static void join(struct child *helper, struct child *worker)
{
	const struct photo_job photo = {.magic = PHOTO_MAGIC, .say = PHOTO_SAY_JOIN};
	const struct hash_job hash = {.magic = HASH_MAGIC, .say = HASH_SAY_JOIN};
	bool photod = helper->kind == CHILD_PHOTOD;
	char say = photod ? WORKER_PHOTOD : WORKER_HASHER;
	int pair[2];
	if (!helper->control || !worker->control || helper->old != worker->old)
		return;
	if (!ipc_pair(pair)) {
		log_event(LOG_ERROR, "master.no_socket", LOG_C("why", strerror(errno)));
		return;
	}
	if (!ipc_send(helper->control, photod ? (const void *)&photo : &hash,
		    photod ? sizeof photo : sizeof hash, &pair[0], 1) ||
		!ipc_send(worker->control, &say, 1, &pair[1], 1))
		log_event(LOG_ERROR, "master.join", LOG_C("what", kind_name(helper)),
			LOG_I("pid", worker->pid));
	close(pair[0]);
	close(pair[1]);
}

/* c has just been started: it and whoever it works with get their sockets. */
static void join_all(struct child *c)
{
	struct children *k = c->all;
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *o = &k->child[i];
		if (!o->used || o->ending || o->pid <= 0)
			continue;
		if (is_helper(c) && o->kind == CHILD_WORKER)
			join(c, o);
		else if (c->kind == CHILD_WORKER && is_helper(o))
			join(o, c);
	}
}

/* A worker has lost its socket to a helper.  Most often the helper has ended, and its successor
 * comes to everybody; but a socket may break without that. */
static void join_again(struct child *worker, enum child_kind kind)
{
	struct children *k = worker->all;
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *o = &k->child[i];
		if (o->used && !o->ending && o->pid > 0 && o->kind == kind)
			join(o, worker);
	}
}

/* ---- starting ---------------------------------------------------------------------------- */

static bool all_ready(const struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		const struct child *c = &k->child[i];
		if (c->used && c->kind == CHILD_WORKER && !c->old && !c->ready)
			return false;
	}
	return true;
}

static void message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	struct child *c = arg;
	(void)ch;
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]); /* none is expected */
	char say = n == 1 ? *(const char *)data : 0;
	if (c->kind == CHILD_WORKER && (say == WORKER_PHOTOD || say == WORKER_HASHER))
		join_again(c, say == WORKER_PHOTOD ? CHILD_PHOTOD : CHILD_HASHER);
	if (say != WORKER_READY)
		return;
	c->ready = true;
	c->wait = false; /* should it die, its successor must not wait */
	if (!c->old && all_ready(c->all))
		c->all->ready_cb(c->all->arg);
}

static void closed_cb(void *arg, struct ipc *ch)
{
	(void)ch;
	close_control(arg); /* waitpid() tells the rest */
}

static void pause_then_launch(struct child *c)
{
	int ms = 0;
	if (c->failures) {
		ms = CHILD_PAUSE_MIN;
		for (int i = 1; i < c->failures && ms < CHILD_PAUSE_MAX; i++)
			ms *= 2;
	}
	loop_timer_init(&c->timer, c->all->loop, launch, c);
	loop_timer_set(&c->timer, ms < CHILD_PAUSE_MAX ? ms : CHILD_PAUSE_MAX);
}

static void launch(void *arg)
{
	struct child *c = arg;
	struct children *k = c->all;
	struct spawn sp;
	int pair[2] = {-1, -1};
	spawn_init(&sp, c->path);
	if (c->kind == CHILD_WORKER && (c->slot = take_slot(k->shared)) < 0)
		errno = ENOSPC;
	else if (ipc_pair(pair)) {
		k->args_cb(k->arg, c, &sp);
		/* A cache is a heap of some hundred MB that is read at random: by pages of 4 KB
		 * the processor looks up an address more often than a byte. */
		if (c->kind == CHILD_WORKER)
			spawn_env(&sp, "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");
		spawn_fd(&sp, "--control", pair[1]);
		c->pid = spawn_run(&sp);
	}
	spawn_release(&sp);
	if (pair[1] >= 0)
		close(pair[1]);
	c->started_ms = loop_now_ms();
	if (c->pid <= 0) {
		log_event(LOG_ERROR, "master.cannot_start", LOG_C("what", kind_name(c)),
			LOG_C("why", strerror(errno)));
		if (pair[0] >= 0)
			close(pair[0]);
		free_slot(k->shared, c->slot);
		c->pid = 0;
		c->failures++;
		pause_then_launch(c);
		return;
	}
	if (c->slot >= 0)
		atomic_store(&k->shared->slot[c->slot].pid, c->pid);
	c->control_fd = pair[0];
	c->control = ipc_new(k->loop, pair[0], message_cb, closed_cb, c);
	join_all(c);
	log_event(LOG_INFO, "master.started", LOG_C("what", kind_name(c)), LOG_I("pid", c->pid),
		LOG_I("slot", c->slot));
}

void children_start(struct children *k, enum child_kind kind, const char *path, bool wait)
{
	struct child *c = free_child(k);
	if (!c)
		return; /* 64 workers at most: cannot happen */
	c->kind = kind;
	snprintf(k->paths[kind], sizeof k->paths[kind], "%s", path);
	c->path = k->paths[kind];
	c->wait = wait;
	launch(c);
}

/* ---- ending ------------------------------------------------------------------------------ */

static struct child *find(struct children *k, pid_t pid)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (k->child[i].used && k->child[i].pid == pid)
			return &k->child[i];
	return NULL;
}

void children_exited(struct children *k, pid_t pid, int status, bool again)
{
	struct child *c = find(k, pid);
	if (!c)
		return;
	bool young = loop_now_ms() - c->started_ms < CHILD_YOUNG_MS;
	log_event(c->ending ? LOG_INFO : LOG_ERROR, "master.exited",
		LOG_C("what", kind_name(c)), LOG_I("pid", pid),
		LOG_I("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1),
		LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	close_control(c);
	free_slot(k->shared, c->slot);
	c->slot = -1;
	c->pid = 0;
	c->ready = false;
	if (c->ending || c->old || !again) {
		c->used = false;
		return;
	}
	if (k->shared)
		atomic_fetch_add(&k->shared->respawns, 1);
	c->failures = young ? c->failures + 1 : 0;
	/* The first time at once: its requests are lost, those behind them need not be. */
	if (c->failures == 1)
		launch(c);
	else
		pause_then_launch(c);
}

int children_count(const struct children *k)
{
	int n = 0;
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		n += k->child[i].used && k->child[i].pid > 0;
	return n;
}

static void end(struct child *c)
{
	c->ending = true;
	loop_timer_stop(&c->timer);
	if (!c->pid) {
		c->used = false;
		return;
	}
	/* A helper ends by itself when the last worker it works for is gone. */
	if (is_helper(c)) {
		close_control(c);
		return;
	}
	/* SIGTERM reaches it even when its channel is clogged. */
	if (!c->control || !ipc_send(c->control, &(char){WORKER_DRAIN}, 1, NULL, 0) ||
		c->kind != CHILD_WORKER)
		kill(c->pid, SIGTERM);
}

void children_end(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (k->child[i].used)
			end(&k->child[i]);
}

void children_kill(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (k->child[i].used && k->child[i].pid > 0)
			kill(k->child[i].pid, SIGKILL);
}

void children_check(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &k->child[i];
		if (!c->used || c->pid <= 0 || c->slot < 0)
			continue;
		int64_t silent = loop_now_ms() - atomic_load(&k->shared->slot[c->slot].beat_ms);
		if (silent < CHILD_SILENT_MS)
			continue;
		log_event(LOG_ERROR, "master.worker_hangs", LOG_I("pid", c->pid),
			LOG_I("silent_ms", silent));
		kill(c->pid, SIGKILL);
	}
}

void children_release(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (k->child[i].used) {
			loop_timer_stop(&k->child[i].timer);
			close_control(&k->child[i]);
		}
}

/* ---- reload ------------------------------------------------------------------------------ */

void children_save(struct children *k, struct sbuf *out)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &k->child[i];
		if (!c->used || c->pid <= 0)
			continue;
		if (c->control_fd >= 0)
			fcntl(c->control_fd, F_SETFD, 0);
		sbuf_fmt(
			out, " %s=%d:%d:%d", kind_name(c), (int)c->pid, c->control_fd, c->slot);
	}
}

bool children_resume(struct children *k, struct str key, struct str value)
{
	int64_t n[3];
	int kind = 0;
	while (kind < CHILD_KINDS && !str_eq(key, str_c(kinds[kind])))
		kind++;
	if (kind == CHILD_KINDS)
		return false;
	for (int i = 0; i < 3; i++)
		if (!str_i64(str_cut(&value, ':'), &n[i]))
			return false;
	struct child *c = free_child(k);
	if (!c)
		return false;
	c->kind = (enum child_kind)kind;
	c->path = k->paths[kind]; /* should the reload be given up, it may be started again */
	c->pid = (pid_t)n[0];
	c->control_fd = (int)n[1];
	c->slot = (int)n[2];
	c->old = true;
	if (c->control_fd >= 0)
		fcntl(c->control_fd, F_SETFD, FD_CLOEXEC);
	return true;
}

void children_adopt(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &k->child[i];
		if (!c->used || !c->old)
			continue;
		if (c->control_fd >= 0)
			c->control = ipc_new(k->loop, c->control_fd, message_cb, closed_cb, c);
		c->started_ms = loop_now_ms();
		/* A mapping of another layout was not taken over: its slots mean nothing here.
		 */
		if (c->slot >= 0 && atomic_load(&k->shared->slot[c->slot].pid) != c->pid)
			c->slot = -1;
		if (c->kind == CHILD_JOBS)
			end(c); /* one at a time; it holds nothing that another could not take
				   up */
	}
}

bool children_old(const struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (k->child[i].used && k->child[i].old && k->child[i].kind == CHILD_WORKER)
			return true;
	return false;
}

void children_end_old(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++)
		if (k->child[i].used && k->child[i].old && !k->child[i].ending)
			end(&k->child[i]);
}

void children_give_up_new(struct children *k)
{
	for (size_t i = 0; i < CHILDREN_MAX; i++) {
		struct child *c = &k->child[i];
		if (!c->used || c->kind == CHILD_JOBS)
			continue;
		if (c->old)
			c->old = false;
		else
			end(c);
	}
}
