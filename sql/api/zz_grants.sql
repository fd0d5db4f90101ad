-- Who may call what: the whole list. Everything else is refused.
DO $$
DECLARE
	f record;
BEGIN
	-- api and auth functions no file makes any more: their row was not written by this transaction,
	-- though that of api.version() was
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE p.pronamespace IN ('api'::regnamespace, 'auth'::regnamespace) AND p.xmin <> (SELECT v.xmin
			FROM pg_catalog.pg_proc v WHERE v.oid = 'api.version()'::regprocedure
				AND v.xmin = pg_catalog.pg_current_xact_id()::xid)
	LOOP
		EXECUTE format('DROP FUNCTION %s', f.name);
	END LOOP;
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE p.pronamespace IN ('api'::regnamespace, 'core'::regnamespace, 'auth'::regnamespace)
	LOOP
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, qr_ro, qr_rw, qr_slow, qr_listen,'
			' qr_auditor, qr_migrate', f.name);
	END LOOP;
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE p.pronamespace IN ('api'::regnamespace, 'core'::regnamespace, 'auth'::regnamespace)
			AND p.proowner <> 'qr_staff'::regrole
	LOOP
		EXECUTE format('REVOKE ALL ON FUNCTION %s FROM qr_staff', f.name);
	END LOOP;

	-- What people who log in ask runs as qr_staff, whom row security shows what they may see. It may
	-- make nothing itself: the right is there while functions are handed over.
	GRANT CREATE ON SCHEMA api TO qr_staff;
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE p.pronamespace = 'api'::regnamespace AND p.proname LIKE 'staff\_%'
			AND p.proowner <> 'qr_staff'::regrole
	LOOP
		EXECUTE format('ALTER FUNCTION %s OWNER TO qr_staff', f.name);
	END LOOP;
	REVOKE CREATE ON SCHEMA api FROM qr_staff;
	-- Functions of core that run with the rights of who calls them lend none, but for those of
	-- triggers and of migrations; those of auth are made for it.
	FOR f IN SELECT p.oid::regprocedure AS name FROM pg_catalog.pg_proc p
		WHERE (p.pronamespace = 'core'::regnamespace AND NOT p.prosecdef
				AND p.prorettype <> 'trigger'::regtype)
			OR p.pronamespace = 'auth'::regnamespace
	LOOP
		EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO qr_staff', f.name);
	END LOOP;
END
$$;

REVOKE ALL ON SCHEMA core, api, auth, crypt FROM PUBLIC;
GRANT USAGE ON SCHEMA api TO qr_ro, qr_rw, qr_slow, qr_listen, qr_auditor, qr_migrate;

-- Functions of core that look past row security, for qr_staff alone: each checks for itself.
GRANT EXECUTE ON FUNCTION
	core.facilities_of(int, int),
	core.my_places(),
	core.need_facility(text, bigint),
	core.party_inside(int, int),
	core.account_name(int),
	core.admin_list(text, text, text),
	core.admin_form(text, text, jsonb),
	core.admin_put(text, text, jsonb),
	core.facility_words(bigint),
	core.filing_put(int, jsonb),
	core.find(text, int),
	core.home_lines(numeric, numeric),
	core.form_parties(text, bigint),
	core.export_make(text, jsonb, text, text),
	core.import_act(bigint, text, bytea),
	core.import_put(text, text, bytea),
	core.import_share(bigint),
	core.numbers_rows(int, date, date),
	core.label_act(text, text[], text, text, text, text),
	core.label_free(text),
	core.label_order_make(jsonb, bigint[], text[], text, int, text),
	core.notice_order(uuid[], text),
	core.notice_current(bigint),
	core.blob_append(bytea, int, int, bytea),
	core.blob_done(bytea, bytea),
	core.blob_drop(bytea),
	core.blob_forget(bytea),
	core.board(jsonb),
	core.coverage(text),
	core.photo_there(bytea),
	core.photo_store(bytea, int, int, bytea, timestamptz, numeric, numeric, bigint, int[], bytea[]),
	core.record_act(uuid, text, text, int),
	core.record_put(bigint, uuid, jsonb),
	core.record_redact(uuid, int, int, bytea, text, jsonb),
	core.report_store(bytea, bytea),
	core.sign_new(uuid, bytea),
	core.sticker_again(uuid, text, text, timestamptz, text),
	core.sticker_mark(uuid, text, text, timestamptz, text)
TO qr_staff;

GRANT EXECUTE ON FUNCTION api.version() TO qr_ro, qr_rw, qr_slow, qr_listen, qr_auditor, qr_migrate;

GRANT EXECUTE ON FUNCTION api.wal_at() TO qr_ro;

GRANT EXECUTE ON FUNCTION
	api.public_label(text),
	api.public_facility(text),
	api.public_history(text, int),
	api.public_record(uuid),
	api.public_revision(uuid, int),
	api.public_place(text),
	api.public_document(text, text),
	api.label_guess(text[]),
	api.photo_there(bytea),
	api.facility_state(text, date)
TO qr_ro, qr_auditor, qr_migrate;

GRANT EXECUTE ON FUNCTION api.scan_add(date, text[], int[]) TO qr_rw;

-- accounts, sessions, users, audit
GRANT EXECUTE ON FUNCTION
	api.auth_lookup(text, bytea),
	api.auth_login(int, boolean, bytea, bytea, boolean, text, text),
	api.auth_totp(bytea, text, bytea, bytea),
	api.auth_again_lookup(bytea, bytea),
	api.auth_again(bytea, boolean),
	api.auth_logout(bytea, boolean),
	api.invite_look(bytea),
	api.invite_use(bytea, text),
	api.staff_me(bytea),
	api.staff_may(bytea, text, text),
	api.staff_sessions(bytea),
	api.staff_session_end(bytea, bigint),
	api.staff_password(bytea, text),
	api.staff_totp_begin(bytea),
	api.staff_totp_confirm(bytea, text, bytea),
	api.staff_recovery(bytea),
	api.staff_user_list(bytea, text, text, int),
	api.staff_user_add(bytea, jsonb, bytea),
	api.staff_user_reset(bytea, int, bytea, boolean),
	api.staff_user_end(bytea, int),
	api.staff_assign_list(bytea, int),
	api.staff_assign_add(bytea, jsonb),
	api.staff_assign_end(bytea, bigint),
	api.staff_audit(bytea, jsonb, bigint, int)
TO qr_rw;

-- the board of an office
GRANT EXECUTE ON FUNCTION
	api.staff_board(bytea, jsonb),
	api.staff_coverage(bytea, text)
TO qr_rw;
GRANT EXECUTE ON FUNCTION api.job_snapshot() TO qr_slow;

-- records, photos, filings, labels
GRANT EXECUTE ON FUNCTION
	api.staff_home(bytea, numeric, numeric),
	api.staff_search(bytea, text),
	api.staff_facility(bytea, text),
	api.staff_record_form(bytea, text, text),
	api.staff_record(bytea, uuid),
	api.staff_record_put(bytea, uuid, jsonb),
	api.staff_record_act(bytea, uuid, text, text, int),
	api.staff_photo_redact(bytea, uuid, int, int, bytea, text, jsonb),
	api.staff_sign_make(bytea, uuid, bytea),
	api.sign_look(bytea),
	api.sign_use(bytea, boolean, text),
	api.staff_filing_list(bytea, text),
	api.staff_filing_put(bytea, int, jsonb),
	api.staff_label_select(bytea, jsonb),
	api.staff_label_batch_make(bytea, jsonb, text, int, text),
	api.staff_label_batch(bytea, bigint),
	api.staff_label_batches(bytea),
	api.staff_label_bind(bytea, text, text, text, text, text),
	api.staff_label_replace(bytea, text, text),
	api.staff_label_void(bytea, text[], text),
	api.staff_label_void_batch(bytea, bigint, text)
TO qr_rw;

-- notices for the board
GRANT EXECUTE ON FUNCTION
	api.staff_notice_list(bytea, jsonb),
	api.staff_notice_make(bytea, jsonb),
	api.staff_notice(bytea, bigint),
	api.public_notice(uuid, text)
TO qr_rw;
GRANT EXECUTE ON FUNCTION
	api.staff_notice_file(bytea, bigint),
	api.public_notice_file(bigint, uuid),
	api.notice_job(bigint, text),
	api.notice_job_page(bigint, text, int),
	api.notice_job_put(bigint, text, bytea),
	api.notice_job_fail(bigint, text, text)
TO qr_slow;

-- surveys of residents: without login, of offices, the jobs process
GRANT EXECUTE ON FUNCTION
	core.survey_put(bigint, jsonb),
	core.survey_act(bigint, jsonb),
	core.survey_paper(bigint, uuid, jsonb),
	core.survey_poster_make(bigint, text)
TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.survey_answer(text, uuid, bytea, jsonb),
	api.staff_surveys(bytea),
	api.staff_survey_paper(bytea, bigint, text),
	api.staff_survey_poster_make(bytea, bigint, text)
TO qr_rw;
GRANT EXECUTE ON FUNCTION
	api.staff_survey(bytea, bigint),
	api.staff_survey_put(bytea, bigint, jsonb),
	api.staff_survey_act(bytea, bigint, jsonb),
	api.staff_survey_paper_put(bytea, bigint, uuid, jsonb),
	api.staff_survey_poster(bytea, bigint, text),
	api.poster_job(bigint, text),
	api.poster_job_page(bigint, text, int),
	api.poster_job_put(bigint, text, bytea),
	api.poster_job_fail(bigint, text, text)
TO qr_slow;

-- bytes, and what takes longer than a page
GRANT EXECUTE ON FUNCTION
	api.staff_photo_put(bytea, bytea, int, int, bytea, timestamptz, numeric, numeric, bigint, int[], bytea[]),
	api.staff_photo_get(bytea, bytea, int),
	api.staff_report_put(bytea, bytea, bytea),
	api.staff_report_get(bytea, bytea),
	api.staff_label_batch_make(bytea, jsonb, text, int, text),
	api.staff_label_file(bytea, bigint),
	api.report_get(bytea),
	api.sign_photo_get(bytea, bytea, int),
	api.label_job(bigint, text),
	api.label_job_rows(bigint, text),
	api.label_job_progress(bigint, text, int),
	api.label_job_put(bigint, text, bytea, int[]),
	api.label_job_fail(bigint, text, text)
TO qr_slow;

-- photos that come piece by piece, and what is said of stickers on site
GRANT EXECUTE ON FUNCTION
	api.staff_blob_head(bytea, bytea),
	api.staff_blob_take(bytea, bytea),
	api.staff_blob_done(bytea, bytea, bytea),
	api.staff_blob_drop(bytea, bytea),
	api.staff_sticker_mark(bytea, uuid, jsonb)
TO qr_rw;
GRANT EXECUTE ON FUNCTION
	api.staff_blob_append(bytea, bytea, int, int, bytea),
	api.staff_blob_get(bytea, bytea, int)
TO qr_slow;

-- working days and events
GRANT EXECUTE ON FUNCTION
	core.event_new(jsonb),
	core.event_end(bigint, text)
TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.staff_events(bytea),
	api.staff_event_add(bytea, jsonb),
	api.staff_event_end(bytea, bigint, text)
TO qr_rw;
GRANT EXECUTE ON FUNCTION api.staff_event(bytea, bigint) TO qr_slow;
GRANT EXECUTE ON FUNCTION
	api.calendar_put(text, text, int, text, text, jsonb),
	api.calendar_list()
TO qr_migrate;

-- replies to published results, appeals, new tests
GRANT EXECUTE ON FUNCTION
	core.reply_result(core.reply),
	core.reply_record(uuid),
	core.reply_cannot(uuid, int, text),
	core.reply_add(uuid, uuid, text, text),
	core.reply_acts(core.reply),
	core.reply_own(core.reply),
	core.reply_act(bigint, text, text, date)
TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.staff_reply_form(bytea, uuid),
	api.staff_reply_add(bytea, uuid, uuid, jsonb),
	api.staff_replies(bytea, text, bigint),
	api.staff_reply(bytea, bigint),
	api.staff_reply_act(bytea, bigint, text, text, text)
TO qr_rw;

-- warnings: reminders, inboxes, calendars and feeds, the outbox
GRANT EXECUTE ON FUNCTION
	core.remind_hand(bigint[]),
	core.inbox_ids(text, bigint),
	core.inbox_json(bigint[]),
	core.inbox_tickets(),
	core.inbox_tidy(bigint[]),
	core.inbox_see(bigint[], bigint),
	core.feed_add(bytea, text),
	core.feed_end(bigint),
	core.hook_add(int, int, text, text, text),
	core.hook_end(int),
	core.outbox_again(uuid[])
TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.staff_remind(bytea, text[]),
	api.staff_inbox(bytea, text, bigint),
	api.staff_inbox_seen(bytea, bigint[], bigint),
	api.staff_feed_add(bytea, bytea, text),
	api.staff_feed_end(bytea, bigint),
	api.staff_outbox(bytea, text, bigint),
	api.staff_outbox_again(bytea, uuid[]),
	api.staff_hook_add(bytea, jsonb),
	api.staff_hook_end(bytea, int)
TO qr_rw;
GRANT EXECUTE ON FUNCTION
	api.feed_calendar(bytea),
	api.feed_news(bytea),
	api.job_remind(bigint, text, int),
	api.outbox_fill(text, int),
	api.outbox_take(text, int, int),
	api.outbox_note(uuid, text, boolean, int, text, int, boolean, int)
TO qr_slow;

-- how the service is: counts of everything take longer than a page
GRANT EXECUTE ON FUNCTION
	core.service_facts(),
	core.service_jobs()
TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.service_facts(),
	api.staff_status(bytea)
TO qr_slow;

-- a static copy of what is public
GRANT EXECUTE ON FUNCTION api.mirror_paths() TO qr_migrate;

-- administration: lists and what is written take longer than a page
GRANT EXECUTE ON FUNCTION api.staff_admin_form(bytea, text, text, jsonb) TO qr_rw;
GRANT EXECUTE ON FUNCTION
	api.staff_admin_list(bytea, text, text, text),
	api.staff_admin_put(bytea, text, text, jsonb)
TO qr_slow;

GRANT EXECUTE ON FUNCTION api.erase(text, text, text, text) TO qr_migrate;

-- an export of the audit takes longer than a page
GRANT EXECUTE ON FUNCTION
	api.staff_audit(bytea, jsonb, bigint, int),
	api.head_next(),
	api.head_put(bigint, bytea, bytea)
TO qr_slow;

GRANT EXECUTE ON FUNCTION
	api.user_add(text, jsonb, bytea),
	api.user_reset(text, text, bytea, boolean),
	api.user_end(text, text),
	api.user_list(),
	api.assign_add(text, jsonb),
	api.invite_use(bytea, text)
TO qr_migrate;

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
	api.verify_reports(bytea, int),
	api.verify_erased(),
	api.verify_totals(),
	api.verify_audit(bigint, int),
	api.verify_heads(bigint, int)
TO qr_auditor, qr_migrate;

-- imports: their pages; the jobs process
GRANT EXECUTE ON FUNCTION
	api.staff_imports(bytea),
	api.staff_import(bytea, bigint, text, int),
	api.staff_import_act(bytea, bigint, text, bytea),
	api.staff_exports(bytea),
	api.staff_export(bytea, bigint),
	api.staff_export_make(bytea, text, jsonb, text, text)
TO qr_rw;
GRANT EXECUTE ON FUNCTION
	api.staff_import_put(bytea, text, text, bytea),
	api.staff_numbers(bytea, text, date, date),
	api.staff_import_refused(bytea, bigint, boolean, int),
	api.staff_export_piece(bytea, bigint, int),
	api.export_job(bigint, text),
	api.export_job_rows(bigint, text, text, int),
	api.export_job_piece(bigint, text, int, int, bytea),
	api.export_job_end(bigint, text, int, text),
	api.import_job(bigint, text),
	api.import_job_file(bigint, text),
	api.import_job_heads(bigint, text, text, text, jsonb),
	api.import_job_rows(bigint, text, jsonb),
	api.import_job_fail(bigint, text, text, text),
	api.import_job_do(bigint, text)
TO qr_slow;

-- residents' reports, how they come in
GRANT EXECUTE ON FUNCTION core.ticket_contact_open(bigint) TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.ticket_form(text, uuid),
	api.ticket_new(bytea, text, uuid, text, jsonb, bytea),
	api.public_ticket(text),
	api.staff_ticket_contact(bytea, bigint)
TO qr_rw;
GRANT EXECUTE ON FUNCTION api.ticket_photo_put(bytea, text, uuid, text, int, bytea, int, int, bytea, timestamptz, bigint,
	int[], bytea[]) TO qr_slow;

-- residents' reports: who handles them
GRANT EXECUTE ON FUNCTION
	core.ticket_find(text, text, text, text, int, int),
	core.ticket_subject(core.ticket),
	core.ticket_phone(bigint),
	core.ticket_do(bigint, text, jsonb),
	core.tickets_do(bigint[], text, text),
	core.ticket_block_put(text, text),
	core.ticket_block_end(int)
TO qr_staff;
GRANT EXECUTE ON FUNCTION
	api.staff_tickets(bytea, jsonb),
	api.staff_ticket(bytea, bigint),
	api.staff_ticket_act(bytea, bigint, text, jsonb),
	api.staff_tickets_act(bytea, bigint[], text, text),
	api.staff_ticket_blocks(bytea),
	api.staff_ticket_block_put(bytea, jsonb)
TO qr_rw;
GRANT EXECUTE ON FUNCTION api.job_tickets(text, int) TO qr_slow;

-- residents' reports: the rating, by the receipt; what is published of them
GRANT EXECUTE ON FUNCTION api.ticket_rate(text, int) TO qr_rw;
GRANT EXECUTE ON FUNCTION api.job_ticket_publish(bigint, text), api.job_ticket_numbers() TO qr_slow;
