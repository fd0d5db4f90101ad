-- Warnings: who is reminded of what is due, when, by which rule; inboxes; calendars and feeds at
-- secret addresses; the outbox of webhooks and mail.

CREATE FUNCTION core.rising(p smallint[]) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT coalesce(bool_and(a.x < b.x), true) FROM unnest(p) WITH ORDINALITY AS a (x, n)
	JOIN unnest(p) WITH ORDINALITY AS b (x, n) ON b.n = a.n + 1
$$;

-- When a duty reminds, for an office and those below it; the nearest office's rule wins, one for
-- kind and type before one for the kind before one for all. steps: days after the due date
-- (negative: before), rising; every: after the last of them again and again.
CREATE TABLE core.remind_rule (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code text COLLATE "C" NOT NULL CHECK (code ~ '^[a-z0-9][a-z0-9-]*$'),
	kind_id int REFERENCES core.kind,
	type text,
	org_id int NOT NULL REFERENCES core.org,
	valid_from date NOT NULL,
	valid_to date,
	steps smallint[] NOT NULL CHECK (cardinality(steps) BETWEEN 1 AND 20 AND core.rising(steps)
		AND steps[1] >= -366 AND array_position(steps, NULL) IS NULL),
	every smallint CHECK (every > 0),
	basis text NOT NULL CHECK (basis <> ''),
	source text,
	CHECK (valid_to >= valid_from),
	CHECK (type IS NULL OR kind_id IS NOT NULL),
	UNIQUE (code, valid_from)
);
CREATE INDEX remind_rule_org ON core.remind_rule (org_id);
SELECT core.protect('core.remind_rule');

-- Who is told from which step on: the firm that manages, or the office of the place, so many
-- levels up. That is the escalation.
CREATE TABLE core.remind_to (
	rule_id int NOT NULL REFERENCES core.remind_rule ON DELETE CASCADE,
	whom text NOT NULL CHECK (whom IN ('manager', 'office')),
	up smallint NOT NULL DEFAULT 0 CHECK (up BETWEEN 0 AND 9),
	from_step smallint NOT NULL,
	CHECK (whom = 'office' OR up = 0),
	PRIMARY KEY (rule_id, whom, up)
);
SELECT core.protect('core.remind_to');

-- What was said of a duty with its due date: once a step; by hand (step NULL) once a day.
CREATE TABLE core.reminder (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	facility_id bigint NOT NULL REFERENCES core.facility,
	type text NOT NULL,
	due date NOT NULL,
	step smallint,
	on_day date NOT NULL,
	at timestamptz NOT NULL,
	by_account int REFERENCES core.account,
	CHECK ((step IS NULL) = (by_account IS NOT NULL))
);
CREATE UNIQUE INDEX reminder_step ON core.reminder (facility_id, type, due, step) WHERE step IS NOT NULL;
CREATE UNIQUE INDEX reminder_hand ON core.reminder (facility_id, type, due, on_day) WHERE step IS NULL;
CREATE INDEX reminder_facility ON core.reminder (facility_id, id);
SELECT core.protect('core.reminder');
SELECT core.append_only('core.reminder');

-- To whom. box: the office's id, or that of the firm below zero. queued: what goes out by
-- webhook or mail has been put into the outbox, or nobody wants it there.
CREATE TABLE core.reminder_to (
	reminder_id bigint NOT NULL REFERENCES core.reminder,
	org_id int REFERENCES core.org,
	party_id int REFERENCES core.party,
	box int NOT NULL GENERATED ALWAYS AS (coalesce(org_id, -party_id)) STORED,
	queued boolean NOT NULL,
	seen_at timestamptz,
	seen_by int REFERENCES core.account,
	PRIMARY KEY (reminder_id, box),
	CHECK ((org_id IS NULL) <> (party_id IS NULL)),
	CHECK ((seen_at IS NULL) = (seen_by IS NULL))
);
CREATE INDEX reminder_to_queue ON core.reminder_to (box, reminder_id) WHERE NOT queued;
CREATE INDEX reminder_to_box ON core.reminder_to (box, reminder_id);
SELECT core.protect('core.reminder_to');

-- What an office or firm is reminded of now: one row a duty, moved by each reminder of it.
-- times: how often for this due date. closed_at: another due date holds, or none.
CREATE TABLE core.inbox (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	org_id int REFERENCES core.org,
	party_id int REFERENCES core.party,
	box int NOT NULL GENERATED ALWAYS AS (coalesce(org_id, -party_id)) STORED,
	facility_id bigint NOT NULL REFERENCES core.facility,
	type text NOT NULL,
	due date NOT NULL,
	reminder_id bigint NOT NULL REFERENCES core.reminder,
	times int NOT NULL CHECK (times > 0),
	seen_at timestamptz,
	seen_by int REFERENCES core.account,
	closed_at timestamptz,
	CHECK ((org_id IS NULL) <> (party_id IS NULL)),
	CHECK ((seen_at IS NULL) = (seen_by IS NULL)),
	UNIQUE (box, facility_id, type)
);
CREATE INDEX inbox_box ON core.inbox (box, reminder_id);
CREATE INDEX inbox_unread ON core.inbox (box, reminder_id) WHERE seen_at IS NULL AND closed_at IS NULL;
CREATE INDEX inbox_open ON core.inbox (id) WHERE closed_at IS NULL;
CREATE INDEX inbox_facility ON core.inbox (facility_id);
SELECT core.protect('core.inbox');

-- A calendar and a feed at an address that nobody can guess: what the account's office or firm
-- has, while the account is in force. token: SHA-256 of what the address holds.
CREATE TABLE core.feed (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	-- names the feed for its readers, and stays when the address changes
	uid uuid NOT NULL DEFAULT gen_random_uuid(),
	token bytea NOT NULL UNIQUE CHECK (length(token) = 32),
	account_id int NOT NULL REFERENCES core.account,
	lang text NOT NULL CHECK (lang IN ('zh-CN', 'en')),
	made_at timestamptz NOT NULL,
	ended_at timestamptz
);
CREATE INDEX feed_account ON core.feed (account_id) WHERE ended_at IS NULL;
SELECT core.protect('core.feed');

-- http(s)://HOST[:PORT][/PATH] without user, password and fragment, or an address of mail.
CREATE FUNCTION core.hook_target_ok(p_kind text, p_target text) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
	SELECT length(p_target) <= 500 AND CASE p_kind
		WHEN 'webhook' THEN p_target ~ '^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?([/?][!-~]*)?$'
			AND p_target !~ '#'
		WHEN 'mail' THEN p_target ~ '^[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9][A-Za-z0-9.-]{0,189}\.[A-Za-z]{2,20}$'
		ELSE false END
$$;

-- Where reminders of an office (or of a firm, party_id) go besides its inbox; office_id looks
-- after it.
CREATE TABLE core.hook (
	id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	office_id int NOT NULL REFERENCES core.org,
	party_id int REFERENCES core.party,
	box int NOT NULL GENERATED ALWAYS AS (coalesce(-party_id, office_id)) STORED,
	kind text NOT NULL CHECK (kind IN ('webhook', 'mail')),
	target text NOT NULL,
	lang text NOT NULL CHECK (lang IN ('zh-CN', 'en')),
	made_at timestamptz NOT NULL,
	made_by int NOT NULL REFERENCES core.account,
	ended_at timestamptz,
	ended_by int REFERENCES core.account,
	CHECK (core.hook_target_ok(kind, target)),
	CHECK ((ended_at IS NULL) = (ended_by IS NULL))
);
CREATE INDEX hook_box ON core.hook (box) WHERE ended_at IS NULL;
SELECT core.protect('core.hook');
-- What signs its messages; nobody but the owner ever looks.
CREATE TABLE core.hook_secret (
	hook_id int PRIMARY KEY REFERENCES core.hook,
	secret bytea NOT NULL CHECK (length(secret) = 32)
);
SELECT core.protect('core.hook_secret');

-- Messages on their way. id goes with each try, so that the receiver can drop what it had. Taken
-- by lease; sent only by an answer of success; dead after too many tries, until somebody says again.
CREATE TABLE core.outbox (
	id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
	n bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
	hook_id int NOT NULL REFERENCES core.hook,
	made_at timestamptz NOT NULL DEFAULT now(),
	body text NOT NULL CHECK (octet_length(body) BETWEEN 2 AND 65536),
	state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'dead')),
	due timestamptz NOT NULL DEFAULT now(),
	attempts int NOT NULL DEFAULT 0,
	lease_until timestamptz,
	leased_by text,
	status int,
	why text,
	sent_at timestamptz,
	CHECK ((state = 'sent') = (sent_at IS NOT NULL))
);
CREATE INDEX outbox_due ON core.outbox (due) WHERE state = 'waiting';
CREATE INDEX outbox_state ON core.outbox (state, n);
CREATE INDEX outbox_hook ON core.outbox (hook_id);
SELECT core.protect('core.outbox');

-- ---- who sees what -------------------------------------------------------------------------
SELECT core.staff_sees(t, 'core.my_account() IS NOT NULL')
FROM unnest(ARRAY['core.remind_rule', 'core.remind_to']::regclass[]) t;
SELECT core.staff_sees('core.reminder', 'EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)');
SELECT core.staff_sees('core.reminder_to', 'EXISTS (SELECT FROM core.reminder r WHERE r.id = reminder_id)');
SELECT core.staff_sees('core.inbox', $$ org_id = core.my_org() OR party_id = core.my_party()
	OR EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id) $$);
SELECT core.staff_sees('core.feed', 'account_id = core.my_account()');
SELECT core.staff_sees('core.hook', $$ (SELECT core.my_right('admin')) AND EXISTS (SELECT FROM core.org o
	WHERE o.id = office_id AND o.path @> ARRAY[core.my_org()]) $$);
SELECT core.staff_sees('core.outbox', 'EXISTS (SELECT FROM core.hook h WHERE h.id = hook_id)');
