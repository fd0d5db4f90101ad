-- What people on site say of the stickers they see: intact, damaged (torn, faded or gone), or one
-- that is not ours in its place or beside it. Never changed: the newest row about a label counts.

-- key: made by the phone or the form; sent again it changes nothing. code: the label it is about,
-- NULL when a foreign sticker hangs where none of ours does. What the label was stuck to that day
-- is kept with it. at: when it was seen; received_at: when the server was told.
CREATE TABLE core.sticker_report (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	key uuid NOT NULL UNIQUE,
	account int NOT NULL REFERENCES core.account,
	what text NOT NULL CHECK (what IN ('intact', 'damaged', 'foreign')),
	code core.code REFERENCES core.label,
	facility_id bigint REFERENCES core.facility,
	place_id bigint REFERENCES core.place,
	-- where it hangs, in words of who saw it
	spot text CHECK (spot <> '' AND length(spot) <= 100),
	at timestamptz NOT NULL,
	received_at timestamptz NOT NULL,
	CHECK ((facility_id IS NULL) <> (place_id IS NULL)),
	CHECK (code IS NOT NULL OR what = 'foreign'),
	CHECK (at <= received_at + interval '5 minutes')
);
CREATE INDEX sticker_report_code ON core.sticker_report (code, at) WHERE code IS NOT NULL;
CREATE INDEX sticker_report_facility ON core.sticker_report (facility_id, at) WHERE facility_id IS NOT NULL;
CREATE INDEX sticker_report_place ON core.sticker_report (place_id) WHERE place_id IS NOT NULL;
SELECT core.protect('core.sticker_report');
SELECT core.append_only('core.sticker_report');
SELECT core.staff_sees('core.sticker_report', $$ EXISTS (SELECT FROM core.facility f WHERE f.id = facility_id)
	OR EXISTS (SELECT FROM core.place p WHERE p.id = place_id) $$);
