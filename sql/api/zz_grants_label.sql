-- Who may work with labels: the command line; pages for the office come with the accounts.
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
