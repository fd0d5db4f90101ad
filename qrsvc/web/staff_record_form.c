/* Owns the way of a record's form: shown, posted with its photos, stored once, or shown again
 * with what is wrong.  Never checks a value itself (form_check.c, the database) and never keeps
 * a photo (app/upload.h).  A post with the same key may come any number of times, and may break
 * off anywhere: photos are stored by their hash, the record by its key, last of all and in one
 * statement.  Called by routes.c. */
#include "qrsvc/web/work.h"

#include "qrsvc/app/app.h"
#include "qrsvc/app/docs.h"
#include "qrsvc/app/upload.h"

#include "labels/code.h"

#define PUT_TRIES 4

/* One request's form; rq->user. */
struct job {
	struct str code, type;	 /* of the facility; type may be STR_NONE */
	struct str record;	 /* that is corrected; STR_NONE: a new one */
	struct staff_answer ans; /* of staff_record_form */
	const struct json *body; /* of the record that is corrected */
	struct str state;	 /* its state */
	int64_t rev;
	struct form form;
	bool made; /* form holds what was typed */
	struct upload *list;
	struct form_input **of; /* the input of each upload */
	size_t n;
	struct str sent; /* body of staff_record_put */
	int tries;
	bool conflict, unknown, away;
};

/* ---- showing ------------------------------------------------------------------------------
 */

static struct str action_of(const struct page *pg, const struct job *j)
{
	if (j->record.p)
		return web_cat(pg, STR("/staff/r/"), j->record, STR("/edit"));
	return web_cat(pg, STR("/staff/f/"), j->form.facility, STR("/new?type="), j->form.type);
}

/* A form that is shown for the first time. */
static bool fresh(const struct page *pg, const struct staff_view *sv, struct job *j)
{
	if (!form_make(&j->form, pg->arena, sv->doc, sv->ref))
		return false;
	if (!j->record.p) {
		form_defaults(&j->form, pg->as_of);
		return true;
	}
	form_follow(&j->form, j->record, j->rev);
	form_stored(&j->form, j->body);
	if (str_eq(j->state, STR("draft")))
		form_find(&j->form, STR("reason"))->value = web_text(pg, M_wk_edit_draft);
	return true;
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	struct job *j = sv->arg;
	/* Who may only correct sees the questions too, but of a record that is there. */
	if (!j->record.p && !web_staff_right(sv, "submit"))
		return RC_FORBIDDEN;
	if (!j->made && !fresh(pg, sv, j))
		return RC_INTERNAL;
	struct view *v = form_page(pg, sv, &j->form, action_of(pg, j));
	view_flag(v, K_unknown, j->unknown);
	view_flag(v, K_away, j->away);
	if (j->conflict)
		view_str(v, K_conflict, web_url(pg, STR("/staff/r/"), j->form.id));
	return web_html(pg, T_staff_form, v);
}

const struct staff_kind work_form_kind = {"staff_form", ST_staff_record_form, render};

void *work_form_new(struct arena *a)
{
	return arena_alloc(a, sizeof(struct job));
}

/* The same for a script: what is wrong, without a page around it. */
static void refuse(struct request *rq, const struct job *j, int status)
{
	struct staff_answer ans = {.rc = status == 413	 ? RC_TOO_LARGE
					 : status == 415 ? RC_BAD_TYPE
					 : status >= 500 ? RC_UNAVAILABLE
							 : RC_INVALID};
	struct page pg = {.arena = rq->arena, .lang = rq->lang, .site = rq->site};
	struct sbuf b;
	sbuf_init(&b, LIMIT_BODY_SMALL);
	form_mistakes(&pg, &j->form, &b);
	ans.said = arena_str(rq->arena, sbuf_view(&b));
	sbuf_release(&b);
	if (json_parse(rq->arena, ans.said, LIMIT_BODY_SMALL, true, NULL, &ans.detail) != RC_OK)
		ans.detail = NULL;
	staff_refuse(rq, &ans);
}

static void show(struct request *rq, int status)
{
	struct job *j = rq->user;
	if (rq->api && rq->post) {
		refuse(rq, j, status);
		return;
	}
	staff_page(rq, &work_form_kind, &j->ans, status);
}

/* ---- storing ------------------------------------------------------------------------------
 */

static void put(struct request *rq);

static struct str receipt(
	struct request *rq, const struct job *j, const struct staff_answer *ans)
{
	return arena_fmt(rq->arena, "{\"receipt\":%.*s,\"url\":\"/staff/r/%.*s?new=1\"}\n",
		STR_F(ans->bytes), STR_F(j->form.id));
}

static void put_cb(struct request *rq, const struct staff_answer *ans)
{
	struct job *j = rq->user;
	switch (ans->rc) {
	case RC_OK:
		if (rq->api) {
			staff_json(rq, 201, receipt(rq, j, ans));
			return;
		}
		staff_redirect(
			rq, arena_fmt(rq->arena, "/staff/r/%.*s?new=1%s", STR_F(j->form.id),
				    !rq->lang_asked	  ? ""
				    : rq->lang == LANG_ZH ? "&lang=zh-CN"
							  : "&lang=en"));
		return;
	case RC_INVALID:
		form_refused(&j->form, ans->detail);
		show(rq, rc_info(RC_INVALID)->http);
		return;
	case RC_CONFLICT:
		if (rq->api) { /* with both versions */
			staff_refuse(rq, ans);
			return;
		}
		j->conflict = true;
		show(rq, rc_info(RC_CONFLICT)->http);
		return;
	case RC_UNKNOWN:
	case RC_UNAVAILABLE:
	case RC_TIMEOUT:
	case RC_BUSY:
		/* The same key and the same body: it may be sent as often as one likes. */
		if (ans->rc == RC_UNKNOWN || ans->rc == RC_TIMEOUT)
			j->unknown = true;
		if (++j->tries < PUT_TRIES) {
			upload_rest(rq, put);
			return;
		}
		j->away = !j->unknown;
		show(rq, rc_info(RC_UNAVAILABLE)->http);
		return;
	default:
		staff_ok(rq, ans);
	}
}

static void put(struct request *rq)
{
	struct job *j = rq->user;
	const struct db_param p[] = {DB_P_TEXT(j->form.id), DB_P_TEXT(j->sent)};
	staff_call(rq, ST_staff_record_put, p, 2, put_cb);
}

/* ---- photos -------------------------------------------------------------------------------
 */

/* What the refusal of a photo means for the whole answer. */
static int status_of(const struct job *j)
{
	for (size_t i = 0; i < j->n; i++) {
		enum rc rc = j->list[i].rc;
		if (rc == RC_BAD_TYPE || rc == RC_TOO_LARGE)
			return rc_info(rc)->http;
	}
	return rc_info(RC_INVALID)->http;
}

static void take_results(struct request *rq, struct job *j, enum rc *ret_rc)
{
	for (size_t i = 0; i < j->n; i++) {
		const struct upload *u = &j->list[i];
		struct form_input *in = j->of[i];
		in->file = NULL;
		if (u->rc == RC_OK) {
			in->value = arena_str(rq->arena, str_c(u->sha256));
			in->why = NULL;
		} else {
			in->why = u->why ? u->why : "refused";
			if (u->blob.p) /* nothing is kept of it yet */
				in->value = STR_NONE;
		}
		if (u->rc == RC_AUTH || u->rc == RC_FORBIDDEN || u->rc == RC_NOT_FOUND)
			*ret_rc = u->rc;
		else if (u->rc != RC_OK && rc_info(u->rc)->http >= 500)
			j->away = true;
	}
}

static void uploaded(struct request *rq)
{
	struct job *j = rq->user;
	enum rc rc = RC_OK;
	take_results(rq, j, &rc);
	if (rc == RC_NOT_FOUND && rq->api) {
		staff_refuse_why(rq, rc, "blob");
	} else if (rc != RC_OK) {
		staff_ok(rq, &(struct staff_answer){.rc = rc});
	} else if (j->away) {
		show(rq, rc_info(RC_UNAVAILABLE)->http);
	} else if (form_has_errors(&j->form)) {
		show(rq, status_of(j));
	} else {
		struct sbuf b;
		sbuf_init(&b, LIMIT_BODY_SMALL * 2);
		form_body(&j->form, &b);
		j->sent = arena_str(rq->arena, sbuf_view(&b));
		sbuf_release(&b);
		put(rq);
	}
}

/* ---- what was posted ----------------------------------------------------------------------
 */

static bool is_ours(const struct form *f, struct str name)
{
	for (size_t i = 0; i < f->n; i++)
		if (str_eq(f->in[i].name, name))
			return true;
	return false;
}

/* Files under names that are not asked for: a page of yesterday, or none of ours. */
static bool stray_file(const struct request *rq, const struct form *f)
{
	const struct http_body *b = &rq->http->body;
	for (size_t i = 0; i < b->nparts; i++)
		if (b->parts[i].filename.p && b->parts[i].size && !is_ours(f, b->parts[i].name))
			return true;
	return false;
}

/* Photos that came piece by piece are named by their hash in a field "blob-NAME". */
static struct str blob_field(struct request *rq, const struct form_input *in)
{
	return request_form(rq, arena_fmt(rq->arena, "blob-%.*s", STR_F(in->name)));
}

static struct str blob_of(struct request *rq, const struct form_input *in)
{
	unsigned char hash[SHA256_BYTES];
	if (in->is != FORM_PHOTO || in->file)
		return STR_NONE;
	struct str hex = blob_field(rq, in);
	if (!hex.n || !hex_decode(hex, hash, sizeof hash))
		return STR_NONE;
	return arena_str(rq->arena, (struct str){(const char *)hash, sizeof hash});
}

/* Before the form is checked: they count as photos that are there. */
static void take_blobs(struct request *rq, struct job *j)
{
	for (size_t i = 0; i < j->form.n; i++) {
		struct form_input *in = &j->form.in[i];
		if (blob_of(rq, in).p)
			in->value = blob_field(rq, in);
	}
}

static void list_files(struct request *rq, struct job *j)
{
	struct form *f = &j->form;
	j->list = arena_array(rq->arena, f->n, sizeof *j->list);
	j->of = arena_array(rq->arena, f->n, sizeof(struct form_input *));
	for (size_t i = 0; i < f->n; i++) {
		struct form_input *in = &f->in[i];
		struct str blob = blob_of(rq, in);
		if (blob.p) {
			j->of[j->n] = in;
			j->list[j->n++] = (struct upload){.fd = -1, .blob = blob};
			continue;
		}
		if (!in->file)
			continue;
		j->of[j->n] = in;
		j->list[j->n++] = (struct upload){.fd = in->file->fd,
			.size = in->file->size,
			.report = in->is == FORM_REPORT};
	}
}

static void typed(struct request *rq)
{
	struct job *j = rq->user;
	const struct http_body *b = &rq->http->body;
	const struct json *ref = refs_json(rq->app->refs, json_int(j->ans.doc, "ref", 0));
	struct str id;
	if (!form_make(&j->form, rq->arena, j->ans.doc, ref)) {
		request_error(rq, RC_INTERNAL);
		return;
	}
	form_typed(&j->form, b->parts, b->nparts);
	if (j->record.p)
		form_follow(&j->form, j->record, j->form.rev);
	j->made = true;
	if (!web_uuid(rq->arena, j->form.id, &id) || stray_file(rq, &j->form)) {
		request_error(rq, RC_BAD);
		return;
	}
	j->form.id = id;
	take_blobs(rq, j);
	form_check(&j->form, rq->now_us);
	list_files(rq, j);
	if (j->n > FORM_PHOTOS + 1) /* nothing of it is taken; form_check() has said so */
		show(rq, rc_info(RC_INVALID)->http);
	else
		uploads_run(rq, j->list, j->n, uploaded);
}

/* ---- the questions ------------------------------------------------------------------------
 */

static void ref_cb(struct request *rq, const struct staff_answer *ans)
{
	const struct job *j = rq->user;
	if (ans->rc == RC_OK && db_count(ans->rows))
		refs_put(rq->app->refs, json_int(j->ans.doc, "ref", 0),
			db_cell(ans->rows, 0, 4));
	typed(rq);
}

static void form_cb(struct request *rq, const struct staff_answer *ans)
{
	struct job *j = rq->user;
	if (!staff_ok(rq, ans))
		return;
	j->ans = *ans;
	j->ans.rows = NULL;
	int64_t ref = json_int(ans->doc, "ref", 0);
	if (!rq->post) {
		show(rq, 200);
	} else if (ref && !refs_have(rq->app->refs, ref)) {
		struct str version = arena_fmt(rq->arena, "%lld", (long long)ref);
		const struct db_param p[] = {DB_P_TEXT(STR("reference")), DB_P_TEXT(version)};
		staff_ask(rq, ST_public_document, p, 2, ref_cb);
	} else {
		typed(rq);
	}
}

static void ask_form(struct request *rq)
{
	const struct job *j = rq->user;
	const struct db_param p[] = {DB_P_TEXT(j->code), DB_P_TEXT(j->type)};
	staff_call(rq, ST_staff_record_form, p, 2, form_cb);
}

static struct job *job_new(struct request *rq)
{
	rq->user = work_form_new(rq->arena);
	return rq->user;
}

void web_staff_new(struct request *rq)
{
	struct code c;
	struct job *j = job_new(rq);
	if (!code_parse(rq->arg[0], &c) || !code_check(&c)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	j->code = arena_str(rq->arena, str_c(c.c));
	j->type = request_query(rq, STR("type"));
	ask_form(rq);
}

static void record_cb(struct request *rq, const struct staff_answer *ans)
{
	struct job *j = rq->user;
	if (!staff_ok(rq, ans))
		return;
	/* A post is the database's to refuse: what was sent twice must get the same answer. */
	if (!rq->post && !work_can(ans->doc, "correct")) {
		request_error(rq, RC_FORBIDDEN);
		return;
	}
	j->body = json_get(ans->doc, "body");
	j->rev = json_int(ans->doc, "rev", 0);
	j->state = json_str(ans->doc, "state");
	j->code = json_str(j->body, "facility");
	j->type = json_str(j->body, "type");
	ask_form(rq);
}

void web_staff_edit(struct request *rq)
{
	struct job *j = job_new(rq);
	if (!web_uuid(rq->arena, rq->arg[0], &j->record)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	const struct db_param p[] = {DB_P_TEXT(j->record)};
	staff_call(rq, ST_staff_record, p, 1, record_cb);
}

/* ---- before the body ----------------------------------------------------------------------
 */

void web_staff_new_may(struct request *rq)
{
	struct code c;
	bool good = code_parse(rq->arg[0], &c);
	staff_may_hold(rq, "submit", good ? arena_str(rq->arena, str_c(c.c)) : rq->arg[0]);
}

/* Whose record it is the database says when it is stored; strangers get no byte in. */
void web_staff_edit_may(struct request *rq)
{
	staff_may_hold(rq, NULL, STR_NONE);
}
