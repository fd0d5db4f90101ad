# Makes qrsvc.ini(5) in mdoc of what `qrsvc config-doc` prints: sections in brackets, keys with the
# comments above them.
function esc(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); if (s ~ /^[.']/) s = "\\\&" s; return s }
# sentences begin lines, as mdoc wants it
function say(n, i, all) {
	for (i = 1; i <= n; i++) all = all (i > 1 ? " " : "") words[i]
	gsub(/  +/, " ", all)
	while (match(all, /[.] [A-Z0-9]/)) { print esc(substr(all, 1, RSTART)); all = substr(all, RSTART + 2) }
	if (all != "") print esc(all)
}
BEGIN {
	print ".Dd November 22, 2026\n.Dt QRSVC.INI 5\n.Os qrsvc\n.Sh NAME\n.Nm qrsvc.ini\n.Nd configuration of qrsvc"
	print ".Sh DESCRIPTION\nThe file named by\n.Ic qrsvc Fl Fl config ,\n.Pa /etc/qrsvc/qrsvc.ini\nof the package."
	print "Every key has the default shown; a key or section that is not known stops the program, with file and line."
	print "A key may also be given in the environment, which wins:\n.Va base_url\nof\n.Bq server\nis"
	print ".Ev QRSVC_SERVER_BASE_URL .\n.Ic qrsvc check\\-config\nsays whether a file is right."
	print "A running service takes over a changed file with\n.Ic systemctl reload qrsvc ."
}
/^\[/ {
	if (open) print ".El"
	name = $0; gsub(/[][]/, "", name)
	print ".Sh SECTION " toupper(name) "\n.Bl -tag -width Ds"
	open = 1; n = 0; next
}
/^#/ { sub(/^# ?/, ""); if (open) words[++n] = $0; next }
/^[a-z_0-9]+ *=/ {
	key = $0; sub(/ *=.*/, "", key)
	value = $0; sub(/^[^=]*= */, "", value)
	print ".It Va " key (value == "" ? "" : " No = " esc(value))
	say(n); n = 0; next
}
/^$/ { if (!open) n = 0 }
END {
	if (open) print ".El"
	print ".Sh FILES\n.Bl -tag -width Ds\n.It Pa /usr/share/doc/qrsvc/examples/qrsvc.ini\nthe same with every default, to copy\n.El"
	print ".Sh SEE ALSO\n.Xr qrsvc 8 ,\n.Xr qrsvc\\-doctor 8"
}
