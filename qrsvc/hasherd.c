/* Owns the hasher process: its clients, whose turn it is, and one child a hash.  Never opens a
 * file or a socket, never logs what it is given.  Started by the master as `qrsvc --hasher`.
 *
 * A child a hash: the memory of a hash goes back to the system with it, a crash costs one
 * login, and the parent is never late for its sockets. */
#include "qrsvc/hasherd.h"

#include "qrsvc/app/hasher_proto.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/base/log.h"
#include "qrsvc/net/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct client {
	int fd; /* -1: free place */
	int n;	/* jobs waiting here */
	struct hash_job job[HASH_WINDOW];
};

struct slot {
	pid_t pid; /* 0: free */
	int say;   /* pipe the child answers on */
	uint64_t id;
	struct client *client; /* NULL: he has left */
};

struct hasherd {
	int control; /* -1: closed */
	int turn;
	char nobody[PASSWORD_HASH_MAX]; /* what unknown accounts are checked against */
	struct password_cost nobody_cost;
	struct slot slot[HASH_SLOTS];
	struct client client[HASH_CLIENTS];
};

/* ---- clients ------------------------------------------------------------------------------
 */

static void client_close(struct hasherd *d, struct client *c)
{
	close(c->fd);
	crypto_wipe(c, sizeof *c);
	c->fd = -1;
	for (int i = 0; i < HASH_SLOTS; i++)
		if (d->slot[i].client == c)
			d->slot[i].client = NULL;
}

static bool client_add(struct hasherd *d, int fd)
{
	for (int i = 0; i < HASH_CLIENTS; i++)
		if (d->client[i].fd < 0) {
			d->client[i] = (struct client){.fd = fd};
			return true;
		}
	return false;
}

static bool job_fits(const struct hash_job *j)
{
	return j->magic == HASH_MAGIC && j->password_n <= PASSWORD_BYTES &&
	       j->hash_n < PASSWORD_HASH_MAX && j->mem_kib >= PASSWORD_KIB_MIN &&
	       j->mem_kib <= PASSWORD_KIB_MAX && j->passes >= 1 && j->passes <= 16 &&
	       (j->say == HASH_SAY_VERIFY || j->say == HASH_SAY_MAKE);
}

static void close_all(const int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		close(fds[i]);
}

static void client_read(struct hasherd *d, struct client *c)
{
	struct hash_job *j = &c->job[c->n];
	int fds[IPC_FDS];
	size_t nfds;
	ssize_t n = ipc_recv_now(c->fd, j, sizeof *j, fds, &nfds);
	if (n < 0 && errno == EAGAIN)
		return;
	close_all(fds, nfds);
	if (n != sizeof *j || nfds || !job_fits(j))
		client_close(d, c);
	else
		c->n++;
}

static void control_read(struct hasherd *d)
{
	struct hash_job j;
	int fds[IPC_FDS];
	size_t nfds;
	ssize_t n = ipc_recv_now(d->control, &j, sizeof j, fds, &nfds);
	if (n < 0 && errno == EAGAIN)
		return;
	bool good =
		n == sizeof j && nfds == 1 && j.magic == HASH_MAGIC && j.say == HASH_SAY_JOIN;
	if (good && client_add(d, fds[0])) {
		fcntl(fds[0], F_SETFL, fcntl(fds[0], F_GETFL) | O_NONBLOCK);
		return;
	}
	close_all(fds, nfds);
	if (n <= 0) {
		close(d->control);
		d->control = -1;
	}
}

/* ---- hashes -------------------------------------------------------------------------------
 */

static void child_limits(void)
{
	struct rlimit cpu = {HASH_CPU_S, HASH_CPU_S};
	setrlimit(RLIMIT_CPU, &cpu);
	signal(SIGTERM, SIG_DFL);
}

/* In the child. */
static void compute(const struct hasherd *d, const struct hash_job *j, struct hash_answer *a)
{
	struct password_cost cost = {j->mem_kib, j->passes};
	struct str password = {j->password, j->password_n}, hash = {j->hash, j->hash_n};
	*a = (struct hash_answer){.magic = HASH_MAGIC, .what = HASH_FAILED, .id = j->id};
	if (j->say == HASH_SAY_MAKE) {
		if (password_hash(password, &cost, a->hash))
			a->what = HASH_MADE;
		return;
	}
	if (!hash.n) {
		password_verify(str_c(d->nobody), password);
		a->what = HASH_WRONG;
		return;
	}
	a->what = password_verify(hash, password) ? HASH_RIGHT : HASH_WRONG;
	if (a->what == HASH_RIGHT && password_is_weak(hash, &cost) &&
		!password_hash(password, &cost, a->hash))
		a->hash[0] = 0; /* another time */
}

/* The hash of a password nobody knows, as expensive as the ones that are made now. */
static void make_nobody(struct hasherd *d, const struct hash_job *j)
{
	char secret[32];
	if (d->nobody[0] && d->nobody_cost.mem_kib == j->mem_kib &&
		d->nobody_cost.passes == j->passes)
		return;
	d->nobody_cost = (struct password_cost){j->mem_kib, j->passes};
	crypto_random(secret, sizeof secret);
	password_hash((struct str){secret, sizeof secret}, &d->nobody_cost, d->nobody);
}

static void answer(struct hasherd *d, struct client *c, const struct hash_answer *a)
{
	/* One that does not take its answer at once no longer reads: it is gone. */
	if (c && !ipc_send_now(c->fd, a, sizeof *a, NULL, 0))
		client_close(d, c);
}

static void start(struct hasherd *d, struct slot *s, struct client *c)
{
	struct hash_job *j = &c->job[0];
	int pipes[2];
	make_nobody(d, j);
	*s = (struct slot){.id = j->id, .client = c};
	if (pipe2(pipes, O_CLOEXEC) == 0) {
		s->pid = fork();
		if (s->pid == 0) {
			struct hash_answer a;
			child_limits();
			compute(d, j, &a);
			_exit(write(pipes[1], &a, sizeof a) == sizeof a ? 0 : 1);
		}
		close(pipes[1]);
		s->say = pipes[0];
		if (s->pid < 0)
			close(pipes[0]);
	}
	if (s->pid <= 0) {
		struct hash_answer a = {HASH_MAGIC, HASH_FAILED, j->id, ""};
		log_event(LOG_ERROR, "hasher.fork", LOG_C("why", strerror(errno)));
		s->pid = 0;
		s->client = NULL;
		answer(d, c, &a);
	}
	if (c->fd < 0)
		return; /* gone meanwhile */
	c->n--;
	memmove(c->job, c->job + 1, (size_t)c->n * sizeof *c->job);
	crypto_wipe(&c->job[c->n], sizeof *c->job);
}

static void finish(struct hasherd *d, struct slot *s)
{
	struct hash_answer a;
	int status = 0;
	bool good = read(s->say, &a, sizeof a) == sizeof a;
	close(s->say);
	waitpid(s->pid, &status, 0);
	if (!good) {
		a = (struct hash_answer){HASH_MAGIC, HASH_FAILED, s->id, ""};
		log_event(LOG_ERROR, "hasher.child",
			LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	}
	s->pid = 0;
	answer(d, s->client, &a);
	s->client = NULL;
}

/* Turns: the next client after the last one that has a job. */
static struct client *next_client(struct hasherd *d)
{
	for (int i = 1; i <= HASH_CLIENTS; i++) {
		int at = (d->turn + i) % HASH_CLIENTS;
		if (d->client[at].fd >= 0 && d->client[at].n > 0) {
			d->turn = at;
			return &d->client[at];
		}
	}
	return NULL;
}

static void start_more(struct hasherd *d)
{
	struct client *c;
	for (int i = 0; i < HASH_SLOTS; i++)
		while (!d->slot[i].pid && (c = next_client(d)) != NULL)
			start(d, &d->slot[i], c);
}

/* ---- the process --------------------------------------------------------------------------
 */

/* One round of waiting.  False: nobody is left. */
static bool serve(struct hasherd *d)
{
	struct pollfd p[1 + HASH_SLOTS + HASH_CLIENTS];
	struct client *of[HASH_CLIENTS];
	const int first = 1 + HASH_SLOTS;
	int n = first;
	p[0] = (struct pollfd){.fd = d->control, .events = POLLIN};
	for (int i = 0; i < HASH_SLOTS; i++)
		p[1 + i] = (struct pollfd){
			.fd = d->slot[i].pid ? d->slot[i].say : -1, .events = POLLIN};
	for (int i = 0; i < HASH_CLIENTS; i++)
		if (d->client[i].fd >= 0) {
			struct client *c = &d->client[i];
			of[n - first] = c;
			p[n++] = (struct pollfd){
				.fd = c->fd, .events = c->n < HASH_WINDOW ? POLLIN : 0};
		}
	if (n == first && d->control < 0)
		return false;
	if (poll(p, (nfds_t)n, -1) < 0)
		return errno == EINTR;
	for (int i = 0; i < HASH_SLOTS; i++)
		if (p[1 + i].revents)
			finish(d, &d->slot[i]);
	for (int i = first; i < n; i++) {
		struct client *c = of[i - first];
		if (c->fd != p[i].fd || !p[i].revents)
			continue;
		if (p[i].revents & POLLIN)
			client_read(d, c);
		else
			client_close(d, c);
	}
	if (p[0].revents)
		control_read(d);
	start_more(d);
	return true;
}

static void ended(int signo)
{
	(void)signo;
	_exit(0);
}

int hasherd_run(int control)
{
	static struct hasherd d;
	struct rlimit none = {0, 0};
	log_role("hasher");
	signal(SIGINT, SIG_IGN); /* of a terminal: the master decides */
	signal(SIGHUP, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGTERM, ended);
	/* Passwords pass through this memory: no core file, no debugger, no new rights. */
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	setrlimit(RLIMIT_CORE, &none);
	fcntl(control, F_SETFL, fcntl(control, F_GETFL) | O_NONBLOCK);
	d.control = control;
	for (int i = 0; i < HASH_CLIENTS; i++)
		d.client[i].fd = -1;
	while (serve(&d))
		;
	return 0;
}
