/* Owns the table of addresses and what the worker needs to know of the web side. A new page is
 * one line here, one file beside it and one template (HACKING.md). */
#include "qrsvc/web/common.h"

#include "qrsvc/app/photocache.h"
#include "qrsvc/web/board.h"
#include "qrsvc/web/exchange.h"
#include "qrsvc/web/office.h"
#include "qrsvc/web/reply.h"
#include "qrsvc/web/survey.h"
#include "qrsvc/base/limits.h"
#include "qrsvc/web/staff.h"
#include "qrsvc/web/ticket.h"

#define PAGE (ROUTE_GET | ROUTE_JSON)
#define STAFF (ROUTE_GET | ROUTE_STAFF)		    /* behind the login: a page, */
#define ACT (ROUTE_POST | ROUTE_STAFF)		    /* a button, */
#define FORM (STAFF | ACT)			    /* both at one address, */
#define UPLOAD (FORM | ROUTE_UPLOAD | ROUTE_CAMERA) /* and with photos */
#define WITH_FILE (FORM | ROUTE_UPLOAD)		    /* or with a table */
#define VISITOR (ROUTE_GET | ROUTE_POST | ROUTE_VISITOR)
#define API (ROUTE_GET | ROUTE_STAFF | ROUTE_API) /* for the script of the pages */
#define PIECES (API | ROUTE_PATCH | ROUTE_UPLOAD)
#define SMALL LIMIT_BODY_SMALL

/* In the order a reader asks for them; the router lets the more literal pattern win. */
static const struct route routes[] = {
	{"home", "/", ROUTE_GET, CLASS_PAGE, web_home, 0, NULL},
	{"label", "/{code}", PAGE | ROUTE_SCAN, CLASS_PAGE, web_label, 0, NULL},
	{"lookup", "/q", ROUTE_GET, CLASS_PAGE, web_lookup, 0, NULL},
	{"facility", "/f/{facility}", PAGE, CLASS_PAGE, web_facility, 0, NULL},
	/* in a code all letters are capitals (labels/code.h: code_url) */
	{"facility", "/F/{facility}", ROUTE_GET, CLASS_PAGE, web_facility, 0, NULL},
	{"history", "/f/{facility}/history", PAGE, CLASS_PAGE, web_history, 0, NULL},
	{"history", "/f/{facility}/history/{chunk}", PAGE, CLASS_PAGE, web_history, 0, NULL},
	{"record", "/r/{record}", PAGE, CLASS_PAGE, web_record, 0, NULL},
	{"revision", "/r/{record}/{rev}", PAGE, CLASS_PAGE, web_revision, 0, NULL},
	{"notice", "/r/{record}/notice.pdf", ROUTE_GET, CLASS_PHOTO, web_notice, 0, NULL},
	{"place", "/b/{place}", PAGE, CLASS_PAGE, web_place, 0, NULL},
	{"photo", "/p/{sha}-{width}.jpg", ROUTE_GET, CLASS_PHOTO, request_photo, 0, NULL},
	{"chain", "/chain", PAGE, CLASS_PAGE, web_chain, 0, NULL},
	{"coverage", "/coverage", PAGE, CLASS_PAGE, web_coverage, 0, NULL},
	{"coverage", "/coverage/{org}", PAGE, CLASS_PAGE, web_coverage, 0, NULL},
	{"survey", "/v/{survey}", ROUTE_GET | ROUTE_POST, CLASS_FORM, web_survey, SMALL, NULL},
	{"survey", "/V/{survey}", ROUTE_GET, CLASS_FORM, web_survey, 0, NULL},
	{"survey_results", "/v/{survey}/results", PAGE, CLASS_PAGE, web_survey_results_page, 0,
		NULL},
	{"survey_csv", "/v/{survey}/results.csv", ROUTE_GET, CLASS_PAGE, web_survey_csv, 0,
		NULL},
	{"tickets", "/tickets", PAGE, CLASS_PAGE, web_tickets, 0, NULL},
	{"tickets", "/tickets/{org}", PAGE, CLASS_PAGE, web_tickets, 0, NULL},
	{"tickets_csv", "/tickets.csv", ROUTE_GET, CLASS_PAGE, web_tickets_csv, 0, NULL},
	{"tickets_csv", "/tickets/{org}/{year}.csv", ROUTE_GET, CLASS_PAGE,
		web_tickets_list_csv, 0, NULL},
	{"ticket", "/tickets/{org}/{no}", PAGE, CLASS_PAGE, web_ticket, 0, NULL},
	{"report", "/d/{sha}.pdf", ROUTE_GET, CLASS_PHOTO, web_report, 0, NULL},
	{"sign", "/s/{token}", ROUTE_GET | ROUTE_POST | ROUTE_VISITOR | ROUTE_SECRET,
		CLASS_STAFF, web_sign, LIMIT_BODY_SMALL, NULL},
	{"sign_photo", "/s/{token}/{sha}.jpg", ROUTE_GET | ROUTE_SECRET, CLASS_PHOTO,
		web_sign_photo, 0, NULL},
	{"report_form", "/report/{code}", ROUTE_GET | ROUTE_POST | ROUTE_UPLOAD, CLASS_FORM,
		web_report_form, 3 * LIMIT_PHOTO_BYTES + LIMIT_BODY_SMALL, web_report_may},
	{"receipt_find", "/c", ROUTE_GET, CLASS_FORM, web_receipt_find, 0, NULL},
	{"receipt", "/c/{receipt}", PAGE | ROUTE_POST | ROUTE_SECRET, CLASS_FORM, web_receipt,
		SMALL, NULL},
	{"staff_home", "/staff/", STAFF | ROUTE_CAMERA, CLASS_STAFF, web_staff_home, 0, NULL},
	{"staff_search", "/staff/search", STAFF, CLASS_STAFF, web_staff_search, 0, NULL},
	{"staff_scan", "/staff/s", STAFF, CLASS_STAFF, web_staff_scan, 0, NULL},
	{"staff_facility", "/staff/f/{facility}", STAFF | ROUTE_CAMERA, CLASS_STAFF,
		web_staff_facility, 0, NULL},
	{"staff_sticker", "/staff/f/{facility}/sticker", FORM, CLASS_STAFF, web_staff_sticker,
		SMALL, NULL},
	{"staff_new", "/staff/f/{facility}/new", UPLOAD, CLASS_STAFF, web_staff_new,
		LIMIT_BODY_UPLOAD, web_staff_new_may},
	{"staff_record", "/staff/r/{record}", FORM, CLASS_STAFF, web_staff_record,
		LIMIT_BODY_SMALL, NULL},
	{"staff_edit", "/staff/r/{record}/edit", UPLOAD, CLASS_STAFF, web_staff_edit,
		LIMIT_BODY_UPLOAD, web_staff_edit_may},
	{"staff_redact", "/staff/r/{record}/redact", FORM, CLASS_STAFF, web_staff_redact,
		LIMIT_BODY_SMALL, NULL},
	{"staff_reply_form", "/staff/r/{record}/reply", FORM, CLASS_STAFF, web_staff_reply_form,
		SMALL, NULL},
	{"staff_replies", "/staff/replies", STAFF, CLASS_STAFF, web_staff_replies, 0, NULL},
	{"staff_reply", "/staff/replies/{reply}", FORM, CLASS_STAFF, web_staff_reply, SMALL,
		NULL},
	{"staff_photo", "/staff/p/{sha}-{width}.jpg", STAFF, CLASS_PHOTO, web_staff_photo, 0,
		NULL},
	{"staff_report", "/staff/report/{sha}.pdf", STAFF, CLASS_STAFF, web_staff_report, 0,
		NULL},
	{"accessibility", "/accessibility", ROUTE_GET, CLASS_PAGE, web_accessibility, 0, NULL},
	{"privacy", "/privacy", ROUTE_GET, CLASS_PAGE, web_privacy, 0, NULL},
	{"robots", "/robots.txt", ROUTE_GET, CLASS_STATIC, web_robots, 0, NULL},
	{"security", "/.well-known/security.txt", ROUTE_GET, CLASS_STATIC, web_security_txt, 0,
		NULL},

	/* accounts */
	{"staff_login", "/staff/login", VISITOR, CLASS_STAFF, web_staff_login, SMALL, NULL},
	{"staff_invite", "/staff/invite/{token}", VISITOR | ROUTE_SECRET, CLASS_STAFF,
		web_staff_invite, SMALL, NULL},
	{"staff_totp", "/staff/totp", FORM, CLASS_STAFF, web_staff_totp, SMALL, NULL},
	{"staff_again", "/staff/again", FORM, CLASS_STAFF, web_staff_again, SMALL, NULL},
	{"staff_logout", "/staff/logout", ACT, CLASS_STAFF, web_staff_logout, SMALL, NULL},
	{"staff_account", "/staff/account", STAFF, CLASS_STAFF, web_staff_account, 0, NULL},
	{"staff_session_end", "/staff/sessions/{id}/end", ACT, CLASS_STAFF,
		web_staff_session_end, SMALL, NULL},
	{"staff_password", "/staff/password", FORM, CLASS_STAFF, web_staff_password, SMALL,
		NULL},
	{"staff_second", "/staff/second", FORM, CLASS_STAFF, web_staff_second, SMALL, NULL},
	{"staff_second", "/staff/second/begin", ACT, CLASS_STAFF, web_staff_second_begin, SMALL,
		NULL},
	{"staff_second", "/staff/second/codes", ACT, CLASS_STAFF, web_staff_second_codes, SMALL,
		NULL},
	{"staff_users", "/staff/users", STAFF, CLASS_STAFF, web_staff_users, 0, NULL},
	{"staff_user_new", "/staff/users/new", FORM, CLASS_STAFF, web_staff_user_new, SMALL,
		NULL},
	{"staff_user_reset", "/staff/users/{account}/reset", ACT, CLASS_STAFF,
		web_staff_user_reset, SMALL, NULL},
	{"staff_user_end", "/staff/users/{account}/end", ACT, CLASS_STAFF, web_staff_user_end,
		SMALL, NULL},

	/* the app on the phone */
	{"staff_bare", "/staff", ROUTE_GET, CLASS_STATIC, web_staff_bare, 0, NULL},
	{"staff_queue", "/staff/queue", ROUTE_GET | ROUTE_VISITOR, CLASS_STAFF, web_staff_queue,
		0, NULL},
	{"staff_app", "/staff/{file}", ROUTE_GET, CLASS_STATIC, web_phone_file, 0, NULL},

	/* offices: the board */
	{"staff_board", "/staff/board", FORM, CLASS_STAFF, web_staff_board, SMALL, NULL},
	{"staff_status", "/staff/status", STAFF, CLASS_STAFF, web_staff_status, 0, NULL},
	{"staff_coverage", "/staff/coverage", STAFF, CLASS_STAFF, web_staff_coverage, 0, NULL},

	/* offices: labels, companies, the audit */
	{"staff_labels", "/staff/labels", FORM, CLASS_STAFF, web_staff_labels, SMALL, NULL},
	{"staff_batches", "/staff/labels/batches", STAFF, CLASS_STAFF, web_staff_batches, 0,
		NULL},
	{"staff_label_bind", "/staff/labels/bind", FORM, CLASS_STAFF, web_staff_label_bind,
		SMALL, NULL},
	{"staff_label_replace", "/staff/labels/replace", FORM, CLASS_STAFF,
		web_staff_label_replace, SMALL, NULL},
	{"staff_label_void", "/staff/labels/void", FORM, CLASS_STAFF, web_staff_label_void,
		SMALL, NULL},
	{"staff_batch", "/staff/labels/{batch}", STAFF, CLASS_STAFF, web_staff_batch, 0, NULL},
	{"staff_batch_file", "/staff/labels/{batch}/pdf", STAFF, CLASS_STAFF,
		web_staff_batch_file, 0, NULL},
	{"staff_notices", "/staff/notices", FORM, CLASS_STAFF, web_staff_notices, SMALL, NULL},
	{"staff_notice", "/staff/notices/{notice}", STAFF, CLASS_STAFF, web_staff_notice, 0,
		NULL},
	{"staff_notice_file", "/staff/notices/{notice}/pdf", STAFF, CLASS_STAFF,
		web_staff_notice_file, 0, NULL},
	{"staff_events", "/staff/events", FORM, CLASS_STAFF, web_staff_events, SMALL, NULL},
	{"staff_event", "/staff/events/{event}", FORM, CLASS_STAFF, web_staff_event, SMALL,
		NULL},
	{"staff_surveys", "/staff/surveys", FORM, CLASS_STAFF, web_staff_surveys, SMALL, NULL},
	{"staff_survey", "/staff/surveys/{survey}", FORM, CLASS_STAFF, web_staff_survey, SMALL,
		NULL},
	{"staff_survey_poster", "/staff/surveys/{survey}/poster", STAFF, CLASS_STAFF,
		web_staff_survey_poster, 0, NULL},
	{"staff_survey_paper", "/staff/surveys/{survey}/paper", FORM, CLASS_STAFF,
		web_staff_survey_paper, SMALL, NULL},
	{"staff_filings", "/staff/filings", STAFF, CLASS_STAFF, web_staff_filings, 0, NULL},
	{"staff_filing", "/staff/filings/{party}", FORM, CLASS_STAFF, web_staff_filing, SMALL,
		NULL},
	{"staff_admin", "/staff/admin", STAFF, CLASS_STAFF, web_staff_admin, 0, NULL},
	{"staff_admin_list", "/staff/admin/{what}", STAFF, CLASS_STAFF, web_staff_admin_list, 0,
		NULL},
	{"staff_admin_form", "/staff/admin/{what}/{key}", FORM, CLASS_STAFF,
		web_staff_admin_form, SMALL, NULL},
	{"staff_audit", "/staff/audit", STAFF, CLASS_STAFF, web_staff_audit, 0, NULL},
	{"staff_audit_csv", "/staff/audit.csv", STAFF, CLASS_STAFF, web_staff_audit_csv, 0,
		NULL},

	/* reminders */
	{"feed", "/feed/{token}.ics", ROUTE_GET | ROUTE_SECRET, CLASS_STAFF, web_feed_calendar,
		0, NULL},
	{"feed", "/feed/{token}.atom", ROUTE_GET | ROUTE_SECRET, CLASS_STAFF, web_feed_atom, 0,
		NULL},
	{"staff_inbox", "/staff/inbox", FORM, CLASS_STAFF, web_staff_inbox, SMALL, NULL},
	{"staff_outbox", "/staff/outbox", FORM, CLASS_STAFF, web_staff_outbox, SMALL, NULL},

	/* what residents report */
	{"staff_tickets", "/staff/tickets", FORM, CLASS_STAFF, web_staff_tickets, SMALL, NULL},
	{"staff_ticket_texts", "/staff/tickets/texts", FORM, CLASS_STAFF,
		web_staff_ticket_texts, SMALL, NULL},
	{"staff_ticket", "/staff/tickets/{ticket}", FORM, CLASS_STAFF, web_staff_ticket, SMALL,
		NULL},

	/* tables brought and taken */
	{"staff_import", "/staff/import", WITH_FILE, CLASS_STAFF, web_staff_import,
		LIMIT_IMPORT_BYTES + LIMIT_BODY_SMALL, web_staff_import_may},
	{"staff_import_one", "/staff/import/{import}", FORM, CLASS_STAFF, web_staff_import_one,
		SMALL, NULL},
	{"staff_export", "/staff/export", FORM, CLASS_STAFF, web_staff_export, SMALL, NULL},
	{"staff_export_one", "/staff/export/{export}", STAFF, CLASS_STAFF, web_staff_export_one,
		0, NULL},
	{"staff_export_file", "/staff/export/{export}/file", STAFF, CLASS_STAFF,
		web_staff_export_file, 0, NULL},
	{"staff_numbers", "/staff/numbers", STAFF, CLASS_STAFF, web_staff_numbers, 0, NULL},
	{"staff_numbers_csv", "/staff/numbers.csv", STAFF, CLASS_STAFF, web_staff_numbers_csv,
		0, NULL},
	{"staff_import_refused", "/staff/import/{import}/refused.csv", STAFF, CLASS_STAFF,
		web_staff_import_refused, 0, NULL},

	/* for the script of the pages */
	{"staff_token", "/staff/token", API, CLASS_STAFF, web_staff_token, 0, NULL},
	{"staff_today", "/staff/today.json", API, CLASS_STAFF, web_staff_today, 0, NULL},
	{"staff_blob", "/staff/blobs/{sha}", PIECES, CLASS_STAFF, web_staff_blob,
		LIMIT_BLOB_PIECE, web_staff_blob_may},
};

/* The catalogues were numbered by the Makefile, the languages by request.h: they must agree. */
static enum rc init(const struct site *site, struct err *e)
{
	office_templates_load();
	phone_init();
	(void)site;
	if (site_tpl.nlang != LANG_COUNT)
		return err_set(e, RC_INTERNAL, "%d message catalogues for %d languages",
			site_tpl.nlang, LANG_COUNT);
	for (int l = 0; l < LANG_COUNT; l++)
		if (strcmp(site_tpl.lang[l].tag, lang_tag((enum lang)l)) != 0)
			return err_set(e, RC_INTERNAL, "catalogue %d is %s, not %s", l,
				site_tpl.lang[l].tag, lang_tag((enum lang)l));
	return RC_OK;
}

const struct web_ops web_ops = {
	.routes = routes,
	.nroutes = sizeof routes / sizeof routes[0],
	.error_page = web_error_page,
	.refusal = web_refusal,
	.style_src = site_style_src,
	.init = init,
	.staff = &web_staff_pages,
};
