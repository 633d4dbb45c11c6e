import fs, { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newAssignment } from '../../../src/cli/newAssignment.ts';

test('a disk that is full is told as one, and what it took half is not left to be taken for another', () => {
  const folder = join(mkdtempSync(join(tmpdir(), 'oomph-new-assignment-')), 'hw1');
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' });
  const write = jest.spyOn(fs, 'writeFileSync').mockImplementation((path, ...rest) => {
    write.mockRestore();
    writeFileSync(path, '', ...(rest.slice(1) as []));
    throw full;
  });
  expect(() => newAssignment(folder)).toThrow(
    /assignment\.yaml cannot be written \(ENOSPC, the disk is full\): name another folder/,
  );
  expect(existsSync(join(folder, 'assignment.yaml'))).toBe(false);
});
