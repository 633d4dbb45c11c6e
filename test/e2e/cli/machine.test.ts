import { oomph, temporaryFolder, writeChallenge } from './oomph.ts';

test('without a machine: the architectures', () => {
  const { code, out, err } = oomph(['machine']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('sparc64');
});

test('a machine by options', () => {
  const { code, out, err } = oomph(['machine', '--arch', 'alpha', '--ram', '128MiB']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('128 MiB of RAM in pages of 8 KiB, 1 CPU');
  expect(out).toContain('0xfffffc0000000000');
});

test('boot options', () => {
  const args = ['machine', '--ram', '512MiB', '--boot-options', 'mem=256M highmem=64M', '--json'];
  const { code, out } = oomph(args);
  expect(code).toBe(0);
  const facts = JSON.parse(out);
  expect(facts.ram_bytes).toBe(256 << 20);
  expect(facts.zones.map((zone: { pages: number }) => zone.pages)).toEqual([4096, 45056, 16384]);
});

test('the machine of a challenge', () => {
  const folder = temporaryFolder();
  const path = writeChallenge(folder);
  const { code, out } = oomph(['machine', path]);
  expect(code).toBe(0);
  expect(out).toContain('32 MiB of RAM');
});

test.each([
  [['--arch', 'sparc'], 'did you mean sparc64?'],
  [['--arch', 'i387'], 'did you mean i386'],
  [['--arch', 'arm', '--cpus', '2'], 'ARM has no SMP in 2.6.0'],
  [['--ram', '5GiB'], 'addresses 4 GiB'],
  [['--arch', 'i386-pae', '--ram', '65GiB'], 'addresses 64 GiB'],
  [['--ram', '64'], 'unit'],
  [['--ram', '64MB'], 'did you mean 64MiB?'],
  [['--ram', '1KiB'], 'whole number of pages'],
  [['--ram', '64MiB, cpus: 2'], 'is no size'],
  [['--cpus', '9'], '1 to 8 CPUs'],
  [['--boot', 'warm'], 'flat, bootmap, real'],
  [['--boot', 'real', '--ram', '2MiB'], 'does not fit'],
  [['--boot-options', 'vmalloc=1000M'], 'less than 64 MiB'],
  [['--ram', '1MiB', '--slab', '--boot-options', 'mem=1M'], 'no memory'],
  [['--json'], '--json needs a machine'],
  [['nothing-of-this-name'], 'nothing-of-this-name'],
])('machine %j is refused with the reason', (args, reason) => {
  const { code, out, err } = oomph(['machine', ...args]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toContain(reason);
  expect(err).not.toContain('bug in oomph');
});

test('a challenge and options for another machine', () => {
  const path = writeChallenge(temporaryFolder());
  const { code, err } = oomph(['machine', path, '--ram', '64MiB']);
  expect(code).toBe(2);
  expect(err).toContain('has its own machine');
});
