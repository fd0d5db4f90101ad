#!/bin/sh
# Runs every fuzz target from its kept seeds (tests/fuzz/seeds/NAME): FUZZ_SECONDS in all (60),
# one after another.  A finding is kept in build/fuzz/NAME.findings; give it a case of its own
# before it is mended.  `make fuzz` runs an hour.  timeout: 4000
: "${FUZZ_SECONDS:=60}"
F=build/fuzz
command -v clang >/dev/null || {
	echo "1..0 # SKIP no clang: apt-get install clang"
	exit 0
}
nice make -s -j2 VARIANT=fuzz fuzzers >&2 || {
	echo "Bail out! the fuzz targets do not build"
	exit 1
}
set -- tests/fuzz/fuzz_*.c
each=$((FUZZ_SECONDS / $#))
[ $each -gt 0 ] || each=1
echo "1..$#"
n=0
bad=0
for source; do
	name=$(basename "$source" .c)
	name=${name#fuzz_}
	n=$((n + 1))
	mkdir -p "$F/$name.corpus" "$F/$name.findings"
	if nice "$F/fuzz/$name" -max_total_time=$each -max_len=4096 -rss_limit_mb=1024 -timeout=10 \
		-print_final_stats=1 -artifact_prefix="$F/$name.findings/" \
		"$F/$name.corpus" "tests/fuzz/seeds/$name" >"$F/$name.log" 2>&1; then
		echo "ok $n - $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$F/$name.log") executions"
	else
		echo "not ok $n - $name"
		tail -n 40 "$F/$name.log" | sed 's/^/# /'
		bad=1
	fi
done
exit $bad
