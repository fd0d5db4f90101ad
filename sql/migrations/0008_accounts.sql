-- Accounts, sessions, second factor, invitations, back-off; what a role may do; who sees which
-- rows (policies of qr_staff); the chain of the audit and its heads.
DO $$
BEGIN
	IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'qr_staff') THEN
		RAISE EXCEPTION 'role qr_staff is missing: run `qrsvc migrate --roles` first, as a superuser';
	END IF;
END
$$;
CREATE SCHEMA auth;
GRANT USAGE ON SCHEMA core, auth, api TO qr_staff;

-- HMAC-SHA-1 for RFC 6238, and strong random bytes. Nobody but the owner may use the schema.
CREATE SCHEMA crypt;
CREATE EXTENSION pgcrypto SCHEMA crypt;

-- ---- roles and rights ----------------------------------------------------------------------
-- rank: who manages users gives no role of a higher one. second: a second factor is required.
-- scope: what an account of this role is bound to. phone: may stay logged in on an own phone.
CREATE TABLE core.role (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z]+$'),
	rank smallint NOT NULL,
	name json NOT NULL,
	second boolean NOT NULL,
	scope text NOT NULL CHECK (scope IN ('org', 'any')),
	phone boolean NOT NULL DEFAULT false
);
SELECT core.protect('core.role');
INSERT INTO core.role (code, rank, name, second, scope, phone) VALUES
	('inspector', 1, '{"zh-CN":"巡检员","en":"Inspector"}', false, 'any', true),
	('manager', 2, '{"zh-CN":"物业经理","en":"Property manager"}', false, 'any', false),
	('office', 3, '{"zh-CN":"房管所","en":"Housing office"}', true, 'org', false),
	('supervisor', 4, '{"zh-CN":"街道主管","en":"Street supervisor"}', true, 'org', false),
	('auditor', 5, '{"zh-CN":"审计员","en":"Auditor"}', true, 'org', false),
	('admin', 6, '{"zh-CN":"区管理员","en":"District administrator"}', true, 'org', false);

CREATE TABLE core.role_right (
	role text COLLATE "C" NOT NULL REFERENCES core.role,
	can text COLLATE "C" NOT NULL CHECK (can IN ('view', 'submit', 'confirm', 'return', 'withdraw',
		'correct', 'redact', 'labels', 'users', 'audit', 'export', 'filing', 'erase')),
	PRIMARY KEY (role, can)
);
SELECT core.protect('core.role_right');

-- ---- accounts ------------------------------------------------------------------------------
-- Bound to an office and what is below it, or to a firm. office_id: the office that looks after
-- the account; NULL: the command line alone. valid_to is the last day; ended_at is for good.
CREATE TABLE core.account (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	login text COLLATE "C" NOT NULL UNIQUE CHECK (login ~ '^[a-z][a-z0-9._-]{2,39}$'),
	name text NOT NULL CHECK (name <> '' AND length(name) <= 100),
	role text COLLATE "C" NOT NULL REFERENCES core.role,
	org_id int REFERENCES core.org,
	party_id int REFERENCES core.party,
	office_id int REFERENCES core.org,
	valid_from date NOT NULL,
	valid_to date,
	ended_at timestamptz,
	made_at timestamptz NOT NULL DEFAULT core.now(),
	made_by int REFERENCES core.account,
	CHECK ((org_id IS NULL) <> (party_id IS NULL)),
	CHECK (org_id IS NULL OR office_id = org_id),
	CHECK (valid_to >= valid_from)
);
CREATE INDEX account_office ON core.account (office_id);
CREATE INDEX account_party ON core.account (party_id) WHERE party_id IS NOT NULL;
SELECT core.protect('core.account');

-- What proves who somebody is; only owner's functions ever look. password: an argon2id string,
-- computed elsewhere. totp: RFC 6238 secret; totp_step: the last step a code was taken of.
CREATE TABLE core.credential (
	account_id int PRIMARY KEY REFERENCES core.account,
	password text CHECK (password ~ '^\$argon2id\$v=19\$m=[0-9]+,t=[0-9]+,p=[0-9]+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'),
	password_at timestamptz,
	totp bytea CHECK (length(totp) = 20),
	totp_step bigint NOT NULL DEFAULT 0,
	totp_pending bytea CHECK (length(totp_pending) = 20),
	login_at timestamptz,
	CHECK ((password IS NULL) = (password_at IS NULL))
);
SELECT core.protect('core.credential');

-- Recovery codes, each good once: sha256 of account and code (50 random bits).
CREATE TABLE core.recovery (
	account_id int NOT NULL REFERENCES core.account,
	hash bytea NOT NULL CHECK (length(hash) = 32),
	used_at timestamptz,
	PRIMARY KEY (account_id, hash)
);
SELECT core.protect('core.recovery');

-- token: sha256 of what the browser holds. state: full; totp: the code is still to be given;
-- setup: may only set up the second factor. proved_at: last proof by password.
CREATE TABLE core.session (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	account_id int NOT NULL REFERENCES core.account,
	token bytea NOT NULL UNIQUE CHECK (length(token) = 32),
	state text NOT NULL CHECK (state IN ('full', 'totp', 'setup')),
	device text CHECK (device <> '' AND length(device) <= 80),
	enrolled boolean NOT NULL DEFAULT false,
	since timestamptz NOT NULL,
	seen_at timestamptz NOT NULL,
	proved_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	ended_at timestamptz,
	CHECK (expires_at <= since + interval '12 hours')
);
CREATE INDEX session_account ON core.session (account_id) WHERE ended_at IS NULL;
SELECT core.protect('core.session');

CREATE TABLE core.invite (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	token bytea NOT NULL UNIQUE CHECK (length(token) = 32),
	account_id int NOT NULL REFERENCES core.account,
	kind text NOT NULL CHECK (kind IN ('new', 'reset')),
	made_at timestamptz NOT NULL,
	expires_at timestamptz NOT NULL CHECK (expires_at <= made_at + interval '7 days'),
	used_at timestamptz,
	void_at timestamptz
);
CREATE INDEX invite_account ON core.invite (account_id);
SELECT core.protect('core.invite');

-- Attempts of the last day. subject: sha256 of what was tried (a login, known or not; an
-- account's second factor). address: keyed hash, made elsewhere. open: not yet said how it ended.
CREATE TABLE core.attempt (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	subject bytea NOT NULL CHECK (length(subject) = 32),
	address bytea CHECK (length(address) BETWEEN 16 AND 32),
	account_id int REFERENCES core.account,
	open boolean NOT NULL DEFAULT true
);
CREATE INDEX attempt_subject ON core.attempt (subject, at);
CREATE INDEX attempt_address ON core.attempt (address, at) WHERE address IS NOT NULL;
CREATE INDEX attempt_at ON core.attempt (at);
SELECT core.protect('core.attempt');

-- What a firm or an account is given beyond what it manages: an office's area, a place or one
-- facility.
CREATE TABLE core.assignment (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	party_id int REFERENCES core.party,
	account_id int REFERENCES core.account,
	org_id int REFERENCES core.org,
	place_id bigint REFERENCES core.place,
	facility_id bigint REFERENCES core.facility,
	valid_from date NOT NULL,
	valid_to date,
	made_at timestamptz NOT NULL DEFAULT core.now(),
	made_by int REFERENCES core.account,
	CHECK (num_nonnulls(party_id, account_id) = 1),
	CHECK (num_nonnulls(org_id, place_id, facility_id) = 1)
);
CREATE INDEX assignment_party ON core.assignment (party_id) WHERE party_id IS NOT NULL;
CREATE INDEX assignment_account ON core.assignment (account_id) WHERE account_id IS NOT NULL;
SELECT core.protect('core.assignment');

-- ---- who is asking -------------------------------------------------------------------------
-- auth.enter() sets these for one transaction; without it, and after it (''), they are NULL and
-- every policy below is false.
CREATE FUNCTION core.my_account() RETURNS int LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('qr.account', true), '')::int $$;
CREATE FUNCTION core.my_org() RETURNS int LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('qr.scope_org', true), '')::int $$;
CREATE FUNCTION core.my_party() RETURNS int LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('qr.scope_party', true), '')::int $$;
CREATE FUNCTION core.my_role() RETURNS text LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('qr.role', true), '') $$;
CREATE FUNCTION core.my_right(p_right text) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT core.my_account() IS NOT NULL AND EXISTS (SELECT FROM core.role_right r
		WHERE r.role = core.my_role() AND r.can = p_right)
$$;

-- Facilities a firm or account has beyond an office's scope: managed today, assigned today.
-- Asked for by row security, so it looks past it.
CREATE FUNCTION core.facilities_of(p_party int, p_account int) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, core AS $$
DECLARE
	day constant date := core.today();
	a core.assignment;
BEGIN
	IF p_party IS NOT NULL THEN
		RETURN QUERY SELECT m.facility_id FROM core.facility_manager m
			WHERE m.party_id = p_party AND m.valid_from <= day
				AND (m.valid_to IS NULL OR m.valid_to >= day);
	END IF;
	FOR a IN SELECT * FROM core.assignment x
		WHERE (x.party_id = p_party OR x.account_id = p_account)
			AND x.valid_from <= day AND (x.valid_to IS NULL OR x.valid_to >= day)
	LOOP
		IF a.facility_id IS NOT NULL THEN
			RETURN NEXT a.facility_id;
		ELSIF a.place_id IS NOT NULL THEN
			RETURN QUERY SELECT f.id FROM core.facility f WHERE f.place_id = a.place_id;
		ELSE
			RETURN QUERY SELECT f.id FROM core.org o JOIN core.place p ON p.org_id = o.id
				JOIN core.facility f ON f.place_id = p.id WHERE o.path @> ARRAY[a.org_id];
		END IF;
	END LOOP;
END
$$;
CREATE FUNCTION core.my_facilities() RETURNS SETOF bigint LANGUAGE sql STABLE AS
$$ SELECT core.facilities_of(core.my_party(), core.my_account()) $$;
-- The places of those.
CREATE FUNCTION core.my_places() RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 SET search_path = pg_catalog, core AS $$
	SELECT DISTINCT f.place_id FROM core.facility f
	WHERE f.id IN (SELECT core.facilities_of(core.my_party(), core.my_account()))
$$;

-- Single rows, for checks of what is written. A policy to read by asks in its own words: a function
-- with a query inside is called for each row, a subquery is planned once for all.
CREATE FUNCTION core.sees_org(p_org int) RETURNS boolean LANGUAGE sql STABLE AS $$
	SELECT core.my_org() IS NOT NULL AND EXISTS (SELECT FROM core.org o
		WHERE o.id = p_org AND o.path @> ARRAY[core.my_org()])
$$;
CREATE FUNCTION core.sees_place(p_place bigint) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT FROM core.place p WHERE p.id = p_place) $$;
CREATE FUNCTION core.sees_facility(p_facility bigint) RETURNS boolean LANGUAGE sql STABLE AS
$$ SELECT EXISTS (SELECT FROM core.facility f WHERE f.id = p_facility) $$;

-- Gives qr_staff the rows of a table for which p_using holds, to read.
CREATE FUNCTION core.staff_sees(p_table regclass, p_using text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = p_table AND p.polname = 'staff_sees') THEN
		EXECUTE format('DROP POLICY staff_sees ON %s', p_table);
	END IF;
	EXECUTE format('CREATE POLICY staff_sees ON %s FOR SELECT TO qr_staff USING (%s)', p_table,
		p_using);
	EXECUTE format('GRANT SELECT ON %s TO qr_staff', p_table);
END
$$;
-- Lets qr_staff add the rows for which p_check holds.
CREATE FUNCTION core.staff_adds(p_table regclass, p_check text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = p_table AND p.polname = 'staff_adds') THEN
		EXECUTE format('DROP POLICY staff_adds ON %s', p_table);
	END IF;
	EXECUTE format('CREATE POLICY staff_adds ON %s FOR INSERT TO qr_staff WITH CHECK (%s)', p_table,
		p_check);
	EXECUTE format('GRANT INSERT ON %s TO qr_staff', p_table);
END
$$;

-- ---- who sees what -------------------------------------------------------------------------
-- Words, rules, offices and firms are public by themselves: in any session.
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.site', 'core.org', 'core.party', 'core.party_alias', 'core.party_filing',
	'core.unit', 'core.word', 'core.flag', 'core.item', 'core.kind', 'core.rule',
	'core.limit_item', 'core.document', 'core.role', 'core.role_right']::regclass[]) t;

SELECT core.staff_sees('core.place', $$ (core.my_org() IS NOT NULL AND EXISTS (SELECT FROM core.org o
	WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()])) OR id IN (SELECT core.my_places()) $$);
SELECT core.staff_sees('core.facility', $$ (core.my_org() IS NOT NULL AND EXISTS (SELECT FROM core.place p
	JOIN core.org o ON o.id = p.org_id
	WHERE p.id = place_id AND o.path @> ARRAY[core.my_org()])) OR id IN (SELECT core.my_facilities()) $$);
SELECT core.staff_sees(t, 'EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)')
FROM unnest(ARRAY['core.facility_status', 'core.facility_manager', 'core.record']::regclass[]) t;
SELECT core.staff_sees(t, 'EXISTS (SELECT FROM core.record r WHERE r.id = record_id)')
FROM unnest(ARRAY['core.revision', 'core.revision_party', 'core.result',
	'core.record_photo']::regclass[]) t;
SELECT core.staff_sees('core.photo', 'EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = photo.sha256)');
SELECT core.staff_sees('core.photo_bytes',
	'EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = photo_bytes.sha256)');
SELECT core.staff_sees('core.label', $$ EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)
	OR EXISTS (SELECT FROM core.place p WHERE p.id = place_id)
	OR (facility_id IS NULL AND place_id IS NULL AND EXISTS (SELECT FROM core.org o
		WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()])) $$);
SELECT core.staff_sees('core.label_event', 'EXISTS (SELECT FROM core.label l WHERE l.code = label_event.code)');
SELECT core.staff_sees('core.scan_day', 'EXISTS (SELECT FROM core.label l WHERE l.code = scan_day.code)');
SELECT core.staff_sees('core.label_batch', $$ EXISTS (SELECT FROM core.org o
	WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()]) $$);

-- Accounts: one's own, and those of one's scope for who manages users or audits. An account is
-- made inside the maker's scope and of no role above the maker's.
CREATE FUNCTION core.my_rank() RETURNS int LANGUAGE sql STABLE AS
$$ SELECT r.rank::int FROM core.role r WHERE r.code = core.my_role() $$;
SELECT core.staff_sees('core.account', $$ id = core.my_account()
	OR ((SELECT core.my_right('users') OR core.my_right('audit')) AND EXISTS (SELECT FROM core.org o
		WHERE o.id = office_id AND o.path @> ARRAY[core.my_org()])) $$);
SELECT core.staff_adds('core.account', $$ core.my_right('users') AND core.sees_org(office_id)
	AND (SELECT r.rank FROM core.role r WHERE r.code = role) <= core.my_rank() $$);
SELECT core.staff_sees('core.session', 'account_id = core.my_account()');
SELECT core.staff_sees('core.assignment', $$ party_id = core.my_party() OR account_id = core.my_account()
	OR EXISTS (SELECT FROM core.org o WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()])
	OR (core.my_org() IS NOT NULL AND
		(EXISTS (SELECT FROM core.place p WHERE p.id = place_id)
		OR EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id))) $$);
SELECT core.staff_adds('core.assignment', $$ core.my_right('users') AND core.my_org() IS NOT NULL
	AND (core.sees_org(org_id) OR core.sees_place(place_id) OR core.sees_facility(facility_id)) $$);

-- ---- the chain of the audit ----------------------------------------------------------------
-- seq has no gaps; hash = sha256 of the row's text, which names the hash of the row before.
ALTER TABLE core.audit
	ADD seq bigint,
	ADD account_id int REFERENCES core.account,
	ADD org_id int REFERENCES core.org,
	ADD prev bytea CHECK (length(prev) = 32),
	ADD hash bytea CHECK (length(hash) = 32);
ALTER TABLE core.audit ALTER at SET DEFAULT core.now();

CREATE FUNCTION core.audit_text(a core.audit) RETURNS text LANGUAGE sql STABLE AS $$
	SELECT '{' || concat_ws(',', '"seq":' || a.seq,
		'"at":"' || to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"',
		'"who":' || to_json(a.who), '"what":' || to_json(a.what), '"subject":' || to_json(a.subject),
		'"detail":' || a.detail::text, '"account":' || a.account_id, '"org":' || a.org_id,
		'"prev":"' || encode(a.prev, 'hex') || '"') || '}'
$$;
CREATE FUNCTION core.audit_hash(a core.audit) RETURNS bytea LANGUAGE sql STABLE AS
$$ SELECT sha256(convert_to(core.audit_text(a), 'UTF8')) $$;

-- What stands there already.
ALTER TABLE core.audit DISABLE TRIGGER append_only;
DO $$
DECLARE
	a core.audit;
	n bigint := 0;
	before bytea;
BEGIN
	FOR a IN SELECT * FROM core.audit ORDER BY id LOOP
		n := n + 1;
		a.seq := n;
		a.prev := before;
		before := core.audit_hash(a);
		UPDATE core.audit SET seq = n, prev = a.prev, hash = before WHERE id = a.id;
	END LOOP;
END
$$;
ALTER TABLE core.audit ENABLE TRIGGER append_only;
ALTER TABLE core.audit ALTER seq SET NOT NULL, ALTER hash SET NOT NULL, ADD UNIQUE (seq),
	ADD CHECK ((seq = 1) = (prev IS NULL));
CREATE INDEX audit_at ON core.audit (at);
CREATE INDEX audit_what ON core.audit (what, seq);
CREATE INDEX audit_who ON core.audit (who, seq);
CREATE INDEX audit_subject ON core.audit (subject, seq) WHERE subject IS NOT NULL;

-- Gives a new row its number and hash. The lock is held to the end of the transaction: numbers
-- are given in the order of commits, and a rolled back one is given again.
CREATE FUNCTION core.audit_chain() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	last record;
BEGIN
	PERFORM pg_advisory_xact_lock(hashtext('core.audit'), 1);
	SELECT a.seq, a.hash INTO last FROM core.audit a ORDER BY a.seq DESC LIMIT 1;
	NEW.seq := coalesce(last.seq, 0) + 1;
	NEW.prev := last.hash;
	NEW.account_id := coalesce(NEW.account_id, core.my_account());
	NEW.org_id := coalesce(NEW.org_id,
		(SELECT c.office_id FROM core.account c WHERE c.id = NEW.account_id));
	NEW.hash := core.audit_hash(NEW);
	RETURN NEW;
END
$$;
CREATE TRIGGER chain BEFORE INSERT ON core.audit FOR EACH ROW EXECUTE FUNCTION core.audit_chain();

-- Acts of one's own office and those below it; what no office did is for one that has none above.
SELECT core.staff_sees('core.audit', $$ (SELECT core.my_right('audit')) AND (EXISTS (SELECT FROM core.org o
		WHERE o.id = org_id AND o.path @> ARRAY[core.my_org()])
	OR (org_id IS NULL AND (SELECT o.parent_id IS NULL FROM core.org o WHERE o.id = core.my_org()))) $$);

-- Heads: what the audit and the records came to at a moment, signed outside. Rows of chain_link
-- say which hashes of revisions (with their photos) a head took in, in order.
CREATE TABLE core.chain_head (
	id bigint PRIMARY KEY CHECK (id > 0),
	at timestamptz NOT NULL,
	audit_seq bigint NOT NULL,
	audit_hash bytea CHECK (length(audit_hash) = 32),
	links bigint NOT NULL,
	links_hash bytea NOT NULL CHECK (length(links_hash) = 32),
	prev bytea CHECK (length(prev) = 32),
	text text NOT NULL,
	CHECK ((id = 1) = (prev IS NULL)),
	CHECK ((audit_seq = 0) = (audit_hash IS NULL))
);
SELECT core.protect('core.chain_head');
SELECT core.append_only('core.chain_head');

CREATE TABLE core.chain_link (
	head_id bigint NOT NULL REFERENCES core.chain_head DEFERRABLE,
	pos bigint NOT NULL CHECK (pos > 0),
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	hash bytea NOT NULL CHECK (length(hash) = 32),
	PRIMARY KEY (head_id, pos),
	UNIQUE (record_id, rev, hash)
);
SELECT core.protect('core.chain_link');
SELECT core.append_only('core.chain_link');

CREATE TABLE core.chain_signature (
	head_id bigint PRIMARY KEY REFERENCES core.chain_head,
	key bytea NOT NULL CHECK (length(key) = 32),
	signature bytea NOT NULL CHECK (length(signature) = 64),
	made_at timestamptz NOT NULL DEFAULT core.now()
);
SELECT core.protect('core.chain_signature');
SELECT core.append_only('core.chain_signature');

ALTER TABLE core.document DROP CONSTRAINT document_kind_check;
ALTER TABLE core.document ADD CONSTRAINT document_kind_check CHECK (kind IN ('facility', 'history',
	'record', 'label', 'place', 'org', 'reference', 'chain'));
