// @ts-check
'use strict';

/** The crates of this repository, each with a lock file of its own: their manifests, from the root. */

/** What is shipped. */
const CORE = 'Cargo.toml';

/** What tests and measures it. */
const TOOLS = ['bench/load/Cargo.toml', 'bench/instructions/Cargo.toml', 'fuzz/Cargo.toml', 'models/Cargo.toml'];

module.exports = { CORE, TOOLS };
