import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { editorCommand, openEditor } from '../../../../src/cli/play/editor.ts';

test('VISUAL comes before EDITOR, and both may have arguments', () => {
  expect(editorCommand({ VISUAL: 'code --wait', EDITOR: 'vi' }, 'linux')).toBe('code --wait');
  expect(editorCommand({ VISUAL: ' ', EDITOR: 'emacsclient -t' }, 'linux')).toBe('emacsclient -t');
});

test('without either, the first usual editor on the path', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oomph-path-'));
  expect(editorCommand({ PATH: folder }, 'linux')).toBeNull();
  for (const name of ['vi', 'nano']) {
    writeFileSync(join(folder, name), '');
    chmodSync(join(folder, name), 0o755);
  }
  expect(editorCommand({ PATH: `/no/such/place:${folder}` }, 'linux')).toBe('nano');
  expect(editorCommand({}, 'win32')).toBe('notepad');
  rmSync(folder, { recursive: true });
});

test('an editor that failed: which one, and where the policy is', async () => {
  const { VISUAL, EDITOR } = process.env;
  delete process.env['VISUAL'];
  try {
    process.env['EDITOR'] = 'exit 3; #';
    expect(await openEditor('my.ts')).toBe(
      'the editor `exit 3; #` ended with code 3. Your policy is my.ts; saving it anywhere runs it',
    );
    process.env['EDITOR'] = 'true';
    expect(await openEditor('my.ts')).toBe('');
  } finally {
    Object.assign(process.env, { ...(VISUAL && { VISUAL }), EDITOR: EDITOR ?? '' });
  }
});
