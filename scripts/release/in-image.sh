#!/bin/sh
#
# in-image.sh PLATFORM: `test-binary.js` in an image of Linux that may be without Node.

set -eu

# RHEL and its like have Node as a module.
command -v node > /dev/null || dnf --assumeyes module install nodejs:20

exec node scripts/release/test-binary.js "$1"
