-- Imports: who loaded what from where, and which row of which source became what.
CREATE TABLE core.import_batch (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	kind text NOT NULL CHECK (kind IN ('facilities', 'records', 'photos')),
	source text NOT NULL CHECK (source <> ''),
	file text,
	sha256 bytea CHECK (length(sha256) = 32),
	who text NOT NULL,
	begun_at timestamptz NOT NULL DEFAULT now(),
	rows bigint,
	created bigint,
	changed bigint,
	unchanged bigint,
	refused bigint,
	applied boolean
);
SELECT core.protect('core.import_batch');

CREATE TABLE core.import_source (
	source text COLLATE "C" NOT NULL,
	kind text COLLATE "C" NOT NULL CHECK (kind IN ('place', 'facility', 'record')),
	key text COLLATE "C" NOT NULL,
	sha256 bytea NOT NULL CHECK (length(sha256) = 32),
	batch_id bigint NOT NULL REFERENCES core.import_batch,
	place_id bigint REFERENCES core.place,
	facility_id bigint REFERENCES core.facility,
	record_id uuid REFERENCES core.record,
	PRIMARY KEY (source, kind, key),
	CHECK ((kind = 'place') = (place_id IS NOT NULL)),
	CHECK ((kind = 'facility') = (facility_id IS NOT NULL)),
	CHECK ((kind = 'record') = (record_id IS NOT NULL))
);
CREATE INDEX import_source_facility ON core.import_source (facility_id) WHERE facility_id IS NOT NULL;
CREATE INDEX import_source_record ON core.import_source (record_id) WHERE record_id IS NOT NULL;
SELECT core.protect('core.import_source');
