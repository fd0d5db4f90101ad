# Checks every #include of the files named against the table of ranks and doors:
#   awk -f includes.awk ranks FILE...
# Prints FILE:LINE: what is wrong; exit status 1 if anything is.
BEGIN { gen = (ENVIRON["B"] ? ENVIRON["B"] : "build/release") "/gen" }
FILENAME == ARGV[1] {
	sub(/#.*/, "")
	if ($1 == "rank") {
		rank[$2] = $3 + 0
		may[$2] = ""
		for (i = 4; i <= NF; i++) may[$2] = may[$2] " " ($i == "same" ? $2 : $i)
	} else if ($1 == "door") {
		doors[++nd] = $2
		for (i = 3; i <= NF; i++) open[$2] = open[$2] " " $i
	}
	next
}
function begins(s, list,  p, n, i) {
	n = split(list, p, " ")
	for (i = 1; i <= n; i++) if (index(s, p[i]) == 1) return 1
	return 0
}
function place(file,  r, best) {
	best = ""
	for (r in rank) if (index(file, r) == 1 && length(r) > length(best)) best = r
	return best
}
function bad(text) { printf "%s:%d: %s\n", FILENAME, FNR, text; wrong = 1 }
FNR == 1 {
	from = place(FILENAME)
	if (from == "") bad("no line of tests/lint/ranks covers this file")
	own = FILENAME
	sub(/[.][^.]*$/, "", own)
}
/^[ \t]*#[ \t]*include[ \t]*"/ {
	split($0, part, "\"")
	h = part[2]
	if (system("test -f \"" h "\"") != 0) {
		if (h !~ /^gen\// && system("test -f " gen "/\"" h "\"") != 0)
			bad("\"" h "\": include paths start at the root of the tree")
		next
	}
	stem = h
	sub(/[.][^.]*$/, "", stem)
	if (stem == own || begins(h, may[from])) {
		if (rank[place(h)] > rank[from]) bad(h " has a higher rank than " from)
		next
	}
	bad(from " may not include " h)
}
/^[ \t]*#[ \t]*include[ \t]*</ {
	h = $0
	sub(/^[^<]*</, "", h)
	sub(/>.*/, "", h)
	if (FILENAME ~ /^tests\//) next
	for (i = 1; i <= nd; i++)
		if (index(h, doors[i]) == 1 && !begins(FILENAME, open[doors[i]]))
			bad("<" h "> has its one door in" open[doors[i]])
}
END { exit wrong }
