/** Where progress is kept. */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** '' for a user who has none. */
export function homeFolder(): string {
  try {
    return homedir();
  } catch {
    return '';
  }
}

/**
 * The folder of oomph's own data: `--data`, `$OOMPH_DATA`, or where the system keeps such things.
 *
 * @param named  what `--data` says
 * @param home   '' where there is none
 * @returns      '' where nothing says where that could be
 */
export function dataFolder(
  named: string | undefined,
  env: NodeJS.ProcessEnv,
  platform: NodeJS.Platform,
  home: string,
): string {
  const asked = named ?? env['OOMPH_DATA'];
  if (asked) return asked;
  if (platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'oomph');
  if (platform === 'darwin' && home !== '') return join(home, 'Library', 'Application Support', 'oomph');
  // The XDG specification: a path that is not absolute is to be ignored.
  const xdg = env['XDG_DATA_HOME'];
  if (xdg?.startsWith('/')) return join(xdg, 'oomph');
  return home === '' ? '' : join(home, '.local', 'share', 'oomph');
}
