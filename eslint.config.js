// @ts-check
'use strict';

const js = require('@eslint/js');
const globals = require('globals');

module.exports = [
  { ignores: ['**/node_modules/', 'dist/', '**/target/', 'bench/results/', 'site/'] },
  {
    ...js.configs.recommended,
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    languageOptions: { ecmaVersion: 2022, sourceType: 'commonjs', globals: globals.node },
    rules: {
      ...js.configs.recommended.rules,
      'curly': ['error', 'multi-line'],
      'eqeqeq': 'error',
      'no-throw-literal': 'error',
      // An underscore marks what has to be named but is not used: how many parameters a function
      // declares can matter, as with `verifyClient`.
      'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-var': 'error',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      'strict': ['error', 'global'],
    },
  },
  { files: ['**/*.mjs'], languageOptions: { sourceType: 'module' } },
  // What runs in browsers, and in tests is handed to them.
  { files: ['examples/*/page/**', '__test__/browser/**', '__test__/docs/**', 'scripts/docs/browser/**'], languageOptions: { globals: globals.browser } },
  // The library tells its users through events and errors, and through `debug` when asked.
  { files: ['lib/**', 'client/**', 'common/**'], rules: { 'no-console': 'error' } },
  // The label `FULL` is for scripts/build-client.js.
  { files: ['client/**', 'common/**'], rules: { 'no-unused-labels': 'off' } },
];
