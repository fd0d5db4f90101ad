/* Owns the passwords of one worker that wait for the hasher process.  Never hashes, never
 * blocks, never calls back inside a call.  Called by the pages that log in or set a password.
 */
#include "qrsvc/app/hasher.h"

#include "qrsvc/app/hasher_proto.h"
#include "qrsvc/base/arena.h"
#include "qrsvc/base/crypto.h"
#include "qrsvc/net/ipc.h"

#include <unistd.h>

enum where { WAITING, SENT, FINISHED };

struct hasher_ticket {
	struct hasher_ticket *next, **prev;
	struct hasher *hasher;
	enum where where;
	hasher_done_cb *cb; /* NULL: forgotten, or told that it was too late */
	void *arg;
	struct loop_timer timer;
	struct loop_post post;
	enum rc rc;
	struct hash_job job;
	struct hash_answer answer;
};

struct hasher {
	struct loop *loop;
	struct ipc *ipc; /* NULL: no hasher */
	struct password_cost cost;
	struct hasher_ticket *first, **last;
	size_t waiting, sent; /* all not yet FINISHED; those SENT */
	uint64_t id;
};

static void link_last(struct hasher *h, struct hasher_ticket *t)
{
	t->next = NULL;
	t->prev = h->last;
	*h->last = t;
	h->last = &t->next;
}

static void ticket_free(struct hasher_ticket *t)
{
	struct hasher *h = t->hasher;
	*t->prev = t->next;
	if (t->next)
		t->next->prev = t->prev;
	else
		h->last = t->prev;
	loop_timer_stop(&t->timer);
	loop_post_cancel(&t->post);
	crypto_wipe(&t->job, sizeof t->job);
	free(t);
}

static void done_cb(void *arg)
{
	struct hasher_ticket *t = arg;
	hasher_done_cb *cb = t->cb;
	struct str hash = str_c(t->answer.hash);
	t->cb = NULL;
	if (cb)
		cb(t->arg, t->rc, t->rc == RC_OK && hash.n ? hash : STR_NONE);
	ticket_free(t);
}

/* It will be called back from the loop; its place in the list is no place in the queue any
 * more. */
static void finish(struct hasher_ticket *t, enum rc rc)
{
	struct hasher *h = t->hasher;
	h->waiting--;
	h->sent -= t->where == SENT;
	t->where = FINISHED;
	t->rc = rc;
	loop_timer_stop(&t->timer);
	loop_post(h->loop, &t->post, done_cb, t);
}

static void lost(struct hasher *h)
{
	ipc_free(h->ipc);
	h->ipc = NULL;
	for (struct hasher_ticket *t = h->first; t; t = t->next)
		if (t->where != FINISHED)
			finish(t, RC_UNAVAILABLE);
}

static void send_more(struct hasher *h)
{
	for (struct hasher_ticket *t = h->first; t && h->ipc && h->sent < HASH_WINDOW;
		t = t->next) {
		if (t->where != WAITING)
			continue;
		if (!ipc_send(h->ipc, &t->job, sizeof t->job, NULL, 0)) {
			lost(h);
			return;
		}
		crypto_wipe(t->job.password, sizeof t->job.password);
		t->where = SENT;
		h->sent++;
	}
}

static enum rc rc_of(const struct hash_answer *a)
{
	switch (a->what) {
	case HASH_WRONG:
		return RC_AUTH;
	case HASH_RIGHT:
	case HASH_MADE:
		return RC_OK;
	default:
		return RC_INTERNAL;
	}
}

static void message_cb(
	void *arg, struct ipc *ch, const void *data, size_t n, const int *fds, size_t nfds)
{
	struct hasher *h = arg;
	const struct hash_answer *a = data;
	(void)ch;
	for (size_t i = 0; i < nfds; i++)
		close(fds[i]);
	struct hasher_ticket *t = h->first;
	while (n == sizeof *a && t && (t->where != SENT || t->job.id != a->id))
		t = t->next;
	if (n != sizeof *a || a->magic != HASH_MAGIC || !t || a->hash[sizeof a->hash - 1]) {
		lost(h);
		return;
	}
	t->answer = *a;
	finish(t, rc_of(a));
	send_more(h);
}

static void closed_cb(void *arg, struct ipc *ch)
{
	(void)ch;
	lost(arg);
}

/* One that was sent stays in its place until it is answered: the hasher is busy with it. */
static void late_cb(void *arg)
{
	struct hasher_ticket *t = arg;
	hasher_done_cb *cb = t->cb;
	if (t->where == WAITING) {
		finish(t, RC_TIMEOUT);
		return;
	}
	t->cb = NULL;
	if (cb)
		cb(t->arg, RC_TIMEOUT, STR_NONE);
}

static struct hasher_ticket *submit(struct hasher *h, uint32_t say, struct str hash,
	struct str password, int deadline_ms, hasher_done_cb *cb, void *arg)
{
	struct hasher_ticket *t = xcalloc(1, sizeof *t);
	bool fits = password.n <= PASSWORD_BYTES && hash.n < PASSWORD_HASH_MAX;
	t->hasher = h;
	t->cb = cb;
	t->arg = arg;
	t->job = (struct hash_job){.magic = HASH_MAGIC,
		.say = say,
		.id = ++h->id,
		.mem_kib = h->cost.mem_kib,
		.passes = h->cost.passes};
	loop_timer_init(&t->timer, h->loop, late_cb, t);
	link_last(h, t);
	h->waiting++;
	if (!h->ipc || !fits || h->waiting > HASHER_QUEUE) {
		finish(t, !fits	   ? (say == HASH_SAY_VERIFY ? RC_AUTH : RC_INTERNAL)
			  : h->ipc ? RC_BUSY
				   : RC_UNAVAILABLE);
		return t;
	}
	t->job.password_n = (uint32_t)password.n;
	t->job.hash_n = (uint32_t)hash.n;
	memcpy(t->job.password, password.p ? password.p : "", password.n);
	memcpy(t->job.hash, hash.p ? hash.p : "", hash.n);
	loop_timer_set(&t->timer, deadline_ms);
	send_more(h);
	return t;
}

struct hasher_ticket *hasher_verify(struct hasher *h, struct str hash, struct str password,
	int deadline_ms, hasher_done_cb *cb, void *arg)
{
	return submit(h, HASH_SAY_VERIFY, hash, password, deadline_ms, cb, arg);
}

struct hasher_ticket *hasher_make(
	struct hasher *h, struct str password, int deadline_ms, hasher_done_cb *cb, void *arg)
{
	return submit(h, HASH_SAY_MAKE, STR_NONE, password, deadline_ms, cb, arg);
}

void hasher_forget(struct hasher_ticket *t)
{
	if (!t)
		return;
	t->cb = NULL;
	if (t->where == WAITING)
		finish(t, RC_TIMEOUT);
}

struct hasher *hasher_new(struct loop *l, const struct password_cost *cost)
{
	struct hasher *h = xcalloc(1, sizeof *h);
	h->loop = l;
	h->cost = *cost;
	h->last = &h->first;
	return h;
}

void hasher_attach(struct hasher *h, int fd)
{
	lost(h);
	if (fd >= 0)
		h->ipc = ipc_new(h->loop, fd, message_cb, closed_cb, h);
}

bool hasher_linked(const struct hasher *h)
{
	return h->ipc != NULL;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	ipc_free(h->ipc);
	for (struct hasher_ticket *t = h->first, *next; t; t = next) {
		next = t->next;
		ticket_free(t);
	}
	free(h);
}

bool hasher_up(const struct hasher *h)
{
	return h->ipc != NULL;
}
