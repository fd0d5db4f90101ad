"""Posts one upload many times at once and counts what comes back.

  upload.py N AT_ONCE FORM_URL COOKIE CSRF NAME=VALUE... NAME=@FILE...

VALUE may hold {i}, the number of the post ({k}: in 12 digits). Prints a JSON object: status -> how often, "error" for
connections that broke off. With UNTIL=1 each post is repeated, with the same content, until it is
answered 303, at most for a minute; "tries" says how often that was in all.
"""
import collections
import concurrent.futures
import http.client
import json
import os
import sys
import time
import urllib.parse

BOUNDARY = '----upload-py-boundary'


def body_of(i, csrf, fields):
    parts = []
    for field in ['csrf=' + csrf, *fields]:
        name, value = field.split('=', 1)
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
        if value.startswith('@'):
            with open(value[1:].replace('{i}', str(i)), 'rb') as f:
                parts += [head.encode(), b'; filename="photo.jpg"\r\nContent-Type: image/jpeg\r\n\r\n', f.read(), b'\r\n']
        else:
            parts.append(f'{head}\r\n\r\n{value.replace("{k}", f"{i:012d}")}\r\n'.encode())
    parts.append(f'--{BOUNDARY}--\r\n'.encode())
    return parts


def post(url, cookie, parts):
    u = urllib.parse.urlsplit(url)
    c = http.client.HTTPConnection(u.hostname, u.port, timeout=100)
    try:
        c.putrequest('POST', u.path + ('?' + u.query if u.query else ''))
        for k, v in {'Cookie': cookie, 'Origin': f'http://{u.netloc}', 'Sec-Fetch-Site': 'same-origin',
                     'Content-Type': 'multipart/form-data; boundary=' + BOUNDARY,
                     'Content-Length': str(sum(map(len, parts)))}.items():
            c.putheader(k, v)
        c.endheaders()
        for p in parts:
            c.send(p)
        r = c.getresponse()
        r.read()
        return str(r.status)
    except OSError:
        return 'error'
    except http.client.HTTPException:
        return 'error'
    finally:
        c.close()


def one(i, url, cookie, csrf, fields, until):
    parts = body_of(i, csrf, fields)
    end = time.monotonic() + 60
    seen = []
    while True:
        seen.append(post(url, cookie, parts))
        if seen[-1] == '303' or not until or time.monotonic() > end:
            return seen
        time.sleep(0.3)


def main():
    n, at_once = int(sys.argv[1]), int(sys.argv[2])
    url, cookie, csrf = sys.argv[3:6]
    until = os.environ.get('UNTIL') == '1'
    with concurrent.futures.ThreadPoolExecutor(at_once) as pool:
        all_seen = list(pool.map(lambda i: one(i, url, cookie, csrf, sys.argv[6:], until), range(n)))
    out = collections.Counter(s[-1] for s in all_seen)
    out['tries'] = sum(map(len, all_seen))
    print(json.dumps(out))


main()
