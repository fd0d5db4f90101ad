-- Tickets: what residents report, without login; who handles it by when; what was answered, and
-- how that was judged. (core.report, an older name, holds test reports as PDF.)

-- tickets: handle what residents report; reply: answer beside a published result, appeal it;
-- judge: check replies, decide appeals, set words aside; survey: surveys of residents.
ALTER TABLE core.role_right DROP CONSTRAINT role_right_can_check;
ALTER TABLE core.role_right ADD CONSTRAINT role_right_can_check CHECK (can IN ('view', 'submit',
	'confirm', 'return', 'withdraw', 'correct', 'redact', 'labels', 'users', 'audit', 'export', 'filing',
	'erase', 'board', 'remind', 'announce', 'import', 'admin', 'tickets', 'reply', 'judge', 'survey'));
INSERT INTO core.role_right (role, can)
SELECT v.role, c FROM (VALUES
	('inspector', '{reply}'),
	('manager', '{tickets,reply}'),
	('office', '{tickets,judge,survey}'),
	('supervisor', '{tickets,judge,survey}'),
	('admin', '{tickets,judge,survey}')) AS v (role, rights)
CROSS JOIN LATERAL unnest(v.rights::text[]) c
WHERE EXISTS (SELECT FROM core.role_right x WHERE x.role = v.role)
ON CONFLICT DO NOTHING;

-- What can be reported, in the order shown. name, hint: texts per language. clock: class of its
-- deadlines. sticker: what it says of the label through which it came. words: asked for.
CREATE TABLE core.ticket_kind (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
	rank smallint NOT NULL,
	name json NOT NULL,
	hint json,
	clock text NOT NULL CHECK (clock IN ('emergency', 'supply', 'ordinary', 'hard')),
	sticker text CHECK (sticker IN ('not_here', 'damaged', 'foreign')),
	words boolean NOT NULL DEFAULT false,
	ended_on date
);
SELECT core.protect('core.ticket_kind');

-- How long a step may take, for an office and those below it; the nearest office's rule wins.
-- accept: somebody has taken it; answer: public words; callback: after a rating of 1 or 2.
-- Exactly one of the lengths. up: levels that the case rises when the clock runs out.
CREATE TABLE core.ticket_clock (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	org_id int NOT NULL REFERENCES core.org,
	clock text NOT NULL CHECK (clock IN ('emergency', 'supply', 'ordinary', 'hard')),
	step text NOT NULL CHECK (step IN ('accept', 'answer', 'callback')),
	hours smallint CHECK (hours BETWEEN 1 AND 8784),
	days smallint CHECK (days BETWEEN 1 AND 366),
	work_days smallint CHECK (work_days BETWEEN 1 AND 250),
	up smallint NOT NULL DEFAULT 1 CHECK (up BETWEEN 0 AND 9),
	valid_from date NOT NULL,
	valid_to date,
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (num_nonnulls(hours, days, work_days) = 1),
	CHECK (valid_to >= valid_from),
	UNIQUE (code, valid_from)
);
CREATE INDEX ticket_clock_org ON core.ticket_clock (org_id);
SELECT core.protect('core.ticket_clock');

-- One case. receipt: the secret of who reported it, never published; year, no: the office's public
-- number. key: made with the form; sent again it gives the same receipt. org_id: who answers for it
-- now. facility_id or place_id: what it is about; code: the label it came through.
--   state: quarantine (kept from handlers' list and numbers until a person looked), new, accepted,
--   working, answered, closed, joined (to another case that goes on for both)
-- due_step, due_at: the clock that runs, NULL: none; late: a clock has run out; raised: levels above
-- the office that had it first.
CREATE TABLE core.ticket (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	receipt core.code NOT NULL UNIQUE,
	key uuid NOT NULL UNIQUE,
	first_org_id int NOT NULL REFERENCES core.org,
	org_id int NOT NULL REFERENCES core.org,
	year smallint NOT NULL CHECK (year BETWEEN 2000 AND 2200),
	no int NOT NULL CHECK (no > 0),
	kind text NOT NULL REFERENCES core.ticket_kind,
	clock text NOT NULL,
	facility_id bigint REFERENCES core.facility,
	place_id bigint REFERENCES core.place,
	code core.code REFERENCES core.label,
	lang text NOT NULL CHECK (lang IN ('zh-CN', 'en')),
	at timestamptz NOT NULL,
	state text NOT NULL DEFAULT 'new' CHECK (state IN ('quarantine', 'new', 'accepted', 'working', 'answered',
		'closed', 'joined')),
	why text, -- of a quarantine
	joined_to bigint REFERENCES core.ticket,
	due_step text CHECK (due_step IN ('accept', 'answer', 'callback')),
	due_at timestamptz,
	late boolean NOT NULL DEFAULT false,
	raised smallint NOT NULL DEFAULT 0,
	accepted_at timestamptz,
	answered_at timestamptz, -- first public answer
	closed_at timestamptz,
	-- what of its words is public, after a person masked them; NULL: nothing
	public_words text CHECK (public_words <> ''),
	public_answer text CHECK (public_answer <> ''),
	hidden_at timestamptz, -- set aside from public pages; the log names office and ground
	CHECK ((facility_id IS NULL) <> (place_id IS NULL)),
	CHECK ((due_step IS NULL) = (due_at IS NULL)),
	CHECK ((state = 'joined') = (joined_to IS NOT NULL)),
	UNIQUE (first_org_id, year, no)
);
CREATE INDEX ticket_facility ON core.ticket (facility_id, at) WHERE facility_id IS NOT NULL;
CREATE INDEX ticket_place ON core.ticket (place_id, at) WHERE place_id IS NOT NULL;
CREATE INDEX ticket_code ON core.ticket (code, at) WHERE code IS NOT NULL;
CREATE INDEX ticket_org ON core.ticket (org_id, state, due_at);
CREATE INDEX ticket_first_org ON core.ticket (first_org_id, at);
CREATE INDEX ticket_due ON core.ticket (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX ticket_joined ON core.ticket (joined_to) WHERE joined_to IS NOT NULL;
SELECT core.protect('core.ticket');

-- What was written by residents and, as internal notes, by handlers: never public as it is, and
-- what retention lets go. n: 0 the report's words, else the step (core.ticket_step.n) they belong to.
CREATE TABLE core.ticket_text (
	ticket_id bigint NOT NULL REFERENCES core.ticket,
	n smallint NOT NULL CHECK (n >= 0),
	value text NOT NULL CHECK (value <> '' AND length(value) <= 4000),
	PRIMARY KEY (ticket_id, n)
);
SELECT core.protect('core.ticket_text');

-- A telephone number to be called back, sealed by the host's key (never in the database).
CREATE TABLE core.ticket_contact (
	ticket_id bigint PRIMARY KEY REFERENCES core.ticket,
	sealed bytea NOT NULL CHECK (length(sealed) BETWEEN 1 AND 500),
	delete_on date -- set when the case is closed: 30 days after
);
CREATE INDEX ticket_contact_delete ON core.ticket_contact (delete_on) WHERE delete_on IS NOT NULL;
SELECT core.protect('core.ticket_contact');

-- Photos: seen by handlers; by everybody once a person said so.
CREATE TABLE core.ticket_photo (
	ticket_id bigint NOT NULL REFERENCES core.ticket,
	pos smallint NOT NULL CHECK (pos BETWEEN 1 AND 3),
	sha256 bytea NOT NULL REFERENCES core.photo,
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'public', 'hidden')),
	PRIMARY KEY (ticket_id, pos)
);
CREATE INDEX ticket_photo_sha256 ON core.ticket_photo (sha256);
SELECT core.protect('core.ticket_photo');

-- What happened, for ever; what the receipt shows. words: public ones, by the office; by whom inside
-- it: by_account. org_id: whose act; to_org_id: of a transfer or an escalation. level: of a rating.
CREATE TABLE core.ticket_step (
	ticket_id bigint NOT NULL REFERENCES core.ticket,
	n smallint NOT NULL CHECK (n > 0),
	at timestamptz NOT NULL,
	act text NOT NULL CHECK (act IN ('received', 'accept', 'transfer', 'dispatch', 'work', 'note', 'answer',
		'publish', 'join', 'close', 'rate', 'reopen', 'callback', 'escalate', 'quarantine', 'release', 'hide',
		'show')),
	by_account int REFERENCES core.account,
	org_id int NOT NULL REFERENCES core.org,
	to_org_id int REFERENCES core.org,
	words text CHECK (words <> '' AND length(words) <= 2000),
	level smallint CHECK (level BETWEEN 1 AND 5),
	PRIMARY KEY (ticket_id, n),
	CHECK ((act = 'rate') = (level IS NOT NULL))
);
CREATE UNIQUE INDEX ticket_step_rate ON core.ticket_step (ticket_id) WHERE act = 'rate';
SELECT core.protect('core.ticket_step');
SELECT core.append_only('core.ticket_step');

-- ---- intake ----------------------------------------------------------------------------------
CREATE INDEX ticket_at ON core.ticket (at);

-- Numbers intake goes by; what each means stands beside it (seed/08_tickets.sql).
CREATE TABLE core.ticket_limit (
	code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
	n int NOT NULL CHECK (n >= 0),
	what text NOT NULL CHECK (what <> '')
);
SELECT core.protect('core.ticket_limit');

-- A report whose words hold one of these (compared by core.norm()) waits until a person looked at it.
CREATE TABLE core.ticket_spam (
	word text PRIMARY KEY CHECK (word <> ''),
	ended_on date
);
SELECT core.protect('core.ticket_spam');

-- Signs the stamps of forms, so that they hold on every host.
CREATE TABLE core.ticket_secret (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	value bytea NOT NULL CHECK (length(value) >= 32)
);
SELECT core.protect('core.ticket_secret');
INSERT INTO core.ticket_secret (value)
VALUES (uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

-- How many came from one neighbourhood in an hour. source: a hash of the prefix under a key that
-- changes daily and is not kept (security.md 40); swept after a day.
CREATE TABLE core.ticket_source (
	source bytea NOT NULL CHECK (length(source) BETWEEN 1 AND 32),
	hour timestamptz NOT NULL,
	n int NOT NULL,
	photos int NOT NULL DEFAULT 0,
	PRIMARY KEY (source, hour)
);
CREATE INDEX ticket_source_hour ON core.ticket_source (hour);
SELECT core.protect('core.ticket_source');

-- Photos that came with a form, until it is a case; by the form's key.
CREATE TABLE core.ticket_upload (
	key uuid NOT NULL,
	pos smallint NOT NULL CHECK (pos BETWEEN 1 AND 3),
	sha256 bytea NOT NULL REFERENCES core.photo,
	at timestamptz NOT NULL,
	PRIMARY KEY (key, pos)
);
CREATE INDEX ticket_upload_at ON core.ticket_upload (at);
CREATE INDEX ticket_upload_sha256 ON core.ticket_upload (sha256);
SELECT core.protect('core.ticket_upload');

-- ---- who sees what -------------------------------------------------------------------------
-- A case is seen by the office that answers for it and those above, by the office it came to first, and
-- by whoever sees the facility or place.
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.ticket_kind', 'core.ticket_clock']::regclass[]) t;
SELECT core.staff_sees('core.ticket', $$ EXISTS (SELECT FROM core.org o WHERE o.id IN (org_id, first_org_id)
		AND o.path @> ARRAY[core.my_org()])
	OR EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)
	OR EXISTS (SELECT FROM core.place p WHERE p.id = place_id) $$);
SELECT core.staff_sees(t, 'EXISTS (SELECT FROM core.ticket t WHERE t.id = ticket_id)')
FROM unnest(ARRAY['core.ticket_text', 'core.ticket_photo', 'core.ticket_step']::regclass[]) t;
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.ticket_limit', 'core.ticket_spam']::regclass[]) t;
-- as 0009 has it, and what hangs on a case
SELECT core.staff_sees('core.photo', $$ stored_by = core.my_account()
	OR EXISTS (SELECT FROM core.record_photo x WHERE x.sha256 = photo.sha256)
	OR EXISTS (SELECT FROM core.ticket_photo x WHERE x.sha256 = photo.sha256) $$);
