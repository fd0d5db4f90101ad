"""outbox_said.py hook FILE PATH SECRET: the requests for PATH; prints their number, that of their keys,
and "signed" if each bears the HMAC of its time and body.  mail FILE ADDRESS: the letter, as Python's
mail library reads it."""

import email
import email.policy
import hashlib
import hmac
import json
import re
import sys

what, path, key = sys.argv[1:4]
rows = [json.loads(x) for x in open(path, encoding="utf-8")]
if what == "hook":
    mine = [r for r in rows if r["path"] == key]
    keys = {r["head"]["idempotency-key"] for r in mine}
    good = bool(mine)
    for r in mine:
        t, v = re.fullmatch(r"t=(\d+),v1=([0-9a-f]{64})", r["head"]["qrsvc-signature"]).groups()
        want = hmac.new(bytes.fromhex(sys.argv[4]), f"{t}.{r['body']}".encode(), hashlib.sha256).hexdigest()
        body = json.loads(r["body"])
        good = good and hmac.compare_digest(v, want) and f'"{body["id"]}"' == r["head"]["idempotency-key"] \
            and r["head"]["content-type"] == "application/json" and "cookie" not in r["head"]
    print(len(mine), len(keys), "signed" if good else "not signed")
else:
    for r in rows:
        if f"<{key}>" in "".join(r["to"]):
            m = email.message_from_string(r["text"], policy=email.policy.default)
            assert all(len(x) <= 78 for x in r["text"].split("\r\n")), "long lines"
            print(m["From"], m["To"], m["Message-ID"], m["Auto-Submitted"], m["Subject"])
            print(m.get_content())
