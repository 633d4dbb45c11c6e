import type { Diagnostic } from '../contract/diagnostic.ts';

/** Files beyond this are refused before they are read. */
export const MAX_FILE_BYTES = 1 << 20;

/** A diagnostic about a file as a whole or about its bytes: there is no text to frame. */
export function fileDiagnostic(
  file: string,
  code: string,
  message: string,
  expected?: string,
  line = 1,
  column = 1,
): Diagnostic {
  const diagnostic: Diagnostic = { code, severity: 'error', file, line, column, length: 1, message };
  if (expected !== undefined) diagnostic.expected = expected;
  return diagnostic;
}

export function tooLarge(file: string, bytes: number): Diagnostic {
  const size = bytes >= 1 << 20 ? `${Math.floor((bytes * 10) / (1 << 20)) / 10} MiB` : `${bytes} bytes`;
  return fileDiagnostic(
    file,
    'E-FILE-TOO-LARGE',
    `the file has ${size}; a challenge may have 1 MiB`,
    'a YAML file of at most 1048576 bytes',
  );
}

/** Bytes to text: UTF-8, with or without a byte order mark. Anything else is told apart and named. */
export function decode(bytes: Uint8Array, file: string): { text: string } | { diagnostic: Diagnostic } {
  if (bytes.length > MAX_FILE_BYTES) return { diagnostic: tooLarge(file, bytes.length) };
  const wide = wideEncoding(bytes);
  if (wide !== '') {
    const message = `the file is ${wide}; challenge files are UTF-8`;
    return { diagnostic: fileDiagnostic(file, 'E-FILE-ENCODING', message, 'the same text saved as UTF-8') };
  }
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const nul = bytes.indexOf(0);
  if (nul >= 0) {
    const { line, column } = bytePosition(bytes, start, nul);
    const message = `this is a binary file: a zero byte at offset ${nul}`;
    return { diagnostic: fileDiagnostic(file, 'E-FILE-BINARY', message, 'a YAML file', line, column) };
  }
  const bad = invalidUtf8(bytes);
  if (bad >= 0) {
    const { line, column } = bytePosition(bytes, start, bad);
    const hex = bytes[bad].toString(16).padStart(2, '0');
    const message = `byte 0x${hex} at offset ${bad} is not UTF-8`;
    const expected = 'text saved as UTF-8; an editor may have saved it as Latin-1';
    return { diagnostic: fileDiagnostic(file, 'E-FILE-UTF8', message, expected, line, column) };
  }
  return { text: new TextDecoder('utf-8').decode(bytes) };
}

function wideEncoding(bytes: Uint8Array): string {
  const [a, b, c, d] = bytes;
  if ((a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff))
    return 'UTF-32';
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return 'UTF-16';
  if (bytes.length < 4) return '';
  // Without a mark: ASCII text leaves every other byte zero.
  let even = 0;
  let odd = 0;
  const looked = Math.min(bytes.length, 512) & ~1;
  for (let i = 0; i < looked; i += 2) {
    if (bytes[i] === 0) even++;
    if (bytes[i + 1] === 0) odd++;
  }
  const most = (looked / 2) * 0.9;
  if ((odd >= most && even === 0) || (even >= most && odd === 0)) return 'UTF-16';
  return '';
}

/** Offset of the first byte that is not UTF-8 (overlong forms and surrogates included), or -1. Source: RFC 3629. */
export function invalidUtf8(bytes: Uint8Array): number {
  for (let i = 0; i < bytes.length; ) {
    const lead = bytes[i];
    if (lead < 0x80) {
      i++;
      continue;
    }
    let more: number;
    let low = 0x80;
    let high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) more = 1;
    else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead === 0xe0) low = 0xa0;
      if (lead === 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead === 0xf0) low = 0x90;
      if (lead === 0xf4) high = 0x8f;
    } else return i;
    for (let k = 1; k <= more; k++) {
      const byte = bytes[i + k];
      if (byte === undefined || byte < low || byte > high) return i;
      low = 0x80;
      high = 0xbf;
    }
    i += more + 1;
  }
  return -1;
}

function bytePosition(bytes: Uint8Array, start: number, offset: number): { line: number; column: number } {
  let line = 1;
  let lineStart = start;
  for (let i = start; i < offset; i++) {
    if (bytes[i] === 0x0a) {
      line++;
      lineStart = i + 1;
    }
  }
  return { line, column: new TextDecoder('utf-8').decode(bytes.subarray(lineStart, offset)).length + 1 };
}
