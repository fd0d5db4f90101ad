# For deploy/cluster-trial: what runs on the hosts of net.sh.  The files deploy/cluster/*.in are
# filled in here.
# shellcheck shell=bash disable=SC2154,SC2034 # names of lib.sh, staff.sh and of one another
net_of=10.213.77.0/24

etcd_start() { # the data folder says whether it is a member already
	host_start "$1" etcd etcd --name "$1" --data-dir "$T/$1/etcd" --log-level warn --logger zap \
		--listen-peer-urls "http://$(addr "$1"):2380" --initial-advertise-peer-urls "http://$(addr "$1"):2380" \
		--listen-client-urls "http://$(addr "$1"):2379" --advertise-client-urls "http://$(addr "$1"):2379" \
		--initial-cluster "db1=http://$(addr db1):2380,db2=http://$(addr db2):2380,etcd=http://$(addr etcd):2380"
}
etcd_ready() { # Patroni gives up when the members have not agreed on a version yet
	host_run lb curl -fsS -m 2 "http://$(addr "$1"):2379/version" | grep -q '"etcdcluster":"[0-9]'
}
db_host_start() {
	etcds=
	for n in db1 db2 etcd; do
		[ "$n" = "$1" ] || etcds="$etcds${etcds:+, }'$(addr $n):2379'"
	done
	ident=
	for who in "$QR_USER" root; do
		for role in postgres qr_owner qr_ro qr_rw qr_slow qr_listen qr_auditor qr_migrate; do
			ident="$ident${ident:+, }qrsvc $who $role"
		done
	done
	mkdir -p "$T/$1/sock"
	sed "s|@NAME@|$1|g; s|@IP@|$(addr "$1")|g; s|@ETCD@|$etcds|; s|@DATA@|$T/$1/data|; s|@SOCKET@|$T/$1/sock|
		s|@SECRET@|$SECRET|g; s|@OTHERS@|$net_of|; s|@IDENT@|$ident|" deploy/cluster/patroni.yml.in >"$T/$1/patroni.yml"
	chown -R "$QR_UID:$QR_GID" "$T/$1"
	chmod 600 "$T/$1/patroni.yml"
	host_start "$1" patroni patroni "$T/$1/patroni.yml"
}

# --- what Patroni says of itself -------------------------------------------------------------------
members() { # NAME ROLE STATE of all, asked of whom the clients can reach
	for n in db1 db2; do
		host_run lb curl -fsS -m 2 "http://$(addr $n):8008/cluster" 2>/dev/null | /usr/bin/python3 -c 'import json, sys
for m in json.load(sys.stdin)["members"]: print(m["name"], m["role"], m["state"])' 2>/dev/null && return 0
	done
	return 1
}
leader() { members | awk '$2 == "leader" { print $1 }'; }
standby() { members | awk '$2 == "sync_standby" { print $1 }'; }
leader_is() { [ "$(leader)" = "$1" ]; }
leader_other() { case $(leader) in '' | "$1") return 1 ;; esac; }
synchronous() { [ -n "$(leader)" ] && [ -n "$(standby)" ]; }

# --- the database's own words -----------------------------------------------------------------------
on_db() { # HOST SQL
	/usr/lib/postgresql/15/bin/psql -XqAt -v ON_ERROR_STOP=1 -h "$T/$1/sock" -U postgres -d "${3:-qrsvc}" -c "$2"
}
sql() { on_db "$(leader)" "$1"; }

trial_town() {
	export QRSVC_DATABASE_DSN="host=$T/db1/sock port=5432 dbname=qrsvc"
	on_db db1 'CREATE DATABASE qrsvc' postgres || bail 'no database'
	qrsvc=$(program qrsvc)
	program qrsvc-photod >/dev/null
	program qrsvc-jobs >/dev/null
	demophoto=$(program demophoto)
	"$qrsvc" migrate --bootstrap >"$T/migrate.log" 2>&1 || bail "$(tail -n 3 "$T/migrate.log")"
	cp deploy/examples/facilities.csv "$T/"
	"$qrsvc" import facilities "$T/facilities.csv" >/dev/null || bail 'no facilities'
	sql "INSERT INTO core.party (name) VALUES ('清源水箱清洗公司')"
	sql "INSERT INTO core.party_filing (party_id, number, valid_from) SELECT id, '备 1', '2020-01-01' FROM core.party
		WHERE name = '清源水箱清洗公司'"
	account inspector ins 310107005000
	as ins
	# over the network each role has a password; the daemon finds them in PGPASSFILE
	for role in qr_ro qr_rw qr_slow qr_listen qr_migrate; do sql "ALTER ROLE $role PASSWORD '$SECRET'"; done
	echo "*:5432:*:*:$SECRET" >"$T/pgpass"
	chmod 600 "$T/pgpass"
	chown "$QR_UID:$QR_GID" "$T/pgpass"
	web_dsn="hostaddr=$(addr db1),$(addr db2) port=5432,5432 dbname=qrsvc"
}
web_start() {
	mkdir -p "$T/$1/state"
	chown "$QR_UID:$QR_GID" "$T/$1/state"
	PORT=8080 ADMIN_PORT=8081 daemon_conf "server.listen=$(addr "$1"):8080" "server.admin=$(addr "$1"):8081" \
		"server.hosts=$(addr lb):8080,$(addr "$1"):8080" "server.trusted_proxy=$(addr lb)" server.workers=1 \
		server.access_log=off limits.page=0 limits.staff=0 limits.photo=0 "server.state=$T/$1/state" "database.dsn=$web_dsn"
	mv "$T/qrsvc.conf" "$T/$1/qrsvc.conf"
	host_start "$1" qrsvc env -u QRSVC_DATABASE_DSN "PGPASSFILE=$T/pgpass" "$qrsvc" --config "$T/$1/qrsvc.conf"
}
haproxy_start() {
	FRONT=http://$(addr lb):8080
	servers="    server web1 $(addr web1):8080\n    server web2 $(addr web2):8080"
	sed "s|@RUN@|$T/lb|; s|@BIND@|$(addr lb):8080|; s|@ADMIN@|8081|; s|@SERVERS@|$servers|" \
		deploy/cluster/haproxy.cfg.in >"$T/lb/haproxy.cfg"
	haproxy -c -f "$T/lb/haproxy.cfg" >"$T/haproxy.check" 2>&1 || bail "$(cat "$T/haproxy.check")"
	host_start lb haproxy haproxy -db -f "$T/lb/haproxy.cfg"
}
page_from() { host_run "$1" curl -fsS -m 5 -o /dev/null "$FRONT/f/$(code T1)"; }
