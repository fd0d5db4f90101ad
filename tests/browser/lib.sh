# For the browser tests, beside lib.sh: what they drive, installed once.
# shellcheck shell=sh

for tool in node npm java chromium; do
	command -v "$tool" >/dev/null || skip_all "needs $tool"
done
# The checkers: exact versions, no install scripts; two tests may come here at once.
mkdir -p build/test
flock build/test/npm.lock sh tests/npm-install tests/browser >"$T/npm.log" 2>&1 || {
	sed 's/^/# /' "$T/npm.log"
	bail 'the browser packages cannot be installed'
}
NODE_PATH=$PWD/tests/browser/node_modules
export NODE_PATH
