/** The player's own editor. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Tried in this order when neither variable is set: the ones that tell a newcomer how to leave them first. */
const USUAL = ['nano', 'micro', 'vim', 'vi'];

/** The command line of the editor, or null. `$VISUAL` and `$EDITOR` may have arguments, as for git. */
export function editorCommand(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | null {
  const named = env['VISUAL']?.trim() || env['EDITOR']?.trim();
  if (named) return named;
  if (platform === 'win32') return 'notepad';
  const folders = (env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '');
  return USUAL.find(name => folders.some(folder => existsSync(join(folder, name)))) ?? null;
}

/** Open the file and wait. @returns '' or what went wrong, as a sentence */
export async function openEditor(path: string): Promise<string> {
  const command = editorCommand(process.env, process.platform);
  if (command === null) {
    return `no editor found: set $EDITOR. Your policy is ${path}; saving it anywhere runs it`;
  }
  const windows = process.platform === 'win32';
  const child = windows
    ? spawn(`${command} "${path}"`, { shell: true, stdio: 'inherit' })
    : spawn('/bin/sh', ['-c', `${command} "$@"`, 'sh', path], { stdio: 'inherit' });
  return new Promise(resolve => {
    child.on('error', error => resolve(`the editor \`${command}\` did not start: ${error.message}`));
    child.on('close', (code, signal) => {
      if (code === 0) resolve('');
      else if (code === 127)
        resolve(`there is no editor \`${command}\`: set $EDITOR. Your policy is ${path}`);
      else
        resolve(
          `the editor \`${command}\` ended with ${signal ?? `code ${code}`}. Your policy is ${path}; saving it anywhere runs it`,
        );
    });
  });
}
