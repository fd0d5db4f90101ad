/* Owns the LISTEN connection of a process; turns notices into calls of pgpool_ops.  Never sends
 * anything but LISTEN and heartbeats.  Called by pgpool.c. */
#include "qrsvc/db/notify.h"

#include "qrsvc/base/log.h"

bool notify_parse(struct str payload, struct notice *ret_)
{
	struct notice n = {0};
	if (str_eq(payload, STR("all"))) {
		*ret_ = (struct notice){.all = true};
		return true;
	}
	n.kind = str_cut(&payload, ' ');
	n.key = str_cut(&payload, ' ');
	if (!n.kind.n || !n.key.n || !payload.p || !str_i64(payload, &n.version))
		return false;
	*ret_ = n;
	return true;
}

static void up_cb(struct pgconn *c)
{
	struct notify *n = c->arg;
	n->ops->all_changed(n->arg);
	n->ops->listening(n->arg, true);
}

static void down_cb(struct pgconn *c)
{
	struct notify *n = c->arg;
	n->ops->listening(n->arg, false);
}

static void notice_cb(struct pgconn *c, const char *payload)
{
	struct notify *n = c->arg;
	struct notice what;
	n->notices++;
	if (!notify_parse(str_c(payload), &what)) {
		log_event(LOG_WARNING, "db.bad_notice", LOG_C("payload", payload));
		what.all = true;
	}
	if (what.all)
		n->ops->all_changed(n->arg);
	else
		n->ops->changed(n->arg, what.kind, what.key, what.version);
}

static const struct pgconn_ops conn_ops = {
	.up_cb = up_cb, .down_cb = down_cb, .notice_cb = notice_cb};

void notify_init(struct notify *n, struct loop *l, const struct pgconn_target *to,
	const struct pgpool_ops *ops, void *arg)
{
	*n = (struct notify){.ops = ops, .arg = arg};
	pgconn_init(&n->conn, l, to, &conn_ops, n);
}

void notify_release(struct notify *n)
{
	pgconn_release(&n->conn);
}
