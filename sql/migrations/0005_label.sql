-- Labels: codes that were printed, what each is stuck to, and what became of it.
CREATE TABLE core.label_batch (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	made_at timestamptz NOT NULL DEFAULT now(),
	who text NOT NULL CHECK (who <> ''),
	org_id int REFERENCES core.org,
	template text NOT NULL,
	printer text,
	-- positions of the sheets that were used, counted from 1 over all sheets
	positions int[] NOT NULL DEFAULT '{}',
	selection jsonb,
	printed_on date
);
SELECT core.protect('core.label_batch');

CREATE TABLE core.label (
	code core.code PRIMARY KEY,
	batch_id bigint REFERENCES core.label_batch,
	org_id int REFERENCES core.org,
	state text NOT NULL CHECK (state IN ('blank', 'active', 'replaced', 'void')),
	since timestamptz NOT NULL DEFAULT now(),
	facility_id bigint REFERENCES core.facility,
	place_id bigint REFERENCES core.place,
	spot text CHECK (spot <> ''),
	reason text CHECK (reason <> ''),
	replaced_by core.code REFERENCES core.label,
	damaged_at timestamptz,
	CHECK (facility_id IS NULL OR place_id IS NULL),
	CHECK (state <> 'active' OR facility_id IS NOT NULL OR place_id IS NOT NULL),
	CHECK (state <> 'blank' OR (facility_id IS NULL AND place_id IS NULL AND spot IS NULL)),
	CHECK ((state = 'replaced') = (replaced_by IS NOT NULL)),
	CHECK (state <> 'void' OR reason IS NOT NULL)
);
CREATE INDEX label_facility ON core.label (facility_id) WHERE facility_id IS NOT NULL;
CREATE INDEX label_place ON core.label (place_id) WHERE place_id IS NOT NULL;
CREATE INDEX label_batch_of ON core.label (batch_id);
CREATE INDEX label_damaged ON core.label (damaged_at) WHERE damaged_at IS NOT NULL;
SELECT core.protect('core.label');

-- What happened to a label; never changed.
CREATE TABLE core.label_event (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	code core.code NOT NULL REFERENCES core.label,
	at timestamptz NOT NULL DEFAULT now(),
	who text NOT NULL CHECK (who <> ''),
	what text NOT NULL CHECK (what IN ('issued', 'bound', 'replaced', 'void', 'damaged')),
	facility_id bigint REFERENCES core.facility,
	place_id bigint REFERENCES core.place,
	spot text,
	other core.code,
	reason text
);
CREATE INDEX label_event_code ON core.label_event (code);
SELECT core.protect('core.label_event');
SELECT core.append_only('core.label_event');

-- How often a label was scanned on a day, and nothing about who did.
CREATE TABLE core.scan_day (
	day date NOT NULL,
	code core.code NOT NULL REFERENCES core.label,
	count int NOT NULL CHECK (count > 0),
	PRIMARY KEY (code, day)
);
SELECT core.protect('core.scan_day');
