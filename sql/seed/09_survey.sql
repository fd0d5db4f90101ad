-- What may be asked of a questionnaire before it counts. The order is that in which they are looked
-- at: a form is counted under the first one it breaks.
INSERT INTO core.survey_check (code, rank, name, takes, paper)
SELECT v.code, v.rank, v.name::json, v.takes, v.paper
FROM (VALUES
	('one_each', 1, '{"zh-CN":"每题只勾选一项","en":"One level ticked a question"}', false, true),
	('all_levels', 2, '{"zh-CN":"五级题全部作答","en":"Every five-level question answered"}', false, false),
	('least', 3, '{"zh-CN":"至少作答的五级题数","en":"At least so many five-level questions answered"}', true, false)
) AS v (code, rank, name, takes, paper)
ON CONFLICT (code) DO UPDATE SET rank = excluded.rank, name = excluded.name, takes = excluded.takes,
	paper = excluded.paper
WHERE (core.survey_check.rank, core.survey_check.name::text, core.survey_check.takes, core.survey_check.paper)
	IS DISTINCT FROM (excluded.rank, excluded.name::text, excluded.takes, excluded.paper);
