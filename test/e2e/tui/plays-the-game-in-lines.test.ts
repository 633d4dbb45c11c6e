import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHALLENGES, ROOT } from '../terminal.ts';
import { WINNING } from './game.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'oomph-lines-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What the game answers to each of the commands; '' before the first. */
function converse(...commands: string[]): Map<string, string> {
  const args = [join(ROOT, 'bin', 'oomph.js'), 'play', '--challenges', CHALLENGES];
  const text = execFileSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, OOMPH_DATA: join(folder, 'data') },
    input: commands.map(command => `${command}\n`).join(''),
  });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape sequence, nothing that rings or erases
  expect(text).toMatch(/^[^\x00-\x09\x0b-\x1f]*$/);
  expect(text.split('\n').filter(line => line.length > 80)).toEqual([]);
  const answers = text.split(/^> /m).map((part): [string, string] => {
    const end = part.indexOf('\n');
    return [part.slice(0, end), part.slice(end + 1)];
  });
  return new Map(answers);
}

test('a challenge is lost, looked into, won with a policy, and stays won', () => {
  const first = converse(
    'list',
    'open starving',
    'hint',
    'slabs',
    'run',
    'failure',
    'cause',
    'back 3',
    'seek 12.5s',
    'map',
    'goals',
    'page 0x100',
    'policy',
    'edit',
    'stars',
  );
  expect(first.get('list')).toContain('2. The card that starved: not tried yet');
  expect(first.get('open starving')).toContain('A frame grabber can only do DMA below 16 MiB');
  expect(first.get('hint')).toContain('Who can use nothing but the low pages?');
  expect(first.get('slabs')).toContain('Nothing has been run yet');
  expect(first.get('run')).toContain('You lost, on 2 of 2 seeds.');
  expect(first.get('failure')).toContain(
    '15.70 s of 20 s, after event 2,257 of 2,392\ngrabber: alloc_pages(',
  );
  expect(first.get('cause')).toContain('Want of pages');
  expect(first.get('back 3')).toContain(
    'after event 2,254 of 2,392\neditor: alloc_pages(GFP_KERNEL, 3) = pfn',
  );
  expect(first.get('seek 12.5s')).toContain('12.50 s of 20 s, after event 1,793');
  expect(first.get('map')).toContain('Zone DMA: 16 MiB, 4,096 pages from pfn 0x00000 on.');
  expect(first.get('map')).toContain('Pages in use: user 624, driver 512.');
  expect(first.get('goals')).toContain('held: page_alloc.failures of task grabber, at most 0.');
  expect(first.get('page 0x100')).toContain('block: order 10, free; page 257 of 1024');
  expect(first.get('policy')).toMatch(/edit starts\s+oomph-policies\/zones\/starving\.ts/);
  expect(first.get('edit')).toContain('Your policy is oomph-policies/zones/starving.ts.');
  expect(first.get('stars')).toContain('0 of 6 stars');

  mkdirSync(join(folder, 'oomph-policies', 'zones'), { recursive: true });
  writeFileSync(join(folder, 'oomph-policies', 'zones', 'starving.ts'), WINNING);
  const second = converse('open 2', 'run', 'compare linux', 'attempts', 'next', 'quit', 'list');
  // The hint of the time before is known still.
  expect(second.get('open 2')).toContain('Hint 1\nWho can use nothing but the low pages?');
  expect(second.get('run')).toContain('You won with 2 of 3 stars, on 2 seeds.');
  expect(second.get('compare linux')).toContain('Their answers part at event');
  expect(second.get('attempts')).toMatch(
    /1\. .*won with 2 of 3 stars, \d+ tokens, cycles .*\n {2}2\. .*lost/,
  );
  expect(second.get('next')).toContain('A calm afternoon');
  expect(second.has('list')).toBe(false);

  expect(converse('stars').get('stars')).toContain('2 of 6 stars, 1 of 2 challenges won.');
});

test('what is no command is answered with those that there are', () => {
  const answers = converse('# a note', 'sleep', 'hlep', 'seek yesterday', 'open nowhere', 'open a', 'step x');
  expect(answers.get('sleep')).toMatch(/There is no command sleep\.(?:.|\n)*list, open, next/);
  expect(answers.get('hlep')).toContain('Did you mean help?');
  expect(answers.get('open nowhere')).toContain('No challenge is called nowhere');
  expect(answers.get('open a')).toContain('a may be one of these:\n  buddy/calm\n  zones/starving');
  expect(answers.get('step x')).toContain('Nothing has been run yet');
});
