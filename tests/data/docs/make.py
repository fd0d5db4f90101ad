#!/usr/bin/env python3
"""Writes documents.tsv (kind, key, document): published documents as the database makes them,
for tests that render pages without one; and names, which tells codes by what they show.  All dates stand around 2026-11-22, the day of the tests;
names and numbers are made up.  Run from the root of the tree: python3 tests/data/docs/make.py

Photos are the file photo.jpg with 1, 2, 3 or 4 line feeds behind it: four names for one picture.
The words (reference 7) are taken from sql/seed, so that pages are tried with the real ones.
"""
import datetime
import hashlib
import json
import os
import re
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
SEED = os.path.join(HERE, "../../../sql/seed")
TODAY = datetime.date(2026, 11, 22)
B32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ALL = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def check(eight):
    s = 0
    for c in eight:
        s = (s + ALL.index(c)) * 2 % 37
    return ALL[(38 - s) % 37]


def code(name):
    """A code that may be issued, the same for the same name."""
    for n in range(99):
        h = hashlib.sha256(f"{name}{n}".encode()).digest()
        eight = "".join(B32[b & 31] for b in h[:8])
        if check(eight) in B32:
            return eight + check(eight)


DOCS = {}


def write(kind, key, doc):
    DOCS[kind, key] = json.dumps(doc, ensure_ascii=False, separators=(",", ":"))


def day(d):
    return d.isoformat()


def ago(n):
    return TODAY - datetime.timedelta(days=n)


def instant(d, hhmm):
    return f"{day(d)}T{hhmm}:00+08:00"


def rid(name):
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "tests/" + name))


def sha(name):
    return hashlib.sha256(name.encode()).hexdigest()


def months(d, n):
    at = d.year * 12 + d.month - 1 + n
    y, m = divmod(at, 12)
    last = [31, 29 if y % 4 == 0 and (y % 100 or y % 400 == 0) else 28, 31, 30, 31, 30, 31, 31,
            30, 31, 30, 31][m]
    return datetime.date(y, m + 1, min(d.day, last))


# ---- words, from the seeds ------------------------------------------------------------------

def rows(text, table):
    body = re.search(r"INSERT INTO core\." + table + r" .*?VALUES(.*?)ON CONFLICT", text, re.S)
    return body.group(1)


def reference():
    words = open(os.path.join(SEED, "01_words.sql"), encoding="utf-8").read()
    kinds = open(os.path.join(SEED, "02_kinds.sql"), encoding="utf-8").read()
    ref = {"version": 7, "kinds": {}, "items": {}, "words": {}, "units": {}, "flags": {}}
    for c, data in re.findall(r"\('(\w+)', \d+, '(\{.*?\n\})'\)", kinds, re.S):
        ref["kinds"][c] = json.loads(data.replace("''", "'"))
    for c, unit, name, plain in re.findall(
            r"\('(\w+)', \d+, ('[^']*'|NULL), '(\{.*?\})', '(\{.*?\})'\)", rows(words, "item")):
        ref["items"][c] = {"name": json.loads(name), "plain": json.loads(plain)}
    for c, name in re.findall(r"\('(\w+)', \d+, '(\{.*?\})'", rows(words, "word")):
        ref["words"][c] = json.loads(name)
    for c, name in re.findall(r"\('([^']+)', '(\{.*?\})'\)", rows(words, "unit")):
        ref["units"][c] = json.loads(name)
    for c, name in re.findall(r"\('([^']+)', '(\{.*?\})'\)", rows(words, "flag")):
        ref["flags"][c] = json.loads(name)
    assert ref["items"]["e_coli"] and ref["words"]["absent"] and len(ref["flags"]) >= 3
    return ref


# ---- records --------------------------------------------------------------------------------

LE = lambda hi: {"op": "<=", "hi": hi}
NONE = {"op": "word", "word": "none"}
ITEMS = [
    ("turbidity", None, "0.32", None, "NTU", LE("1")),
    ("color", "<", "5", None, "degree", LE("15")),
    ("odor_taste", None, None, "none", None, NONE),
    ("visible_matter", None, None, "none", None, NONE),
    ("ph", None, "7.6", None, "pH", {"op": "between", "lo": "6.5", "hi": "8.5"}),
    ("total_chlorine", None, "0.18", None, "mg/L", {"op": "between", "lo": "0.05", "hi": "3"}),
    ("bacteria", None, "3", None, "CFU/mL", LE("100")),
    ("total_coliform", None, None, "not_detected", None, {"op": "word", "word": "not_detected"}),
]


def results(changes=None):
    out = []
    for item, op, num, word, unit, limit in ITEMS:
        r = {"item": item}
        if op:
            r["op"] = op
        if num:
            r["num"] = num
        if word:
            r["word"] = word
        if unit:
            r["unit"] = unit
        r["limit"] = limit
        r["verdict"] = "pass"
        r.update((changes or {}).get(item, {}))
        out.append(r)
    return out


def photo_sha(slot):
    n = 1 + ["before", "during", "after", "lid"].index(slot)
    with open(os.path.join(HERE, "photo.jpg"), "rb") as f:
        return hashlib.sha256(f.read() + b"\n" * n).hexdigest()


def photos(slots):
    sizes = {"lid": (1280, 640)}
    taken = {"before": "09:20", "during": "10:05", "after": "11:05", "lid": "11:20"}
    return [{"slot": s, "sha256": photo_sha(s), "w": sizes.get(s, (1280, 960))[0],
             "h": sizes.get(s, (1280, 960))[1], "taken": taken[s]} for s in slots]


def clean(name, seq, d, due=None, pics=(), party="清源水箱清洗队"):
    r = {"id": rid(f"{name}-{seq}"), "seq": seq, "rev": 1, "type": "clean",
         "from": instant(d, "09:20"), "to": instant(d, "11:20"), "received": instant(d, "12:00"),
         "published": instant(d, "16:40")}
    if due:
        r["due"] = day(due)
    r["late_days"] = max(0, (d - due).days) if due else 0
    r.update({"parties": [{"role": "cleaner", "name": party, "filing": "沪卫水备2025-0117"}],
              "fields": {"disinfectant": "次氯酸钠", "amount": "有效氯50 mg/L", "workers": 2},
              "results": [], "verdict": "none", "flags": [], "photos": photos(pics),
              "hash": sha(f"{name}{seq}h")})
    return r


def test(name, seq, d, verdict="pass", changes=None):
    return {"id": rid(f"{name}-{seq}"), "seq": seq, "rev": 1, "type": "test",
            "to": instant(d, "14:30"), "received": instant(d, "18:00"),
            "published": instant(d + datetime.timedelta(days=2), "16:40"), "late_days": 0,
            "parties": [{"role": "lab", "name": "城东水质检测站"}],
            "fields": {"report_no": "DX-2026-1114", "reported_on": day(d)},
            "results": results(changes), "limits_basis": "GB 5749-2022", "verdict": verdict,
            "flags": [], "photos": [], "hash": sha(f"{name}{seq}h"), "prev": sha("p")}


def line(r):
    out = {"id": r["id"], "type": r["type"], "date": r.get("date") or r["to"][:10]}
    if "due" in r:
        out["due"] = r["due"]
    out["late_days"] = r["late_days"]
    if r["verdict"] != "none":
        out["verdict"] = r["verdict"]
    if r["parties"]:
        out["party"] = r["parties"][0]["name"]
    return out


BASIS = "《上海市生活饮用水卫生监督管理办法》（2024年12月25日市政府令第14号修正）"
SAYS = {"clean": "：二次供水设施每半年清洗消毒一次", "test": "：水质每季度检测一次并向业主公示"}
ORG = {"code": "310107013000", "name": "桥东街道房屋管理所", "phone": "021-5550-0175"}


def facility(id_, records, duties, main="clean", **more):
    doc = {"ref": 7, "code": code("f-" + id_), "kind": "roof_tank",
           "place": {"code": code("place"), "name": "中环家园小区", "address": "凇桥东路111弄"},
           "building": "75号楼", "serves": "1–3单元96户", "params": {"volume": 18},
           "status": "in_service", "org": ORG,
           "parents": [{"code": "310107000000", "name": "桥东区"}],
           "manager": {"name": "中环物业服务中心", "phone": "400-000-0175"}, "duties": duties,
           "records": records[:5],
           "timeline": [line(r) for r in records if r["type"] == main][:12],
           "count": len(records)}
    if records:
        doc["latest"] = records[0]["published"]
    doc["since"] = "2021-03-01"
    doc.update(more)
    for k in [k for k, v in doc.items() if v is None and k != "manager"]:
        del doc[k]
    write("facility", doc["code"], doc)
    history(doc, records)
    for r in records:
        record(doc, r)
    label(id_, "active", facility=doc["code"], spot="2楼楼梯口")
    return doc


def label(name, state, **more):
    doc = {"ref": 7, "code": code("l-" + name), "state": state}
    doc.update(more)
    doc.setdefault("since", "2026-05-20")
    doc["org"] = ORG
    write("label", doc["code"], doc)
    NAMES[name] = doc["code"]
    return doc["code"]


NAMES = {}


def duty(type_, last, due, n, basis=BASIS, soon=30, why=None):
    d = {"type": type_}
    if last:
        d["last"] = day(last)
    if due:
        d["due"] = day(due)
    d.update({"soon_days": soon, "rule": "sh-" + type_, "months": n, "basis": basis + SAYS.get(type_, "")
              if basis is BASIS else basis})
    if why:
        d["why"] = why
    return d


def series(name, lasts, pics):
    """Cleanings newest first, each due six months after the one before."""
    out = []
    for i, d in enumerate(lasts):
        due = months(lasts[i + 1], 6) if i + 1 < len(lasts) else None
        out.append(clean(name, 2 * (len(lasts) - i), d, due, pics if i == 0 else ()))
    return out


def shanghai():
    d = datetime.date
    pics = ("before", "after", "lid")
    days = [d(2026, 11, 12), d(2026, 5, 14), d(2025, 11, 20), d(2025, 5, 14), d(2024, 11, 16)]
    cl = series("on_time", days, pics)
    t = test("on_time", 11, d(2026, 11, 12))
    on = facility("on_time", [t] + cl, [duty("clean", days[0], d(2027, 5, 12), 6),
                                        duty("test", days[0], d(2027, 2, 12), 3)])
    days = [d(2026, 6, 10), d(2025, 12, 11), d(2025, 6, 12)]
    posted = {"posted_h": 5, "post_hours": 24, "post_late_h": 0}
    facility("due_soon", [dict(test("due_soon", 9, d(2026, 9, 30)), **posted)] + series("due_soon", days, pics),
             [duty("clean", days[0], d(2026, 12, 10), 6),
              duty("test", d(2026, 9, 30), d(2026, 12, 30), 3)], building="72号楼",
             withdrawn=[{"id": rid("due_soon-2"), "type": "clean", "date": "2025-06-12",
                         "at": "2025-06-20T09:00:00+08:00", "reason": "登记到了别的楼"}])
    days = [d(2026, 4, 30), d(2025, 11, 3), d(2025, 5, 21), d(2024, 10, 30)]
    late = [test("overdue", 9, d(2026, 9, 2))] + series("overdue", days, pics)
    facility("overdue", late, [duty("clean", days[0], d(2026, 10, 30), 6),
                               duty("test", d(2026, 9, 2), d(2026, 12, 2), 3)],
             building="68号楼", serves="1–2单元64户")
    days = [d(2026, 8, 3), d(2026, 2, 5), d(2025, 8, 7)]
    bad = test("failed", 9, d(2026, 11, 16), "fail", {
        "turbidity": {"num": "1.84", "verdict": "fail"},
        "bacteria": {"num": "260", "verdict": "fail"},
        "total_chlorine": {"op": "<", "num": "0.05", "verdict": "fail"}})
    firm = "嘉禾物业服务公司（示例）"
    bad["replies"] = [
        {"kind": "reply", "party": firm, "at": "2026-11-17T10:20:00+08:00", "words": "加药泵已更换，水箱已再次冲洗。"},
        {"kind": "reply", "party": firm, "at": "2026-11-17T15:00:00+08:00", "hidden": {
            "at": "2026-11-18T09:00:00+08:00", "reason": "含他人电话", "office": ORG["name"]}},
        {"kind": "appeal", "party": firm, "at": "2026-11-17T16:00:00+08:00", "words": "采样点不对。", "state": "rejected",
         "due": "2026-12-08", "answer": {"at": "2026-11-20T11:00:00+08:00", "words": "采样点与方案一致。", "office": ORG["name"]}},
        {"kind": "retest", "party": firm, "at": "2026-11-18T09:30:00+08:00", "state": "accepted", "due": "2026-12-01",
         "answer": {"at": "2026-11-19T09:00:00+08:00", "office": ORG["name"]}}]
    sick = facility("failed", [bad] + series("failed", days, pics),
             [duty("clean", days[0], d(2026, 11, 16), 6, why={
                 "base": "failed", "on": "2026-11-16", "days": 0, "regular": "2027-02-03"}),
              duty("test", d(2026, 11, 16), d(2027, 2, 16), 3)], building="70号楼",
             failed={"record": bad["id"], "date": "2026-11-16"})
    record(sick, bad)
    facility("no_record", [], [
        duty("clean", None, d(2026, 12, 1), 6, why={"base": "since", "on": "2026-06-01"}),
        duty("test", None, d(2026, 9, 1), 3, why={"base": "rule", "on": "2026-06-01"})], building="80号楼",
             since="2026-06-01", manager=None)
    days = [d(2026, 8, 20)]
    work = duty("test", d(2026, 11, 20), d(2027, 1, 15), 3, why={
        "base": "record", "on": "2026-11-20", "provisional": True})
    del work["months"]
    work["work_days"] = 40
    facility("announced", series("announced", days, pics), [
        duty("clean", days[0], d(2026, 11, 25), 6, why={
            "base": "event", "on": "2026-11-20", "work_days": 3, "regular": "2027-02-20", "what": "typhoon",
            "basis": "沪防汛〔2026〕18号：台风过后三个工作日内清洗"}), work], building="76号楼")
    days = [d(2026, 3, 3), d(2025, 9, 5)]
    facility("suspended", series("suspended", days, ()), [duty("clean", days[0], d(2026, 9, 3), 6)],
             building="66号楼", status="suspended", status_since="2026-09-01",
             status_reason="屋面大修，改由市政直供水")
    facility("retired", series("retired", [d(2024, 3, 3)], ()),
             [duty("clean", d(2024, 3, 3), d(2024, 9, 3), 6)], building="2号泵房",
             status="retired", status_since="2024-08-15", status_reason="改为直供水，水箱拆除")
    days = [months(d(2026, 10, 8), -6 * i) for i in range(60)]
    many = series("many", days, pics)
    facility("many", many, [duty("clean", days[0], d(2027, 4, 8), 6)], building="74号楼",
                 name="1号水箱")
    record(on, dict(cl[1], rev=2), [
        {"rev": 1, "at": "2026-05-14T16:40:00+08:00", "hash": sha("r1")},
        {"rev": 2, "at": "2026-05-16T09:10:00+08:00", "reason": "更正完工时间", "hash": sha("r2")}])
    write("record", cl[1]["id"] + "/1", {
        "ref": 7, "facility": on["code"], "record": cl[1], "at": "2026-05-14T16:40:00+08:00",
        "newest": 2})
    office = ORG["name"]
    record(on, dict(cl[2], photos=photos(("before", "after")), report=sha("report"),
                    posted_h=73, post_hours=24, post_late_h=49, erased=["amount"],
                    withdrawn={"at": "2025-11-24T10:00:00+08:00", "reason": "登记到了别的楼",
                               "office": office},
                    redactions=[{"slot": "before", "at": "2025-11-22T08:30:00+08:00",
                                 "ground": "照片里有人脸", "office": office}],
                    photos_gone=[{"slot": "lid", "why": "erased"}]))
    return on


def history(f, records):
    old = records[::-1]
    n = max(1, (len(old) + 49) // 50)
    for c in range(n):
        write("history", f"{f['code']}/{c + 1}",
              {"ref": 7, "facility": f["code"], "chunk": c + 1, "chunks": n,
               "records": old[c * 50:c * 50 + 50][::-1]})


def record(f, r, revisions=None):
    write("record", r["id"], {"ref": 7, "facility": f["code"], "record": r,
                              "revisions": revisions or [{"rev": 1, "at": r["published"],
                                                          "hash": r["hash"]}]})


def nyc_record(name, seq, d, ecoli, verdict, flags):
    words = ["sediment", "biological_growth", "debris_insects", "rodent_bird"]
    out = [{"item": w, "word": "no_finding", "verdict": "none"} for w in words]
    absent = {"op": "word", "word": "absent"}
    out += [{"item": "total_coliform", "word": "absent", "limit": absent, "verdict": "pass"},
            {"item": "e_coli", "word": ecoli, "limit": absent,
             "verdict": "pass" if ecoli == "absent" else "fail"}]
    return {"id": rid(f"{name}-{seq}"), "seq": seq, "rev": 1, "type": "inspect", "date": day(d),
            "received": "2026-11-20T03:00:00+08:00", "published": "2026-11-20T03:00:00+08:00",
            "late_days": 0,
            "parties": [{"role": "inspector", "name": "ISSEKS BROS INC"},
                        {"role": "lab", "name": "ENVIRONMENTAL BUILDING SOLUTIONS LLC"}],
            "fields": {"confirmation": "WTI0694035597", "reporting_year": 2015,
                       "sample_collected": True, "lab_certified": False},
            "results": out, "limits_basis": "NYC Health Code 141.07", "verdict": verdict,
            "flags": flags, "photos": [], "source": "nyc-tanks", "hash": sha(name)}


def new_york():
    basis = "NYC Health Code 141.07: drinking-water tanks are inspected once a year"
    at = {"code": code("nyc-place"), "name": "333 EAST 56 STREET", "address": "MANHATTAN 10022"}
    org = {"code": "nyc", "name": "New York City Department of Health"}
    for name, ecoli, verdict, flags in (
            ("nyc", "absent", "pass", []),
            ("nyc_flag", "present", "fail", ["contradiction:coliform_ecoli"])):
        r = [nyc_record(name, 2, datetime.date(2015, 7, 30), ecoli, verdict, flags),
             nyc_record(name, 1, datetime.date(2014, 7, 29), "absent", "pass", [])]
        facility(name, r, [duty("inspect", datetime.date(2015, 7, 30),
                                datetime.date(2016, 7, 30), 12, basis)], "inspect",
                 place=at, building=None, serves=None, name="1",
                 params={"tank_no": "1", "bin": "1039984"}, org=org, parents=[], manager=None,
                 since="2014-07-29",
                 failed={"record": r[0]["id"], "date": "2015-07-30"} if flags else None)


def hostile():
    """Strings that break naive pages; they must come out as text."""
    nasty = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)> {{name}} &amp; \u202e\u0000"
    nasty = nasty.replace("\u0000", "")
    r = clean("hostile", 1, datetime.date(2026, 10, 1), None, ("before",), nasty)
    r["photos"] = photos(("before",))
    r["photos"][0]["slot"] = "\"><script>1</script>"
    r["fields"] = {"<b>key</b>": nasty, "amount": "javascript:alert(1)"}
    t = test("hostile", 2, datetime.date(2026, 10, 1), "fail", {
        "turbidity": {"num": "1</td><script>", "unit": "<i>NTU", "verdict": "fail"},
        "odor_taste": {"item": "<svg onload=alert(1)>", "word": "</table>"}})
    t["flags"] = ["<flag>"]
    t["source"] = "</style><script>"
    t["replies"] = [{"kind": "appeal", "party": nasty, "at": "2026-10-02T00:00:00+08:00", "words": nasty + "</table>\"",
                     "state": "done", "due": "2026-10-20", "result": "javascript:alert(5)",
                     "hidden": {"at": "x", "reason": "<h1>office", "office": "<b>key"},
                     "answer": {"at": "2026-10-03T00:00:00+08:00", "words": "<flag>", "office": nasty}}]
    f = facility("hostile", [t, r], [duty("clean", datetime.date(2026, 10, 1),
                                          datetime.date(2027, 4, 1), 6, nasty)],
                 name=nasty, building="</title><script>alert(2)</script>", serves="\" onmouseover=\"x",
                 place={"code": code("hostile-place"), "name": nasty, "address": nasty},
                 manager={"name": "javascript:alert(3)", "phone": "javascript:alert(4)"},
                 org={"code": "x", "name": "<h1>office", "phone": "+86 (21) 5550<b>"})
    record(f, t, [{"rev": 1, "at": "2026-10-01T00:00:00+08:00", "reason": nasty, "hash": "h"},
                  {"rev": 2, "at": "x", "reason": "</ol>", "hash": "h"}])


def main():
    write("reference", "7", reference())
    on = shanghai()
    new_york()
    hostile()
    at = code("place")
    write("place", at, {"ref": 7, "code": at, "name": "中环家园小区", "address": "凇桥东路111弄",
                        "org": ORG, "facilities": [code("f-" + n) for n in (
                            "on_time", "suspended", "overdue", "due_soon", "failed",
                            "no_record")]})
    at = code("empty-place")
    write("place", at, {"ref": 7, "code": at, "name": "新桥苑", "org": ORG, "facilities": []})
    label("place", "active", place=code("place"), spot="门卫室", alarm={"what": "not_here", "since": "2026-11-20"})
    label("void", "void", facility=on["code"], spot="2楼楼梯口", since="2026-09-03",
          reason="旧标签破损")
    label("replaced", "replaced", facility=on["code"], spot="2楼楼梯口", since="2026-09-03",
          reason="旧标签褪色", replaced_by=NAMES["on_time"])
    label("blank", "blank", printed="2026-11-01")
    NAMES.update({"f-" + n: code("f-" + n) for n in ("on_time", "many", "nyc", "hostile")})
    NAMES.update({"b-place": code("place"), "b-empty": code("empty-place"),
                  "r-clean": rid("on_time-10"), "r-test": rid("on_time-11"),
                  "r-revised": rid("on_time-8"), "r-withdrawn": rid("on_time-6"), "r-nyc": rid("nyc_flag-2"), "r-replied": rid("failed-9"),
                  "r-hostile": rid("hostile-2")})
    with open(os.path.join(HERE, "documents.tsv"), "w", encoding="utf-8") as f:
        for kind, key in sorted(DOCS):
            f.write(f"{kind}\t{key}\t{DOCS[kind, key]}\n")
    with open(os.path.join(HERE, "names"), "w", encoding="utf-8") as f:
        for k in sorted(NAMES):
            f.write(f"{k} {NAMES[k]}\n")


main()
