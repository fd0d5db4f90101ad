// node csp.js POLICY...: what Google's csp_evaluator finds in them that is high or medium, one a line.
'use strict';
const { CspEvaluator } = require('csp_evaluator/dist/evaluator.js');
const { CspParser } = require('csp_evaluator/dist/parser.js');
const { Severity } = require('csp_evaluator/dist/finding.js');

for (const policy of process.argv.slice(2)) {
	const findings = new CspEvaluator(new CspParser(policy).csp).evaluate();
	for (const f of findings)
		if (f.severity <= Severity.MEDIUM) console.log(`${Severity[f.severity]} ${f.directive} ${f.value || ''}: ${f.description}`);
}
