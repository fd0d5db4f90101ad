-- Records made here: who may publish them, what may have to be erased later, report files,
-- sign-offs, and one narrow row a facility for lists.

-- What made a revision, who did (never published), for which office or firm (published with
-- redactions and withdrawals), and the report file it names. NULL in all of them: an import.
ALTER TABLE core.revision
	ADD COLUMN act text CHECK (act IN ('put', 'submit', 'confirm', 'return', 'withdraw', 'redact', 'sign')),
	ADD COLUMN by_account int REFERENCES core.account,
	ADD COLUMN office text CHECK (office <> ''),
	ADD COLUMN report bytea CHECK (length(report) = 32);
ALTER TABLE core.revision DROP CONSTRAINT revision_check2;
ALTER TABLE core.revision ADD CONSTRAINT revision_reason
	CHECK (rev = 1 OR reason IS NOT NULL OR act IN ('put', 'submit', 'confirm', 'sign'));

-- rev, state, on_date, verdict of a record are those of its newest revision until it is
-- published, from then on those of the newest one that is published or withdrawn. A correction
-- that waits is pending: what it corrects stays public meanwhile.
ALTER TABLE core.record
	ADD COLUMN author int REFERENCES core.account,
	ADD COLUMN pending_rev smallint,
	ADD COLUMN pending_state text CHECK (pending_state IN ('draft', 'submitted', 'returned')),
	ADD CHECK ((pending_rev IS NULL) = (pending_state IS NULL)),
	ADD CHECK (pending_rev > rev);
CREATE INDEX record_open ON core.record (facility_id)
	WHERE state IN ('draft', 'submitted', 'returned') OR pending_state IS NOT NULL;
CREATE INDEX record_open_author ON core.record (author)
	WHERE state IN ('draft', 'returned') OR pending_state IN ('draft', 'returned');

-- Text that may have to be erased. The revision's fields hold {"sha256":sha256(salt || value)} in
-- its place, and that is what its canonical text says: text and salt can go, the hash stays true.
-- Names: those of fields, and "note", which is never published.
CREATE TABLE core.revision_text (
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	name text NOT NULL CHECK (name <> ''),
	salt bytea NOT NULL CHECK (length(salt) = 16),
	value text NOT NULL CHECK (value <> ''),
	PRIMARY KEY (record_id, rev, name),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
SELECT core.protect('core.revision_text');

-- What was erased by law or by rule, and on what ground; the rows it names are gone.
CREATE TABLE core.erasure (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL,
	who text NOT NULL CHECK (who <> ''),
	ground text NOT NULL CHECK (ground <> ''),
	what text NOT NULL CHECK (what IN ('text', 'photo', 'report')),
	record_id uuid,
	rev smallint,
	name text,
	sha256 bytea CHECK (length(sha256) = 32),
	CHECK ((what = 'text') = (record_id IS NOT NULL AND rev IS NOT NULL AND name IS NOT NULL)),
	CHECK ((what = 'text') = (sha256 IS NULL)),
	UNIQUE (record_id, rev, name),
	UNIQUE (what, sha256)
);
SELECT core.protect('core.erasure');
SELECT core.append_only('core.erasure');

-- A text leaves only after its erasure was written down.
CREATE FUNCTION core.revision_text_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF TG_OP = 'DELETE' AND EXISTS (SELECT FROM core.erasure e WHERE e.record_id = OLD.record_id
		AND e.rev = OLD.rev AND e.name = OLD.name)
	THEN
		RETURN OLD;
	END IF;
	RAISE EXCEPTION '% of core.revision_text refused: only erasure takes a text', TG_OP
		USING ERRCODE = 'QR409';
END
$$;
CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON core.revision_text
	FOR EACH ROW EXECUTE FUNCTION core.revision_text_guard();
CREATE TRIGGER append_only BEFORE TRUNCATE ON core.revision_text
	EXECUTE FUNCTION core.refuse_change();

-- Report files (PDF). bytes NULL: erased.
CREATE TABLE core.report (
	sha256 bytea PRIMARY KEY CHECK (length(sha256) = 32),
	size int NOT NULL CHECK (size > 0),
	bytes bytea,
	stored_at timestamptz NOT NULL,
	stored_by int REFERENCES core.account
);
ALTER TABLE core.report ALTER COLUMN bytes SET STORAGE EXTERNAL;
SELECT core.protect('core.report');
ALTER TABLE core.revision ADD FOREIGN KEY (report) REFERENCES core.report;
CREATE INDEX revision_report ON core.revision (report) WHERE report IS NOT NULL;

-- hidden: redacted somewhere, no longer given out; its bytes are kept for the auditor until they
-- are erased.
ALTER TABLE core.photo
	ADD COLUMN stored_by int REFERENCES core.account,
	ADD COLUMN hidden_at timestamptz;
CREATE INDEX photo_original ON core.photo (original) WHERE original IS NOT NULL;
CREATE INDEX photo_stored ON core.photo (stored_at);

CREATE TABLE core.redaction (
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	pos smallint NOT NULL CHECK (pos > 0),
	slot text NOT NULL,
	old_sha256 bytea NOT NULL REFERENCES core.photo,
	-- NULL: removed
	new_sha256 bytea REFERENCES core.photo,
	boxes jsonb,
	PRIMARY KEY (record_id, rev),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
SELECT core.protect('core.redaction');
SELECT core.append_only('core.redaction');

-- What was sent for a revision (salted, since notes are short) and what was answered. salt and
-- hash go when a text of the revision is erased.
CREATE TABLE core.upload (
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	account int NOT NULL REFERENCES core.account,
	salt bytea,
	hash bytea,
	warnings jsonb NOT NULL DEFAULT '[]',
	receipt text NOT NULL,
	PRIMARY KEY (record_id, rev),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
SELECT core.protect('core.upload');

-- How a record comes to be published, for offices and below; the nearest office's rule wins, one
-- for a kind before one for all kinds. No rule: the manager confirms.
CREATE TABLE core.publish_rule (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	kind_id int REFERENCES core.kind,
	org_id int NOT NULL REFERENCES core.org,
	valid_from date NOT NULL,
	valid_to date,
	mode text NOT NULL CHECK (mode IN ('at_once', 'manager', 'owners')),
	-- owners' representatives who must agree
	signs smallint CHECK (signs BETWEEN 1 AND 9),
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	CHECK ((mode = 'owners') = (signs IS NOT NULL)),
	UNIQUE (code, valid_from)
);
CREATE INDEX publish_rule_org ON core.publish_rule (org_id);
SELECT core.protect('core.publish_rule');

-- One-time links for owners' representatives; token: SHA-256 of what the link holds.
CREATE TABLE core.signoff (
	token bytea PRIMARY KEY CHECK (length(token) = 32),
	record_id uuid NOT NULL,
	rev smallint NOT NULL,
	n smallint NOT NULL CHECK (n > 0),
	made_at timestamptz NOT NULL,
	made_by int NOT NULL REFERENCES core.account,
	until timestamptz NOT NULL,
	used_at timestamptz,
	ok boolean,
	reason text,
	CHECK ((used_at IS NULL) = (ok IS NULL)),
	UNIQUE (record_id, rev, n),
	FOREIGN KEY (record_id, rev) REFERENCES core.revision
);
SELECT core.protect('core.signoff');

-- How long what may be erased is kept, for offices and below; nearest office, kind before all.
CREATE TABLE core.retention (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	kind_id int REFERENCES core.kind,
	org_id int NOT NULL REFERENCES core.org,
	what text NOT NULL CHECK (what IN ('text', 'photo', 'report')),
	valid_from date NOT NULL,
	valid_to date,
	months smallint NOT NULL CHECK (months > 0),
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	UNIQUE (code, what, valid_from)
);
SELECT core.protect('core.retention');

-- Workers with a valid certificate: how many, and until when; nothing about who they are.
ALTER TABLE core.party
	ADD COLUMN certificates smallint CHECK (certificates >= 0),
	ADD COLUMN certificates_to date;

-- For lists and search: one row a facility, written with its document. No state, which follows
-- from the day: overdue from overdue_from, due soon from soon_from (core.line_state()).
CREATE TABLE core.facility_line (
	facility_id bigint PRIMARY KEY REFERENCES core.facility,
	org_id int NOT NULL REFERENCES core.org,
	kind_id int NOT NULL REFERENCES core.kind,
	status text NOT NULL,
	failed boolean NOT NULL,
	never boolean NOT NULL,
	type text,
	due date,
	overdue_from date,
	soon_from date,
	lon numeric(9, 6),
	lat numeric(8, 6)
);
CREATE INDEX facility_line_org ON core.facility_line (org_id);
-- in the order in which they are wanted, and the nearest ones
CREATE INDEX facility_line_due ON core.facility_line (org_id, never, overdue_from)
	WHERE status = 'in_service' AND NOT failed;
CREATE INDEX facility_line_failed ON core.facility_line (org_id) WHERE status = 'in_service' AND failed;
CREATE INDEX facility_line_near ON core.facility_line USING gist (point(lon::float8, lat::float8))
	WHERE lon IS NOT NULL;
SELECT core.protect('core.facility_line');

-- How many lines of an office are alike: their sum is what a page counts. Each change of lines adds
-- rows (n -1 for what was, 1 for what is) and locks none, so uploads do not wait for each other;
-- core.tally_pack() adds them up.
CREATE TABLE core.line_tally (
	org_id int NOT NULL REFERENCES core.org,
	status text NOT NULL,
	failed boolean NOT NULL,
	never boolean NOT NULL,
	overdue_from date,
	soon_from date,
	n int NOT NULL
);
CREATE INDEX line_tally_org ON core.line_tally (org_id);
SELECT core.protect('core.line_tally');

-- What a facility is found by: code, name, building, place, address, without spaces and case.
-- grams: any two letters that follow each other (Chinese words are that short), and '#' with each
-- office above it, so that the index looks within a scope.
CREATE TABLE core.facility_find (
	facility_id bigint PRIMARY KEY REFERENCES core.facility,
	text text NOT NULL,
	path int[] NOT NULL,
	grams text[] NOT NULL
);
CREATE INDEX facility_find_grams ON core.facility_find USING gin (grams);
SELECT core.protect('core.facility_find');

-- Sheets of labels ordered on a page: which labels in which order, on what, how far the jobs
-- process has come, and the finished PDF. ledger: its line among the printed batches.
CREATE TABLE core.label_order (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	made_at timestamptz NOT NULL,
	account int NOT NULL REFERENCES core.account,
	office_id int REFERENCES core.org,
	-- jobs are swept, orders are kept
	job_id bigint NOT NULL,
	filter jsonb NOT NULL,
	codes text[] NOT NULL CHECK (cardinality(codes) BETWEEN 1 AND 10000),
	template text NOT NULL CHECK (template ~ '^[a-z0-9][a-z0-9-]{0,60}$'),
	start int NOT NULL CHECK (start BETWEEN 1 AND 1000),
	printer text CHECK (printer <> ''),
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'working', 'done', 'failed')),
	done int NOT NULL DEFAULT 0,
	why text,
	ledger bigint REFERENCES core.label_batch,
	pdf bytea,
	CHECK ((state = 'done') = (ledger IS NOT NULL))
);
CREATE INDEX label_order_account ON core.label_order (account, id);
CREATE INDEX label_order_job ON core.label_order (job_id);
ALTER TABLE core.label_order ALTER COLUMN pdf SET STORAGE EXTERNAL;
SELECT core.protect('core.label_order');

-- ---- who sees what -------------------------------------------------------------------------
-- A draft is its author's alone, and so is what hangs on it.
SELECT core.staff_sees('core.record', $$ EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)
	AND (state <> 'draft' OR author = core.my_account()) $$);
SELECT core.staff_sees(t, 'EXISTS (SELECT FROM core.record r WHERE r.id = record_id)')
FROM unnest(ARRAY['core.revision_text', 'core.redaction', 'core.signoff', 'core.upload']::regclass[]) t;
SELECT core.staff_sees('core.report', $$ stored_by = core.my_account()
	OR EXISTS (SELECT FROM core.revision v WHERE v.report = report.sha256) $$);
SELECT core.staff_sees('core.photo', $$ stored_by = core.my_account()
	OR EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = photo.sha256) $$);
SELECT core.staff_sees('core.photo_bytes', 'EXISTS (SELECT FROM core.photo o WHERE o.sha256 = photo_bytes.sha256)');
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.publish_rule', 'core.retention']::regclass[]) t;
-- sets, and no look at each row: lists go over all lines of a scope
SELECT core.staff_sees('core.facility_line', $$ (core.my_org() IS NOT NULL AND org_id IN (SELECT o.id
	FROM core.org o WHERE o.path @> ARRAY[core.my_org()])) OR facility_id IN (SELECT core.my_facilities()) $$);
SELECT core.staff_sees('core.facility_find', 'EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)');
SELECT core.staff_sees('core.erasure', $$ core.my_right('audit') $$);
SELECT core.staff_sees('core.label_order', $$ account = core.my_account()
	OR (core.my_right('labels') AND core.sees_org(office_id)) $$);
