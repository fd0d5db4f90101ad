-- Words of replies, appeals and requests for new tests can be erased: their hash stays, with who did it
-- on what ground (core.reply_step, core.erasure: record and revision they speak of, name 'reply ID').

-- SHA-256 over the key, as text, and the words: whoever still has them can show that it was these.
ALTER TABLE core.reply ALTER words DROP NOT NULL;
ALTER TABLE core.reply ADD COLUMN words_hash bytea CHECK (length(words_hash) = 32),
	ADD CHECK ((words IS NULL) = (words_hash IS NOT NULL)), ADD CHECK (words IS NOT NULL OR shown = 'no');
ALTER TABLE core.reply_step DROP CONSTRAINT reply_step_act_check,
	ADD CONSTRAINT reply_step_act_check CHECK (act IN ('publish', 'refuse', 'hide', 'grant', 'accept', 'reject', 'erase'));

-- What was said stays, or goes whole, after that was written down.
CREATE OR REPLACE FUNCTION core.reply_guard() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, core AS $$
BEGIN
	IF (NEW.key, NEW.kind, NEW.record_id, NEW.rev, NEW.facility_id, NEW.party_id, NEW.name, NEW.by_account, NEW.at)
		IS DISTINCT FROM (OLD.key, OLD.kind, OLD.record_id, OLD.rev, OLD.facility_id, OLD.party_id, OLD.name,
		OLD.by_account, OLD.at) OR ((NEW.words, NEW.words_hash) IS DISTINCT FROM (OLD.words, OLD.words_hash)
		AND NOT (NEW.words IS NULL AND OLD.words IS NOT NULL
			AND NEW.words_hash = sha256(convert_to(OLD.key || OLD.words, 'UTF8'))
			AND EXISTS (SELECT FROM core.erasure e WHERE e.record_id = OLD.record_id AND e.rev = OLD.rev
				AND e.name = 'reply ' || OLD.id)))
	THEN
		RAISE EXCEPTION 'reply % keeps what it said', OLD.id USING ERRCODE = 'QR409';
	END IF;
	RETURN NEW;
END
$$;
