// @ts-check
'use strict';

/** The platforms are said in several places, for several readers: all of them say the same. */

const { describe, it } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { PUBLISHED, packageOf, platformTriple } = require('../../lib/binding/platform');
const manifest = require('../../package.json');
const { platformManifest, publishedManifest } = require('../../scripts/release/pack');
const { targetOf } = require('../../scripts/release/targets');

const ROOT = path.join(__dirname, '../..');
const CARGO = fs.readFileSync(path.join(ROOT, 'Cargo.toml'), 'utf8');

describe('platforms', () => {
  it('are those that are built', () => {
    assert.deepEqual(PUBLISHED.map((triple) => targetOf(triple).rust).sort(), [...manifest.napi.targets].sort());
    assert.equal(manifest.napi.binaryName, manifest.name);
  });

  it('are optional dependencies of what is published, in its own version', () => {
    const expected = Object.fromEntries(PUBLISHED.map((triple) => [packageOf(triple), manifest.version]));
    assert.deepEqual(publishedManifest().optionalDependencies, expected);
  });

  it('are no dependencies of the checkout, whose lock file would need them on the registry', () => {
    assert.equal('optionalDependencies' in manifest, false);
    assert.equal(manifest.private, true, 'nothing is published but what scripts/release/pack.js makes');
  });

  it('are those of the guide to installing', () => {
    const guide = fs.readFileSync(path.join(ROOT, 'docs/guides/installing.md'), 'utf8');
    const rows = [...guide.matchAll(/^\| `((?:linux|darwin|win32)-[\w-]+)` \|/gm)].map(([, triple]) => triple);
    assert.deepEqual(rows.sort(), [...PUBLISHED].sort());
  });

  it('are required by name, each in the `try` that bundlers look for', () => {
    const source = fs.readFileSync(path.join(ROOT, 'lib/binding/binary.js'), 'utf8');
    const [, body] = /^ {2}try \{\n {4}switch \(triple\) \{([\s\S]*?)^ {2}\} catch/m.exec(source) ?? [];
    const found = [...(body ?? '').matchAll(/case '(.*)': return \{ binary: require\('(.*)'\) \};/g)].map(([, ...names]) => names);
    assert.deepEqual(found.sort(), PUBLISHED.map((triple) => [triple, packageOf(triple)]).sort());
  });

  it('that are unknown are refused', () => {
    for (const triple of ['linux-riscv64-gnu', 'freebsd-x64', 'linux-x64', '']) assert.throws(() => targetOf(triple), /not among/);
  });
});

describe('the package of a platform', () => {
  it('is for machines of that kind, by the names npm knows', () => {
    const facts = PUBLISHED.map((triple) => {
      const { os, cpu, libc } = /** @type {any} */ (platformManifest(targetOf(triple)));
      return [triple, ...os, ...cpu, ...(libc ?? [])];
    });
    assert.deepEqual(facts, [
      ['linux-x64-gnu', 'linux', 'x64', 'glibc'],
      ['linux-arm64-gnu', 'linux', 'arm64', 'glibc'],
      ['linux-x64-musl', 'linux', 'x64', 'musl'],
      ['linux-arm64-musl', 'linux', 'arm64', 'musl'],
      ['darwin-x64', 'darwin', 'x64'],
      ['darwin-arm64', 'darwin', 'arm64'],
      ['win32-x64-msvc', 'win32', 'x64'],
      ['win32-arm64-msvc', 'win32', 'arm64'],
    ]);
  });

  it('has the binary that is looked for', () => {
    const { file } = targetOf(platformTriple());
    assert.ok(fs.existsSync(path.join(ROOT, file)), file);
    assert.equal(platformManifest(targetOf(platformTriple())).main, file);
  });
});

describe('Cargo.toml', () => {
  it('has the version of the package', () => {
    assert.equal(/^version = "(.*)"$/m.exec(CARGO)?.[1], manifest.version);
  });

  it('asks for Node-API 8, which every Node from 12.22 has', () => {
    assert.match(/^napi = .*features = \[(.*)\]/m.exec(CARGO)?.[1] ?? '', /"napi8"/);
  });
});
