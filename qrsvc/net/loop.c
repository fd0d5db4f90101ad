/* Owns the event base of the process and the wheel of coarse deadlines; never reads or writes a
 * descriptor of others.  The only file that includes libevent. */
#include "qrsvc/net/loop.h"

#include "qrsvc/base/arena.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#define WHEEL 512 /* slots of LOOP_TICK_MS: 51 s; what is later is looked at once a turn */
#define SIGNALS 8

struct loop_sig {
	int signo;
	loop_cb *cb;
	void *arg;
	struct event ev;
};

struct loop {
	struct event_base *base;
	struct event tick, post;
	struct loop_deadline *wheel[WHEEL];
	int64_t ticked; /* last tick that was looked at, in LOOP_TICK_MS */
	size_t linked;	/* deadlines in the wheel */
	bool ticking, posted;
	struct loop_post *posts, **posts_end;
	struct loop_sig sig[SIGNALS];
};

_Static_assert(sizeof(struct event) <= sizeof((struct loop_timer *)0)->ev, "room for an event");

int64_t loop_now_ms(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct timeval tv_ms(int64_t ms)
{
	if (ms < 0)
		ms = 0;
	return (struct timeval){ms / 1000, (suseconds_t)(ms % 1000) * 1000};
}

/* libevent warns on its own when epoll misbehaves; the log is ours, and bounded. */
static void quiet_cb(int severity, const char *msg)
{
	(void)severity;
	(void)msg;
}

static void tick_cb(evutil_socket_t fd, short what, void *arg);
static void posts_cb(evutil_socket_t fd, short what, void *arg);

struct loop *loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof *l);
	event_set_log_callback(quiet_cb);
	struct event_config *config = event_config_new();
	if (!config)
		abort();
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	l->base = event_base_new_with_config(config);
	event_config_free(config);
	if (!l->base)
		abort();
	event_assign(&l->tick, l->base, -1, EV_PERSIST, tick_cb, l);
	event_assign(&l->post, l->base, -1, 0, posts_cb, l);
	l->posts_end = &l->posts;
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < SIGNALS; i++)
		if (l->sig[i].cb)
			event_del(&l->sig[i].ev);
	event_del(&l->tick);
	event_del(&l->post);
	event_base_free(l->base);
	free(l);
}

void loop_run(struct loop *l)
{
	event_base_dispatch(l->base);
}

void loop_stop(struct loop *l)
{
	event_base_loopbreak(l->base);
}

static void once_cb(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

void loop_once(struct loop *l, int max_ms)
{
	struct timeval tv = tv_ms(max_ms);
	struct event ev;
	event_assign(&ev, l->base, -1, 0, once_cb, NULL);
	event_add(&ev, &tv);
	event_base_loop(l->base, EVLOOP_ONCE);
	event_del(&ev);
}

/* Descriptors.  Reading and writing are two events, so that turning one on or off is one
 * epoll_ctl(MOD). */
static struct event *half(struct loop_watch *w, int i)
{
	return (struct event *)(void *)w->ev[i];
}

static void readable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *w = arg;
	(void)what;
	w->cb(w->arg, fd, LOOP_READ);
}

static void writable_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_watch *w = arg;
	(void)what;
	w->cb(w->arg, fd, LOOP_WRITE);
}

void loop_watch_init(struct loop_watch *w, struct loop *l, int fd, loop_fd_cb *cb, void *arg)
{
	w->loop = l;
	w->cb = cb;
	w->arg = arg;
	w->fd = fd;
	w->want = 0;
	event_assign(half(w, 0), l->base, fd, EV_READ | EV_PERSIST, readable_cb, w);
	event_assign(half(w, 1), l->base, fd, EV_WRITE | EV_PERSIST, writable_cb, w);
}

void loop_watch_set(struct loop_watch *w, int what)
{
	int change = w->want ^ what;
	/* Adding can only fail for want of memory. */
	for (int i = 0; i < 2; i++) {
		if (!(change & (1 << i)))
			continue;
		if (!(what & (1 << i)))
			event_del(half(w, i));
		else if (event_add(half(w, i), NULL) != 0)
			abort();
	}
	w->want = what;
}

void loop_watch_stop(struct loop_watch *w)
{
	if (w->loop && w->want)
		loop_watch_set(w, 0);
	w->loop = NULL;
}

/* Exact timers. */
static struct event *timer_event(struct loop_timer *t)
{
	return (struct event *)(void *)t->ev;
}

static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;
	(void)fd;
	(void)what;
	t->cb(t->arg);
}

void loop_timer_init(struct loop_timer *t, struct loop *l, loop_cb *cb, void *arg)
{
	t->loop = l;
	t->cb = cb;
	t->arg = arg;
	event_assign(timer_event(t), l->base, -1, 0, timer_cb, t);
}

void loop_timer_set(struct loop_timer *t, int64_t ms)
{
	struct timeval tv = tv_ms(ms);
	assert(t->loop);
	if (event_add(timer_event(t), &tv) != 0)
		abort();
}

void loop_timer_stop(struct loop_timer *t)
{
	if (t->loop)
		event_del(timer_event(t));
}

/* Coarse deadlines.  A deadline lies in the slot of the time it was first set to; moving it
 * later only stores the new time, and it is put where it belongs when its slot comes up. */
static void unlink_deadline(struct loop_deadline *d)
{
	if (!d->prev)
		return;
	*d->prev = d->next;
	if (d->next)
		d->next->prev = d->prev;
	d->prev = NULL;
	d->loop->linked--;
}

static void link_deadline(struct loop_deadline *d)
{
	struct loop *l = d->loop;
	/* Up, and one more: never early. */
	d->slot_at = d->at / LOOP_TICK_MS + 1;
	if (d->slot_at > l->ticked + WHEEL - 1)
		d->slot_at = l->ticked + WHEEL - 1;
	if (d->slot_at <= l->ticked)
		d->slot_at = l->ticked + 1;
	struct loop_deadline **head = &l->wheel[d->slot_at % WHEEL];
	d->next = *head;
	if (d->next)
		d->next->prev = &d->next;
	d->prev = head;
	*head = d;
	l->linked++;
}

static void start_ticking(struct loop *l, int64_t now)
{
	struct timeval tv = tv_ms(LOOP_TICK_MS);
	l->ticking = true;
	l->ticked = now / LOOP_TICK_MS;
	if (event_add(&l->tick, &tv) != 0)
		abort();
}

void loop_deadline_init(struct loop_deadline *d, struct loop *l, loop_cb *cb, void *arg)
{
	*d = (struct loop_deadline){.loop = l, .cb = cb, .arg = arg, .at = INT64_MAX};
}

void loop_deadline_set(struct loop_deadline *d, int64_t ms)
{
	int64_t now = loop_now_ms();
	d->at = now + (ms > 0 ? ms : 0);
	if (d->prev && d->slot_at <= d->at / LOOP_TICK_MS + 1)
		return;
	if (!d->loop->ticking)
		start_ticking(d->loop, now);
	unlink_deadline(d);
	link_deadline(d);
}

void loop_deadline_stop(struct loop_deadline *d)
{
	unlink_deadline(d);
	d->at = INT64_MAX;
}

/* One slot.  A callback may stop, set or free any deadline, so the list is taken off and its
 * head is looked at anew after each call. */
static void run_slot(struct loop *l, int64_t slot, int64_t now)
{
	struct loop_deadline *list = l->wheel[slot % WHEEL];
	l->wheel[slot % WHEEL] = NULL;
	if (list)
		list->prev = &list;
	while (list) {
		struct loop_deadline *d = list;
		unlink_deadline(d);
		if (d->at > now) {
			if (d->at != INT64_MAX)
				link_deadline(d);
			continue;
		}
		d->at = INT64_MAX;
		d->cb(d->arg);
	}
}

static void tick_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	int64_t now = loop_now_ms(), slot = now / LOOP_TICK_MS;
	(void)fd;
	(void)what;
	/* After a long stop (suspended machine) one turn finds everything. */
	if (slot - l->ticked > WHEEL)
		l->ticked = slot - WHEEL;
	while (l->ticked < slot) {
		l->ticked++;
		run_slot(l, l->ticked, now);
	}
	if (l->linked == 0) {
		event_del(&l->tick);
		l->ticking = false;
	}
}

/* Posts. */
static void unlink_post(struct loop_post *p)
{
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->next = NULL;
	p->prev = NULL;
}

void loop_post(struct loop *l, struct loop_post *p, loop_cb *cb, void *arg)
{
	p->cb = cb;
	p->arg = arg;
	if (p->prev)
		return;
	/* Newest first: cancelling needs no tail to mend.  posts_cb turns them round. */
	p->next = l->posts;
	if (p->next)
		p->next->prev = &p->next;
	p->prev = &l->posts;
	l->posts = p;
	if (!l->posted) {
		l->posted = true;
		event_active(&l->post, EV_TIMEOUT, 0);
	}
}

void loop_post_cancel(struct loop_post *p)
{
	if (p->prev)
		unlink_post(p);
}

static void posts_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop *l = arg;
	struct loop_post *ready = NULL;
	(void)fd;
	(void)what;
	l->posted = false;
	while (l->posts) { /* reverse */
		struct loop_post *p = l->posts;
		unlink_post(p);
		p->next = ready;
		if (p->next)
			p->next->prev = &p->next;
		p->prev = &ready;
		ready = p;
	}
	while (ready) {
		struct loop_post *p = ready;
		unlink_post(p);
		p->cb(p->arg);
	}
}

/* Signals. */
static void signal_cb(evutil_socket_t fd, short what, void *arg)
{
	struct loop_sig *s = arg;
	(void)fd;
	(void)what;
	s->cb(s->arg);
}

void loop_signal(struct loop *l, int signo, loop_cb *cb, void *arg)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		struct loop_sig *s = &l->sig[i];
		if (s->cb)
			continue;
		*s = (struct loop_sig){.signo = signo, .cb = cb, .arg = arg};
		event_assign(&s->ev, l->base, signo, EV_SIGNAL | EV_PERSIST, signal_cb, s);
		if (event_add(&s->ev, NULL) != 0)
			abort();
		return;
	}
	abort();
}

void loop_signal_stop(struct loop *l, int signo)
{
	for (size_t i = 0; i < SIGNALS; i++) {
		struct loop_sig *s = &l->sig[i];
		if (!s->cb || s->signo != signo)
			continue;
		event_del(&s->ev);
		s->cb = NULL;
	}
}
