-- What each role may call, name by name, and that it can see nothing else.
\ir fixture.inc
SELECT * FROM no_plan();
CREATE FUNCTION pg_temp.may(p_role text) RETURNS text LANGUAGE sql AS $$
	SELECT string_agg(p.proname, ' ' ORDER BY p.proname COLLATE "C") FROM pg_proc p
	WHERE p.pronamespace = 'api'::regnamespace AND p.proname NOT LIKE 'staff\_%'
		AND has_function_privilege(p_role, p.oid, 'EXECUTE') $$;
SELECT is(pg_temp.may('qr_ro'), 'facility_state label_guess photo_there public_document public_facility public_history'
	' public_label public_place public_record public_revision version wal_at', 'qr_ro');
SELECT is(pg_temp.may('qr_rw'), 'auth_again auth_again_lookup auth_login auth_logout auth_lookup auth_totp'
	' invite_look invite_use public_notice public_ticket scan_add sign_look sign_use survey_answer ticket_form ticket_new ticket_rate version', 'qr_rw, besides what begins with who is asking');
SELECT is(pg_temp.may('qr_slow'), 'export_job export_job_end export_job_piece export_job_rows feed_calendar feed_news head_next head_put import_job import_job_do import_job_fail import_job_file import_job_heads import_job_rows job_done job_failed job_keep job_rebuild job_remind job_snapshot job_sweep'
	' job_take job_ticket_numbers job_ticket_publish job_tickets label_job label_job_fail label_job_progress label_job_put label_job_rows notice_job notice_job_fail notice_job_page notice_job_put'
	' outbox_fill outbox_note outbox_take photo_get poster_job poster_job_fail poster_job_page poster_job_put public_notice_file publish_due report_get service_facts sign_photo_get ticket_photo_put version', 'qr_slow, besides what begins with who is asking');
SELECT is(array_agg(r.rolname || ' ' || p.proname), NULL,
	'functions of people who log in are for qr_rw and qr_slow alone')
FROM pg_proc p CROSS JOIN pg_roles r
WHERE p.pronamespace = 'api'::regnamespace AND p.proname LIKE 'staff\_%'
	AND r.rolname IN ('qr_ro', 'qr_listen', 'qr_auditor', 'qr_migrate')
	AND has_function_privilege(r.oid, p.oid, 'EXECUTE');
SELECT is(pg_temp.may('qr_listen'), 'version', 'qr_listen');
SELECT is(pg_temp.may('qr_auditor'), 'facility_state label_guess photo_there public_document public_facility'
	' public_history public_label public_place public_record public_revision verify_audit verify_documents'
	' verify_erased verify_heads verify_photos verify_records verify_reports verify_totals version',
	'qr_auditor');
SELECT is(pg_temp.may('qr_migrate'), 'assign_add calendar_list calendar_put erase facility_state import_begin import_facilities import_photos'
	' import_records import_report invite_use job_list job_rebuild_all label_batches label_bind label_cover label_damaged label_guess label_issue'
	' label_list label_printed label_replace label_void mirror_paths photo_put photo_there public_document public_facility'
	' public_history public_label public_place public_record public_revision publish_all publish_due publish_seeds'
	' user_add user_end user_list user_reset verify_audit verify_documents verify_erased verify_heads'
	' verify_photos verify_records verify_reports verify_totals version', 'qr_migrate');

SELECT is(array_agg(r.rolname || ' ' || c.relname), NULL, 'no role can read or write any table')
FROM pg_roles r CROSS JOIN pg_class c
WHERE r.rolname IN ('qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor')
	AND c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p')
	AND (has_table_privilege(r.oid, c.oid, 'SELECT') OR has_table_privilege(r.oid, c.oid, 'INSERT')
		OR has_table_privilege(r.oid, c.oid, 'UPDATE') OR has_table_privilege(r.oid, c.oid, 'DELETE')
		OR has_table_privilege(r.oid, c.oid, 'TRUNCATE'));
SELECT is(array_agg(r.rolname::text), NULL, 'no role can use schema core')
FROM pg_roles r WHERE r.rolname IN ('qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor')
	AND has_schema_privilege(r.oid, 'core', 'USAGE');
SELECT is(array_agg(r.rolname || '.' || n.nspname), NULL, 'no role can make anything')
FROM pg_roles r CROSS JOIN pg_namespace n
WHERE r.rolname IN ('qr_staff', 'qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor')
	AND n.nspname IN ('core', 'api', 'auth', 'crypt', 'public') AND has_schema_privilege(r.oid, n.oid, 'CREATE');
SELECT is(array_agg(r.rolname::text), NULL, 'no role can make temporary tables')
FROM pg_roles r WHERE r.rolname IN ('qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor')
	AND has_database_privilege(r.oid, current_database(), 'TEMPORARY');
SELECT is(array_agg(r.rolname || ' in ' || g.rolname ORDER BY r.rolname), ARRAY['qr_migrate in qr_owner', 'qr_owner in qr_staff'],
	'only the command line may act as the owner, only the owner hands functions to qr_staff')
FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
WHERE r.rolname LIKE 'qr\_%';
SELECT is(array_agg(r.rolname::text), NULL, 'no role is above row security')
FROM pg_roles r WHERE r.rolname LIKE 'qr\_%' AND (r.rolsuper OR r.rolbypassrls OR r.rolcreaterole
	OR r.rolcreatedb OR r.rolreplication);
SELECT ok(NOT rolcanlogin, rolname || ' cannot log in') FROM pg_roles
WHERE rolname IN ('qr_owner', 'qr_staff');
SELECT ok(NOT rolinherit, 'qr_migrate has no rights of the owner without asking')
FROM pg_roles WHERE rolname = 'qr_migrate';

-- Settings that hold in pipelines.
SELECT is(array_agg(r.rolname::text || ' ' || s ), NULL, 'every daemon role has its limits')
FROM pg_roles r CROSS JOIN unnest(ARRAY['statement_timeout=', 'lock_timeout=',
	'idle_in_transaction_session_timeout=', 'jit=off', 'plan_cache_mode=force_generic_plan']) s
WHERE r.rolname IN ('qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor')
	AND NOT EXISTS (SELECT FROM unnest(r.rolconfig) c WHERE starts_with(c, s));
SELECT is(array_agg(r.rolname::text ORDER BY r.rolname::text), ARRAY['qr_auditor', 'qr_listen', 'qr_ro'], 'read-only roles')
FROM pg_roles r WHERE 'default_transaction_read_only=on' = ANY (r.rolconfig);

-- And tried: what a role must not do is refused.
CREATE TEMPORARY TABLE tries (who text, what text);
INSERT INTO tries
SELECT r, 'SELECT * FROM core.' || t FROM unnest(ARRAY['qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor',
	'qr_migrate']) r, unnest(ARRAY['document', 'record', 'photo_bytes', 'label', 'audit', 'facility',
	'account', 'credential', 'session']) t
UNION ALL VALUES ('qr_ro', 'SELECT api.photo_get(NULL, 320)'),
	('qr_ro', 'SELECT api.scan_add(NULL, NULL, NULL)'), ('qr_rw', 'SELECT api.public_label(NULL)'),
	('qr_rw', 'SELECT api.photo_get(NULL, 320)'), ('qr_slow', 'SELECT api.scan_add(NULL, NULL, NULL)'),
	('qr_slow', 'SELECT api.label_void(NULL, NULL, NULL)'), ('qr_listen', 'SELECT api.public_label(NULL)'),
	('qr_auditor', 'SELECT api.import_begin(NULL, NULL, NULL, NULL)'),
	('qr_ro', 'SELECT core.publish(NULL, NULL)'), ('qr_ro', 'SELECT api.publish_all()'),
  ('qr_migrate', 'DELETE FROM core.record'),
	('qr_migrate', 'SELECT core.now()'),
	('qr_rw', 'SELECT auth.enter(NULL, NULL)'), ('qr_rw', 'SELECT crypt.gen_random_bytes(1)'),
	('qr_staff', 'SELECT crypt.gen_random_bytes(1)'), ('qr_staff', 'SELECT * FROM core.credential'),
	('qr_staff', 'SELECT api.user_add(NULL, NULL, NULL)'), ('qr_staff', 'SELECT core.audit_chain()'),
	('qr_ro', 'SELECT api.staff_me(NULL)'), ('qr_ro', 'SELECT api.auth_lookup(NULL, NULL)'),
	('qr_migrate', 'SELECT api.auth_login(NULL, NULL, NULL, NULL, NULL, NULL, NULL)');
CREATE FUNCTION pg_temp.try(p_who text, p_what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE format('SET LOCAL ROLE %I', p_who);
	EXECUTE p_what;
	RESET ROLE;
	RETURN 'done';
EXCEPTION WHEN others THEN
	RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.try(who, what), '42501', who || ': ' || what) FROM tries;
SELECT is(pg_temp.try('qr_ro', 'SELECT * FROM api.public_label(''0K7M2Q9XH'')'), 'done',
	'what it may do it can');
SELECT is(pg_temp.try('qr_slow', 'SELECT api.photo_get(NULL, 320)'), 'done', 'qr_slow fetches photos');
SELECT is(pg_temp.try('qr_rw', 'SELECT api.scan_add(NULL, NULL, NULL)'), 'done', 'qr_rw counts scans');

-- Under a role without a policy of its own the tables are empty even when granted.
GRANT USAGE ON SCHEMA core TO qr_ro;
GRANT SELECT ON core.document TO qr_ro;
SET LOCAL ROLE qr_ro;
SELECT tap.is((SELECT count(*) FROM core.document), 0::bigint, 'row security holds under a grant');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
