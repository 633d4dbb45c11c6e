/** What a program does with the package, in a process whose every sign of life is watched: prints one line of JSON. */
import process from 'node:process';

const written = [];
for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream);
  stream.write = (...args) => {
    written.push(String(args[0]));
    return write(...args);
  };
}
process.exit = code => {
  throw new Error(`process.exit(${code}) was called`);
};
const listeners = () => process.eventNames().map(name => `${String(name)} ${process.listenerCount(name)}`);
const before = listeners();

const oomph = await import('oomph');
const machine = oomph.boot({ arch: 'i386', ram: '64MiB', slab: true });
const pfn = machine.allocPages(3);
const address = machine.kmalloc(100);
machine.check();
const { challenge } = oomph.loadChallenge('challenge.yaml');
const verdict = await oomph.run(challenge, { policy: 'builtin:dma-reserve', seeds: [1] });
const { record } = await oomph.record(challenge, { policy: { file: 'policy.ts' }, seed: 2 });
const session = await oomph.play(challenge, { seed: 1 });
const why = session.explain();
const late = new AbortController();
let aborted = '';
await oomph
  .run(challenge, { policy: 'builtin:no-pcp', signal: late.signal, onProgress: () => late.abort('enough') })
  .catch(error => {
    aborted = `${error.name} ${error.code} ${error.cause}`;
  });
const result = {
  node: process.versions.node,
  pfn,
  address,
  hash: machine.hash(),
  outcome: verdict.outcome,
  stateHash: verdict.seeds[0].stateHash,
  holds: oomph.replay(record).holds,
  why: why.kind,
  aborted,
  written,
  listeners: listeners().join() === before.join(),
};
console.log(JSON.stringify(result));
