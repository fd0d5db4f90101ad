/* Owns /staff/r/{record}/redact: a photo that must not be seen as it is.  A person chooses
 * cells of a grid over it, which are painted black in a new photo (app/upload.h), or removes
 * all of it.  The old photo is given out no more; the ground is published.  Whether somebody
 * may, and whether the record's state allows it, the database decides.  Called by routes.c. */
#include "qrsvc/web/work.h"

/* One request's black boxes; rq->user. */
struct job {
	struct str id, rev, pos, ground;
	struct db_param again[1];
	uint64_t cells;
	unsigned char sha256[SHA256_BYTES];
	struct photo_boxes boxes;
	struct upload photo;
};

/* ---- cells ---------------------------------------------------------------------------------
 */

struct work_grid work_grid(int64_t w, int64_t h)
{
	return w > h ? (struct work_grid){8, 6} : (struct work_grid){6, 8};
}

static bool has(struct work_grid g, uint64_t cells, int x, int y)
{
	return cells >> (y * g.columns + x) & 1;
}

/* Are all of the cells x..to-1 of row y there? */
static bool has_all(struct work_grid g, uint64_t cells, int x, int to, int y)
{
	while (x < to && has(g, cells, x, y))
		x++;
	return x == to;
}

void work_boxes(struct work_grid g, uint64_t cells, struct photo_boxes *ret_)
{
	*ret_ = (struct photo_boxes){0};
	for (int i = 0; i < g.columns * g.rows && ret_->n < PHOTO_BOXES; i++) {
		int x = i % g.columns, y = i / g.columns, to = x, under = y;
		if (!has(g, cells, x, y))
			continue;
		while (to < g.columns && has(g, cells, to, y))
			to++;
		while (under < g.rows && has_all(g, cells, x, to, under)) {
			for (int k = x; k < to; k++)
				cells &= ~(UINT64_C(1) << (under * g.columns + k));
			under++;
		}
		/* Outwards, so that nothing is left between two of them. */
		int left = x * PHOTO_BOX_UNIT / g.columns, top = y * PHOTO_BOX_UNIT / g.rows,
		    right = (to * PHOTO_BOX_UNIT + g.columns - 1) / g.columns,
		    bottom = (under * PHOTO_BOX_UNIT + g.rows - 1) / g.rows;
		ret_->box[ret_->n++] = (struct photo_box){(uint16_t)left, (uint16_t)top,
			(uint16_t)(right - left), (uint16_t)(bottom - top)};
	}
}

/* What is checked in the form that was sent, "cell-0" .. "cell-47"; false: a cell that is none.
 */
static bool cells_sent(const struct request *rq, uint64_t *ret_)
{
	const struct http_body *b = &rq->http->body;
	uint64_t n;
	*ret_ = 0;
	for (size_t i = 0; i < b->nparts; i++) {
		struct str name = b->parts[i].name;
		if (!str_starts(name, STR("cell-")))
			continue;
		if (!str_u64(str_sub(name, 5, name.n), &n) || n >= WORK_CELLS)
			return false;
		*ret_ |= UINT64_C(1) << n;
	}
	return true;
}

/* ---- the page ------------------------------------------------------------------------------
 */

static const struct json *photo_at(const struct json *doc, struct str pos)
{
	const struct json *p = json_first(json_get(json_get(doc, "record"), "photos"));
	uint64_t n = 0;
	if (!str_u64(pos, &n) || !n || n > 32)
		return NULL;
	while (p && --n)
		p = json_next(p);
	return form_is_hash(json_str(p, "sha256")) ? p : NULL;
}

static void show_cells(const struct page *pg, const struct staff_view *sv, struct view *v,
	const struct json *photo)
{
	struct work_grid g = work_grid(json_int(photo, "w", 0), json_int(photo, "h", 0));
	uint64_t chosen = 0;
	if (sv->refused != RC_OK)
		cells_sent(sv->rq, &chosen);
	view_flag(v, K_tall, g.rows > g.columns);
	for (int i = 0; i < WORK_CELLS; i++) {
		struct view *cell = view_add(v, K_cells);
		view_int(cell, K_n, i);
		view_str(cell, K_label,
			web_text(pg, M_wk_cell, VALUE_I(i / g.columns + 1),
				VALUE_I(i % g.columns + 1)));
		view_flag(cell, K_chosen, chosen >> i & 1);
	}
}

static enum rc render(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {
		{"cell", M_wk_black_cells}, {"photo", M_wk_photo}, {"ground", M_wk_ground}};
	const struct json *r = json_get(sv->doc, "record"), *at = json_get(sv->doc, "facility");
	const struct json *kind = json_member(json_get(sv->ref, "kinds"), json_str(at, "kind"));
	struct str pos = sv->rq->post ? request_form(sv->rq, STR("pos"))
				      : request_query(sv->rq, STR("pos"));
	const struct json *photo = photo_at(sv->doc, pos);
	struct str path = web_cat(pg, STR("/staff/r/"), json_str(r, "id"), STR("/redact"));
	if (sv->refused == RC_OK && !work_can(sv->doc, "redact"))
		return RC_FORBIDDEN;
	if (!photo)
		return RC_NOT_FOUND;
	struct view *v = web_staff_begin(pg, sv, web_text(pg, M_wk_redact), path);
	view_str(v, K_name, work_facility(pg, sv->ref, at));
	view_str(v, K_type, work_type(pg, sv->ref, json_str(at, "kind"), json_str(r, "type")));
	view_str(v, K_slot, web_named(pg, json_get(kind, "slots"), json_str(photo, "slot")));
	view_str(v, K_full, work_photo_url(pg, json_str(photo, "sha256"), 1280));
	view_int(v, K_w, json_int(photo, "w", 0));
	view_int(v, K_h, json_int(photo, "h", 0));
	view_str(v, K_action, path);
	view_int(v, K_rev, json_int(sv->doc, "rev", 0));
	view_str(v, K_pos, pos);
	view_str(v, K_err_cell, web_staff_error(pg, sv, "cell"));
	view_str(v, K_ground, web_staff_typed(sv, "ground", STR_NONE));
	view_str(v, K_why, web_staff_error(pg, sv, "ground"));
	show_cells(pg, sv, v, photo);
	web_staff_errors(pg, sv, v, labels, sizeof labels / sizeof labels[0]);
	return web_html(pg, T_staff_redact, v);
}

const struct staff_kind work_redact_kind = {"staff_redact", ST_staff_record, render};

/* ---- the act -------------------------------------------------------------------------------
 */

/* boxes STR_NONE: the photo is removed. */
static void redact(struct request *rq, struct job *j, struct str photo, struct str boxes)
{
	const struct db_param p[] = {DB_P_TEXT(j->id), DB_P_TEXT(j->rev), DB_P_TEXT(j->pos),
		DB_P_BYTES(photo), DB_P_TEXT(j->ground), DB_P_TEXT(boxes)};
	const struct staff_act act = {.stmt = ST_staff_photo_redact,
		.again = &work_redact_kind,
		.again_params = j->again,
		.again_n = 1,
		.next = arena_fmt(rq->arena, "/staff/r/%.*s%s", STR_F(j->id),
			!rq->lang_asked	      ? ""
			: rq->lang == LANG_ZH ? "?lang=zh-CN"
					      : "?lang=en")};
	request_staff_act(rq, &act, p, 6);
}

/* [[x,y,w,h],..] */
static struct str boxes_text(struct arena *a, const struct photo_boxes *boxes)
{
	struct sbuf b;
	sbuf_init(&b, 4 * KIB);
	for (uint32_t i = 0; i < boxes->n; i++) {
		const struct photo_box *x = &boxes->box[i];
		sbuf_fmt(&b, "%c[%d,%d,%d,%d]", i ? ',' : '[', x->x, x->y, x->w, x->h);
	}
	sbuf_byte(&b, ']');
	struct str text = arena_str(a, sbuf_view(&b));
	sbuf_release(&b);
	return text;
}

/* The new photo is stored, or not: then nothing has changed, and all that was typed is shown
 * again. */
static void stored_cb(struct request *rq)
{
	struct job *j = rq->user;
	const struct upload *u = &j->photo;
	struct staff_answer ans = {.rc = u->rc};
	if (u->rc == RC_OK && hex_decode(str_c(u->sha256), j->sha256, SHA256_BYTES)) {
		redact(rq, j, (struct str){(const char *)j->sha256, SHA256_BYTES},
			boxes_text(rq->arena, &j->boxes));
	} else if (u->rc == RC_AUTH) {
		staff_ok(rq, &ans);
	} else if (u->why && strcmp(u->why, "away") == 0) {
		staff_field_error(rq, "photo", "away");
		ans.rc = RC_UNAVAILABLE;
		staff_again(rq, &work_redact_kind, j->again, 1, &ans);
	} else {
		staff_field_error(rq, "photo", "unknown_photo");
		staff_again(rq, &work_redact_kind, j->again, 1, NULL);
	}
}

/* The record as it is now: which photo it is, and how its grid lies.  A revision nobody has
 * seen, or a state that does not allow it, the database would refuse as well, but only once
 * the work is done. */
static void look_cb(struct request *rq, const struct staff_answer *ans)
{
	struct job *j = rq->user;
	if (!staff_ok(rq, ans))
		return;
	const struct staff_view sv = {.me = json_get(ans->doc, "me")};
	const struct json *photo = photo_at(ans->doc, j->pos);
	uint64_t rev = 0;
	str_u64(j->rev, &rev);
	if (!web_staff_right(&sv, "redact")) {
		request_error(rq, RC_FORBIDDEN);
	} else if (rev != (uint64_t)json_int(ans->doc, "rev", 0) ||
		   !work_can(ans->doc, "redact")) {
		struct staff_answer changed = {.rc = RC_CONFLICT};
		json_parse(rq->arena, STR("{\"why\":\"changed\"}"), KIB, true, NULL,
			&changed.detail);
		staff_again(rq, &work_redact_kind, j->again, 1, &changed);
	} else if (!photo) {
		request_error(rq, RC_NOT_FOUND);
	} else {
		hex_decode(json_str(photo, "sha256"), j->sha256, SHA256_BYTES);
		work_boxes(work_grid(json_int(photo, "w", 0), json_int(photo, "h", 0)),
			j->cells, &j->boxes);
		j->photo = (struct upload){.fd = -1,
			.photo = {(const char *)j->sha256, SHA256_BYTES},
			.boxes = &j->boxes};
		uploads_run(rq, &j->photo, 1, stored_cb);
	}
}

static void post(struct request *rq, struct job *j)
{
	struct str act = request_form(rq, STR("act")), rev = request_form(rq, STR("rev"));
	bool black = str_eq(act, STR("black"));
	uint64_t n = 0;
	j->pos = request_form(rq, STR("pos"));
	j->ground = str_trim(request_form(rq, STR("ground")), " \t\r\n");
	j->rev = str_u64(rev, &n) && n < 32768 ? rev : STR("0");
	if (!str_u64(j->pos, &n) || n < 1 || n > 32 || !cells_sent(rq, &j->cells) ||
		(!black && !str_eq(act, STR("remove")))) {
		request_error(rq, RC_BAD);
		return;
	}
	if (black && !j->cells)
		staff_field_error(rq, "cell", "no_cell");
	if (!j->ground.n)
		staff_field_error(rq, "ground", "missing");
	if (black && !staff_has_errors(rq))
		staff_call(rq, ST_staff_record, j->again, 1, look_cb);
	else
		redact(rq, j, STR_NONE, STR_NONE);
}

void web_staff_redact(struct request *rq)
{
	struct job *j = arena_alloc(rq->arena, sizeof *j);
	if (!web_uuid(rq->arena, rq->arg[0], &j->id)) {
		request_error(rq, RC_NOT_FOUND);
		return;
	}
	j->again[0] = (struct db_param)DB_P_TEXT(j->id);
	rq->user = j;
	if (rq->post)
		post(rq, j);
	else
		request_staff(rq, &work_redact_kind, j->again, 1);
}
