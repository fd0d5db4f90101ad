-- Import: what the command line calls to load facilities, records and photos (role qr_migrate).
--
-- MANUAL
-- One import = one transaction on one connection as qr_migrate (no SET ROLE needed):
--
--   BEGIN;
--   SELECT api.import_begin('facilities', 'nyc-tanks', 'file.csv', sha256_of_file);  -> batch (bigint)
--   COPY pg_temp.stage_facility (line, key, ...) FROM STDIN;         -- any subset of the columns
--   SELECT line, reason, detail FROM api.import_facilities(batch, 'refuse', false);  -> refusals
--   SELECT * FROM api.import_report(batch);   -> (rows, created, changed, unchanged, refused, applied)
--   COMMIT;                                   -- or ROLLBACK when applied is false
--
-- All or nothing: with p_skip_bad = false one refusal means that nothing is applied (applied =
-- false); the refusals are all listed all the same. With true the good rows are loaded.
-- Staging tables are temporary (dropped at the end of the transaction), so two imports never
-- meet; columns not named in COPY are NULL. C parses values by the profile: dates and times in
-- ISO form, JSON valid, text without NUL. An empty string counts as NULL in every text column.
-- Identity of a row = source + key. Same content again = unchanged. Changed content is refused
-- ('changed') unless p_on_change says otherwise. Two rows of one file with one key: the second
-- is refused ('duplicate_row' when it says the same, 'duplicate_key' when not).
--
-- p_on_change: 'refuse'  changed content is a refusal
--              'revise'  facilities are updated, records get a new revision
--              'keep'    facilities only, for registers derived from a file of records: what is
--                        known stays as it is, later spellings of a key within the file count
--                        as unchanged
--
-- pg_temp.stage_facility
--   line          bigint NOT NULL  line of the file (1 = first line)
--   key           text NOT NULL    the source's own identity of the facility
--   code          text             printed code; NULL: made here for a new facility
--   kind          text             'roof_tank' ...
--   org           text             core.org.code: 12-digit division code, or 'nyc', 'nyc-mn',
--                                  'nyc-mn-05' (boroughs mn bx bk qn si, community board 2 digits)
--   name          text             own name ("No. 2 tank"), optional
--   place_key     text             identity of the place within the source; NULL: no key, then
--                                  place_code, then name + address make the identity
--   place_code    text             code of an existing place
--   place_name    text
--   place_address text
--   building      text             "75号楼"
--   serves        text             "1-3单元96户"
--   params        jsonb            object of the kind's parameters
--   status        text             in_service (default) | suspended | retired
--   status_since  date
--   status_reason text
--   since         date             on the register since; NULL: the day of the import
--   manager       text             name of the managing firm
--   manager_phone text
--   manager_from  date             NULL: = since
--   unmanaged     boolean          true: stated that nobody manages it (not the same as unknown)
--   lon, lat      numeric          private, never published
--
-- pg_temp.stage_record
--   line            bigint NOT NULL
--   key             text NOT NULL
--   facility_source text           source of facility_key; NULL: the batch's own source
--   facility_key    text           facility by source + key ...
--   facility_code   text           ... or by code (one of the two)
--   type            text           clean | test | inspect | repair (a type of the facility's kind)
--   performed_from  timestamptz
--   performed_to    timestamptz    end of the work; or
--   performed_on    date           when only a date is known (one of the two is needed)
--   received_at     timestamptz    NULL: now
--   published_at    timestamptz    NULL: now
--   parties         jsonb          [{"role":"cleaner|lab|inspector|..","name":"..","filing":".."?}]
--   fields          jsonb          object
--   results         jsonb          [{"item":"turbidity","op":"<"?,"num":"0.32"?,"word":"not_detected"?,
--                                    "unit":"NTU"?}]  num as a string keeps its digits; op one of
--                                    < <= = >= > ; either num or word; unit NULL: the item's own
--   flags           jsonb          ["contradiction:coliform_ecoli"]
--   photos          jsonb          [{"slot":"before","sha256":"hex","taken":"2026-05-01T09:20:00+08:00"?}]
--                                  of photos already stored by api.photo_put
--
-- pg_temp.stage_photo
--   line          bigint NOT NULL
--   record_source text             NULL: the batch's own source
--   record_key    text             record by source + key, or
--   record_id     uuid             by uuid
--   slot          text             a slot of the kind
--   sha256        text             hex, of the published 1280 px bytes (api.photo_put came before)
--   taken         timestamptz      capture time, optional
-- The same photo in the same slot of the same record again = unchanged.
--
-- Functions
--   api.import_begin(p_kind text, p_source text, p_file text, p_sha256 bytea) -> bigint
--        p_kind: facilities | records | photos (makes the staging table of that kind; may be
--        called several times in one transaction, for instance facilities, then records)
--   api.import_facilities(p_batch bigint, p_on_change text, p_skip_bad boolean)
--   api.import_records(p_batch bigint, p_on_change text, p_skip_bad boolean)
--   api.import_photos(p_batch bigint, p_skip_bad boolean)
--        -> TABLE (line bigint, reason text, detail text), by line
--   api.import_report(p_batch bigint)
--        -> (rows bigint, created bigint, changed bigint, unchanged bigint, refused bigint, applied boolean)
--   api.photo_put(p_sha256 bytea, p_w int, p_h int, p_original bytea, p_taken timestamptz,
--                 p_lon numeric, p_lat numeric, p_phash bigint, p_widths int[], p_bytes bytea[]) -> boolean
--        stores a photo once (false: it was there); w, h are those of the 1280 variant
--
-- Reasons (refused rows)
--   no_key duplicate_row duplicate_key changed
--   no_kind unknown_kind unknown_org bad_code code_taken unknown_place no_place bad_status bad_params
--   bad_coordinates
--   no_facility unknown_facility bad_type no_date date_in_future date_too_old end_before_start
--   bad_parties bad_fields bad_results unknown_item unknown_word bad_flags bad_photos unknown_photo
--   unknown_record bad_slot
--
-- Item codes: color turbidity odor_taste visible_matter ph bacteria total_coliform e_coli
--   free_chlorine total_chlorine; New York: internal_structure external_structure overflow_pipes
--   access_ladders air_vents roof_access sediment biological_growth debris_insects rodent_bird
-- Word codes: not_detected detected none absent present no_finding finding normal abnormal
-- Flags: contradiction:coliform_ecoli contradiction:meets_standards not_certified_lab
--   (any flag of the form word or word:word is taken; those in core.flag have wording)

-- An empty staging table for this transaction.
CREATE OR REPLACE FUNCTION core.import_stage(p_stage text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core SET client_min_messages = warning AS $$
BEGIN
	EXECUTE format('DROP TABLE IF EXISTS pg_temp.%I', p_stage);
	CASE p_stage
	WHEN 'stage_facility' THEN
		CREATE TEMPORARY TABLE stage_facility (line bigint NOT NULL, key text, code text, kind text,
			org text, name text, place_key text, place_code text, place_name text,
			place_address text, building text, serves text, params jsonb, status text,
			status_since date, status_reason text, since date, manager_name text,
			manager_phone text, manager_from date, unmanaged boolean, lon numeric, lat numeric)
			ON COMMIT DROP;
	WHEN 'stage_record' THEN
		CREATE TEMPORARY TABLE stage_record (line bigint NOT NULL, key text,
			facility_source text, facility_key text, facility_code text, type text,
			performed_from timestamptz, performed_to timestamptz, performed_on date,
			received_at timestamptz, published_at timestamptz, parties jsonb, fields jsonb,
			results jsonb, flags jsonb, photos jsonb) ON COMMIT DROP;
	WHEN 'stage_photo' THEN
		CREATE TEMPORARY TABLE stage_photo (line bigint NOT NULL, record_source text,
			record_key text, record_id uuid, slot text, sha256 text, taken timestamptz)
			ON COMMIT DROP;
	END CASE;
END
$$;

CREATE OR REPLACE FUNCTION api.import_begin(p_kind text, p_source text, p_file text, p_sha256 bytea)
RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, core
SET client_min_messages = warning AS $$
DECLARE
	batch bigint;
	stage constant text := CASE p_kind WHEN 'facilities' THEN 'stage_facility'
		WHEN 'records' THEN 'stage_record' WHEN 'photos' THEN 'stage_photo' END;
BEGIN
	IF stage IS NULL OR core.some(p_source) IS NULL THEN
		RAISE EXCEPTION 'import of "%" from "%": kind or source unknown', p_kind, p_source
			USING ERRCODE = 'QR422';
	END IF;
	-- one import of a source at a time
	PERFORM pg_advisory_xact_lock(hashtext('qr import'), hashtext(p_source));
	INSERT INTO core.import_batch (kind, source, file, sha256, who)
	VALUES (p_kind, p_source, p_file, p_sha256, session_user) RETURNING id INTO batch;
	PERFORM core.import_stage(stage);
	EXECUTE format('GRANT INSERT, SELECT ON pg_temp.%I TO qr_migrate', stage);
	RETURN batch;
END
$$;

CREATE OR REPLACE FUNCTION api.import_report(p_batch bigint) RETURNS TABLE (rows bigint,
	created bigint, changed bigint, unchanged bigint, refused bigint, applied boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, core AS $$
	SELECT b.rows, b.created, b.changed, b.unchanged, b.refused, b.applied
	FROM core.import_batch b WHERE b.id = p_batch
$$;

-- The batch of this transaction and its source; another batch, or one already used: QR409.
CREATE OR REPLACE FUNCTION core.import_source_of(p_batch bigint, p_kind text) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
DECLARE
	b core.import_batch;
BEGIN
	SELECT * INTO b FROM core.import_batch WHERE id = p_batch;
	IF b.kind IS DISTINCT FROM p_kind OR b.applied IS NOT NULL OR b.begun_at <> pg_catalog.now() THEN
		RAISE EXCEPTION 'batch % is no import of % begun here', p_batch, p_kind
			USING ERRCODE = 'QR409';
	END IF;
	RETURN b.source;
END
$$;

-- Parties for names as a source spells them: known spellings keep their party, new ones make
-- one. Case, width, spaces and punctuation apart, nothing is guessed to be the same.
CREATE OR REPLACE FUNCTION core.import_parties(p_source text, p_names text[], p_phones text[])
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	WITH said AS (
		SELECT coalesce(nullif(core.norm(u.name), ''), u.name) AS norm,
			array_agg(DISTINCT u.name) AS spelled,
			(array_agg(u.name ORDER BY u.n))[1] AS name, max(u.phone) AS phone
		FROM unnest(p_names, p_phones) WITH ORDINALITY AS u (name, phone, n)
		WHERE u.name IS NOT NULL
		GROUP BY 1
	), known AS (
		UPDATE core.party_alias a SET spelled = ARRAY(
			SELECT DISTINCT x FROM unnest(a.spelled || s.spelled) x ORDER BY x)
		FROM said s WHERE a.source = p_source AND a.norm = s.norm AND NOT a.spelled @> s.spelled
	), new AS (
		SELECT s.*, nextval(pg_get_serial_sequence('core.party', 'id'))::int AS id FROM said s
		WHERE NOT EXISTS (SELECT FROM core.party_alias a
			WHERE a.source = p_source AND a.norm = s.norm)
	), made AS (
		INSERT INTO core.party (id, name, phone) OVERRIDING SYSTEM VALUE
		SELECT n.id, n.name, n.phone FROM new n
		RETURNING id
	)
	INSERT INTO core.party_alias (source, norm, party_id, spelled)
	SELECT p_source, n.norm, n.id, n.spelled FROM new n JOIN made m ON m.id = n.id;
	UPDATE core.party p SET phone = u.phone
	FROM unnest(p_names, p_phones) AS u (name, phone)
	JOIN core.party_alias a ON a.source = p_source
		AND a.norm = coalesce(nullif(core.norm(u.name), ''), u.name)
	WHERE p.id = a.party_id AND p.phone IS DISTINCT FROM u.phone AND u.phone IS NOT NULL;
END
$$;

CREATE OR REPLACE FUNCTION core.party_of(p_source text, p_name text) RETURNS int
LANGUAGE sql STABLE SET search_path = pg_catalog, core AS $$
	SELECT a.party_id FROM core.party_alias a
	WHERE a.source = p_source AND a.norm = coalesce(nullif(core.norm(p_name), ''), p_name)
$$;

-- Closes a batch: counts, and an audit line when something was applied.
CREATE OR REPLACE FUNCTION core.import_end(p_batch bigint, p_rows bigint, p_created bigint,
	p_changed bigint, p_unchanged bigint, p_refused bigint, p_applied boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	UPDATE core.import_batch SET rows = p_rows, created = p_created, changed = p_changed,
		unchanged = p_unchanged, refused = p_refused, applied = p_applied
	WHERE id = p_batch;
	IF p_applied THEN
		INSERT INTO core.audit (who, what, subject, detail)
		SELECT b.who, 'import', b.source, jsonb_build_object('batch', b.id, 'kind', b.kind, 'file',
			b.file, 'created', b.created, 'changed', b.changed, 'refused', b.refused)
		FROM core.import_batch b WHERE b.id = p_batch;
	END IF;
END
$$;
