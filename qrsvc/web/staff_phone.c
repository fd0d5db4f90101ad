/* Owns /staff/tickets/{ticket}/phone: the number of a resident who wants to be called, by a
 * button of the case's page.  Each look is in the audit (api.staff_ticket_contact), which is
 * why it is a POST.  Never stores the number.  Called by routes.c. */
#include "qrsvc/app/contact.h"
#include "qrsvc/web/office.h"
#include "qrsvc/web/staff.h"

struct look {
	struct str ticket, number;
	bool none;
};

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	const struct look *l = sv->arg;
	struct str back = web_cat(pg, STR("/staff/tickets/"), l->ticket);
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_rp_tel_title), back);
	view_str(v, K_url, web_url(pg, back));
	view_str(v, K_number, l->number);
	view_str(v, K_tel, web_tel(pg, l->number));
	if (!l->number.n)
		view_str(v, K_why, web_text(pg, l->none ? M_rp_tel_none : M_rp_tel_key));
	return web_html(pg, T_staff_phone, v);
}

static const struct staff_kind kind = {"staff_phone", ST_NONE, render};

static void look_cb(struct request *rq, const struct staff_answer *ans)
{
	struct look *l = rq->user;
	if (!staff_ok(rq, ans))
		return;
	l->none = !ans->bytes.n;
	l->number = l->none ? STR_NONE : contact_open(rq, ans->bytes);
	staff_page(rq, &kind, NULL, 200);
}

void web_staff_phone(struct request *rq)
{
	struct look *l = arena_alloc(rq->arena, sizeof *l);
	int64_t id = office_number(rq->arg[0], 1, INT64_MAX, 0);
	if (!id) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	l->ticket = arena_str(rq->arena, rq->arg[0]);
	rq->user = l;
	staff_call(rq, ST_staff_ticket_contact, (struct db_param[]){DB_P_INT(id)}, 1, look_cb);
}
