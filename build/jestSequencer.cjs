/**
 * Which test files go first where jest has not measured them yet, as in a fresh clone: it would go by their size, and what
 * takes longest would be left for one process at the end.
 */
const { default: Sequencer } = require('@jest/test-sequencer');

const LONGEST = [
  'docs/commands',
  'unit/harness/shrink',
  'e2e/cli/queue',
  'e2e/cli/policies',
  'e2e/cli/gradeKilled',
  'e2e/cli/proc',
  'e2e/cli/test',
  'e2e/cli/policy',
  'e2e/cli/grade',
  'hostile/hooks',
  'challenges/proof',
  'e2e/library/packed',
  'property/runs',
];

const rankOf = ({ path }) => {
  const rank = LONGEST.findIndex(name => path.replaceAll('\\', '/').endsWith(`test/${name}.test.ts`));
  return rank < 0 ? LONGEST.length : rank;
};

module.exports = class extends Sequencer {
  sort(tests) {
    const sorted = [...super.sort(tests)];
    return sorted.some(({ duration }) => duration !== undefined)
      ? sorted
      : sorted.sort((a, b) => rankOf(a) - rankOf(b));
  }
};
