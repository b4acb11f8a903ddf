'use strict';

// Adds up what the suites of ./test said, shows what failed, and ends with `N passed, N failed`.
//
//   node sum-results.js <folder with NAME.json, NAME.log and NAME.code> NAME...

const fs = require('fs');
const path = require('path');

const LOG_LINES_MAX = 60;
const TIMED_OUT = [124, 137];

const [folder, ...suites] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };

for (const suite of suites) {
  const code = Number(fs.readFileSync(path.join(folder, `${suite}.code`), 'utf8'));
  const tests = read(suite);
  const count = (...states) => tests.filter(test => states.includes(test.status)).length;
  const failed = tests.filter(test => test.status === 'failed' || test.status === 'other');

  total.passed += count('passed');
  total.skipped += count('skipped', 'pending');
  total.failed += failed.length;
  for (const test of failed) {
    console.log(`\nFAILED ${suite}: ${test.name}\n${test.message ?? ''}\n${test.trace ?? ''}`);
  }

  // A suite that ends badly without a failed test has crashed, hung, or failed outside of its tests; one without tests
  // proves nothing. Neither may pass for success.
  if (failed.length === 0 && (code !== 0 || tests.length === 0)) {
    total.failed += 1;
    const why = TIMED_OUT.includes(code) ? 'ran out of time' : tests.length === 0 ? 'ran no tests' : 'failed outside of its tests';
    console.log(`\nFAILED ${suite} ${why} (exit code ${code}):\n${tail(suite)}`);
  }
}

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;

function read(suite) {
  try {
    return JSON.parse(fs.readFileSync(path.join(folder, `${suite}.json`), 'utf8')).results.tests;
  } catch {
    // Never written, or cut off where the suite died: its exit code and its log say the rest.
    return [];
  }
}

function tail(suite) {
  return fs.readFileSync(path.join(folder, `${suite}.log`), 'utf8').split('\n').slice(-LOG_LINES_MAX).join('\n');
}
