import { join } from 'node:path';
import { dataFolder } from '../../../../src/cli/store/dataFolder.ts';

test.each([
  ['what --data says', 'there', { OOMPH_DATA: '/env' }, 'linux', '/home/a', 'there'],
  ['OOMPH_DATA', undefined, { OOMPH_DATA: '/env', XDG_DATA_HOME: '/xdg' }, 'linux', '/home/a', '/env'],
  ['XDG_DATA_HOME', undefined, { XDG_DATA_HOME: '/xdg' }, 'linux', '/home/a', '/xdg/oomph'],
  [
    'no relative XDG_DATA_HOME',
    undefined,
    { XDG_DATA_HOME: 'xdg' },
    'linux',
    '/home/a',
    '/home/a/.local/share/oomph',
  ],
  ['the home', undefined, {}, 'linux', '/home/a', '/home/a/.local/share/oomph'],
  [
    'an empty OOMPH_DATA is none',
    undefined,
    { OOMPH_DATA: '' },
    'linux',
    '/home/a',
    '/home/a/.local/share/oomph',
  ],
  ['macOS', undefined, {}, 'darwin', '/Users/a', '/Users/a/Library/Application Support/oomph'],
  ['Windows', undefined, { LOCALAPPDATA: 'C' }, 'win32', '', join('C', 'oomph')],
  ['nowhere', undefined, {}, 'linux', '', ''],
] as const)('%s', (_, named, env, platform, home, folder) => {
  expect(dataFolder(named, env, platform, home)).toBe(folder);
});
