/* Owns the set-up of the second factor: key and QR code, the first code, recovery codes.  The
 * key is made and kept by the database; it is in a page only as long as it is not confirmed.
 * Called by the router. */
#include "qrsvc/base/limits.h"
#include "qrsvc/web/staff.h"

#include "labels/qr_any.h"

#define QUIET 4 /* modules of white around a symbol (ISO/IEC 18004 6.3.8) */

/* "otpauth://totp/SITE:LOGIN?secret=..&issuer=SITE": what authenticator apps read (the key URI
 * format they agreed on). */
static struct str otpauth(const struct page *pg, struct str login, struct str secret)
{
	struct sbuf b;
	sbuf_init(&b, 1000);
	sbuf_puts(&b, "otpauth://totp/");
	sbuf_url(&b, pg->site->host);
	sbuf_puts(&b, ":");
	sbuf_url(&b, login);
	sbuf_puts(&b, "?secret=");
	sbuf_url(&b, secret);
	sbuf_puts(&b, "&issuer=");
	sbuf_url(&b, pg->site->host);
	struct str uri = arena_str(pg->arena, sbuf_view(&b));
	sbuf_release(&b);
	return uri;
}

/* The dark modules as one SVG path: a rectangle for each run of a row. */
static void draw(const struct page *pg, struct view *v, struct str text)
{
	struct qr_any qr;
	struct err e;
	struct sbuf b;
	if (qr_any_encode(text, &qr, &e) != RC_OK)
		return; /* the key stands below it, too */
	sbuf_init(&b, 64 * KIB);
	for (int y = 0; y < qr.side; y++)
		for (int x = 0, n; x < qr.side; x += n) {
			bool dark = qr.m[y * qr.side + x];
			for (n = 1; x + n < qr.side && qr.m[y * qr.side + x + n] == dark; n++)
				;
			if (dark)
				sbuf_fmt(&b, "M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, n, n);
		}
	view_str(v, K_modules, arena_str(pg->arena, sbuf_view(&b)));
	view_int(v, K_side, qr.side + 2 * QUIET);
	sbuf_release(&b);
}

/* In groups of four, as people copy it. */
static struct str spaced(const struct page *pg, struct str secret)
{
	char *to = arena_raw(pg->arena, secret.n * 2 + 1);
	size_t n = 0;
	for (size_t i = 0; i < secret.n; i++) {
		if (i && i % 4 == 0)
			to[n++] = ' ';
		to[n++] = secret.p[i];
	}
	return (struct str){to, n};
}

/* doc: of staff_me (nothing begun), of staff_totp_begin, or none (a code was wrong: the key
 * comes back with the form). */
static enum rc render_second(struct page *pg, const struct staff_view *sv)
{
	static const struct staff_label labels[] = {{"code", M_st_code}};
	struct str secret = json_str(sv->doc, "secret"), login = json_str(sv->doc, "login");
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_st_second_set), STR("/staff/second"));
	if (!secret.n) {
		secret = web_staff_typed(sv, "secret", STR_NONE);
		login = web_staff_typed(sv, "login", STR_NONE);
	}
	view_flag(v, K_must, str_eq(json_str(sv->doc, "state"), STR("setup")));
	view_str(v, K_err_code, web_staff_error(pg, sv, "code"));
	web_staff_errors(pg, sv, v, labels, 1);
	if (secret.n && secret.n <= 64 && login.n <= 64) {
		view_str(v, K_secret, secret);
		view_str(v, K_login, login);
		view_str(v, K_spaced, spaced(pg, secret));
		draw(pg, v, otpauth(pg, login, secret));
	}
	return web_html(pg, T_staff_second, v);
}

static enum rc render_recovery(struct page *pg, const struct staff_view *sv)
{
	struct view *v =
		web_staff_begin(pg, sv, web_text(pg, M_st_recovery), STR("/staff/account"));
	json_each (c, json_get(sv->doc, "recovery"))
		view_item(v, K_codes, json_text(c));
	return web_html(pg, T_staff_recovery, v);
}

static const struct staff_kind second = {"staff_second", ST_staff_me, render_second};
static const struct staff_kind second_code = {"staff_second", ST_NONE, render_second};
static const struct staff_kind recovery = {"staff_recovery", ST_NONE, render_recovery};

static void begun(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_page(rq, &second_code, ans, 200);
}

void web_staff_second_begin(struct request *rq)
{
	staff_call(rq, ST_staff_totp_begin, NULL, 0, begun);
}

static void confirmed(struct request *rq, const struct staff_answer *ans)
{
	if (!staff_ok(rq, ans))
		return;
	if (json_bool(ans->doc, "ok", false)) {
		staff_session_take(rq);
		staff_page(rq, &recovery, ans, 200);
		return;
	}
	staff_field_error(rq, "code", "wrong_code");
	staff_page(rq, &second_code, NULL, 422);
}

void web_staff_second(struct request *rq)
{
	if (!rq->post) {
		request_staff(rq, &second, NULL, 0);
		return;
	}
	struct db_param p[] = {DB_P_TEXT(str_trim(request_form(rq, STR("code")), " ")),
		DB_P_BYTES(staff_session_new(rq))};
	staff_call(rq, ST_staff_totp_confirm, p, 2, confirmed);
}

static void codes_made(struct request *rq, const struct staff_answer *ans)
{
	if (staff_ok(rq, ans))
		staff_page(rq, &recovery, ans, 200);
}

void web_staff_second_codes(struct request *rq)
{
	staff_call(rq, ST_staff_recovery, NULL, 0, codes_made);
}
