// No test keeps progress in the home of whoever runs it: what a test starts inherits this.
const { tmpdir } = require('node:os');
const { join } = require('node:path');
process.env.OOMPH_DATA = join(tmpdir(), `oomph-test-data-${process.pid}`);
