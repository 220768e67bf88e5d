// @ts-check
'use strict';

/**
 * The URL of the source, for npm's page, provenance and the links of the README. It is in the field `repository` of
 * `package.json`.
 */

/** `git@host:owner/name.git` and the like, which Git knows besides URLs. */
const SCP = /^[\w.-]+@([\w.-]+):(.+)$/;

/** `owner/name`, as npm writes what is on GitHub. */
const SHORT = /^(?:github:)?([\w.-]+\/[\w.-]+)$/;

/**
 * @param {Record<string, any>} manifest `package.json`.
 * @returns {string | undefined} The repository's page, such as `https://github.com/owner/name`; undefined where the field
 *   is missing.
 * @throws {Error} When the field is no URL.
 */
function repositoryOf({ repository }) {
  if (repository === undefined) return undefined;
  const text = typeof repository === 'string' ? repository : /** @type {any} */ (repository)?.url;
  const plain = String(text).replace(SHORT, 'https://github.com/$1').replace(SCP, 'https://$1/$2');
  const url = plain.replace(/^(git\+)?(https?|ssh|git):\/\/([^@/]+@)?/, 'https://').replace(/(\.git)?\/?(#.*)?$/, '');
  if (!/^https:\/\/[\w.-]+\.\w+\/[\w.-]+\/[\w./-]+$/.test(url)) throw new Error(`"repository" in package.json is no URL of a repository: ${text}`);
  return url;
}

/**
 * Checks before a release.
 * @param {Record<string, any>} manifest `package.json`.
 * @param {Record<string, string | undefined>} env Of GitHub, where the release is made there.
 * @throws {Error} When the field is missing, or names another repository than the one that releases.
 */
function checkRepository(manifest, env) {
  const url = repositoryOf(manifest);
  if (url === undefined) {
    throw new Error(
      'package.json has no "repository", which a release needs: npm checks provenance by it, and links of the README lead there. ' +
        'Set it in the place of "//repository", e.g. { "type": "git", "url": "git+https://github.com/OWNER/NAME.git" }',
    );
  }
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name } = env;
  if (name !== undefined && url.toLowerCase() !== `${server ?? 'https://github.com'}/${name}`.toLowerCase()) {
    throw new Error(`"repository" in package.json is ${url}, and the release is made by ${name}: npm refuses its provenance`);
  }
}

module.exports = { checkRepository, repositoryOf };
