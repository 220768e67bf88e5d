// @ts-check
'use strict';

/** Counts of tests, as the test runner of Node tells them at the end of each file. */

class Counts {
  passed = 0;
  failed = 0;
  skipped = 0;
  /** Exit code of the command. */
  status = 0;
  #rest = '';

  /** @param {string} text What the command has printed. */
  add(text) {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const [, name, number] = /^(?:#|ℹ) (pass|fail|cancelled|skipped) (\d+)$/.exec(line) ?? [];
      if (name === 'pass') this.passed += Number(number);
      else if (name === 'skipped') this.skipped += Number(number);
      else if (name !== undefined) this.failed += Number(number);
    }
  }

  /** @param {Counts} other */
  join(other) {
    this.passed += other.passed;
    this.failed += other.failed;
    this.skipped += other.skipped;
    this.status ||= other.status;
  }

  get isGood() {
    return this.status === 0 && this.failed === 0 && this.passed > 0;
  }
}

/**
 * @param {[string, Counts][]} rows
 * @returns {string} A table in Markdown.
 */
function table(rows) {
  const lines = rows.map(([name, { passed, failed, skipped, isGood }]) => {
    return `| ${name} | ${passed} | ${failed} | ${skipped} | ${isGood ? 'yes' : '**no**'} |`;
  });
  return ['| what | passed | failed | skipped | good |', '| --- | --: | --: | --: | --- |', ...lines].join('\n');
}

module.exports = { Counts, table };
