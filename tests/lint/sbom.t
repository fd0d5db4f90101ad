#!/bin/sh
# The list of what the service is made of (deploy/sbom, make sbom): valid by CycloneDX's own schema, complete
# by what the loader loads, true by what dpkg says, the same each time.  timeout: 600
. tests/lib.sh
for tool in node npm python3 readelf; do command -v $tool >/dev/null || skip_all "needs $tool"; done
mkdir -p build/test
flock build/test/npm-outside.lock sh tests/npm-install tests/outside >"$T/npm.log" 2>&1 || bail "$(tail -n 3 "$T/npm.log")"
NODE_PATH=$PWD/tests/outside/node_modules
export NODE_PATH

deploy/sbom "$B" "$T/bom.json" >"$T/out" 2>&1
tap $? "it is made: $(sed 's/^[^:]*: //' "$T/out")"
is "$(node tests/outside/bom.js "$T/bom.json")" '' 'the schema of CycloneDX 1.5 finds nothing'
python3 - "$T" <<'PY'
import json, sys
for name, change in (("kind", lambda b: b["components"][0].update(type="program")), ("hash", lambda b: b["components"][0]["hashes"][0].update(content="abc")),
                     ("name", lambda b: b["components"][3].pop("name"))):
    bom = json.load(open(sys.argv[1] + "/bom.json"))
    change(bom)
    json.dump(bom, open("%s/%s.json" % (sys.argv[1], name), "w"))
PY
for wrong in kind hash name; do
	like "$(node tests/outside/bom.js "$T/$wrong.json")" instancePath "a wrong $wrong is found"
done

# facts BOM: names and versions of the packages that run; SHA-256 of the programs; references that lead nowhere
python3 - "$T/bom.json" "$T" <<'PY'
import json, sys
bom, folder = json.load(open(sys.argv[1])), sys.argv[2]
refs = {c["bom-ref"] for c in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
with open(folder + "/runs", "w") as f:
    for c in bom["components"]:
        if c["scope"] == "required" and c["bom-ref"].startswith("pkg:deb/"):
            print(c["name"], c["version"], file=f)
with open(folder + "/programs", "w") as f:
    for c in bom["components"]:
        if c["bom-ref"].startswith("pkg:generic/"):
            print(c["hashes"][0]["content"], c["name"], file=f)
with open(folder + "/nowhere", "w") as f:
    for d in bom["dependencies"]:
        for r in [d["ref"]] + d["dependsOn"]:
            if r not in refs:
                print(r, file=f)
    if len(refs) != len(bom["components"]) + 1:
        print("twice the same reference", file=f)
PY
is "$(cat "$T/nowhere")" '' 'every reference leads somewhere'
is "$(cat "$T/programs")" "$(cd "$B" && sha256sum qrsvc qrsvc-jobs qrsvc-photod qrlabels | sed 's/  / /')" 'the programs are these'
while read -r name version; do
	[ "$(dpkg-query -W -f '${Version}' "$name" 2>/dev/null)" = "$version" ] || echo "$name $version"
done <"$T/runs" >"$T/untrue"
is "$(cat "$T/untrue")" '' "each of $(wc -l <"$T/runs") packages is installed in that version"
# what the loader loads for the programs, all the way down
for program in qrsvc qrsvc-jobs qrsvc-photod qrlabels; do ldd "$B/$program"; done | awk '$2 == "=>" { print $3 }' | sort -u |
	while read -r path; do
		package=$(dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}" 2>/dev/null || dpkg-query -S "$(readlink -f "$path")" 2>/dev/null ||
			dpkg-query -S "$(readlink -f "$path" | sed 's|^/usr||')")
		package=${package%%:*}
		grep -q "^$package " "$T/runs" || echo "$path ${package:-of no package}"
	done >"$T/missing"
is "$(cat "$T/missing")" '' 'every library that is loaded is in it'
for name in postgresql-15 libpq5 libevent-core-2.1-7 libheif1 tzdata; do
	ok "$name is in it" grep -q "^$name " "$T/runs"
done
ok 'so are the packages of the tests, by their lock files' grep -q '"purl": "pkg:npm/playwright-core@' "$T/bom.json"
deploy/sbom "$B" "$T/again.json" >/dev/null
ok 'made twice it is the same' cmp -s "$T/bom.json" "$T/again.json"
done_testing
