import { spawnSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { temporaryFolder } from './oomph.ts';

const browser = ['chromium', 'chromium-browser', 'google-chrome'].find(
  name => spawnSync('sh', ['-c', `command -v ${name}`]).status === 0,
);

/** The reason stands in the name of a skipped test. */
export const noBrowser = browser === undefined ? ' (no chromium here)' : '';

/** A test that needs a real browser, skipped visibly where there is none. */
export const inBrowser = browser === undefined ? test.skip : test;

/** What a page is once it is shown, and what the browser complains of. */
export function openPage(file: string, width = 800): { dom: string; complaints: string[] } {
  const args = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
    `--window-size=${width},900`,
    `--user-data-dir=${temporaryFolder()}`,
    '--enable-logging=stderr',
    '--dump-dom',
    pathToFileURL(file).href,
  ];
  const done = spawnSync(browser!, args, { encoding: 'utf8', timeout: 120_000, maxBuffer: 64 << 20 });
  expect(done.status).toBe(0);
  return { dom: done.stdout, complaints: done.stderr.split('\n').filter(line => line.includes('CONSOLE')) };
}
