/** The project of somebody who builds on oomph: compiled by the tests against the package's own types. */
import {
  boot,
  type Cache,
  type Challenge,
  challengeIds,
  type Diagnostic,
  definePolicy,
  loadChallenge,
  type Machine,
  metrics,
  OomphError,
  type Policy,
  parseChallenge,
  play,
  type RunSession,
  record,
  replay,
  run,
  type SeedVerdict,
  type TestRun,
  testReport,
  testSpecs,
  type Verdict,
} from 'oomph';

const machine: Machine = boot({
  arch: 'i386',
  ram: '64MiB',
  slab: true,
  disk: { speed: '30MB/s' },
  sysctl: { 'vm.min_free_kbytes': 1024 },
});
const pfn: number | null = machine.allocPages(3, ['GFP_ATOMIC', '__GFP_NOWARN'], { cpu: 0 });
if (pfn !== null) machine.freePages(pfn, 3);
const cache: Cache | null = machine.createCache('skbuff', 160, { flags: ['SLAB_HWCACHE_ALIGN'] });
const object: number | null | undefined = cache?.alloc('GFP_KERNEL');
machine.restore(machine.snapshot());
const free: number = machine.zones()[0].freeBlocks[10];
// @ts-expect-error: there is no such architecture
boot({ arch: 'vax', ram: '64MiB' });
// @ts-expect-error: there is no such mask
machine.allocPages(0, 'GFP_KERNAL');
// @ts-expect-error: nothing of the engine's own is there
machine.links;

export const policy: Pick<Policy, 'zonelist'> = definePolicy<'zonelist'>({
  zonelist: (request, mem) => (request.gfp & mem.GFP_DMA ? mem.DMA_ONLY : mem.NORMAL_ONLY),
});

export async function judged(text: string): Promise<Verdict | readonly Diagnostic[]> {
  const { challenge, diagnostics } = parseChallenge(text, 'mine.yaml');
  if (challenge === null) return diagnostics;
  try {
    return await run(challenge, {
      policy: { text: 'export default {}', name: 'p.js' },
      seeds: [1, 2],
      signal: new AbortController().signal,
      onProgress: ({ done, total, percent }) => void (done + total + percent),
    });
  } catch (error) {
    if (error instanceof OomphError && error.code === 'bad-policy') return error.diagnostics;
    throw error;
  }
}

export async function stepped(challenge: Challenge): Promise<SeedVerdict> {
  const session: RunSession = await play(challenge, { policy: 'builtin:best-fit', seed: 7 });
  session.seekTime('12s');
  const text: string | undefined = session.explain()?.text;
  const { record: bytes } = await record(challenge);
  void [text, replay(bytes).holds, session.measure('cycles'), session.proc('buddyinfo')];
  return session.verdict();
}

export async function tested(): Promise<string> {
  const ran: TestRun = await testSpecs('specs/**/*.spec.yaml', { snapshots: 'compare', bail: 1 });
  return testReport(ran, 'ctrf');
}

void [object, free, challengeIds()[0].length, metrics()[0].unit, loadChallenge('zones/the-sound-card')];
