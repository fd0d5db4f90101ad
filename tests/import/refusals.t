#!/bin/sh
# What `qrsvc migrate` and `qrsvc import` refuse: one line that says what to do, a status that is
# not 0, and nothing half done.
. tests/lib.sh
cluster_start
export QRSVC_DATABASE_DSN="$DSN"
qrsvc=$(program qrsvc)
quiet() { "$@" >"$T/out"; }

# refused STATUS REGEX DESCRIPTION COMMAND...: that exit status, one line on standard error that
# matches, and the database as it was.
state() { sql "SELECT (SELECT count(*) FROM core.facility), (SELECT count(*) FROM core.revision),
	(SELECT count(*) FROM core.place), (SELECT max(version) FROM core.document)"; }
refused() {
	want=$1 match=$2 about=$3
	shift 3
	was=$(state 2>/dev/null)
	"$@" >"$T/out" 2>"$T/err"
	is "$?" "$want" "$about: refused"
	like "$(cat "$T/err")" "$match" "$about: the line says why and what to do"
	is "$(wc -l <"$T/err")" 1 "$about: one line"
	is "$(state 2>/dev/null)" "$was" "$about: nothing changed"
}
facilities="$qrsvc import facilities"
head='key,kind,org,place,address,building,name'
row='A1,roof_tank,310107005000,杏泽苑,柳溪路37弄,1号楼,1号水箱'
printf '%s\n%s\n' "$head" "$row" >"$T/good.csv"

# --- the file ---
# shellcheck disable=SC2086 # commands are lists of words
{
	refused 1 'cannot open .*none.csv: No such file' 'a missing file' $facilities "$T/none.csv"
	refused 1 'is not a file' 'a folder' $facilities "$T"
	: >"$T/empty.csv"
	refused 1 'empty.csv: the file is empty' 'an empty file' $facilities "$T/empty.csv"
	printf '%s\n%s\n' "$head" 'A1,roof_tank,310107005000,"杏泽苑,柳溪路' >"$T/quote.csv"
	refused 1 'line 2: a quote that is never closed' 'an open quote' $facilities "$T/quote.csv"
	printf '%s\nA1,roof"tank,x\n' "$head" >"$T/stray.csv"
	refused 1 'line 2: malformed CSV' 'a stray quote' $facilities "$T/stray.csv"
	printf '%s\nA1,roof_tank\0\n' "$head" >"$T/nul.csv"
	refused 1 'line 2: a NUL byte' 'a NUL byte' $facilities "$T/nul.csv"
	printf '%s\nA1,\377\377\n' "$head" >"$T/bytes.csv"
	refused 1 'neither UTF-8 nor GB18030 \(line 2' 'bytes of no encoding' $facilities "$T/bytes.csv"
	{ echo "$head"; head -c 70000 /dev/zero | tr '\0' x; echo; } >"$T/long.csv"
	refused 1 'line 2: longer than 65536 bytes' 'an endless line' $facilities "$T/long.csv"
	printf '%s,adress\n%s,x\n' "$head" "$row" >"$T/column.csv"
	refused 1 'no use for column "adress"' 'a column the profile does not know' $facilities "$T/column.csv"
	printf 'key,kind\nA1,roof_tank\n' >"$T/lacks.csv"
	refused 1 'names column org, which the file does not have' 'a column the file lacks' \
		$facilities "$T/lacks.csv"

	# --- the profile ---
	refused 1 'cannot open .*/nowhere.ini' 'an unknown profile' $facilities "$T/good.csv" --profile nowhere
	bad_profile() { # TEXT REGEX DESCRIPTION
		printf '[profile]\nsource = x\n%s\n' "$1" >"$T/bad.ini"
		refused 1 "bad.ini:[0-9]+: $2" "$3" $facilities "$T/good.csv" --profile "$T/bad.ini"
	}
	bad_profile 'colour = red' '\[profile\] colour = red is no setting' 'an unknown setting'
	bad_profile '[facilities]
keey = {key}' '\[facilities\] has no column keey' 'an unknown column of ours'
	bad_profile '[facilities]
key = {key|reverse}' 'no such filter' 'an unknown filter'
	bad_profile '[facilities]
key = {key|map:none}' 'no section \[map none\]' 'a map that is not there'
	bad_profile '[facilities]
key = {key' 'a brace that does not match' 'an open brace'
	bad_profile '[facilities.refuse]
odd = {key} is x' '.*is no comparison' 'a condition that is none'
	bad_profile '[facilities]
key @there = {key}' 'no condition @there' 'a condition nobody named'
	bad_profile '[rooms]
key = {key}' 'no section \[rooms\]' 'an unknown section'
	bad_profile 'not a line of an INI file' 'neither \[section\]' 'a line that is no INI'
	printf '[facilities]\nkey = {key}\n' >"$T/bad.ini"
	refused 1 'source is missing' 'a profile without source' $facilities "$T/good.csv" --profile "$T/bad.ini"
	refused 1 'says nothing about photos' 'a kind the profile leaves out' "$qrsvc" import photos \
		"$T/good.csv" --profile nyc-tanks
	refused 1 '--revise has no effect' 'revising a register made of records' $facilities \
		tests/data/nyc-sample.csv --profile nyc-tanks --revise

	# --- the command line ---
	refused 2 'unknown option --fast' 'an unknown option' $facilities "$T/good.csv" --fast
	refused 2 'option --profile needs a value' 'an option without its value' $facilities "$T/good.csv" --profile
	refused 2 'facilities, records or photos' 'an unknown kind' "$qrsvc" import rooms "$T/good.csv"
	refused 2 'facilities, records or photos' 'no file' $facilities
	sed '2s/roof_tank/boat/' "$T/good.csv" >"$T/boat.csv"
	refused 1 'cannot write /proc/none.csv.* name another file with --rejected' \
		'a folder nobody can write to' $facilities "$T/boat.csv" --rejected /proc/none.csv
}

# --- the database ---
gone() { QRSVC_DATABASE_DSN="host=$T/none dbname=qrsvc" "$@"; }
refused 1 'no database: .*is PostgreSQL running, and does \[database\] dsn name it' \
	'a database that is away' gone "$qrsvc" import facilities "$T/good.csv"
sql 'CREATE DATABASE bare'
bare() { QRSVC_DATABASE_DSN=$(echo "$DSN" | sed 's/dbname=[^ ]*/dbname=bare/') "$@"; }
refused 1 'has no tables yet; run .qrsvc migrate --bootstrap' 'a database without schema' \
	bare "$qrsvc" import facilities "$T/good.csv"
version() { sql "CREATE OR REPLACE FUNCTION api.version() RETURNS int LANGUAGE sql AS 'SELECT $1'"; }
now=$(sql 'SELECT api.version()')
version 0
refused 1 'speaks version 0, this program needs .*run .qrsvc migrate' 'a schema that is too old' \
	"$qrsvc" import facilities "$T/good.csv"
version 99
refused 1 'speaks version 99, .*install the newer program' 'a schema that is too new' \
	"$qrsvc" verify
version "$now"

# --- migrations ---
cp -r sql "$T/sql"
ok 'migrate --check is content' quiet "$qrsvc" migrate --check --sql "$T/sql"
sed -i 's/$/  /' "$T/sql/migrations/0001_base.sql"
ok 'blanks at line ends are no change' quiet "$qrsvc" migrate --check --sql "$T/sql"
echo '-- x' >>"$T/sql/migrations/0001_base.sql"
refused 1 'migrations/0001_base.sql was changed after it was applied; restore' \
	'a changed migration' "$qrsvc" migrate --sql "$T/sql"
cp sql/migrations/0001_base.sql "$T/sql/migrations/"
last=$(find sql/migrations -name '*.sql' | wc -l)
name=$(printf '%04d_more.sql' $((last + 1)))
gap=$(printf '%04d_gap.sql' $((last + 3)))
echo 'SELECT 1;' >"$T/sql/migrations/$gap"
refused 1 "$gap: number $(printf %04d $((last + 1))) was expected" 'a gap in the numbers' \
	"$qrsvc" migrate --sql "$T/sql"
rm "$T/sql/migrations/$gap"
printf 'CREATE TABLE core.half (a int);\nSELECT 1/0;\n' >"$T/sql/migrations/$name"
refused 1 '1 of .* migrations are not applied' 'a migration that is missing, asked for' \
	"$qrsvc" migrate --check --sql "$T/sql"
refused 1 "migrations/$name.*division by zero" 'a migration that fails' "$qrsvc" migrate --sql "$T/sql"
is "$(sql "SELECT to_regclass('core.half') IS NULL")" t 'and leaves nothing of itself'
echo 'CREATE TABLE core.half (a int);' >"$T/sql/migrations/$name"
ok 'mended, it is applied' quiet "$qrsvc" migrate --sql "$T/sql"
like "$(cat "$T/out")" "applied migrations/$name" 'by name'
refused 1 "has migration $name, this program does not: install the newer" \
	'an older program on a newer database' "$qrsvc" migrate
rm "$T/sql/migrations/$name"
mkdir -p "$T/sql/migrations"
mv "$T/sql/migrations/0002"* "$T/"
refused 1 'number 0002 was expected' 'a file that is gone' "$qrsvc" migrate --sql "$T/sql"
printf 'SELECT 1;\nSELEKT 2;\n' >"$T/sql/api/zzz.sql"
mv "$T"/0002* "$T/sql/migrations/"
echo 'CREATE TABLE core.half (a int);' >"$T/sql/migrations/$name"
refused 1 'api/zzz.sql:2: syntax error' 'a function that is no SQL, with its line' \
	"$qrsvc" migrate --sql "$T/sql"
refused 1 'cannot read .*/nowhere/migrations: .*name the folder with --sql' 'a folder that is not there' \
	"$qrsvc" migrate --sql "$T/nowhere"
done_testing
