"""Tables that say which test shows what:
    proof.py requirements FILE    rows "| N | must | `tests/x.t` "words" ... |", N from 1 to 51
    proof.py asvs FILE            rows "| N.N.N | words | yes, n.a. or no | proof |"
Prints what is wrong with them, one a line: a number that is missing or twice, a row without a test, a
test or document that is not in the tree, quoted words that do not stand in it."""
import hashlib
import os
import re
import subprocess
import sys

TREE = set(subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n"))
# SHA-256 over the numbers of all requirements of levels 1 and 2 of ASVS 5.0.0, each followed by a
# line end, in the standard's order: 253 of them.
ASVS = "79057352bbaa6d11599fa57f1b0455bde70e5d3fa0ddacdc5f870a2be3ddf1ad"
texts = {}


def rows(path):
    for n, line in enumerate(open(path, encoding="utf-8"), 1):
        cells = [c.strip() for c in re.split(r"(?<!\\)\|", line.strip())[1:-1]]
        if cells and re.fullmatch(r"\d+(\.\d+)*", cells[0]):
            yield n, cells


def proofs(where, cell):
    """Checks each `file` "words" "words" of a cell; says how many files it named."""
    named = 0
    for path, words in re.findall(r'`([\w./-]+)`((?:\s*"[^"]+")*)', cell):
        if path not in TREE or not os.path.exists(path):
            print("%s: there is no %s" % (where, path))
            continue
        named += 1
        if path not in texts:
            texts[path] = open(path, encoding="utf-8", errors="replace").read()
        for w in re.findall(r'"([^"]+)"', words):
            if w not in texts[path]:
                print('%s: "%s" does not stand in %s' % (where, w, path))
    return named


def requirements(path):
    seen = []
    for n, cells in rows(path):
        where = "%s:%d" % (path, n)
        if len(cells) != 3:
            print("%s: three columns, not %d" % (where, len(cells)))
            continue
        seen.append(int(cells[0]))
        if proofs(where, cells[2]) == 0 or not re.search(r"`tests/", cells[2]):
            print("%s: no test is named" % where)
    if seen != list(range(1, 52)):
        print("%s: the numbers are not 1 to 51: %s" % (path, sorted(set(range(1, 52)) ^ set(seen))))


def asvs(path):
    seen = []
    for n, cells in rows(path):
        where = "%s:%d" % (path, n)
        if len(cells) != 4:
            print("%s: four columns, not %d" % (where, len(cells)))
            continue
        seen.append(cells[0])
        if cells[2] not in ("yes", "n.a.", "no"):
            print("%s: neither yes nor n.a. nor no: %s" % (where, cells[2]))
        if not cells[3]:
            print("%s: says nothing of why" % where)
        named = proofs(where, cells[3])
        if cells[2] == "yes" and named == 0:
            print("%s: yes, and nothing shows it" % where)
    got = hashlib.sha256("".join(x + "\n" for x in seen).encode()).hexdigest()
    if got != ASVS:
        print("%s: %d numbers, not those of the standard in its order (%s)" % (path, len(seen), got[:12]))


{"requirements": requirements, "asvs": asvs}[sys.argv[1]](sys.argv[2])
