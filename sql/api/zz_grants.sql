-- Who may call what: the whole list. Everything else is refused.
DO $$
DECLARE
	f record;
BEGIN
	-- api functions no file makes any more: their row was not written by this transaction, though
	-- that of api.version() was
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'api'::regnamespace AND p.xmin <> (SELECT v.xmin
			FROM pg_catalog.pg_proc v WHERE v.oid = 'api.version()'::regprocedure
				AND v.xmin = pg_catalog.pg_current_xact_id()::xid)
	LOOP
		EXECUTE format('DROP FUNCTION %s', f.name);
	END LOOP;
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE p.pronamespace IN ('api'::regnamespace, 'core'::regnamespace)
	LOOP
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, qr_ro, qr_rw, qr_slow, qr_listen,'
			' qr_auditor, qr_migrate', f.name);
	END LOOP;
END
$$;

REVOKE ALL ON SCHEMA core, api FROM PUBLIC;
GRANT USAGE ON SCHEMA api TO qr_ro, qr_rw, qr_slow, qr_listen, qr_auditor, qr_migrate;

GRANT EXECUTE ON FUNCTION api.version() TO qr_ro, qr_rw, qr_slow, qr_listen, qr_auditor, qr_migrate;

GRANT EXECUTE ON FUNCTION
	api.public_label(text),
	api.public_facility(text),
	api.public_history(text, int),
	api.public_record(uuid),
	api.public_place(text),
	api.public_document(text, text),
	api.label_guess(text[]),
	api.facility_state(text, date)
TO qr_ro, qr_auditor, qr_migrate;

GRANT EXECUTE ON FUNCTION api.scan_add(date, text[], int[]) TO qr_rw;

GRANT EXECUTE ON FUNCTION
	api.photo_get(bytea, int),
	api.publish_due(int),
	api.job_take(text, int),
	api.job_keep(bigint, text, int),
	api.job_done(bigint, text),
	api.job_failed(bigint, text, text),
	api.job_rebuild(bigint, text, int),
	api.job_sweep()
TO qr_slow;

GRANT EXECUTE ON FUNCTION
	api.job_rebuild_all(text),
	api.job_list()
TO qr_migrate;

GRANT EXECUTE ON FUNCTION
	api.publish_seeds(),
	api.publish_all(text),
	api.publish_due(int)
TO qr_migrate;

GRANT EXECUTE ON FUNCTION
	api.import_begin(text, text, text, bytea),
	api.import_facilities(bigint, text, boolean),
	api.import_records(bigint, text, boolean),
	api.import_photos(bigint, boolean),
	api.import_report(bigint),
	api.photo_put(bytea, int, int, bytea, timestamptz, numeric, numeric, bigint, int[], bytea[])
TO qr_migrate;

GRANT EXECUTE ON FUNCTION
	api.label_issue(text, text, int),
	api.label_bind(text, text, text, text, text, text),
	api.label_void(text, text[], text),
	api.label_replace(text, text, text),
	api.label_damaged(text, text, text),
	api.label_list(text[], text[], text, text, text, boolean, boolean),
	api.label_cover(text, text, text, text, int),
	api.label_printed(text, text[], text, text, int[], jsonb),
	api.label_batches(int)
TO qr_migrate;

GRANT EXECUTE ON FUNCTION
	api.verify_documents(text, text, int),
	api.verify_records(bigint, int),
	api.verify_photos(bytea, int),
	api.verify_totals()
TO qr_auditor, qr_migrate;
