"""What rights.py tries: every route behind the login, by whom, with what; t is what the town has."""

import hashlib
import json
import sys
from datetime import datetime, timedelta, timezone

t = json.load(open(sys.argv[3]))
STALE = "stale"  # the valid form, with the password ten minutes old

def ago(minutes):
    return (datetime.now(timezone(timedelta(hours=8))) - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


# A record that would be taken, with the photo of one that is there; and the same with two slips.
record = {"from": ago(90), "to": ago(30), "party-cleaner": t["firm"], "fields-workers": "2", "fields-disinfectant": "x"}
clean = {**record, "key": "11111111-2222-4333-8444-555555555555", "kept-before": t["photo"], "kept-after": t["photo"]}
change = {**record, "key": t["published"], "rev": "2", "reason": "r", "kept-before": t["public_photo"],
          "kept-after": t["public_photo"]}
away_change = {**change, "key": t["away_published"], "kept-before": t["away_photo"], "kept-after": t["away_photo"]}


def slips(form):
    return {**form, "to": "", "fields-workers": "two"}


void = {"codes": t["label"], "reason": "lost"}
user = {"login": "new-one", "name": "New", "role": "inspector", "org": "310107005000"}
heat = {"what": "heat", "org": "310107005000", "duty": "roof_tank/clean", "on": datetime.now().date().isoformat(),
        "within": "7", "unit": "days", "basis": "b"}
survey = {"title": "t", "purpose": "p", "org": "310107005000", "from": ago(1440)[:10], "to": ago(-1440)[:10], "levels": "q"}
paper = {"key": "11111111-2222-4333-8444-777777777777", "place": "x", "l-1": "5"}
company = {"name": "新公司"}
spot = {"name": "新小区", "org": "310107005000"}
seen = {"key": "11111111-2222-4333-8444-666666666666", "what": "foreign", "to": ago(5)}
said = {"key": "11111111-2222-4333-8444-777777777777", "kind": "reply", "words": "w"}
reason = {"reason": "r", "rev": "1"}
hook = {"do": "add", "kind": "webhook", "target": "https://hook.example.org/x"}
UPLOAD = "upload"
#  route, method, address, form of those who may not, form of those who may,
#                                                            nobody ins mgr off sup adm aud
table = {"what": "facilities", "format": "csv"}
ACTS = [
    ("staff_home", "GET", "/staff/", None, None, "303 200 200 200 200 200 200"),
    ("staff_search", "GET", "/staff/search?q=1", None, None, "303 200 200 200 200 200 200"),
    ("staff_scan", "GET", "/staff/s?code={A}", None, None, "303 303 303 303 303 303 303"),
    ("staff_scan", "GET", "/staff/s?code={away_label}", None, None, "303 200 200 200 200 200 200"),
    ("staff_scan", "GET", "/staff/s?code={X}", None, None, "303 200 200 200 200 200 200"),
    ("staff_facility", "GET", "/staff/f/{A}", None, None, "303 200 200 200 200 200 200"),
    ("staff_facility", "GET", "/staff/f/{X}", None, None, "303 404 404 404 404 404 404"),
    ("staff_sticker", "GET", "/staff/f/{A}/sticker", None, None, "303 200 200 200 200 200 403"),
    ("staff_sticker", "GET", "/staff/f/{X}/sticker", None, None, "303 404 404 404 404 404 404"),
    ("staff_sticker", "POST", "/staff/f/{A}/sticker", seen, {**seen, "what": ""}, "401 422 422 422 422 422 403"),
    ("staff_sticker", "POST", "/staff/f/{X}/sticker", seen, seen, "401 404 404 404 404 404 403"),
    ("staff_new", "GET", "/staff/f/{A}/new?type=clean", None, None, "303 200 200 200 403 403 403"),
    ("staff_new", "GET", "/staff/f/{X}/new?type=clean", None, None, "303 403 403 403 403 403 403"),
    ("staff_new", "POST", "/staff/f/{A}/new?type=clean", clean, slips(clean), "401 422 422 422 403 403 403"),
    ("staff_new", "POST", "/staff/f/{X}/new?type=clean", clean, clean, "401 403 403 403 403 403 403"),
    ("staff_record", "GET", "/staff/r/{waiting}", None, None, "303 200 200 200 200 200 200"),
    ("staff_record", "GET", "/staff/r/{away}", None, None, "303 404 404 404 404 404 404"),
    ("staff_record", "GET", "/staff/r/{away_published}", None, None, "303 404 404 404 404 404 404"),
]
for what, form, later, may in (
        ("confirm", {"rev": "1"}, {"rev": "9"}, "401 403 409 409 409 403 403"),
        ("return", reason, {"rev": "9", "reason": "r"}, "401 403 409 409 409 409 403")):
    ACTS.append(("staff_record", "POST", "/staff/r/{waiting}", {"act": what, **form}, {"act": what, **later}, may))
    ACTS.append(("staff_record", "POST", "/staff/r/{away}", {"act": what, **form}, {"act": what, **form},
                 "401 " + " ".join("403" if s == "403" else "404" for s in may.split()[1:])))
ACTS += [
    ("staff_record", "POST", "/staff/r/{published}", {"act": "withdraw", "reason": "r", "rev": "2"},
     {"act": "withdraw", "reason": "r", "rev": "9"}, "401 403 403 409 409 409 403"),
    ("staff_record", "POST", "/staff/r/{away_published}", {"act": "withdraw", "reason": "r", "rev": "2"},
     {"act": "withdraw", "reason": "r", "rev": "2"}, "401 403 403 404 404 404 403"),
    # a draft is its author's alone
    ("staff_record", "POST", "/staff/r/{draft}", {"act": "submit", "rev": "1"}, {"act": "submit", "rev": "9"},
     "401 409 404 404 403 403 403"),
    ("staff_record", "POST", "/staff/r/{waiting}", {"act": "sign"}, {"act": "sign"}, "401 403 409 409 409 403 403"),
    ("staff_record", "POST", "/staff/r/{away}", {"act": "sign"}, {"act": "sign"}, "401 403 404 404 404 403 403"),
    ("staff_edit", "GET", "/staff/r/{published}/edit", None, None, "303 403 200 200 200 200 403"),
    ("staff_edit", "GET", "/staff/r/{away_published}/edit", None, None, "303 404 404 404 404 404 404"),
    ("staff_edit", "POST", "/staff/r/{published}/edit", change, slips(change), "401 403 422 422 422 422 403"),
    ("staff_edit", "POST", "/staff/r/{away_published}/edit", away_change, away_change, "401 404 404 404 404 404 404"),
    ("staff_redact", "GET", "/staff/r/{published}/redact?pos=1", None, None, "303 403 403 200 200 200 403"),
    ("staff_redact", "GET", "/staff/r/{away_published}/redact?pos=1", None, None, "303 404 404 404 404 404 404"),
    ("staff_redact", "POST", "/staff/r/{published}/redact", {"pos": "1", "rev": "2", "ground": "g", "act": "remove"},
     {"pos": "1", "rev": "9", "ground": "g", "act": "remove"}, "401 403 403 409 409 409 403"),
    ("staff_redact", "POST", "/staff/r/{away_published}/redact", {"pos": "1", "rev": "2", "ground": "g", "act": "remove"},
     {"pos": "1", "rev": "2", "ground": "g", "act": "remove"}, "401 403 403 404 404 404 403"),
    ("staff_photo", "GET", "/staff/p/{photo}-320.jpg", None, None, "303 200 200 200 200 200 200"),
    ("staff_photo", "GET", "/staff/p/{away_photo}-320.jpg", None, None, "303 404 404 404 404 404 404"),
    ("staff_report", "GET", "/staff/report/{pdf}.pdf", None, None, "303 200 200 200 200 200 200"),
    ("staff_report", "GET", "/staff/report/{away_pdf}.pdf", None, None, "303 404 404 404 404 404 404"),
    ("staff_account", "GET", "/staff/account", None, None, "303 200 200 200 200 200 200"),
    ("staff_password", "GET", "/staff/password", None, None, "303 200 200 200 200 200 200"),
    ("staff_second", "GET", "/staff/second", None, None, "303 200 200 200 200 200 200"),
    ("staff_again", "GET", "/staff/again", None, None, "303 200 200 200 200 200 200"),
    ("staff_session_end", "POST", "/staff/sessions/{far_session}/end", {}, {}, "401 404 404 404 404 404 404"),
    ("staff_users", "GET", "/staff/users", None, None, "303 403 403 200 200 200 403"),
    ("staff_user_new", "GET", "/staff/users/new", None, None, "303 403 403 200 200 200 403"),
    ("staff_user_new", "POST", "/staff/users/new", user, {}, "401 403 403 422 422 422 403"),
    ("staff_user_new", "POST", "/staff/users/new", dict(user, org="310110000000"), dict(user, org="310110000000"),
     "401 403 403 422 422 422 403"),
    ("staff_user_new", "POST", "/staff/users/new", dict(user, role="admin"), dict(user, role="admin", org="310107000000"),
     "401 403 403 422 422 428 403", "stale for the admin"),
    ("staff_user_reset", "POST", "/staff/users/{victim}/reset", {}, STALE, "401 403 403 428 428 428 403"),
    ("staff_user_reset", "POST", "/staff/users/{far}/reset", {}, {}, "401 403 403 404 404 404 403"),
    ("staff_user_end", "POST", "/staff/users/{victim}/end", {}, STALE, "401 403 403 428 428 428 403"),
    ("staff_user_end", "POST", "/staff/users/{far}/end", {}, {}, "401 403 403 404 404 404 403"),
    ("staff_labels", "GET", "/staff/labels", None, None, "303 403 403 200 200 200 403"),
    ("staff_labels", "POST", "/staff/labels", {"w": "blank", "n": "1", "t": "a4-24", "s": "1"}, STALE,
     "401 403 403 428 428 428 403"),
    ("staff_board", "GET", "/staff/board", None, None, "303 403 200 200 200 200 200"),
    ("staff_board", "GET", "/staff/board?org=310110000000", None, None, "303 403 200 404 404 404 404"),
    ("staff_status", "GET", "/staff/status", None, None, "303 200 200 200 200 200 200"),
    ("staff_coverage", "GET", "/staff/coverage", None, None, "303 403 200 200 200 200 200"),
    ("staff_coverage", "GET", "/staff/coverage?org=310110000000", None, None, "303 403 200 404 404 404 404"),
    ("staff_board", "POST", "/staff/board", {"do": "remind", "f-" + t["A"]: "on"}, {"do": "remind"},
     "401 403 403 422 422 422 403"),
    ("staff_batches", "GET", "/staff/labels/batches", None, None, "303 403 403 200 200 200 403"),
    ("staff_batch", "GET", "/staff/labels/{batch}", None, None, "303 403 403 200 200 200 403"),
    ("staff_batch", "GET", "/staff/labels/{away_batch}", None, None, "303 403 403 404 404 404 403"),
    ("staff_batch_file", "GET", "/staff/labels/{batch}/pdf", None, None, "303 403 403 200 200 200 403"),
    ("staff_batch_file", "GET", "/staff/labels/{away_batch}/pdf", None, None, "303 403 403 404 404 404 403"),
    ("staff_notices", "GET", "/staff/notices?f={A}", None, None, "303 200 200 200 200 200 200"),
    ("staff_notices", "GET", "/staff/notices?f={X}", None, None, "303 404 404 404 404 404 404"),
    ("staff_notices", "POST", "/staff/notices", {"r": t["published"]}, {"r": t["waiting"]},
     "401 409 409 409 409 409 409"),
    ("staff_notices", "POST", "/staff/notices", {"r": t["away_published"]}, {"r": t["away_published"]},
     "401 404 404 404 404 404 404"),
    ("staff_notice", "GET", "/staff/notices/{notice}", None, None, "303 200 200 200 200 200 200"),
    ("staff_notice", "GET", "/staff/notices/{away_notice}", None, None, "303 404 404 404 404 404 404"),
    ("staff_notice_file", "GET", "/staff/notices/{notice}/pdf", None, None, "303 200 200 200 200 200 200"),
    ("staff_notice_file", "GET", "/staff/notices/{away_notice}/pdf", None, None, "303 404 404 404 404 404 404"),
    ("staff_reply_form", "GET", "/staff/r/{published}/reply", None, None, "303 200 200 403 403 403 403"),
    # a firm answers whatever it is named on
    ("staff_reply_form", "GET", "/staff/r/{away_published}/reply", None, None, "303 200 403 403 403 403 403"),
    ("staff_reply_form", "POST", "/staff/r/{published}/reply", said, {**said, "kind": ""}, "401 422 422 403 403 403 403"),
    ("staff_reply_form", "POST", "/staff/r/{waiting}/reply", said, said, "401 404 404 403 403 403 403"),
    ("staff_replies", "GET", "/staff/replies", None, None, "303 200 200 200 200 200 403"),
    ("staff_reply", "GET", "/staff/replies/{reply}", None, None, "303 200 404 200 200 200 403"),
    ("staff_reply", "GET", "/staff/replies/{away_reply}", None, None, "303 200 404 404 404 404 403"),
    ("staff_reply", "POST", "/staff/replies/{reply}", {"act": "publish"}, {"act": "hide", "words": "w"},
     "401 403 403 409 409 409 403"),
    ("staff_reply", "POST", "/staff/replies/{away_reply}", {"act": "publish"}, {"act": "publish"},
     "401 403 403 404 404 404 403"),
    ("staff_label_bind", "GET", "/staff/labels/bind", None, None, "303 403 403 200 200 200 403"),
    ("staff_label_bind", "POST", "/staff/labels/bind", {"code": t["label"], "facility": t["A"]},
     {"code": t["label"]}, "401 403 403 422 422 422 403"),
    ("staff_label_bind", "POST", "/staff/labels/bind", {"code": t["label"], "facility": t["X"]},
     {"code": t["label"], "facility": t["X"]}, "401 403 403 404 404 404 403"),
    ("staff_label_bind", "POST", "/staff/labels/bind", {"code": t["away_label"], "facility": t["A"]},
     {"code": t["away_label"], "facility": t["A"]}, "401 403 403 404 404 404 403"),
    ("staff_label_replace", "GET", "/staff/labels/replace", None, None, "303 403 403 200 200 200 403"),
    ("staff_label_replace", "POST", "/staff/labels/replace", {"code": t["label"]}, {"code": "AAAAAAAAA"},
     "401 403 403 422 422 422 403"),
    ("staff_label_replace", "POST", "/staff/labels/replace", {"code": t["away_label"]}, {"code": t["away_label"]},
     "401 403 403 404 404 404 403"),
    ("staff_label_void", "GET", "/staff/labels/void", None, None, "303 403 403 200 200 200 403"),
    ("staff_label_void", "POST", "/staff/labels/void", void, {"codes": t["label"]}, "401 403 403 422 422 422 403"),
    ("staff_label_void", "POST", "/staff/labels/void", void, STALE, "401 403 403 428 428 428 403"),
    ("staff_label_void", "POST", "/staff/labels/void", dict(void, codes=t["away_label"]),
     dict(void, codes=t["away_label"]), "401 403 403 404 404 404 403"),
    ("staff_label_void", "POST", "/staff/labels/void", {"batch": t["away_batch"], "reason": "r"},
     {"batch": t["away_batch"], "reason": "r"}, "401 403 403 404 404 404 403"),
    ("staff_events", "GET", "/staff/events", None, None, "303 403 403 200 200 200 403"),
    ("staff_events", "POST", "/staff/events", heat, {"org": "310110000000"}, "401 403 403 422 422 422 403"),
    ("staff_surveys", "GET", "/staff/surveys", None, None, "303 403 403 200 200 200 403"),
    ("staff_surveys", "POST", "/staff/surveys", survey, {**survey, "org": "310110000000"}, "401 403 403 422 422 422 403"),
    ("staff_survey", "GET", "/staff/surveys/999", None, None, "303 403 403 404 404 404 403"),
    ("staff_survey", "POST", "/staff/surveys/999", {"do": "release"}, {"do": "release"}, "401 403 403 404 404 404 403"),
    ("staff_survey_poster", "GET", "/staff/surveys/999/poster", None, None, "303 403 403 404 404 404 403"),
    ("staff_survey_paper", "GET", "/staff/surveys/999/paper", None, None, "303 403 403 404 404 404 403"),
    ("staff_survey_paper", "POST", "/staff/surveys/999/paper", paper, paper, "401 403 403 404 404 404 403"),
    ("staff_event", "GET", "/staff/events/999", None, None, "303 403 403 404 404 404 403"),
    ("staff_event", "POST", "/staff/events/999", {"reason": "r"}, {"reason": "r"}, "401 403 403 404 404 404 403"),
    ("staff_import", "GET", "/staff/import", None, None, "303 403 403 200 403 200 403"),
    ("staff_import", "POST", "/staff/import", {"what": "facilities"}, {"what": "facilities"},
     "401 403 403 422 403 422 403"),
    ("staff_import_one", "GET", "/staff/import/{import}", None, None, "303 403 403 200 403 200 403"),
    ("staff_import_one", "GET", "/staff/import/{away_import}", None, None, "303 403 403 404 403 404 403"),
    ("staff_import_one", "POST", "/staff/import/{import}", {"do": "drop"}, {"do": "apply"},
     "401 403 403 409 403 409 403"),
    ("staff_import_one", "POST", "/staff/import/{import}", {"do": "drop"}, STALE, "401 403 403 428 403 428 403"),
    ("staff_import_one", "POST", "/staff/import/{away_import}", {"do": "drop"}, {"do": "drop"},
     "401 403 403 404 403 404 403"),
    ("staff_import_refused", "GET", "/staff/import/{import}/refused.csv", None, None, "303 403 403 200 403 200 403"),
    ("staff_import_refused", "GET", "/staff/import/{away_import}/refused.csv", None, None,
     "303 403 403 404 403 404 403"),
    ("staff_export", "GET", "/staff/export", None, None, "303 403 200 200 200 200 200"),
    ("staff_export", "POST", "/staff/export", table, {"what": "x", "format": "csv"}, "401 403 422 422 422 422 422"),
    ("staff_export", "POST", "/staff/export", table, STALE, "401 403 428 428 428 428 428"),
    # a table is its maker's alone
    ("staff_export_one", "GET", "/staff/export/{export}", None, None, "303 403 404 200 404 404 404"),
    ("staff_export_file", "GET", "/staff/export/{export}/file", None, None, "303 403 404 200 404 404 404"),
    ("staff_numbers", "GET", "/staff/numbers", None, None, "303 403 200 200 200 200 200"),
    ("staff_numbers", "GET", "/staff/numbers?org=310110000000", None, None, "303 403 404 403 403 403 403"),
    ("staff_numbers_csv", "GET", "/staff/numbers.csv", None, None, "303 403 200 200 200 200 200"),
    ("staff_filings", "GET", "/staff/filings", None, None, "303 403 403 200 200 200 403"),
    ("staff_filing", "GET", "/staff/filings/{firm}", None, None, "303 403 403 200 200 200 403"),
    ("staff_filing", "POST", "/staff/filings/new", company, {}, "401 403 403 422 422 422 403"),
    ("staff_filing", "POST", "/staff/filings/{firm}", {"number": "n", "from": "2026-01-02"}, {"number": "n", "from": "x"},
     "401 403 403 422 422 422 403"),
    ("staff_admin", "GET", "/staff/admin", None, None, "303 403 403 403 403 200 403"),
    ("staff_admin_list", "GET", "/staff/admin/place", None, None, "303 403 403 403 403 200 403"),
    ("staff_admin_form", "GET", "/staff/admin/office/new", None, None, "303 403 403 403 403 200 403"),
    ("staff_admin_form", "GET", "/staff/admin/office/310110000000", None, None, "303 403 403 403 403 404 403"),
    ("staff_admin_form", "POST", "/staff/admin/place/new", spot, {}, "401 403 403 403 403 422 403"),
    ("staff_admin_form", "POST", "/staff/admin/place/new", dict(spot, org="310110000000"),
     dict(spot, org="310110000000"), "401 403 403 403 403 422 403"),
    ("staff_admin_form", "POST", "/staff/admin/place/new", spot, STALE, "401 403 403 403 403 428 403"),
    # kinds are for an office without parent
    ("staff_admin_form", "POST", "/staff/admin/kind/new", {"code": "x"}, {"code": "x"}, "401 403 403 403 403 403 403"),
    ("staff_audit", "GET", "/staff/audit", None, None, "303 403 403 403 403 200 200"),
    ("staff_audit_csv", "GET", "/staff/audit.csv", None, None, "303 403 403 403 403 200 200"),
    ("staff_inbox", "GET", "/staff/inbox", None, None, "303 200 200 200 200 200 200"),
    ("staff_inbox", "POST", "/staff/inbox", {"do": "end", "feed": "1"}, {"do": "end", "feed": "1"},
     "401 404 404 404 404 404 404"),
    ("staff_outbox", "GET", "/staff/outbox", None, None, "303 403 403 403 403 200 403"),
    ("staff_outbox", "POST", "/staff/outbox", hook, dict(hook, target=""), "401 403 403 403 403 422 403"),
    ("staff_outbox", "POST", "/staff/outbox", hook, STALE, "401 403 403 403 403 428 403"),
    ("staff_outbox", "POST", "/staff/outbox", dict(hook, org="310110000000"), dict(hook, org="310110000000"),
     "401 403 403 403 403 422 403"),
    ("staff_tickets", "GET", "/staff/tickets", None, None, "303 403 200 200 200 200 403"),
    ("staff_tickets", "POST", "/staff/tickets", {"do": "join", "id[]": "999"}, {"do": "join"}, "401 403 403 422 422 422 403"),
    ("staff_ticket", "GET", "/staff/tickets/999", None, None, "303 403 404 404 404 404 403"),
    # a firm has what an office sent out to it, which this was not
    ("staff_ticket", "POST", "/staff/tickets/{ticket}", {"do": "contact"}, {"do": "contact"},
     "401 403 404 200 200 200 403"),
    ("staff_ticket", "POST", "/staff/tickets/{away_ticket}", {"do": "contact"}, {"do": "contact"},
     "401 403 404 404 404 404 403"),
    ("staff_ticket", "POST", "/staff/tickets/999", {"do": "accept"}, {"do": "accept"}, "401 403 404 404 404 404 403"),
    ("staff_ticket_texts", "GET", "/staff/tickets/texts", None, None, "303 403 200 200 200 200 403"),
    ("staff_ticket_texts", "POST", "/staff/tickets/texts", {"title": "t", "words": "w"}, {"title": "t"},
     "401 403 403 422 422 422 403"),
    ("staff_token", "GET", "/staff/token", None, None, "401 200 200 200 200 200 200"),
    ("staff_today", "GET", "/staff/today.json", None, None, "401 200 200 200 200 200 200"),
    ("staff_blob", "HEAD", "/staff/blobs/" + "a" * 64, None, None, "401 200 200 200 200 200 403"),
    ("staff_blob", "PATCH", "/staff/blobs/" + "a" * 64, b"x", b"x", "401 422 422 422 422 422 403"),
    # open to all: they hold nothing of anybody's
    ("staff_queue", "GET", "/staff/queue", None, None, "200 200 200 200 200 200 200"),
    ("staff_bare", "GET", "/staff", None, None, "308 308 308 308 308 308 308"),
    ("staff_app", "GET", "/staff/sw.js", None, None, "200 200 200 200 200 200 200"),
    ("staff_login", "GET", "/staff/login", None, None, "200 200 200 200 200 200 200"),
    ("staff_totp", "GET", "/staff/totp", None, None, "303 200 200 200 200 200 200"),
    ("staff_invite", "GET", "/staff/invite/{invite}", None, None, "200 200 200 200 200 200 200"),
    ("sign", "GET", "/s/" + "A" * 43, None, None, "404 404 404 404 404 404 404"),
    ("sign_photo", "GET", "/s/" + "A" * 43 + "/{photo}.jpg", None, None, "404 404 404 404 404 404 404"),
]

# ---- every form without its token -------------------------------------------------------------------

A_TOKEN = "A" * 43
#  route: address, form, who sends it (None: a visitor), status of the same form as it should be sent
FORMS = {
    "sign": ("/s/" + A_TOKEN, {"ok": "yes"}, None, 404),
    "staff_login": ("/staff/login", {"login": "off", "password": "x"}, None, 401),
    "staff_invite": ("/staff/invite/" + t["invite"], {"password": "one two three four", "password2": "another one"}, None, 422),
    "staff_new": ("/staff/f/{A}/new?type=clean", clean, "ins", 303),
    "staff_record": ("/staff/r/{waiting}", {"act": "return", "rev": "1", "reason": "r"}, "off", 303),
    "staff_redact": ("/staff/r/{published}/redact", {"pos": "1", "rev": "2", "ground": "g", "act": "remove"}, "off", 303),
    # by then there is a revision 3
    "staff_edit": ("/staff/r/{published}/edit", change, "off", 409),
    "staff_totp": ("/staff/totp", {"code": "123456"}, "off", 401),
    "staff_again": ("/staff/again", {"password": "x"}, "off", 401),
    "staff_session_end": ("/staff/sessions/{far_session}/end", {}, "far", 303),
    "staff_password": ("/staff/password", {"password": "one two three four", "password2": "another one"}, "off", 422),
    "staff_second": ("/staff/second", {"code": "1"}, "off", 409),
    "staff_second_begin": ("/staff/second/begin", {}, "off", 200),
    "staff_second_codes": ("/staff/second/codes", {}, "sup", 409),
    "staff_user_new": ("/staff/users/new", user, "off", 200),
    "staff_user_reset": ("/staff/users/{victim}/reset", {}, "off", 200),
    "staff_user_end": ("/staff/users/{victim}/end", {}, "off", 303),
    "staff_admin_form": ("/staff/admin/place/new", spot, "adm", 303),
    "staff_labels": ("/staff/labels", {"w": "blank", "n": "1", "t": "a4-24", "s": "1"}, "off", 303),
    "staff_board": ("/staff/board", {"do": "labels", "f-" + t["A"]: "on"}, "off", 303),
    "staff_notices": ("/staff/notices", {"r": t["published"]}, "off", 303),
    "staff_label_bind": ("/staff/labels/bind", {"code": t["label"], "facility": t["A"]}, "off", 303),
    "staff_label_replace": ("/staff/labels/replace", {"code": t["label"]}, "off", 303),
    "staff_label_void": ("/staff/labels/void", {"batch": t["batch"], "reason": "r"}, "off", 303),
    "staff_import": ("/staff/import", {"what": "facilities"}, "off", 422),
    "staff_import_one": ("/staff/import/{import}", {"do": "drop"}, "off", 303),
    "staff_export": ("/staff/export", table, "off", 303),
    "staff_filing": ("/staff/filings/new", company, "off", 303),
    "staff_events": ("/staff/events", heat, "off", 303),
    "staff_surveys": ("/staff/surveys", survey, "off", 303),
    "staff_survey": ("/staff/surveys/1", {"do": "release"}, "off", 303),
    "staff_survey_paper": ("/staff/surveys/1/paper", paper, "off", 422),
    "staff_event": ("/staff/events/1", {"reason": "r"}, "off", 303),
    "staff_reply_form": ("/staff/r/{published}/reply", said, "mgr", 303),
    "staff_reply": ("/staff/replies/{reply}", {"act": "publish"}, "sup", 303),
    "staff_sticker": ("/staff/f/{A}/sticker", seen, "ins", 303),
    "staff_blob": ("/staff/blobs/" + hashlib.sha256(b"x").hexdigest(), b"x", "off", 204),
    "staff_inbox": ("/staff/inbox", {"do": "feed"}, "off", 200),
    "staff_outbox": ("/staff/outbox", hook, "adm", 200),
    "staff_tickets": ("/staff/tickets", {"do": "join", "id[]": "999"}, "off", 303),
    "staff_ticket": ("/staff/tickets/999", {"do": "accept"}, "off", 404),
    "staff_ticket_texts": ("/staff/tickets/texts", {"title": "t", "words": "w"}, "off", 303),
    "staff_logout": ("/staff/logout", {}, "off", 303),
}
