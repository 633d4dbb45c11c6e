#!/usr/bin/env bash
# Gradescope runs this once, when it builds the image of the autograder.
set -euo pipefail
ROOT="${AUTOGRADER_ROOT:-/autograder}"

modern() {
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 11) ? 0 : 1)' 2>/dev/null
}

if ! modern; then
  apt-get update
  apt-get install -y --no-install-recommends curl ca-certificates
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) echo "no Node for $(uname -m)" >&2; exit 1 ;;
  esac
  from=https://nodejs.org/dist/latest-v20.x
  cd "$(mktemp -d)"
  curl -fsSLO "$from/SHASUMS256.txt"
  archive="$(grep -o "node-v20[0-9.]*-linux-$arch\.tar\.gz" SHASUMS256.txt | head -n 1)"
  curl -fsSLO "$from/$archive"
  grep " $archive\$" SHASUMS256.txt | sha256sum -c -
  tar -xzf "$archive" -C /usr/local --strip-components=1
  hash -r
fi

# oomph and all that it needs came in the zip: nothing else is fetched. A build that fails here is seen by the teacher.
chmod 600 "$ROOT/source/secret" 2>/dev/null || true
node "$ROOT/source/oomph/bin/oomph.js" --version
node "$ROOT/source/mark.mjs" --check
