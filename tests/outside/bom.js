// node bom.js FILE.json: what CycloneDX's own schema finds in a bill of materials; nothing when it is valid.
'use strict';
const fs = require('fs');
const { Spec, Validation } = require('@cyclonedx/cyclonedx-library');

const text = fs.readFileSync(process.argv[2], 'utf8');
new Validation.JsonStrictValidator(Spec.Version[`v${JSON.parse(text).specVersion.replace('.', 'dot')}`])
	.validate(text)
	.then(wrong => {
		if (wrong !== null) console.log(JSON.stringify(wrong, null, 1).slice(0, 2000));
	}, e => console.log(`no verdict: ${e.message}`));
