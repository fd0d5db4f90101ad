"""Phones without patience: each makes records with photos and sends them as the app does, piece by
piece, again and again until the receipt is there.

    phones.py URL ACCOUNTS FORM PARTY PHOTOS SECONDS OUT

ACCOUNTS: a file of lines LOGIN COOKIE; PHOTOS: a folder of JPEG files.  For SECONDS new records are
begun; what was begun is finished (180 s at most).  OUT gets a line a record: KEY HASH PHOTO...; a record
without a receipt has "-" as its hash.  The last line of the output counts."""
import hashlib
import http.client
import json
import os
import random
import sys
import threading
import time
import urllib.parse
import uuid

url, accounts, form, party, photos, seconds, out = sys.argv[1:8]
host = urllib.parse.urlsplit(url).netloc
files = [open(os.path.join(photos, n), "rb").read() for n in sorted(os.listdir(photos))]
begun_until = time.monotonic() + float(seconds)
give_up = begun_until + 180
PIECE = 32768
lock = threading.Lock()
lines, tries, broken = [], 0, 0


class Again(Exception):
    """The line, the server or the database: later."""


def ask(cookie, method, path, body=None, **fields):
    global broken
    try:
        c = http.client.HTTPConnection(host, timeout=20)
        c.request(method, path, body, {"Cookie": cookie, "Accept": "application/json", "Origin": url,
                                       **{k.replace("_", "-"): v for k, v in fields.items()}})
        r = c.getresponse()
        data = r.read()
        c.close()
    except (OSError, http.client.HTTPException) as e:
        with lock:
            broken += 1
        raise Again(str(e)) from e
    if r.status >= 500 or r.status == 429:
        with lock:
            broken += 1
        raise Again(str(r.status))
    return r.status, r.headers, data


def send_photo(cookie, csrf, data):
    path = "/staff/blobs/" + hashlib.sha256(data).hexdigest()
    status, head, _ = ask(cookie, "HEAD", path)
    at = int(head["Upload-Offset"])
    while status != 200 or at < len(data):
        status, head, body = ask(cookie, "PATCH", path, data[at:at + PIECE], X_CSRF=csrf,
                                 Upload_Offset=str(at), Upload_Length=str(len(data)),
                                 Content_Type="application/offset+octet-stream")
        if status not in (204, 409):
            raise Again(f"{status} {body[:200]}")
        at = int(head["Upload-Offset"])
        if at >= len(data):
            return


def send(cookie, key, pics):
    status, _, body = ask(cookie, "GET", "/staff/token")
    if status != 200:
        raise Again(f"token {status}")
    csrf = json.loads(body)["csrf"]
    for data in pics:
        send_photo(cookie, csrf, data)
    fields = {"key": key, "csrf": csrf, "from": "2026-11-22T08:30", "to": "2026-11-22T09:30",
              "party-cleaner": party, "fields-workers": "2", "fields-disinfectant": "二氧化氯"}
    for slot, data in zip(("before", "after"), pics):
        fields[f"blob-photos-{slot}"] = hashlib.sha256(data).hexdigest()
    status, _, body = ask(cookie, "POST", form, urllib.parse.urlencode(fields),
                          Content_Type="application/x-www-form-urlencoded", X_CSRF=csrf)
    if status not in (200, 201):
        raise Again(f"{status} {body[:300]}")
    return json.loads(body)["receipt"]["hash"]


def phone(cookie, seed):
    global tries
    rnd = random.Random(seed)
    while time.monotonic() < begun_until:
        key, pics, got, why = str(uuid.UUID(int=rnd.getrandbits(128), version=4)), rnd.sample(files, 2), "-", ""
        while got == "-" and time.monotonic() < give_up:
            with lock:
                tries += 1
            try:
                got = send(cookie, key, pics)
            except Again as e:
                why = str(e)
                time.sleep(0.1 + rnd.random() / 2)
        with lock:
            lines.append(" ".join([key, got] + [hashlib.sha256(p).hexdigest() for p in pics]))
            if got == "-":
                print("no receipt:", why)


threads = []
for n, line in enumerate(open(accounts)):
    t = threading.Thread(target=phone, args=(line.split()[1], n))
    t.start()
    threads.append(t)
for t in threads:
    t.join()
with open(out, "w") as f:
    f.write("".join(x + "\n" for x in lines))
print(f"records {len(lines)} tries {tries} broken {broken}")
