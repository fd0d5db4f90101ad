-- Roles of the cluster (architecture.md 5). Run by a superuser, once per database, as often as
-- wanted:  psql -d DATABASE -f sql/roles.sql
--
--   qr_owner    cannot log in; owns schema core and the api functions
--   qr_staff    cannot log in; owns the api functions of people who log in (api.staff_*): row
--               security lets it see what the account in force may see, and nothing else
--   qr_migrate  the command line (migrate, import, labels, verify): may SET ROLE qr_owner
--   qr_ro       pages: only the functions that return published documents
--   qr_rw       the daemon's writes
--   qr_slow     photos, exports, jobs
--   qr_listen   LISTEN and nothing else
--   qr_auditor  may recompute everything, changes nothing
--
-- Who may log in as which role is the cluster's business (pg_hba.conf: peer or scram).
-- Settings of a role hold in pipelines too, where nobody could send SET first. Times are chosen
-- so that a statement of one class never holds up the class beside it; plans are generic from
-- the first call on, since every statement of the daemon is a lookup by key.
DO $$
DECLARE
	r text;
BEGIN
	FOREACH r IN ARRAY ARRAY['qr_owner', 'qr_staff', 'qr_ro', 'qr_rw', 'qr_slow', 'qr_listen',
		'qr_auditor', 'qr_migrate']
	LOOP
		IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = r) THEN
			EXECUTE format('CREATE ROLE %I', r);
		END IF;
		EXECUTE format('ALTER ROLE %I NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS %s',
			r, CASE WHEN r IN ('qr_owner', 'qr_staff') THEN 'NOLOGIN' ELSE 'LOGIN' END);
	END LOOP;
	-- rights of the owner only after an explicit SET ROLE
	ALTER ROLE qr_migrate NOINHERIT;
	IF NOT pg_has_role('qr_migrate', 'qr_owner', 'MEMBER') THEN
		GRANT qr_owner TO qr_migrate;
	END IF;
	-- so that the owner may hand functions over, and replace them
	IF NOT pg_has_role('qr_owner', 'qr_staff', 'MEMBER') THEN
		GRANT qr_staff TO qr_owner;
	END IF;

	FOREACH r IN ARRAY ARRAY['qr_ro', 'qr_rw', 'qr_slow', 'qr_listen', 'qr_auditor'] LOOP
		EXECUTE format('ALTER ROLE %I SET jit = off', r);
		EXECUTE format('ALTER ROLE %I SET plan_cache_mode = force_generic_plan', r);
		EXECUTE format('ALTER ROLE %I SET idle_in_transaction_session_timeout = ''5s''', r);
	END LOOP;
	FOREACH r IN ARRAY ARRAY['qr_ro', 'qr_listen', 'qr_auditor'] LOOP
		EXECUTE format('ALTER ROLE %I SET default_transaction_read_only = on', r);
	END LOOP;
	EXECUTE 'ALTER ROLE qr_ro SET statement_timeout = ''2s''';
	EXECUTE 'ALTER ROLE qr_ro SET lock_timeout = ''500ms''';
	EXECUTE 'ALTER ROLE qr_rw SET statement_timeout = ''5s''';
	EXECUTE 'ALTER ROLE qr_rw SET lock_timeout = ''2s''';
	EXECUTE 'ALTER ROLE qr_slow SET statement_timeout = ''60s''';
	EXECUTE 'ALTER ROLE qr_slow SET lock_timeout = ''5s''';
	EXECUTE 'ALTER ROLE qr_listen SET statement_timeout = ''2s''';
	EXECUTE 'ALTER ROLE qr_listen SET lock_timeout = ''500ms''';
	EXECUTE 'ALTER ROLE qr_auditor SET statement_timeout = ''15min''';
	EXECUTE 'ALTER ROLE qr_auditor SET lock_timeout = ''2s''';
	EXECUTE 'ALTER ROLE qr_migrate SET jit = off';
	EXECUTE 'ALTER ROLE qr_migrate SET lock_timeout = ''30s''';

	EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
	EXECUTE format('GRANT CONNECT ON DATABASE %I TO qr_ro, qr_rw, qr_slow, qr_listen, qr_auditor,'
		' qr_migrate', current_database());
	-- qr_owner makes the schemas, and the temporary tables an import is staged in
	EXECUTE format('GRANT CREATE, TEMPORARY ON DATABASE %I TO qr_owner', current_database());
	REVOKE ALL ON SCHEMA public FROM PUBLIC;
END
$$;
